#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Five outputs in trouble: what is lost, and whether the counters know.

usage: faults.py RAISE_ALERTS [ALERTS [KILLS]]
Of the outputs standard output and a file are well, syslog is slow, HTTP is down for the first half
and answers with errors now and then, the program dies again and again.  With a spool, under kill -9,
every output must get every alert, in order but for repetitions, which are known by their ids.
Without one, where syslog begins late, what does not arrive must be what the counters say.
"""
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

RAISE = os.path.abspath(sys.argv[1])
ALERTS = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 4
SINKS = ("stdout", "file", "syslog", "program", "http")


class Http(threading.Thread):
    """Takes alerts from when open() is called; now and then a request fails first."""

    def __init__(self):
        super().__init__(daemon=True)
        got, lock = self.got, self.lock = [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            requests = 0

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    Handler.requests += 1
                    bad = Handler.requests % max(97, ALERTS // 100) == 0
                    if not bad:
                        got.append(body)
                self.send_response(503 if bad else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.server.server_bind()  # has its port, and refuses connections
        self.url = "http://127.0.0.1:%d/" % self.server.server_address[1]

    def run(self):
        self.server.server_activate()
        self.server.serve_forever(0.05)


class Syslog(threading.Thread):
    """Takes a message now and then: no more than rate a second, from when open is set."""

    def __init__(self, path, rate):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(0.2)
        self.rate = rate
        self.got = []
        self.open = threading.Event()
        self.done = False

    def run(self):
        self.open.wait()
        while True:
            try:
                self.got.append(self.socket.recv(65536))
                if len(self.got) % 32 == 0 and not self.done:
                    time.sleep(32 / self.rate)
            except socket.timeout:
                if self.done:
                    return


class World:
    def __init__(self, folder, spool, queue, pause_us):
        self.folder = folder
        self.http = Http()
        self.syslog = Syslog(os.path.join(folder, "log"), rate=2500)
        self.syslog.start()
        # Dies after some reads, but not for ever.
        program = ("i=$(cat dying 2>/dev/null || echo 0); echo $((i + 1)) > dying; "
                   "if [ $i -lt 8 ]; then exec %s take program 3; else exec %s take program 0; fi" % (RAISE, RAISE))
        self.command = [RAISE, folder, str(ALERTS), str(pause_us), self.http.url, program, spool, str(queue)]
        self.log = open(os.path.join(folder, "errors"), "ab")
        self.stdout = open(os.path.join(folder, "stdout"), "ab")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.stdout, stderr=self.log)

    def progress(self):
        try:
            with open(os.path.join(self.folder, "progress"), "rb") as f:
                return int.from_bytes(f.read(8), sys.byteorder)
        except FileNotFoundError:
            return 0

    def await_progress(self, n):
        while self.progress() < n and self.process.poll() is None:
            time.sleep(0.002)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.stdout.write(b"\n")  # it may have died in the middle of a line
        self.stdout.flush()

    def finish(self):
        status = self.process.wait(timeout=600)
        self.syslog.done = True
        self.syslog.join()
        return status

    def lines(self, sink):
        if sink == "http":
            return self.http.got
        if sink == "syslog":
            return [line.split(b": ", 1)[1] for line in self.syslog.got]
        with open(os.path.join(self.folder, sink), "rb") as f:
            return f.read().split(b"\n")

    def alerts(self, sink):
        """(id or None, number) of every whole alert that arrived there."""
        got = []
        for line in self.lines(sink):
            try:
                a = json.loads(line)
                got.append((a.get("id"), a["output_fields"]["number"]))
            except ValueError:
                continue  # torn
        return got

    def stats(self):
        with open(os.path.join(self.folder, "stats")) as f:
            return {line.split()[0]: {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", line)} for line in f}


def first_times(got):
    seen, order = set(), []
    for alert in got:
        if alert not in seen:
            seen.add(alert)
            order.append(alert)
    return order


def sequence(alert):
    return int(alert[0].rsplit("-", 1)[1])


def judge_spooled(world):
    """What is wrong with what arrived."""
    everything = None
    for sink in SINKS:
        got = world.alerts(sink)
        order = first_times(got)
        numbers = [n for _, n in order]
        print("# %s: %d arrived, %d of them again" % (sink, len(got), len(got) - len(order)))
        if any(i is None for i, _ in got):
            yield sink + ": alerts without id"
            continue
        if sorted(set(numbers)) != list(range(1, ALERTS + 1)):
            yield "%s: %d alerts never came" % (sink, ALERTS - len(set(numbers)))
        if [sequence(a) for a in order] != sorted(sequence(a) for a in order) or numbers != sorted(numbers):
            yield sink + ": not in order"
        if len({i for i, _ in order}) != len(order):
            yield sink + ": an id for two alerts"
        everything = everything or set(order)
        if set(order) != everything:
            yield sink + ": others got other alerts"


def with_spool(folder):
    world = World(folder, "spool", 1000, pause_us=300 if ALERTS < 10000 else 100)
    world.syslog.open.set()
    world.start()
    for i in range(KILLS):
        world.await_progress(ALERTS * (i + 1) // (KILLS + 1))
        if i == KILLS // 2:
            world.http.start()
        world.kill()
        world.start()
    status = world.finish()
    wrong = list(judge_spooled(world))
    for sink, s in world.stats().items():
        if s["dropped"] or s.get("failed"):
            wrong.append("%s: the counters of the last run tell of losses: %s" % (sink, s))
    return status, wrong


def without_spool(folder):
    world = World(folder, "", 500, pause_us=200 if ALERTS < 10000 else 50)
    world.start()
    world.await_progress(ALERTS // 2)  # by then its queue is full, at whatever pace alerts come
    world.syslog.open.set()
    world.http.start()
    status = world.finish()
    wrong = []
    stats = world.stats()
    for sink in SINKS:
        numbers = [n for _, n in world.alerts(sink)]
        s = stats[sink]
        print("# %s: %d arrived; written %d, dropped %d, failed %d" % (
            sink, len(numbers), s["written"], s["dropped"], s["failed"]))
        if numbers != sorted(set(numbers)):
            wrong.append(sink + ": not in order, or twice")
        if len(numbers) != s["written"] or s["written"] + s["dropped"] + s["failed"] != ALERTS:
            wrong.append(sink + ": the counters are wrong")
    if stats["total"]["dropped"] < max(stats[s]["dropped"] for s in SINKS):
        wrong.append("the sum of drops is less than one of them")
    for sink, what in (("syslog", "dropped"), ("http", "failed"), ("program", "failed")):
        if not stats[sink][what]:
            wrong.append("%s had no trouble: this test tests nothing" % sink)
    return status, wrong


def main():
    print("1..2")
    for number, case in enumerate((with_spool, without_spool), 1):
        begin = time.time()
        with tempfile.TemporaryDirectory() as folder:
            status, wrong = case(folder)
            for w in wrong + (["status %d" % status] if status else []):
                print("# " + w)
            if wrong or status:
                with open(os.path.join(folder, "errors")) as f:
                    print("".join("# " + line for line in f.readlines()[-20:]))
        print("%s %d - %s: %d alerts, %.1f s" % ("not ok" if wrong or status else "ok", number, case.__name__.replace("_", " "),
                                                 ALERTS, time.time() - begin), flush=True)


main()
