#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What falco tells of itself while it runs: web server, metrics, stats file, status page.

usage: service.py FALCO CAPTURE
CAPTURE is fed to falco through a pipe, piece by piece, as the tests go on. The server listens on the loopback
interface, on a port that is free. promtool, openssl and chromium are used when they are there.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SRC, "tests", "lib"))
import promtool  # noqa: E402

FALCO = os.path.abspath(sys.argv[1])
CAPTURE = os.path.abspath(sys.argv[2])
STARTED = re.compile(r"Starting health webserver with threadiness \d+, listening on (\S+):(\d+)")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

warnings.simplefilter("ignore", DeprecationWarning)
checks = []


def check(title, good, remark=""):
    checks.append(good)
    print("%s %d - %s%s" % ("ok" if good else "not ok", len(checks), title, remark), flush=True)


def skip(title, why):
    print("SKIPPED: %s: %s" % (title, why), file=sys.stderr)
    check(title, True, " # SKIP " + why)


class Falco:
    """falco with a web server, its events from a pipe or none."""

    def __init__(self, folder, *options, feed=True, live=False, listens=True, address="127.0.0.1"):
        self.folder = folder
        self.pipe = None
        words = [FALCO, "-c", os.path.join(SRC, "config", "falco.yaml")]
        if "-r" not in options:
            words += ["-r", os.path.join(SRC, "rules", "falco_rules.yaml")]
        if feed:
            path = os.path.join(folder, "pipe")
            if not os.path.exists(path):
                os.mkfifo(path)
            words += ["-e", path]
        elif not live:
            words += ["--nodriver"]
        for o in ("syslog_output.enabled=false", "log_syslog=false", "webserver.enabled=true",
                  "webserver.listen_port=0", "webserver.listen_address=" + address, "metrics.enabled=true",
                  "webserver.prometheus_metrics_enabled=true", "metrics.interval=100ms"):
            words += ["-o", o]
        self.out = open(os.path.join(folder, "out"), "w+")
        self.err = open(os.path.join(folder, "err"), "w+")
        self.process = subprocess.Popen(words + list(options), stdout=self.out, stderr=self.err,
                                        env=dict(os.environ, FALCO_HOSTNAME="test-host", TZ="UTC"))
        if feed:
            with open(CAPTURE, "rb") as f:
                self.content = f.read()
            self.pipe = open(path, "wb", buffering=0)
        self.host, self.port = self.address() if listens else (None, None)

    def text(self, f):
        with open(f.name, errors="replace") as again:
            return again.read()

    def address(self):
        for _ in range(200):
            m = STARTED.search(self.text(self.err))
            if m or self.process.poll() is not None:
                return (m.group(1), int(m.group(2))) if m else (None, None)
            time.sleep(0.05)
        return None, None

    def feed(self, n):
        piece, self.content = self.content[:n], self.content[n:]
        self.pipe.write(piece)

    def ask(self, path="/", method="GET", headers=None, body=None, context=None):
        c = (http.client.HTTPSConnection(self.host, self.port, timeout=10, context=context) if context else
             http.client.HTTPConnection(self.host, self.port, timeout=10))
        try:
            c.request(method, path, headers=headers or {}, body=body)
            r = c.getresponse()
            return r.status, dict(r.getheaders()), r.read().decode()
        finally:
            c.close()

    def raw(self, data, end=True):
        s = socket.create_connection((self.host, self.port), timeout=10)
        try:
            s.sendall(data)
            if end:
                s.shutdown(socket.SHUT_WR)
            return s.recv(65536)
        except OSError:
            return b""
        finally:
            s.close()

    def until(self, wanted, seconds=60):
        deadline = time.time() + seconds
        while time.time() < deadline:
            if wanted():
                return True
            time.sleep(0.05)
        return False

    def end(self, stop=True):
        if self.pipe:
            if not stop:
                self.pipe.write(self.content)
            self.pipe.close()
        if stop and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


