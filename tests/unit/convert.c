/* SPDX-License-Identifier: Apache-2.0 */
/* Old events become current ones: single rows, chains of rows, every row, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/scap_build.h"
#include "event/convert.h"

static struct converter *converter;
static void *records[2];
static unsigned turn;

static enum convert_result feed(
	struct event *ev, int64_t tid, uint16_t type, const struct param *params, unsigned n)
{
	void **rec = &records[turn++ % 2];
	size_t len;

	free(*rec);
	*rec = make_record(42, tid, type, params, n, &len);
	*ev = (struct event){.num = 7, .cpu = 3, .flags = EVENT_STATE_ONLY};
	assert_int_equal(event_view(ev, *rec, len), 0);
	return convert_event(converter, ev);
}

static int setup(void **state)
{
	converter = converter_new();
	return 0;
}

static int teardown(void **state)
{
	converter_free(converter);
	for (int i = 0; i < 2; i++) {
		free(records[i]);
		records[i] = NULL;
	}
	return 0;
}

static void test_current_passes(void **state)
{
	struct event ev;

	assert_false(convert_needed(EV_CLOSE_X, 2));
	assert_int_equal(feed(&ev, 1, EV_CLOSE_X, PARAMS(I64(0), I64(3))), CONVERT_PASS);
	assert_true(ev.decoded);
	assert_ptr_equal(ev.rec, records[0]);
	assert_false(convert_needed(EV_PROCINFO_E, 17));
	assert_int_equal(feed(&ev, 1, EV_PROCINFO_E, PARAMS(U64(1))), CONVERT_PASS);
}

static void test_enter_completes_exit(void **state)
{
	struct event ev;

	assert_true(convert_needed(EV_CLOSE_E, 1));
	assert_int_equal(feed(&ev, 1, EV_CLOSE_E, PARAMS(I64(11))), CONVERT_DROP);
	assert_int_equal(feed(&ev, 2, EV_CLOSE_E, PARAMS(I64(22))), CONVERT_DROP);
	assert_int_equal(feed(&ev, 1, EV_CLOSE_X, PARAMS(I64(-9))), CONVERT_CHANGED);
	assert_true(ev.decoded);
	assert_int_equal(ev.nparams, 2);
	assert_int_equal(event_i64(&ev, 0), -9);
	assert_int_equal(event_i64(&ev, 1), 11);
	assert_int_equal(ev.ts, 42);
	assert_int_equal(ev.tid, 1);
	assert_int_equal(ev.num, 7);
	assert_int_equal(ev.cpu, 3);
	assert_int_equal(ev.flags, EVENT_STATE_ONLY);
	/* It served once. */
	assert_int_equal(feed(&ev, 1, EV_CLOSE_X, PARAMS(I64(0))), CONVERT_CHANGED);
	assert_int_equal(event_i64(&ev, 1), 0);
	assert_int_equal(event_param(&ev, 1).n, 8);
	assert_int_equal(feed(&ev, 2, EV_CLOSE_X, PARAMS(I64(0))), CONVERT_CHANGED);
	assert_int_equal(event_i64(&ev, 1), 22);
}

static void test_last_enter_counts(void **state)
{
	struct event ev;

	feed(&ev, 1, EV_CLOSE_E, PARAMS(I64(1)));
	feed(&ev, 1, EV_LISTEN_E, PARAMS(I64(5), U32(128)));
	feed(&ev, 1, EV_LISTEN_X, PARAMS(I64(0)));
	assert_int_equal(event_i64(&ev, 1), 5);
	assert_int_equal(event_i64(&ev, 2), 128);
	/* The enter event is another call's: as if there were none. */
	feed(&ev, 1, EV_LISTEN_E, PARAMS(I64(5), U32(128)));
	assert_int_equal(feed(&ev, 1, EV_CLOSE_X, PARAMS(I64(0))), CONVERT_CHANGED);
	assert_int_equal(event_i64(&ev, 1), 0);
}

static void test_optional_enter(void **state)
{
	struct event ev;

	assert_int_equal(feed(&ev, 1, EV_SYSCALL_X, PARAMS(U16(9))), CONVERT_CHANGED);
	assert_int_equal(ev.nparams, 2);
	assert_int_equal(event_u64(&ev, 0), 9);
	assert_int_equal(event_param(&ev, 1).n, 0);
	feed(&ev, 1, EV_SYSCALL_E, PARAMS(U16(9), U16(300)));
	feed(&ev, 1, EV_SYSCALL_X, PARAMS(U16(9)));
	assert_int_equal(event_u64(&ev, 1), 300);
}

