/* SPDX-License-Identifier: Apache-2.0 */
/* Transformers: alone, nested, on lists, with several arguments; and which are refused. */
#include "../lib/conditions.h"

static void test_case(void **state)
{
	fake_reset();
	fake_text(FAKE_text, STR("Az@[`{\xc3\x89 9"));
	TRUE("tolower(t.text) = 'az@[`{\xc3\x89 9'");
	TRUE("toupper(t.text) = 'AZ@[`{\xc3\x89 9'");
	TRUE("tolower(toupper(t.text)) = tolower(t.text)");
	fake_text(FAKE_text, STR(""));
	TRUE("toupper(t.text) = ''");
	fake_text(FAKE_path, STR("/X"));
	TRUE("tolower(t.path) = /x");
	TRUE("tolower(t.path) pmatch (/x)");
	TRUE("tolower('ABC') = abc");
}

static void test_basename(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {{"/usr/bin/cat", "cat"}, {"cat", "cat"}, {"/usr/bin/", ""}, {"/", ""},
		{"", ""}, {"a//b", "b"}, {"..", ".."}};
	char condition[64];

	fake_reset();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_text(FAKE_text, str_c(cases[i].path));
		snprintf(condition, sizeof(condition), "basename(t.text) = '%s'", cases[i].name);
		TRUE(condition);
	}
}

static void test_b64(void **state)
{
	static const struct {
		const char *encoded, *decoded; /* NULL: no value */
	} cases[] = {{"aGVsbG8=", "hello"}, {"aGVsbG8", "hello"}, {"aGk=", "hi"}, {"aGk", "hi"},
		{"aA==", "h"}, {"aA", "h"}, {"aGlk", "hid"}, {"", ""}, {"+/+/", "\xfb\xff\xbf"},
		{"a", NULL}, {"=", NULL}, {"==", NULL}, {"a===", NULL}, {"aGl", NULL},
		{"aB==", NULL}, {"a b=", NULL}, {"aG-_", NULL}, {"aGVsbG8=\n", NULL},
		{"aGVsb", NULL}, {"aA==aA==", NULL}};
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *exists = must_compile("b64(t.text) exists");
	char condition[64];

	fake_reset();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_text(FAKE_text, str_c(cases[i].encoded));
		assert_int_equal(atom_eval(exists, &ctx), cases[i].decoded != NULL);
		snprintf(condition, sizeof(condition), "b64(t.text) = '%s'",
			cases[i].decoded ? cases[i].decoded : "");
		if (cases[i].decoded)
			TRUE(condition);
		else
			FALSE(condition);
	}
	fake_text(FAKE_bytes, STR("aGkA"));
	TRUE("b64(t.bytes) bcontains 686900");
	TRUE("len(b64(t.bytes)) = 3");
	fake_text(FAKE_bytes, STR("aGk=\0\0"));
	TRUE("b64(t.bytes) = hi");
	fake_text(FAKE_text, STR("YUdrPQ=="));
	TRUE("b64(b64(t.text)) = hi");
	fake_text(FAKE_text, STR("/w=="));
	TRUE("b64(t.text) regex '.'");
	TRUE("len(b64(t.text)) = 1");
}

static void test_len(void **state)
{
	struct value texts[] = {{.s = STR("a")}, {.s = STR("bcd")}};

	fake_reset();
	fake_text(FAKE_text, STR("hello"));
	TRUE("len(t.text) = 5");
	TRUE("len(t.text) in (1, 5)");
	FALSE("len(t.text) > 5");
	fake_text(FAKE_text, STR(""));
	TRUE("len(t.text) = 0");
	fake_text(FAKE_bytes, STR("a\0b"));
	TRUE("len(t.bytes) = 3");
	fake_list(FAKE_texts, texts, 2);
	TRUE("len(t.texts) = 2");
	TRUE("len(toupper(t.texts)) = 2");
	TRUE("len(('a', 'b', 'c')) = 3");
	TRUE("len(()) = 0");
	fake_list(FAKE_nums, texts, 1);
	TRUE("len(t.nums) = 1");
}

static void test_on_lists(void **state)
{
	struct value texts[] = {{.s = STR("/x/Ab")}, {.s = STR("cD")}};

	fake_reset();
	fake_list(FAKE_texts, texts, 2);
	TRUE("tolower(t.texts) in ('/x/ab', cd)");
	TRUE("basename(t.texts) intersects (Ab)");
	TRUE("toupper(basename(t.texts)) in (AB, CD)");
	FALSE("b64(t.texts) exists");
	TRUE("tolower(('A', t.texts, 5)) in (a, '/x/ab', cd, 5)");
	assert_true(str_is(texts[0].s, "/x/Ab"));
}

