#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures that rules start: which files there are, and that each raises the same alerts again.

usage: captures.py FALCO CAPTURE
An alert is compared with all its fields but the event's number, which counts from the file's start.
"""
import gzip
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

FALCO = os.path.abspath(sys.argv[1])
FIELDS = ("proc.name proc.cmdline proc.pname proc.aname[2] proc.exepath proc.cwd proc.env proc.sid proc.vpid proc.tty "
          "user.loginuid proc.is_exe_writable thread.tid thread.cap_effective fd.name fd.num fd.typechar user.name group.name "
          "container.id container.name container.image.repository evt.num evt.time evt.type evt.args")
RULES = """
- rule: shadow
  desc: starts a capture
  condition: evt.type in (open, openat, openat2) and fd.name startswith /etc/shadow
  output: "%(fields)s"
  priority: WARNING
  capture: true
  capture_duration: 100
- rule: exec
  desc: starts none
  condition: evt.type in (execve, execveat) and proc.name exists
  output: "%(fields)s"
  priority: INFO
- rule: connected
  desc: starts none
  condition: evt.type = connect and fd.name exists
  output: "%(fields)s fd.sip=%%fd.sip fd.sport=%%fd.sport"
  priority: INFO
""" % {"fields": " ".join("%s=%%%s" % (f, f) for f in FIELDS.split())}


class Run:
    count = 0

    def __init__(self, tmp, capture, **options):
        Run.count += 1
        self.prefix = options.setdefault("path_prefix", os.path.join(tmp, "c%d" % Run.count))
        command = [FALCO, "-c", "/dev/null", "-r", os.path.join(tmp, "rules.yaml"), "-e", capture,
                   "-o", "stdout_output.enabled=true", "-o", "json_output=true", "-o", "log_stderr=true"]
        for key, value in options.items():
            command += ["-o", "capture.%s=%s" % (key, value)]
        p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        self.status, self.log = p.returncode, p.stderr
        lines = [json.loads(line) for line in p.stdout.splitlines() if line.startswith("{")]
        self.internal = [a for a in lines if a["rule"].startswith("Falco internal")]
        self.alerts = [a for a in lines if a not in self.internal]
        self.files = files(self.prefix)


def files(prefix):
    folder, name = os.path.split(prefix)
    return sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.startswith(name + "_")) if os.path.isdir(folder) else []


def facts(alert):
    fields = {k: v for k, v in alert["output_fields"].items() if k != "evt.num"}
    return alert["rule"], alert["time"], json.dumps(fields, sort_keys=True)


def blocks(path):
    with open(path, "rb") as f:
        packed = f.read()
    data = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, data[at:at + size]
        at += size


def event_times(path):
    """Of the events that everybody is shown: blocks without flags."""
    return [struct.unpack_from("<Q", b, 10)[0] for kind, b in blocks(path) if kind in (0x216, 0x221)]


def starts(path):
    return int(path.split("_")[-2]), int(path.split("_")[-1].split(".")[0])


def replayed(tmp, path):
    return [facts(a) for a in Run(tmp, path).alerts]


def expected(want, path):
    """The alerts of the whole that lie within the time of a file."""
    times = event_times(path)
    return [facts(a) for a in want if times[0] <= a["output_fields"]["evt.time"] <= times[-1]]


def noisy(source, out, start_ts):
    """source, and behind it reads of bytes that do not compress: 4 MB."""
    with open(source, "rb") as f:
        data = f.read()
    with open(out, "wb") as f:
        f.write(data)
        for i in range(2000):
            noise = os.urandom(2000)
            params = struct.pack("<q", len(noise)) + noise + struct.pack("<qI", 3, 4096)
            lens = struct.pack("<HHHH", 8, len(noise), 8, 4)
            record = struct.pack("<QQIHI", start_ts + i, 1, 26 + len(lens) + len(params), 7, 4) + lens + params
            body = struct.pack("<H", 0) + record
            body += b"\0" * (-len(body) % 4)
            size = 12 + len(body)
            f.write(struct.pack("<II", 0x216, size) + body + struct.pack("<I", size))


number = 0


def check(title, good, detail=""):
    global number
    number += 1
    print("%s %d - %s" % ("ok" if good else "not ok", number, title))
    if not good and detail:
        print("# " + str(detail).replace("\n", "\n# "))


def test_modes(tmp, capture):
    off = Run(tmp, capture)
    check("off: no files", not off.files and off.alerts)
    want = off.alerts
    run = Run(tmp, capture, enabled="true")
    check("on: the same alerts", run.alerts == want and run.status == 0)
    shadow = [a for a in want if a["rule"] == "shadow"]
    first = shadow[0]["output_fields"]
    check("the first file is named after the first alert", starts(run.files[0]) == (first["evt.time"], first["evt.num"]))
    ends = [(event_times(f)[0], event_times(f)[-1]) for f in run.files]
    check("files do not overlap", all(a[1] <= b[0] for a, b in zip(ends, ends[1:])) and len(ends) > 2)
    check("each alert of such a rule is in a file",
          all(any(a <= s["output_fields"]["evt.time"] <= b for a, b in ends) for s in shadow))
    for f in run.files:
        got = replayed(tmp, f)
        check("alerts again: " + os.path.basename(f), got and got == expected(want, f), "%s\n%s" % (got, expected(want, f)))
    every = Run(tmp, capture, enabled="true", mode="all_rules", default_duration="1")
    check("mode all_rules: every rule starts one", len(every.files) > len(run.files))
    check("mode all_rules: the first is of the first alert", starts(every.files[0])[1] == want[0]["output_fields"]["evt.num"])


def test_before(tmp, capture):
    want = Run(tmp, capture).alerts
    run = Run(tmp, capture, enabled="true", before="60000")
    check("before: the same alerts", run.alerts == want)
    for f in run.files:
        times, alert = event_times(f), starts(f)[0]
        got = replayed(tmp, f)
        check("before: alerts again: " + os.path.basename(f), got == expected(want, f) and len(got) > 0)
        due = [t for t in event_times(capture) if alert - 60 * 10**9 <= t <= alert]
        check("before: the past is there, all of it", due and [t for t in times if due[0] <= t <= alert] == due)
        old = [t for t in times if t < alert - 90 * 10**9]
        check("before: and at most one segment too many", not old or old[-1] - old[0] <= 30 * 10**9, old)
    check("before: some have older alerts, too", any(replayed(tmp, f)[0][0] != "shadow" for f in run.files))


def test_in_a_row(tmp, capture):
    """The second machine begins while the first one's capture goes on."""
    twice = os.path.join(tmp, "twice.scap")
    with open(twice, "wb") as out, open(capture, "rb") as f:
        part = f.read()
        out.write(part + part)
    want = [facts(a) for a in Run(tmp, twice).alerts]
    for before in "0", "60000":
        run = Run(tmp, twice, enabled="true", default_duration="4000000000", mode="all_rules", before=before)
        got = replayed(tmp, run.files[0])
        check("two machines in a row, before=%s" % before, len(run.files) == 1 and len(got) > len(want) / 2 and got == want[-len(got):])


