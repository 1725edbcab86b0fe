/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration: values, unknown and old keys, variables, included files. */
#include "config_world.h"

/* ---- values ---- */

static void defaults(void **state)
{
	struct world *w = *state;
	const struct config *c = load(w, "");

	assert_non_null(c);
	assert_int_equal(w->diags.list.n, 0);
	assert_false(c->json_output);
	assert_true(c->json_include_tags_property);
	assert_true(c->log_syslog);
	assert_false(c->stdout_output_enabled);
	assert_int_equal(c->priority, PRIORITY_DEBUG);
	assert_int_equal(c->log_level, PRIORITY_INFORMATIONAL);
	assert_int_equal(c->output_timeout, 2000);
	assert_true(c->drops_threshold == .1);
	assert_int_equal(c->drop_actions, DROP_IGNORE);
	assert_int_equal(c->webserver_listen_port, 8765);
	assert_string_equal(c->capture_path_prefix, "/tmp/falco");
	assert_string_equal(c->engine_modern_ebpf_scope, "host");
	assert_int_equal(c->outputs_rate, 0);
	assert_int_equal(c->plugins.n, 0);
	assert_string_equal(c->file, "main.yaml");
	assert_string_equal(c->dump, "{}");
}

static void all_types(void **state)
{
	struct world *w = *state;
	const struct config *c = load(w, "json_output: yes\n"
					 "buffered_outputs: False\n"
					 "output_timeout: 0x10\n"
					 "outputs_queue: {capacity: 1e3}\n"
					 "priority: WARNING\n"
					 "rule_matching: all\n"
					 "syscall_event_drops:\n"
					 "  threshold: 1\n"
					 "  actions: [log, exit]\n"
					 "base_syscalls:\n  custom_set: openat\n"
					 "http_output: {url: 'http://x'}\n"
					 "libs_logger: {severity: trace}\n"
					 "metrics: {interval: 1h30m}\n"
					 "webserver:\n");

	assert_non_null(c);
	assert_true(c->json_output);
	assert_false(c->buffered_outputs);
	assert_int_equal(c->output_timeout, 16);
	assert_int_equal(c->outputs_queue_capacity, 1000);
	assert_int_equal(c->priority, PRIORITY_WARNING);
	assert_int_equal(c->rule_matching, RULE_MATCHING_ALL);
	assert_true(c->drops_threshold == 1);
	assert_int_equal(c->drop_actions, DROP_LOG | DROP_EXIT);
	assert_int_equal(c->base_syscalls_custom_set.n, 1);
	assert_string_equal(c->base_syscalls_custom_set.v[0], "openat");
	assert_string_equal(c->http_output_url, "http://x");
	assert_int_equal(c->libs_logger_severity, SEVERITY_TRACE);
	assert_int_equal(c->metrics_interval_ms, 5400000);
}

static void wrong_values(void **state)
{
	struct world *w = *state;

	REFUSED("json_output: maybe\n", "main.yaml:1:14", "json_output must be true or false",
		"json_output: maybe\n             ^");
	REFUSED("a: 1\noutput_timeout: soon\n", "main.yaml:2:17",
		"output_timeout must be a whole number of ms", "'soon'");
	REFUSED("output_timeout: 0\n", "at least 1");
	REFUSED("output_timeout: 1.5\n", "whole number");
	REFUSED("http_output: {max_consecutive_timeouts: 256}\n", "from 0 to 255");
	REFUSED("json_output: [true]\n", "not a list");
	REFUSED("file_output: {filename: {a: b}}\n", "must be a text, not a mapping");
	REFUSED("falco_libs: 512\n", "falco_libs must be a mapping of keys, not a single value");
	REFUSED("rules_files: {a: b}\n", "rules_files must be a list, not a mapping");
	REFUSED("load_plugins: [[a]]\n", "list of texts");
}

static void wrong_choices(void **state)
{
	struct world *w = *state;

	REFUSED("priority: high\n", "Unknown priority \"high\"--must be one of emergency, alert, ",
		"informational, debug");
	REFUSED("rule_matching: test\n",
		"Unknown rule matching strategy \"test\"--must be one of first, all");
	REFUSED("engine: {kind: gvisor}\n", "engine.kind 'gvisor' is not a valid kind.",
		"modern_ebpf, kmod, replay");
	REFUSED("capture: {mode: some}\n", "capture.mode 'some' is not a valid mode.");
	REFUSED("log_level: loud\n", "Unknown log level loud");
}

