/* SPDX-License-Identifier: Apache-2.0 */
/* Records: built, viewed, refused, and what the accessors make of odd parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/scap_build.h"

static void *record;
static size_t record_len;

static struct event make(uint16_t type, const struct param *params, unsigned n)
{
	struct event ev;

	free(record);
	record = make_record(1234567890123456789u, -7, type, params, n, &record_len);
	assert_int_equal(event_view(&ev, record, record_len), 0);
	return ev;
}

static struct event made(uint16_t type, const struct param *params, unsigned n)
{
	struct event ev = make(type, params, n);

	assert_true(event_fits(&ev));
	assert_int_equal(event_decode(&ev), 0);
	return ev;
}

static struct event_header *header(void)
{
	return record;
}

static void test_view(void **state)
{
	struct event ev = make(EV_CLOSE_X, PARAMS(I64(-9), I64(5)));

	assert_int_equal(ev.ts, 1234567890123456789u);
	assert_int_equal(ev.tid, -7);
	assert_int_equal(ev.type, EV_CLOSE_X);
	assert_ptr_equal(ev.info, &event_table[EV_CLOSE_X]);
	assert_int_equal(ev.len, EVENT_HEADER_SIZE + 2 * 2 + 16);
	assert_int_equal(ev.len, record_len);
	assert_false(ev.decoded);
	assert_int_equal(event_decode(&ev), 0);
	assert_true(ev.decoded);
	assert_int_equal(ev.nparams, 2);
	assert_int_equal(event_i64(&ev, 0), -9);
	assert_int_equal(event_i64(&ev, 1), 5);
}

static void test_view_refuses(void **state)
{
	struct event ev = make(EV_CLOSE_X, PARAMS(I64(-9), I64(5)));

	assert_int_equal(event_view(&ev, record, record_len - 1), -EBADMSG);
	assert_int_equal(event_view(&ev, record, EVENT_HEADER_SIZE - 1), -EBADMSG);
	assert_int_equal(event_view(&ev, record, 0), -EBADMSG);
	header()->type = EV_MAX;
	assert_int_equal(event_view(&ev, record, record_len), -EBADMSG);
	header()->type = EV_MAX - 1;
	assert_int_equal(event_view(&ev, record, record_len), 0);
	header()->len = EVENT_HEADER_SIZE - 1;
	assert_int_equal(event_view(&ev, record, record_len), -EBADMSG);
}

static void test_decode_refuses(void **state)
{
	struct event ev = make(EV_CLOSE_X, PARAMS(I64(-9), I64(5)));
	char *lens = (char *)record + EVENT_HEADER_SIZE;

	lens[2] = 9; /* of the second parameter */
	assert_false(event_fits(&ev));
	assert_int_equal(event_decode(&ev), -EBADMSG);
	assert_int_equal(ev.nparams, 0);
	assert_int_equal(event_i64(&ev, 0), 0);
	lens[2] = 8;
	header()->nparams = UINT32_MAX;
	assert_false(event_fits(&ev));
	assert_int_equal(event_decode(&ev), -EBADMSG);
	header()->nparams = 11; /* the lengths alone would reach behind the end */
	assert_false(event_fits(&ev));
	assert_int_equal(event_decode(&ev), -EBADMSG);
}

static void test_other_parameter_counts(void **state)
{
	struct event ev = made(EV_CLOSE_X, PARAMS(I64(1)));

	assert_int_equal(ev.nparams, 1);
	assert_int_equal(event_i64(&ev, 1), 0);
	assert_null(event_param(&ev, 1).p);
	ev = made(EV_CLOSE_X, PARAMS(I64(1), I64(2), I64(3), TEXT("four")));
	assert_int_equal(ev.nparams, 2);
	assert_int_equal(event_i64(&ev, 1), 2);
	ev = made(EV_GETSOCKNAME_X, NULL, 0);
	assert_int_equal(ev.nparams, 0);
}

static void test_large(void **state)
{
	static uint8_t data[100000] = {[0] = 1, [99999] = 2};
	struct param big = {data, sizeof(data)};
	struct event ev = made(EV_PLUGINEVENT_E, PARAMS(U32(3), big));

	assert_int_equal(ev.len, EVENT_HEADER_SIZE + 2 * 4 + 4 + sizeof(data));
	assert_int_equal(event_u64(&ev, 0), 3);
	assert_int_equal(event_bytes(&ev, 1).n, sizeof(data));
	assert_memory_equal(event_bytes(&ev, 1).p, data, sizeof(data));
	memset((char *)record + EVENT_HEADER_SIZE + 4, 0xff, 4);
	assert_int_equal(event_view(&ev, record, record_len), 0);
	assert_false(event_fits(&ev));
	assert_int_equal(event_decode(&ev), -EBADMSG);
}

