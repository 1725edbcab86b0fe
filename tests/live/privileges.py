#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What live capture needs, and what falco says where it is missing: each capability, the kernel's
description of its types, a namespace in which capabilities count.

usage: privileges.py FALCO WITHOUT_CALL        $FALCO_LIVE_ATTACH, $FALCO_LIVE_PATIENCE as in tests/lib/live.py
Falco runs with privileges taken away (setpriv, unshare) and watches one shell that this test started.
Skipped (77) without root, eBPF, or these two programs.
"""
import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BTF = "/sys/kernel/btf"
TRACEFS = "/sys/kernel/tracing"
FOUR = ["bpf", "perfmon", "sys_ptrace", "dac_read_search"]
# Where maps are locked memory.
OLD = ["sys_resource"] if [int(n) for n in re.findall("[0-9]+", os.uname().release)[:2]] < [5, 11] else []
LEAST = FOUR + OLD
WARNED = {"sys_ptrace": "CAP_SYS_PTRACE is missing. Without it", "dac_read_search": "CAP_DAC_READ_SEARCH is missing. Without it",
          "beginnings": "The beginning of system calls can not be watched"}
PATIENCE = int(os.environ.get("FALCO_LIVE_PATIENCE", 40))  # seconds until the first event
ATTACH = os.environ.get("FALCO_LIVE_ATTACH", "auto")
RULE = """
- rule: marked file
  desc: a file that only the watched shell opens
  condition: evt.type in (open, openat) and fd.name endswith /privileges-mark
  priority: INFO
  output: marked by %proc.name in %proc.pname
