#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""-M is the time that falco watches: what it takes to get there does not count.

usage: duration.py FALCO
Only a shell that is started here, and what it runs, is watched. Skipped (77) without root or eBPF.
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import live  # noqa: E402

SECONDS = 2
RULE = """
- rule: sleep
  desc: what the shell does, five times a second
  condition: evt.type = execve and proc.name = sleep
  output: "%evt.rawtime"
  priority: INFO
"""


def main():
    why = live.reason_to_skip()
    if why:
        print("SKIPPED: " + why)
        return live.SKIPPED
    shell = subprocess.Popen(["sh", "-c", "while :; do sleep 0.2; done"], start_new_session=True)
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as rules:
            rules.write(RULE)
            rules.flush()
            begin = time.time()
            out = subprocess.run([sys.argv[1], "-c", os.devnull, "-r", rules.name, "-M", str(SECONDS), "-o", "stdout_output.enabled=true",
                                  "-o", "engine.kind=modern_ebpf", "-o", "engine.modern_ebpf.scope=pid:%d" % shell.pid],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
    times = [int(line.split()[-1]) / 1e9 for line in out.splitlines() if ": Informational " in line]
    print("%d alerts: the first one after %.1f s, %.1f s from it to the last" % (
        len(times), times[0] - begin if times else 0, times[-1] - times[0] if times else 0))
    if not times or not SECONDS - 0.7 < times[-1] - times[0] < SECONDS + 0.2:
        print(out)
        return 1
    return 0


sys.exit(main())
