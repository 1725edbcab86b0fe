# SPDX-License-Identifier: Apache-2.0
"""From scenarios (attacks_list.py) to what attacks_run.py carries out."""
import hashlib
import json
import os
import re
import shutil
import sys

import attacks_list as scenarios

HERE = os.path.dirname(os.path.abspath(__file__))
NEEDED = ("runc", "busybox", "unshare")
# What attack.c exits with if the kernel has no such thing.
NOT_HERE = 77
# Names that falco must know while it watches, as in /etc/hosts.
HOSTS = "127.0.0.1 localhost\n%s kubernetes.default.svc.cluster.local\n" % scenarios.API_SERVER
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


def command(tmp, built, chosen):
    """
    Makes what is needed in the folder tmp, with the programs built[bits]. Returns a command that carries out the chosen
    scenarios, in a network and mount namespace of their own; and the tasks of these: each with the fields it wants.
    """
    os.chmod(tmp, 0o755)
    programs(tmp, built)
    tasks = [task_of(s, tmp) for s in chosen]
    path = os.path.join(tmp, "plan")
    with open(path, "w") as f:
        json.dump({"tmp": tmp, "tasks": [t for t, _ in tasks],
                   "listen": [(scenarios.PEER, 443), (scenarios.API_SERVER, 6443)]}, f)
    return ["unshare", "-nm", sys.executable, os.path.join(HERE, "attacks_run.py"), path], tasks