static void test_defaults_and_sizes(void **state)
{
	struct event ev;

	feed(&ev, 1, EV_SOCKET_X, PARAMS(I64(3), U32(2), U32(1), U32(0)));
	assert_int_equal(ev.nparams, 5);
	assert_int_equal(event_param(&ev, 4).n, 4);
	assert_int_equal(event_u64(&ev, 4), 0);
	/* A value wider than its new parameter is cut to it. */
	feed(&ev, 1, EV_READ_E, PARAMS(I64(4), U64(0x500000010)));
	feed(&ev, 1, EV_READ_X, PARAMS(I64(2), TEXT("a")));
	assert_int_equal(event_param(&ev, 3).n, 4);
	assert_int_equal(event_u64(&ev, 3), 0x10);
}

/* connect: the first step uses the enter event up, the address stays empty. */
static void test_enter_serves_one_step(void **state)
{
	struct event ev;

	assert_int_equal(feed(&ev, 1, EV_CONNECT_E, PARAMS(I64(4), TEXT("addr"))), CONVERT_PASS);
	assert_int_equal(
		feed(&ev, 1, EV_CONNECT_X, PARAMS(I64(0), TEXT("tuple"))), CONVERT_CHANGED);
	assert_int_equal(ev.nparams, 4);
	assert_int_equal(event_i64(&ev, 2), 4);
	assert_int_equal(event_param(&ev, 3).n, 0);
	feed(&ev, 1, EV_CONNECT_E, PARAMS(I64(4), TEXT("addr")));
	feed(&ev, 1, EV_CONNECT_X, PARAMS(I64(0), TEXT("tuple"), I64(4)));
	assert_true(str_is(event_str(&ev, 3), "addr"));
}

/* The oldest exec takes eight type changes and then gains parameters until today. */
static void test_exec_chain(void **state)
{
	struct event ev;

	assert_int_equal(feed(&ev, 1, EV_EXECVE_8_E, NULL, 0), CONVERT_CHANGED);
	assert_int_equal(ev.type, EV_EXECVE_E);
	assert_int_equal(feed(&ev, 9, EV_EXECVE_8_X,
				 PARAMS(I64(0), TEXT("/bin/ls"), TEXT("-l"), I64(9), I64(8), I64(7),
					 TEXT("/tmp"), U64(1024))),
		CONVERT_CHANGED);
	assert_int_equal(ev.type, EV_EXECVE_X);
	assert_int_equal(ev.nparams, ev.info->nparams);
	assert_true(str_is(event_str(&ev, 1), "/bin/ls"));
	assert_true(str_is(event_str(&ev, 2), "-l"));
	assert_int_equal(event_i64(&ev, 5), 7);
	assert_true(str_is(event_str(&ev, 6), "/tmp"));
	assert_int_equal(event_u64(&ev, 7), 1024);
	for (unsigned i = 8; i < ev.nparams; i++)
		assert_int_equal(event_param(&ev, i).n, 0);
}

/* An enter event that is shown and kept: the exec's file name, for exits one parameter short. */
static void test_stored_and_passed(void **state)
{
	struct param params[EVENT_MAX_PARAMS] = {{NULL, 0}};
	unsigned n = event_table[EV_EXECVE_X].nparams;
	struct event ev;

	assert_int_equal(feed(&ev, 1, EV_EXECVE_E, PARAMS(TEXT("/bin/true"))), CONVERT_PASS);
	assert_true(str_is(event_str(&ev, 0), "/bin/true"));
	assert_int_equal(feed(&ev, 1, EV_EXECVE_X, params, n - 1), CONVERT_CHANGED);
	assert_int_equal(ev.nparams, n);
	assert_true(str_is(event_str(&ev, n - 1), "/bin/true"));
}

static void expect_container(struct event *ev, const char *json)
{
	assert_int_equal(ev->type, EV_CONTAINER_E);
	assert_int_equal(ev->nparams, 1);
	assert_int_equal(event_param(ev, 0).n, strlen(json) + 1);
	assert_string_equal((const char *)event_param(ev, 0).p, json);
}

