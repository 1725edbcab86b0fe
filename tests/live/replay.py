#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live equals replay: a busy scope is watched and recorded at once; its recording raises the same alerts.

usage: replay.py FALCO [ATTACK64 [ATTACK32]] [--seconds N] [--keep FILE]
The scope works, and then is attacked (attacks_list.py). With all of the default rules, and one of our own that tells all it can of a wide choice of events. Every field of every
alert is compared, in order. --keep: leave the recording there.
"""
import argparse
import glob
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(SRC, "tests", "lib"), HERE]
import attacks_list as scenarios  # noqa: E402
import attacks_plan  # noqa: E402
import live  # noqa: E402

FIELDS = """evt.time evt.type evt.dir evt.args evt.res evt.rawres evt.failed evt.latency evt.deltatime evt.cpu
proc.name proc.exe proc.exepath proc.cmdline proc.exeline proc.env proc.cwd proc.args proc.pid proc.ppid proc.vpid proc.sid
proc.sname proc.tty proc.pgid proc.pvpid proc.pname proc.pexe proc.pexepath proc.pcmdline proc.aname[2] proc.aname[3]
proc.apid[2] proc.duration proc.ppid.duration proc.pid.ts proc.ppid.ts proc.is_exe_writable proc.is_exe_upper_layer
proc.exe_ino proc.exe_ino.ctime proc.exe_ino.mtime proc.loginshellid proc.is_vpgid_leader proc.nchilds proc.nthreads
proc.vmsize proc.vmrss proc.fdopencount proc.fdlimit proc.fdusage
thread.tid thread.vtid thread.cap_effective thread.cap_permitted thread.cgroups thread.ismain
user.uid user.name user.homedir user.shell user.loginuid user.loginname group.gid group.name container.id container.name
fd.num fd.name fd.nameraw fd.type fd.typechar fd.directory fd.filename fd.ino fd.dev fd.sip fd.cip fd.sport fd.cport
fd.l4proto fd.types fd.is_server fd.uid fd.containername fs.path.name fs.path.source fs.path.target""".split()
WIDE = """
- rule: wide
  desc: all that can be told
  condition: >
    evt.type in (execve, execveat, open, openat, openat2, connect, accept, accept4, bind, listen, clone, clone3, fork, vfork,
                 dup, dup2, dup3, pipe, pipe2, fcntl, rename, renameat2, unlink, unlinkat, mkdir, chdir, socket, socketpair,
                 setuid, setresuid, setgid, setsid, setpgid, procexit, kill, sendto, recvfrom, sendmsg, recvmsg, eventfd2,
                 epoll_create1, chmod, fchmodat, symlink, symlinkat)
  output: "%evt.type"
  priority: DEBUG
"""
CONFIG = """
append_output: [{match: {rule: wide}, extra_fields: [%s]}]
""" % ", ".join('"%s"' % f for f in FIELDS)
# Compiles, pipelines, accounts that change, and a web server under load, until time is up.
WORK = r"""
cd "$1"
end=$(($(date +%s) + $2))
busybox ip link set lo up
python3 -m http.server --bind 127.0.0.1 8000 >/dev/null 2>&1 &
server=$!
n=0
while [ $n -eq 0 ] || [ "$(date +%s)" -lt $end ]; do
	n=$((n + 1))
	mkdir -p d$n/sub
	(cd d$n; printf 'int main(void) { return %d; }\n' $n > sub/prog.c; gcc -o prog sub/../sub/prog.c; ./prog)
	mv d$n/prog "d$n/a name"; ln -sf /etc/shadow d$n/link; rm -r d$n
	find /etc -name id_rsa 2>/dev/null | sort | head -3 | while read -r line; do echo "$line"; done | wc -l >/dev/null
	cat /etc/passwd | grep root | cut -d: -f1 | tr a-z A-Z > out; cat out >> /dev/null; : > auth.log
	setpriv --reuid 1 --regid 1 --clear-groups cat /etc/shadow 2>/dev/null
	setsid sh -c 'exec 7<>both; echo x >&7; sleep 0.01' &
	cat /etc/shadow | (exec 5<&0; cat <&5 >/dev/null)
	python3 - <<'PYTHON'
import os, socket, threading, urllib.request
def load():
    for _ in range(10):
        try:
            urllib.request.urlopen("http://127.0.0.1:8000/out").read()
        except OSError:
            pass
many = [threading.Thread(target=load) for _ in range(4)]
[t.start() for t in many]
[t.join() for t in many]
a, b = socket.socketpair()
socket.send_fds(a, [b"x"], [os.open("/etc/hostname", os.O_RDONLY)])
os.read(socket.recv_fds(b, 1, 1)[1][0], 1)
u = socket.socket(type=socket.SOCK_DGRAM)
u.bind(("127.0.0.1", 0))
u.sendto(b"x", u.getsockname())
u.recvfrom(1)
PYTHON
	wait %2 2>/dev/null
