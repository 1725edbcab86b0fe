/* SPDX-License-Identifier: Apache-2.0 */
/* Checks: fields on the right, constants and cleaning, errors and warnings, what the engine asks.
 */
#include "../lib/conditions.h"

/* ---- fields on the right ---- */

static void test_two_fields(void **state)
{
	fake_reset();
	fake_text(FAKE_text, STR("hello"));
	fake_text(FAKE_other, STR("hello"));
	TRUE("t.text = val(t.other)");
	FALSE("t.text != val(t.other)");
	TRUE("t.text in val(t.other)");
	TRUE("t.text = val(t.text)");
	fake_text(FAKE_other, STR("ell"));
	TRUE("t.text contains val(t.other)");
	TRUE("t.text > val(t.other)");
	FALSE("t.text startswith val(t.other)");
	TRUE("t.text startswith concat('h', t.other)");
	fake_text(FAKE_other, STR("H*"));
	FALSE("t.text glob val(t.other)");
	TRUE("t.text iglob val(t.other)");
	TRUE("t.text glob tolower(t.other)");
	fake_u64(FAKE_u64, 5);
	TRUE("len(t.text) = val(t.u64)");
	TRUE("t.u64 = len(t.text)");
	TRUE("t.u64 >= len(t.other)");
	TRUE("tolower(t.other) = tolower(t.other)");
}

static void test_two_lists(void **state)
{
	struct value ab[] = {{.s = STR("a")}, {.s = STR("b")}};
	struct value bc[] = {{.s = STR("b")}, {.s = STR("c")}};

	fake_reset();
	fake_list(FAKE_texts, ab, 2);
	fake_list(FAKE_more, bc, 2);
	FALSE("t.texts in val(t.more)");
	TRUE("t.texts intersects val(t.more)");
	TRUE("t.texts in val(t.texts)");
	TRUE("t.texts in tolower(t.texts)");
	fake_list(FAKE_more, bc, 1);
	TRUE("t.more in val(t.texts)");
	fake_list(FAKE_more, bc, 0);
	FALSE("t.texts intersects val(t.more)");
	TRUE("t.more in val(t.texts)");
}

static void test_two_fields_refused(void **state)
{
	refused("t.text pmatch val(t.other)",
		"operator 'PMATCH' doesn't support right-hand side fields");
	refused("t.text regex val(t.other)",
		"operator 'REGEX' doesn't support right-hand side fields");
	refused("t.net = val(t.ip)", "field type 'IPNET' doesn't support right-hand side fields");
	refused("t.any = val(t.text)", "field 't.any' doesn't support right-hand side fields");
	refused("t.text = val(t.any)", "field 't.any' can't be used as a right-hand side field");
	refused("t.text = val(t.u64)",
		"field 't.text' has type 'CHARBUF' while the right-hand side field 't.u64' has "
		"incompatible type 'UINT64'");
	refused("t.text = val(t.texts)",
		"field 't.text' has type 'CHARBUF' while the right-hand side field 't.texts' has "
		"incompatible type 'CHARBUF (list)'");
	refused("t.text = val(t.path)",
		"field 't.text' has type 'CHARBUF' while the right-hand side field 't.path' has "
		"incompatible type 'FSPATH'");
	refused("t.text = val(t.nosuch)", "filter_check called with nonexistent field t.nosuch");
	refused("t.text = val(t.other)[1]",
		"filter error: transformer 'val' does not support field arguments");
}

/* ---- UTF-8 ---- */

