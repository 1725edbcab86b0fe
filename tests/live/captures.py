#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A rule starts a capture of a live machine: it raises the same alert again, and has what went before.

usage: captures.py FALCO
Only a shell that is started here, and what it runs, is watched.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

FALCO = os.path.abspath(sys.argv[1])
SKIPPED = 77
RULES = """
- rule: secret
  desc: starts a capture
  condition: evt.type in (open, openat, openat2) and fd.name endswith /secret
  output: "%proc.name %proc.cmdline %proc.pname %proc.exepath %proc.cwd %proc.env %fd.name %fd.typechar %user.name %thread.tid %evt.time"
  priority: WARNING
  capture: true
  capture_duration: 200
"""
# Opens the file again and again, and another one before, until it is ended.
SHELL = "cd %s; while :; do cat before >/dev/null; sleep 0.1; cat secret >/dev/null; sleep 0.3; done"


def run(tmp, *options):
    command = [FALCO, "-c", "/dev/null", "-r", os.path.join(tmp, "rules.yaml"), "-o", "stdout_output.enabled=true",
               "-o", "json_output=true", "-o", "buffered_outputs=false"] + list(options)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


def facts(alert):
    return json.dumps([alert["rule"], alert["time"], alert["output_fields"]], sort_keys=True)


def captures_of(tmp, pid, prefix):
    """The first alerts, and the files, of a run that ends when the third capture has begun."""
    p = run(tmp, "-o", "engine.kind=modern_ebpf", "-o", "engine.modern_ebpf.scope=pid:%d" % pid, "-o", "capture.enabled=true",
            "-o", "capture.path_prefix=" + os.path.join(tmp, prefix), "-o", "capture.before=1000", "-M", "20")
    alerts = []
    for line in p.stdout:
        if line.startswith("{"):
            alerts.append(json.loads(line))
        if len(alerts) == 5:
            p.send_signal(signal.SIGINT)
    p.wait()
    return alerts, sorted(os.path.join(tmp, f) for f in os.listdir(tmp) if f.startswith(prefix + "_")), p.stderr.read()


def replay(tmp, path):
    out, _ = run(tmp, "-e", path).communicate()
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def sysdig_opens(path):
    p = subprocess.run(["sysdig", "-r", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    good = p.returncode == 0 and "/secret" in p.stdout
    if not good:
        print("sysdig does not read %s: %s" % (path, p.stdout[-300:]))
    return good


def main():
    if os.geteuid() or not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        print("SKIPPED: live capture takes root and a kernel with BTF")
        return SKIPPED
    failures = 0
    with tempfile.TemporaryDirectory() as tmp:
        for name, text in ("rules.yaml", RULES), ("secret", "x"), ("before", "y"):
            with open(os.path.join(tmp, name), "w") as f:
                f.write(text)
        shell = subprocess.Popen(["sh", "-c", SHELL % tmp], start_new_session=True)
        try:
            alerts, files, log = captures_of(tmp, shell.pid, "c")
        finally:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
        want = {facts(a) for a in alerts}
        if len(alerts) < 5 or len(files) < 3:
            print("%d alerts, %d files\n%s" % (len(alerts), len(files), log))
            return 1
        for path in files:
            again = replay(tmp, path)
            started = [a for a in again if "_%020d_" % a["output_fields"]["evt.time"] in path]
            if len(started) != 1 or not all(facts(a) in want for a in again if a["time"] <= alerts[-1]["time"]):
                print("%s: %s\nnot of\n%s" % (path, [facts(a) for a in again], "\n".join(want)))
                failures += 1
        if shutil.which("sysdig"):
            failures += sum(not sysdig_opens(path) for path in files)
        else:
            print("no sysdig here: not tried whether it reads the files")
        # the second one began while nothing was written: it holds the alert of the first, too
        times = {a["time"] for a in replay(tmp, files[1])}
        if alerts[0]["time"] not in times:
            print("%s lacks the second before" % files[1])
            failures += 1
    return failures


sys.exit(main())
