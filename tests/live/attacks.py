#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks, done for real: every stable rule says what it must, and nothing else is said.

usage: attacks.py FALCO ATTACK64 [ATTACK32] [--rules FILE] [--only WORD]
The scenarios are in attacks_list.py. They run in a scope, in a network and mount namespace of their own, and those that
are about containers in containers of runc. --rules: others than rules/falco_rules.yaml.
"""
import argparse
import os
import re
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

RULES = os.path.join(SRC, "rules", "falco_rules.yaml")
# Which scenario an alert is about is told by the environment of its process.
CONFIG = """
append_output:
  - extra_fields: ["proc.env[ATTACK]", container.id, evt.type, proc.name, proc.exepath, proc.cmdline, proc.pname,
                   proc.tty, user.name, user.uid, fd.name, fd.sport]
"""


def differences(s, want, alerts):
    """Lines about what is wrong with the alerts of one scenario."""
    if sorted(a["rule"] for a in alerts) != sorted(s.rules):
        return ["%s: wanted %s, got %s" % (s.name, s.rules, [a["output"] for a in alerts])]
    wrong = []
    for a in (a for a in alerts if a["rule"] == s.rule):
        for field, text in want.items():
            have = str(a["output_fields"].get(field, "(no such field)"))
            if have != text and not (text.startswith("~") and re.fullmatch(text[1:], have)):
                wrong.append("%s: %s is %s, not %s" % (s.name, field, have, text))
    return wrong


def lacking(what):
    """The names of scenarios that this kernel does not offer: what carried them out said so."""
    return set(re.findall(r"^(.*): exit %d$" % attacks_plan.NOT_HERE, what, re.M))


def stable_rules(path):
    with open(path) as f:
        return {m for m in re.findall(r"^- rule: (.*?)\s*$", f.read(), re.M)}


def run(args, built, chosen):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as tmp:
        command, tasks = attacks_plan.command(tmp, built, chosen)
        seen = live.Live(args.falco, [args.rules], command, CONFIG, hosts=attacks_plan.HOSTS)
    wrong, absent = [], lacking(seen.what)
    for s, (task, want) in zip(chosen, tasks):
        own = [a for a in seen.alerts if a["output_fields"].get("proc.env[ATTACK]") == task["env"]["ATTACK"]]
        wrong += differences(s._replace(rules=[]) if s.name in absent else s, want, own)
    known = {task["env"]["ATTACK"] for task, _ in tasks}
    stray = [a["output"] for a in seen.alerts if a["output_fields"].get("proc.env[ATTACK]") not in known]
    return seen, absent, wrong + ["of no scenario: " + output for output in stray[:5]]


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("falco")
    p.add_argument("attack64")
    p.add_argument("attack32", nargs="?")
    p.add_argument("--rules", default=RULES)
    p.add_argument("--only", default="")
    args = p.parse_args()
    why = live.reason_to_skip() or next((w + " is not installed" for w in attacks_plan.NEEDED if not shutil.which(w)), None)
    if why:
        print("SKIPPED: " + why)
        return live.SKIPPED
    built = {64: os.path.abspath(args.attack64)}
    if args.attack32:
        built[32] = os.path.abspath(args.attack32)
    chosen = [s for s in scenarios.ALL if s.bits in built and args.only in s.name]
    missing = stable_rules(args.rules) - {s.rule for s in scenarios.ALL} - scenarios.NOT_HERE
    seen, absent, wrong = run(args, built, chosen)
    wrong += ["no scenario: " + rule for rule in sorted(missing)]
    print("%d scenarios, %d alerts, %d differences" % (len(chosen) - len(absent), len(seen.alerts), len(wrong)))
    for name in sorted(absent):
        print("not offered by this kernel: " + name)
    if wrong:
        print("\n".join(wrong) + "\n" + seen.what + "\n".join(seen.log.splitlines()[-15:]))
    return bool(wrong)


sys.exit(main())