/* Bytes that are no text, and control characters, count as U+FFFD; so do constants see them. */
static void test_cleaning(void **state)
{
	struct istr *i = istr_get(STR("a\xff/b\x01"));

	fake_reset();
	fake_text(FAKE_other, STR("a\xef\xbf\xbd"));
	for (int interned = 0; interned < 2; interned++) {
		fake_set(FAKE_text, (struct value){.s = istr_str(i), .istr = interned ? i : NULL});
		TRUE("t.text = 'a\xef\xbf\xbd/b\xef\xbf\xbd'");
		FALSE("t.text = 'a\xff/b\x01'");
		TRUE("t.text != 'a\xff/b\x01'");
		TRUE("t.text in (x, 'a\xef\xbf\xbd/b\xef\xbf\xbd')");
		FALSE("t.text in (x, 'a\xff/b\x01')");
		FALSE("t.text contains '\x01'");
		FALSE("t.text contains '\xff'");
		TRUE("t.text contains '\xef\xbf\xbd/'");
		TRUE("t.text contains /");
		TRUE("t.text startswith a");
		TRUE("t.text endswith '\xef\xbf\xbd'");
		TRUE("t.text glob 'a*b*'");
		TRUE("t.text glob 'a?"
		     "?"
		     "?/b?"
		     "?"
		     "?'");
		FALSE("t.text glob 'a?/b?'");
		TRUE("t.text regex 'a./b.'");
		TRUE("t.text > val(t.other)");
		TRUE("t.text pmatch ('a\xef\xbf\xbd')");
		FALSE("t.text pmatch (a)");
		TRUE("len(t.text) = 9");
		TRUE("t.text = val(t.text)");
		FALSE("t.text = oneof ('a\xff/b\x01')");
		TRUE("t.text startswith anyof (x, 'a\xef\xbf\xbd')");
	}
	fake_text(FAKE_bytes, istr_str(i));
	TRUE("t.bytes = 'a\xff/b\x01'");
	istr_put(i);
}

/* ---- constants ---- */

static void test_long_constants(void **state)
{
	char text[600] = "t.text = ", bytes[600] = "t.bytes = ", message[700];

	memset(text + 9, 'x', FILTER_MAX_VALUE);
	atom_done(must_compile(text));
	memset(bytes + 10, 'x', FILTER_MAX_VALUE);
	atom_done(must_compile(bytes));
	text[9 + FILTER_MAX_VALUE] = bytes[10 + FILTER_MAX_VALUE] = 'x';
	snprintf(message, sizeof(message), "filter parameter too long (used=257, available=256):%s",
		text + 9);
	refused(text, message);
	refused(bytes, "filter parameter too long (byte buf)");
}

static void test_event_types(void **state)
{
	atom_done(must_compile("evt.type = openat"));
	atom_done(must_compile("evt.type in (open, container, container_removed, renameat2)"));
}

static void test_event_types_refused(void **state)
{
	struct atom_error err;

	assert_null(compile("evt.type = opena", &err));
	assert_string_equal(err.message, "unknown event type opena");
	assert_non_null(err.hint);
	assert_null(compile("evt.type in (open, xyzzy)", &err));
	assert_string_equal(err.message, "unknown event type xyzzy");
	assert_null(compile("evt.type contains xyzzy", &err));
	assert_string_equal(err.message, "unknown event type xyzzy");
}

static void test_around(void **state)
{
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *a = must_compile("evt.around[5000000000] = 10");

	event.ts = 5009999999;
	assert_true(atom_eval(a, &ctx));
	event.ts = 5010000000;
	assert_true(atom_eval(a, &ctx));
	event.ts = 5010000001;
	assert_false(atom_eval(a, &ctx));
	event.ts = 4990000000;
	assert_true(atom_eval(a, &ctx));
	event.ts = 4989999999;
	assert_false(atom_eval(a, &ctx));
	event.ts = 0;
	refused("evt.around[5] > 3", "evt.around supports only '=' comparison operator");
}

static void test_unknown_field(void **state)
{
	struct atom_error err;

	assert_null(compile("proc.nme = x", &err));
	assert_string_equal(err.message, "filter_check called with nonexistent field proc.nme");
	assert_string_equal(err.hint, "proc.name");
	assert_null(compile("tolower(t.nosuch) = x", &err));
	assert_string_equal(err.message, "filter_check called with nonexistent field t.nosuch");
}

