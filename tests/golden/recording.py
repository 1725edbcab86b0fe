#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A capture written with -w raises the alerts of the capture it was made of, and is one to others.

usage: recording.py FALCO CAPTURE
Rewritten are CAPTURE and, twice in a row, it again (captures can be appended to each other); then
the rewritten one, which must come out as the same bytes.
"""
import os
import shutil
import subprocess
import sys
import tempfile

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FALCO = os.path.abspath(sys.argv[1])


def replay(capture, *options):
    p = subprocess.run([FALCO, "-c", os.path.join(SRC, "config", "falco.yaml"), "-e", capture, "-r",
                        os.path.join(SRC, "rules", "falco_rules.yaml"), "-o", "syslog_output.enabled=false"] + list(options),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return p.returncode, p.stdout


def check(number, title, good, remark=""):
    print("%s %d - %s%s" % ("ok" if good else "not ok", number, title, remark))


def main():
    capture = os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as tmp:
        plain, packed, again, twice, out = (os.path.join(tmp, n) for n in
                                            ("plain.scap", "packed.scap.gz", "again.scap", "twice.scap", "out.scap"))
        print("1..6")
        want = replay(capture)
        check(1, "plain: alerts as without -w", replay(capture, "-w", plain) == want and "Warning" in want[1])
        check(2, "plain: alerts of the copy", replay(plain) == want)
        replay(capture, "-w", packed)
        check(3, "gzip: alerts of the copy", replay(packed) == want and os.path.getsize(packed) < os.path.getsize(plain))
        replay(plain, "-w", again)
        with open(plain, "rb") as a, open(again, "rb") as b:
            check(4, "a copy of the copy is the same", a.read() == b.read())
        with open(twice, "wb") as f:
            for _ in range(2):
                with open(capture, "rb") as part:
                    shutil.copyfileobj(part, f)
        want = replay(twice)
        replay(twice, "-w", out)
        check(5, "two captures in a row", replay(out) == want and want[0] == 0)
        if shutil.which("sysdig"):
            p = subprocess.run(["sysdig", "-r", plain], stdout=subprocess.PIPE, universal_newlines=True)
            check(6, "sysdig reads it", p.returncode == 0 and " openat " in p.stdout)
        else:
            check(6, "sysdig reads it", True, " # SKIP no sysdig here")


main()
