/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that handles "events" and pins up figures, others that read them, and a third one that
 * changes the generation: figures never contradict each other nor the names they come with.
 */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <time.h>

#include "web/html.h"
#include "web/metrics.h"

#define NREADERS 4
#define READS 200

static struct generation *make_generation(size_t nrules)
{
	struct rule rules[8];
	struct rule *list[8];
	const struct ruleset set = {.rules = list, .nrules = nrules};
	char names[8][32];

	for (size_t i = 0; i < nrules; i++) {
		snprintf(names[i], sizeof(names[i]), "rule %zu of %zu", i, nrules);
		rules[i] = (struct rule){.index = (uint32_t)i,
			.name = names[i],
			.source = "syscall",
			.enabled = true};
		list[i] = &rules[i];
	}
	return generation_new(&set, METRIC_GROUPS, (struct field_options){0}, nrules);
}

struct world {
	struct board *board;
	_Atomic bool stop;
	_Atomic unsigned published;
};

/* Every count is n, and there is one rule for each of the generation's. */
static void publish(struct world *w, struct generation *g, uint64_t n)
{
	struct snapshot *s = snapshot_new(g);

	s->events = s->captured = s->matches = n;
	for (size_t i = 0; i < g->nrules; i++)
		s->by_rule[i] = n;
	samples_put(&s->samples, METRIC_N_THREADS, NULL, n);
	board_publish(w->board, s);
	w->published++;
}

static void *event_thread(void *arg)
{
	struct generation *g = make_generation(1);
	struct world *w = arg;

	for (uint64_t n = 1; !w->stop; n++) {
		if (n % 1000 == 0) {
			generation_unref(g);
			g = make_generation(1 + n / 1000 % 8);
		}
		if (board_wanted(w->board))
			publish(w, g, n);
		if (n % 16 == 0)
			publish(w, g, n); /* somebody reads or not */
	}
	generation_unref(g);
	return NULL;
}

static void *reader(void *arg)
{
	struct world *w = arg;
	uint64_t last = 0;

	for (int i = 0; i < READS; i++) {
		struct snapshot *s = board_read(w->board, 1000);
		const struct sample *threads = samples_find(&s->samples, METRIC_N_THREADS);

		assert_true(s->events >= last);
		last = s->events;
		for (size_t r = 0; s->events && r < s->generation->nrules; r++)
			assert_int_equal(s->by_rule[r], s->events);
		if (s->events)
			assert_int_equal(threads->u, s->events);
		snapshot_unref(s);
	}
	return NULL;
}

static void figures_agree(void **state)
{
	struct generation *g = make_generation(3);
	struct world w = {.board = board_new("syscall", "nodriver", g)};
	pthread_t events, readers[NREADERS];

	generation_unref(g);
	pthread_create(&events, NULL, event_thread, &w);
	for (int i = 0; i < NREADERS; i++)
		pthread_create(&readers[i], NULL, reader, &w);
	for (int i = 0; i < NREADERS; i++)
		pthread_join(readers[i], NULL);
	w.stop = true;
	pthread_join(events, NULL);
	assert_true(w.published > 0);
	board_free(w.board);
}

/* An event thread that waits for events answers nobody: then there are the old figures, soon. */
static void silence_does_not_block(void **state)
{
	struct generation *g = make_generation(2);
	struct world w = {.board = board_new("syscall", "nodriver", g)};
	struct timespec a, b;
	struct snapshot *s;

	publish(&w, g, 5);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 50; i++) {
		s = board_read(w.board, 20);
		assert_int_equal(s->events, 5);
		snapshot_unref(s);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 2);
	assert_true(board_wanted(w.board));
	assert_false(board_wanted(NULL));
	board_free(w.board);
	generation_unref(g);
}

/* ---- generations ---- */