static void test_error_place(void **state)
{
	struct parse_error parse_err;
	struct atom_error err;
	struct node *n =
		filter_parse(&arena, STR("t.text = a and\n  tolower(t.u64) = b"), &parse_err);

	assert_null(atom_compile(&arena, n->kids[1], STR("syscall"), &err, NULL, NULL));
	assert_int_equal(err.pos.index, 17);
	assert_int_equal(err.pos.line, 2);
	assert_int_equal(err.pos.col, 3);
	assert_string_equal(err.message,
		"can't add field transformer: type 'UINT64' is not supported by 'tolower' "
		"transformer applied on field 't.u64'");
}

/* ---- warnings ---- */

static void warned(const char *text, const char *message)
{
	atom_done(must_compile(text));
	if (!message) {
		if (nwarnings)
			fail_msg("%s: %s", text, warnings);
		return;
	}
	assert_int_equal(nwarnings, 1);
	assert_string_equal(warnings, message);
}

#define SIMPLER(re)                                                                                \
	"regex check with '" re "' may be optimized with simpler operators such as '=', "          \
	"'contains', 'startswith', 'endswith'"

static void test_warnings(void **state)
{
	warned("t.text = x", NULL);
	warned("t.text = proc.pname",
		"'proc.pname' may be a valid field misused as a const string value");
	warned("t.text = ' proc . pname '",
		"' proc . pname ' may be a valid field misused as a const string value");
	warned("t.text in (a, proc.aname[2])",
		"'proc.aname[2]' may be a valid field misused as a const string value");
	warned("t.text = proc.nosuch", NULL);
	warned("t.text = evt.arg", NULL);
	warned("t.text = 'toupper( proc.pname)'",
		"'toupper( proc.pname)' may be a valid field transformer misused as a const "
		"string value");
	warned("t.text = 'val(x)'",
		"'val(x)' may be a valid field transformer misused as a const string value");
	warned("t.text = 'upper(x)'", NULL);
	warned("t.text = 'tolower('", NULL);
	warned("t.text regex hello", SIMPLER("hello"));
	warned("t.text regex '^hello$'", SIMPLER("^hello$"));
	warned("t.text regex '.*hello.*'", SIMPLER(".*hello.*"));
	warned("t.text regex '.+hello$'", SIMPLER(".+hello$"));
	warned("t.text regex 'hel.*lo'", NULL);
	warned("t.text regex '^.*hello'", NULL);
	warned("t.text regex 'hello?'", NULL);
	warned("t.text regex '[a-z]'", NULL);
	refused("t.text regex '('", "invalid regex pattern: missing ): (");
	refused("t.text regex '[b-a]'",
		"invalid regex pattern: invalid character class range: b-a");
	refused("t.text regex 'a\\\\d'", "invalid regex pattern: invalid escape sequence: \\d");
}

/* ---- what the engine asks ---- */

static void assert_scope(const char *text, enum field_scope scope, bool pure)
{
	struct atom *a = must_compile(text);

	assert_int_equal(atom_scope(a), scope);
	assert_int_equal(atom_pure(a), pure);
	atom_done(a);
}

