/* SPDX-License-Identifier: Apache-2.0 */
/* The table of figures, and the texts made of samples. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <string.h>

#include "web/numbers.h"
#include "web/samples.h"

/* ---- the table ---- */

/* Names of Falco 0.44.1 that dashboards and alerts are built on. */
static const char *const families[] = {"falcosecurity_falco_version_info",
	"falcosecurity_falco_sha256_rules_files_info",
	"falcosecurity_falco_sha256_config_files_info", "falcosecurity_falco_kernel_release_info",
	"falcosecurity_evt_hostname_info", "falcosecurity_scap_engine_name_info",
	"falcosecurity_falco_start_timestamp_nanoseconds",
	"falcosecurity_falco_reload_timestamp_nanoseconds",
	"falcosecurity_falco_duration_seconds_total",
	"falcosecurity_falco_host_boot_timestamp_nanoseconds",
	"falcosecurity_falco_host_num_cpus_total",
	"falcosecurity_falco_outputs_queue_num_drops_total",
	"falcosecurity_falco_rules_matches_total", "falcosecurity_falco_cpu_usage_ratio",
	"falcosecurity_falco_memory_rss_bytes", "falcosecurity_falco_memory_vsz_bytes",
	"falcosecurity_falco_memory_pss_bytes", "falcosecurity_falco_container_memory_used_bytes",
	"falcosecurity_falco_host_cpu_usage_ratio", "falcosecurity_falco_host_memory_used_bytes",
	"falcosecurity_falco_host_procs_running_total", "falcosecurity_falco_host_open_fds_total",
	"falcosecurity_scap_n_threads_total", "falcosecurity_scap_n_fds_total",
	"falcosecurity_scap_n_noncached_fd_lookups_total",
	"falcosecurity_scap_n_cached_fd_lookups_total",
	"falcosecurity_scap_n_failed_fd_lookups_total", "falcosecurity_scap_n_added_fds_total",
	"falcosecurity_scap_n_removed_fds_total", "falcosecurity_scap_n_stored_evts_total",
	"falcosecurity_scap_n_store_evts_drops_total", "falcosecurity_scap_n_retrieved_evts_total",
	"falcosecurity_scap_n_retrieve_evts_drops_total",
	"falcosecurity_scap_n_noncached_thread_lookups_total",
	"falcosecurity_scap_n_cached_thread_lookups_total",
	"falcosecurity_scap_n_failed_thread_lookups_total",
	"falcosecurity_scap_n_added_threads_total", "falcosecurity_scap_n_removed_threads_total",
	"falcosecurity_scap_n_drops_full_threadtable_total", "falcosecurity_scap_n_evts_total",
	"falcosecurity_scap_n_drops_buffer_total", "falcosecurity_scap_n_drops_scratch_map_total",
	"falcosecurity_scap_n_drops_total", "falcosecurity_scap_n_evts_cpu_total",
	"falcosecurity_scap_n_drops_cpu_total", "falcosecurity_scap_n_evts_task_total",
	"falcosecurity_scap_n_evts_task_file_anon_inode_total",
	"falcosecurity_scap_n_drops_max_event_size_total",
	"falcosecurity_scap_n_drops_task_file_socket_inet6_total"};

