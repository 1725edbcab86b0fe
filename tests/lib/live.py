# SPDX-License-Identifier: Apache-2.0
"""A falco that watches live what a test has started, and nothing else.

The scope is a shell that waits.  It calls on falco until that answers, then becomes the command, and calls again
when that has ended: all alerts between the two calls are there, in order.
"""
import json
import os
import signal
import subprocess
import tempfile
import threading

SKIPPED = 77
RULES = """
- rule: call
  desc: the test itself
  condition: evt.type = execve and proc.cmdline startswith "true falco-test-call"
  output: "%proc.cmdline"
  priority: DEBUG
"""
SHELL = """
while [ ! -e "$1/go" ]; do /bin/true falco-test-call begin; sleep 0.1; done
shift
"$@"
status=$?
/bin/true falco-test-call end
exit $status
"""
CONFIG = """
engine: {kind: modern_ebpf, modern_ebpf: {scope: "pid:%d"}}
json_output: true
json_include_output_fields_property: true
rule_matching: all
buffered_outputs: false
priority: debug
watch_config_files: false
stdout_output: {enabled: true}
syslog_output: {enabled: false}
log_syslog: false
webserver: {enabled: false}
"""
# Where the machine's own groups look like those of containers, the test's processes must not be in them.
LEAVE_GROUPS = r"""
while IFS=: read -r _ controllers path; do
	for folder in "/sys/fs/cgroup/$controllers" "/sys/fs/cgroup/${controllers#name=}" /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ -n "$controllers" ] || case $folder in */) continue;; esac
		[ "$path" = / ] || [ ! -w "$folder/cgroup.procs" ] || { echo $$ > "$folder/cgroup.procs"; } 2>/dev/null || :
	done
done < /proc/self/cgroup
"""


def reason_to_skip():
    if os.geteuid() or not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        return "live capture takes root and a kernel with BTF"
    return None


def with_hosts(path, command):
    """The command, to which the file is /etc/hosts."""
    return ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', path] + command


class Live:
    """One run. alerts: all of them but the calls; what: what the command printed; log: what falco said.

    $FALCO_LIVE_ATTACH says how to attach (engine.modern_ebpf.attach), $FALCO_LIVE_PATIENCE how many seconds it may take.
    """

    def __init__(self, falco, rules, command, config="", options=(), hosts=None, patience=120):
        self.alerts, self.log, self.what, self.falco = [], "", "", None
        patience = int(os.environ.get("FALCO_LIVE_PATIENCE", patience))
        if "FALCO_LIVE_ATTACH" in os.environ:
            options = list(options) + ["-o", "engine.modern_ebpf.attach=" + os.environ["FALCO_LIVE_ATTACH"]]
        with tempfile.TemporaryDirectory() as tmp:
            self.tmp = tmp
            shell = subprocess.Popen(["/bin/sh", "-c", LEAVE_GROUPS + SHELL, "sh", tmp] + list(command),
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     universal_newlines=True, start_new_session=True)
            timer = threading.Timer(patience, self.give_up, [shell])
            timer.start()
            try:
                self.watch(falco, rules, shell, CONFIG % shell.pid + config, options, hosts)
            finally:
                timer.cancel()
                self.end(shell)

    @staticmethod
    def end(shell):
        try:
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def give_up(self, shell):
        self.end(shell)
        if self.falco:
            self.falco.terminate()

    def watch(self, falco, rules, shell, config, options, hosts):
        for name, text in ("falco.yaml", config), ("call.yaml", RULES), ("hosts", hosts or ""):
            with open(os.path.join(self.tmp, name), "w") as f:
                f.write(text)
        command = [os.path.abspath(falco), "-c", os.path.join(self.tmp, "falco.yaml")] + list(options)
        for r in list(rules) + [os.path.join(self.tmp, "call.yaml")]:
            command += ["-r", r]
        if hosts:
            command = with_hosts(os.path.join(self.tmp, "hosts"), command)
        self.falco = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        printed = []
        readers = [threading.Thread(target=lambda: printed.append(shell.stdout.read())),
                   threading.Thread(target=lambda: setattr(self, "log", self.falco.stderr.read()))]
        for r in readers:
            r.start()
        for line in self.falco.stdout:
            if line.startswith("{"):
                self.take(line)
        shell.wait()
        self.falco.wait()
        for r in readers:
            r.join()
        self.what, self.status = printed[0], shell.returncode

    def take(self, line):
        self.heard(json.loads(line))

    def heard(self, alert):
        if alert["rule"] != "call":
            self.alerts.append(alert)
        elif alert["output_fields"]["proc.cmdline"].endswith("end"):
            self.falco.send_signal(signal.SIGINT)
        else:
            open(os.path.join(self.tmp, "go"), "w").close()
