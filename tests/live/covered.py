#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every type of event that the probe makes is looked at, by its name, in a suite of live capture.
usage: covered.py SOURCE_ROOT"""
import pathlib
import re
import sys

SYMBOL = r'[A-Z][A-Z0-9_]*_[EX]'


def code(paths):
    """The text of the files, without comments and literals."""
    text = '\n'.join(path.read_text() for path in paths)
    return re.sub(r'/\*.*?\*/|"(\\.|[^"\\\n])*"', ' ', text, flags=re.S)


def types(root):
    return set(re.findall(rf'^EVENT\(\d+, ({SYMBOL}),', (root / 'src/tables/events.def').read_text(), re.M))


def made(root):
    """In macros that define a program a type goes by its symbol, elsewhere by EV_ and that."""
    files = [p for p in (root / 'src/bpf').iterdir() if p.suffix in ('.h', '.c')]
    return {re.sub('^EV_', '', name) for name in re.findall(rf'\b{SYMBOL}\b', code(files))} & types(root)


def tested(root):
    return set(re.findall(rf'\bEV_({SYMBOL})\b', code((root / 'tests/live').glob('*.c'))))


def main():
    root = pathlib.Path(sys.argv[1])
    events = made(root)
    missing = sorted(events - tested(root))
    for name in missing:
        print(f'{name}: the probe makes it, and no suite in tests/live looks at it')
    if len(events) < 100:
        print(f'only {len(events)} events were found in src/bpf: this test does not understand it any more')
        return 1
    if not missing:
        print(f'{len(events)} events, all tested')
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main())
