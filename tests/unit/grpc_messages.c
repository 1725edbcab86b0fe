/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as protobuf, read back, and the backlog that keeps them for readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "grpc/backlog.h"
#include "grpc/messages.h"
#include "grpc/outputs.pb-c.h"
#include "grpc/version.pb-c.h"

static Falco__Outputs__Response *encode(const struct alert *a, const char *hostname)
{
	Falco__Outputs__Response *m;
	struct buf out = {0};

	message_alert(a, hostname, &out);
	m = falco__outputs__response__unpack(NULL, out.n, (const uint8_t *)out.p);
	assert_non_null(m);
	buf_done(&out);
	return m;
}

static const char *field(const Falco__Outputs__Response *m, const char *key)
{
	for (size_t i = 0; i < m->n_output_fields; i++)
		if (strcmp(m->output_fields[i]->key, key) == 0)
			return m->output_fields[i]->value;
	return "(none)";
}

static void an_alert_is_read_back(void **state)
{
	static const char *const tags[] = {"a", "b"};
	const struct alert a = {.ts = UINT64_C(1470327477881781397),
		.priority = PRIORITY_NOTICE,
		.rule = "A rule",
		.source = "syscall",
		.tags = tags,
		.ntags = 2,
		.text = STR("12:00:00.0: Notice text"),
		.fields = STR("\"evt.time\":1470327477881781397,\"fd.name\":null,\"n\":-1.5,"
			      "\"ok\":true,\"list\":[\"a,b\",\"]\",{\"x\":1}],\"name\":\"x\"")};
	Falco__Outputs__Response *m = encode(&a, "host");

	assert_int_equal(m->time->seconds, 1470327477);
	assert_int_equal(m->time->nanos, 881781397);
	assert_int_equal(m->priority, 5);
	assert_string_equal(m->rule, "A rule");
	assert_string_equal(m->source, "syscall");
	assert_string_equal(m->hostname, "host");
	assert_string_equal(m->output, "12:00:00.0: Notice text");
	assert_int_equal(m->n_tags, 2);
	assert_string_equal(m->tags[1], "b");
	assert_int_equal(m->n_output_fields, 6);
	assert_string_equal(field(m, "evt.time"), "1470327477881781397");
	assert_string_equal(field(m, "fd.name"), "null");
	assert_string_equal(field(m, "n"), "-1.5");
	assert_string_equal(field(m, "ok"), "true");
	assert_string_equal(field(m, "list"), "[\"a,b\",\"]\",{\"x\":1}]");
	assert_string_equal(field(m, "name"), "x");
	falco__outputs__response__free_unpacked(m, NULL);
}

static void strings_are_unescaped(void **state)
{
	const struct alert a = {.rule = "r",
		.source = "s",
		.text = STR("bad \xff byte"),
		.fields = STR("\"a\\\"b\":\"\\n\\t\\\\\\/\\u00e9\\u20ac\\ud83d\\ude00|\","
			      "\"lone\":\"\\ud83dx\",\"nul\":\"a\\u0000b\"")};
	Falco__Outputs__Response *m = encode(&a, "h\xc3");

	assert_string_equal(field(m, "a\"b"), "\n\t\\/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|");
	assert_string_equal(field(m, "lone"), "\xef\xbf\xbdx");
	assert_string_equal(field(m, "nul"), "a\xef\xbf\xbd"
					     "b");
	assert_string_equal(m->output, "bad \xef\xbf\xbd byte");
	assert_string_equal(m->hostname, "h\xef\xbf\xbd");
	falco__outputs__response__free_unpacked(m, NULL);
}

/* Fields of ours are well-formed; what is not must not be read beyond its end. */
static void torn_fields_end_early(void **state)
{
	static const char *const torn[] = {"\"", "\"a", "\"a\"", "\"a\":", "\"a\":\"", "\"a\":\"\\",
		"\"a\":\"\\u12", "\"a\":\"\\ud83d\\u", "\"a\":[\"", "\"a\":{", "x", ",",
		"\"a\":1,"};

	for (size_t i = 0; i < ARRAY_SIZE(torn); i++) {
		size_t n = strlen(torn[i]);
		char *exact = mem_alloc(n);
		Falco__Outputs__Response *m;

		memcpy(exact, torn[i], n);
		m = encode(&(struct alert){.rule = "r",
				   .source = "s",
				   .text = STR("t"),
				   .fields = str_n(exact, n)},
			"h");
		assert_true(m->n_output_fields <= 1);
		falco__outputs__response__free_unpacked(m, NULL);
		free(exact);
	}
}

static void sources_have_numbers(void **state)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {{"syscall", 0}, {"k8s_audit", 1}, {"internal", 2}, {"okta", 3}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		Falco__Outputs__Response *m = encode(&(struct alert){.rule = "r",
							     .source = rows[i].name,
							     .text = STR("t"),
							     .fields = STR("")},
			"h");

		assert_int_equal(m->source_deprecated, rows[i].number);
		assert_int_equal(m->n_output_fields, 0);
		falco__outputs__response__free_unpacked(m, NULL);
	}
}

