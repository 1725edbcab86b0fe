#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do tools/layers and tools/style find what they are for?  Each case is a small tree with one mistake."""
import os
import shutil
import subprocess
import tempfile

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools")
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"
LONG = LICENCE + "int f(int x)\n{\n" + "\tx++;\n" * 101 + "\treturn x;\n}\n"

# name, call, files (text, or text and mode), what the report must say (None: nothing to complain about)
CASES = [
    ("upward include is fine", ["layers"],
     {"src/base/str.h": LICENCE, "src/state/a.c": LICENCE + '#include "base/str.h"\n'}, None),
    ("downward include", ["layers"],
     {"src/rules/r.h": LICENCE, "src/base/a.c": LICENCE + '\n#include "rules/r.h"\n'},
     "src/base/a.c:3: base may not use rules"),
    ("include without folder", ["layers"], {"src/base/a.c": '#include "str.h"\n'}, "folder/file.h"),
    ("include of nothing", ["layers"], {"src/base/a.c": '#include "base/gone.h"\n'}, "no such file"),
    ("include in a comment is fine", ["layers"], {"src/base/a.c": '/* #include "rules/r.h" */\n'}, None),
    ("unknown folder", ["layers"], {"src/misc/a.c": ""}, "not a folder of the plan"),
    ("library that exits", ["layers"], {"src/rules/a.c": "void f(void)\n{\n\texit(1);\n}\n"}, "src/rules/a.c:3:"),
    ("library that talks", ["layers"], {"src/rules/a.c": 'void f(void) { fprintf(stderr, "no"); }\n'}, "src/rules/a.c:1:"),
    ("snprintf and app are fine", ["layers"],
     {"src/rules/a.c": 'void f(void) { snprintf(b, 1, "exit(1)"); }\n', "src/app/a.c": "void f(void) { exit(1); }\n"}, None),
    ("licence is there", ["style", "spdx"], {"src/a.c": LICENCE, "tools/x": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"}, None),
    ("no licence", ["style", "spdx"], {"src/a.c": "int x;\n"}, "src/a.c:1: no SPDX line"),
    ("script is executable", ["style", "modes"], {"tools/x": ("#!/bin/sh\n", 0o755), "src/a.c": LICENCE}, None),
    ("script is not executable", ["style", "modes"], {"tools/x": "#!/bin/sh\n"}, "tools/x: begins with #!"),
    ("executable that is no script", ["style", "modes"], {"src/a.c": (LICENCE, 0o755)}, "src/a.c: executable"),
    ("file of 600 lines is fine", ["style", "sizes"], {"src/a.c": "\n" * 600}, None),
    ("file of 601 lines", ["style", "sizes"], {"src/a.c": "\n" * 601}, "src/a.c: 601 lines"),
    ("long function", ["style", "functions"], {"src/a.c": LONG}, "f() has 105 lines"),
    ("short function is fine", ["style", "functions"], {"src/a.c": LICENCE + "int f(void)\n{\n\treturn 1;\n}\n"}, None),
    ("formatted is fine", ["style", "format"], {"src/a.c": LICENCE + "int f(void)\n{\n\treturn 1;\n}\n"}, None),
    ("badly formatted", ["style", "format"], {"src/a.c": "int f( void ) {return 1 ;}\n"}, "src/a.c: clang-format"),
]


def report(call, files):
    with tempfile.TemporaryDirectory() as root:
        shutil.copy(os.path.join(os.path.dirname(TOOLS), ".clang-format"), root)
        for name, text in files.items():
            text, mode = (text, 0o644) if isinstance(text, str) else text
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)
            os.chmod(path, mode)
        p = subprocess.run([os.path.join(TOOLS, call[0])] + call[1:] + [root],
                           stdout=subprocess.PIPE, universal_newlines=True)
        return p.returncode, p.stdout


def main():
    print("1..%d" % len(CASES))
    for number, (name, call, files, want) in enumerate(CASES, 1):
        status, out = report(call, files)
        good = status == 0 if want is None else status == 1 and want in out
        if status == 77:
            print("ok %d - %s # SKIP %s" % (number, name, out.strip()))
            continue
        print("%s %d - %s" % ("ok" if good else "not ok", number, name))
        if not good:
            print("# status %d: %s" % (status, out.replace("\n", "\n# ")))


main()
