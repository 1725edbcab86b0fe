#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What http_output sends, to whom, and what becomes of the run when nobody takes it.

usage: http_output.py FALCO CAPTURE
Every case replays CAPTURE with a server of its own on the loopback interface, and holds what that
got against the alerts that the same run wrote to a file.
"""
import base64
import gzip
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SRC, "tests", "lib"))
from receiver import Server  # noqa: E402

FALCO = os.path.abspath(sys.argv[1])
CAPTURE = os.path.abspath(sys.argv[2])


class Run:
    def __init__(self, url, *options, json="true", arguments=()):
        with tempfile.TemporaryDirectory() as tmp:
            alerts = os.path.join(tmp, "alerts")
            command = [FALCO, "-c", os.path.join(SRC, "config", "falco.yaml"), "-e", CAPTURE,
                       "-r", os.path.join(SRC, "rules", "falco_rules.yaml")]
            for o in ("syslog_output.enabled=false", "log_syslog=false", "stdout_output.enabled=false", "file_output.enabled=true",
                      "file_output.keep_alive=true", "file_output.filename=" + alerts, "http_output.enabled=true",
                      "http_output.url=" + url, "json_output=" + json) + options:
                command += ["-o", o]
            command += arguments
            begin = time.time()
            p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                               env=dict(os.environ, FALCO_HOSTNAME="host", TZ="UTC", no_proxy="*"))
            self.seconds = time.time() - begin
            self.status = p.returncode
            self.out = p.stdout.decode()
            self.log = p.stderr.decode()
            self.alerts = []
            if os.path.exists(alerts):
                with open(alerts, "rb") as f:
                    self.alerts = f.read().split(b"\n")[:-1]

    def complete(self):
        """All went well for everybody but the HTTP output."""
        m = re.search(r"Events detected: (\d+)", self.out)
        return self.status == 0 and m and int(m.group(1)) == len(self.alerts) > 0

    def logged(self, text):
        return self.log.count("http output: " + text)


# ---- cases ----

def same_bytes():
    with Server() as s:
        r = Run(s.url(path="/alerts?a=b"))
        path, headers, body = s.got[0]
        return (r.complete() and s.bodies() == r.alerts and body.startswith(b'{"hostname":"host","output":"')
                and path == "/alerts?a=b" and headers["Content-Type"] == "application/json"
                and headers["User-Agent"] == "falcosecurity/falco" and not headers["Expect"]
                and not headers["Content-Encoding"] and s.connections == 1)


def text():
    with Server() as s:
        r = Run("'%s'" % s.url(), "http_output.user_agent=mine", json="false")
        _, headers, _ = s.got[0]
        return (r.complete() and s.bodies() == r.alerts and headers["Content-Type"] == "text/plain"
                and headers["User-Agent"] == "mine")


def compressed():
    with Server() as s:
        r = Run(s.url(), "http_output.compress_uploads=true")
        return (r.complete() and [gzip.decompress(b) for b in s.bodies()] == r.alerts
                and all(h["Content-Encoding"] == "gzip" and h["Content-Type"] == "application/json" for _, h, _ in s.got))


def compression_refused():
    def answer(request, n):
        request.reply(400 if request.headers["Content-Encoding"] else 200)
    with Server(answer) as s:
        r = Run(s.url(), "http_output.compress_uploads=true")
        return r.complete() and s.bodies()[1:] == r.alerts and gzip.decompress(s.bodies()[0]) == r.alerts[0] and not r.logged("")


def no_need_of_body():
    with Server(lambda q, n: q.reply(204)) as s:
        r = Run(s.url())
        return r.complete() and s.bodies() == r.alerts and not r.logged("")


def echo():
    with Server(lambda q, n: q.reply(200, b"answer %d\n" % n)) as s:
        r = Run(s.url(), "http_output.echo=true")
        quiet = Run(s.url())
        return (r.complete() and [l for l in r.out.split("\n") if l.startswith("answer")] ==
                ["answer %d" % (i + 1) for i in range(len(r.alerts))] and "answer" not in quiet.out)


def server_errors():
    with Server(lambda q, n: q.reply(503 if n in (2, 3, 5) else 200)) as s:
        r = Run(s.url())
        return (r.complete() and s.bodies() == r.alerts and r.logged("HTTP status 503, alerts to it are lost") == 2
                and r.logged("works again") == 2)


def redirects():
    with Server() as other, Server(lambda q, n: q.reply(307, Location=other.url())) as s:
        r = Run(s.url())
        return r.complete() and s.bodies() == r.alerts and not other.got and r.logged("HTTP status 307") == 1


def nobody_there():
    with socket.socket() as s:  # bound, but does not listen
        s.bind(("127.0.0.1", 0))
        r = Run("http://127.0.0.1:%d/" % s.getsockname()[1])
        return r.complete() and r.logged("Failed to connect") == 1 and r.seconds < 30


def unknown_host():
    r = Run("http://no-such-host.invalid/", "priority=critical")
    return r.complete() and r.logged("Could not resolve host") == 1


def reset():
    """The connection is reset whenever the second alert comes: that one is lost and told."""
    def answer(request, n):
        if n > 1 and request.server.got[-1][2] == request.server.got[1][2]:
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.connection.close()
            request.close_connection = True
        else:
            request.reply(200)
    with Server(answer) as s:
        r = Run(s.url())
        taken = [b for b in s.bodies() if b != r.alerts[1]]
        return (r.complete() and taken == r.alerts[:1] + r.alerts[2:] and r.logged("works again") == 1
                and r.logged("Recv failure: Connection reset by peer, alerts to it are lost") == 1)


def garbage():
    """Not HTTP at all, an answer that ends too early, one without end."""
    answers = [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"\0" * 100]

    def answer(request, n):
        request.wfile.write(answers[n % len(answers)])
        request.close_connection = True
    with Server(answer) as s:
        r = Run(s.url(), "priority=critical")
        return r.complete() and len(s.got) >= len(r.alerts) and r.logged("") >= 1


def slow():
    """The replay waits for it, nothing is lost, and the watchdog keeps still."""
    def answer(request, n):
        time.sleep(0.02)
        request.reply(200)
    with Server(answer) as s:
        r = Run(s.url())
        return r.complete() and s.bodies() == r.alerts and "timeout" not in r.log


def silent():
    """Never answers: as many further attempts as configured, then the next alert."""
    def answer(request, n):
        time.sleep(2)
        request.close_connection = True
    with Server(answer) as s:
        r = Run(s.url(), "priority=critical", "http_output.timeout=100", "http_output.max_consecutive_timeouts=2",
                "output_timeout=50")
        want = [a for a in r.alerts for _ in range(3)]
        return (r.complete() and s.bodies() == want and r.logged("Operation timed out") == 1
                and '"http" output timeout, it is blocked; other outputs go on' in r.log)


def secrets():
    with Server() as s:
        url = s.url().replace("http://", "http://user:Xyzz%65y@")
        r = Run(url)
        want = "Basic " + base64.b64encode(b"user:Xyzzey").decode()
        good = r.complete() and s.got[0][1]["Authorization"] == want
    dead = Run(url, "log_level=debug")  # nobody there any more
    support = Run(url, "http_output.user_agent=a@b", arguments=["--support"])
    nonsense = Run("http://user:Xyzz%65y@:x/", "log_level=debug")
    return (good and dead.logged("Failed to connect") == 1 and nonsense.status == 1 and "http_output: " in nonsense.log
            and support.status == 0 and "http_output.url=http://***@127.0.0.1" in support.out and "a@b" in support.out
            and not any(re.search("Xyzz(e|%65)y", x.out + x.log) for x in (r, dead, nonsense, support)))


def other_protocols():
    with tempfile.NamedTemporaryFile() as f:
        r = Run("file://" + f.name)
        return r.complete() and r.logged("") == 1 and os.path.getsize(f.name) == 0


def spooled():
    """What nobody took is delivered by the next run, before its own; but for the ids, alerts are what they are without a spool."""
    with tempfile.TemporaryDirectory() as tmp, Server() as s:
        spool = "outputs_spool.path=" + os.path.join(tmp, "spool")
        first = Run("http://127.0.0.1:1/", spool)
        second = Run(s.url(), spool)
        plain = Run(s.url("localhost"))
        ids = [re.search(rb',"id":"([0-9a-f-]{36})-(\d+)"', a) for a in first.alerts + second.alerts]
        bare = [re.sub(rb',"id":"[^"]*"', b"", a, 1) for a in first.alerts]
        return (first.complete() and second.complete() and plain.complete()
                and first.logged("Failed to connect") == 1 and "it will be tried again" in first.log
                and s.bodies() == first.alerts + second.alerts + plain.alerts and bare == plain.alerts
                and [int(i.group(2)) for i in ids] == list(range(1, len(ids) + 1)) and len({i.group(1) for i in ids}) == 1)


class Certificates:
    def __init__(self, folder):
        self.folder = folder
        for name in ("ca", "other"):
            self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                         "-subj", "/CN=" + name, "-keyout", self[name + ".key"], "-out", self[name + ".crt"])
        self.sign("server", "subjectAltName=IP:127.0.0.1")
        self.sign("stranger", "subjectAltName=DNS:elsewhere.example")
        self.sign("client", "extendedKeyUsage=clientAuth")
        with open(self["bundle.crt"], "w") as out:
            for name in ("other.crt", "ca.crt"):
                with open(self[name]) as f:
                    out.write(f.read())
        os.mkdir(self["hashed"])
        name = self.openssl("x509", "-hash", "-noout", "-in", self["ca.crt"]).decode().strip()
        os.symlink(self["ca.crt"], os.path.join(self["hashed"], name + ".0"))

    def __getitem__(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def openssl(*args):
        return subprocess.run(("openssl",) + args, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def sign(self, name, extension):
        with open(self["extensions"], "w") as f:
            f.write(extension)
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                     "-keyout", self[name + ".key"], "-out", self["request"])
        self.openssl("x509", "-req", "-days", "2", "-in", self["request"], "-CA", self["ca.crt"], "-CAkey", self["ca.key"],
                     "-CAcreateserial", "-extfile", self["extensions"], "-out", self[name + ".crt"])

    def context(self, name, clients=False):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(self[name + ".crt"], self[name + ".key"])
        if clients:
            c.load_verify_locations(self["ca.crt"])
            c.verify_mode = ssl.CERT_REQUIRED
        return c


def tls(certs):
    """Who is trusted: option, whether alerts arrive."""
    cases = [("server", "http_output.ca_cert=" + certs["ca.crt"], True),
             ("server", "http_output.ca_bundle=" + certs["bundle.crt"], True),
             ("server", "http_output.ca_path=" + certs["hashed"], True),
             ("server", "http_output.insecure=true", True),
             ("server", "http_output.insecure=false", False),
             ("server", "http_output.ca_cert=" + certs["other.crt"], False),
             ("server", "http_output.ca_cert=" + certs["missing.crt"], False),
             ("stranger", "http_output.ca_cert=" + certs["ca.crt"], False),
             ("stranger", "http_output.insecure=true", True)]
    for name, option, good in cases:
        with Server(tls=certs.context(name)) as s:
            r = Run(s.url(), option, "priority=critical")
            if not r.complete() or s.bodies() != (r.alerts if good else []) or bool(r.logged("")) == good:
                print("# %s, %s: %d arrived\n# %s" % (name, option, len(s.got), r.log))
                return False
    return True


def mutual_tls(certs):
    with Server(tls=certs.context("server", clients=True)) as s:
        ca = "http_output.ca_cert=" + certs["ca.crt"]
        cert = ("http_output.client_cert=" + certs["client.crt"], "http_output.client_key=" + certs["client.key"])
        stranger = Run(s.url(), ca, "priority=critical", *cert)  # has one, but was not told to show it
        refused = stranger.complete() and not s.got and stranger.logged("") > 0
        r = Run(s.url(), ca, "http_output.mtls=true", *cert)
        broken = Run(s.url(), ca, "priority=critical", "http_output.mtls=true", cert[0],
                     "http_output.client_key=" + certs["server.key"])  # does not belong to it
        return refused and r.complete() and s.bodies() == r.alerts and broken.complete() and broken.logged("") == 1


def main():
    with tempfile.TemporaryDirectory() as folder:
        certs = Certificates(folder)
        cases = [same_bytes, text, compressed, compression_refused, no_need_of_body, echo, server_errors, redirects, nobody_there,
                 unknown_host, reset, garbage, slow, silent, secrets, other_protocols,
                 spooled, tls, mutual_tls]
        print("1..%d" % len(cases))
        for i, case in enumerate(cases):
            good = case(certs) if case in (tls, mutual_tls) else case()
            print("%s %d - %s" % ("ok" if good else "not ok", i + 1, case.__name__.replace("_", " ")), flush=True)


main()