static void test_join(void **state)
{
	struct value texts[] = {{.s = STR("a")}, {.s = STR("b")}};
	struct value nums[] = {{.u = 1}, {.u = 20}};

	fake_reset();
	fake_list(FAKE_texts, texts, 2);
	fake_list(FAKE_nums, nums, 2);
	fake_text(FAKE_text, STR("--"));
	fake_i64(FAKE_i64, -3);
	TRUE("join(',', t.texts) = 'a,b'");
	TRUE("join(t.text, t.texts) = 'a--b'");
	TRUE("join('', t.texts) = ab");
	TRUE("join('-', ()) = ''");
	TRUE("join('-', ('x')) = x");
	TRUE("join('-', ('x', t.text, 7, t.i64, toupper('y'))) = 'x----7--3-Y'");
	TRUE("join(' ', (t.texts, t.nums)) = 'a b 1 20'");
	TRUE("join('+', t.nums) = 1+20");
	TRUE("toupper(join('.', t.texts)) = A.B");
	TRUE("join('', ('a', 'b')) = concat('a', 'b')");
	FALSE("join(',', t.more) exists");
	FALSE("join(t.other, t.texts) exists");
	FALSE("join(',', (t.text, t.other)) exists");
	refused("join(',') = x", "join() requires exactly 2 arguments: separator and list");
	refused("join(',', t.texts, 'x') = x",
		"join() requires exactly 2 arguments: separator and list");
	refused("join(t.texts, t.texts) = x",
		"join() first argument (separator) must be a single value, not a list");
	refused("join(',', t.text) = x", "join() second argument must be a list");
	refused("join(',', t.texts)[1] = x", "transformer 'join' does not support field arguments");
}

static void test_concat(void **state)
{
	fake_reset();
	fake_text(FAKE_text, STR("ab"));
	fake_text(FAKE_other, STR(""));
	TRUE("concat(t.text, 'c') = abc");
	TRUE("concat(t.text, t.other, t.text, 1) = abab1");
	TRUE("len(concat(t.text, toupper(t.text))) = 4");
	fake_absent[FAKE_other] = true;
	FALSE("concat(t.text, t.other) exists");
	refused("concat(t.text) = x", "concat() requires at least 2 arguments");
	refused("concat(t.text, t.u64) = x", "concat() arguments must be strings");
	refused("concat(t.text, t.path) = x", "concat() arguments must be strings");
	refused("concat(t.text, t.texts) = x", "concat() arguments must be strings");
	refused("concat(t.text, 'x')[0] = x",
		"transformer 'concat' does not support field arguments");
}

static void test_getopt_list(void **state)
{
	TRUE("getopt(('-n'), 'n') intersects (n)");
	FALSE("getopt(('-n'), 'n') intersects ('?', t)");
	TRUE("getopt(('-t', 'v'), 't:') in (t, v)");
	TRUE("len(getopt(('-t', 'v'), 't:')) = 2");
	TRUE("getopt(('-tv'), 't:') in (t, v)");
	TRUE("getopt(('-ntv', 'w'), 'nt:') in (n, t, v)");
	TRUE("len(getopt(('-ntv', 'w'), 'nt:')) = 3");
	TRUE("getopt(('-nt', 'v'), 'nt:') in (n, t, v)");
	TRUE("getopt(('-nx'), 'n') in (n, '?')");
	TRUE("len(getopt(('-n', 'stop', '-n'), 'n')) = 1");
	TRUE("len(getopt(('-n', '--', '-n'), 'n')) = 1");
	TRUE("len(getopt(('-n', '-', '-n'), 'n')) = 1");
	TRUE("len(getopt(('-n', '', '-n'), 'n')) = 1");
	TRUE("len(getopt(('-n', '--long=x', '-n'), 'n')) = 2");
	TRUE("getopt(('-t', '-n'), 't:n') in (t, '-n')");
	TRUE("getopt(('-t'), 't:') in ('')");
	TRUE("getopt(('-t'), ':t:') in ('')");
	TRUE("getopt(('-@'), '@') in ('@')");
	TRUE("getopt(('-:'), 'a:') in ('?')");
	TRUE("len(getopt((), 'n')) = 0");
	TRUE("len(getopt(('-nnn', '-x'), '')) = 4");
	TRUE("getopt(('-a', '1', '-b', '2'), 'a:b:') in (a, 1, b, 2)");
}

