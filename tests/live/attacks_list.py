# SPDX-License-Identifier: Apache-2.0
"""What attacks.py has done, and what must be said about it: a scenario or more for every stable rule.

Words may hold {tmp} (a folder of the test's own), {bin} (programs there, of the scenario's width) and {bits}.
Fields of an alert are compared as text; one that begins with ~ is a regular expression for all of it.
"""
import shlex
from collections import namedtuple

Scenario = namedtuple("Scenario", "name rule bits command fields box early rules")
# A container: what runc is to do besides running the command.
Box = namedtuple("Box", "capabilities terminal layers")

PEER = "203.0.113.7"        # an address of the loopback device in a network namespace of the test's own
API_SERVER = "203.0.113.8"  # and one that has the name of a cluster's API server
BOTH = (64, 32)
ALL = []


def add(rule, name, command, fields, bits=BOTH, box=None, early=False, also=(), count=1):
    for b in bits:
        ALL.append(Scenario("%s %d" % (name, b), rule, b, command, fields, box, early, [rule] * count + list(also)))


def attack(act, who="attack"):
    """The test's own program, under whatever name."""
    return ["{bin}/" + who] + act.split()


def acts(rule, names, rest, fields, who="attack", bits=BOTH, what="", **more):
    """The same by different system calls; evt.type is the name of the act."""
    for name in names.split():
        add(rule, "%s%s by %s" % (rule, what, name), attack(name + " " + rest, who),
            dict({"evt.type": name, "proc.name": who, "proc.exepath": "{bin}/" + who, "container.id": "host",
                  "user.name": "root"}, **fields), bits, **more)


def boxed(rule, name, act, fields, bits=BOTH, capabilities=(), terminal=False, layers=False, **more):
    """In a container of runc; the program is /bin/attack64 or 32 there, unless the act begins with a path."""
    command = shlex.split(act) if act.startswith("/") else ["/bin/attack{bits}"] + act.split()
    add(rule, name, command, dict({"container.id": "{box}"}, **fields), bits,
        Box(tuple(capabilities), terminal, layers), **more)


# ---- secrets and accounts ----

RULE = "Directory traversal monitored file read"
acts(RULE, "open openat openat2", "/proc/../etc/../etc/hostname r",
     {"fd.name": "/etc/hostname", "fd.nameraw": "/proc/../etc/../etc/hostname", "proc.pname": "~python.*"})
# The path of a call to open that failed is shown as it was given (docs/live.md): not below /etc here.
acts(RULE, "openat openat2", "/proc/../etc/../etc/no-such-file r",
     {"fd.name": "/etc/no-such-file"}, what=", in vain,")
add(RULE, RULE + " from a folder", attack("openat-below /proc ../etc/../etc/hostname"),
    {"evt.type": "openat", "fd.name": "/etc/hostname", "fd.nameraw": "../etc/../etc/hostname"})
RULE = "Read sensitive file untrusted"
acts(RULE, "open openat openat2 open_by_handle_at", "/etc/shadow r",
     {"fd.name": "/etc/shadow", "proc.cmdline": "~attack [a-z0-9_]+ /etc/shadow r"})
add(RULE, RULE + " by int 0x80", attack("int80-open /etc/shadow r"),
    {"evt.type": "open", "fd.name": "/etc/shadow"}, bits=(64,))
boxed(RULE, RULE + " in a container", "openat /etc/shadow r",
      {"fd.name": "/etc/shadow", "proc.exepath": "/bin/attack{bits}"})
RULE = "Read sensitive file trusted after startup"
add(RULE, RULE, attack("wait 6 openat /etc/shadow r", "nginx"),
    {"evt.type": "openat", "fd.name": "/etc/shadow", "proc.name": "nginx"},
    early=True, also=["Read sensitive file untrusted"])

# ---- shells and logins ----

RULE = "Run shell untrusted"
for call in "execve", "execveat":
    add(RULE, "%s by %s" % (RULE, call), attack("fork %s /bin/sh sh -c :" % call, "redis-server"),
        {"proc.name": "sh", "proc.pname": "redis-server", "proc.pexepath": "{bin}/redis-server",
         "proc.cmdline": "sh -c :", "proc.exepath": "~.*/(da)?sh", "evt.type": "execve"})