static void test_scope(void **state)
{
	struct atom *a = must_compile("t.text != x");

	assert_string_equal(atom_field(a)->info->name, "t.text");
	assert_int_equal(atom_op(a), OP_NE);
	atom_done(a);
	a = must_compile("len(t.text) = 1");
	assert_null(atom_field(a));
	atom_done(a);
	assert_scope("t.flag = true", SCOPE_RUN, true);
	assert_scope("t.u32 = 1", SCOPE_TYPE, true);
	assert_scope("t.text = x", SCOPE_PROC, true);
	assert_scope("t.other = x", SCOPE_EVENT, true);
	assert_scope("tolower(t.text) = x", SCOPE_PROC, true);
	assert_scope("t.text = val(t.other)", SCOPE_EVENT, true);
	assert_scope("t.text = tolower('X')", SCOPE_PROC, true);
	assert_scope("tolower('X') = x", SCOPE_RUN, true);
	assert_scope("t.count = 1", SCOPE_EVENT, false);
	assert_scope("t.u64 = val(t.count)", SCOPE_EVENT, false);
	assert_scope("concat(t.text, t.other) = x", SCOPE_EVENT, true);
	assert_scope("evt.is_open_write = true", SCOPE_KIND, true);
	assert_scope("fd.typechar = f", SCOPE_KIND, true);
	assert_scope("fd.num >= 0", SCOPE_KIND, true);
	assert_scope("fd.num < 0", SCOPE_KIND, true);
	assert_scope("fd.num > 0", SCOPE_EVENT, true);
	assert_scope("fd.num >= 1", SCOPE_EVENT, true);
	assert_scope("fd.num >= val(fd.num)", SCOPE_EVENT, true);
}

/* Fields that count do so for each atom. */
static void test_stateful(void **state)
{
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *a = must_compile("t.count = 2"), *b = must_compile("t.count = 1");

	assert_false(atom_eval(a, &ctx));
	assert_true(atom_eval(a, &ctx));
	assert_false(atom_eval(a, &ctx));
	assert_true(atom_eval(b, &ctx));
	atom_done(a);
	atom_done(b);
}

/* A constant resolves to the address, or another operator looks at the name it is known by. */
static void test_host(void **state)
{
	struct value local = {.type = PT_IPADDR, .s = STR("\x7f\0\0\x01")};

	fake_reset();
	FALSE("t.host = localhost");
	FALSE("t.host != localhost");
	fake_set(FAKE_host, local);
	TRUE("t.host = 127.0.0.1");
	FALSE("t.host != 127.0.0.1");
	FALSE("t.host = 10.9.8.7");
	TRUE("t.host != 10.9.8.7");
	TRUE("t.host in (10.9.8.7, 127.0.0.1)");
	FALSE("t.host in (10.9.8.7)");
	TRUE("t.host startswith 127");
	FALSE("t.host startswith 128");
	TRUE("t.host = anyof (127.0.0.1)");
	local.s = STR("\x01\x02\x03\x04");
	fake_set(FAKE_host, local);
	FALSE("t.host startswith 1");
}

/* A comparison that is used most must not allocate. */
static void test_no_allocation(void **state)
{
	static const char *const checks[] = {"t.text = hello", "t.text in (a, b, hello)",
		"t.text startswith /x", "t.text glob h*o", "t.text regex 'h.*'", "t.u32 > 5",
		"t.path pmatch (/a, /b)", "t.text contains x"};
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct istr *i = istr_get(STR("hello"));

	fake_reset();
	fake_set(FAKE_text, (struct value){.s = istr_str(i), .istr = i});
	fake_text(FAKE_path, STR("/b/c"));
	fake_u64(FAKE_u32, 6);
	for (size_t k = 0; k < ARRAY_SIZE(checks); k++) {
		struct atom *a = must_compile(checks[k]);
		char *before = event_arena.cur;

		atom_eval(a, &ctx);
		assert_ptr_equal(event_arena.cur, before);
		atom_done(a);
	}
	istr_put(i);
}

/* Constants hold references to interned texts only as long as their atom lives. */
static void test_nothing_left(void **state)
{
	assert_int_equal(istr_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_fields),
		cmocka_unit_test(test_two_lists),
		cmocka_unit_test(test_two_fields_refused),
		cmocka_unit_test(test_cleaning),
		cmocka_unit_test(test_long_constants),
		cmocka_unit_test(test_event_types),
		cmocka_unit_test(test_event_types_refused),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_unknown_field),
		cmocka_unit_test(test_error_place),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_stateful),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_no_allocation),
		cmocka_unit_test(test_nothing_left),
	};

	return cmocka_run_group_tests(tests, conditions_setup, conditions_teardown);
}
