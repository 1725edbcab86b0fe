/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of the last seconds: what it keeps, in what order, and with the tables of which moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/machine_log.h"
#include "app/capture_ring.h"
#include "capture/scap_read.h"

#define SECOND UINT64_C(1000000000)
#define START (1000 * SECOND)

struct world {
	struct state *state;
	struct known_containers known;
	struct capture_ring *ring;
	VEC(uint64_t) kept; /* times of the events read back, in seconds */
	struct machine_log log;
};

static void make(struct world *w, uint64_t seconds, size_t max_bytes)
{
	capture_ring_free(w->ring);
	w->ring = capture_ring_new(seconds * SECOND, max_bytes, w->state, &w->known);
}

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	w->state = state_new(&(struct state_config){0});
	machine_log_init(&w->log);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	capture_ring_free(w->ring);
	known_containers_clear(&w->known);
	machine_log_done(&w->log);
	vec_done(&w->kept);
	state_free(w->state);
	free(w);
	return 0;
}

static void put_event(
	struct world *w, uint64_t ts, uint16_t type, const struct param *params, unsigned n)
{
	uint8_t rec[4096];
	struct event ev = {0};

	assert_true(event_size(type, params, n) <= sizeof(rec));
	assert_int_equal(event_view(&ev, rec, event_encode(rec, ts, 1, type, params, n)), 0);
	assert_int_equal(event_decode(&ev), 0);
	capture_ring_event(w->ring, &ev);
	known_containers_note(&w->known, &ev);
}

/* A close, at so many seconds. */
static void put(struct world *w, uint64_t seconds)
{
	int64_t zero = 0, three = 3;

	put_event(w, START + seconds * SECOND, EV_CLOSE_X,
		(struct param[]){{(const uint8_t *)&zero, 8}, {(const uint8_t *)&three, 8}}, 2);
}

/* What a capture made now would hold. */
static bool read_back(struct world *w)
{
	struct machine_sink sink = machine_log_sink(&w->log);
	struct scap_writer *writer;
	struct buf file = {0};
	struct source *s;
	struct event ev;
	char error[512];
	bool some;

	writer = scap_create_memory(&file);
	scap_write_section(writer);
	some = capture_ring_write(w->ring, writer);
	scap_close(writer);
	vec_clear(&w->kept);
	vec_clear(&w->log.procs);
	s = some ? scap_open_memory(file.p, file.n, "ring", &sink, error) : NULL;
	while (s && source_next(s, &ev) == SOURCE_EVENT)
		vec_push(&w->kept, (ev.ts - START) / SECOND);
	source_close(s);
	buf_done(&file);
	return some;
}

static void assert_kept(const struct world *w, uint64_t first, uint64_t last)
{
	assert_int_equal(w->kept.n, last - first + 1);
	for (size_t i = 0; i < w->kept.n; i++)
		assert_int_equal(w->kept.v[i], first + i);
}

static void test_span(void **state)
{
	struct world *w = *state;

	make(w, 10, 1 << 20);
	assert_false(read_back(w));
	for (uint64_t t = 0; t < 100; t++) {
		put(w, t);
		assert_true(read_back(w));
		/* at least ten seconds, at most a segment of five more */
		assert_true(w->kept.v[0] <= (t > 10 ? t - 10 : 0));
		assert_true(w->kept.v[0] + 15 > t);
		assert_kept(w, w->kept.v[0], t);
	}
	assert_false(capture_ring_overflowed(w->ring));
}

/* The tables are those of the oldest event that is kept, not of now. */
static void test_tables(void **state)
{
	struct world *w = *state;
	struct machine_sink sink = state_sink(w->state);
	struct machine_proc p = {.tid = 7, .pid = 7, .comm = STR("young"), .fdlimit = 1};

	make(w, 10, 1 << 20);
	put(w, 0);
	sink.proc(sink.arg, &p);
	put(w, 1);
	read_back(w);
	assert_null(machine_log_find(&w->log, 7));
	for (uint64_t t = 2; t < 40; t++)
		put(w, t);
	read_back(w);
	assert_non_null(machine_log_find(&w->log, 7));
}

static void test_little_memory(void **state)
{
	struct world *w = *state;
	bool empty = false;

	make(w, 100, 2000);
	for (uint64_t t = 0; t < 1000; t++) {
		put(w, t);
		if (read_back(w))
			assert_kept(w, w->kept.v[0], t);
		else
			empty = true;
	}
	assert_true(empty);
	assert_true(capture_ring_overflowed(w->ring));
	assert_false(capture_ring_overflowed(w->ring));
}

/* Older segments go first, and what stays is without a gap. */
static void test_less_than_span(void **state)
{
	struct world *w = *state;
	uint64_t least = UINT64_MAX;

	make(w, 100, 8000);
	for (uint64_t t = 0; t < 1000; t++) {
		put(w, t);
		assert_true(read_back(w));
		assert_kept(w, w->kept.v[0], t);
		if (t > 200)
			least = MIN(least, t - w->kept.v[0]);
	}
	assert_true(least > 10 && least < 100);
}

static void test_clear_and_clock(void **state)
{
	struct world *w = *state;

	make(w, 10, 1 << 20);
	put(w, 500);
	capture_ring_clear(w->ring);
	assert_false(read_back(w));
	put(w, 501);
	put(w, 100); /* the clock was set back */
	for (uint64_t t = 101; t < 140; t++)
		put(w, t);
	assert_true(read_back(w));
	assert_int_equal(w->kept.v[w->kept.n - 1], 139);
	assert_true(w->kept.v[w->kept.n - 10] == 130);
}

static void put_container(struct world *w, uint64_t seconds, const char *name, const char *json)
{
	uint32_t plugin = 0;

	put_event(w, START + seconds * SECOND, EV_ASYNCEVENT_E,
		(struct param[]){{(const uint8_t *)&plugin, 4},
			{(const uint8_t *)name, (uint32_t)strlen(name) + 1},
			{(const uint8_t *)json, (uint32_t)strlen(json) + 1}},
		3);
}

/* What told of a container is told again, as long as the container is there. */
static void test_containers(void **state)
{
	static const char json[] = "{\"container\":{\"id\":\"0123456789ab\",\"name\":\"web\"}}";
	struct world *w = *state;

	make(w, 10, 1 << 20);
	put_container(w, 0, "container", json);
	put_container(w, 0, "container", json);
	assert_int_equal(w->known.by_id.n, 1);
	for (uint64_t t = 1; t < 100; t++)
		put(w, t);
	read_back(w);
	assert_int_equal(w->kept.v[0], 0);
	assert_true(w->kept.v[1] > 50);
	put_container(w, 100, "container_removed", json);
	assert_int_equal(w->known.by_id.n, 0);
	assert_int_equal(w->known.bytes, 0);
	put_container(w, 100, "container", "no json");
	assert_int_equal(w->known.by_id.n, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_span),
		TEST(test_tables),
		TEST(test_little_memory),
		TEST(test_less_than_span),
		TEST(test_clear_and_clock),
		TEST(test_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
