#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do our default rules raise what Falco's raise?  Compared are time and rule of every alert.

usage: default_rules.py FALCO
Recorded captures and alerts are looked for in $FALCO_SHARED, else in ../shared beside the tree.
"""
import collections
import gzip
import json
import os
import subprocess
import sys

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ORACLE = os.path.join(os.environ.get("FALCO_SHARED") or os.path.join(os.path.dirname(SRC), "shared"), "oracle")
CAPTURES = ["eventgen", "guest-1m", "watched-1m"]
RULES = {"stable": "falco_rules.yaml", "incubating": "falco-incubating_rules.yaml",
         "sandbox": "falco-sandbox_rules.yaml"}


def pairs(lines):
    alerts = (json.loads(line) for line in lines if line.startswith("{"))
    return collections.Counter((a["time"], a["rule"]) for a in alerts if "rule" in a)


def ours(falco, capture, rules):
    p = subprocess.run([falco, "-c", os.path.join(SRC, "config", "falco.yaml"), "-r", os.path.join(SRC, "rules", rules),
                        "-e", os.path.join(ORACLE, "captures", capture + ".scap.gz"), "-o", "json_output=true",
                        "-o", "rule_matching=all", "-o", "log_stderr=false", "-o", "syslog_output.enabled=false"],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    return pairs(p.stdout.splitlines())


def main():
    cases = [(c, r) for c in CAPTURES for r in sorted(RULES)]
    print("1..%d" % len(cases))
    for number, (capture, name) in enumerate(cases, 1):
        title = "%s with the %s rules" % (capture, name)
        path = os.path.join(ORACLE, "alerts", "%s-%s.jsonl.gz" % (capture, name))
        if not os.path.exists(path):
            print("ok %d - %s # SKIP no %s" % (number, title, path))
            continue
        with gzip.open(path, "rt") as f:
            want = pairs(f)
        got = ours(os.path.abspath(sys.argv[1]), capture, RULES[name])
        print("%s %d - %s" % ("ok" if got == want and want else "not ok", number, title))
        for what, left in (("missing", want - got), ("extra", got - want)):
            for (time, rule), n in sorted(left.items())[:20]:
                print("# %s: %d at %s: %s" % (what, n, time, rule))


main()