static void test_getopt_one(void **state)
{
	TRUE("getopt(('-n', '-t', 'v'), 'nt:')[t] = v");
	TRUE("getopt(('-n', '-t', 'v'), 'nt:')[n] = n");
	TRUE("getopt(('-t', 'v', '-t', 'w'), 't:')[t] = w");
	TRUE("getopt(('-tv', '-t'), 't:')[t] = ''");
	TRUE("getopt(('-t?'), 't:')[t] = '?'");
	TRUE("getopt(('-t', ''), 't:')[t] = ''");
	FALSE("getopt(('-n'), 'nt:')[t] exists");
	FALSE("getopt(('-n'), 'nt:')[t] != x");
	FALSE("getopt(('-x'), 'n')[x] exists");
	TRUE("toupper(getopt(('-t', 'v'), 't:')[t]) = V");
	TRUE("getopt(('-xf', 'a.tgz'), 'xf:')[\"f\"] endswith .tgz");
}

static void test_getopt_fields(void **state)
{
	struct value args[] = {{.s = STR("-p")}, {.s = STR("80")}};

	fake_reset();
	fake_list(FAKE_texts, args, 2);
	fake_text(FAKE_text, STR("p:"));
	TRUE("getopt(t.texts, t.text)[p] = 80");
	TRUE("getopt(t.texts, 'p')[p] = p");
	fake_text(FAKE_text, STR("p"));
	TRUE("getopt(t.texts, t.text) in (p)");
	FALSE("getopt(t.more, 'p') exists");
	FALSE("getopt(t.texts, t.other) exists");
	refused("getopt(('a')) exists",
		"getopt() requires exactly 2 arguments: args list and optstring");
	refused("getopt('x', 'n') exists", "getopt() first argument must be a list");
	refused("getopt(('x'), ('n')) exists",
		"getopt() second argument (optstring) must be a single value");
	refused("getopt(t.nums, 'n') exists", "getopt() arguments must be strings");
	refused("getopt(('x'), t.u64) exists", "getopt() arguments must be strings");
	refused("getopt(('x'), 'n')[nn] exists",
		"getopt() field argument must be a single option character");
	refused("getopt(('x'), 'n')[\"\"] exists",
		"getopt() field argument must be a single option character");
	refused("getopt(('x'), 'n') = n", "filter error: '=' operator not supported list filters");
}

static void test_refused(void **state)
{
	refused("tolower(t.u64) = x",
		"can't add field transformer: type 'UINT64' is not supported by 'tolower' "
		"transformer applied on field 't.u64'");
	refused("toupper(t.bytes) = x",
		"can't add field transformer: type 'BYTEBUF' is not supported by 'toupper' "
		"transformer applied on field 't.bytes'");
	refused("b64(t.path) = x",
		"can't add field transformer: type 'FSPATH' is not supported by 'b64' "
		"transformer applied on field 't.path'");
	refused("basename(t.nums) exists",
		"can't add field transformer: type 'UINT64' is not supported by 'basename' "
		"transformer applied on list field 't.nums'");
	refused("len(t.u64) = 1",
		"can't add field transformer: type 'UINT64' is not supported by 'len' "
		"transformer applied on field 't.u64'");
	refused("tolower(len(t.text)) = 1",
		"can't add field transformer: type 'UINT64' is not supported by 'tolower' "
		"transformer applied on field 't.text'");
	refused("len(len(t.text)) = 1",
		"can't add field transformer: type 'UINT64' is not supported by 'len' "
		"transformer applied on field 't.text'");
	refused("tolower(t.any) = x", "field 't.any' does not support transformers");
	refused("tolower(t.text)[0] = x",
		"filter error: transformer 'tolower' does not support field arguments");
	refused("tolower(t.text, t.other) = x", "unknown multivalue transformer");
	refused("len(t.text) contains 1",
		"filter error: 'contains' operator not supported for numeric filters");
	refused("len(t.text) = x", "x is not a valid number");
}

/* What a transformer makes is gone with the event, and nothing of it is on the heap. */
static void test_memory(void **state)
{
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *a = must_compile("tolower(toupper(concat(t.text, 'x'))) = hellox");

	fake_reset();
	fake_text(FAKE_text, STR("Hello"));
	for (int i = 0; i < 100; i++) {
		arena_reset(&event_arena);
		assert_true(atom_eval(a, &ctx));
	}
	assert_true(event_arena.used < 1 << 20);
	atom_done(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_basename),
		cmocka_unit_test(test_b64),
		cmocka_unit_test(test_len),
		cmocka_unit_test(test_on_lists),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_concat),
		cmocka_unit_test(test_getopt_list),
		cmocka_unit_test(test_getopt_one),
		cmocka_unit_test(test_getopt_fields),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, conditions_setup, conditions_teardown);
}
