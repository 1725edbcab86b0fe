#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program that makes every system call, in many shapes, 64-bit and 32-bit, is recorded live, and what comes of it
is set against what Falco's probe recorded of the same program, argument by argument.

usage: exercise.py FALCO [DIR]      (DIR: where exercise64 and exercise32 are, else they are compiled)
The program and Falco's recordings are in live/ of $FALCO_SHARED, else of ../shared.  A difference must have a reason
in exercise_known.py; event types that have one count as skipped.  Skipped (77) without the data, root, or eBPF.
"""
import collections
import gzip
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(SRC, "tests", "lib"), HERE]
import exercise_known  # noqa: E402
import live  # noqa: E402

DATA = os.path.join(os.environ.get("FALCO_SHARED") or os.path.join(os.path.dirname(SRC), "shared"), "live")
# Never matches.  Types of event that need a look at the process could be any: it is recorded whatever they are.
RULE = """
- rule: everything
  desc: of nobody
  condition: proc.name = exercise-of-nobody%s
  output: x
  priority: DEBUG
"""
# Call by call there is a limit for calls without an event of their own, which have no arguments.
PER_CALL = os.environ.get("FALCO_LIVE_ATTACH") == "per_call"
# Falco's recording has the program in this folder; /tmp it covers itself.  The shell stays, for with it went the mount.
RUN = 'mount --bind "$1" /usr/local/bin && cd "$1" && env -i PATH="$PATH" PWD="$1" LANG=C.UTF-8 "/usr/local/bin/$2" 0 >log.txt 2>&1 </dev/null; exit $?'


def skip(why):
    print("SKIPPED: " + why)
    sys.exit(live.SKIPPED)


def programs(folder):
    """The widths that this machine compiles, and has Falco's recording of."""
    for bits in "64", "32":
        subprocess.run(["gcc", "-m" + bits, "-static", "-O1", "-w", "-o", os.path.join(folder, "exercise" + bits),
                        os.path.join(DATA, "exercise.c"), "-lpthread"], stderr=subprocess.DEVNULL)


def counts(path):
    """(type, arguments) -> number of events."""
    with gzip.open(path, "rt", encoding="utf8", errors="replace") as f:
        rows = [line.rstrip("\n").split("\t", 2) for line in f]
    return collections.Counter({(kind, args): int(n) for kind, n, args in rows if args or not PER_CALL})


def record(falco, folder, name, types):
    """What was recorded of the program, or None when it did not end well."""
    capture, rules, taken = (os.path.join(folder, name + suffix) for suffix in (".scap", ".yaml", ".tsv.gz"))
    with open(rules, "w") as f:
        f.write(RULE % (" and evt.type in (%s)" % ", ".join(sorted(types)) if PER_CALL else ""))
    run = live.Live(falco, [rules], ["unshare", "-m", "sh", "-c", RUN, "sh", folder, name],
                    options=["-w", capture, "-o", "base_syscalls.all=true"])
    if run.status:
        print("%s ended with status %s: %s\n%s" % (name, run.status, run.what, run.log))
        return None
    said = subprocess.run([sys.executable, os.path.join(DATA, "compare"), os.path.abspath(falco), capture,
                           "--config", os.devnull, "--name", name, "--take", taken], stderr=subprocess.PIPE, text=True)
    if not os.path.exists(taken):
        print(said.stderr)
        return None
    # Falco's ran in /work.
    return collections.Counter({(kind, args.replace(folder, "/work")): n for (kind, args), n in counts(taken).items()})


class Known:
    """The reasons of a width, and which of them an event type was in need of."""

    def __init__(self, bits):
        self.rows = [(re.compile(kinds), re.compile(pattern), by, why)
                     for width, kinds, pattern, by, why in exercise_known.ROWS if width in (None, bits)]

    def plain(self, kind, events, used):
        """The events without what is known to differ; reasons that applied are added to used."""
        ret = collections.Counter()
        for args, n in events.items():
            for kinds, pattern, by, why in self.rows:
                if kinds.fullmatch(kind) and pattern.search(args):
                    used.add(why)
                    args = None if by is None else pattern.sub(by, args)
                if args is None:
                    break
            else:
                ret[args] += n
        return ret


def compare(bits, ours, falcos):
    """Prints a line for each type of event; how many differ without a reason."""
    known, failed = Known(bits), 0
    for kind in sorted({k for k, _ in ours} | {k for k, _ in falcos}):
        want, have = (collections.Counter({a: n for (k, a), n in side.items() if k == kind}) for side in (falcos, ours))
        used = set()
        if want != have:
            want, have = known.plain(kind, want, used), known.plain(kind, have, used)
        what = "%s %s-bit" % (kind.rstrip("<>"), bits)
        print("%s - %s%s" % ("ok" if want == have else "not ok", what, " # SKIP " + "; ".join(sorted(used)) if used and want == have else ""))
        for sign, lines in ("-", want - have), ("+", have - want):
            for line in lines.elements():
                print("#   %s %s" % (sign, line))
        failed += want != have
    return failed


def main():
    why = live.reason_to_skip()
    if why or not os.path.exists(os.path.join(DATA, "compare")):
        skip(why or "no " + DATA)
    failed, tried = 0, 0
    # Not in /tmp: the program covers that.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        if len(sys.argv) > 2:
            subprocess.run(["cp", "-r", sys.argv[2] + "/.", folder], check=True)
        else:
            programs(folder)
        for bits in "64", "32":
            name = "exercise" + bits
            if not os.path.exists(os.path.join(folder, name)):
                print("ok - %s # SKIP no program of %s bits" % (name, bits))
                continue
            falcos = counts(os.path.join(DATA, "calls-%s.tsv.gz" % bits))
            ours = record(sys.argv[1], folder, name, {kind.rstrip("<>") for kind, _ in falcos})
            tried += 1
            failed += compare(bits, ours, falcos) if ours else 1
    if not tried:
        skip("no compiler")
    return 1 if failed else 0


sys.exit(main())
