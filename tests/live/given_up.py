#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What falco gives up when it watches (drop_privileges), what it can do all the same, and what it does on a host
that it can not watch (engine.fallback).

usage: given_up.py FALCO        $FALCO_LIVE_ATTACH, $FALCO_LIVE_PATIENCE as in tests/lib/live.py
Only a shell that is started here, and what it runs, is watched. Skipped (77) without root, eBPF or setpriv.
"""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import live  # noqa: E402

USED = {"dac_override": 1, "dac_read_search": 2, "net_bind_service": 10, "sys_ptrace": 19, "perfmon": 38, "bpf": 39}
FOUR = ["bpf", "perfmon", "sys_ptrace", "dac_read_search"]
# Where maps are locked memory.
LEAST = FOUR + (["sys_resource"] if [int(n) for n in re.findall("[0-9]+", os.uname().release)[:2]] < [5, 11] else [])
PATIENCE = int(os.environ.get("FALCO_LIVE_PATIENCE", 60))
RULE = """
- rule: %s
  desc: what the shell does, five times a second
  condition: evt.type in (%s) and evt.arg.path contains given-up-mark
  output: "%s of %%evt.arg.path"
  priority: INFO
"""
MKDIR = RULE % ("made", "mkdir, mkdirat", "made")
RMDIR = RULE % ("gone", "rmdir, unlinkat", "gone")
CONFIG = """
engine: {kind: modern_ebpf, modern_ebpf: {scope: "pid:%d", buf_size_preset: 1, attach: """ + os.environ.get("FALCO_LIVE_ATTACH", "auto") + """}}
rules_files: ["%s"]
json_output: %s
stdout_output: {enabled: true}
syslog_output: {enabled: false}
log_syslog: false
log_stderr: true
webserver: {enabled: true, listen_address: 127.0.0.1, listen_port: 0}
"""

# DIR: a folder of the run, that everybody may write to.
PROGRAM = 'program_output: {enabled: true, program: "cat /proc/self/status >DIR/status; cat >/dev/null"}\n'


def mask(*caps):
    return sum(1 << USED[c] for c in caps)


def with_caps(*caps):
    """As an ordinary user with nothing but these capabilities."""
    some = ",".join(["-all"] + ["+" + c for c in caps])
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=" + some, "--ambient-caps=" + some]


def rights(pid):
    """Of all threads of a process, which must have the same: {"CapEff": 0, "Seccomp": 2, ...}"""
    found = []
    for status in glob.glob("/proc/%d/task/*/status" % pid):
        with open(status) as f:
            found.append({k: int(v, 16) for k, v in re.findall(r"(?m)^(Cap\w+|NoNewPrivs|Seccomp):\s*(\w+)$", f.read())})
    assert found and all(f == found[0] for f in found), found
    return dict(found[0], threads=len(found))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def asked(process, url, pattern):
    """Whether what is at the address comes to look so, before the process ends."""
    deadline = time.time() + PATIENCE
    while process.poll() is None and time.time() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if re.search(pattern, answer.read().decode()):
                    return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


class Falco:
    """One that watches a shell which makes and removes a folder all the time."""

    def __init__(self, falco, config="", privileges=()):
        self.dir = tempfile.mkdtemp()
        os.chmod(self.dir, 0o755)
        self.open = os.path.join(self.dir, "open")
        os.mkdir(self.open)
        os.chmod(self.open, 0o777)
        self.config, self.rules = os.path.join(self.dir, "falco.yaml"), os.path.join(self.dir, "rules.yaml")
        mark = os.path.join(self.dir, "given-up-mark")
        self.shell = subprocess.Popen(["sh", "-c", 'while sleep 0.2; do mkdir "$0"; rmdir "$0"; done', mark], start_new_session=True)
        self.put(self.rules, MKDIR)
        self.set(config)
        self.lines, self.ended, self.arrived = [], False, threading.Condition()
        self.process = subprocess.Popen(list(privileges) + [shutil.copy(falco, self.dir), "-c", self.config, "-U"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    @staticmethod
    def put(path, text):
        with open(path + ".new", "w") as f:
            f.write(text)
        os.rename(path + ".new", path)

    def set(self, more, json_output="false"):
        self.put(self.config, CONFIG % (self.shell.pid, self.rules, json_output) + more.replace("DIR", self.open))

    def read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(line)
                self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def wait(self, pattern):
        """The line that comes, or has come; None if it does not."""
        def find():
            return next((line for line in self.lines if re.search(pattern, line)), None)
        with self.arrived:
            self.arrived.wait_for(lambda: self.ended or find(), PATIENCE)
            return find()

    def close(self):
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.reader.join()
        shutil.rmtree(self.dir)
        return self.process.returncode


class Checks:
    def __init__(self, falco):
        self.falco, self.results = falco, []

    def check(self, title, good, output=""):
        self.results.append(bool(good))
        print("%s %d - %s" % ("ok" if good else "not ok", len(self.results), title), flush=True)
        if not good:
            print(re.sub("(?m)^", "# ", "\n".join(str(output).splitlines()[-20:])))

    def running(self, title, config, privileges, act):
        f = Falco(self.falco, config, privileges)
        try:
            if f.wait("made of"):
                act(f)
            else:
                self.check(title + ": watches", False, "".join(f.lines))
        finally:
            status = f.close()
        self.check(title + ": ends well", status == 0, "".join(f.lines))

    def given_up(self, f):
        r = rights(f.process.pid)
        all_used = mask(*USED)
        self.check("capabilities of all threads", r["threads"] > 2 and
                   (r["CapPrm"], r["CapEff"], r["CapBnd"], r["CapAmb"]) == (all_used, all_used, all_used, 0), r)
        self.check("system calls of all threads", (r["NoNewPrivs"], r["Seccomp"]) == (1, 2), r)
        f.put(f.rules, MKDIR + RMDIR)
        self.check("other system calls after a reload", f.wait("gone of"), "".join(f.lines))
        f.set("program_output: {enabled: true, program: 'cat >DIR/alerts'}\n", json_output="true")
        self.check("a program asked for by a reload: named", f.wait("program_output.enabled"), "".join(f.lines))
        self.check("a program asked for by a reload: all else is heeded", f.wait("^{.*made of"), "".join(f.lines))
        self.check("a program asked for by a reload: not started", not os.listdir(f.open))
        f.set("")
        f.put(f.rules, RULE % ("again", "mkdir, mkdirat", "again made"))
        self.check("and withdrawn", f.wait("again made of"), "".join(f.lines))

    def with_program(self, f):
        self.check("a program has what falco was started with", self.of_program(f) == rights(os.getpid())["CapEff"], self.of_program(f))
        r = rights(f.process.pid)
        self.check("falco itself has not", (r["CapPrm"], r["Seccomp"], r["NoNewPrivs"]) == (mask(*USED), 0, 0), r)

    def with_program_of_user(self, f):
        self.check("a program of an ordinary user has nothing", self.of_program(f) == 0, self.of_program(f))

    @staticmethod
    def of_program(f):
        path = os.path.join(f.open, "status")
        deadline = time.time() + PATIENCE
        found = None
        while not found and time.time() < deadline:
            time.sleep(0.1)
            if os.path.exists(path):
                with open(path) as status:
                    found = re.search(r"CapEff:\s*(\w+)\n", status.read())
        return int(found.group(1), 16) if found else None

    def all_kept(self, f):
        r, own = rights(f.process.pid), rights(os.getpid())
        self.check("all is kept", all(r[k] == own[k] for k in own if k != "threads"), (r, own))

    def of_user(self, f):
        r = rights(f.process.pid)
        self.check("an ordinary user keeps its four", (r["CapPrm"], r["CapEff"], r["CapAmb"]) == (mask(*FOUR), mask(*FOUR), 0), r)
        self.check("and starts no programs", (r["NoNewPrivs"], r["Seccomp"]) == (1, 2), r)

    def unwatched(self, fallback, figures):
        """Without any capability, until it has answered or ended: status, alerts, log, and what /metrics says of the engine."""
        with tempfile.TemporaryDirectory() as tmp:
            os.chmod(tmp, 0o755)
            rules, config, port = os.path.join(tmp, "rules.yaml"), os.path.join(tmp, "falco.yaml"), free_port()
            Falco.put(rules, MKDIR)
            Falco.put(config, CONFIG % (os.getpid(), rules, "true"))
            options = ["engine.fallback=" + fallback, "webserver.listen_port=%d" % port, "metrics.enabled=true", "webserver.prometheus_metrics_enabled=true"]
            p = subprocess.Popen(with_caps() + [shutil.copy(self.falco, tmp), "-c", config] + [w for o in options for w in ("-o", o)],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
            engine = asked(p, "http://127.0.0.1:%d/metrics" % port, 'scap_engine_name_info{.*engine_name="%s"' % figures)
            p.terminate()
            out, log = p.communicate()
            return p.returncode, [json.loads(line) for line in out.splitlines() if line.startswith("{")], log, engine

    def fallback(self):
        status, alerts, log, _ = self.unwatched("none", "nothing")
        self.check("a host that can not be watched", status == 1 and "CAP_BPF is missing" in log and not alerts, (status, alerts, log))
        status, alerts, log, engine = self.unwatched("nodriver", "nodriver")
        self.check("engine.fallback: goes on", status == 0 and "CAP_BPF is missing" in log, (status, log))
        self.check("engine.fallback: an alert says so", len(alerts) == 1 and alerts[0]["rule"] == "Falco internal: unwatched host" and
                   alerts[0]["priority"] == "Critical" and "CAP_BPF is missing" in alerts[0]["output"], alerts)
        self.check("engine.fallback: figures say so", engine)


def main():
    why = live.reason_to_skip() or (None if shutil.which("setpriv") else "this takes setpriv of util-linux")
    if why:
        print("SKIPPED: " + why)
        return live.SKIPPED
    c = Checks(sys.argv[1])
    c.running("root", "", [], c.given_up)
    c.running("a program", PROGRAM, [], c.with_program)
    c.running("a program of an ordinary user", PROGRAM, with_caps(*LEAST), c.with_program_of_user)
    c.running("drop_privileges: false", "drop_privileges: false\n", [], c.all_kept)
    c.running("an ordinary user", "", with_caps(*LEAST), c.of_user)
    c.fallback()
    print("1..%d" % len(c.results))
    return 0 if all(c.results) else 1


if __name__ == "__main__":
    sys.exit(main())