static void versions_are_read_back(void **state)
{
	const struct message_version v = {"1.2.3-rc1", 1, 2, 3, "rc1", "b", 4, 5, 6, "4.5.6"};
	Falco__Version__Response *m;
	struct buf out = {0};

	message_version(&v, &out);
	m = falco__version__response__unpack(NULL, out.n, (const uint8_t *)out.p);
	assert_string_equal(m->version, "1.2.3-rc1");
	assert_int_equal(m->major * 100 + m->minor * 10 + m->patch, 123);
	assert_int_equal(m->engine_major * 100 + m->engine_minor * 10 + m->engine_patch, 456);
	assert_string_equal(m->prerelease, "rc1");
	assert_string_equal(m->build, "b");
	assert_string_equal(m->engine_version, "4.5.6");
	falco__version__response__free_unpacked(m, NULL);
	buf_done(&out);
}

static void requests_may_have_fields_of_later_times(void **state)
{
	assert_true(message_is_request(STR("")));
	assert_true(message_is_request(STR("\x08\x01")));
	assert_false(message_is_request(STR("\xff\xff\xff\xff")));
	assert_false(message_is_request(STR("\x0a\x05x")));
}

/* ---- backlog ---- */

static void add(struct backlog *b, unsigned from, unsigned to)
{
	char text[16];

	for (unsigned i = from; i < to; i++) {
		snprintf(text, sizeof(text), "%u", i);
		backlog_add(b, str_c(text));
	}
}

static int number(struct blob *x)
{
	int n = -1;
	size_t i;

	if (!x)
		return n;
	for (i = 0, n = 0; i < x->n && x->p[i] >= '0' && x->p[i] <= '9'; i++)
		n = n * 10 + (x->p[i] - '0');
	blob_unref(x);
	return n;
}

static void every_reader_gets_all(void **state)
{
	struct backlog *b = backlog_new(0, 1 << 20);
	uint64_t one = backlog_begin(b), two = one, lost = 0;
	struct backlog_stats s;

	add(b, 0, 500);
	for (int i = 0; i < 300; i++)
		assert_int_equal(number(backlog_read(b, &one, 300, &lost)), i);
	assert_int_equal(number(backlog_read(b, &one, 300, &lost)), -1);
	for (int i = 0; i < 500; i++)
		assert_int_equal(number(backlog_read(b, &two, UINT64_MAX, &lost)), i);
	assert_int_equal(number(backlog_read(b, &two, UINT64_MAX, &lost)), -1);
	assert_int_equal(number(backlog_read(b, &one, UINT64_MAX, &lost)), 300);
	assert_int_equal(lost, 0);
	backlog_get_stats(b, &s);
	assert_int_equal(s.given, 801);
	assert_int_equal(s.waiting, 0);
	backlog_free(b);
}

static void a_new_reader_begins_behind_what_was_given(void **state)
{
	struct backlog *b = backlog_new(0, 1 << 20);
	uint64_t lost = 0, cursor;

	add(b, 0, 10);
	assert_int_equal(number(backlog_claim(b, 10, &lost)), 0);
	assert_int_equal(number(backlog_claim(b, 10, &lost)), 1);
	cursor = backlog_begin(b);
	assert_int_equal(number(backlog_read(b, &cursor, 10, &lost)), 2);
	assert_int_equal(number(backlog_claim(b, 10, &lost)), 3);
	assert_int_equal(number(backlog_claim(b, 4, &lost)), -1);
	backlog_free(b);
}

static void the_oldest_go_first(void **state)
{
	struct backlog *b = backlog_new(4, 1 << 20);
	uint64_t slow = backlog_begin(b), lost = 0;
	struct backlog_stats s;

	add(b, 0, 2);
	assert_int_equal(number(backlog_read(b, &slow, UINT64_MAX, &lost)), 0);
	add(b, 2, 10);
	assert_int_equal(number(backlog_read(b, &slow, UINT64_MAX, &lost)), 6);
	assert_int_equal(lost, 5);
	backlog_get_stats(b, &s);
	assert_int_equal(s.lost, 5);
	backlog_free(b);
}

static void bytes_are_bounded(void **state)
{
	struct backlog *b = backlog_new(0, 30);
	uint64_t cursor = 0, lost = 0;

	add(b, 10, 100); /* two bytes each */
	assert_int_equal(number(backlog_read(b, &cursor, UINT64_MAX, &lost)), 85);
	assert_int_equal(lost, 75);
	backlog_add(b, STR("7 and more than all the bytes that there may be"));
	assert_int_equal(number(backlog_read(b, &cursor, UINT64_MAX, &lost)), 7);
	backlog_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_is_read_back),
		cmocka_unit_test(strings_are_unescaped),
		cmocka_unit_test(torn_fields_end_early),
		cmocka_unit_test(sources_have_numbers),
		cmocka_unit_test(versions_are_read_back),
		cmocka_unit_test(requests_may_have_fields_of_later_times),
		cmocka_unit_test(every_reader_gets_all),
		cmocka_unit_test(a_new_reader_begins_behind_what_was_given),
		cmocka_unit_test(the_oldest_go_first),
		cmocka_unit_test(bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