static void labels_of_rules(void **state)
{
	const char *tags[] = {"T1059.004", "T1059_004", "container"};
	struct rule r = {.name = "A \"rule\"",
		.source = "syscall",
		.priority = PRIORITY_WARNING,
		.tags = tags,
		.ntags = 3,
		.enabled = true};
	struct rule off = {.name = "Off", .source = "syscall", .index = 1};
	struct rule *list[] = {&r, &off};
	const struct ruleset set = {.rules = list, .nrules = 2};
	struct generation *g = generation_new(&set, METRIC_RULES, (struct field_options){0}, 1);

	assert_int_equal(g->nrules, 1);
	assert_string_equal(g->rules[0].key, "A_rule");
	assert_string_equal(g->rules[0].labels,
		"priority=\"4\",rule_name=\"A \\\"rule\\\"\",source=\"syscall\","
		"tag_T1059_004=\"true\",tag_container=\"true\"");
	generation_add_file(g, true, SOURCE_ROOT "/no/such/file");
	assert_int_equal(g->rules_files.n, 0);
	generation_add_file(g, true, SOURCE_ROOT "/rules/falco_rules.yaml");
	assert_string_equal(g->rules_files.v[0].name, "falco_rules.yaml");
	assert_int_equal(strlen(g->rules_files.v[0].sha256), 64);
	generation_unref(g);
}

/* FIPS 180-4: the digest of nothing. */
static void checksum_of_nothing(void **state)
{
	const struct ruleset none = {0};
	struct generation *g = generation_new(&none, 0, (struct field_options){0}, 1);

	generation_add_file(g, false, "/dev/null");
	assert_int_equal(g->config_files.n, 1);
	assert_string_equal(g->config_files.v[0].sha256,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	generation_unref(g);
}

/* ---- differences ---- */

static const char *field(const struct field_pairs *p, const char *key)
{
	for (size_t i = 0; i < p->list.n; i += 2)
		if (strcmp(p->list.v[i], key) == 0)
			return p->list.v[i + 1];
	return "(none)";
}

static void counts_may_start_again(void **state)
{
	const struct metrics_config mc = {.version = "1", .hostname = "h", .start_ts = 1};
	struct generation *g = make_generation(1);
	struct metrics *m = metrics_new(&mc, g);
	struct world w = {.board = metrics_add_board(m, "syscall", "nodriver")};
	struct metrics_before before = {0};
	struct field_pairs p;

	publish(&w, g, 1000);
	metrics_fields(m, 0, 7, &before, &p);
	assert_string_equal(field(&p, "evt.time"), "7");
	assert_string_equal(field(&p, "falco.num_evts"), "1000");
	assert_string_equal(field(&p, "falco.num_evts_prev"), "0");
	assert_string_equal(field(&p, "falco.evts_rate_sec"), "(none)");
	assert_string_equal(field(&p, "falco.rules.rule_0_of_1"), "1000");
	field_pairs_done(&p);
	publish(&w, g, 10);
	metrics_fields(m, 0, 8, &before, &p);
	assert_string_equal(field(&p, "falco.num_evts"), "10");
	assert_string_equal(field(&p, "falco.num_evts_prev"), "1000");
	assert_string_equal(field(&p, "falco.evts_rate_sec"), "0.0");
	assert_string_equal(field(&p, "scap.n_drops_perc"), "0.0");
	field_pairs_done(&p);
	metrics_free(m);
	generation_unref(g);
}

/* ---- HTML ---- */

static void html_is_escaped(void **state)
{
	struct buf out = {0};

	html_text(&out, str_n("<b a='1'>&\"\x01\xff\0", 14));
	assert_string_equal(buf_cstr(&out), "&lt;b a=&#39;1&#39;&gt;&amp;&quot; \xef\xbf\xbd ");
	out.n = 0;
	html_count(&out, 1234567);
	html_count(&out, 12);
	assert_string_equal(buf_cstr(&out), "1,234,56712");
	out.n = 0;
	html_duration(&out, 93784);
	assert_string_equal(buf_cstr(&out), "1 d 2 h");
	out.n = 0;
	html_duration(&out, 0);
	assert_string_equal(buf_cstr(&out), "0 s");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_agree),
		cmocka_unit_test(silence_does_not_block),
		cmocka_unit_test(labels_of_rules),
		cmocka_unit_test(checksum_of_nothing),
		cmocka_unit_test(counts_may_start_again),
		cmocka_unit_test(html_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