# ---- Prometheus' text ----

SERIES = re.compile(r'^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[\d.e+-]+)$')


def parse(text):
    """Series with their values; what is wrong as text instead."""
    series, family, done = {}, None, set()
    if not text.endswith("\n"):
        return "no newline at the end"
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            if family in done:
                return "family again: " + line
            done.add(family)
        elif line.startswith("# TYPE "):
            if line.split()[2] != family:
                return "type of another family: " + line
        else:
            m = SERIES.match(line)
            if not m or m.group(1) != family or m.group(1) + (m.group(2) or "") in series:
                return "bad: " + line
            series[m.group(1) + (m.group(2) or "")] = float(m.group(3))
    return series


# ---- tests ----

def endpoints(falco):
    status, headers, body = falco.ask("/healthz")
    check("/healthz", (status, headers["Content-Type"], body) == (200, "application/json", '{"status": "ok"}'))
    status, headers, body = falco.ask("/versions")
    want = subprocess.run([FALCO, "-c", os.path.join(SRC, "config", "falco.yaml"), "--version", "-o", "json_output=true"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True).stdout
    check("/versions is --version in JSON", status == 200 and json.loads(body) == json.loads(want))
    status, headers, body = falco.ask("/metrics?x=y")
    check("/metrics", status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4" and
          isinstance(parse(body), dict), " " + str(parse(body))[:200] if not isinstance(parse(body), dict) else "")
    if promtool.there():
        check("promtool takes /metrics", promtool.valid(body))
    else:
        skip("promtool takes /metrics", "promtool is not installed")
    status, headers, body = falco.ask("/metrics", "HEAD")
    check("HEAD has no body", status == 200 and body == "" and int(headers["Content-Length"]) > 1000)
    check("POST is refused", falco.ask("/healthz", "POST", body="x" * 100000)[0] == 405 and
          falco.ask("/metrics", "DELETE")[0] == 405)
    check("anything else is not found", all(falco.ask(p)[0] == 404 for p in
                                            ("/nothing", "/metrics/", "//", "/healthz%00", "/../etc/passwd")))


def garbage(falco):
    for data in (b"\x16\x03\x01\x02\x00\x01", os.urandom(4096), b"GET", b"\r\n" * 1000, b"GET / HTTP/9.9\r\n\r\n",
                 b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"y" * 200000,
                 b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                 b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"):
        falco.raw(data)
    check("garbage hurts nobody", falco.process.poll() is None and falco.ask("/healthz")[0] == 200)


def many(falco):
    answers = []
    held = [socket.create_connection((falco.host, falco.port), timeout=10) for _ in range(40)]

    def one(path):
        try:
            answers.append(falco.ask(path)[0])
        except OSError as e:
            answers.append(e)
    threads = [threading.Thread(target=one, args=(p,)) for p in ("/healthz", "/metrics", "/", "/versions") * 50]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for s in held:
        s.close()
    check("200 requests at once, beside 40 silent peers", answers.count(200) == 200,
          "" if answers.count(200) == 200 else " " + str([a for a in answers if a != 200][:3]))


def listens_at(pid):
    """Addresses of the process's listening sockets, as /proc has them."""
    inodes = set()
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            inodes.add(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except OSError:
            pass
    found = []
    for name in ("tcp", "tcp6"):
        with open("/proc/%d/net/%s" % (pid, name)) as f:
            for line in f.readlines()[1:]:
                w = line.split()
                if w[3] == "0A" and "socket:[%s]" % w[9] in inodes:
                    found.append(w[1])
    return found


def page(falco):
    check("the page follows the events", falco.until(lambda: falco.feed(400) or "Read sensitive file untrusted" in falco.ask("/")[2] and
                                                     "/etc/shadow" in falco.ask("/")[2]))
    status, headers, body = falco.ask("/")
    policy = headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-(\w+)'", policy)
    check("the page allows its own script only", status == 200 and nonce and "default-src 'none'" in policy and
          body.count("nonce=\"%s\"" % nonce.group(1)) == 2 and nonce.group(1) not in falco.ask("/")[2])
    check("the page needs nothing from elsewhere", not re.search(r"(src|href)=|https?://|url\(|@import", body))
    check("the page shows rules, outputs and alerts", "Read sensitive file untrusted" in body and
          "<td>stdout" in body and "/etc/shadow" in body and "test-host" in body)
    elsewhere = falco.ask("/", headers={"Host": "falco.example:8765"})[2]
    check("texts of alerts are for this machine", "Read sensitive file untrusted" in elsewhere and
          "/etc/shadow" not in elsewhere and "<code>" not in elsewhere)
    check("it listens where it was told to", listens_at(falco.process.pid) == ["0100007F:%04X" % falco.port],
          " " + str(listens_at(falco.process.pid)))


def browser(falco, folder):
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    title = "a browser shows the page"
    if not program:
        return skip(title, "no chromium here")
    p = subprocess.run([program] + FLAGS + ["--user-data-dir=" + os.path.join(folder, "browser"),
                                            "--virtual-time-budget=2000", "--dump-dom", "http://127.0.0.1:%d/" % falco.port],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True, timeout=120)
    dom = p.stdout
    verdict = re.search(r'<span class="pill (\w+)" id="verdict">([^<]*)<', dom)
    events = re.search(r'<span id="events">([\d,]+)<', dom)
    check(title, bool(verdict and verdict.group(2) == "All is well" and events and int(events.group(1).replace(",", "")) > 50 and
                      dom.count("<tr") > 8 and dom.count("<svg") >= 4 and "</details>" in dom),
          "" if verdict else " " + dom[:200].replace("\n", " "))


def reloads(falco, rules):
    """Rules change again and again while figures are asked for."""
    bad, seen = [], set()
    for turn in range(8):
        with open(rules, "w") as f:
            f.write("- rule: turn %d \"quoted\"\n  desc: d\n  condition: evt.type in (open, openat, execve, close)\n"
                    "  output: x\n  priority: WARNING\n  tags: [a.b, a_b]\n" % turn)
        falco.process.send_signal(signal.SIGHUP)
        for _ in range(4):
            falco.feed(1500)
            text = falco.ask("/metrics")[2]
            series = parse(text)
            if not isinstance(series, dict) or (promtool.there() and not promtool.valid(text)):
                bad.append(series)
            seen.update(re.findall(r'rule_name="turn (\d) \\"quoted\\""', text))
            if "Rules by matches" not in falco.ask("/")[2]:
                bad.append("page without rules")
            time.sleep(0.03)
    check("figures stay valid through reloads", not bad, " " + str(bad[:2]) if bad else "")
    check("and have the new names", len(seen) >= 3, " " + str(sorted(seen)))


def records(falco, folder):
    """Files and alerts with figures."""
    with open(os.path.join(folder, "metrics.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    samples = [line["sample"] for line in lines]
    fields = lines[-1]["output_fields"]
    check("metrics.output_file", samples == list(range(1, len(lines) + 1)) and len(lines) > 2 and
          sorted(lines[-1]) == ["output_fields", "sample"])
    wanted = ("evt.time evt.hostname evt.source falco.version falco.start_ts falco.duration_sec falco.kernel_release "
              "falco.host_boot_ts falco.host_num_cpus falco.reload_ts falco.outputs_queue_num_drops falco.num_evts "
              "falco.num_evts_prev falco.rules.matches_total falco.cpu_usage_perc falco.memory_rss_mb falco.n_threads "
              "scap.engine_name scap.n_evts scap.n_evts_prev scap.evts_rate_sec scap.n_drops scap.n_drops_prev "
              "scap.evts_drop_rate_sec scap.n_drops_perc falco.sha256_rules_file.rules_yaml "
              "falco.sha256_config_file.falco_yaml falco.outputs.stdout.written").split()
    missing = [w for w in wanted if w not in fields]
    check("it has Falco's fields", not missing and fields["evt.hostname"] == "test-host" and
          fields["falco.num_evts"] > 50, " " + str(missing))
    out = falco.text(falco.out)
    check("the alert with figures", "Informational Falco metrics snapshot (evt.hostname=\"test-host\"" in out)
    with open(os.path.join(folder, "stats")) as f:
        stats = f.read().splitlines()
    objects = [json.loads(line[:-1]) for line in stats if line.endswith(",")]
    last = objects[-1] if objects else {}
    check("-s", len(objects) == len(stats) > 2 and list(last) == ["sample", "who", "cur", "delta", "drop_pct"] and
          last["who"] == "me" and last["cur"]["events"] > 50 and
          sum(o["delta"]["events"] for o in objects) == last["cur"]["events"])


def certificate(folder):
    key, cert, both = (os.path.join(folder, n) for n in ("key.pem", "cert.pem", "both.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(both, "w") as out:
        for path in (key, cert):
            with open(path) as f:
                out.write(f.read())
    return cert, both, key


def tls(folder):
    if not shutil.which("openssl"):
        return skip("TLS", "openssl is not installed")
    cert, both, key = certificate(folder)
    options = ["-o", "webserver.ssl_enabled=true", "-o", "webserver.ssl_certificate="]
    falco = Falco(folder, *options[:-1], options[-1] + both, feed=False)
    trusting = ssl.create_default_context(cafile=cert)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(cert)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED

    def refused(context):
        try:
            return not falco.ask("/healthz", context=context)
        except (OSError, http.client.HTTPException):
            return True
    check("TLS", falco.ask("/healthz", context=trusting)[2] == '{"status": "ok"}' and
          "(SSL)" in falco.text(falco.err) and falco.raw(b"GET /healthz HTTP/1.1\r\n\r\n")[:4] != b"HTTP")
    check("TLS before 1.2 is refused", refused(old) and refused(ssl.create_default_context()))
    with open(key) as f:
        secret = f.read().splitlines()[3]
    status = falco.end()
    check("the key shows nowhere", status == 0 and secret not in falco.text(falco.err) + falco.text(falco.out))
    falco = Falco(folder, *options[:-1], options[-1] + cert, feed=False)
    check("a certificate without its key", falco.end() == 1 and
          "cert.pem: it must have both a certificate and its private key" in falco.text(falco.err))


def refusals(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        falco = Falco(folder, "-o", "webserver.listen_port=%d" % taken.getsockname()[1], feed=False)
        check("a port that is taken", falco.end() == 1 and "Address already in use" in falco.text(falco.err))
    falco = Falco(folder, feed=False, address="localhost")
    check("an address that is a name", falco.end() == 1 and
          "\"localhost\" is not a valid IP address" in falco.text(falco.err))
    with open(os.path.join(folder, "libmicrohttpd.so.12"), "w"):
        before = os.environ.get("LD_LIBRARY_PATH")
        os.environ["LD_LIBRARY_PATH"] = ":".join(filter(None, (folder, before)))
    falco = Falco(folder, feed=False)
    os.environ["LD_LIBRARY_PATH"] = before or ""
    check("a library that cannot be loaded", falco.end() == 1 and
          re.search(r"libmicrohttpd\.so\.12: .*: install the library", falco.text(falco.err)))
    falco = Falco(folder, "-o", "metrics.enabled=false", feed=False)
    check("no /metrics without metrics.enabled", falco.ask("/metrics")[0] == 404 and falco.ask("/")[0] == 200)
    falco.end()
    falco = Falco(folder, "-o", "webserver.k8s_healthz_endpoint=/alive", feed=False)
    check("another health endpoint", falco.ask("/alive")[0] == 200 and falco.ask("/healthz")[0] == 404)
    falco.end()
    falco = Falco(folder, "-o", "webserver.enabled=false", "-M", "1", feed=False)
    check("no server unless it is enabled", falco.process.wait(30) == 0 and falco.port is None)
    falco = Falco(folder, "-o", "metrics.enabled=false", listens=False)
    check("a replay listens only for figures", falco.end(stop=False) == 0 and not STARTED.search(falco.text(falco.err)))
    falco = Falco(folder, "-o", "metrics.output_file=/dev/full", "-M", "1", feed=False)
    check("a full disk is said once", falco.process.wait(30) == 0 and
          falco.text(falco.err).count("Could not write figures to /dev/full: No space left on device") == 1)


def failing(folder):
    """The page says so when an output fails."""
    falco = Falco(folder, "-o", "file_output.enabled=true", "-o", "file_output.filename=/dev/full",
                  "-o", "time_format_iso_8601=true")
    try:
        shown = falco.until(lambda: falco.feed(1000) or 'id="verdict">An output fails' in falco.ask("/")[2])
        failed = re.search(r'output_failed_total{output="file"} (\d+)', falco.ask("/metrics")[2])
        check("an output that fails is seen", shown and failed and int(failed.group(1)) > 0 and
              falco.ask("/healthz")[0] == 200)
    finally:
        falco.end()


def live(folder):
    """Figures of the kernel side, about a shell of ours and what it starts."""
    title = "figures of live capture"
    with subprocess.Popen(["sh", "-c", "while :; do cat /dev/null; sleep 0.1; done"]) as shell:
        falco = Falco(folder, "-o", "engine.kind=modern_ebpf", "-o", "engine.modern_ebpf.scope=pid:%d" % shell.pid,
                      "-o", "metrics.kernel_event_counters_per_cpu_enabled=true", feed=False, live=True)

        def figures():
            try:
                text = falco.ask("/metrics")[2]
            except (OSError, http.client.HTTPException):
                falco.process.wait(30)
                return True  # it ends where there is no live capture
            series = parse(text)
            per_cpu = [n for name, n in series.items() if name.startswith("falcosecurity_scap_n_evts_cpu_total")]
            return (series.get("falcosecurity_scap_n_evts_total", 0) > 100 and sum(per_cpu) > 100 and
                    'n_drops_buffer_total{dir="exit",drop="open"}' in text and 'engine_name="modern_bpf"' in text)
        try:
            good = falco.until(figures, 30)
            if os.geteuid() != 0 or not os.path.exists("/sys/kernel/btf/vmlinux"):
                skip(title, "live capture takes root and a kernel with BTF")
            else:
                check(title, good and falco.process.poll() is None)
        finally:
            falco.end()
            shell.kill()


def replay(folder):
    rules = os.path.join(folder, "rules.yaml")
    with open(os.path.join(SRC, "rules", "falco_rules.yaml")) as f, open(rules, "w") as out:
        out.write(f.read())
    os.environ["FALCO_STATS_EXTRA_who"] = "me"
    falco = Falco(folder, "-r", rules, "-o", "metrics.output_file=" + os.path.join(folder, "metrics.jsonl"),
                  "-s", os.path.join(folder, "stats"), "--stats-interval", "100", "-o", "watch_config_files=false")
    try:
        falco.feed(len(falco.content) // 3)
        check("alerts do not wait for the rest of the capture",
              falco.until(lambda: "Service started a shell" in falco.text(falco.out)))
        endpoints(falco)
        garbage(falco)
        many(falco)
        page(falco)
        browser(falco, folder)
        reloads(falco, rules)
        time.sleep(0.5)
        records(falco, folder)
        check("the end of the run", falco.end(stop=False) == 0 and "Triggered rules by rule name:" in falco.text(falco.out))
    finally:
        if falco.process.poll() is None:
            falco.process.kill()


def main():
    with tempfile.TemporaryDirectory() as folder:
        replay(folder)
        tls(folder)
        refusals(folder)
        failing(folder)
        live(folder)
    print("1..%d" % len(checks))


main()