static void contradictions(void **state)
{
	struct world *w = *state;

	REFUSED("syscall_event_drops:\n  threshold: 1.1\n", "main.yaml:2:14",
		"Error reading config file (main.yaml): syscall event drops threshold must be a "
		"double in the range [0, 1]");
	REFUSED("syscall_event_drops: {threshold: -1}\n", "in the range [0, 1]");
	REFUSED("syscall_event_drops:\n  actions:\n    - ignore\n    - log\n", "main.yaml:4:7",
		"syscall event drop action \"log\" does not make sense with the \"ignore\" action");
	REFUSED("syscall_event_drops: {actions: [jump]}\n", "available actions");
	REFUSED("file_output: {enabled: true}\n", "main.yaml:1:24",
		"file output enabled but no filename in configuration block",
		"Set file_output.filename");
	REFUSED("program_output: {enabled: true, program: \"\"}\n",
		"program output enabled but no program");
	REFUSED("http_output: {enabled: true}\n", "http output enabled but no url");
	REFUSED("engine: {kind: replay}\n", "no engine.replay.capture_file specified");
	REFUSED("engine: {modern_ebpf: {scope: 'pid:x'}}\n", "not a valid scope");
	REFUSED("rules_file: []\nrules_files: []\n",
		"both 'rules_files' and 'rules_file' keys set");
	REFUSED("metrics: {enabled: true, interval: 5000}\n", "without Prometheus time unit");
	REFUSED("metrics: {enabled: true, interval: 50ms}\n", "minimum value of 100ms");
}

static void every_mistake_is_found(void **state)
{
	struct world *w = *state;

	assert_null(load(w, "json_output: x\npriority: y\noutput_timeout: z\n"));
	assert_int_equal(w->diags.nerrors, 3);
}

static void addresses(void **state)
{
	static const char *const good[] = {"127.0.0.1", "::", "::1", "0.0.0.0",
		"1200:0000:AB00:1234:0000:2552:7777:1313", "FE80::0202:B3FF:FE1E:8329"};
	static const char *const bad[] = {"327.0.0.1", "127. 0.0.1", "!27.0.0.1", "localhost",
		"1200:0000:AB00:1234:0000:2552:7777:131G", "12O0::", ""};
	struct world *w = *state;
	char option[128];

	for (size_t i = 0; i < ARRAY_SIZE(good) + ARRAY_SIZE(bad); i++) {
		bool ok = i < ARRAY_SIZE(good);

		snprintf(option, sizeof(option), "webserver.listen_address=%s",
			ok ? good[i] : bad[i - ARRAY_SIZE(good)]);
		load_with(w, "", OPTIONS(option));
		if ((w->c != NULL) != ok)
			fail_msg("%s", option);
	}
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms; /* 0: none */
	} cases[] = {{"1h", 3600000}, {"15s", 15000}, {"500ms", 500},
		{"1y2w3d4h5m6s7ms", 31536000000 + 2 * 604800000UL + 3 * 86400000UL + 4 * 3600000UL +
					    5 * 60000 + 6000 + 7},
		{" 1m ", 60000}, {"5000", 0}, {"", 0}, {"s", 0}, {"1s1h", 0}, {"1s1s", 0},
		{"1x", 0}, {"-1s", 0}, {"99999999999999999999y", 0}};
	uint64_t ms;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (config_duration(str_c(cases[i].text), &ms) != (cases[i].ms > 0) ||
			(cases[i].ms && ms != cases[i].ms))
			fail_msg("%s", cases[i].text);
}

/* ---- unknown and old keys ---- */

static void unknown_keys(void **state)
{
	struct world *w = *state;
	char text[4096];

	assert_non_null(load(
		w, "jsno_output: true\nfalco_libs:\n  snaplne: 3\nmodern_ebpf:\n  x: 1\nzzz: 1\n"));
	assert_int_equal(w->diags.nwarnings, 4);
	assert_has(problem(w, 0, text), "main.yaml:1:1: unknown key 'jsno_output'");
	assert_has(text, "Did you mean 'json_output'?");
	assert_has(problem(w, 1, text), "main.yaml:3:3: unknown key 'falco_libs.snaplne'");
	assert_has(text, "Did you mean 'falco_libs.snaplen'?");
	assert_has(problem(w, 2, text), "There is a key 'engine.modern_ebpf'");
	assert_has(problem(w, 3, text), "unknown key 'zzz' is ignored");
	assert_int_equal(w->c->loaded_files.n, 1);
	assert_string_equal(
		w->c->loaded_files.v[0].validation, "failed for <root>: unknown key 'jsno_output'");
}

