#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--config-schema and --rule-schema, in the eyes of a validator that is not ours.

usage: schemas.py FALCO
"""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import service  # noqa: E402

FALCO = sys.argv[1]
tap = service.Tap()
try:
    import jsonschema
    import yaml
except ImportError as e:
    print("1..0 # SKIP %s" % e)
    sys.exit(0)


def schema(option):
    s = json.loads(subprocess.run([FALCO, option], stdout=subprocess.PIPE, check=True).stdout)
    jsonschema.Draft6Validator.check_schema(s)
    return jsonschema.Draft6Validator(s)


def complaints(validator, text):
    return ["%s: %s" % (list(e.path), e.message) for e in validator.iter_errors(yaml.safe_load(text))]


def accepts(title, validator, text):
    found = complaints(validator, text)
    tap.check(title, not found, "\n".join(found[:10]))


def refuses(title, validator, text, word):
    found = complaints(validator, text)
    tap.check(title, any(word in f for f in found), "\n".join(found) or "nothing was found wrong")


CONFIG, RULES = schema("--config-schema"), schema("--rule-schema")
with open(service.CONFIG) as f:
    accepts("config/falco.yaml follows the schema", CONFIG, f.read())
for path in sorted(glob.glob(os.path.join(service.SRC, "rules", "*.yaml"))):
    with open(path) as f:
        text = f.read()
    if yaml.safe_load(text) is not None:
        accepts("rules/%s follows the schema" % os.path.basename(path), RULES, text)

# Every key of Falco 0.30 and of 0.44, and those that came and went between; "x{a,b}" is x.a and x.b.
KEYS = """
rules_file rules_files rules time_format_iso_8601 json_output json_include_{output,message,output_fields,tags}_property
log_stderr log_syslog log_level priority buffered_outputs rule_matching output_timeout libs_logger.{enabled,severity}
syscall_event_drops.{threshold,actions,rate,max_burst,simulate_drops} syscall_event_timeouts.max_consecutives
outputs.{rate,max_burst} outputs_queue.{capacity,recovery} syslog_output.enabled stdout_output.enabled
file_output.{enabled,keep_alive,filename} program_output.{enabled,keep_alive,program}
http_output.{enabled,url,user_agent,insecure,ca_cert,ca_bundle,ca_path,mtls,client_cert,client_key,echo}
http_output.{compress_uploads,keep_alive,max_consecutive_timeouts}
webserver.{enabled,threadiness,listen_port,listen_address,k8s_healthz_endpoint,k8s_audit_endpoint}
webserver.{prometheus_metrics_enabled,ssl_enabled,ssl_certificate} grpc_output.enabled
grpc.{enabled,bind_address,threadiness,private_key,cert_chain,root_certs}
metadata_download.{max_mb,chunk_wait_us,watch_freq_sec} config_files watch_config_files buffer_format_base64
engine.kind engine.{kmod,ebpf,modern_ebpf}.{buf_size_preset,drop_failed_exit} engine.ebpf.probe
engine.modern_ebpf.{cpus_for_each_buffer,disable_iterators} engine.replay.capture_file engine.gvisor.{config,root}
capture.{enabled,path_prefix,mode,default_duration,max_file_size_mb} load_plugins plugins plugins_hostinfo
append_output static_fields metrics.{enabled,interval,output_rule,output_file,convert_memory_to_mb,include_empty_values}
metrics.{rules_counters,resource_utilization,state_counters,kernel_event_counters,kernel_iter_event_counters}_enabled
metrics.{libbpf_stats,plugins_metrics,kernel_event_counters_per_cpu,jemalloc_stats}_enabled
base_syscalls.{custom_set,repair,all} falco_libs.{thread_table_size,snaplen}
falco_libs.thread_table_auto_purging_{interval,thread_timeout}_s syscall_buf_size_preset syscall_drop_failed_exit
modern_bpf.cpus_for_each_syscall_buffer container_engines.{docker,cri,podman,lxc,libvirt_lxc,bpm}.enabled
container_engines.cri.{sockets,disable_async}
"""
# What Falco's code has where the file says nothing.
DEFAULTS = {
    "json_include_output_property": True, "json_include_message_property": False, "log_stderr": False, "log_syslog": True,
    "log_level": "info", "priority": "debug", "rule_matching": "first", "output_timeout": 2000, "outputs_queue.capacity": 0,
    "syscall_event_drops.threshold": .1, "syscall_event_drops.rate": .03333, "syscall_event_drops.max_burst": 1,
    "syscall_event_timeouts.max_consecutives": 1000, "stdout_output.enabled": False, "webserver.enabled": False,
    "webserver.listen_port": 8765, "webserver.listen_address": "0.0.0.0", "webserver.k8s_healthz_endpoint": "/healthz",
    "http_output.user_agent": "falcosecurity/falco", "http_output.max_consecutive_timeouts": 5,
    "capture.default_duration": 5000, "capture.path_prefix": "/tmp/falco", "capture.mode": "rules",
    "falco_libs.thread_table_size": 262144, "falco_libs.snaplen": 0, "metrics.output_rule": False,
    "metrics.kernel_event_counters_per_cpu_enabled": True, "engine.modern_ebpf.buf_size_preset": 4,
    "engine.modern_ebpf.cpus_for_each_buffer": 2, "metadata_download.max_mb": 100, "watch_config_files": True,
    "grpc.bind_address": "0.0.0.0:5060",
}


def expand(text):
    head, brace, rest = text.partition("{")
    if not brace:
        return [text]
    names, _, tail = rest.partition("}")
    return [head + n + t for n in names.split(",") for t in expand(tail)]


def find(key):
    s = CONFIG.schema
    for part in key.split("."):
        s = s.get("properties", {}).get(part, {})
    return s


wanted = [k for word in KEYS.split() for k in expand(word)]
missing = [k for k in wanted if not find(k)]
tap.check("all %d keys of Falco are there" % len(wanted), len(wanted) > 120 and not missing, missing)
wrong = {k: find(k).get("default") for k, v in DEFAULTS.items() if find(k).get("default") != v}
tap.check("defaults are those of Falco", not wrong, wrong)

refuses("an unknown key", CONFIG, "jsn_output: true", "jsn_output")
refuses("an unknown key inside", CONFIG, "engine: {modern_ebpf: {buf_size: 4}}", "buf_size")
refuses("a text for a number", CONFIG, "output_timeout: soon", "soon")
refuses("a number out of range", CONFIG, "engine: {modern_ebpf: {buf_size_preset: 11}}", "11")
refuses("a word that is no choice", CONFIG, "engine: {kind: magic}", "magic")
refuses("a list for a mapping", CONFIG, "stdout_output: []", "[]")
refuses("an entry of rules with an unknown key", CONFIG, "rules: [{enable: {name: x}}]", "name")
accepts("either form of config_files", CONFIG, "config_files: [a.yaml, {path: b.yaml, strategy: add-only}]")
refuses("a strategy that there is not", CONFIG, "config_files: [{path: b.yaml, strategy: mix}]", "mix")
accepts("either form of extra_fields", CONFIG, "append_output: [{extra_fields: [proc.name, {x: '%evt.num'}]}]")
accepts("keys of earlier versions", CONFIG, "{outputs: {rate: 1}, syscall_buf_size_preset: 4, grpc: {enabled: true}}")
refuses("a rule with an unknown key", RULES, "- {rule: a, condtion: b}", "condtion")
refuses("a priority that there is not", RULES, "- {rule: a, priority: HUGE}", "HUGE")
refuses("override of nothing", RULES, "- {rule: a, override: {}}", "{}")
refuses("tags that are no list", RULES, "- {rule: a, tags: {x: y}}", "array")
tap.done()
