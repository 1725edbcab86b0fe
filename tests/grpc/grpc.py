#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gRPC server, asked by a client that shares nothing with it (@grpc/grpc-js, client.js).

usage: grpc.py FALCO CAPTURE SERVE_ALERTS FOLDER
The client's packages are installed into FOLDER, as package-lock.json has them. Without node, npm or
the registry that it takes them from, all is skipped.
"""
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from service import CONFIG, QUIET, SRC, Service, Tap  # noqa: E402

FALCO, CAPTURE, SERVE, FOLDER = (os.path.abspath(a) for a in sys.argv[1:5])
PATIENCE = 20
OK, INVALID_ARGUMENT, UNIMPLEMENTED, UNAVAILABLE = 0, 3, 12, 14
tap = Tap()
tmp = tempfile.mkdtemp()


def install():
    """Why not, or nothing."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    lock = os.path.join(HERE, "package-lock.json")
    done = os.path.join(FOLDER, "node_modules", ".package-lock.json")
    if os.path.exists(done) and os.path.getmtime(done) > os.path.getmtime(lock):
        return None
    os.makedirs(FOLDER, exist_ok=True)
    for name in "package.json", "package-lock.json":
        shutil.copy(os.path.join(HERE, name), FOLDER)
    try:
        p = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], cwd=FOLDER,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "npm does not come to an end"
    return None if p.returncode == 0 else "npm cannot install the client: " + p.stdout.strip().replace("\n", " ")[-300:]


