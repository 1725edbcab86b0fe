#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What http_output posts for recorded captures, byte by byte as Falco rendered them.

usage: http_oracle.py FALCO
Alerts of Falco 0.44.1 are looked for in $FALCO_SHARED, else in ../shared; without them all is skipped. Bodies are what
Falcosidekick takes: a POST for each alert, a JSON object without an end of line, with the members that it reads.
"""
import gzip
import json
import os
import subprocess
import sys

SRC = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SRC, "tests", "lib"))
from receiver import Server  # noqa: E402
from service import Tap  # noqa: E402

FALCO = os.path.abspath(sys.argv[1])
ORACLE = os.path.join(os.environ.get("FALCO_SHARED", os.path.join(SRC, "..", "shared")), "oracle")
RULES = {"stable": "falco_rules.yaml", "incubating": "falco-incubating_rules.yaml", "sandbox": "falco-sandbox_rules.yaml"}
# Falcosidekick's FalcoPayload, and what it makes of members.
MEMBERS = {"output": str, "priority": str, "rule": str, "time": str, "output_fields": dict, "source": str, "tags": list,
           "hostname": str}
PRIORITIES = ("Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug")


def run(capture, rules, server, *options):
    command = [FALCO, "-c", os.path.join(SRC, "config", "falco.yaml"), "-r", rules, "-e", capture]
    for o in ("json_output=true", "append_output.suggested_output=false", "stdout_output.enabled=false",
              "syslog_output.enabled=false", "log_syslog=false", "webserver.enabled=false", "rule_matching=all",
              "http_output.enabled=true", "http_output.keep_alive=true", "http_output.url=" + server.url()) + options:
        command += ["-o", o]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True,
                          env=dict(os.environ, TZ="UTC", FALCO_HOSTNAME="h"))


def rules_of(name):
    return os.path.join(ORACLE, "rules", RULES[name])


def difference(got, want):
    for i, (a, b) in enumerate(zip(got, want)):
        if a != b:
            return "body %d: %r, but Falco's is %r" % (i + 1, a[:700], b[:700])
    return "" if len(got) == len(want) else "%d bodies, but Falco has %d" % (len(got), len(want))


def unlike_sidekick(request):
    path, headers, body = request
    alert = json.loads(body.decode())
    wrong = [k for k, kind in MEMBERS.items() if not isinstance(alert.get(k), kind)]
    good = (path == "/" and headers["Content-Type"] == "application/json" and not wrong and body[-1:] == b"}" and
            alert["priority"] in PRIORITIES and alert["time"].endswith("Z") and alert["rule"])
    return "" if good else "%s %s: %r" % (wrong, headers["Content-Type"], body[:300])


def main():
    tap = Tap()
    if not os.path.isdir(os.path.join(ORACLE, "alerts")):
        print("1..0 # SKIP no alerts of Falco in %s: bodies are not compared" % ORACLE)
        return
    for ruleset in sorted(RULES):
        with open(os.path.join(ORACLE, "alerts", "eventgen-%s.jsonl.gz" % ruleset), "rb") as f:
            want = gzip.decompress(f.read()).split(b"\n")[:-1]
        for compress in "false", "true":
            with Server() as server:
                p = run(os.path.join(ORACLE, "captures", "eventgen.scap.gz"), rules_of(ruleset), server,
                        "http_output.compress_uploads=" + compress)
                bodies = [gzip.decompress(b) for b in server.bodies()] if compress == "true" else server.bodies()
                what = "%s%s" % (ruleset, ", compressed" if compress == "true" else "")
                found = difference(bodies, want)
                tap.check("%s: %d bodies are Falco's, byte by byte" % (what, len(want)), not p.returncode and want and not found,
                          found or p.stderr)
                if compress == "false":
                    found = [x for x in map(unlike_sidekick, server.got) if x]
                    tap.check("%s: as Falcosidekick reads them" % what, not found and server.got, found[:2])
    tap.done()


main()
