/* SPDX-License-Identifier: Apache-2.0 */
/* Output formats: what tokens are, their text and JSON, and how often fields are looked at. */
#include "../lib/conditions.h"
#include "filter/format.h"

static struct format *compile_format(const char *text, struct atom_error *err)
{
	return format_compile(&arena, str_c(text), STR("syscall"), err);
}

static struct format *must_compile_format(const char *text)
{
	struct atom_error err;
	struct format *f = compile_format(text, &err);

	if (!f)
		fail_msg("%s: %s", text, err.message);
	return f;
}

static struct event_ctx context(void)
{
	event.num++;
	arena_reset(&event_arena);
	return (struct event_ctx){.arena = &event_arena, .ev = &event};
}

/* Valid until the next call. */
static const char *text_of(const char *format)
{
	static struct buf b;
	struct event_ctx ctx = context();

	b = (struct buf){.arena = &arena};
	format_text(must_compile_format(format), &ctx, &b);
	return buf_cstr(&b);
}

static const char *json_of(const char *format, bool with_transformed)
{
	static struct buf b;
	struct event_ctx ctx = context();

	b = (struct buf){.arena = &arena};
	format_json(must_compile_format(format), &ctx, with_transformed, &b);
	return buf_cstr(&b);
}

static void some_values(void)
{
	static struct value texts[2];

	fake_reset();
	texts[0].s = STR("a");
	texts[1].s = STR("b c");
	fake_text(FAKE_text, STR("init"));
	fake_text(FAKE_path, STR("/x/y"));
	fake_text(FAKE_third, STR("/x/y"));
	fake_u64(FAKE_u64, 42);
	fake_i64(FAKE_i64, -7);
	fake_i64(FAKE_i32, 0x1f);
	fake_set(FAKE_flag, (struct value){.b = true});
	fake_set(FAKE_dbl, (struct value){.d = 0.25});
	fake_text(FAKE_ip, STR("\x7f\0\0\1"));
	fake_u64(FAKE_time, 1500);
	fake_list(FAKE_texts, texts, 2);
}

static void test_text(void **state)
{
	some_values();
	assert_string_equal(text_of("plain"), "plain");
	assert_string_equal(text_of("a %t.text b"), "a init b");
	assert_string_equal(text_of("%t.text"), "init");
	assert_string_equal(text_of("%t.text%t.u64"), "init42");
	assert_string_equal(
		text_of("(%t.i64,%t.i32,%t.flag,%t.dbl,%t.ip)"), "(-7,1F,true,0.2,127.0.0.1)");
	assert_string_equal(text_of("%t.texts"), "(a,b c)");
	assert_string_equal(text_of("*%t.text!"), "init!");
	assert_string_equal(text_of("**"), "*");
	assert_string_equal(text_of("a%t.textand more"), "ainitand more");
	assert_string_equal(text_of("%t.text.%t.text[x"), "init.init[x");
	assert_string_equal(text_of("%t.u64k"), "42k");
	assert_string_equal(text_of("%t.other"), "<NA>");
	assert_string_equal(text_of("*%t.other"), "<NA>");
	assert_string_equal(text_of("\xff%t.text\n"), "\xffinit\n");
}

static void test_width(void **state)
{
	some_values();
	assert_string_equal(text_of("[%2t.text]"), "[in]");
	assert_string_equal(text_of("[%4t.text]"), "[init]");
	assert_string_equal(text_of("[%6t.text]"), "[init  ]");
	assert_string_equal(text_of("[%0t.text]"), "[init]");
	assert_string_equal(text_of("[%003t.text]"), "[ini]");
	assert_string_equal(text_of("[%6t.other]"), "[<NA>  ]");
	assert_string_equal(text_of("[%3toupper(t.text)]"), "[INI]");
	assert_string_equal(json_of("%2t.text", false), "\"t.text\":\"init\"");
}

static void test_transformers(void **state)
{
	some_values();
	assert_string_equal(text_of("%toupper(t.text)x"), "INITx");
	assert_string_equal(text_of("%toupper( concat(t.text, '-', t.third) )"), "INIT-/X/Y");
	assert_string_equal(text_of("%len(t.texts)"), "2");
	assert_string_equal(text_of("%len(t.text)%basename(t.path)"), "4y");
	assert_string_equal(text_of("%join(\"->\", (t.text, t.path))"), "init->/x/y");
	assert_string_equal(text_of("%toupper(t.texts)"), "(A,B C)");
	assert_string_equal(text_of("%getopt(('-x', '%'), 'x:')[x]!"), "%!");
	fake_text(FAKE_text, STR("AEH/"));
	assert_string_equal(text_of("%b64(t.text)"), "\xef\xbf\xbd"
						     "A\xef\xbf\xbd");
}