RULE = "System user interactive"
add(RULE, RULE, attack("fork as-user 1 execve /bin/true true", "sshd"),
    {"proc.name": "true", "proc.pname": "sshd", "user.name": "daemon", "user.uid": "1"})
RULE = "Terminal shell in container"
boxed(RULE, RULE, "/bin/sh -c :",
      {"proc.name": "sh", "proc.tty": "~[1-9][0-9]*", "proc.cmdline": "sh -c :", "proc.pname": "~runc.*|<NA>"},
      bits=(64,), terminal=True)

# ---- the cluster, and tools of the trade ----

RULE = "Contact K8S API Server From Container"
for call in "connect", "connect-udp":
    boxed(RULE, "%s by %s" % (RULE, call), "%s %s 6443" % (call, API_SERVER),
          {"evt.type": "connect", "fd.name": "~.*->%s:6443" % API_SERVER, "fd.sport": "6443",
           "fd.l4proto": "udp" if "udp" in call else "tcp"})
boxed(RULE, RULE + " by socketcall", "socketcall-connect %s 6443" % API_SERVER,
      {"evt.type": "connect", "fd.name": "~.*->%s:6443" % API_SERVER}, bits=(32,))
RULE = "Netcat Remote Code Execution in Container"
boxed(RULE, RULE, "/bin/nc %s 444 -e /bin/true" % PEER,
      {"proc.name": "nc", "proc.cmdline": "nc %s 444 -e /bin/true" % PEER}, bits=(64,))
RULE = "Search Private Keys or Passwords"
add(RULE, RULE + " with find", ["/usr/bin/find", "{tmp}", "-name", "id_rsa"],
    {"proc.name": "find", "proc.cmdline": "find {tmp} -name id_rsa", "container.id": "host"}, bits=(64,))
add(RULE, RULE + " with grep", ["/usr/bin/grep", "-r", "BEGIN RSA PRIVATE", "{tmp}/etc"],
    {"proc.name": "grep", "proc.cmdline": "grep -r BEGIN RSA PRIVATE {tmp}/etc"}, bits=(64,))
RULE = "Find AWS Credentials"
add(RULE, RULE + " with find", ["/usr/bin/find", "{tmp}", "-path", ".aws/credentials"],
    {"proc.name": "find", "proc.cwd": "{tmp}/"}, bits=(64,))
add(RULE, RULE + " with grep", ["/usr/bin/grep", "-r", "aws_secret_access_key", "{tmp}/etc"],
    {"proc.cmdline": "grep -r aws_secret_access_key {tmp}/etc", "user.loginuid": "~-?[0-9]+"}, bits=(64,))

# ---- traces and data destroyed, links to secrets ----

RULE = "Clear Log Activities"
acts(RULE, "open openat openat2", "{tmp}/auth.log t", {"fd.name": "{tmp}/auth.log"})
acts(RULE, "creat", "{tmp}/auth.log", {"fd.name": "{tmp}/auth.log"})
RULE = "Remove Bulk Data from Disk"
add(RULE, RULE, ["/usr/bin/shred", "-n1", "{tmp}/auth.log"],
    {"proc.name": "shred", "proc.exepath": "/usr/bin/shred", "proc.cmdline": "shred -n1 {tmp}/auth.log"}, bits=(64,))
RULE = "Create Symlink Over Sensitive Files"
acts(RULE, "symlink symlinkat", "/etc/shadow {tmp}/link",
     {"evt.arg.target": "/etc/shadow", "evt.arg.linkpath": "{tmp}/link"})
add(RULE, RULE + " by int 0x80", attack("int80-symlink /etc {tmp}/link"),
    {"evt.type": "symlink", "evt.arg.target": "/etc"}, bits=(64,))
RULE = "Create Hardlink Over Sensitive Files"
for call in "link", "linkat":
    add(RULE, "%s by %s" % (RULE, call), attack("in-root {tmp} %s /etc/shadow /link" % call),
        {"evt.type": call, "evt.arg.oldpath": "/etc/shadow", "evt.arg.newpath": "/link"})

# ---- sockets in containers ----

RULE = "Packet socket created in container"
boxed(RULE, RULE, "packet", {"evt.type": "socket", "evt.args": "~.*AF_PACKET.*"}, capabilities=["CAP_NET_RAW"])
boxed(RULE, RULE + " by socketcall", "socketcall-packet", {"evt.type": "socket", "evt.args": "~.*AF_PACKET.*"},
      bits=(32,), capabilities=["CAP_NET_RAW"])
