/* SPDX-License-Identifier: Apache-2.0 */
/* One sink beside another: who is slow, broken or gone is so for himself, and is told of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "output/sink.h"
#include "../lib/raised.h"

/* ---- a sink of our own ---- */

struct gate {
	struct sink sink;
	sem_t open; /* a write needs one */
	_Atomic unsigned nwritten, ncancelled, nclosed;
	_Atomic bool cancelled;
	int result; /* of writes */
	unsigned last;
	bool disorder;
};

static int gate_write(struct sink *s, const struct alert *a)
{
	struct gate *g = (struct gate *)s;
	const char *number = strstr(a->text.p, "n");
	unsigned n;

	while (sem_trywait(&g->open) && !g->cancelled)
		pause_ms(1);
	if (g->cancelled)
		return -ECANCELED;
	while (number && sscanf(number, "n%u", &n) != 1)
		number = strstr(number + 1, "n");
	g->disorder |= !number || n <= g->last;
	g->last = n;
	g->nwritten++;
	return g->result;
}

static void gate_cancel(struct sink *s)
{
	((struct gate *)s)->ncancelled++;
	((struct gate *)s)->cancelled = true;
}

static void gate_close(struct sink *s)
{
	((struct gate *)s)->nclosed++;
}

static void gate_init(struct gate *g, const char *name, unsigned open)
{
	memset(g, 0, sizeof(*g));
	g->sink = (struct sink){
		.name = name, .write = gate_write, .cancel = gate_cancel, .close = gate_close};
	sem_init(&g->open, 0, open);
}

/* Outputs that write to nothing. */
static struct outputs *start(struct outputs_config c)
{
	c.file_enabled = true;
	c.file_name = "/dev/null";
	c.file_keep_alive = true;
	if (!c.timeout_ms)
		c.timeout_ms = 300;
	log_lines.n = 0;
	return open_outputs(c);
}

static void await_written(struct outputs *o, const char *name, unsigned n)
{
	for (int i = 0; i < 6000 && stats_of(o, name).written < n; i++)
		pause_ms(10);
	assert_int_equal(stats_of(o, name).written, n);
}

/* ---- tests ---- */

static void a_slow_sink_stops_no_other(void **state)
{
	struct outputs *o = start((struct outputs_config){0});
	struct output_stats s;
	struct gate slow;

	gate_init(&slow, "slow", 0);
	assert_int_equal(outputs_add_sink(o, &slow.sink, 10), 0);
	raise_alert(o, 1);
	for (int i = 0; i < 6000 && !stats_of(o, "slow").busy_ms; i++)
		pause_ms(1);
	for (unsigned i = 2; i <= 100; i++)
		raise_alert(o, i);
	await_written(o, "file", 100);
	pause_ms(20);
	s = stats_of(o, "slow");
	assert_int_equal(s.written, 0);
	assert_int_equal(s.lag_alerts, 11); /* one at hand, ten wait */
	assert_int_equal(s.dropped, 89);
	assert_true(s.lag_ms >= 20 && s.lag_ms < 20000);
	assert_true(s.busy_ms >= 20 && s.busy_ms < 20000);
	assert_int_equal(stats_of(o, "file").dropped, 0);
	assert_int_equal(outputs_dropped(o), 89);
	for (int i = 0; i < 11; i++)
		sem_post(&slow.open);
	await_written(o, "slow", 11);
	assert_false(slow.disorder);
	outputs_free(o);
	assert_int_equal(slow.nclosed, 1);
	assert_int_equal(slow.ncancelled, 0);
}

static void failures_are_counted(void **state)
{
	struct outputs *o = start((struct outputs_config){0});
	struct gate bad;

	gate_init(&bad, "bad", 100);
	bad.result = -EHOSTDOWN;
	assert_int_equal(outputs_add_sink(o, &bad.sink, 0), 0);
	for (unsigned i = 1; i <= 3; i++)
		raise_alert(o, i);
	outputs_flush(o);
	assert_int_equal(stats_of(o, "bad").failed, 3);
	assert_int_equal(stats_of(o, "bad").written, 0);
	assert_true(stats_of(o, "bad").failing);
	assert_string_equal(stats_of(o, "bad").last_error, "Host is down");
	bad.result = 0;
	raise_alert(o, 4);
	outputs_flush(o);
	assert_int_equal(stats_of(o, "bad").written, 1);
	assert_false(stats_of(o, "bad").failing);
	assert_string_equal(stats_of(o, "bad").last_error, "Host is down");
	assert_int_equal(logged("\n"), 2);
	outputs_free(o);
}