static const char *const fields[] = {"evt.time", "evt.hostname", "evt.source", "falco.version",
	"falco.start_ts", "falco.duration_sec", "falco.kernel_release", "falco.host_boot_ts",
	"falco.host_num_cpus", "falco.reload_ts", "falco.outputs_queue_num_drops",
	"falco.evts_rate_sec", "falco.num_evts", "falco.num_evts_prev", "falco.sha256_rules_file.*",
	"falco.sha256_config_file.*", "falco.rules.matches_total", "falco.rules.*",
	"falco.cpu_usage_perc", "falco.memory_rss_kb", "falco.memory_vsz_kb", "falco.memory_pss_kb",
	"falco.container_memory_used_bytes", "falco.host_cpu_usage_perc",
	"falco.host_memory_used_kb", "falco.host_procs_running", "falco.host_open_fds",
	"falco.n_threads", "falco.n_fds", "falco.n_drops_full_threadtable", "scap.engine_name",
	"scap.n_evts", "scap.n_evts_prev", "scap.evts_rate_sec", "scap.n_drops",
	"scap.n_drops_prev", "scap.evts_drop_rate_sec", "scap.n_drops_perc",
	"scap.n_drops_buffer_total", "scap.n_drops_buffer_clone_fork_exit",
	"scap.n_drops_buffer_connect_enter", "scap.n_drops_buffer_proc_exit",
	"scap.n_drops_scratch_map", "scap.n_evts_cpu_*", "scap.n_drops_cpu_*", "scap.*.run_cnt",
	"scap.*.run_time_ns", "scap.*.avg_time_ns", "scap.n_evts_task_file_pipe", "plugins.*"};

static bool in_table(const char *name, bool family)
{
	for (size_t i = 0; i < METRIC_MAX; i++)
		if (strcmp(family ? metric_table[i].family : metric_table[i].field, name) == 0)
			return true;
	return false;
}

static void names_of_falco(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (!in_table(families[i], true))
			fail_msg("no family %s", families[i]);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!in_table(fields[i], false))
			fail_msg("no field %s", fields[i]);
}

static void check_family(size_t i)
{
	const struct metric_info *m = &metric_table[i];
	bool gone = false;

	for (size_t j = i + 1; j < METRIC_MAX; j++) {
		const struct metric_info *n = &metric_table[j];

		if (strcmp(n->family, m->family) != 0 || strchr(m->family, '*')) {
			gone = true;
			continue;
		}
		if (gone || n->type != m->type || strcmp(n->help, m->help) != 0 ||
			strcmp(n->labels, m->labels) == 0)
			fail_msg("%s and %s: one family, not one piece", m->symbol, n->symbol);
	}
}

static void rows_are_sound(void **state)
{
	for (size_t i = 0; i < METRIC_MAX; i++) {
		const struct metric_info *m = &metric_table[i];

		assert_true(*m->field || *m->family);
		assert_true(*m->help && !strpbrk(m->help, "\n\\"));
		assert_true(m->group & METRIC_GROUPS);
		if (*m->family) {
			assert_int_equal(strncmp(m->family, "falcosecurity_", 14), 0);
			check_family(i);
		}
		for (size_t j = i + 1; *m->field && j < METRIC_MAX; j++)
			if (strcmp(m->field, metric_table[j].field) == 0 &&
				strcmp(m->field, "plugins.*") != 0)
				fail_msg("field %s twice", m->field);
	}
}

/* ---- Prometheus ---- */

static void expect(const struct samples *s, const char *want)
{
	struct buf out = {0};

	samples_prometheus(&out, s);
	assert_string_equal(buf_cstr(&out), want);
	buf_done(&out);
}

static void head_once_a_family(void **state)
{
	struct samples s;

	samples_init(&s, METRIC_GROUPS);
	samples_put(&s, METRIC_N_EVTS_CPU, "1", 20);
	samples_put(&s, METRIC_N_THREADS, NULL, 7);
	samples_put(&s, METRIC_N_EVTS_CPU, "0", 10);
	samples_put(&s, METRIC_N_EVTS_CPU, "1", 30);
	expect(&s, "# HELP falcosecurity_scap_n_threads_total Threads known.\n"
		   "# TYPE falcosecurity_scap_n_threads_total gauge\n"
		   "falcosecurity_scap_n_threads_total 7\n"
		   "# HELP falcosecurity_scap_n_evts_cpu_total Events captured on a processor.\n"
		   "# TYPE falcosecurity_scap_n_evts_cpu_total counter\n"
		   "falcosecurity_scap_n_evts_cpu_total{cpu=\"1\"} 20\n"
		   "falcosecurity_scap_n_evts_cpu_total{cpu=\"0\"} 10\n");
	samples_done(&s);
}