static void old_keys(void **state)
{
	struct world *w = *state;
	const struct config *c = load(w, "outputs: {rate: 1, max_burst: 7}\n"
					 "metadata_download: {max_mb: 20}\n"
					 "syscall_buf_size_preset: 6\n"
					 "modern_bpf: {cpus_for_each_syscall_buffer: 3}\n"
					 "grpc: {enabled: true, bind_address: 'unix:///x'}\n"
					 "webserver: {k8s_audit_endpoint: /k8s_audit}\n"
					 "engine: {kind: ebpf, ebpf: {probe: /x}}\n");
	char text[4096];

	assert_non_null(c);
	assert_true(c->outputs_rate == 1);
	assert_int_equal(c->outputs_max_burst, 7);
	assert_int_equal(c->metadata_download_max_mb, 20);
	assert_int_equal(c->engine_modern_ebpf_buf_size_preset, 6);
	assert_int_equal(c->engine_modern_ebpf_cpus_for_each_buffer, 3);
	assert_int_equal(c->engine_kind, ENGINE_MODERN_EBPF);
	assert_string_equal(c->grpc_bind_address, "unix:///x");
	assert_string_equal(c->webserver_k8s_audit_endpoint, "/k8s_audit");
	assert_string_equal(c->loaded_files.v[0].validation, "ok");
	assert_int_equal(w->diags.nwarnings, 2);
	assert_has(problem(w, 0, text), "old name of engine.modern_ebpf.buf_size_preset");
}

static void an_alias_yields_to_the_new_key(void **state)
{
	struct world *w = *state;

	assert_non_null(load(
		w, "syscall_buf_size_preset: 6\nengine: {modern_ebpf: {buf_size_preset: 2}}\n"));
	assert_int_equal(w->c->engine_modern_ebpf_buf_size_preset, 2);
}

static void unreadable(void **state)
{
	struct world *w = *state;

	unlink("main.yaml");
	assert_refused(w, NULL, OPTIONS("Could not find configuration file at main.yaml"));
	REFUSED("a: b: c\n", "main.yaml:1:", "illegal map value");
	REFUSED("- a\n", "expected keys with values, found a list");
	REFUSED("a: &a [*a]\n", "alias inside of its own anchor");
}

/* ---- environment ---- */

static void variables(void **state)
{
	static const char *const cases[][2] = {{"$CT_VAR", "$CT_VAR"}, {"${CT_VAR}", "value"},
		{"$${CT_VAR}", "${CT_VAR}"}, {"$$CT_VAR", "$$CT_VAR"},
		{"$${CT_VAR}$${CT_VAR}", "${CT_VAR}${CT_VAR}"}, {"$${${CT_VAR}}", "${value}"},
		{"$${CT_VAR}${CT_VAR}", "${CT_VAR}value"}, {"${CT_UNSET}", ""},
		{"/${CT_VAR}/${CT_VAR}${CT_VAR}/x", "/value/valuevalue/x"},
		{"${CT_NESTED}/x", "value/x"}, {"a$b ${CT_VAR}", "a$b value"},
		{"${CT_VAR", "${CT_VAR"}, {"$", "$"}};
	struct world *w = *state;
	char text[256];

	setenv("CT_VAR", "value", 1);
	setenv("CT_NESTED", "${CT_VAR}", 1);
	unsetenv("CT_UNSET");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "file_output: {filename: \"%s\"}\n", cases[i][0]);
		assert_non_null(load(w, text));
		assert_string_equal(w->c->file_output_filename, cases[i][1]);
	}
}

static void typed_variables(void **state)
{
	struct world *w = *state;

	setenv("CT_BOOL", "true", 1);
	setenv("CT_INT", "12", 1);
	unsetenv("CT_UNSET");
	assert_non_null(load(w, "json_output: ${CT_BOOL}\noutput_timeout: ${CT_INT}\n"
				"webserver:\n  listen_port: ${CT_UNSET}\n"));
	assert_true(w->c->json_output);
	assert_int_equal(w->c->output_timeout, 12);
	assert_int_equal(w->c->webserver_listen_port, 8765);
}

static void endless_variables(void **state)
{
	struct world *w = *state;

	setenv("CT_LOOP", "x${CT_LOOP}${CT_LOOP}", 1);
	REFUSED("file_output: {filename: '${CT_LOOP}'}\n", "without end", "main.yaml:1:");
	setenv("CT_SELF", "${CT_SELF}", 1);
	REFUSED("file_output: {filename: '${CT_SELF}'}\n", "without end");
}