RULE = "Redirect STDOUT/STDIN to Network Connection in Container"
for call in "dup", "dup2", "dup3", "fcntl":
    boxed(RULE, "%s by %s" % (RULE, call), "%s %s 443" % (call, PEER),
          {"evt.type": call, "fd.name": "~.*->%s:443" % PEER, "fd.sip": PEER})

# ---- ways out of a container, into a kernel or another process ----

RULE = "Linux Kernel Module Injection Detected"
for call, argument in ("init_module", ""), ("finit_module", " /bin/busybox"):
    boxed(RULE, "%s by %s" % (RULE, call), call + argument,
          {"evt.type": call, "evt.res": "~E[A-Z]+", "proc.exepath": "/bin/attack{bits}"}, capabilities=["CAP_SYS_MODULE"])
RULE = "Detect release_agent File Container Escapes"
for call in "open", "openat", "openat2":
    boxed(RULE, "%s by %s" % (RULE, call), call + " /srv/release_agent w",
          {"evt.type": call, "fd.name": "/srv/release_agent", "thread.cap_effective": "~.*CAP_SYS_ADMIN.*"},
          capabilities=["CAP_SYS_ADMIN"])
boxed(RULE, RULE + " by creat", "creat /srv/release_agent", {"evt.type": "creat", "fd.name": "/srv/release_agent"},
      capabilities=["CAP_SYS_ADMIN"])
RULE = "PTRACE attached to process"
for call, count in ("attach", 1), ("seize", 1), ("poke", 2), ("setregs", 2):
    add(RULE, "%s by %s" % (RULE, call), attack(call), {"evt.type": "ptrace", "proc.name": "attack"}, count=count)
RULE = "PTRACE anti-debug attempt"
add(RULE, RULE, attack("traceme"), {"evt.type": "ptrace", "proc.name": "attack", "proc.cmdline": "attack traceme"})

# ---- programs from odd places, ssh to odd ports ----

RULE = "Execution from /dev/shm"
for call in "execve", "execveat", "execveat-fd":
    add(RULE, "%s by %s" % (RULE, call), attack(call + " /dev/shm/payload payload"),
        {"proc.name": "~payload|[0-9]+", "proc.exepath": "/dev/shm/payload", "evt.res": "SUCCESS"})
RULE = "Drop and execute new binary in container"
boxed(RULE, RULE, "/bin/sh -c 'cp /bin/busybox /tmp/busybox; /tmp/busybox true; :'",
      {"proc.exepath": "/tmp/busybox", "proc.name": "busybox", "proc.pname": "sh"}, bits=(64,), layers=True)
RULE = "Disallowed SSH Connection Non Standard Port"
for call in "connect", "connect-nonblock":
    add(RULE, "%s by %s" % (RULE, call), attack("%s %s 443" % (call, PEER), "ssh"),
        {"evt.type": "connect", "fd.name": "~.*->%s:443" % PEER, "fd.sport": "443", "proc.exepath": "{bin}/ssh"})
add(RULE, RULE + " by socketcall", attack("socketcall-connect %s 443" % PEER, "ssh"),
    {"evt.type": "connect", "fd.name": "~.*->%s:443" % PEER}, bits=(32,))
RULE = "Fileless execution via memfd_create"
for call in "execve", "execveat":
    add(RULE, "%s by %s" % (RULE, call), attack("memfd-%s /bin/true true" % call),
        {"proc.exepath": "~memfd:payload.*", "evt.res": "SUCCESS"})

# ---- without a system call: requests of io_uring ----

RULE = "Read sensitive file untrusted"
for request in "uring-openat", "uring-openat-direct", "uring-openat-quiet":
    add(RULE, "%s by %s" % (RULE, request), attack(request + " /etc/shadow r"),
        {"evt.type": "openat", "fd.name": "/etc/shadow", "proc.name": "attack"})
RULE = "Disallowed SSH Connection Non Standard Port"
add(RULE, RULE + " by io_uring", attack("uring-connect %s 443" % PEER, "ssh"),
    {"evt.type": "connect", "fd.name": "~.*->%s:443" % PEER, "fd.sport": "443"})

# The one that no machine alone can have: that a container is privileged is known from its runtime.
NOT_HERE = {"Debugfs Launched in Privileged Container"}
