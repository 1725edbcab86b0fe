#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run falco on the bundled capture and compare all that it prints with what is written down.

usage: golden.py FALCO CAPTURE [--update] [CASE]...

A case is a folder of cases/ holding
  args       command line, words as a shell splits them; lines that start with # do not count.
             $DEMO is the capture, $RULES the folder of the default rules, $CONFIG the shipped
             configuration, $SRC the top of the tree, $CUT the capture without its last third.
             `-c $CONFIG` is put before it.
  input      standard input, or the word $DEMO for the capture; optional
  expected   standard output, then a line "--- stderr" and standard error (without the time that log
             lines start with) if there was any, then a line "--- status N"
  and what args name, such as rules; the folder is the working directory.
--update writes `expected` from what comes out now: read the difference before you commit it.
"""
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(os.path.dirname(HERE))
LOG_TIME = re.compile(r"^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}: ", re.M)
TIMEOUT = 60


def command(path, falco, capture, cut):
    with open(os.path.join(path, "args")) as f:
        text = "".join(line for line in f if not line.startswith("#"))
    names = {"DEMO": capture, "RULES": os.path.join(SRC, "rules"), "SRC": SRC, "CUT": cut,
             "CONFIG": os.path.join(SRC, "config", "falco.yaml")}
    words = [re.sub(r"\$(\w+)", lambda m: names[m.group(1)], w) for w in shlex.split(text)]
    return [falco, "-c", names["CONFIG"]] + words


def cut_short(capture, folder):
    """A copy that ends in the middle of an event."""
    with open(capture, "rb") as f:
        content = f.read()
    cut = os.path.join(folder, "cut.scap")
    with open(cut, "wb") as f:
        f.write(content[:len(content) * 2 // 3])
    return cut


def outcome(path, falco, capture, cut):
    env = dict(os.environ, TZ="UTC", LC_ALL="C", FALCO_HOSTNAME="demo")
    stdin = os.path.join(path, "input")
    if not os.path.exists(stdin):
        stdin = os.devnull
    elif open(stdin, "rb").read(6) == b"$DEMO\n":
        stdin = capture
    with open(stdin, "rb") as f:
        p = subprocess.run(command(path, falco, capture, cut), cwd=path, env=env, stdin=f, timeout=TIMEOUT,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = (x.decode("utf8", "backslashreplace") for x in (p.stdout, p.stderr))
    if err:
        out += "--- stderr\n" + LOG_TIME.sub("", err)
    out = out.replace(capture, "$DEMO").replace(cut, "$CUT").replace(SRC + "/", "$SRC/")
    return "%s--- status %d\n" % (out if not out or out.endswith("\n") else out + "\n", p.returncode)


def check(path, falco, capture, cut, update):
    """Lines of difference, none when all is as expected."""
    try:
        got = outcome(path, falco, capture, cut)
    except subprocess.TimeoutExpired:
        return ["no end within %d s" % TIMEOUT]
    expected = os.path.join(path, "expected")
    if update:
        with open(expected, "w") as f:
            f.write(got)
    want = open(expected).read() if os.path.exists(expected) else ""
    return list(difflib.unified_diff(want.splitlines(), got.splitlines(), "expected", "got", "", "", 1, ""))


def main():
    args = [a for a in sys.argv[1:] if a != "--update"]
    if len(args) < 2:
        sys.exit(__doc__)
    falco, capture = map(os.path.abspath, args[:2])
    cases = args[2:] or sorted(os.listdir(os.path.join(HERE, "cases")))
    print("1..%d" % len(cases))
    with tempfile.TemporaryDirectory() as folder:
        cut = cut_short(capture, folder)
        for number, case in enumerate(cases, 1):
            difference = check(os.path.join(HERE, "cases", case), falco, capture, cut, "--update" in sys.argv)
            print("%s %d - %s" % ("not ok" if difference else "ok", number, case))
            for line in difference[:60]:
                print("# " + line)


main()