static void test_container(void **state)
{
	struct event ev;

	assert_int_equal(
		feed(&ev, -1, EV_CONTAINER_4_E,
			PARAMS(TEXT("3ad7b26ded6d"), U32(0), TEXT("web"), TEXT("nginx:1"))),
		CONVERT_CHANGED);
	expect_container(
		&ev, "{\"id\":\"3ad7b26ded6d\",\"type\":0,\"name\":\"web\",\"image\":\"nginx:1\"}");
	assert_int_equal(
		feed(&ev, -1, EV_CONTAINER_4_E, PARAMS(NOTHING, U8(6), TEXT("a\"b"), TEXT(""))),
		CONVERT_CHANGED);
	expect_container(&ev, "{\"id\":\"\",\"type\":6,\"name\":\"a\\\"b\",\"image\":\"\"}");
	assert_int_equal(
		feed(&ev, -1, EV_CONTAINER_1_E, PARAMS(TEXT("{\"x\":1}"))), CONVERT_CHANGED);
	expect_container(&ev, "{\"x\":1}");
	assert_int_equal(feed(&ev, -1, EV_CONTAINER_E, PARAMS(TEXT("{}"))), CONVERT_PASS);
}

static void test_dropped(void **state)
{
	struct event ev;

	assert_int_equal(feed(&ev, 1, EV_CLONE_11_E, NULL, 0), CONVERT_DROP);
	assert_int_equal(feed(&ev, 1, EV_UNUSED_17, NULL, 0), CONVERT_DROP);
	assert_int_equal(feed(&ev, 1, EV_UNUSED_269, PARAMS(I64(1))), CONVERT_DROP);
}

static void test_refused(void **state)
{
	struct event ev;
	uint8_t big[60000] = {0};
	struct param p = {big, sizeof(big)};

	assert_int_equal(feed(&ev, 1, EV_CLOSE_X, PARAMS(I64(0), I64(1), I64(2))), CONVERT_ERROR);
	assert_int_equal(feed(&ev, 1, EV_CLOSE_E, PARAMS(I64(0), I64(1))), CONVERT_ERROR);
	assert_int_equal(feed(&ev, 1, EV_LISTEN_X, PARAMS(I64(0), I64(1))), CONVERT_ERROR);
	assert_int_equal(
		feed(&ev, 1, EV_EXECVE_8_X,
			PARAMS(I64(0), p, p, I64(9), I64(8), I64(7), TEXT("/tmp"), U64(1024))),
		CONVERT_ERROR);
	assert_int_equal(feed(&ev, 1, EV_READ_E, PARAMS(p, p)), CONVERT_ERROR);
	assert_int_equal(feed(&ev, 1, EV_CLOSE_X, PARAMS(I64(0))), CONVERT_CHANGED);
}

/* Memory is bounded by threads: the oldest enter event goes, the youngest stays. */
static void test_many_threads(void **state)
{
	struct event ev;

	for (int64_t tid = 1; tid <= CONVERT_MAX_THREADS + 10; tid++)
		assert_int_equal(feed(&ev, tid, EV_CLOSE_E, PARAMS(I64(tid))), CONVERT_DROP);
	feed(&ev, 10, EV_CLOSE_X, PARAMS(I64(0)));
	assert_int_equal(event_i64(&ev, 1), 0);
	feed(&ev, 11, EV_CLOSE_X, PARAMS(I64(0)));
	assert_int_equal(event_i64(&ev, 1), 11);
	feed(&ev, CONVERT_MAX_THREADS + 10, EV_CLOSE_X, PARAMS(I64(0)));
	assert_int_equal(event_i64(&ev, 1), CONVERT_MAX_THREADS + 10);
}

/* ... and by bytes. */
static void test_large_enter_events(void **state)
{
	struct event ev;
	uint8_t *big = mem_zalloc(65000);
	struct param p = {big, 65000};

	for (int64_t tid = 1; tid <= 1000; tid++)
		assert_int_equal(feed(&ev, tid, EV_MKDIR_E, PARAMS(p)), CONVERT_DROP);
	feed(&ev, 1, EV_MKDIR_X, PARAMS(I64(0), TEXT("/d")));
	assert_int_equal(event_param(&ev, 2).n, 0);
	feed(&ev, 1000, EV_MKDIR_X, PARAMS(I64(0), TEXT("/d")));
	assert_true(event_param(&ev, 2).n > 0);
	free(big);
}