def test_limits(tmp, capture):
    last = max(event_times(capture))
    big = os.path.join(tmp, "big.scap")
    noisy(capture, big, last)
    options = {"enabled": "true", "mode": "all_rules", "default_duration": "4000000000"}
    run = Run(tmp, big, max_file_size_mb="1", **options)
    size = os.path.getsize(run.files[0])
    check("size limit: the file ends there", 1 << 20 <= size < (1 << 20) + (1 << 18), size)
    fields = run.internal[0]["output_fields"] if run.internal else {}
    check("size limit: an alert tells", fields.get("max_file_size_mb") == 1 and fields.get("written_bytes", 0) >= 1 << 20 and
          run.internal[0]["priority"] == "Informational", run.internal)
    check("no limit: all of it", os.path.getsize(Run(tmp, big, **options).files[0]) > 4000000)
    run = Run(tmp, big, enabled="true", before="3600000", before_max_size_mb="1")
    check("before: too little memory is no fault", run.status == 0 and run.files)


def test_failures(tmp, capture):
    run = Run(tmp, capture, enabled="true", path_prefix=os.path.join(tmp, "none", "c"))
    check("no such folder: told, and the run goes on", run.status == 0 and run.alerts and "Could not write a capture to" in run.log,
          run.log)
    command = [FALCO, "-c", "/dev/null", "-r", os.path.join(tmp, "rules.yaml"), "-e", capture, "-o", "stdout_output.enabled=true",
               "-o", "log_stderr=true", "-o", "capture.enabled=true", "-o", "capture.path_prefix=" + os.path.join(tmp, "f")]
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, preexec_fn=no_room)
    check("no room: told, and the run goes on", p.returncode == 0 and "Could not write all of the capture" in p.stderr, p.stderr)
    run = Run(tmp, capture, enabled="true")
    check("only the owner may read them", all(os.stat(f).st_mode & 0o777 == 0o600 for f in run.files))
    victim = os.path.join(tmp, "victim")
    for f in run.files:
        os.unlink(f)
        os.symlink(victim, f)
    again = Run(tmp, capture, enabled="true", path_prefix=run.prefix)
    check("links are not followed", again.status == 0 and not os.path.exists(victim) and "Could not write a capture" in again.log)


def no_room():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def test_sysdig(tmp, capture):
    if not shutil.which("sysdig"):
        print("# no sysdig here: not tried whether it reads the files")
        return
    for before in "0", "60000":
        for f in Run(tmp, capture, enabled="true", before=before).files:
            p = subprocess.run(["sysdig", "-r", f], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
            check("sysdig reads %s, before=%s" % (os.path.basename(f), before), p.returncode == 0 and "/etc/shadow" in p.stdout, p.stderr)


def main():
    capture = os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as tmp:
        with open(os.path.join(tmp, "rules.yaml"), "w") as f:
            f.write(RULES)
        for test in test_modes, test_before, test_in_a_row, test_limits, test_failures, test_sysdig:
            test(tmp, capture)
    print("1..%d" % number)


main()
