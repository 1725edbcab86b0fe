#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How falco starts, tells how it is, and ends.

usage: lifecycle.py FALCO CAPTURE
"""
import gzip
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402
import storm  # noqa: E402

FALCO, CAPTURE = map(os.path.abspath, sys.argv[1:3])
RULES = os.path.join(service.SRC, "rules", "falco_rules.yaml")
IDLE = [FALCO, "-c", service.CONFIG, "-r", RULES, "--nodriver"] + service.QUIET
tap = service.Tap()


def until(condition, seconds=service.PATIENCE):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(.02)
    return condition()


def run(*args, **more):
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                       stdin=subprocess.DEVNULL, timeout=service.PATIENCE, **more)
    return p.returncode, p.stdout + p.stderr


# ---- the service manager ----

def notified(abstract):
    m = service.Manager(abstract)
    falco = service.Service(*IDLE, env=m.environment(WATCHDOG_USEC="200000"))
    pid = falco.process.pid
    what = "abstract" if abstract else "file"
    tap.check("%s: status" % what, "rules" in m.wait("STATUS="))
    tap.check("%s: ready" % what, m.wait("READY=1") == "READY=1\nMAINPID=%d" % pid)
    start = time.monotonic()
    tap.check("%s: alive, three times" % what, all(m.wait("WATCHDOG=1") for _ in range(3)))
    tap.check("%s: as often as asked" % what, .15 < time.monotonic() - start < 5)
    before = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
    falco.send(signal.SIGHUP)
    message = m.wait("RELOADING=1")
    after = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
    stamp = int(message.split("MONOTONIC_USEC=")[1]) if "MONOTONIC_USEC=" in message else 0
    tap.check("%s: reloading, and since when" % what, before <= stamp <= after, message)
    tap.check("%s: ready again" % what, m.wait("READY=1"))
    tap.check("%s: ends well" % what, falco.end() == 0)
    tap.check("%s: stopping" % what, m.wait("STOPPING=1"))
    m.close()


def not_notified():
    """A manager that is not there, has died, or whose name is nonsense, is no reason to fail."""
    gone = os.path.join(tempfile.gettempdir(), "falco-test-nobody-%d" % os.getpid())
    for name in gone, "relative", "@", "/" + "x" * 200, "":
        status, out = run(*IDLE, "-M", "1", env=dict(os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC="100000"))
        tap.check("a manager called '%.20s'" % name, status == 0, out)
    m = service.Manager()
    status, out = run(*IDLE, "-M", "1", env=m.environment(WATCHDOG_USEC="100000", WATCHDOG_PID="1"))
    m.wait("STOPPING=1")
    tap.check("the watchdog is another's", status == 0 and not any("WATCHDOG" in t for t in m.messages), m.messages)
    m.close()


def hung(folder):
    """The thread that drives the events waits for an output: nothing is heard of it then."""
    m = service.Manager()
    falco, pipe = stuck(folder, env=m.environment(WATCHDOG_USEC="200000"))
    tap.check("a hung engine: started", m.wait("READY=1"))
    m.wait("WATCHDOG=1", .5)
    tap.check("a hung engine is not alive", not m.wait("WATCHDOG=1", 1))
    with open(pipe) as f:
        got = storm.alerts(f.read())
    tap.check("a hung engine: goes on when it can", falco.end(0) == 0)
    tap.check("a hung engine: every alert arrived", got == storm.plain(FALCO, service.CONFIG, RULES, CAPTURE), len(got))
    m.close()


def hung_for_ever(folder):
    """SIGTERM then: the output gets its time, and no more."""
    falco, pipe = stuck(folder, "-o", "output_timeout=400")
    tap.check("stuck: it is told", falco.wait('"file" output timeout'))
    start = time.monotonic()
    falco.send(signal.SIGTERM)
    tap.check("stuck: SIGTERM ends it well", falco.end(0) == 0)
    tap.check("stuck: in time", time.monotonic() - start < 10, time.monotonic() - start)


def stuck(folder, *options, **more):
    """A replay with an output that nobody reads, and no room for alerts to it."""
    pipe = os.path.join(folder, "alerts")
    os.mkfifo(pipe)
    return service.Service(*storm.command(FALCO, service.CONFIG, RULES, CAPTURE), "-o", "outputs_queue.capacity=1",
                           "-o", "file_output.enabled=true", "-o", "file_output.keep_alive=true",
                           "-o", "file_output.filename=" + pipe, *options, **more), pipe


def children(folder):
    """Programs that falco starts must not talk to the manager in its name."""
    m = service.Manager()
    path = os.path.join(folder, "environment")
    status, out = run(*storm.command(FALCO, service.CONFIG, RULES, CAPTURE), "-o", "program_output.enabled=true",
                      "-o", "program_output.program=env > %s" % path, env=m.environment(WATCHDOG_USEC="1000000"))
    text = open(path).read()
    tap.check("programs know nothing of the manager", status == 0 and "PATH=" in text and "NOTIFY_SOCKET" not in text and
              "WATCHDOG" not in text, out + text)
    m.close()


# ---- process ids ----

def pidfiles(folder):
    path = os.path.join(folder, "falco.pid")
    with open(path, "w") as f:
        f.write("1\nof one that died\n")
    m = service.Manager()
    falco = service.Service(*IDLE, "-P", path, env=m.environment())
    m.wait("READY=1")
    tap.check("the process id, in place of an old one", open(path).read() == "%d\n" % falco.process.pid)
    status, out = run(*IDLE, "-P", path)
    tap.check("another one is refused", status == 255 and "process %d has it" % falco.process.pid in out, out)
    tap.check("and leaves it alone", open(path).read() == "%d\n" % falco.process.pid)
    tap.check("ends well", falco.end() == 0)
    tap.check("and takes it away", not os.path.exists(path))
    falco = service.Service(*IDLE, "-P", path, env=m.environment())
    m.wait("READY=1")
    with open(path + ".new", "w") as f:
        f.write("2\n")
    os.rename(path + ".new", path)
    falco.end()
    tap.check("but not what somebody else put there", open(path).read() == "2\n")
    m.close()
    status, out = run(*IDLE, "-P", os.path.join(folder, "no", "such"))
    tap.check("no such folder", status == 255 and "No such file" in out, out)
    status, out = run(*IDLE, "--dry-run", "-P", os.path.join(folder, "dry"))
    tap.check("a dry run writes none", status == 0 and not os.path.exists(os.path.join(folder, "dry")), out)
    tap.check("nothing is left beside it", os.listdir(folder) == ["falco.pid"], os.listdir(folder))
    os.unlink(path)


def process_group(pid):
    with open("/proc/%d/stat" % pid) as f:
        return [int(x) for x in f.read().rsplit(")", 1)[1].split()[1:4]]


def ended(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def daemon(folder):
    path, alerts = os.path.join(folder, "daemon.pid"), os.path.join(folder, "alerts")
    rules = os.path.join(folder, "rules.yaml")
    shutil.copyfile(RULES, rules)
    # Relative paths mean the same before and after.
    args = [FALCO, "-c", service.CONFIG, "-r", "rules.yaml", "--nodriver", "-d", "-P", path, "-o",
            "file_output.enabled=true", "-o", "file_output.filename=" + alerts] + service.QUIET
    status, out = run(*args, cwd=folder)
    pid = int(open(path).read())
    tap.check("daemon: the caller returns when it is ready", status == 0 and not ended(pid), out)
    parent, group, session = process_group(pid)
    tap.check("daemon: a session of its own, which it does not lead", session == group != pid, (parent, group, session))
    tap.check("daemon: no terminal, no pipe", all(os.readlink("/proc/%d/fd/%d" % (pid, fd)) == "/dev/null" for fd in (0, 1, 2)))
    with open(rules, "w") as f:
        f.write("- rule: [\n")
    tap.check("daemon: reloads what it started with",
              until(lambda: os.path.exists(alerts) and "hot restart failure" in open(alerts).read()))
    status, out = run(*args, cwd=folder)
    tap.check("daemon: refused in the foreground", status == 1 and "Invalid" in out, out)
    shutil.copyfile(RULES, rules)
    status, out = run(*args, cwd=folder)
    tap.check("daemon: refused in the background", status == 1 and "process %d has it" % pid in out, out)
    os.kill(pid, signal.SIGTERM)
    tap.check("daemon: ends", until(lambda: ended(pid)) and not os.path.exists(path))


# ---- signals ----

def drained(folder):
    """SIGTERM while a slow program is far behind: it still gets all that was raised."""
    pipe, seen = os.path.join(folder, "capture"), os.path.join(folder, "seen")
    os.mkfifo(pipe)
    slow = "while read -r line; do sleep .05; echo \"$line\"; done > %s" % seen
    falco = service.Service(*storm.command(FALCO, service.CONFIG, RULES, pipe), "-o", "program_output.enabled=true",
                            "-o", "program_output.keep_alive=true", "-o", "program_output.program=" + slow)
    with open(CAPTURE, "rb") as f:
        content = f.read()
    with open(pipe, "wb", buffering=0) as f:
        cut = len(content) * 9 // 10
        f.write(content[:cut])
        time.sleep(.3)
        falco.send(signal.SIGTERM)
        try:
            for at in range(cut, len(content), 100):
                f.write(content[at:at + 100])
                time.sleep(.005)
        except BrokenPipeError:
            pass
    tap.check("SIGTERM: ends well", falco.end(0) == 0)
    falco.wait("Events detected: ")
    detected = int(next(line for line in falco.seen if "Events detected" in line).split()[-1])
    with open(seen) as f:
        got = storm.alerts(f.read())
    want = storm.plain(FALCO, service.CONFIG, RULES, CAPTURE)
    tap.check("SIGTERM: before the end of the capture", 10 < detected < len(want), detected)
    tap.check("SIGTERM: every alert arrived", got == want[:detected], "%d of %d" % (len(got), detected))


def silent():
    falco = service.Service(*IDLE, "-o", "syscall_event_timeouts.max_consecutives=3")
    line = "Debug Falco internal: timeouts notification. 3 consecutive timeouts without event. (last_event_time=\"none\")"
    tap.check("silence is told, again and again", falco.wait(line) and falco.wait(line))
    tap.check("silence: ends well", falco.end() == 0)


def limited():
    start = time.monotonic()
    status, out = run(*IDLE, "-M", "1")
    tap.check("-M without events", status == 0 and time.monotonic() - start < 10, out)
    for number in signal.SIGINT, signal.SIGTERM:
        m = service.Manager()
        falco = service.Service(*IDLE, env=m.environment())
        m.wait("READY=1")
        tap.check("%s ends it well" % number.name, falco.end(number) == 0)
        m.close()


class Fed:
    """A replay of a pipe."""

    def __init__(self, folder, stdin, *options, **more):
        self.pipe = os.path.join(folder, "capture")
        if stdin:
            self.reader, self.writer = os.pipe()
            more["stdin"] = self.reader
        else:
            os.mkfifo(self.pipe)
            self.writer = None
        self.falco = service.Service(*storm.command(FALCO, service.CONFIG, RULES, "-" if stdin else self.pipe),
                                     *options, **more)
        if stdin:
            os.close(self.reader)
        self.falco.wait("Replaying")

    def write(self, content):
        if self.writer is None:
            self.writer = os.open(self.pipe, os.O_WRONLY)
        while content:
            content = content[os.write(self.writer, content):]

    def close(self):
        if self.writer is not None:
            os.close(self.writer)
        if os.path.exists(self.pipe):
            os.unlink(self.pipe)


def waiting(folder):
    """Nothing comes of a capture, or no more: signals are heard all the same, and nothing of it is lost."""
    with open(CAPTURE, "rb") as f:
        content = f.read()
    packed, want = gzip.compress(content), storm.plain(FALCO, service.CONFIG, RULES, CAPTURE)
    cases = [("nobody opens it", False, content, None), ("nobody writes", False, content, 0), ("its first bytes", False, content, 6),
             ("half a list", False, content, 2000), ("half of it", False, content, len(content) // 2),
             ("nobody writes to standard input", True, content, 0), ("half of standard input", True, content, len(content) // 2),
             ("one compressed byte", True, packed, 1), ("half of it compressed", False, packed, len(packed) // 2)]
    for title, stdin, data, n in cases:
        fed = Fed(folder, stdin)
        if n is not None:
            fed.write(data[:n])
        fed.falco.send(signal.SIGHUP)
        tap.check("%s: SIGHUP" % title, fed.falco.wait("Configuration reloaded at event"), fed.falco.seen)
        fed.falco.send(signal.SIGUSR1)
        tap.check("%s: SIGUSR1" % title, fed.falco.wait("reopening outputs"), fed.falco.seen)
        fed.write(data[n or 0:])
        fed.close()
        fed.falco.wait("Events detected: ")
        tap.check("%s: goes on, and ends well" % title, fed.falco.end(0) == 0)
        got = storm.alerts("\n".join(fed.falco.seen))
        tap.check("%s: every alert, once" % title, got == want, "%d of %d" % (len(got), len(want)))
        for number in signal.SIGTERM, signal.SIGINT:
            fed = Fed(folder, stdin)
            if n is not None:
                fed.write(data[:n])
            start = time.monotonic()
            tap.check("%s: %s ends it well" % (title, number.name), fed.falco.end(number) == 0)
            tap.check("%s: %s, at once" % (title, number.name), time.monotonic() - start < 5)
            fed.close()
    for data, why in (b"", "the file is empty"), (b"no capture at all", "not a capture file"), \
            (content[:1000], "truncated"):
        fed = Fed(folder, False)
        time.sleep(.3)
        fed.write(data)
        fed.close()
        tap.check("a pipe that brings %s" % why, fed.falco.wait(why) and fed.falco.end(0) == 1, fed.falco.seen)


def patient(folder):
    """A pipe may be silent for longer than its events last; figures are there meanwhile, and signs of life."""
    m = service.Manager()
    limit = ["-v", "-M", "1"]
    status, out = run(*storm.command(FALCO, service.CONFIG, RULES, CAPTURE, *limit))
    events = re.search(r"Captured Events: (\d+)", out).group(1)
    fed = Fed(folder, False, *limit, "-o", "syscall_event_timeouts.max_consecutives=3",
              env=m.environment(WATCHDOG_USEC="200000"))
    tap.check("a silent pipe: ready, and alive", m.wait("READY=1") and all(m.wait("WATCHDOG=1") for _ in range(12)))
    with open(CAPTURE, "rb") as f:
        fed.write(f.read(60000))
    fed.falco.wait("Events detected: ")
    tap.check("a silent pipe: not for too long", fed.falco.end(0) == 0 and int(events) > 1 and not
              [line for line in fed.falco.seen if "timeouts notification" in line] and
              any("Captured Events: %s," % events in line for line in fed.falco.seen), fed.falco.seen)
    fed.close()
    m.close()


def reopened(folder):
    path = os.path.join(folder, "alerts")
    config = os.path.join(folder, "falco.yaml")
    with open(config, "w") as f:
        f.write("rules_files: [%s]\nstdout_output: {enabled: true}\nlog_stderr: true\n"
                "file_output: {enabled: true, keep_alive: true, filename: %s}\n" % (RULES, path))
    m = service.Manager()
    falco = service.Service(FALCO, "-c", config, "--nodriver", env=m.environment())
    m.wait("READY=1")

    def fail():
        with open(config, "a") as f:
            f.write("a: [\n")
        falco.wait("stays in use")

    fail()
    until(lambda: os.path.exists(path) and "hot restart" in open(path).read())
    os.rename(path, path + ".1")
    falco.send(signal.SIGUSR1)
    falco.wait("SIGUSR1 received, reopening outputs...")
    until(lambda: os.path.exists(path))
    fail()
    tap.check("SIGUSR1 opens files anew", until(lambda: os.path.exists(path) and "hot restart" in open(path).read()) and
              open(path + ".1").read().count("Critical Falco") == 1)
    tap.check("ends well", falco.end() == 0)
    m.close()


with tempfile.TemporaryDirectory() as tmp:
    def part(function):
        folder = os.path.join(tmp, function.__name__)
        os.mkdir(folder)
        function(folder)

    notified(False)
    notified(True)
    not_notified()
    for f in hung, hung_for_ever, children, pidfiles, daemon, drained, waiting, patient, reopened:
        part(f)
    silent()
    limited()
tap.done()
