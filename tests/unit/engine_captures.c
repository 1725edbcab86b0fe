/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The specialised engine against the plain evaluator with the default rules: on the bundled
 * capture, and on those in $FALCO_SHARED/oracle/captures (skipped when absent).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "capture/scap_read.h"
#include "rules/engine.h"

/* Enough to meet everything, and soon over: the plain evaluator is slow. */
#define MAX_EVENTS 150000

static const char *const files[] = {
	"falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"};

static struct ruleset *default_rules(void)
{
	const struct rules_config config = {.min_priority = PRIORITY_DEBUG};
	struct rules_loader *l = rules_loader_new(&config);
	struct ruleset *r;
	struct arena arena;

	arena_init(&arena, 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct str path = arena_printf(&arena, "%s/rules/%s", SOURCE_ROOT, files[i]);
		struct str content;

		assert_int_equal(file_read(&arena, path.p, 1 << 20, &content), 0);
		rules_loader_add(l, files[i], content);
	}
	r = rules_loader_compile(l);
	rules_loader_free(l);
	arena_done(&arena);
	assert_true(r->nrules > 80);
	return r;
}

struct run {
	struct engine *engine;
	struct plain_engine *plain;
	struct state *state;
	struct arena arena;
	size_t matches;
};

static void check(struct run *r, struct event *ev, const char *path)
{
	struct event_ctx ctx = {.arena = &r->arena};
	const struct rule *const *a, *const *b;
	size_t na, nb;

	arena_reset(&r->arena);
	state_apply(r->state, ev, &ctx);
	if ((ev->flags & EVENT_STATE_ONLY) || event_decode(ev) < 0)
		return;
	na = engine_match(r->engine, &ctx, &a);
	nb = plain_engine_match(r->plain, &ctx, &b);
	if (na != nb || (na && memcmp(a, b, na * sizeof(*a)) != 0))
		fail_msg("%s, event %llu (%s): %zu rules match, plainly %zu", path,
			(unsigned long long)ev->num, ev->info->name, na, nb);
	r->matches += na;
}

static void replay(const char *path, const struct ruleset *rules, size_t *matches)
{
	const struct state_config config = {0};
	struct run r = {.state = state_new(&config)};
	struct machine_sink sink = state_sink(r.state);
	struct atom_error err;
	struct source *source;
	struct event ev;
	char error[512];

	r.engine = engine_new(rules, "syscall", true);
	r.plain = plain_engine_new(rules, "syscall", &err);
	assert_non_null(r.engine);
	assert_non_null(r.plain);
	arena_init(&r.arena, 0);
	state_on_thread_gone(r.state, engine_forget_thread);
	source = scap_open(path, &sink, error);
	if (!source)
		fail_msg("%s", error);
	for (size_t n = 0; n < MAX_EVENTS && source_next(source, &ev) == SOURCE_EVENT; n++)
		check(&r, &ev, path);
	*matches += r.matches;
	source_close(source);
	state_free(r.state);
	engine_free(r.engine);
	plain_engine_free(r.plain);
	arena_done(&r.arena);
}

static void test_bundled(void **unused)
{
	struct ruleset *rules = default_rules();
	size_t matches = 0;

	replay(BUILD_ROOT "/demo.scap", rules, &matches);
	assert_true(matches > 20);
	ruleset_free(rules);
}

static void test_shared(void **unused)
{
	const char *shared = getenv("FALCO_SHARED");
	struct ruleset *rules;
	size_t matches = 0;
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/oracle/captures/*.scap*",
		shared ? shared : SOURCE_ROOT "/../shared");
	if (glob(pattern, 0, NULL, &found) != 0) {
		print_message("SKIP: no captures at %s\n", pattern);
		skip();
	}
	rules = default_rules();
	for (size_t i = 0; i < found.gl_pathc; i++)
		replay(found.gl_pathv[i], rules, &matches);
	assert_true(matches > 100);
	globfree(&found);
	ruleset_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundled),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
