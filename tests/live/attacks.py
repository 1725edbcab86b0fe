#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks, done for real: every stable rule says what it must, and nothing else is said.

usage: attacks.py FALCO ATTACK64 [ATTACK32] [--rules FILE] [--only WORD]
The scenarios are in attacks_list.py. They run in a scope, in a network and mount namespace of their own, and those that
are about containers in containers of runc. --rules: others than rules/falco_rules.yaml.
"""
import argparse
import hashlib
import json
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
import live  # noqa: E402

RULES = os.path.join(SRC, "rules", "falco_rules.yaml")
# What our own rules add; and which scenario an alert is about, by the environment of its process.
RING = """
- rule: ring
  desc: operations of io_uring are not seen, what they go through is
  condition: evt.type = io_uring_setup
  output: "%proc.cmdline"
  priority: DEBUG
"""
CONFIG = """
append_output:
  - extra_fields: ["proc.env[ATTACK]", container.id, evt.type, proc.name, proc.exepath, proc.cmdline, proc.pname,
                   proc.tty, user.name, user.uid, fd.name, fd.sport]
"""
SHADOW = ("etc/shadow", "root:*:1:0:9:7:::\n")


def programs(tmp, built):
    """The test's program under all its names, and an image for containers."""
    for bits, path in built.items():
        folder = os.path.join(tmp, "bin%d" % bits)
        os.mkdir(folder)
        for name in {os.path.basename(s.command[0]) for s in scenarios.ALL if s.command[0].startswith("{bin}")}:
            shutil.copy(path, os.path.join(folder, name))
    image = os.path.join(tmp, "image")
    for folder in "bin", "etc", "proc", "dev", "tmp", "srv":
        os.makedirs(os.path.join(image, folder))
    shutil.copy(shutil.which("busybox"), os.path.join(image, "bin", "busybox"))
    for name in "sh", "nc", "cp", "true":
        os.symlink("busybox", os.path.join(image, "bin", name))
    for bits, path in built.items():
        shutil.copy(path, os.path.join(image, "bin", "attack%d" % bits))
    open(os.path.join(image, "srv", "release_agent"), "w").close()
    os.mkdir(os.path.join(tmp, "etc"))
    for root in tmp, image:
        with open(os.path.join(root, SHADOW[0]), "w") as f:
            f.write(SHADOW[1])


def task_of(s, tmp):
    box = hashlib.sha256(s.name.encode()).hexdigest()
    words = {"tmp": tmp, "bin": os.path.join(tmp, "bin%d" % s.bits), "bits": str(s.bits), "box": box[:12]}
    put = lambda text: re.sub(r"\{(%s)\}" % "|".join(words), lambda m: words[m.group(1)], text)
    return ({"name": s.name, "id": box, "command": [put(w) for w in s.command], "env": {"ATTACK": box[:12]},
             "box": s.box and s.box._asdict(), "early": s.early, "payload": "/bin/true"},
            {field: put(text) for field, text in s.fields.items()})


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


def stable_rules(path):
    with open(path) as f:
        return {m for m in re.findall(r"^- rule: (.*?)\s*$", f.read(), re.M)}


def run(args, built, chosen):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as tmp:
        os.chmod(tmp, 0o755)
        programs(tmp, built)
        tasks = [task_of(s, tmp) for s in chosen]
        plan, ring = os.path.join(tmp, "plan"), os.path.join(tmp, "ring.yaml")
        with open(plan, "w") as f:
            json.dump({"tmp": tmp, "tasks": [t for t, _ in tasks],
                       "listen": [(scenarios.PEER, 443), (scenarios.API_SERVER, 6443)]}, f)
        with open(ring, "w") as f:
            f.write(RING)
        seen = live.Live(args.falco, [args.rules, ring], ["unshare", "-nm", sys.executable, os.path.join(HERE, "attacks_run.py"), plan],
                         CONFIG, hosts="127.0.0.1 localhost\n%s kubernetes.default.svc.cluster.local\n" % scenarios.API_SERVER)
    wrong = []
    for s, (task, want) in zip(chosen, tasks):
        own = [a for a in seen.alerts if a["output_fields"].get("proc.env[ATTACK]") == task["env"]["ATTACK"]]
        wrong += differences(s, want, own)
    known = {task["env"]["ATTACK"] for task, _ in tasks}
    stray = [a["output"] for a in seen.alerts if a["output_fields"].get("proc.env[ATTACK]") not in known]
    return seen, wrong + ["of no scenario: " + output for output in stray[:5]]


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("falco")
    p.add_argument("attack64")
    p.add_argument("attack32", nargs="?")
    p.add_argument("--rules", default=RULES)
    p.add_argument("--only", default="")
    args = p.parse_args()
    why = live.reason_to_skip() or next((w + " is not installed" for w in ("runc", "busybox", "unshare") if not shutil.which(w)), None)
    if why:
        print("SKIPPED: " + why)
        return live.SKIPPED
    built = {64: os.path.abspath(args.attack64)}
    if args.attack32:
        built[32] = os.path.abspath(args.attack32)
    chosen = [s for s in scenarios.ALL if s.bits in built and args.only in s.name]
    missing = stable_rules(args.rules) - {s.rule for s in scenarios.ALL} - scenarios.NOT_HERE
    seen, wrong = run(args, built, chosen)
    wrong += ["no scenario: " + rule for rule in sorted(missing)]
    print("%d scenarios, %d alerts, %d differences" % (len(chosen), len(seen.alerts), len(wrong)))
    if wrong:
        print("\n".join(wrong) + "\n" + seen.what + "\n".join(seen.log.splitlines()[-15:]))
    return bool(wrong)


sys.exit(main())