done
kill $server
wait
echo "rounds: $n"
shift 2
exec "$@"
"""


class Watch(live.Live):
    """Writes alerts into a file: there are many."""

    def __init__(self, to, *args, **more):
        self.to = to
        super().__init__(*args, **more)

    def take(self, line):
        if '"rule":"call"' in line:
            super().take(line)
        else:
            self.to.write(line)


def replay(falco, rules, config, recording, hosts, to):
    p = subprocess.Popen(live.with_hosts(hosts, [falco, "-c", config, "-e", recording] + sum((["-r", r] for r in rules), [])),
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    for line in p.stdout:
        if line.startswith("{") and '"rule":"call"' not in line:
            to.write(line)
    return p.wait()


def compare(had, again):
    """Of two files: counts by rule, and what is different. Lines that are the same need no closer look."""
    counts, left, right = {}, [], []
    for a, b in itertools.zip_longest(had, again, fillvalue=""):
        rule = json.loads(a)["rule"] if a and '"rule":"wide"' not in a else "wide"
        counts[rule] = counts.get(rule, 0) + bool(a)
        if a != b and len(left) < 2000:
            left += [json.loads(a)] if a else []
            right += [json.loads(b)] if b else []
    return counts, differences(left, right)


def differences(had, again):
    """How often each field differs, with an example of each; missing and additional alerts."""
    found = {}
    key = lambda a: (a["time"], a["rule"], a["output_fields"].get("thread.tid"))
    left = {}
    for a in again:
        left.setdefault(key(a), []).append(a)
    for a in had:
        others = left.get(key(a))
        if not others:
            found.setdefault("only live: " + a["rule"], []).append(a["output"][:300])
            continue
        b = others.pop(0)
        for field in sorted(set(a["output_fields"]) | set(b["output_fields"])):
            x, y = (f["output_fields"].get(field) for f in (a, b))
            if x != y:
                found.setdefault("field " + field, []).append("%s live, %s replayed: %s %s" % (
                    x, y, a["output_fields"].get("evt.type"), a["output_fields"].get("proc.cmdline")))
        for part in "output", "priority", "tags", "source", "hostname":
            if a.get(part) != b.get(part):
                found.setdefault(part, []).append("%s live, %s replayed" % (a.get(part), b.get(part)))
    for others in left.values():
        for b in others:
            found.setdefault("only replayed: " + b["rule"], []).append(b["output"][:300])
    if not found and [key(a) for a in had] != [key(b) for b in again]:
        found["order"] = ["alerts come in another order"]
    return found


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("falco")
    p.add_argument("attack", nargs="*")
    p.add_argument("--seconds", type=int, default=1)
    p.add_argument("--keep")
    args = p.parse_args()
    why = live.reason_to_skip() or next((w + " is not installed" for w in attacks_plan.NEEDED + ("gcc", "setpriv") if not shutil.which(w)), None)
    if why:
        print("SKIPPED: " + why)
        return live.SKIPPED
    falco = os.path.abspath(args.falco)
    built = dict(zip((64, 32), map(os.path.abspath, args.attack)))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as tmp:
        recording, wide, config, hosts = (os.path.join(tmp, f) for f in ("r.scap", "wide.yaml", "falco.yaml", "hosts"))
        work = os.path.join(tmp, "work")
        os.mkdir(work)
        os.mkfifo(os.path.join(work, "both"))
        with open(wide, "w") as f:
            f.write(WIDE)
        with open(config, "w") as f:
            f.write(live.CONFIG.replace('{kind: modern_ebpf, modern_ebpf: {scope: "pid:%d"}}', "{kind: modern_ebpf}") + CONFIG)
        with open(hosts, "w") as f:
            f.write(attacks_plan.HOSTS)
        attacks, _ = attacks_plan.command(tmp, built, [s for s in scenarios.ALL if s.bits in built])
        rules = sorted(glob.glob(os.path.join(SRC, "rules", "falco*_rules.yaml"))) + [wide]
        with open(os.path.join(tmp, "live"), "w+") as had, open(os.path.join(tmp, "replayed"), "w+") as again:
            seen = Watch(had, falco, rules, ["unshare", "-nm", "sh", "-c", WORK, "sh", work, str(args.seconds)] + attacks, CONFIG,
                         ["-w", recording, "-o", "engine.modern_ebpf.buf_size_preset=6"], attacks_plan.HOSTS, args.seconds + 100)
            status = replay(falco, rules, config, recording, hosts, again)
            had.seek(0)
            again.seek(0)
            counts, found = compare(had, again)
        if args.keep:
            shutil.copy(recording, args.keep)
        size = os.path.getsize(recording)
    wide_ones = counts.pop("wide", 0)
    print("%s; recording of %d bytes; alerts: %d wide, %d others of %d rules; %s" % (
        (seen.what.splitlines() or ["nothing done"])[0], size, wide_ones, sum(counts.values()), len(counts),
        "DIFFERENT" if found else "all equal"))
    for what, examples in sorted(found.items()):
        print("%s, %d times\n    %s" % (what, len(examples), "\n    ".join(e[:400] for e in examples[:3])))
    failed = bool(found) or status != 0 or not wide_ones or len(counts) < (25 if built else 3)
    if failed:
        print(seen.log[-2000:])
    return failed


sys.exit(main())
