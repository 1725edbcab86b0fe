/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state through which many more processes and descriptors pass than it may hold: nothing is left
 * of those that ended, and those that ended unseen are forgotten, cold ones first, within the
 * budget.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../lib/crowd.h"
#include "state/state.h"

#define PROCESSES 50000u
#define BUDGET ((size_t)8 << 20)

struct peak {
	uint64_t bytes, threads, fds;
};

static void note_peak(struct peak *peak, const struct state *state)
{
	struct state_stats stats;

	state_get_stats(state, &stats);
	peak->bytes = MAX(peak->bytes, stats.bytes);
	peak->threads = MAX(peak->threads, stats.threads);
	peak->fds = MAX(peak->fds, stats.fds);
}

/* Leaves the crowd's last event applied. */
static struct peak run(struct state *state, struct crowd *crowd)
{
	struct peak peak = {0};
	struct arena arena;
	struct event ev;

	arena_init(&arena, 0);
	for (uint64_t i = 0; crowd->process < PROCESSES; i++) {
		struct event_ctx ctx = {.arena = &arena};

		crowd_event(crowd, &ev);
		arena_reset(&arena);
		state_apply(state, &ev, &ctx);
		if (i % 997 == 0)
			note_peak(&peak, state);
	}
	note_peak(&peak, state);
	arena_done(&arena);
	return peak;
}

static void test_all_end(void **unused)
{
	struct state_config config = {.budget_bytes = BUDGET};
	struct state *state = state_new(&config);
	struct crowd crowd = {0};
	struct peak peak = run(state, &crowd);
	struct state_stats stats;

	state_get_stats(state, &stats);
	assert_true(stats.threads_added >= PROCESSES);
	assert_true(stats.fds_added >= PROCESSES * CROWD_FDS);
	assert_int_equal(stats.threads_evicted, 0);
	assert_int_equal(stats.threads_refused, 0);
	assert_int_equal(stats.fds_refused, 0);
	assert_true(peak.threads <= 4);
	assert_true(peak.fds <= 4 * CROWD_FDS);
	assert_true(peak.bytes < (size_t)2 << 20);
	state_free(state);
}

static void test_exits_are_lost(void **unused)
{
	struct state_config config = {.budget_bytes = BUDGET};
	struct state *state = state_new(&config);
	struct crowd crowd = {.lost = 2};
	struct peak peak = run(state, &crowd);
	struct state_stats stats;

	state_get_stats(state, &stats);
	assert_true(peak.bytes <= BUDGET);
	assert_true(peak.bytes > BUDGET * 3 / 4); /* what may be kept is kept */
	assert_true(stats.threads_evicted > PROCESSES / 4);
	assert_int_equal(stats.threads_refused, 0);
	assert_int_equal(stats.fds_refused, 0);
	/* The cold go: those of just now are there, and the parent of all, who acts all the time.
	 */
	assert_non_null(state_thread(state, CROWD_PARENT));
	for (uint64_t i = PROCESSES - 2; i > PROCESSES - 100; i -= 2)
		assert_non_null(state_thread(state, CROWD_FIRST + (int64_t)i));
	assert_null(state_thread(state, CROWD_FIRST));
	state_free(state);
}

static void test_table_is_full(void **unused)
{
	struct state_config config = {.budget_bytes = BUDGET * 8, .max_threads = 1000};
	struct state *state = state_new(&config);
	struct crowd crowd = {.lost = 2};
	struct peak peak = run(state, &crowd);
	struct state_stats stats;

	state_get_stats(state, &stats);
	assert_true(peak.threads <= 1000);
	assert_true(stats.threads_refused > 0);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_end),
		cmocka_unit_test(test_exits_are_lost),
		cmocka_unit_test(test_table_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
