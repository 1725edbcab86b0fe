# SPDX-License-Identifier: Apache-2.0
"""A replay during which configuration and rules are loaded anew, again and again.

The capture goes through a pipe, piece by piece, so that the reloads fall all over it. Every alert
carries its event's number, and falco tells at which event each reload took effect: so it is known
which rules every alert must have come from.
"""
import os
import re
import shutil
import signal
import subprocess
import threading
import time

ALERT = re.compile(r"num=(\d+)$")
RELOADED = re.compile(r"Configuration reloaded at event (\d+)$")
PAUSE = .002  # seconds between pieces while a reload is being waited for: at first,
MAX_PAUSE = .02  # and when it takes its time


def command(falco, config, rules, capture, *more):
    return [falco, "-c", config, "-r", rules, "-e", capture, "-p", "num=%evt.num", "-o", "watch_config_files=false",
            "-o", "syslog_output.enabled=false", "-o", "log_syslog=false"] + list(more)


def environment():
    """Freed memory is not to be kept to look for mistakes: how much there is counts here."""
    kept = "quarantine_size_mb=1:thread_local_quarantine_size_kb=16"
    return dict(os.environ, ASAN_OPTIONS=":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), kept))))


def alerts(text):
    """(number of the event, line) of each alert."""
    found = ((ALERT.search(line), line) for line in text.splitlines())
    return [(int(m.group(1)), line) for m, line in found if m]


def plain(falco, config, rules, capture):
    p = subprocess.run(command(falco, config, rules, capture), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       universal_newlines=True)
    if p.returncode:
        raise RuntimeError(p.stderr)
    return alerts(p.stdout)


def resident_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


class Storm:
    """run() replays with `count` reloads; config, rules: one file, or several that take turns."""

    def __init__(self, falco, config, rules, capture, count, folder):
        self.rules, self.count, self.folder = rules, count, folder
        self.configs = [] if isinstance(config, str) else config
        config = os.path.join(folder, "falco.yaml") if self.configs else config
        self.config = config
        self.current = os.path.join(folder, "rules.yaml")
        self.pipe = os.path.join(folder, "capture")
        self.command = command(falco, config, self.current, self.pipe)
        with open(capture, "rb") as f:
            self.capture = f.read()
        self.piece = max(16, min(4096, len(self.capture) // (count * 20)))
        self.asked = threading.Event()
        self.turns = []     # (first event, which rules)
        self.resident = []  # KiB after each reload
        self.problems = []

    def use(self, i):
        temporary = self.current + ".new"
        shutil.copyfile(self.rules[i % len(self.rules)], temporary)
        os.rename(temporary, self.current)
        if self.configs:
            shutil.copyfile(self.configs[i % len(self.configs)], self.config)

    def feed(self):
        at, pause, done = 0, PAUSE, 0
        with open(self.pipe, "wb", buffering=0) as f:
            while at < len(self.capture):
                left = len(self.capture) - at
                # However slow the reloads are, some of the capture is left for the last one.
                n = left if self.done >= self.count else min(self.piece, left // 200 + 1)
                at += f.write(self.capture[at:at + n])
                if at > len(self.capture) / (self.count + 1):
                    self.asked.wait()
                # Not too far ahead of the reloads, but on and on: one takes effect at an event.
                if at > len(self.capture) * (self.done + 1) / (self.count + 1):
                    pause = min(pause * 1.2, MAX_PAUSE) if done == self.done else PAUSE
                    done = self.done
                    time.sleep(pause)

    def ask(self, process):
        self.use(self.done + 1)
        process.send_signal(signal.SIGHUP)
        self.asked.set()

    def listen(self, process):
        for line in process.stderr:
            m = RELOADED.search(line)
            if "Reload failed" in line:
                self.problems.append(line)
                self.done = self.count
            if not m:
                continue
            self.done += 1
            self.turns.append((int(m.group(1)), self.done % len(self.rules)))
            self.resident.append(resident_kb(process.pid))
            if self.done < self.count:
                self.ask(process)

    def run(self):
        self.done = 0
        self.turns = [(0, 0)]
        self.use(0)
        os.mkfifo(self.pipe)
        start = time.monotonic()
        with open(os.path.join(self.folder, "out"), "w+") as out:
            process = subprocess.Popen(self.command, stdout=out, stderr=subprocess.PIPE, universal_newlines=True,
                                       env=environment())
            feeder = threading.Thread(target=self.feed, daemon=True)
            feeder.start()
            while "Replaying" not in process.stderr.readline():
                if process.poll() is not None:
                    raise RuntimeError("ended with %d" % process.returncode)
            time.sleep(.1)
            self.ask(process)
            self.listen(process)
            process.wait()
            feeder.join()
            out.seek(0)
            self.alerts = alerts(out.read())
        self.seconds = time.monotonic() - start
        os.unlink(self.pipe)
        if process.returncode:
            self.problems.append("exit status %d" % process.returncode)
        if self.done != self.count:
            self.problems.append("%d reloads of %d" % (self.done, self.count))


def expected(storm, runs):
    """The alerts of plain runs with each of the rules, each for the events that were theirs."""
    ret = []
    ends = [first for first, _ in storm.turns[1:]] + [1 << 62]
    for (first, which), end in zip(storm.turns, ends):
        ret += [a for a in runs[which] if first <= a[0] < end]
    return ret
