#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion in bash, zsh and fish: each is started on a terminal of its own, and typed at.

usage: completion.py BASH_SCRIPT ZSH_SCRIPT FISH_SCRIPT
"""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402

BASH, ZSH, FISH = map(os.path.abspath, sys.argv[1:4])
PROMPT = "ready> "
tap = service.Tap()

# What is typed before the tabulator, what must be seen then, what must not.
CASES = [
    ("falco --config-s", ["--config-schema"], []),
    ("falco --list", ["--list-events", "--list-plugins"], ["--lost"]),
    ("falco pro", ["profile"], []),
    ("falco profile --mo", ["--most"], []),
    ("falco profile --li", [], ["--list"]),
    ("falco -o engine.kind=nod", ["nodriver"], []),
    ("falco -o webserver.listen_", ["listen_port", "listen_address"], ["webserver.threadiness"]),
    ("falco --option json_incl", ["json_include_tags_property"], []),
    ("falco --format mark", ["markdown"], []),
    ("falco doctor --on", ["--only"], []),
    ("falco doctor --only ser", ["servers"], []),
    ("falco doctor --config-s", ["--config-schema"], []),
    ("falco --mesos", [], ["--mesos-api"]),
    ("falco -r my_ru", ["my_rules.yaml"], []),
]


class Shell:
    """A shell on a terminal; it ends with its terminal."""

    def __init__(self, args, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME=folder, PS1=PROMPT, LC_ALL="C.UTF-8", COLUMNS="500", LINES="200")
            os.execvp(args[0], args)

    def read_until(self, seen, seconds=service.PATIENCE):
        """Everything that is shown until seen(text), or for so long."""
        text, end = "", time.monotonic() + seconds
        while not seen(text) and time.monotonic() < end:
            if not select.select([self.fd], [], [], .1)[0]:
                continue
            try:
                text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                break
        return text

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def bare(text):
    """Without what moves the cursor, and what was written over."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|[\r\x07]", "", text)


def case(shell, name, typed, wanted, unwanted):
    shell.type(typed + "\t")
    if wanted:
        text = shell.read_until(lambda t: all(w in bare(t) for w in wanted))
    else:
        text = shell.read_until(lambda t: False, seconds=1)
    # An empty line, and a word that is only in the answer to it: what comes later is of the next case.
    shell.type("\x15echo en''d\n")
    shell.read_until(lambda t: "end" in t and PROMPT in t.split("end")[-1])
    text = bare(text)
    missing = [w for w in wanted if w not in text]
    wrong = [w for w in unwanted if w in text]
    tap.check("%s: %s" % (name, typed), not missing and not wrong, "missing %s, wrong %s in:\n%s" % (missing, wrong, text))


def run(name, args, setup, folder):
    if not shutil.which(args[0]):
        print("# %s is not installed: completion in it is NOT TESTED" % name)
        tap.check("%s # SKIP not installed" % name, True)
        return
    shell = Shell(args, folder)
    try:
        shell.read_until(lambda t: PROMPT in t or len(t) > 1, 5)
        shell.type(setup + "; echo set''up\n")
        started = shell.read_until(lambda t: "setup" in t and PROMPT in t.split("setup")[-1])
        tap.check(name + ": starts", "setup" in started, started)
        for c in CASES:
            case(shell, name, *c)
    finally:
        shell.end()


def fish_case(typed, wanted, unwanted, folder):
    command = "source %s; complete -C '%s'" % (FISH, typed)
    p = subprocess.run(["fish", "--no-config", "-c", command], cwd=folder, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, universal_newlines=True, env=dict(os.environ, HOME=folder),
                       timeout=service.PATIENCE)
    offered = p.stdout
    good = all(w in offered for w in wanted) and not any(u in offered for u in unwanted)
    tap.check("fish: " + typed, good and p.returncode == 0, offered)


def fish(folder):
    if not shutil.which("fish"):
        print("# fish is not installed: completion in it is NOT TESTED")
        tap.check("fish # SKIP not installed", True)
        return
    for typed, wanted, unwanted in CASES:
        fish_case(typed, wanted, unwanted, folder)


with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "my_rules.yaml"), "w"):
        pass
    run("bash", ["bash", "--norc", "--noprofile", "-i"], "bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; "
        "source '%s'" % BASH, folder)
    run("zsh", ["zsh", "-f", "-i"], "PS1='%s'; fpath=('%s' $fpath); autoload -U compinit; compinit -u -D; unsetopt beep list_ambiguous"
        % (PROMPT, os.path.dirname(ZSH)), folder)
    fish(folder)
tap.done()