static void test_json(void **state)
{
	some_values();
	assert_string_equal(json_of("plain", false), "");
	assert_string_equal(json_of("%t.u64 %t.text", false), "\"t.text\":\"init\",\"t.u64\":42");
	assert_string_equal(json_of("%t.text%t.text", false), "\"t.text\":\"init\"");
	assert_string_equal(json_of("%t.other", false), "\"t.other\":null");
	assert_string_equal(json_of("%t.i32%t.flag%t.i64%t.ip%t.time", false),
		"\"t.flag\":true,\"t.i32\":\"1F\",\"t.i64\":-7,\"t.ip\":\"127.0.0.1\","
		"\"t.time\":1500");
	assert_string_equal(json_of("%t.texts", false), "\"t.texts\":[\"a\",\"b c\"]");
	assert_string_equal(json_of("%toupper(t.text)", false), "\"t.text\":\"init\"");
	assert_string_equal(json_of("%toupper(t.text)", true),
		"\"t.text\":\"init\",\"toupper(t.text)\":\"INIT\"");
	assert_string_equal(json_of("%tolower(toupper(t.text))", true),
		"\"t.text\":\"init\",\"tolower(toupper(t.text))\":\"init\"");
	assert_string_equal(json_of("%len(t.text)", true), "\"len(t.text)\":4,\"t.text\":\"init\"");
	assert_string_equal(json_of("%join('->',('x',t.text,toupper(t.path)))", true),
		"\"join(->,(x,t.text,toupper(t.path)))\":\"x->init->/X/Y\","
		"\"t.path\":\"/x/y\",\"t.text\":\"init\"");
	assert_string_equal(json_of("%concat(toupper(t.text),t.third)", true),
		"\"concat(toupper(t.text),t.third)\":\"INIT/x/y\","
		"\"t.text\":\"init\",\"t.third\":\"/x/y\",\"toupper(t.text)\":\"INIT\"");
	fake_text(FAKE_text, STR("a\"\\\n\xff"));
	assert_string_equal(
		json_of("%t.text", false), "\"t.text\":\"a\\\"\\\\\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void assert_fields(const char *format, const char *want)
{
	const struct str *names;
	size_t n = format_fields(must_compile_format(format), &names);
	struct buf b = {.arena = &arena};

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&b, ' ');
		buf_str(&b, names[i]);
	}
	assert_string_equal(buf_cstr(&b), want);
}

static void test_fields(void **state)
{
	assert_fields("none", "");
	assert_fields("%t.u64 %t.text %t.u64", "t.u64 t.text t.u64");
	assert_fields("%proc.aname[2]%evt.arg.name", "proc.aname[2] evt.arg.name");
	assert_fields("%toupper(t.text)", "t.text toupper(t.text)");
	assert_fields("%len(toupper(t.text))%t.text", "t.text len(toupper(t.text)) t.text");
	assert_fields("%concat('a',t.text,t.third)", "t.text t.third concat(a,t.text,t.third)");
}

static void test_result(void **state)
{
	struct event_ctx ctx = context();
	struct buf b = {.arena = &arena};

	some_values();
	assert_true(format_text(must_compile_format("%t.text"), &ctx, &b));
	assert_false(format_text(must_compile_format("%t.other %t.text"), &ctx, &b));
	assert_true(format_text(must_compile_format("*%t.other %t.text"), &ctx, &b));
	assert_string_equal(buf_cstr(&b), "init<NA> init<NA> init");
}

/* Text and JSON of one event look at each field once; the next event is another one. */
static void test_extracted_once(void **state)
{
	struct format *f = must_compile_format("%t.text %t.text %toupper(t.text) %t.other");
	struct event_ctx ctx = context();
	struct buf b = {.arena = &arena};

	some_values();
	format_text(f, &ctx, &b);
	assert_int_equal(fake_extractions, 3);
	format_json(f, &ctx, false, &b);
	format_json(f, &ctx, true, &b);
	format_text(f, &ctx, &b);
	assert_int_equal(fake_extractions, 3);
	ctx = context();
	fake_text(FAKE_text, STR("next"));
	b.n = 0;
	format_text(f, &ctx, &b);
	assert_string_equal(buf_cstr(&b), "next next NEXT <NA>");
}

