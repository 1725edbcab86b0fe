#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does falco profile tell the truth?  Its figures are held against a plain run on the same capture.

usage: profile.py FALCO CAPTURE
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIG = os.path.join(SRC, "config", "falco.yaml")
RULES = sorted(os.path.join(SRC, "rules", f) for f in os.listdir(os.path.join(SRC, "rules"))
               if f.endswith("rules.yaml"))
OWN_RULES = """
- rule: opens
  desc: .
  condition: evt.type in (open, openat, openat2) and fd.name startswith /etc
  output: .
  priority: INFO
- rule: traces
  desc: .
  condition: evt.type = ptrace
  output: .
  priority: INFO
- rule: traces or kills
  desc: .
  condition: evt.type in (ptrace, kill, mlock) and proc.name = nobody
  output: .
  priority: INFO
- rule: anything
  desc: .
  condition: proc.name = nobody and proc.pid > 0
  output: .
  priority: INFO
  enabled: false
  warn_evttypes: false
"""
results = []


def check(title):
    """A test is a function that asserts."""
    def run(test):
        try:
            test()
            results.append((True, title, ""))
        except AssertionError as e:
            results.append((False, title, str(e)))
        return test
    return run


def run(*args):
    p = subprocess.run([FALCO] + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                       stdin=subprocess.DEVNULL, universal_newlines=True)
    return p.returncode, p.stdout, p.stderr


def same(got, want):
    assert got == want, "got %r, want %r" % (got, want)


def options(rules):
    return ["-c", CONFIG] + [word for r in rules for word in ("-r", r)]


def profile(*args, rules=RULES, capture=None):
    status, out, err = run("profile", *options(rules), "--json", *args, capture or CAPTURE)
    same((status, err), (0, ""))
    return json.loads(out)


def alerts(*args):
    status, out, _ = run(*options(RULES), "-e", CAPTURE, "-o", "json_output=true", *args)
    same(status, 0)
    lines = (json.loads(line) for line in out.splitlines() if line.startswith("{"))
    return collections.Counter(a["rule"] for a in lines if "rule" in a)


