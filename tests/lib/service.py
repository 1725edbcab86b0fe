# SPDX-License-Identifier: Apache-2.0
"""A falco that runs until it is told to end, and whose log is waited for."""
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIG = os.path.join(SRC, "config", "falco.yaml")
QUIET = ["-o", "syslog_output.enabled=false", "-o", "log_syslog=false", "-o", "webserver.enabled=false"]
PATIENCE = 20  # seconds


class Service:
    def __init__(self, *args, **more):
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        universal_newlines=True, bufsize=1, **more)
        self.lines, self.seen = queue.Queue(), []
        for stream in self.process.stdout, self.process.stderr:
            threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            self.lines.put(line.rstrip("\n"))

    def wait(self, *texts, seconds=PATIENCE):
        """Until all of texts have come, in any order: what is printed and what is logged race."""
        missing, end = list(texts), time.monotonic() + seconds
        while missing:
            try:
                line = self.lines.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                return False
            self.seen.append(line)
            missing = [t for t in missing if t not in line]
        return True

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        """Exit status."""
        if self.process.poll() is None:
            self.send(number)
        try:
            return self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, abstract=False):
        self.folder = tempfile.mkdtemp()
        self.name = "@falco-test-%d-%d" % (os.getpid(), id(self)) if abstract else os.path.join(self.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.name.replace("@", "\0"))
        self.messages = []

    def environment(self, **more):
        return dict(os.environ, NOTIFY_SOCKET=self.name, **more)

    def wait(self, text, seconds=PATIENCE):
        """The next message with text in it, "" when it does not come."""
        end = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(end - time.monotonic(), .001))
            try:
                message = self.socket.recv(4096).decode()
            except socket.timeout:
                return ""
            self.messages.append(message)
            if text in message:
                return message

    def close(self):
        self.socket.close()
        shutil.rmtree(self.folder)


class Tap:
    """Results as the test anything protocol has them."""

    def __init__(self):
        self.n = 0

    def check(self, title, good, remark=None):
        self.n += 1
        print("%s %d - %s" % ("ok" if good else "not ok", self.n, title))
        if not good and remark is not None:
            print("# %s" % str(remark).replace("\n", "\n# "))

    def done(self):
        print("1..%d" % self.n)