/* Text counts its own uses; an alert in JSON uses a field three times and shows the second. */
static void test_counting(void **state)
{
	struct format *f = must_compile_format("%t.count %t.count");
	struct event_ctx ctx;
	struct buf b = {.arena = &arena};

	for (int i = 1; i <= 3; i++) {
		ctx = context();
		format_text(f, &ctx, &b);
		buf_char(&b, '|');
		format_json(f, &ctx, false, &b);
		buf_char(&b, '|');
	}
	assert_string_equal(buf_cstr(&b), "1 1|\"t.count\":2|2 2|\"t.count\":5|3 3|\"t.count\":8|");
}

static void assert_behind(struct format *f, const char *whole, const char *behind)
{
	struct event_ctx ctx = context();
	struct buf b = {.arena = &arena};

	assert_true(format_text(f, &ctx, &b));
	assert_string_equal(buf_cstr(&b), whole);
	b.n = 0;
	assert_true(format_text_behind(f, &ctx, &b));
	assert_string_equal(buf_cstr(&b), behind);
}

/* What is in front is for the text only; both texts count for themselves, places are in the text.
 */
static void test_prefix(void **state)
{
	struct str prefix = STR("*%t.u64: ");
	const struct str *names;
	struct atom_error err;
	struct format *f = format_compile_behind(
		&arena, prefix, STR("*%t.other %t.count"), STR("syscall"), &err);

	some_values();
	assert_non_null(f);
	assert_behind(f, "42: *<NA> 1", "*<NA> 1");
	assert_behind(f, "42: *<NA> 2", "*<NA> 2");
	assert_int_equal(format_fields(f, &names), 2);
	assert_true(str_is(names[0], "t.other") && str_is(names[1], "t.count"));
	f = format_compile_behind(&arena, prefix, STR(""), STR("syscall"), &err);
	assert_behind(f, "42: ", "");
	assert_null(format_compile_behind(&arena, prefix, STR("x\ny %zzz"), STR("syscall"), &err));
	assert_int_equal(err.pos.index, 4);
	assert_int_equal(err.pos.line, 2);
}

static void refused_format(const char *format, const char *message, unsigned at)
{
	struct atom_error err;

	if (compile_format(format, &err))
		fail_msg("%s: was accepted", format);
	assert_string_equal(err.message, message);
	assert_int_equal(err.pos.index, at);
}

static void test_refused(void **state)
{
	struct atom_error err;

	refused_format("", "empty formatting token", 0);
	refused_format("x %", "invalid formatting syntax: formatting cannot end with a %", 2);
	refused_format(
		"x %12", "invalid formatting syntax: formatting cannot end with a number", 2);
	refused_format("%99999t.text", "invalid formatting syntax: width too large", 1);
	refused_format("a %nosuch b", "invalid formatting token nosuch b", 2);
	refused_format("a %t.nosuch", "invalid formatting token t.nosuch", 2);
	refused_format("%%t.text", "invalid formatting token %t.text", 0);
	refused_format("% t.text", "invalid formatting token  t.text", 0);
	refused_format("%toupper(t.text", "invalid formatting token toupper(t.text", 0);
	refused_format("%toupper (t.text)", "invalid formatting token toupper (t.text)", 0);
	refused_format("%toupper(t.u64)", "invalid formatting token toupper(t.u64)", 0);
	refused_format("%val(t.text)", "invalid formatting token val(t.text)", 0);
	refused_format("%toupper(val(t.text))", "invalid formatting token toupper(val(t.text))", 0);
	refused_format("%(t.text)", "invalid formatting token (t.text)", 0);
	assert_null(compile_format("a\n b %proc.nam", &err));
	assert_string_equal(err.hint, "proc.name");
	assert_int_equal(err.pos.line, 2);
	assert_int_equal(err.pos.col, 4);
	assert_null(format_compile(&arena, STR("%proc.name"), STR("k8s_audit"), &err));
	assert_non_null(format_compile(&arena, STR("%evt.time"), STR("k8s_audit"), &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_transformers),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_extracted_once),
		cmocka_unit_test(test_counting),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, conditions_setup, conditions_teardown);
}
