/* SPDX-License-Identifier: Apache-2.0 */
/* From lost events by type to the calls that lost most. */
#include "capture/probe_losers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t by_type[EV_MAX], told[EV_MAX];

static int set_up(void **state)
{
	memset(by_type, 0, sizeof(by_type));
	memset(told, 0, sizeof(told));
	return 0;
}

static uint64_t sum(const uint64_t drops[EV_MAX])
{
	uint64_t ret = 0;

	for (uint16_t type = 0; type < EV_MAX; type++)
		ret += drops[type];
	return ret;
}

/* Beginning, end, and what former versions made of a call are one. */
static void test_types_of_a_call(void **state)
{
	uint64_t by_call[EV_MAX];

	for (uint16_t type = 0; type < EV_MAX; type++)
		by_type[type] = 1;
	probe_drops_by_call(by_type, by_call);
	assert_int_equal(sum(by_call), EV_MAX);
	for (uint16_t a = 0; a < EV_MAX; a++)
		for (uint16_t b = 0; b < a; b++)
			if (strcmp(event_table[a].name, event_table[b].name) == 0)
				assert_int_equal(by_call[a], 0);
}

static void assert_lost(const struct source_loser *l, const char *name, uint64_t drops)
{
	assert_string_equal(l->name, name);
	assert_int_equal(l->drops, drops);
	assert_int_equal(l->pgid, 0);
}

static void test_most_first(void **state)
{
	struct source_loser top[SOURCE_LOSERS];

	assert_int_equal(probe_lost_calls(by_type, told, top), 0);
	by_type[EV_CLOSE_X] = 5;
	by_type[EV_OPENAT_E] = 3;
	by_type[EV_OPENAT_X] = 4;
	by_type[EV_CONNECT_X] = 6;
	by_type[EV_MKDIR_X] = 1;
	assert_int_equal(probe_lost_calls(by_type, told, top), 3);
	assert_lost(&top[0], "openat", 7);
	assert_lost(&top[1], "connect", 6);
	assert_lost(&top[2], "close", 5);
}

/* Only what came since it was asked last. */
static void test_since_last(void **state)
{
	struct source_loser top[SOURCE_LOSERS];

	by_type[EV_CLOSE_X] = 100;
	probe_lost_calls(by_type, told, top);
	assert_int_equal(probe_lost_calls(by_type, told, top), 0);
	by_type[EV_CLOSE_X] += 2;
	by_type[EV_MKDIR_X] = 9;
	assert_int_equal(probe_lost_calls(by_type, told, top), 2);
	assert_lost(&top[0], "mkdir", 9);
	assert_lost(&top[1], "close", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_types_of_a_call, set_up),
		cmocka_unit_test_setup(test_most_first, set_up),
		cmocka_unit_test_setup(test_since_last, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