static void test_integers(void **state)
{
	struct event ev = made(EV_LISTEN_X, PARAMS(U8(0xff), U16(0x8000), U32(0x80000000)));

	/* res and fd are signed types, backlog is INT32: all extend their sign. */
	assert_int_equal(event_i64(&ev, 0), -1);
	assert_int_equal(event_i64(&ev, 1), -0x8000);
	assert_int_equal(event_i64(&ev, 2), -0x80000000ll);
	ev = made(EV_SOCKET_X, PARAMS(I64(3), U32(0x80000000), U8(0xff), U64(UINT64_MAX)));
	assert_int_equal(event_i64(&ev, 1), 0x80000000ll);
	assert_int_equal(event_u64(&ev, 2), 0xff);
	assert_int_equal(event_u64(&ev, 3), UINT64_MAX);
	ev = made(EV_SOCKET_X, PARAMS(NOTHING, TEXT("much too long")));
	assert_int_equal(event_i64(&ev, 0), 0);
	assert_int_equal(event_u64(&ev, 1), 0x6f6f74206863756d);
}

static void test_texts(void **state)
{
	struct event ev = made(EV_RENAME_X, PARAMS(I64(0), TEXT("/a"), TEXT("(NULL)")));

	assert_true(str_is(event_str(&ev, 1), "/a"));
	assert_int_equal(event_bytes(&ev, 1).n, 3);
	assert_null(event_str(&ev, 2).p);
	assert_int_equal(event_bytes(&ev, 2).n, 7);
	ev = made(EV_RENAME_X, PARAMS(I64(0), TEXT("x\0y"), TEXT("")));
	assert_true(str_is(event_str(&ev, 1), "x"));
	assert_int_equal(event_bytes(&ev, 1).n, 4);
	assert_non_null(event_str(&ev, 2).p);
	assert_int_equal(event_str(&ev, 2).n, 0);
	ev = made(EV_RENAME_X,
		PARAMS(I64(0), ((struct param){(const uint8_t *)"no NUL", 6}), NOTHING));
	assert_true(str_is(event_str(&ev, 1), "no NUL"));
	assert_null(event_str(&ev, 2).p);
	assert_int_equal(event_bytes(&ev, 2).n, 0);
	assert_non_null(event_bytes(&ev, 9).p);
}

static void test_result(void **state)
{
	struct event ev = made(EV_CLOSE_X, PARAMS(I64(-9), I64(5)));
	int64_t value = 77;

	assert_true(event_result(&ev, &value));
	assert_int_equal(value, -9);
	ev = made(EV_CLOSE_X, PARAMS(U32((uint32_t)-5)));
	assert_true(event_result(&ev, &value));
	assert_int_equal(value, -5);
	value = 77;
	ev = made(EV_SYSCALL_X, PARAMS(U16(3), U16(4)));
	assert_false(event_result(&ev, &value));
	ev = made(EV_OPEN_E, PARAMS(TEXT("/x"), U32(0), U32(0)));
	assert_false(event_result(&ev, &value));
	ev = made(EV_GETSOCKNAME_X, NULL, 0);
	assert_false(event_result(&ev, &value));
	ev = made(EV_SWITCH_E, PARAMS(I64(1)));
	assert_false(event_result(&ev, &value));
	assert_int_equal(value, 77);
}

static void test_state_only_types(void **state)
{
	unsigned n = 0;

	for (unsigned type = 0; type < EV_MAX; type++)
		n += event_type_state_only((uint16_t)type);
	assert_int_equal(n, 7);
	assert_true(event_type_state_only(EV_OPENAT_E));
	assert_false(event_type_state_only(EV_OPENAT_X));
	assert_false(event_type_state_only(EV_CONTAINER_E));
}

/* Whatever the bytes are: what fits decodes, and views stay inside. */
static void test_random_records(void **state)
{
	unsigned seed = 1, fitting = 0;
	uint8_t rec[160];

	for (unsigned round = 0; round < 200000; round++) {
		struct event_header *h = (void *)rec;
		struct event ev;
		bool fits;

		for (size_t i = 0; i < sizeof(rec); i++)
			rec[i] = (uint8_t)(rand_r(&seed) >> 16 & (i < EVENT_HEADER_SIZE ? 0xff
									 : i & 1	? 0
											: 7));
		h->type %= EV_MAX;
		h->nparams = (uint32_t)rand_r(&seed) % 40;
		h->len = (uint32_t)rand_r(&seed) % (sizeof(rec) + 1);
		if (event_view(&ev, rec, sizeof(rec)) < 0)
			continue;
		fits = event_fits(&ev);
		fitting += fits;
		if (event_decode(&ev) < 0) {
			assert_false(fits);
			continue;
		}
		for (unsigned i = 0; i < ev.nparams; i++)
			assert_true(ev.params[i].p >= rec &&
				    ev.params[i].p + ev.params[i].n <= rec + ev.len);
	}
	assert_in_range(fitting, 1000, 190000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_view_refuses),
		cmocka_unit_test(test_decode_refuses),
		cmocka_unit_test(test_other_parameter_counts),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_state_only_types),
		cmocka_unit_test(test_random_records),
	};
	int failed = cmocka_run_group_tests_name("event", tests, NULL, NULL);

	free(record);
	return failed;
}
