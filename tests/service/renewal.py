#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates that are replaced while falco runs: a reload is all that new connections need.

usage: renewal.py FALCO
"""
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402

FALCO = os.path.abspath(sys.argv[1])
RULES = os.path.join(service.SRC, "rules", "falco_rules.yaml")
tap = service.Tap()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class World:
    """Three identities, and the files that falco is told of, which are those of one of them."""

    def __init__(self, folder):
        self.folder = folder
        for name in "first", "second", "client":
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                            self.path(name + ".key"), "-out", self.path(name + ".crt")], check=True, stderr=subprocess.DEVNULL)
        shutil.copyfile(self.path("client.crt"), self.path("roots"))
        self.use("first")

    def path(self, name):
        return os.path.join(self.folder, name)

    def use(self, name):
        parts = [open(self.path(name + end)).read() for end in (".key", ".crt")]
        for target, text in ("key", parts[0]), ("chain", parts[1]), ("pem", "".join(parts)):
            with open(self.path(target + ".new"), "w") as f:
                f.write(text)
            os.rename(self.path(target + ".new"), self.path(target))

    def connect(self, port, trusted, **more):
        context = ssl.create_default_context(cafile=self.path(trusted + ".crt"))
        context.load_cert_chain(self.path("client.crt"), self.path("client.key"))
        for key, value in more.items():
            getattr(context, key)(value)
        raw = socket.create_connection(("127.0.0.1", port), service.PATIENCE)
        try:
            return context.wrap_socket(raw, server_hostname="127.0.0.1")
        except (ssl.SSLError, OSError):
            raw.close()
            return None

    def shows(self, port, name, **more):
        """Whether the server is this one, and not the other."""
        other = "second" if name == "first" else "first"
        good, bad = self.connect(port, name, **more), self.connect(port, other, **more)
        for c in good, bad:
            if c:
                c.close()
        return bool(good) and not bad


class Visitor(threading.Thread):
    """Asks the web server again and again, whoever it is."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.good, self.refused, self.stop = port, 0, [], False
        self.context = ssl._create_unverified_context()

    def run(self):
        while not self.stop:
            try:
                raw = socket.create_connection(("127.0.0.1", self.port), service.PATIENCE)
            except OSError as e:
                self.refused.append(str(e))
                continue
            try:
                with self.context.wrap_socket(raw) as c:
                    c.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    self.good += b"200 OK" in c.recv(4096)
            except OSError:
                pass  # one that was open when the server changed
            time.sleep(.002)


def reload(falco, text):
    falco.send(signal.SIGHUP)
    return falco.wait(text, "Configuration reloaded")


def web(w):
    port = free_port()
    falco = service.Service(FALCO, "-c", service.CONFIG, "-r", RULES, "--nodriver", *service.QUIET[:-2], "-o",
                            "watch_config_files=false", "-o", "webserver.enabled=true", "-o", "webserver.listen_port=%d" % port,
                            "-o", "webserver.listen_address=127.0.0.1", "-o", "webserver.ssl_enabled=true", "-o",
                            "webserver.ssl_certificate=" + w.path("pem"))
    falco.wait("listening on")
    time.sleep(.2)
    tap.check("web: the first", w.shows(port, "first"))
    visitor = Visitor(port)
    visitor.start()
    w.use("second")
    tap.check("web: it is told", reload(falco, "Web server: new connections get the new certificate"), falco.seen)
    tap.check("web: the second", w.shows(port, "second"))
    with open(w.path("pem"), "w") as f:
        f.write("-----BEGIN CERTIFICATE-----\nnonsense\n-----BEGIN PRIVATE KEY-----\n")
    tap.check("web: one that is of no use", reload(falco, "Web server: the certificate stays as it was: " + w.path("pem")), falco.seen)
    tap.check("web: the second stays", w.shows(port, "second"))
    os.unlink(w.path("pem"))
    tap.check("web: none", reload(falco, w.path("pem") + ": No such file"), falco.seen)
    for i in range(20):
        w.use(("first", "second")[i % 2])
        if not reload(falco, "Web server: new connections"):
            break
    tap.check("web: to and fro", i == 19 and w.shows(port, "second"))
    falco.seen.clear()
    tap.check("web: the same again is not told", reload(falco, "") and not [x for x in falco.seen if "Web server" in x])
    visitor.stop = True
    visitor.join()
    tap.check("web: nobody was ever refused", visitor.good > 20 and not visitor.refused, (visitor.good, visitor.refused[:3]))
    tap.check("web: descriptors do not add up", len(os.listdir("/proc/%d/fd" % falco.process.pid)) < 60)
    tap.check("web: ends well", falco.end() == 0)


def grpc(w):
    port = free_port()
    w.use("first")
    falco = service.Service(FALCO, "-c", service.CONFIG, "-r", RULES, "--nodriver", *service.QUIET, "-o",
                            "watch_config_files=false", "-o", "grpc.enabled=true", "-o", "grpc_output.enabled=true", "-o",
                            "grpc.bind_address=127.0.0.1:%d" % port, "-o", "grpc.private_key=" + w.path("key"), "-o",
                            "grpc.cert_chain=" + w.path("chain"), "-o", "grpc.root_certs=" + w.path("roots"))
    if not falco.wait("Starting gRPC server"):
        print("# " + "\n# ".join(falco.seen))
    h2 = {"set_alpn_protocols": ["h2"]}
    tap.check("grpc: the first", w.shows(port, "first", **h2))
    open_one = w.connect(port, "first", **h2)
    w.use("second")
    tap.check("grpc: it is told", reload(falco, "gRPC server: new connections get the new certificate"), falco.seen)
    tap.check("grpc: the second", w.shows(port, "second", **h2))
    open_one.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    tap.check("grpc: an open connection goes on", len(open_one.recv(100)) >= 9)
    with open(w.path("key"), "w") as f:
        f.write("nonsense")
    tap.check("grpc: a key that is none", reload(falco, "gRPC server: the certificate stays as it was: grpc.private_key"), falco.seen)
    tap.check("grpc: the second stays", w.shows(port, "second", **h2))
    w.use("first")
    tap.check("grpc: the first again", reload(falco, "gRPC server: new connections") and w.shows(port, "first", **h2))
    tap.check("grpc: nothing of a key is in the log", not [x for x in falco.seen if "PRIVATE" in x or "nonsense" in x])
    tap.check("grpc: ends well", falco.end() == 0)


with tempfile.TemporaryDirectory() as tmp:
    world = World(tmp)
    web(world)
    grpc(world)
tap.done()