class Client:
    def __init__(self, method, address, **options):
        options["folder"] = FOLDER
        self.process = subprocess.Popen(
            ["node", os.path.join(HERE, "client.js"), method, address] + ["%s=%s" % o for o in options.items()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        self.lines, self.came = [], threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if method == "sub":
            self.wait(1)

    def read(self):
        for line in self.process.stdout:
            with self.came:
                self.lines.append(line)
                self.came.notify()

    def wait(self, n):
        """Until it has printed n lines."""
        with self.came:
            return self.came.wait_for(lambda: len(self.lines) >= n, timeout=PATIENCE)

    def end(self):
        """Messages and the status."""
        self.reader.join(PATIENCE)
        self.process.kill()
        self.process.wait()
        try:
            lines = [json.loads(line) for line in self.lines]
        except ValueError:
            return [], "".join(self.lines)[-500:]
        return [m for m in lines if "rule" in m or "version" in m], lines[-1].get("code") if lines else None


def ask(method, address, **options):
    return Client(method, address, **options).end()


class Alerts:
    """serve_alerts at a socket."""

    def __init__(self, queue=0):
        self.path = os.path.join(tmp, "alerts.sock")
        self.address = "unix://" + self.path
        self.process = subprocess.Popen([SERVE, self.address, str(queue)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, universal_newlines=True, bufsize=1)
        self.said = []
        self.until("ready")

    def until(self, text):
        while True:
            line = self.process.stdout.readline()
            if not line or line.startswith(text):
                return line
            self.said.append(line)

    def do(self, text):
        self.process.stdin.write(text + "\n")

    def raise_(self, n, padding=0):
        self.do("raise %d %d" % (n, padding))
        return self.until("raised")

    def stats(self):
        self.do("stats")
        return [int(n) for n in re.findall(r"=(\d+)", self.until("grpc"))]

    def end(self):
        self.process.stdin.close()
        try:
            status = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = None
        self.said += self.process.stdout.readlines()
        return status


def numbers(messages):
    return [int(m["output_fields"]["number"]) for m in messages]


def falco(*args, address, **more):
    options = ["-c", CONFIG, *QUIET, "-o", "grpc.enabled=true", "-o", "grpc_output.enabled=true",
               "-o", "grpc.bind_address=" + address, "-o", "grpc.threadiness=3",
               "-r", os.path.join(SRC, "rules", "falco_rules.yaml")]
    return Service(FALCO, *options, *args, env=dict(os.environ, FALCO_HOSTNAME="host", TZ="UTC"), **more)


def goes_on(s):
    """Waits until it is past its start: it catches SIGTERM."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and s.process.poll() is None:
        with open("/proc/%d/status" % s.process.pid) as f:
            caught = int(re.search(r"SigCgt:\s*(\w+)", f.read()).group(1), 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return True
        time.sleep(.02)
    return False


# ---- cases ----

def same_as_json():
    fifo, path = os.path.join(tmp, "fifo"), os.path.join(tmp, "made", "up", "falco.sock")
    os.mkfifo(fifo)
    s = falco("-o", "json_output=true", "-e", fifo, address="unix://" + path)
    tap.check("falco serves on a socket", s.wait("Starting gRPC server at unix://%s with threadiness 3" % path), s.seen)
    with open(fifo, "wb") as out:
        mode = os.stat(path).st_mode
        tap.check("the socket is its owner's alone", stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600, oct(mode))
        messages, status = ask("version", "unix://" + path)
        v = messages[0] if messages else {}
        run = subprocess.run([FALCO, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True).stdout
        tap.check("version", status == OK and "Falco version: %s\n" % v["version"] in run and
                  "%(major)d.%(minor)d.%(patch)d" % v == v["version"] and
                  "%(engine_major)d.%(engine_minor)d.%(engine_patch)d" % v == v["engine_version"], (messages, status))
        tap.check("a method that is not there", ask("gone", "unix://" + path) == ([], UNIMPLEMENTED))
        tap.check("bytes that are no request", ask("malformed", "unix://" + path) == ([], INVALID_ARGUMENT))
        tap.check("get with nothing there", ask("get", "unix://" + path) == ([], OK))
        c = Client("sub", "unix://" + path)
        with open(CAPTURE, "rb") as f:
            out.write(f.read())
        out.flush()
        c.wait(2)
    messages, status = c.end()
    ended = s.process.wait(timeout=PATIENCE)
    tap.check("the end of falco ends a stream with a status", status == UNAVAILABLE and ended == 0, (status, ended))
    time.sleep(.2)
    s.wait("no such line", seconds=.2)
    alerts = [json.loads(line) for line in s.seen if line.startswith('{"hostname"')]
    tap.check("as many alerts as in the JSON output", len(alerts) > 20 and len(alerts) == len(messages),
              (len(alerts), len(messages)))
    tap.check("with the same content", [told(a) for a in alerts] == [heard(m) for m in messages],
              next(((told(a), heard(m)) for a, m in zip(alerts, messages) if told(a) != heard(m)), None))
    tap.check("the socket is gone", not os.path.exists(path))


def told(a):
    """What gRPC should make of a JSON alert."""
    def text(v):
        return v if isinstance(v, str) else json.dumps(v)
    return (json.dumps(a, separators=(",", ":"), ensure_ascii=False), a["priority"].upper(), a["rule"], a["source"],
            a["tags"], a["hostname"], {k: text(v) for k, v in a["output_fields"].items()}, a["time"])


def heard(m):
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(m["time"]["seconds"])))
    return (m["output"], m["priority"], m["rule"], m["source"], m["tags"], m["hostname"], m["output_fields"],
            "%s.%09dZ" % (seconds, m["time"]["nanos"]))


def text_alerts():
    """As text, from a run that has no other output."""
    fifo, path = os.path.join(tmp, "fifo2"), os.path.join(tmp, "text.sock")
    os.mkfifo(fifo)
    s = falco("-o", "stdout_output.enabled=false", "-e", fifo, address="unix://" + path)
    tap.check("gRPC may be the only output", s.wait("Starting gRPC server"), s.seen)
    with open(fifo, "wb") as out:
        c = Client("sub", "unix://" + path)
        with open(CAPTURE, "rb") as f:
            out.write(f.read())
        out.flush()
        c.wait(2)
    messages, _ = c.end()
    s.process.wait(timeout=PATIENCE)
    tap.check("alerts as text have their fields", len(messages) > 20 and all(m["output_fields"] for m in messages) and
              re.match(r"\d\d:\d\d:\d\d\.\d{9}: Warning ", messages[0]["output"]), messages[:1])


def ten_thousand():
    a = Alerts()
    c = [Client("sub", a.address, count=10000) for _ in range(3)]
    a.raise_(10000)
    got = [x.end() for x in c]
    tap.check("10000 alerts to three subscribers, in order, without loss",
              all(numbers(m) == list(range(10000)) and status == OK for m, status in got),
              [(len(m), status) for m, status in got])
    tap.check("which figures tell", a.stats() == [30000, 0], a.stats())
    tap.check("what subscribers have had is not there for get", ask("get", a.address) == ([], OK))
    a.raise_(5)
    messages, status = ask("get", a.address)
    tap.check("get gives what nobody has had", numbers(messages) == list(range(10000, 10005)) and status == OK, messages)
    tap.check("once", ask("get", a.address) == ([], OK))
    tap.check("the server ends well", a.end() == 0)


def slow_and_dead():
    a = Alerts(queue=1000)
    slow, quick = Client("sub", a.address, stall=1), Client("sub", a.address, count=3001)
    vanished = Client("sub", a.address, stall=1)
    a.raise_(1)
    for x in slow, quick, vanished:
        x.wait(2)
    vanished.process.kill()
    vanished.process.wait()
    kept_up = True
    for i in range(30):
        a.raise_(100, 8192)
        kept_up = kept_up and quick.wait(2 + 100 * (i + 1))
    tap.check("a slow and a dead subscriber hold nobody up", kept_up)
    messages, status = quick.end()
    tap.check("a quick subscriber gets all", numbers(messages) == list(range(3001)) and status == OK,
              (len(messages), status))
    slow.process.stdin.write("go on\n")
    slow.process.stdin.flush()
    time.sleep(2)
    dropped = a.stats()[1]
    tap.check("the server ends well, with one who is slow", a.end() == 0)
    messages, status = slow.end()
    got = numbers(messages)
    tap.check("a slow one loses some, in order, and is told of the end",
              got == sorted(set(got)) and got[-1] == 3000 and len(got) < 3001 and status == UNAVAILABLE,
              (len(got), got[-5:], status))
    tap.check("the drops are counted", dropped == 3001 - len(got), (dropped, len(got)))
    tap.check("and logged", any("%d alerts were gone when a client asked" % dropped in line for line in a.said), a.said)


def garbage():
    a = Alerts()
    for bytes_ in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 70000, os.urandom(70000),
                   b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + os.urandom(4000),
                   b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0" + b"\xff\xff\xff\1\4\0\0\0\1" + os.urandom(30000)):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(a.path)
            try:
                s.sendall(bytes_)
            except OSError:
                pass  # it need not listen to the end
    hung = [socket.socket(socket.AF_UNIX) for _ in range(50)]
    for s in hung:
        s.connect(a.path)
    messages, status = ask("version", a.address)
    tap.check("garbage and silent connections disturb nobody", status == OK and len(messages) == 1, (messages, status))
    tap.check("nor the end", a.end() == 0)
    for s in hung:
        s.close()


def certificate(name, issuer=None, ca=False):
    """name.key and name.crt in tmp, signed by issuer, or by itself."""
    at = os.path.join(tmp, name)
    extensions = at + ".ext"
    with open(extensions, "w") as f:
        f.write("basicConstraints=critical,CA:%s\nsubjectAltName=DNS:localhost\n" % ("TRUE" if ca else "FALSE"))
    key = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", at + ".key", "-subj", "/CN=" + name, "-out", at + ".csr"]
    sign = ["openssl", "x509", "-req", "-in", at + ".csr", "-days", "2", "-extfile", extensions, "-out", at + ".crt"]
    by = os.path.join(tmp, issuer) if issuer else None
    sign += ["-CA", by + ".crt", "-CAkey", by + ".key", "-CAcreateserial"] if issuer else ["-signkey", at + ".key"]
    for command in key, sign:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return at


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def tls_options(server="server", ca="ca"):
    return ["-o", "grpc.private_key=%s/%s.key" % (tmp, server), "-o", "grpc.cert_chain=%s/%s.crt" % (tmp, server),
            "-o", "grpc.root_certs=%s/%s.crt" % (tmp, ca)]


def mutual_tls():
    for name, issuer, ca in (("ca", None, True), ("server", "ca", False), ("client", "ca", False),
                             ("other_ca", None, True), ("stranger", "other_ca", False)):
        certificate(name, issuer, ca)
    address = "127.0.0.1:%d" % free_port()
    ca, client, stranger = (os.path.join(tmp, n) for n in ("ca.crt", "client", "stranger"))
    s = falco("--nodriver", *tls_options(), address=address)
    tap.check("falco serves on a port", s.wait("Starting gRPC server at " + address), s.seen)
    messages, status = ask("version", address, ca=ca, cert=client + ".crt", key=client + ".key")
    tap.check("a client with a certificate of the authority", status == OK and len(messages) == 1, (messages, status))
    tap.check("one without is refused", ask("version", address, ca=ca) == ([], UNAVAILABLE))
    tap.check("one with another authority's is refused",
              ask("version", address, ca=ca, cert=stranger + ".crt", key=stranger + ".key") == ([], UNAVAILABLE))
    tap.check("one without TLS is refused", ask("version", address) == ([], UNAVAILABLE))
    host, port = address.split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as c:
            c.sendall(os.urandom(5000))
    sub = Client("sub", address, ca=ca, cert=client + ".crt", key=client + ".key")
    tap.check("garbage to a port disturbs nobody",
              ask("version", address, ca=ca, cert=client + ".crt", key=client + ".key")[1] == OK)
    second = falco("--nodriver", *tls_options(), address=address)
    tap.check("a port that is taken is told, and falco goes on",
              second.wait("Error starting gRPC server: grpc.bind_address: %s: Address already in use" % address) and goes_on(second) and
              second.end() == 0, second.seen)
    time.sleep(.5)
    tap.check("SIGTERM ends falco", s.end() == 0)
    tap.check("and a stream that waits, with a status", sub.end() == ([], UNAVAILABLE))
    tap.check("nothing of the key was ever printed", not any(
        line.strip() in text for line in open(os.path.join(tmp, "server.key")) if "---" not in line for text in s.seen))


def refused(title, *args, address, says):
    s = falco("--nodriver", *args, address=address)
    ok = s.wait("Error starting gRPC server: " + says) and goes_on(s)
    tap.check("refused: " + title, ok and s.end() == 0, s.seen)


def mistakes():
    address = "127.0.0.1:%d" % free_port()
    subprocess.run(["openssl", "rsa", "-aes128", "-passout", "pass:secret", "-in", tmp + "/server.key",
                    "-out", tmp + "/locked.key"], check=True, stderr=subprocess.DEVNULL)
    shutil.copy(tmp + "/server.crt", tmp + "/locked.crt")
    shutil.copy(tmp + "/client.key", tmp + "/mixed.key")
    shutil.copy(tmp + "/server.crt", tmp + "/mixed.crt")
    refused("no key", *tls_options("none"), address=address,
            says="grpc.private_key: %s/none.key: No such file or directory: let it name" % tmp)
    refused("a locked key", *tls_options("locked"), address=address,
            says="grpc.private_key: %s/locked.key: it is locked with a passphrase" % tmp)
    refused("a key of another certificate", *tls_options("mixed"), address=address,
            says="grpc.cert_chain: %s/mixed.crt: its first certificate is not that of the key" % tmp)
    refused("no authority", *tls_options(ca="../.."), address=address, says="grpc.root_certs: ")
    refused("an address without port", *tls_options(), address="localhost",
            says="grpc.bind_address: localhost: it must be address:port or unix:///path")
    refused("a path that is too long", address="unix://" + tmp + "/" + 100 * "x", says="grpc.bind_address: %s/xx" % tmp)
    refused("a relative path", address="unix://x.sock", says="grpc.bind_address: x.sock: the path of a socket must begin")
    with open(tmp + "/file", "w") as f:
        f.write("precious")
    refused("a path of something else", address="unix://%s/file" % tmp, says="grpc.bind_address: %s/file: this is there, and no socket" % tmp)
    tap.check("which stays as it is", open(tmp + "/file").read() == "precious")


def stale_sockets():
    path = os.path.join(tmp, "stale.sock")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
    first = falco("--nodriver", address="unix://" + path)
    tap.check("a socket that a dead process left is replaced",
              first.wait("Starting gRPC server") and ask("version", "unix://" + path)[1] == OK, first.seen)
    refused("a socket of a living process", address="unix://" + path,
            says="grpc.bind_address: %s: another process listens on it" % path)
    tap.check("which still answers", ask("version", "unix://" + path)[1] == OK)
    tap.check("and ends", first.end() == 0)


def not_loaded_when_off():
    s = Service(FALCO, "-c", CONFIG, *QUIET, "--nodriver", "-r", os.path.join(SRC, "rules", "falco_rules.yaml"))
    goes_on(s)
    with open("/proc/%d/maps" % s.process.pid) as f:
        tap.check("without gRPC its library is not loaded", "libgrpc" not in f.read())
    s.end()


def main():
    reason = install()
    if reason:
        print("1..0 # SKIP gRPC: " + reason)
        return
    try:
        for case in (same_as_json, text_alerts, ten_thousand, slow_and_dead, garbage, mutual_tls, mistakes, stale_sockets,
                     not_loaded_when_off):
            case()
    finally:
        shutil.rmtree(tmp)
    tap.done()


main()