static void families_named_by_their_key(void **state)
{
	struct samples s;

	samples_init(&s, METRIC_GROUPS);
	samples_put(&s, METRIC_BPF_RUN_CNT, "sys_exit", 3);
	samples_put(&s, METRIC_BPF_RUN_CNT, "a b.c", 1);
	samples_put(&s, METRIC_BPF_RUN_CNT, "a-b-c", 9);
	expect(&s, "# HELP falcosecurity_scap_a_b_c_run_cnt_total How often a BPF program ran.\n"
		   "# TYPE falcosecurity_scap_a_b_c_run_cnt_total counter\n"
		   "falcosecurity_scap_a_b_c_run_cnt_total 1\n"
		   "# HELP falcosecurity_scap_sys_exit_run_cnt_total How often a BPF program ran.\n"
		   "# TYPE falcosecurity_scap_sys_exit_run_cnt_total counter\n"
		   "falcosecurity_scap_sys_exit_run_cnt_total 3\n");
	samples_done(&s);
}

static void units_are_base_units(void **state)
{
	struct samples s;

	samples_init(&s, METRIC_RESOURCES);
	samples_put(&s, METRIC_MEMORY_RSS, NULL, 3);
	samples_put_real(&s, METRIC_CPU_USAGE, NULL, 67.8);
	samples_put(&s, METRIC_N_THREADS, NULL, 7); /* its group is off */
	expect(&s, "# HELP falcosecurity_falco_cpu_usage_ratio Processor time that we used of the "
		   "time that we have run, of one processor.\n"
		   "# TYPE falcosecurity_falco_cpu_usage_ratio gauge\n"
		   "falcosecurity_falco_cpu_usage_ratio 0.678\n"
		   "# HELP falcosecurity_falco_memory_rss_bytes Our resident memory.\n"
		   "# TYPE falcosecurity_falco_memory_rss_bytes gauge\n"
		   "falcosecurity_falco_memory_rss_bytes 3072\n");
	samples_done(&s);
}