def event_types():
    """How often each type occurs, told by rules of which each wants one."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write("- rule: all\n  desc: .\n  condition: evt.num > 0\n  output: \"%evt.type\"\n  priority: INFO\n")
        f.flush()
        _, out, _ = run("-c", CONFIG, "-r", f.name, "-e", CAPTURE, "-o", "json_output=true")
    lines = (json.loads(line) for line in out.splitlines() if line.startswith("{"))
    return collections.Counter(a["output_fields"]["evt.type"] for a in lines if a.get("rule") == "all")


def own(*args):
    return {r["rule"]: r for r in profile(*args, rules=[RULES_FILE])["rules"]}


def main():
    for matching in ("first", "all"):
        @check("matches are the alerts of a run, rule_matching=" + matching)
        def _():
            want = alerts("-o", "rule_matching=" + matching)
            p = profile("-o", "rule_matching=" + matching)
            assert want
            same({r["rule"]: r["matches"] for r in p["rules"] if r["matches"]}, dict(want))
            same(p["matches"], sum(want.values()))

    p = profile()

    @check("accounts add up to what was measured, within a tenth")
    def _():
        work = p["work"]
        parts = [work[k]["ns"] for k in ("reading_and_state", "choosing_rules", "rules", "outputs")]
        assert all(x > 0 for x in parts), parts
        assert abs(sum(parts) - work["ns"]) <= 4, parts
        total = work["ns"] + p["measuring_ns"] + p["interrupted_ns"]
        assert abs(total - p["sum_ns"]) <= 4
        assert 0.9 * p["measured_ns"] <= p["sum_ns"] <= 1.1 * p["measured_ns"], (p["sum_ns"], p["measured_ns"])

    @check("rules add up to their account, checks are part of it, shares to 100")
    def _():
        rules = sum(r["ns"] for r in p["rules"])
        assert abs(rules - p["work"]["rules"]["ns"]) <= len(p["rules"]), rules
        assert 0 < sum(c["ns"] for c in p["checks"]) <= rules * 1.01
        shares = sum(v["share"] for v in p["work"].values() if isinstance(v, dict))
        assert abs(shares - 100) < 0.1, shares

    @check("counts are possible ones")
    def _():
        assert len(p["rules"]) > 60 and len(p["checks"]) > 400
        for r in p["rules"]:
            assert r["matches"] <= r["evaluated"] <= p["events"], r
            assert r["only"]["events"] <= r["forces"]["events"] <= p["events"], r["rule"]
        for c in p["checks"]:
            assert 0 <= c["remembered"] <= c["asked"] and 0 <= c["true"] <= c["asked"], c
            assert c["rules"] >= 1, c
        assert any(c["remembered"] for c in p["checks"]) and any(c["true"] for c in p["checks"])
        same([r["ns"] for r in p["rules"]], sorted((r["ns"] for r in p["rules"]), reverse=True))

    @check("forced types are counted as they occur")
    def _():
        seen = event_types()
        r = own()["opens"]
        types = {t["name"]: t["events"] for t in r["forces"]["types"]}
        same(sorted(types), ["open", "openat", "openat2"])
        same(types, {name: seen[name] for name in types})
        same(r["forces"]["events"], sum(types.values()))
        assert abs(r["forces"]["share"] - 100 * sum(types.values()) / p["events"]) < 0.001
        same([t["events"] for t in r["forces"]["types"]], sorted(types.values(), reverse=True))
        assert sum(types.values()) > 0

    @check("types are a rule's only when neither others nor the state need them")
    def _():
        rules = own()
        def only(rule):
            return {t["name"]: t["only"] for t in rules[rule]["forces"]["types"]}
        same(only("opens"), {"open": False, "openat": False, "openat2": False})
        same(only("traces"), {"ptrace": False})
        same(only("traces or kills"), {"ptrace": False, "kill": True, "mlock": True})
        assert "anything" not in rules
        same(rules["opens"]["only"]["events"], 0)
        trace_alone = own("-D", "or kills")
        same([t["only"] for t in trace_alone["traces"]["forces"]["types"]], [True])

    @check("text: the same figures, cut to --most rows")
    def _():
        status, out, err = run("profile", *options(RULES), "--most", "3", CAPTURE)
        same((status, err), (0, ""))
        assert "%d events, %d matches" % (p["events"], p["matches"]) in out, out
        assert re.search(r"\(the sum is (9\d|10\d)\.\d % of it\)", out), out
        rows = out.split("event types\n")[1].split("\n\n")[0].splitlines()
        same(len(rows), 4)
        assert rows[3].endswith("%d more rules" % (len(p["rules"]) - 3)), rows[3]
        matches = sum(int(re.match(r" *\S+ +\S+ % +(\d+)", row).group(1)) for row in rows)
        same(matches, p["matches"])

    @check("a damaged capture is profiled up to the damage, which is told")
    def _():
        with open(CAPTURE, "rb") as f, tempfile.NamedTemporaryFile(suffix=".scap") as cut:
            content = f.read()
            cut.write(content[:len(content) * 2 // 3])
            cut.flush()
            status, out, err = run("profile", *options(RULES), "--json", cut.name)
        same(status, 1)
        assert 0 < json.loads(out)["events"] < p["events"]
        assert err.startswith("Error: ") and "truncated" in err, err

    for title, args, message in (
            ("no capture", [], "profile needs a capture: falco profile -r RULES CAPTURE"),
            ("several captures", ["a", "b"], "profile takes one capture, not several: 'b'"),
            ("an unknown option", ["--jsn", "x"], "Option '--jsn' of profile does not exist. Did you mean '--json'?"),
            ("an unknown short option", ["-x"], "Option '-x' of profile does not exist. Try profile --help."),
            ("a value for a flag", ["--json=1", "x"], "Option '--json=1' of profile does not exist. "
                                                      "Did you mean '--json'?"),
            ("rows that are no number", ["--most", "0", "x"], "--most: '0' is no number of rows"),
            ("a missing value", ["x", "-r"], "Option '-r' is missing an argument: <rules_file>"),
            ("a capture that is not there", options(RULES) + ["nope.scap"], "nope.scap: No such file or directory"),
            ("a pipe", options(RULES) + ["-"], "-: profile reads the capture twice, so it has to be a file"),
            ("what is no capture", options(RULES) + [CONFIG],
             CONFIG + ": not a capture file: it does not begin with a section header")):
        @check("refused: " + title)
        def _():
            status, out, err = run("profile", *args)
            same((status, out), (1, ""))
            assert message in err, err

    print("1..%d" % len(results))
    for number, (ok, title, why) in enumerate(results, 1):
        print("%s %d - %s" % ("ok" if ok else "not ok", number, title))
        for line in why.splitlines()[:20]:
            print("# " + line)


if len(sys.argv) != 3:
    sys.exit(__doc__)
FALCO, CAPTURE = map(os.path.abspath, sys.argv[1:])
with tempfile.NamedTemporaryFile("w", suffix=".yaml") as rules_file:
    rules_file.write(OWN_RULES)
    rules_file.flush()
    RULES_FILE = rules_file.name
    main()