/* ---- included files ---- */

static void strategies(void **state)
{
	static const struct {
		const char *strategy, *set, *mode;
	} cases[] = {{"append", "a,b", "2"}, {"override", "b", "2"}, {"add-only", "a", "1"}};
	struct world *w = *state;
	char text[256];

	write_text("two.yaml", "load_plugins: [container]\n"
			       "base_syscalls: {custom_set: [x]}\n"
			       "syscall_event_drops: {rate: 2}\njson_output: true\n");
	write_text("three.yaml", "rules: [{enable: {rule: b}}]\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text),
			"config_files:\n  - {path: two.yaml, strategy: %s}\n"
			"  - {path: three.yaml, strategy: %s}\n  - missing.yaml\n"
			"rules: [{enable: {rule: a}}]\n"
			"syscall_event_drops: {rate: 1, max_burst: 5}\n",
			cases[i].strategy, cases[i].strategy);
		assert_non_null(load(w, text));
		assert_int_equal(w->c->rule_selections.n, (strlen(cases[i].set) + 1) / 2);
		for (size_t k = 0; k < w->c->rule_selections.n; k++)
			assert_int_equal(w->c->rule_selections.v[k].rule[0], cases[i].set[2 * k]);
		assert_int_equal((int)w->c->drops_rate, atoi(cases[i].mode));
		/* a mapping is replaced as a whole */
		assert_int_equal((int)w->c->drops_max_burst, cases[i].mode[0] == '2' ? 1 : 5);
		assert_true(w->c->json_output);
		assert_int_equal(w->c->loaded_files.n, 3);
		assert_string_equal(w->c->loaded_files.v[0].path, "main.yaml");
		assert_string_equal(w->c->loaded_files.v[2].path, "two.yaml");
	}
}

static void folders(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(mkdir("d/sub.yaml", 0700), 0);
	write_text("d/b.yaml", "file_output: {filename: b}\n");
	write_text("d/a.yaml", "file_output: {filename: a}\nunknwn: 1\n");
	assert_non_null(load(w, "config_files: d\n"));
	assert_string_equal(w->c->file_output_filename, "b");
	assert_string_equal(list(&w->c->watched_folders), "d");
	assert_int_equal(w->c->loaded_files.n, 3);
	assert_string_equal(w->c->loaded_files.v[0].path, "d/a.yaml");
	assert_int_equal(strncmp(w->c->loaded_files.v[0].validation, "failed", 6), 0);
	assert_string_equal(w->c->loaded_files.v[1].validation, "ok");
}

static void bad_inclusions(void **state)
{
	struct world *w = *state;
	char text[4096];

	write_text("two.yaml", "config_files: [three.yaml]\n");
	REFUSED("config_files: [two.yaml]\n",
		"Config error: 'config_files' directive in included config file two.yaml.");
	REFUSED("config_files: [./main.yaml]\n", "tried to recursively include main config file");
	REFUSED("config_files:\n  - path: x\n    strategy: merge\n", "main.yaml:3:15",
		"unknown strategy 'merge'", "append, override and add-only");
	REFUSED("config_files: [{strategy: append}]\n", "without a path");
	write_text("two.yaml", "json_output: x\n");
	assert_null(load(w, "config_files: [two.yaml]\n"));
	assert_has(problem(w, 0, text),
		"two.yaml:1:14: Error reading config file (two.yaml): json_output");
}

static void included_by_option(void **state)
{
	struct world *w = *state;

	write_text("two.yaml", "json_output: true\npriority: error\n");
	assert_non_null(load_with(
		w, "config_files: []\n", OPTIONS("config_files[]=two.yaml", "priority=alert")));
	assert_true(w->c->json_output);
	assert_int_equal(w->c->priority, PRIORITY_ALERT); /* options win */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(all_types),
		TEST(wrong_values),
		TEST(wrong_choices),
		TEST(contradictions),
		TEST(every_mistake_is_found),
		TEST(addresses),
		TEST(durations),
		TEST(unknown_keys),
		TEST(old_keys),
		TEST(an_alias_yields_to_the_new_key),
		TEST(unreadable),
		TEST(variables),
		TEST(typed_variables),
		TEST(endless_variables),
		TEST(strategies),
		TEST(folders),
		TEST(bad_inclusions),
		TEST(included_by_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
