#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Manual pages: well-formed in the eyes of mandoc, and complete in those of falco.

usage: manual.py FALCO PAGE... GENERATOR
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402

FALCO, PAGES, GENERATOR = sys.argv[1], sys.argv[2:-1], sys.argv[-1]
SECTIONS = {
    "falco.8": ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SIGNALS", "EXIT STATUS", "ENVIRONMENT", "FILES",
                "EXAMPLES", "SEE ALSO"],
    "falco.yaml.5": ["NAME", "DESCRIPTION", "KEYS", "METRICS", "FILES", "EXAMPLES", "SEE ALSO"],
    "falco_rules.5": ["NAME", "DESCRIPTION", "RULES", "CONDITIONS", "DIAGNOSTICS", "EXAMPLES", "SEE ALSO"],
}
# Of what is installed on this machine, not of the page.
ELSEWHERE = ("referenced manual not found", "outdated mandoc.db")
tap = service.Tap()


def output(*args):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True,
                          stdin=subprocess.DEVNULL, timeout=service.PATIENCE).stdout


def lint(page):
    return [line for line in output("mandoc", "-T", "lint", page).splitlines()
            if not any(e in line for e in ELSEWHERE)]


def plain(page):
    """What a reader sees, without bold and underlining, in one line."""
    text = re.sub(".\b", "", output("mandoc", "-T", "utf8", "-O", "width=200", page))
    return re.sub(r"\s+", " ", text)


def keys_of(schema, prefix=""):
    for name, s in schema.get("properties", {}).items():
        yield prefix + name
        yield from keys_of(s, prefix + name + ".")


def names(page):
    """What must be in a page, as falco itself lists it."""
    if page == "falco.8":
        text = output(FALCO, "--help")
        return re.findall(r"^ +(?:-\w, )?(--[\w-]+)", text, re.M) + re.findall(r"^  (-\w)\b", text, re.M)
    if page == "falco.yaml.5":
        return list(keys_of(json.loads(output(FALCO, "--config-schema"))))
    schema = json.loads(output(FALCO, "--rule-schema"))
    fields = output(FALCO, "--list", "-N").split()
    return fields + list(schema["definitions"]["FalcoRule"]["properties"])


def check(path):
    page = os.path.basename(path)
    with open(path) as f:
        source = f.read()
    missing = [s for s in SECTIONS[page] if "\n.Sh %s\n" % s not in source]
    tap.check(page + ": sections", not missing, missing)
    tap.check(page + ": everything was filled in", not re.search(r"^@\w+@$", source, re.M))
    if not shutil.which("mandoc"):
        tap.check(page + ": well-formed # SKIP mandoc is not installed", True)
        return
    complaints = lint(path)
    tap.check(page + ": well-formed", not complaints, "\n".join(complaints))
    text, wanted = plain(path), names(page)
    missing = [n for n in wanted if n not in text]
    tap.check(page + ": has all %d names" % len(wanted), len(wanted) > 15 and not missing, missing)


def wrong_template():
    with tempfile.NamedTemporaryFile("w", suffix=".in") as f:
        f.write("one\n@nonsense@\n")
        f.flush()
        p = subprocess.run([GENERATOR, f.name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           universal_newlines=True)
    tap.check("a name that nothing stands for ends the build", p.returncode != 0 and "@nonsense@" in p.stderr, p.stderr)


for path in PAGES:
    check(path)
wrong_template()
tap.done()
