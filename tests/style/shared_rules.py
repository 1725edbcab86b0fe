#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Macros and lists that several default rules files define must say the same in each.

Loaded together the last definition counts for all, so a difference would change the meaning of the
files before.  usage: shared_rules.py FILE...
"""
import re
import sys

ITEM = re.compile(r"^- (macro|list): (\S+)\n((?:  .*\n|\n(?=  ))*)", re.M)


def items(path):
    with open(path) as f:
        text = f.read()
    for kind, name, body in ITEM.findall(text):
        body = re.sub(r"^\s*#.*\n", "", body, flags=re.M)
        yield (kind, name), re.sub(r"\s+", " ", body).strip()


def main():
    seen, problems, shared = {}, [], set()
    for path in sys.argv[1:]:
        for key, body in items(path):
            first, text = seen.setdefault(key, (path, body))
            if first != path:
                shared.add(key)
            if text != body:
                problems.append("%s %s differs:\n  %s: %s\n  %s: %s" % (*key, first, text, path, body))
    print("\n".join(problems) or "%d shared items are the same" % len(shared))
    return 1 if problems or not shared else 0


sys.exit(main())