"""


def skip(why):
    print("SKIPPED: " + why)
    sys.exit(77)


def with_caps(*caps):
    """As an ordinary user with nothing but these capabilities."""
    some = ",".join(["-all"] + ["+" + c for c in caps])
    # By its place: busybox's shell has one of its own, which knows less.
    return [shutil.which("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=" + some, "--ambient-caps=" + some, "--bounding-set=" + some]


def without(*folders):
    """To which these folders are empty, as far as they are there."""
    hide = "".join("[ ! -d %s ] || mount -t tmpfs none %s; " % (f, f) for f in folders)
    return ["unshare", "-m", "sh", "-c", hide + 'exec "$@"', "sh"]


def ensure_tracefs():
    """In a namespace of our own, if nobody has mounted it."""
    if not os.path.exists(TRACEFS + "/events") and "FALCO_LIVE_TRACEFS" not in os.environ:
        os.environ["FALCO_LIVE_TRACEFS"] = "tried"
        os.execvp("unshare", ["unshare", "-m", "sh", "-c", 'mount -t tracefs none %s; exec "$@"' % TRACEFS, "sh", sys.executable] + sys.argv)


class Bench:
    """A copy of falco and of what it reads where every user can reach it, and a shell to watch."""

    def __init__(self, falco):
        self.dir = tempfile.mkdtemp()
        os.chmod(self.dir, 0o755)
        self.falco = self.copy(falco)
        self.config = self.copy(os.path.join(SRC, "config", "falco.yaml"))
        self.rules = os.path.join(self.dir, "rules.yaml")
        with open(self.rules, "w") as f:
            f.write(RULE)
        mark = os.path.join(self.dir, "privileges-mark")
        self.shell = subprocess.Popen(["sh", "-c", 'while sleep 0.1; do : 2>/dev/null >"$0"; done', mark])

    def copy(self, path):
        return shutil.copy(path, self.dir)

    def run(self, *privileges, attach=ATTACH):
        options = ["engine.kind=modern_ebpf", "engine.modern_ebpf.attach=" + attach, "engine.modern_ebpf.scope=pid:%d" % self.shell.pid, "engine.modern_ebpf.buf_size_preset=1",
                   "webserver.enabled=false", "syslog_output.enabled=false", "stdout_output.enabled=true", "libs_logger.enabled=false"]
        command = list(privileges) + [self.falco, "-c", self.config, "-r", self.rules, "-U"]
        for o in options:
            command += ["-o", o]
        p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        deadline = threading.Timer(PATIENCE, p.kill)
        deadline.start()
        out = ""
        for line in p.stdout:
            out += line
            if "marked by" in line:
                p.terminate()
        deadline.cancel()
        return p.wait(), out

    def doctor(self, *privileges):
        p = subprocess.run(list(privileges) + [self.falco, "doctor", "--only", "events"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        return p.returncode, p.stdout

    def close(self):
        self.shell.kill()
        self.shell.wait()
        shutil.rmtree(self.dir)


def main():
    if os.geteuid() != 0 or not os.path.exists(os.path.join(BTF, "vmlinux")):
        skip("live capture takes root and a kernel with BTF")
    if not shutil.which("setpriv") or not shutil.which("unshare"):
        skip("this takes setpriv and unshare of util-linux")
    ensure_tracefs()
    bench = Bench(sys.argv[1])
    results = []

    def check(title, good, output):
        results.append(good)
        print("%s %d - %s" % ("ok" if good else "not ok", len(results), title))
        if not good:
            print(re.sub("(?m)^", "# ", output))

    def refused(title, privileges, said, unsaid=(), attach=ATTACH):
        status, out = bench.run(*privileges, attach=attach)
        check(title, status == 1 and all(s in out for s in said) and not any(s in out for s in unsaid), out)

    def works(title, privileges, missing=()):
        status, out = bench.run(*privileges)
        warned = all((WARNED[c] in out) == (c in missing) for c in WARNED)
        check(title, status == 0 and "marked by sh" in out and warned, out)

    def diagnosed(title, privileges, status, *said):
        got, out = bench.doctor(*privileges)
        check("doctor: " + title, got == status and all(re.search("(?m)^ *" + s, out) for s in said), out)

    # With trampolines, tracefs and perf events are not needed.
    beginnings = [] if re.search("(?m)^ *ok +trampolines ", bench.doctor()[1]) else ["beginnings"]
    try:
        refused("no capability", with_caps(), ["CAP_BPF is missing", "CAP_PERFMON is missing", "run as root, or give it"])
        refused("no capability, call by call", with_caps(), ["CAP_BPF is missing"], ["does not let programs"], "per_call")
        refused("CAP_BPF alone", with_caps("bpf"), ["CAP_PERFMON is missing"], ["CAP_BPF is"])
        refused("CAP_PERFMON alone", with_caps("perfmon"), ["CAP_BPF is missing"], ["CAP_PERFMON is"])
        refused("no BTF", without(BTF), ["description of its types (BTF), /sys/kernel/btf/vmlinux: No such file", "CONFIG_DEBUG_INFO_BTF"], ["CAP_"])
        refused("a namespace of users", ["unshare", "-Ur"], ["only within a namespace of users", "rootless"])
        if OLD:
            refused("maps that are locked memory", with_caps(*FOUR), ["limit of locked memory", "CAP_SYS_RESOURCE"])
        works("root", [])
        works("an ordinary user with four capabilities", with_caps(*LEAST))
        works("without those that look at other processes", with_caps("bpf", "perfmon", *OLD), ["sys_ptrace", "dac_read_search"] + beginnings)
        works("without CAP_SYS_PTRACE", with_caps("bpf", "perfmon", "dac_read_search", *OLD), ["sys_ptrace"])
        works("CAP_SYS_ADMIN in place of CAP_BPF and CAP_PERFMON", with_caps("sys_admin", "sys_ptrace", "dac_read_search", *OLD))
        no_perf_events = [bench.copy(sys.argv[2]), "perf_event_open", str(errno.EACCES)]
        works("no perf events", no_perf_events, beginnings)
        no_tracefs = without(TRACEFS, "/sys/kernel/debug")
        works("tracefs is not mounted", no_tracefs)
        works("tracefs may not be mounted", no_tracefs + with_caps(*LEAST), beginnings)
        diagnosed("tracefs is not mounted", no_tracefs, 0, "ok +tracefs ")
        diagnosed("tracefs may not be mounted", no_tracefs + with_caps(*LEAST), 0, "warning +tracefs +tracefs is not mounted")
        diagnosed("no perf events", no_perf_events, 0, "warning +perf events .*Permission denied")
        diagnosed("root", [], 0, "ok +CAP_BPF ", "ok +typed tracepoints ", "0 broken, ")
        diagnosed("an ordinary user", with_caps(), 1, "broken +CAP_BPF ", "warning +CAP_SYS_PTRACE ", "[1-9][0-9]* broken, ")
        diagnosed("four capabilities", with_caps(*LEAST), 0, "ok +CAP_PERFMON ", "ok +locked memory ", "(ok|none) +CAP_SYS_RESOURCE ")
        diagnosed("no BTF", without(BTF), 1, "broken +BTF .*No such file", "broken +typed tracepoints ", "ok +CAP_BPF ")
    finally:
        bench.close()
    print("1..%d" % len(results))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
