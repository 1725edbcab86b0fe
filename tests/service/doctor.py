#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""falco doctor: every check where all is well, and where it is not.

usage: doctor.py FALCO CAPTURE
"""
import http.server
import json
import os
import pty
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402

FALCO, CAPTURE = map(os.path.abspath, sys.argv[1:3])
SETTINGS_FRAME = b"\0\0\0\4\0\0\0\0\0"
RULE = """- rule: %s
  desc: d
  condition: evt.type = open and proc.name = x
  output: o
  priority: INFO
"""
tap = service.Tap()
folder = tempfile.mkdtemp(prefix="doctor-test-")


def path(*names):
    return os.path.join(folder, *names)


def write(name, text):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w") as f:
        f.write(text)
    return path(name)


# Nothing of this machine decides: a capture is read, and only stdout is written to.
BASE = ["-c", write("falco.yaml", "stdout_output: {enabled: true}\nlog_stderr: true\nlog_syslog: false\n"),
        "-r", write("rules.yaml", RULE % "One"), "-e", CAPTURE]


def run(*args, base=BASE, **environment):
    p = subprocess.run([FALCO, "doctor"] + base + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       universal_newlines=True, stdin=subprocess.DEVNULL, timeout=service.PATIENCE * 3,
                       env=dict(os.environ, **environment), cwd=folder)
    return p.returncode, p.stdout, p.stderr


def findings(*args, **more):
    status, out, err = run("--json", *args, **more)
    try:
        report = json.loads(out)
    except ValueError:
        tap.check("JSON of %s" % (args,), False, out + err)
        return status, []
    broken = [f for f in report["findings"] if f["state"] == "broken"]
    if (status == 0) != report["healthy"] or report["healthy"] != (not broken) or report["broken"] != len(broken):
        tap.check("exit status, healthy and broken agree for %s" % (args,), False, out)
    return status, report["findings"]


def expect(title, state, area, check, word, *args, **more):
    """A finding of this area and check is in this state, has the word, and a remedy when it is bad."""
    status, found = findings(*args, **more)
    good = [f for f in found if (f["area"], f["check"], f["state"]) == (area, check, state) and word in f["found"]
            and (bool(f["remedy"]) or state in ("ok", "none"))]
    tap.check(title, bool(good) and (status == 1 or state != "broken"),
              "exit status %d\n%s" % (status, json.dumps([f for f in found if f["area"] == area], indent=1)))


def option(*pairs):
    return [x for p in pairs for x in ("-o", p)]


def general():
    status, out, _ = run()
    tap.check("all is well: exit status 0", status == 0 and out.splitlines()[-1].startswith("0 broken, "), out)
    bad = [f for f in findings()[1] if f["state"] == "warning" and f["area"] != "machine"]
    tap.check("all is well: no warnings, but perhaps of this machine", not bad, bad)
    tap.check("no colour in a file", "\033" not in out)
    columns = {re.match(r"  \w+ +\S+( \S+)* {2,}", line).end() for line in out.splitlines() if line.startswith("  ok")}
    tap.check("aligned", len(columns) == 1, out)
    status, out, err = run("extra")
    tap.check("an operand is refused", status == 1 and "extra" in err and not out, err)
    status, out, err = run("--only", "nonsense")
    tap.check("an area that there is not is refused", status == 1 and "containers" in err, err)
    status, out, err = run("--onyl", "rules")
    tap.check("an option that there is not is refused", status == 1 and "does not exist" in err, err)
    status, out, err = run("--help")
    tap.check("help", status == 0 and "--json" in out and "--only" in out and not err, out)
    _, found = findings("--only", "outputs")
    tap.check("--only", {f["area"] for f in found} == {"outputs"}, found)


def colour():
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.execv(FALCO, [FALCO, "doctor"] + BASE)
    out = b""
    while True:
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        out += got
    os.waitpid(pid, 0)
    os.close(fd)
    tap.check("colour on a terminal", b"\033[32mok" in out, out)


def configuration():
    area = "configuration"
    expect("configuration: read", "ok", area, "file", "schema ok")
    expect("configuration: unknown key, with the nearest", "warning", area, "keys", "jsn_output", *option("jsn_output=true"))
    expect("configuration: value out of range", "broken", area, "keys", "buf_size_preset",
           *option("engine.modern_ebpf.buf_size_preset=11"))
    expect("configuration: no YAML", "broken", area, "keys", "", base=["-c", write("bad.yaml", "a: [b\n")])
    expect("configuration: not there", "broken", area, "keys", "nowhere.yaml", base=["-c", path("nowhere.yaml")])
    for what, check, *pairs in [
            ("nobody hears", "log", "log_stderr=false"),
            ("metrics for nobody", "metrics", "metrics.enabled=true", "metrics.output_rule=false"),
            ("Prometheus without metrics", "metrics", "webserver.prometheus_metrics_enabled=true"),
            ("Prometheus without a server", "web server", "webserver.prometheus_metrics_enabled=true"),
            ("JSON that says nothing", "json", "json_output=true", "json_include_output_property=false",
             "json_include_output_fields_property=false"),
            ("a capture before nothing", "capture", "capture.before=1000"),
            ("half of gRPC", "grpc", "grpc_output.enabled=true"),
            ("a queue beside the spool", "spool", "outputs_spool.path=" + path("spool"), "outputs_queue.capacity=7")]:
        expect("configuration: " + what, "warning", area, check, "", *option(*pairs))
    included = write("more.yaml", "priority: debug\n")
    expect("configuration: a file that it includes", "ok", area, "file", included, *option("config_files[]=" + included))
    expect("configuration: a file that it names is missing", "none", area, "missing", "gone.yaml",
           *option("config_files[]=" + path("gone.yaml")))


def rules():
    expect("rules: loaded", "ok", "rules", "active", "1 of 1")
    expect("rules: wrong condition", "broken", "rules", "file", "nosuch",
           "-r", write("wrong.yaml", (RULE % "Two").replace("proc.name", "nosuch.field")))
    expect("rules: warning", "warning", "rules", "file", "unused",
           "-r", write("warn.yaml", "- macro: unused\n  condition: proc.name = x\n"))
    expect("rules: not there", "broken", "rules", "files", "gone.yaml", "-r", path("gone.yaml"))
    expect("rules: none active", "broken", "rules", "active", "0 of 1", "-D", "One")
    expect("rules: a name that is of none", "warning", "rules", "selection", "Tow", *option("rules[]={disable: {rule: Tow}}"))
    expect("rules: a tag that is of none", "warning", "rules", "selection", "-T nonsense", "-T", "nonsense")
    _, found = findings("-D", "One", "-r", write("rules2.yaml", RULE % "Two"))
    tap.check("rules: a name that is there", "selection" not in [f["check"] for f in found], found)
    expect("rules: ask for captures", "warning", "rules", "capture", "1 active",
           "-r", write("capture.yaml", RULE % "Three" + "  capture: true\n"))


def events():
    expect("capture file: there", "ok", "events", "capture file", CAPTURE)
    expect("capture file: not there", "broken", "events", "capture file", "gone.scap", "-e", path("gone.scap"))
    live = BASE[:-2]
    kinds = ["--only", "events"] + option("engine.kind=modern_ebpf")
    _, found = findings(*kinds, base=live)
    tap.check("kernel: asked", "CAP_BPF" in [f["check"] for f in found], found)
    tap.check("kernel: what is bad has a remedy", all(f["remedy"] for f in found if f["state"] in ("broken", "warning")))
    if os.geteuid() == 0 and shutil.which("setpriv"):
        p = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", FALCO, "doctor", "--json"] + live + kinds,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        states = {f["check"]: f["state"] for f in json.loads(p.stdout)["findings"]}
        tap.check("kernel: without capabilities", p.returncode == 1 and states["CAP_BPF"] == "broken"
                  and states["CAP_SYS_PTRACE"] == "warning", states)
    else:
        tap.check("kernel: without capabilities # SKIP takes root and setpriv", True)
    expect("kernel: not asked about for a capture", "none", "events", "kernel", "capture")
    library = option("load_plugins[]=mine", "plugins[]={name: mine, library_path: %s}" % path("libmine.so"))
    expect("plugin: not there", "broken", "events", "plugin", "libmine.so", *library)
    write("libmine.so", "")
    expect("plugin: there", "ok", "events", "plugin", "libmine.so", *library)


def machine():
    host = path("host")
    for name in "host/proc/stat", "host/etc/passwd", "host/etc/group":
        write(name, "btime 1700000000\n")
    expect("HOST_ROOT: there", "ok", "machine", "HOST_ROOT", "passwd", HOST_ROOT=host)
    expect("HOST_ROOT: empty", "warning", "machine", "HOST_ROOT", "/proc/stat", HOST_ROOT=path("nothing"))
    expect("cgroups: none", "warning", "machine", "cgroups", "has none", HOST_ROOT=host)
    os.makedirs(path("host/sys/fs/cgroup/memory"))
    expect("cgroups: version 1", "ok", "machine", "cgroups", "version 1", HOST_ROOT=host)
    expect("cgroups: version 1, and a scope that needs 2", "broken", "machine", "cgroups", "scope",
           *option("engine.modern_ebpf.scope=cgroup:/x"), HOST_ROOT=host)
    write("host/sys/fs/cgroup/cgroup.controllers", "")
    expect("cgroups: version 2", "ok", "machine", "cgroups", "version 2", HOST_ROOT=host)
    write("host/proc/stat", "cpu 1\nbtime 99999999999\n")
    expect("clock: before the machine was started", "warning", "machine", "clock", "can not be", HOST_ROOT=host)
    p = subprocess.run(["sh", "-c", "ulimit -n 100; exec \"$@\"", "sh", FALCO, "doctor", "--json"] + BASE,
                       stdout=subprocess.PIPE, universal_newlines=True)
    states = {f["check"]: f["state"] for f in json.loads(p.stdout)["findings"]}
    tap.check("few files", states["RLIMIT_NOFILE"] == "warning" and p.returncode == 0, states)
    live = ["--only", "machine"] + option("engine.kind=modern_ebpf", "engine.modern_ebpf.buf_size_preset=1")
    expect("memory for buffers", "ok", "machine", "memory", "1 buffers", *live, *option("engine.modern_ebpf.cpus_for_each_buffer=0"),
           base=BASE[:-2])


class Door:
    """A unix socket that answers as it is told, whatever it is asked."""

    def __init__(self, name, answer):
        os.makedirs(os.path.dirname(name), exist_ok=True)
        if os.path.exists(name):
            os.unlink(name)
        self.socket, self.answer, self.asked = socket.socket(socket.AF_UNIX), answer, b""
        self.socket.bind(name)
        self.socket.listen(4)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.asked = peer.recv(1000)
            if self.answer is None:
                self.kept = peer
            else:
                self.reply(peer)

    def reply(self, peer):
        try:
            peer.sendall(self.answer)
        except BrokenPipeError:
            pass # it only looked whether anybody is there
        peer.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def containers():
    host = path("host")
    for name, file, good in [("docker", "var/run/docker.sock", b"HTTP/1.0 200 OK\r\n\r\nOK"),
                             ("podman", "run/podman/podman.sock", b"HTTP/1.1 200 OK\r\n\r\nOK"),
                             ("containerd", "run/containerd/containerd.sock", SETTINGS_FRAME),
                             ("cri-o", "run/crio/crio.sock", SETTINGS_FRAME)]:
        full = os.path.join(host, file)
        expect(name + ": not there", "none", "containers", name, "not there", HOST_ROOT=host)
        door = Door(full, good)
        expect(name + ": answers", "ok", "containers", name, full, HOST_ROOT=host)
        tap.check(name + ": asked in its language", door.asked.startswith(b"GET /_ping" if good[:1] == b"H" else b"PRI * HTTP/2"),
                  door.asked)
        door.close()
        expect(name + ": nobody behind the socket", "warning", "containers", name, "refused", HOST_ROOT=host)
        for title, answer in ("hangs up", b""), ("says something else", b"220 mail ready, what do you want\r\n"):
            door = Door(full, answer)
            expect("%s: %s" % (name, title), "warning", "containers", name, full, HOST_ROOT=host)
            door.close()
        os.unlink(full)
    os.rmdir(os.path.join(host, "var/run"))
    os.symlink("/run", os.path.join(host, "var/run"))
    door = Door(os.path.join(host, "run/docker.sock"), b"HTTP/1.0 200 OK\r\n\r\nOK")
    expect("docker: /var/run is a link that leads elsewhere", "ok", "containers", "docker", "host/run/docker.sock", HOST_ROOT=host)
    door.close()
    door = Door(os.path.join(host, "slow.sock"), None)
    expect("a runtime that says nothing", "warning", "containers", "cri", "timed out", "--cri", "/slow.sock", HOST_ROOT=host)
    door.close()
    expect("a socket that is asked for and not there", "warning", "containers", "cri", "not there", "--cri", "/gone.sock",
           HOST_ROOT=host)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(name):
    """File of a certificate for localhost, and its key."""
    cert, key = path(name + ".crt"), path(name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    return cert, key


class Receiver(http.server.BaseHTTPRequestHandler):
    requests = []

    def handle_one_request(self):
        line = self.rfile.readline(1000)
        if line:
            Receiver.requests.append(line)
        self.close_connection = True


def http_output():
    cert, key = certificate("server")
    other, _ = certificate("other")
    on = option("http_output.enabled=true", "http_output.ca_cert=" + cert)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    secret = "http://us:geheim@localhost:%d/token?key=geheim" % port
    expect("http: connects", "ok", "outputs", "http", "localhost:%d" % port, *on, *option("http_output.url=" + secret))
    for how in [], ["--json"]:
        _, out, err = run(*how, *on, *option("http_output.url=" + secret))
        tap.check("http: no secret is told %s" % how, "geheim" not in out + err, out + err)
    expect("http: nobody listens", "broken", "outputs", "http", "", *on,
           *option("http_output.url=http://127.0.0.1:%d/" % free_port()))
    expect("http: no such name", "broken", "outputs", "http", "nowhere.invalid", *on,
           *option("http_output.url=http://nowhere.invalid/"))
    server.shutdown()
    server.server_close()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *args: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = option("http_output.url=https://localhost:%d/" % server.server_address[1])
    expect("https: verified", "ok", "outputs", "http", "who it says it is", *on, *url)
    expect("https: another authority", "broken", "outputs", "http", "certificate", *on, *url,
           *option("http_output.ca_cert=" + other))
    expect("https: not verified on purpose", "warning", "configuration", "http", "insecure", *on, *url,
           *option("http_output.insecure=true"))
    server.shutdown()
    server.server_close()
    tap.check("http: nothing was sent", not Receiver.requests, Receiver.requests)
    mtls = option("http_output.mtls=true", "http_output.client_cert=" + cert, "http_output.client_key=" + key)
    expect("http: client key", "ok", "servers", "http key", key, *on, *url, *mtls)
    expect("http: client key is none", "broken", "servers", "http key", "no private key", *on, *url, *mtls,
           *option("http_output.client_key=" + cert))


def outputs():
    expect("no output", "broken", "outputs", "none", "", *option("stdout_output.enabled=false"))
    name = path("alerts.txt")
    on = option("file_output.enabled=true")
    expect("file: can be made", "ok", "outputs", "file", name, *on, *option("file_output.filename=" + name))
    tap.check("file: was not made", not os.path.exists(name))
    expect("file: no folder", "broken", "outputs", "file", "No such file", *on,
           *option("file_output.filename=" + path("no/where/alerts.txt")))
    expect("file: is a folder", "broken", "outputs", "file", "directory", *on, *option("file_output.filename=" + folder))
    if os.geteuid() == 0 and shutil.which("setpriv"):
        os.chmod(folder, 0o755)
        p = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", FALCO, "doctor", "--json"] + BASE + on
                           + option("file_output.filename=" + name), stdout=subprocess.PIPE, universal_newlines=True)
        states = {f["area"] + " " + f["check"]: f["state"] for f in json.loads(p.stdout)["findings"]}
        tap.check("file: somebody else's folder", p.returncode == 1 and states["outputs file"] == "broken", states)
    else:
        tap.check("file: somebody else's folder # SKIP takes root and setpriv", True)
    expect("space for a file", "ok", "space", "file", "MB free", *on, *option("file_output.filename=" + name))
    on = option("program_output.enabled=true")
    for program, state in [("cat >/dev/null", "ok"), ("while read x; do :; done", "ok"), ("/bin/sh -c true", "ok"),
                           ("no-such-program --now", "broken"), (path("gone") + " x", "broken"), ("$PROGRAM x", "none")]:
        expect("program: " + program.replace(folder, ""), state, "outputs", "program", "", *on,
               *option("program_output.program=" + program))
    spool = option("outputs_spool.path=" + path("new-spool"))
    expect("spool: can be made", "ok", "outputs", "spool", "new-spool", *spool)
    tap.check("spool: was not made", not os.path.exists(path("new-spool")))
    expect("spool: a file is there", "broken", "outputs", "spool", "", *option("outputs_spool.path=" + BASE[1]))
    expect("space for the spool", "ok", "space", "spool", "for up to 256 MB", *spool)
    expect("space for the spool: too little", "warning", "space", "spool", "MB free", *spool,
           *option("outputs_spool.max_bytes=%d" % (1 << 60)))
    expect("captures: no folder", "broken", "outputs", "captures", "", *option("capture.enabled=true",
           "capture.path_prefix=" + path("no/captures")))
    expect("captures: folder", "ok", "outputs", "captures", "", *option("capture.enabled=true",
           "capture.path_prefix=" + path("capture")))
    expect("process id: no folder", "broken", "outputs", "process id", "", "-P", path("no/falco.pid"))
    expect("metrics file: no folder", "broken", "outputs", "metrics", "", *option("metrics.enabled=true", "metrics.interval=1h",
           "metrics.output_file=" + path("no/metrics")))
    there = os.path.exists("/dev/log")
    expect("syslog: %s" % ("there" if there else "not there"), "ok" if there else "broken", "outputs", "syslog", "/dev/log",
           *option("syslog_output.enabled=true"))


def servers():
    cert, key = certificate("web")
    web = option("webserver.enabled=true", "webserver.listen_address=127.0.0.1")
    expect("web server: free", "ok", "servers", "web server", "free", *web, *option("webserver.listen_port=%d" % free_port()))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        expect("web server: taken", "broken", "servers", "web server", "in use", *web, *option("webserver.listen_port=%d" % port))
        expect("grpc: taken", "broken", "servers", "grpc", "in use",
               *option("grpc.enabled=true", "grpc_output.enabled=true", "grpc.bind_address=127.0.0.1:%d" % port))
    expect("web server: not our address", "broken", "servers", "web server", "192.0.2.1",
           *web, *option("webserver.listen_address=192.0.2.1"))
    web += option("webserver.ssl_enabled=true", "webserver.listen_port=%d" % free_port())
    with open(cert) as c, open(key) as k:
        both = write("both.pem", c.read() + k.read())
    os.chmod(both, 0o600)
    expect("web certificate", "ok", "servers", "web certificate", both, *web, *option("webserver.ssl_certificate=" + both))
    expect("web certificate: no key", "broken", "servers", "web certificate", "private key", *web,
           *option("webserver.ssl_certificate=" + cert))
    expect("web certificate: not there", "broken", "servers", "web certificate", "gone.pem", *web,
           *option("webserver.ssl_certificate=" + path("gone.pem")))
    os.chmod(both, 0o644)
    expect("web certificate: for all to read", "warning", "servers", "web certificate", "everybody", *web,
           *option("webserver.ssl_certificate=" + both))
    name = path("grpc.sock")
    grpc = option("grpc.enabled=true", "grpc_output.enabled=true", "grpc.bind_address=unix://" + name)
    expect("grpc: socket can be made", "ok", "servers", "grpc", name, *grpc)
    door = Door(name, b"")
    expect("grpc: somebody has it", "broken", "servers", "grpc", "in use", *grpc)
    door.close()
    expect("grpc: an old socket is in nobody's way", "ok", "servers", "grpc", name, *grpc)
    expect("grpc: no key", "broken", "servers", "grpc key", "gone.key", *option("grpc.enabled=true",
           "grpc.bind_address=127.0.0.1:%d" % free_port(), "grpc.private_key=" + path("gone.key")))


try:
    general()
    colour()
    configuration()
    rules()
    events()
    machine()
    containers()
    http_output()
    outputs()
    servers()
finally:
    shutil.rmtree(folder)
tap.done()