/* ---- every row ---- */

enum { STORE, PASS, STORE_PASS, ADD, TYPE, CONTAINER };
#define O(i) 0
#define E(i) 0
#define EOPT(i) 0
#define DEF 0
#define NIL 0

static const struct row {
	uint16_t type, new_type;
	uint8_t nparams, action;
} rows[] = {
#define CONVERT(type, nparams, action, new_type, ...) {type, new_type, nparams, action},
#include "tables/convert.def"
#undef CONVERT
};

/* Parameters that tell where they come from: their index in every byte. */
static unsigned numbered(struct param *params, uint8_t bytes[][8], unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		memset(bytes[i], (int)i + 1, 8);
		params[i] = (struct param){bytes[i], 8};
	}
	return n;
}

static bool ends_current(const struct event *ev)
{
	const struct event_header *h = (const void *)ev->rec;

	if (ev->info->flags & (EF_OLD_VERSION | EF_UNUSED))
		return event_type_state_only(ev->type);
	return ev->nparams == ev->info->nparams && h->nparams == ev->nparams;
}

static void test_every_row(void **state)
{
	struct param params[EVENT_MAX_PARAMS];
	uint8_t bytes[EVENT_MAX_PARAMS][8];
	struct event ev;

	assert_int_equal(ARRAY_SIZE(rows), 253);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		unsigned n = numbered(params, bytes, r->nparams);
		enum convert_result res = feed(&ev, (int64_t)i, r->type, params, n);

		assert_true(convert_needed(r->type, r->nparams));
		if (r->action == STORE)
			assert_int_equal(res, CONVERT_DROP);
		if (res == CONVERT_DROP) {
			assert_true(EVENT_IS_ENTER(r->type));
			continue;
		}
		assert_true(res == CONVERT_PASS || res == CONVERT_CHANGED);
		assert_true(ends_current(&ev));
	}
}

/* The same with each exit's own enter event before it. */
static void test_every_row_after_enter(void **state)
{
	struct param params[EVENT_MAX_PARAMS];
	uint8_t bytes[EVENT_MAX_PARAMS][8];
	struct event ev;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		uint16_t enter = r->type - 1;

		if (EVENT_IS_ENTER(r->type))
			continue;
		feed(&ev, 5, enter, params, numbered(params, bytes, event_table[enter].nparams));
		feed(&ev, 5, r->type, params, numbered(params, bytes, r->nparams));
		assert_true(ends_current(&ev));
		/* A first parameter is the result in every generation. */
		if (r->nparams && r->action == ADD)
			assert_int_equal(event_param(&ev, 0).p[0], 1);
	}
}

/* No old exit is left that nothing would convert, and no type is both current and old. */
static void test_table(void **state)
{
	for (unsigned type = 0; type < EV_MAX; type++) {
		uint16_t flags = event_table[type].flags;
		bool managed = flags & EF_CONVERTER_MANAGED, old = flags & EF_OLD_VERSION;

		assert_true(event_table[type].nparams <= EVENT_MAX_PARAMS);
		if (old && !EVENT_IS_ENTER(type))
			assert_true(managed);
		if (!old && !managed && !(flags & EF_UNUSED))
			assert_int_equal(convert_current[type], CONVERT_ANY);
		if (old || flags & EF_UNUSED)
			assert_int_equal(convert_current[type], CONVERT_NEVER);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_current_passes),
		TEST(test_enter_completes_exit),
		TEST(test_last_enter_counts),
		TEST(test_optional_enter),
		TEST(test_defaults_and_sizes),
		TEST(test_enter_serves_one_step),
		TEST(test_exec_chain),
		TEST(test_stored_and_passed),
		TEST(test_container),
		TEST(test_dropped),
		TEST(test_refused),
		TEST(test_many_threads),
		TEST(test_large_enter_events),
		TEST(test_every_row),
		TEST(test_every_row_after_enter),
		TEST(test_table),
	};

	return cmocka_run_group_tests_name("convert", tests, NULL, NULL);
}
