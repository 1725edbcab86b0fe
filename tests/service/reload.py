#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Configuration and rules loaded anew while falco runs.

usage: reload.py FALCO CAPTURE
"""
import os
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402
import storm  # noqa: E402

FALCO, CAPTURE = map(os.path.abspath, sys.argv[1:3])
RULES = os.path.join(service.SRC, "rules", "falco_rules.yaml")
RULE = """- rule: %s
  desc: a rule
  condition: evt.type = %s
  output: seen
  priority: NOTICE
"""
CONFIG = """rules_files: [%s]
config_files: [%s]
json_output: false
stdout_output: {enabled: true}
log_stderr: true
"""
tap = service.Tap()


class World:
    """A falco that waits for events that never come, and the files that it was configured with."""

    def __init__(self, *options, rules=None):
        self.folder = tempfile.mkdtemp()
        self.config = self.path("falco.yaml")
        os.mkdir(self.path("rules.d"))
        os.mkdir(self.path("config.d"))
        self.put("rules.yaml", RULE % ("one", "openat"))
        names = rules or [self.path("rules.yaml"), self.path("rules.d")]
        self.put("falco.yaml", CONFIG % (", ".join(names), self.path("config.d")))
        self.options = options

    def __enter__(self):
        manager = service.Manager()
        self.falco = service.Service(FALCO, "-c", self.config, "--nodriver", *self.options, env=manager.environment())
        tap.check("starts", manager.wait("READY=1"))
        manager.close()
        return self

    def __exit__(self, *_):
        self.falco.end(signal.SIGKILL)
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def replace(self, name, text):
        self.put(name + ".swp", text)
        os.rename(self.path(name + ".swp"), self.path(name))

    def hup(self):
        self.falco.send(signal.SIGHUP)

    def expect(self, title, *texts):
        """All of them appear."""
        tap.check(title, self.falco.wait(*texts), "no '%s' in:\n%s" % (texts, "\n".join(self.falco.seen)))

    def nothing(self, title, text, seconds=.8):
        tap.check(title, not self.falco.wait(text, seconds=seconds))


def on_request():
    with World("-o", "watch_config_files=false") as w:
        w.hup()
        w.expect("the same again", "SIGHUP", "reloaded", "0 added, 0 removed, 0 changed, 1 in all")
        w.put("rules.yaml", RULE % ("one", "connect") + RULE % ("two", "execve"))
        w.nothing("files are not watched when they are not to be", "reloaded")
        w.hup()
        w.expect("what changed", "1 added, 0 removed, 1 changed, 2 in all", "added: two", "changed: one",
                 "now captured: ", "no longer captured: ")
        w.put("rules.d/more.yaml", "- list: unused\n  items: [1]\n" + RULE % ("three", "open"))
        w.put("rules.yaml", RULE % ("two", "execve") + "# a comment\n")
        w.hup()
        w.expect("a new file in a folder", "1 added, 1 removed, 0 changed, 2 in all", "added: three", "removed: one")
        w.put("config.d/a.yaml", "falco_libs: {thread_table_size: 1000}\n")
        w.hup()
        w.expect("what only a start heeds", "next start only: falco_libs.thread_table_size")
        tap.check("ends well", w.falco.end() == 0)


def refused():
    with World("-o", "watch_config_files=false") as w:
        good = RULE % ("one", "openat")
        for title, name, bad, why in (
                ("broken rules", "rules.yaml", RULE % ("one", "opennat"), "opennat"),
                ("no YAML", "rules.yaml", "- rule: [", "YAML"),
                ("broken configuration", "falco.yaml", "a: [", "falco.yaml"),
                ("wrong value", "config.d/a.yaml", "output_timeout: soon\n", "output_timeout")):
            before = open(w.path(name)).read() if os.path.exists(w.path(name)) else ""
            w.put(name, bad)
            w.hup()
            w.expect(title + ": log and alert say why", "stays in use", why,
                     "Critical Falco internal: hot restart failure")
            w.put(name, before)
        os.unlink(w.path("rules.yaml"))
        w.hup()
        w.expect("a rules file that has vanished", "stays in use", "rules.yaml is gone")
        w.put("rules.yaml", good)
        w.hup()
        w.expect("back to what it was", "reloaded", "0 added, 0 removed, 0 changed, 1 in all")
        tap.check("ends well", w.falco.end() == 0)


def watched():
    with World() as w:
        w.put("rules.yaml", RULE % ("two", "openat"))
        w.expect("written in place", "reloaded", "added: two", "removed: one")
        w.replace("rules.yaml", RULE % ("three", "openat"))
        w.expect("replaced by a rename", "reloaded", "added: three", "removed: two")
        w.replace("rules.yaml", RULE % ("four", "openat"))
        w.expect("and once more", "reloaded", "added: four")
        w.put("rules.d/a.yaml", RULE % ("five", "openat"))
        w.expect("new in a folder", "reloaded", "added: five")
        os.unlink(w.path("rules.d/a.yaml"))
        w.expect("gone from a folder", "reloaded", "removed: five")
        w.put("config.d/a.yaml", "priority: error\n")
        w.expect("an included configuration file", "reloaded")
        w.put("rules.yaml", "- rule: [")
        w.expect("a broken file", "stays in use")
        os.unlink(w.path("rules.yaml"))
        w.expect("a file that has vanished", "stays in use", "is gone")
        w.put("rules.yaml", RULE % ("four", "openat"))
        w.expect("repaired", "reloaded", "0 added, 0 removed, 0 changed")
        w.put("other.txt", "x")
        w.nothing("others beside them do not matter", "reload")
        w.put("falco.yaml", "watch_config_files: false\n" + CONFIG % (w.path("rules.yaml"), ""))
        w.expect("no longer to be watched", "reloaded")
        w.put("rules.yaml", RULE % ("six", "openat"))
        w.nothing("is no longer watched", "reload")
        tap.check("ends well", w.falco.end() == 0)


def many_writes():
    with World() as w:
        for i in range(20):
            w.put("rules.yaml", RULE % ("x%d" % i, "openat"))
            time.sleep(.02)
        w.expect("many writes in a row", "reloaded", "added: x19")
        w.nothing("are one reload", "reloaded")


def links():
    """As a volume of Kubernetes changes: ..data leads to another folder."""
    with tempfile.TemporaryDirectory() as volume:
        def version(name, rule):
            os.mkdir(os.path.join(volume, name))
            with open(os.path.join(volume, name, "rules.yaml"), "w") as f:
                f.write(rule)
            os.symlink(name, os.path.join(volume, "..new"))
            os.rename(os.path.join(volume, "..new"), os.path.join(volume, "..data"))

        version("..1", RULE % ("one", "openat"))
        os.symlink("..data/rules.yaml", os.path.join(volume, "rules.yaml"))
        with World(rules=[os.path.join(volume, "rules.yaml")]) as w:
            version("..2", RULE % ("two", "openat"))
            w.expect("a link on the way leads elsewhere", "reloaded", "added: two")
            shutil.rmtree(os.path.join(volume, "..1"))
            version("..3", RULE % ("three", "openat"))
            w.expect("and again, the first folder gone", "reloaded", "added: three")


def replays():
    """Their files are compared with what they were at the start, and watched, only when they last."""
    for title, change in ("nothing changed", False), ("changed at once", True):
        with tempfile.TemporaryDirectory() as folder:
            rules, pipe = os.path.join(folder, "rules.yaml"), os.path.join(folder, "capture")
            with open(rules, "w") as f:
                f.write(RULE % ("one", "openat"))
            os.mkfifo(pipe)
            manager = service.Manager()
            falco = service.Service(FALCO, "-c", service.CONFIG, *service.QUIET, "-o", "log_stderr=true", "-r", rules, "-e", pipe,
                                    env=manager.environment())
            with open(CAPTURE, "rb") as f:
                content = f.read()
            with open(pipe, "wb", buffering=0) as f:
                f.write(content[:len(content) // 2])
                tap.check("a replay, %s: started" % title, manager.wait("READY=1"))
                if change:
                    with open(rules + ".new", "w") as new:
                        new.write(RULE % ("two", "openat"))
                    os.rename(rules + ".new", rules)
                watching = [d for d in descriptors(falco.process.pid) if "inotify" in d]
                time.sleep(2.8)
                tap.check("a replay, %s: not watched at first" % title, not watching and
                          any("inotify" in d for d in descriptors(falco.process.pid)))
                f.write(content[len(content) // 2:])
            seen = falco.wait("reloaded", "added: two", seconds=service.PATIENCE if change else .5)
            tap.check("a replay, %s" % title, seen == change, "\n".join(falco.seen))
            tap.check("a replay, %s: ends well" % title, falco.end(0) == 0)
            manager.close()


def descriptors(pid):
    """What is open; one that is closed while we look is not."""
    found = []
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            found.append(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except FileNotFoundError:
            pass
    return sorted(found)


def outputs():
    """Each reload is followed by one that fails, which raises an alert for the outputs of the day."""
    with World("-o", "watch_config_files=false") as w:
        def use(text):
            w.put("falco.yaml", CONFIG % (w.path("rules.yaml"), "") + text)
            w.hup()
            return w.falco.wait("Configuration reloaded")

        def alert():
            with open(w.config) as f:
                good = f.read()
            w.put("falco.yaml", "a: [")
            w.hup()
            w.falco.wait("stays in use")
            w.put("falco.yaml", good)

        def count(name):
            return open(w.path(name)).read().count("hot restart failure:") if os.path.exists(w.path(name)) else 0

        def until(condition):
            end = time.monotonic() + service.PATIENCE
            while not condition() and time.monotonic() < end:
                time.sleep(.02)
            return condition()

        file = "file_output: {enabled: true, keep_alive: true, filename: %s}\n"
        pid = w.falco.process.pid
        tap.check("a file more", use(file % w.path("a")))
        alert()
        tap.check("a file more: gets alerts", until(lambda: count("a") == 1))
        tap.check("the same file", use(file % w.path("a") + "priority: error\n"))
        alert()
        tap.check("the same file: stays open", until(lambda: count("a") == 2) and w.path("a") in descriptors(pid))
        use(file % w.path("b"))
        alert()
        tap.check("another file instead", until(lambda: count("b") == 1) and count("a") == 2)
        tap.check("another file instead: the first is closed", until(lambda: w.path("a") not in descriptors(pid)))
        use("program_output: {enabled: true, keep_alive: true, program: 'cat > %s'}\n" % w.path("c"))
        alert()
        use("")
        tap.check("a program, for a while", until(lambda: count("c") == 1) and count("b") == 1)
        w.put("falco.yaml", (CONFIG % (w.path("rules.yaml"), "")).replace("stdout_output: {enabled: true}", ""))
        w.hup()
        w.expect("without any output", "stays in use", "No output configured")
        for i in range(20):
            use(file % w.path("d%d" % (i % 2)))
        tap.check("no descriptors are left", until(lambda: not any(w.path(x) in descriptors(pid) for x in ("a", "b", "d0"))),
                  descriptors(pid))
        tap.check("ends well", w.falco.end() == 0)


def storms():
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, "other.yaml")
        with open(other, "w") as f:
            f.write("- rule: opened\n  desc: d\n  condition: evt.type in (open, openat) and evt.num > 0\n"
                    "  output: opened %fd.name by %proc.name\n  priority: INFO\n")
        for title, rules in ("the same rules", [RULES]), ("rules that take turns", [RULES, other]):
            runs = [storm.plain(FALCO, service.CONFIG, r, CAPTURE) for r in rules]
            s = storm.Storm(FALCO, service.CONFIG, rules, CAPTURE, 50, folder)
            s.run()
            want = storm.expected(s, runs)
            tap.check("50 reloads, %s: no trouble" % title, not s.problems, "\n".join(s.problems))
            tap.check("50 reloads, %s: alerts" % title, s.alerts == want and want and all(runs),
                      "%d alerts, expected %d" % (len(s.alerts), len(want)))
            tap.check("50 reloads, %s: memory" % title, s.resident[-1] < 3 * s.resident[0], s.resident)


def moving_outputs():
    """Alerts go to one file, then to the other: each alert arrives once, in the file of its time."""
    with tempfile.TemporaryDirectory() as folder:
        configs = []
        for i in range(2):
            configs.append(os.path.join(folder, "%d.yaml" % i))
            with open(configs[i], "w") as f:
                f.write("file_output: {enabled: true, keep_alive: true, filename: %s}\nlog_stderr: true\n" %
                        os.path.join(folder, "alerts%d" % i))
        s = storm.Storm(FALCO, configs, [RULES], CAPTURE, 50, folder)
        s.run()
        want = storm.expected(s, [storm.plain(FALCO, service.CONFIG, RULES, CAPTURE)])
        files = [storm.alerts(open(os.path.join(folder, "alerts%d" % i)).read()) for i in range(2)]
        tap.check("outputs that take turns: no trouble", not s.problems, "\n".join(s.problems))
        tap.check("outputs that take turns: every alert, once",
                  sorted(a[0] for f in files for a in f) == [a[0] for a in want] and all(files),
                  "%d + %d, expected %d" % (len(files[0]), len(files[1]), len(want)))
        tap.check("outputs that take turns: in order", all(f == sorted(f, key=lambda a: a[0]) for f in files))


for part in on_request, refused, watched, many_writes, links, replays, outputs, moving_outputs, storms:
    part()
tap.done()
