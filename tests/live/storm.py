#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Minutes of processes, threads and descriptors that come and go: does anything leak, is every lost event counted?

usage: storm.py FALCO STORM [--seconds 12] [--rate 200] [--burst 60000] [--preset 1] [--report]
STORM (storm.c) puts numbered marks between. Marks that were seen and marks that were counted as lost must be those that
were made, whoever lost them is named, and nothing of what the state lives on may be lost. Once it is quiet again the tables must be as they were before, and so must the memory of the kernel's maps.
Rings are as small as they can be (--preset: engine.modern_ebpf.buf_size_preset) and falco is stopped now and then, so that
events are lost.
"""
import argparse
import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SRC, "tests", "lib"))
import live  # noqa: E402

# The marks; and what makes falco follow all that a storm does.
RULES = """
- rule: mark
  desc: a number
  condition: evt.type = fchmod and evt.arg.fd < 0
  output: "%evt.arg.fd"
  priority: DEBUG
- rule: follow
  desc: never
  condition: >
    evt.type in (open, openat, fcntl, eventfd2, pipe2, socketpair, close, clone, clone3, vfork, fork, execve, procexit)
    and proc.name = nobody-at-all
  output: "-"
  priority: DEBUG
"""
CONFIG = """
metrics: {enabled: true, interval: 1s, output_rule: false, output_file: %s, include_empty_values: true, convert_memory_to_mb: false}
syscall_event_drops: {actions: [log, alert], threshold: 0, rate: 1, max_burst: 10}
log_level: debug
log_stderr: true
"""
NAP = 0.2  # seconds of every second that falco is stopped
LONG = 12  # looks, a second or more apart
LOST = "scap.n_drops_buffer_dir_file_exit"  # no other event of this kind is made
BY_CALL = "scap.n_drops_call_"


class Storm(live.Live):
    """Counts marks as they come, and looks at what the maps of falco take."""

    def __init__(self, *args, **more):
        self.seen, self.last, self.order, self.maps, self.told, self.stale, self.map_id = 0, 0, True, [], [], set(), 0
        super().__init__(*args, **more)

    def heard(self, alert):
        if alert["rule"].startswith("Falco internal"):
            self.told.append(alert)
            return
        if alert["rule"] != "mark":
            if alert["output_fields"]["proc.cmdline"].endswith("begin"):
                threading.Thread(target=self.look, daemon=True).start()
            super().heard(alert)
            return
        number = -int(alert["output_fields"]["evt.arg.fd"])
        self.order = self.order and number > self.last
        self.seen, self.last = self.seen + 1, number

    def look(self):
        history = []
        while self.falco.poll() is None:
            total, ids = 0, set()
            for path in glob.glob("/proc/%d/fdinfo/*" % self.falco.pid):
                try:
                    with open(path) as f:
                        text = f.read()
                except OSError:
                    continue
                if "map_type:" in text:
                    total += int(re.search(r"memlock:\s*(\d+)", text).group(1))
                    ids.add(int(re.search(r"map_id:\s*(\d+)", text).group(1)))
            if ids:
                self.maps.append(total)
            dead = {pid for pid in self.scope(ids) if not os.path.exists("/proc/%d" % pid)}
            # The kernel takes its time to forget processes: only those of long ago count.
            history.append(dead)
            self.stale = dead & history[max(0, len(history) - LONG)] if len(history) > LONG else set()
            time.sleep(1 - NAP)
            self.nap()

    def scope(self, ids):
        """The processes that the kernel side takes for those of the scope."""
        if not self.map_id:
            for i in ids:
                shown = subprocess.run(["bpftool", "-j", "map", "show", "id", str(i)], stdout=subprocess.PIPE).stdout
                if b'"probe_scope_pid' in shown:
                    self.map_id = i
        dump = subprocess.run(["bpftool", "-j", "map", "dump", "id", str(self.map_id)], stdout=subprocess.PIPE).stdout
        try:
            return [int.from_bytes(bytes(int(b, 16) for b in row["key"]), sys.byteorder) for row in json.loads(dump)]
        except (ValueError, TypeError):
            return []  # falco has ended

    def nap(self):
        try:
            self.falco.send_signal(signal.SIGSTOP)
            time.sleep(NAP)
        finally:
            self.falco.send_signal(signal.SIGCONT)


def judge(made, s, samples, first, figures):
    """Lines about what is wrong; first, figures: samples before and after the storm."""
    lost = figures[LOST]
    wrong = []
    if s.seen + lost != made["marks"] or not s.order:
        wrong.append("marks: %d made, %d seen, %d counted as lost; in order: %s" % (made["marks"], s.seen, lost, s.order))
    if not lost:
        wrong.append("nothing was lost: the rings were not full, the count is not tried")
    if figures["scap.n_evts"] != figures["falco.num_evts"] + figures["scap.n_drops"]:
        wrong.append("events: %d made, %d received, %d lost" % tuple(
            figures[k] for k in ("scap.n_evts", "falco.num_evts", "scap.n_drops")))
    groups = [a["output_fields"].get("drops_by_group", "") for a in s.told]
    if not any(re.match(r"storm\[\d+\] \d+", g) for g in groups) or "by these process groups: storm[" not in s.log:
        wrong.append("alerts and log do not say that it was the storm: " + str(groups))
    calls = [a["output_fields"].get("drops_by_call", "") for a in s.told]
    if not any(re.match(r"fchmod \d+", c) for c in calls) or "of these system calls: fchmod " not in s.log:
        wrong.append("alerts and log do not say that it was fchmod: " + str(calls))
    by_call = {k: v for k, v in figures.items() if k.startswith(BY_CALL)}
    if by_call.get(BY_CALL + "fchmod") != lost or sum(by_call.values()) != figures["scap.n_drops"]:
        wrong.append("lost of calls: " + str(by_call))
    for kind in "clone_fork_exit", "execve_exit", "proc_exit", "close_exit", "other_interest_exit":
        if figures["scap.n_drops_buffer_" + kind]:
            wrong.append("%d lost of %s, which state needs" % (figures["scap.n_drops_buffer_" + kind], kind))
    for table in "falco.n_threads", "falco.n_fds":
        if figures[table] != first[table]:
            wrong.append("%s: %d before, %d after" % (table, first[table], figures[table]))
    if s.stale:
        wrong.append("%d processes are gone and still in the scope" % len(s.stale))
    # LRU maps keep what they have; 64 KiB are less than a leak of one entry for each process would be.
    if s.maps[-1] > s.maps[0] + 65536:
        wrong.append("maps of the kernel: %d bytes before, %d after" % (s.maps[0], s.maps[-1]))
    if len(samples) < 60:
        return wrong  # what alerts take that wait for their turn would count
    third = len(samples) // 3
    early, late = (max(x["falco.memory_rss_kb"] for x in part) for part in (samples[:2 * third], samples[third:]))
    if late > early * 1.05 + 1024:
        wrong.append("resident: at most %d KiB in the first two thirds, %d later" % (early, late))
    return wrong


def report(samples, s):
    print("%8s %10s %10s %10s %12s %10s %10s" % ("second", "rss, KiB", "threads", "fds", "state, B", "events", "lost"))
    step = max(1, len(samples) // 20)
    for x in samples[::step] + samples[-1:]:
        print("%8d %10d %10d %10d %12d %10d %10d" % (
            x["falco.duration_sec"], x["falco.memory_rss_kb"], x["falco.n_threads"], x["falco.n_fds"],
            x["falco.state_memory_bytes"], x["scap.n_evts"], x["scap.n_drops"]))
    print("lost: " + ", ".join("%s %d" % (k[5:], v) for k, v in samples[-1].items() if k.startswith("scap.n_drops") and v))
    print("made %d, of them lost %d, received %d; alerts dropped %d" % tuple(
        samples[-1][k] for k in ("scap.n_evts", "scap.n_drops", "falco.num_evts", "falco.outputs_queue_num_drops")))
    print("processes that are gone and still in the scope: %d" % len(s.stale))
    print("maps of the kernel, bytes: %d at first, %d at most, %d at last" % (s.maps[0], max(s.maps), s.maps[-1]))


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("falco")
    p.add_argument("storm")
    p.add_argument("--seconds", type=int, default=12)
    p.add_argument("--rate", type=int, default=200)
    p.add_argument("--burst", type=int, default=60000)
    p.add_argument("--preset", type=int, default=1)
    p.add_argument("--report", action="store_true")
    args = p.parse_args()
    why = live.reason_to_skip()
    if why:
        print("SKIPPED: " + why)
        return live.SKIPPED
    with tempfile.TemporaryDirectory() as tmp:
        rules, metrics = os.path.join(tmp, "rules.yaml"), os.path.join(tmp, "metrics.jsonl")
        with open(rules, "w") as f:
            f.write(RULES)
        s = Storm(args.falco, [rules], [os.path.abspath(args.storm), str(args.seconds), str(args.rate), str(args.burst)],
                  CONFIG % metrics, ["-o", "engine.modern_ebpf.buf_size_preset=%d" % args.preset], patience=args.seconds + 120)
        with open(metrics) as f:
            samples = [json.loads(line)["output_fields"] for line in f]
    made = json.loads(s.what.strip().splitlines()[-1])
    samples = [x for x in samples if "falco.n_threads" in x and "scap.n_evts" in x]
    # The silence before the storm and that behind it: nothing came since the sample before.
    quiet = [b for a, b in zip(samples, samples[1:]) if all(a[k] == b[k] for k in ("scap.n_evts", "falco.num_evts"))]
    if len(quiet) < 2:
        print("no two silences among %d samples\n%s" % (len(samples), s.log[-1500:]))
        return True
    wrong = judge(made, s, samples, quiet[0], quiet[-1])
    print("%s; marks seen %d, lost %d; resident %d KiB; %s" % (
        json.dumps(made), s.seen, samples[-1][LOST], samples[-1]["falco.memory_rss_kb"], "; ".join(wrong) or "nothing is wrong"))
    if args.report or wrong:
        report(samples, s)
    if wrong:
        print(s.log[-1500:])
    return bool(wrong)


sys.exit(main())
