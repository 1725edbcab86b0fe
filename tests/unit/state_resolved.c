/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe tells of an open behind its parameters, found or left alone, and kept. */
#include "state_world.h"

/* The record of the last event with bytes behind it; the event is read anew. */
static void append(struct world *w, const void *bytes, size_t n)
{
	struct event_header *h = (void *)w->rec;

	memcpy(w->rec + h->len, bytes, n);
	h->len += (uint32_t)n;
	assert_int_equal(event_view(&w->ev, w->rec, h->len), 0);
	assert_int_equal(event_decode(&w->ev), 0);
}

static void openat_record(struct world *w, int64_t fd)
{
	const struct param p[] = {I64(fd), I64(-100), S("link"), U32(1), U32(0), U32(7), U64(42)};

	event_encode(w->rec, ++w->ts, 100, EV_OPENAT_X, p, 7);
}

static void apply(struct world *w)
{
	w->ctx = (struct event_ctx){.arena = &w->arena};
	state_apply(w->s, &w->ev, &w->ctx);
}

static void test_read(void **state)
{
	struct world *w = *state;
	struct resolved r;

	openat_record(w, 3);
	append(w, "R\1/etc/shadow", 14);
	assert_true(event_resolved(&w->ev, &r));
	assert_int_equal(r.origin, ORIGIN_32);
	assert_true(str_is(r.path, "/etc/shadow"));
	assert_int_equal(w->ev.nparams, 7);
	assert_int_equal(event_u64(&w->ev, 6), 42);

	openat_record(w, 3);
	append(w, "R\0/cut", 6); /* no NUL at its end */
	assert_true(event_resolved(&w->ev, &r));
	assert_true(str_is(r.path, "/cut"));
}

static void test_garbage(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {{"", 0}, {"R", 1}, {"R\0", 2}, {"Q\0/x", 5}, {"R\3/x", 5}, {"R\xff/x", 5}};
	struct world *w = *state;
	struct resolved r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		openat_record(w, 3);
		append(w, bad[i].bytes, bad[i].n);
		assert_false(event_resolved(&w->ev, &r));
		apply(w);
		assert_null(w->ctx.fd->real);
	}
}

/* Other types, and records of other producers, have nothing there. */
static void test_others(void **state)
{
	const struct param few[] = {I64(3), S("link"), U32(1), U32(0)},
			   close_x[] = {I64(0), I64(3)};
	struct world *w = *state;
	struct resolved r;

	event_encode(w->rec, ++w->ts, 100, EV_CLOSE_X, close_x, 2);
	append(w, "R\0/x", 5);
	assert_false(event_resolved(&w->ev, &r));
	event_encode(w->rec, ++w->ts, 100, EV_OPEN_X, few, 4);
	append(w, "R\0/x", 5);
	assert_true(event_resolved(&w->ev, &r)); /* it may lack parameters, yet have this */
}

/* Requests of io_uring say so, whatever they are about. */
static void test_ring(void **state)
{
	const struct param close_x[] = {I64(0), I64(3)};
	struct world *w = *state;
	enum origin origin;
	struct resolved r;

	openat_record(w, 3);
	assert_false(event_origin(&w->ev, &origin));
	append(w, "R\2", 3);
	assert_true(event_origin(&w->ev, &origin));
	assert_int_equal(origin, ORIGIN_URING);
	assert_false(event_resolved(&w->ev, &r));
	event_encode(w->rec, ++w->ts, 100, EV_CLOSE_X, close_x, 2);
	append(w, "R\2", 3);
	assert_true(event_origin(&w->ev, &origin));
	assert_int_equal(origin, ORIGIN_URING);
	event_encode(w->rec, ++w->ts, 100, EV_CLOSE_X, close_x, 2);
	append(w, "R\0", 3);
	assert_false(event_origin(&w->ev, &origin));
}

static void test_kept(void **state)
{
	struct world *w = *state;
	int64_t res;

	openat_record(w, 3);
	append(w, "R\0/etc/shadow", 14);
	apply(w);
	assert_true(str_is(istr_str(w->ctx.fd->real), "/etc/shadow"));
	assert_fd_name(w, 100, 3, "/home/u/link");
	EMIT(w, 100, EV_DUP2_X, I64(9), I64(3), I64(9));
	assert_true(str_is(istr_str(world_fd(w, 100, 9)->real), "/etc/shadow"));
	EMIT(w, 100, EV_FCNTL_X, I64(10), I64(3), U8(0x1a), U64(0));
	assert_true(str_is(istr_str(world_fd(w, 100, 10)->real), "/etc/shadow"));
	EMIT(w, 100, EV_CLOSE_X, I64(0), I64(3));
	openat_record(w, 3);
	append(w, "", 0);
	apply(w);
	assert_null(world_fd(w, 100, 3)->real);
	assert_true(event_result(&w->ev, &res));
	assert_int_equal(res, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_read),
		world_test(test_garbage),
		world_test(test_others),
		world_test(test_ring),
		world_test(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
