# SPDX-License-Identifier: Apache-2.0
"""Carries out scenarios; in a network and mount namespace of its own.  The command of attacks_plan.py.

usage: attacks_run.py PLAN: JSON, see attacks_plan.py
Prints a line "NAME: exit STATUS" for each command that did not end with 0.
"""
import glob
import json
import os
import pty
import socket
import subprocess
import sys

NULL = subprocess.DEVNULL
GROUP = "falco-attacks-%d" % os.getpid()


def network(addresses):
    """Somebody to connect to; they take what the queue holds and never answer."""
    subprocess.check_call(["busybox", "ip", "link", "set", "lo", "up"])
    kept = []
    for ip, port in addresses:
        subprocess.check_call(["busybox", "ip", "addr", "add", ip + "/32", "dev", "lo"])
        s = socket.socket()
        s.bind((ip, port))
        s.listen(100)
        kept.append(s)
    return kept


def bundle(plan, task):
    """A folder as runc wants it."""
    box, path = task["box"], os.path.join(plan["tmp"], "boxes", task["id"][:12])
    os.makedirs(path)
    root = os.path.join(plan["tmp"], "image")
    if box["layers"]:
        for layer in "upper", "work", "root":
            os.mkdir(os.path.join(path, layer))
        subprocess.check_call(["mount", "-t", "overlay", "overlay", "-o", "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" %
                               (root, path, path), path + "/root"])
        root = path + "/root"
    held = ["CAP_DAC_OVERRIDE"] + list(box["capabilities"])
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": box["terminal"], "user": {"uid": 0, "gid": 0}, "args": task["command"], "cwd": "/",
            "env": ["PATH=/bin"] + ["%s=%s" % e for e in task["env"].items()],
            "capabilities": {kind: held for kind in ("bounding", "effective", "permitted")}},
        "root": {"path": root, "readonly": False},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]},
                   {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
                    "options": ["newinstance", "ptmxmode=0666", "mode=0620"]},
                   {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}],
        "linux": {"cgroupsPath": "/%s/%s" % (GROUP, task["id"]),
                  "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]}}
    if box["layers"]:
        config["mounts"] = config["mounts"][:3]
    with open(os.path.join(path, "config.json"), "w") as f:
        json.dump(config, f)
    return path


def start(plan, task):
    env = dict(os.environ, **task["env"])
    if not task["box"]:
        return subprocess.Popen(task["command"], cwd=plan["tmp"], env=env, stdin=NULL, stdout=NULL)
    command = ["runc", "--root", os.path.join(plan["tmp"], "runc"), "run", "-b", bundle(plan, task), task["id"]]
    if not task["box"]["terminal"]:
        return subprocess.Popen(command, stdin=NULL, stdout=NULL)
    ours, theirs = pty.openpty()
    return subprocess.Popen(command, stdin=theirs, stdout=theirs, start_new_session=True)


def main():
    with open(sys.argv[1]) as f:
        plan = json.load(f)
    listeners = network(plan["listen"])
    subprocess.check_call(["mount", "-t", "tmpfs", "tmpfs", "/dev/shm"])
    early = {}
    for task in sorted(plan["tasks"], key=lambda t: not t["early"]):
        for name in "link", "auth.log":
            path = os.path.join(plan["tmp"], name)
            if os.path.lexists(path):
                os.unlink(path)
        os.close(os.open(os.path.join(plan["tmp"], "auth.log"), os.O_CREAT | os.O_WRONLY))
        payload = "/dev/shm/payload"
        subprocess.check_call(["cp", task["payload"], payload])
        p = start(plan, task)
        if task["early"]:
            early[task["name"]] = p
        elif p.wait():
            print("%s: exit %d" % (task["name"], p.returncode), flush=True)
    for name, p in early.items():
        if p.wait():
            print("%s: exit %d" % (name, p.returncode), flush=True)
    for s in listeners:
        s.close()
    for folder in glob.glob("/sys/fs/cgroup/" + GROUP) + glob.glob("/sys/fs/cgroup/*/" + GROUP):
        os.rmdir(folder)


main()
