#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--config-schema and --rule-schema, in the eyes of a validator that is not ours.

usage: schemas.py FALCO
"""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402

FALCO = sys.argv[1]
tap = service.Tap()
try:
    import jsonschema
    import yaml
except ImportError as e:
    print("1..0 # SKIP %s" % e)
    sys.exit(0)


def schema(option):
    s = json.loads(subprocess.run([FALCO, option], stdout=subprocess.PIPE, check=True).stdout)
    jsonschema.Draft6Validator.check_schema(s)
    return jsonschema.Draft6Validator(s)


def complaints(validator, text):
    return ["%s: %s" % (list(e.path), e.message) for e in validator.iter_errors(yaml.safe_load(text))]


def accepts(title, validator, text):
    found = complaints(validator, text)
    tap.check(title, not found, "\n".join(found[:10]))


def refuses(title, validator, text, word):
    found = complaints(validator, text)
    tap.check(title, any(word in f for f in found), "\n".join(found) or "nothing was found wrong")


CONFIG, RULES = schema("--config-schema"), schema("--rule-schema")
with open(service.CONFIG) as f:
    accepts("config/falco.yaml follows the schema", CONFIG, f.read())
for path in sorted(glob.glob(os.path.join(service.SRC, "rules", "*.yaml"))):
    with open(path) as f:
        text = f.read()
    if yaml.safe_load(text) is not None:
        accepts("rules/%s follows the schema" % os.path.basename(path), RULES, text)

refuses("an unknown key", CONFIG, "jsn_output: true", "jsn_output")
refuses("an unknown key inside", CONFIG, "engine: {modern_ebpf: {buf_size: 4}}", "buf_size")
refuses("a text for a number", CONFIG, "output_timeout: soon", "soon")
refuses("a number out of range", CONFIG, "engine: {modern_ebpf: {buf_size_preset: 11}}", "11")
refuses("a word that is no choice", CONFIG, "engine: {kind: magic}", "magic")
refuses("a list for a mapping", CONFIG, "stdout_output: []", "[]")
refuses("an entry of rules with an unknown key", CONFIG, "rules: [{enable: {name: x}}]", "name")
accepts("either form of config_files", CONFIG, "config_files: [a.yaml, {path: b.yaml, strategy: add-only}]")
refuses("a strategy that there is not", CONFIG, "config_files: [{path: b.yaml, strategy: mix}]", "mix")
accepts("either form of extra_fields", CONFIG, "append_output: [{extra_fields: [proc.name, {x: '%evt.num'}]}]")
accepts("keys of earlier versions", CONFIG, "{outputs: {rate: 1}, syscall_buf_size_preset: 4, grpc: {enabled: true}}")
refuses("a rule with an unknown key", RULES, "- {rule: a, condtion: b}", "condtion")
refuses("a priority that there is not", RULES, "- {rule: a, priority: HUGE}", "HUGE")
refuses("override of nothing", RULES, "- {rule: a, override: {}}", "{}")
refuses("tags that are no list", RULES, "- {rule: a, tags: {x: y}}", "array")
tap.done()