/* What /dev/full takes into a buffer is lost all the same. */
static void lost_from_a_buffer(void **state)
{
	struct outputs_config c = {.buffered = true};
	struct outputs *o = start(c);
	struct sink *full = sink_file_new("/dev/full", true, true, false);

	full->name = "full";
	assert_int_equal(outputs_add_sink(o, full, 0), 0);
	for (unsigned i = 1; i <= 5000; i++) /* several buffers full */
		raise_alert(o, i);
	outputs_flush(o);
	assert_int_equal(stats_of(o, "full").failed, 5000);
	assert_int_equal(stats_of(o, "full").written, 0);
	assert_int_equal(stats_of(o, "file").written, 5000);
	outputs_free(o);
}

static void removing_a_sink(void **state)
{
	struct outputs *o = start((struct outputs_config){0});
	struct gate g;

	gate_init(&g, "gate", 0);
	assert_int_equal(outputs_add_sink(o, &g.sink, 0), 0);
	for (unsigned i = 1; i <= 5; i++)
		raise_alert(o, i);
	outputs_remove_sink(o, &g.sink);
	assert_int_equal(g.nclosed, 1);
	assert_int_equal(g.ncancelled, 1);
	raise_alert(o, 6);
	await_written(o, "file", 6);
	assert_int_equal(outputs_stats(o, NULL, 0), 1);
	outputs_remove_sink(o, &g.sink); /* is not there any more */
	outputs_free(o);
}

static void no_more_than_there_is_room_for(void **state)
{
	struct outputs *o = start((struct outputs_config){0});
	struct subscription *v[100];
	unsigned n = 0;
	struct gate g;

	while (n < 100 && (v[n] = outputs_subscribe(o, "s", 1, NULL, NULL)))
		n++;
	assert_in_range(n, 10, 99);
	gate_init(&g, "gate", 0);
	assert_int_equal(outputs_add_sink(o, &g.sink, 0), -ENOSPC);
	while (n)
		subscription_end(v[--n]);
	assert_int_equal(outputs_add_sink(o, &g.sink, 0), 0);
	outputs_free(o);
	assert_int_equal(g.nclosed, 1);
}

static void wake(void *arg)
{
	++*(_Atomic unsigned *)arg;
}

static void subscribing(void **state)
{
	struct outputs *o = start((struct outputs_config){.json = true});
	_Atomic unsigned woken = 0;
	struct subscription *s;
	const struct alert *a;

	raise_alert(o, 1); /* too early */
	s = outputs_subscribe(o, "client", 3, wake, (void *)&woken);
	assert_null(subscription_next(s));
	for (unsigned i = 2; i <= 6; i++)
		raise_alert(o, i);
	assert_int_equal(woken, 1);
	assert_int_equal(stats_of(o, "client").lag_alerts, 3);
	assert_int_equal(stats_of(o, "client").dropped, 2);
	for (char n = '2'; n <= '4'; n++) {
		char text[] = "\"output\":\"n?\"";

		a = subscription_next(s);
		text[11] = n;
		assert_non_null(strstr(a->text.p, text));
		assert_string_equal(a->rule, "rule");
		assert_int_equal(a->ts, TS);
	}
	assert_null(subscription_next(s));
	assert_int_equal(stats_of(o, "client").written, 3);
	raise_alert(o, 7);
	assert_int_equal(woken, 2);
	a = subscription_next(s);
	assert_non_null(strstr(a->text.p, "n7"));
	raise_alert(o, 8); /* while we look at the one before, and at the end */
	subscription_end(s);
	await_written(o, "file", 8);
	outputs_free(o);
}

/* Memory for alerts that wait is bounded over all sinks, and one copy serves them all. */
static void bytes_are_limited(void **state)
{
	struct outputs *o = start((struct outputs_config){0});
	char *big = malloc(1 << 20);
	struct output_stats s;
	struct gate slow;

	memset(big, 'n', (1 << 20) - 1);
	big[(1 << 20) - 1] = '\0';
	gate_init(&slow, "slow", 0);
	assert_int_equal(outputs_add_sink(o, &slow.sink, 0), 0);
	for (unsigned i = 0; i < 400; i++)
		outputs_internal(o, TS, PRIORITY_NOTICE, "rule", big, NULL, 0);
	s = stats_of(o, "slow");
	assert_int_equal(s.lag_alerts + s.dropped, 400);
	assert_in_range(s.lag_alerts, 32, 129); /* half of 256 MiB, each up to four of its size */
	free(big);
	outputs_free(o);
	assert_int_equal(slow.nclosed, 1); /* was cancelled */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_sink_stops_no_other),
		cmocka_unit_test(failures_are_counted),
		cmocka_unit_test(lost_from_a_buffer),
		cmocka_unit_test(removing_a_sink),
		cmocka_unit_test(no_more_than_there_is_room_for),
		cmocka_unit_test(subscribing),
		cmocka_unit_test(bytes_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