static void labels_are_escaped(void **state)
{
	static const struct {
		const char *key, *value, *want;
	} cases[] = {
		{"rule_name", "plain", "rule_name=\"plain\""},
		{"rule_name", "a \"b\" \\ c\nd", "rule_name=\"a \\\"b\\\" \\\\ c\\nd\""},
		{"tag_T1059.004", "true", "tag_T1059_004=\"true\""},
		{"tag_a::-b", "true", "tag_a_b=\"true\""},
		{"1st", "x", "_1st=\"x\""},
		{"x", "\xff\xc3\xa9", "x=\"\xef\xbf\xbd\xc3\xa9\""},
		{"", "x", "_=\"x\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = {0};

		put_label(&out, str_c(cases[i].key), str_c(cases[i].value));
		assert_string_equal(buf_cstr(&out), cases[i].want);
		buf_done(&out);
	}
}

static void hostname_is_a_label(void **state)
{
	struct samples s;

	samples_init(&s, METRIC_GROUPS);
	samples_put_info(&s, METRIC_HOSTNAME, NULL, NULL, "a\"b");
	expect(&s, "# HELP falcosecurity_evt_hostname_info Name of the machine.\n"
		   "# TYPE falcosecurity_evt_hostname_info gauge\n"
		   "falcosecurity_evt_hostname_info{hostname=\"a\\\"b\"} 1\n");
	samples_done(&s);
}

/* ---- fields ---- */

static void expect_fields(const struct samples *s, struct field_options o, const char *want)
{
	struct field_pairs p;
	struct buf out = {0};

	samples_fields(&p, s, &o);
	for (size_t i = 0; i < p.list.n; i += 2)
		buf_printf(&out, "%s=%s ", p.list.v[i], p.list.v[i + 1]);
	assert_string_equal(buf_cstr(&out), want);
	buf_done(&out);
	field_pairs_done(&p);
}

static void fields_as_configured(void **state)
{
	struct samples s;

	samples_init(&s, METRIC_GROUPS);
	samples_put(&s, METRIC_N_EVTS, NULL, 0);
	samples_put(&s, METRIC_N_FDS, NULL, 0);
	samples_put(&s, METRIC_MEMORY_RSS, NULL, 13640);
	samples_put(&s, METRIC_CONTAINER_MEMORY, NULL, 1048576);
	samples_put_real(&s, METRIC_SCAP_EVTS_RATE, NULL, 0);
	samples_put_real(&s, METRIC_CPU_USAGE, NULL, 1.5);
	samples_put_info(&s, METRIC_VERSION, NULL, NULL, "0.44.1");
	samples_put_labelled(&s, METRIC_RULES_MATCHES, "A_rule", "a=\"b\"", 2);
	samples_put_labelled(&s, METRIC_RULES_MATCHES, "A_rule", "a=\"c\"", 3);
	samples_put_labelled(&s, METRIC_RULES_MATCHES, "Never", "a=\"d\"", 0);
	expect_fields(&s, (struct field_options){.memory_mb = true},
		"falco.container_memory_used_mb=1.0 falco.cpu_usage_perc=1.5 "
		"falco.memory_rss_mb=13.3 falco.rules.A_rule=2 falco.version=\"0.44.1\" "
		"scap.evts_rate_sec=0.0 scap.n_evts=0 ");
	expect_fields(&s, (struct field_options){.with_zeroes = true},
		"falco.container_memory_used_bytes=1048576 falco.cpu_usage_perc=1.5 "
		"falco.memory_rss_kb=13640 falco.n_fds=0 falco.rules.A_rule=2 "
		"falco.rules.Never=0 falco.version=\"0.44.1\" scap.evts_rate_sec=0.0 "
		"scap.n_evts=0 ");
	samples_done(&s);
}

static void memory_fields_can_be_mb(void **state)
{
	for (size_t i = 0; i < METRIC_MAX; i++) {
		const struct metric_info *m = &metric_table[i];

		if (*m->field && m->unit == METRIC_KIB)
			assert_true(str_ends(str_c(m->field), STR("_kb")));
		if (*m->field && m->unit == METRIC_BYTES)
			assert_true(str_ends(str_c(m->field), STR("_bytes")));
	}
}

static void names_are_cleaned(void **state)
{
	static const char *const cases[][2] = {
		{"Terminal shell in container", "Terminal_shell_in_container"}, {"a (b)", "a_b"},
		{"falco.yaml", "falco_yaml"}, {"x:y", "x:y"}, {"...", ""}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = {0};

		put_name(&out, str_c(cases[i][0]), true);
		assert_string_equal(buf_cstr(&out), cases[i][1]);
		buf_done(&out);
	}
}

static void numbers_read_back(void **state)
{
	static const struct {
		double d;
		const char *want;
	} cases[] = {{0, "0.0"}, {1, "1.0"}, {0.1, "0.1"}, {-2.5, "-2.5"}, {1e300, "1e+300"},
		{1.0 / 3, "0.3333333333333333"}, {0.0 / 0.0, "0.0"}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = {0};

		put_real(&out, cases[i].d);
		assert_string_equal(buf_cstr(&out), cases[i].want);
		buf_done(&out);
	}
	assert_true(one_decimal(1.25001) == 1.3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_falco),
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(head_once_a_family),
		cmocka_unit_test(families_named_by_their_key),
		cmocka_unit_test(units_are_base_units),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(hostname_is_a_label),
		cmocka_unit_test(fields_as_configured),
		cmocka_unit_test(memory_fields_can_be_mb),
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(numbers_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
