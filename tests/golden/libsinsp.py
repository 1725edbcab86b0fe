#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads captures with Falco's own library as well, and sets every field of every event against ours.  By hand, for it
takes a program that is not part of this tree: sinsp-example, built of Falco's libraries.

usage: libsinsp.py FALCO SINSP_EXAMPLE CAPTURE...
A capture that we have recorded shows by this that Falco can read it, and what Falco makes of it.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

# What a field is called with that does nothing without an argument, or could have one.
ARGUMENTS = {
    "evt.arg": ["[%d]" % i for i in range(8)] + [".flags", ".path", ".name", ".mode", ".fd", ".filename"], "evt.rawarg": [".flags"],
    "proc.aname": ["", "[1]", "[2]", "[3]"], "proc.apid": ["", "[1]"], "proc.aexepath": ["", "[1]", "[2]"], "proc.acmdline": ["", "[1]"],
    "proc.aargs": ["", "[1]"], "proc.args": ["", "[0]", "[1]"], "proc.env": ["", "[PATH]", "[HOME]"], "thread.cgroup": [".cpuset", ".memory"],
}
SKIPPED = {
    "evt.abspath": "takes an argument, and as a side effect changes what fields of descriptors say after it",
    "evt.around": "is no output",
    "evt.type.is": "takes an argument of each type",
    "evt.time": "is local time on one side only",
    "evt.count.exit": "counts what is printed",
    "evt.hostname": "the library does not take the machine's name from a capture",
    "thread.exectime": "nor its number of processors, without which it has no such times",
    "thread.totexectime": "likewise",
    "thread.cpu": "counts from the last one of these three that was printed",
    "thread.cpu.user": "likewise", "thread.cpu.system": "likewise",
    "fd.types": "has the order of a hash table",
    "fd.net": "prints <IPNET>, where we print the address",
    "fd.cnet": "likewise", "fd.snet": "likewise", "fd.lnet": "likewise", "fd.rnet": "likewise",
    "proc.exe_ino.ctime_duration_proc_start": "shows memory that was never set where it has no value",
    "proc.exe_ino.ctime_duration_pidns_start": "likewise",
}
# Plugins of Falco have these; the library alone knows no containers, and so shows users and addresses of the host in all of them.
OF_PLUGINS = ("container.", "k8s.", "proc.is_container_", "fd.container")
OF_HOST = ("user.", "group.", "evt.arg", "evt.info", "fd.l", "fd.r")
# Our recordings hold when the processes started that were there before (docs/scap.md); Falco passes over that.
OF_STARTS = ("proc.duration", "proc.pid.ts", "proc.ppid.duration", "proc.ppid.ts", "proc.pidns_init_start_ts")


def fields(falco):
    listed = subprocess.run([falco, "-c", os.devnull, "--list=syscall", "-N"], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout.split()
    return [name + a for name in listed if name not in SKIPPED and not name.startswith(OF_PLUGINS) for a in ARGUMENTS.get(name, [""])]


def objects(command):
    """The lines of JSON that a command prints."""
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, TZ="UTC"))
    for line in p.stdout:
        if line.startswith(b"{"):
            yield json.loads(line.decode("utf8", "replace"))
    if p.wait():
        sys.exit("%s ended with status %d" % (command[0], p.returncode))


def ours(falco, capture, names):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as rule:
        rule.write("- rule: all\n  desc: every event\n  condition: evt.num >= 0\n  priority: INFO\n  output: '%s'\n" % " ".join("%" + n for n in names))
        rule.flush()
        for alert in objects([falco, "-c", os.devnull, "-r", rule.name, "-e", capture, "-o", "json_output=true", "-o", "stdout_output.enabled=true",
                              "-o", "base_syscalls.all=true", "-o", "append_output.suggested_output=false",
                              "-o", "json_include_output_property=false", "-o", "json_include_message_property=false"]):
            yield alert["output_fields"]


def theirs(sinsp, capture, names):
    return objects([sinsp, "-s", capture, "-a", "-j", "-o", "*" + " ".join("%" + n for n in names)])


def known(name, our, their, contained, event):
    """Whether it is known why the two differ."""
    if name == "evt.buffer": # theirs is what another field has left, of the length of nothing, or of what is no buffer
        return our == "NULL" or event == "ptrace"
    if contained and name.startswith(OF_HOST):
        return True
    if name.startswith(("evt.arg", "evt.info")): # it has made itself a thread of a reaper it does not know
        return "<NA>" in (their or "") and (their.replace("(<NA>)", "") == our or (their == "<NA>" and our.isdigit()))
    return name in OF_STARTS and (not their or not our or their < 1000)


def pairs(left, right):
    """Events of both, in the order of their numbers; None stands for one that the other does not have."""
    a, b = next(left, None), next(right, None)
    while a or b:
        first = min(e["evt.num"] for e in (a, b) if e)
        both = [e if e and e["evt.num"] == first else None for e in (a, b)]
        yield both
        a = next(left, None) if both[0] else a
        b = next(right, None) if both[1] else b


def compare(falco, sinsp, capture, names):
    """Prints what differs; whether something does without a reason that is known."""
    differ, known_ones, events = collections.defaultdict(list), 0, 0
    for our, their in pairs(ours(falco, capture, ["container.id"] + names), theirs(sinsp, capture, names)):
        if not our or not their:
            differ["(event)"].append("%s %s: only %s" % ((our or their)["evt.num"], (our or their)["evt.type"], "ours" if our else "theirs"))
            continue
        events += 1
        if their["proc.pid"] is None and our["evt.type"] == "switch":
            known_ones += 1 # we keep a process that ended before its child was seen until that is
            continue
        contained = our["container.id"] not in (None, "host")
        for name in names:
            a, b = our.get(name), their.get(name)
            if a == b:
                continue
            if known(name, a, b, contained, our["evt.type"]):
                known_ones += 1
            else:
                differ[name].append("%s %s: %.150r, not %.150r" % (our["evt.num"], our["evt.type"], a, b))
    for name, examples in sorted(differ.items()):
        print("%s: %d differ\n    %s" % (name, len(examples), "\n    ".join(examples[:3])))
    print("%s: %d events, %d fields, %d values; %d differ as is known, %d otherwise" % (
        os.path.basename(capture), events, len(names), events * len(names), known_ones, sum(map(len, differ.values()))))
    return bool(differ) or not events


def main():
    if len(sys.argv) < 4:
        print(__doc__)
        return 2
    falco, sinsp = map(os.path.abspath, sys.argv[1:3])
    names = fields(falco)
    return max([compare(falco, sinsp, capture, names) for capture in sys.argv[3:]])


sys.exit(main())
