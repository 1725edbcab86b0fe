#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd units: what they say is understood, by systemd and by falco.

usage: units.py FALCO
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402

FALCO = os.path.abspath(sys.argv[1])
UNITS = sorted(glob.glob(os.path.join(service.SRC, "packaging", "systemd", "*.service")))
tap = service.Tap()


def values(path):
    ret = {}
    with open(path) as f:
        for line in f:
            if "=" in line and not line.startswith("#"):
                key, value = line.rstrip("\n").split("=", 1)
                ret.setdefault(key, []).append(value)
    return ret


def output(*args):
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                       stdin=subprocess.DEVNULL, timeout=service.PATIENCE)
    return p.returncode, p.stdout


def verify(path, folder):
    """systemd's own opinion, with our program in the place of an installed one."""
    copy = os.path.join(folder, os.path.basename(path))
    with open(path) as f, open(copy, "w") as out:
        out.write(f.read().replace("/usr/bin/falco", FALCO).replace("man:falco(8) ", ""))
    return output("systemd-analyze", "verify", "--man=no", copy)


def check(path, folder):
    name, unit = os.path.basename(path), values(path)
    args = unit["ExecStart"][0].split()
    tap.check(name + ": notifies and is watched", unit["Type"] == ["notify"] and "WatchdogSec" in unit)
    tap.check(name + ": reloads by SIGHUP", unit["ExecReload"] == ["kill -HUP $MAINPID"])
    tap.check(name + ": is falco.service when enabled", unit["Alias"] == ["falco.service"])
    status, out = output(FALCO, "-c", service.CONFIG, "--dry-run", *args[1:])
    tap.check(name + ": falco understands its options", status == 0 and args[0] == "/usr/bin/falco", out)
    if not shutil.which("systemd-analyze"):
        tap.check(name + ": systemd understands it # SKIP no systemd-analyze here", True)
        return
    status, out = verify(path, folder)
    tap.check(name + ": systemd understands it", status == 0 and name not in out, out)


with tempfile.TemporaryDirectory() as tmp:
    tap.check("there are units", len(UNITS) >= 3)
    for u in UNITS:
        check(u, tmp)
tap.done()
