/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and macros in conditions: substitution, order, loops, what does not exist. */
#include "rules_world.h"

#define LIST(name, items) "- list: " name "\n  items: " items "\n"
#define MACRO(name, condition) "- macro: " name "\n  condition: " condition "\n"

static void test_lists(void **state)
{
	assert_condition(LIST("l", "[a, 'b c']") RULE("r", "proc.name in (x, l,y)"),
		"proc.name in (x, a, \"b c\", y)");
	assert_condition(LIST("l", "[a]") RULE("r", "proc.name in(l) or fd.name in ( l )"),
		"(proc.name in (a) or fd.name in (a))");
	assert_condition(LIST("l", "[a, b]") RULE("r", "proc.name in (ll, l2, l.x, l)"),
		"proc.name in (ll, l2, l.x, a, b)");
}

static void test_list_names_in_quotes_stay(void **state)
{
	assert_condition(LIST("l", "[a, b]") RULE("r", "proc.cmdline contains \"x l y\""),
		"proc.cmdline contains \"x l y\"");
}

static void test_items_that_need_quotes(void **state)
{
	assert_condition(LIST("l", "[--a=b, 'it \"is\" x', '\"as it is\"', \"it's\"]")
				 RULE("r", "proc.cmdline in (l)"),
		"proc.cmdline in (\"--a=b\", \"it \\\"is\\\" x\", \"as it is\", \"it's\")");
}

static void test_names_with_blanks(void **state)
{
	assert_condition(LIST("a b", "[x]") LIST("c", "['a b']") RULE("r", "proc.name in (a b, c)"),
		"proc.name in (x, x)");
}

static void test_empty_lists(void **state)
{
	assert_condition(
		LIST("e", "[]") RULE("r", "proc.name in (a, e, b)"), "proc.name in (a, b)");
	assert_condition(LIST("e", "[]") RULE("r", "proc.name in (e, b)"), "proc.name in (b)");
	assert_condition(LIST("e", "[]") RULE("r", "proc.name in (a,e)"), "proc.name in (a)");
	assert_condition(LIST("e", "[]") RULE("r", "proc.name in (e)"), "proc.name in ()");
}

static void test_lists_of_lists(void **state)
{
	assert_condition(LIST("a", "[x]") LIST("b", "[a, y]") LIST("c", "[b, z]")
				 RULE("r", "proc.name in (c)"),
		"proc.name in (x, y, z)");
	/* a changes after b: b, defined before, has what a is in the end. */
	assert_condition(LIST("a", "[x]") LIST("b", "[a]") LIST("a", "[y]")
				 RULE("r", "proc.name in (b)"),
		"proc.name in (y)");
	/* A condition may use a list that is defined below it. */
	assert_condition(RULE("r", "proc.name in (late)") LIST("late", "[x]"), "proc.name in (x)");
}

static void test_list_loop(void **state)
{
	assert_refused(LIST("a", "[x]") LIST("b", "[a]") LIST("a", "[b]")
			       RULE("r", "evt.type in (a)"),
		"LOAD_ERR_COMPILE_CONDITION", "unknown event type a");
}

static void test_macros(void **state)
{
	assert_condition(MACRO("m", "evt.type = open or evt.type = close")
				 MACRO("n", "m and proc.name = x") RULE("r", "not m and (n)"),
		"(not (evt.type = open or evt.type = close) and ((evt.type = open or evt.type = "
		"close) and proc.name = x))");
}

/* A rule sees every macro; a macro those that were defined before it was last touched. */
static void test_order(void **state)
{
	assert_condition(RULE("r", "m") MACRO("m", "evt.type = open"), "evt.type = open");
	assert_refused(MACRO("m", "late") MACRO("late", "evt.type = open"), "LOAD_ERR_VALIDATE",
		"Undefined macro 'late' used in filter.");
	assert_condition(MACRO("m", "evt.type = close") MACRO("late", "evt.type = open")
				 MACRO("m", "late") RULE("r", "m"),
		"evt.type = open");
}

static void test_across_files(void **state)
{
	struct world *w = world_load(MACRO("m", "proc.name in (l)") RULE("r", "m"),
		LIST("l", "[a]"), MACRO("m", "fd.name in (l)"));

	for (size_t i = 0; i < 3; i++)
		assert_count(w, i, DIAG_ERROR, NULL, "", 0);
	assert_string_equal(world_condition(w, "r"), "fd.name in (a)");
	world_free(w);
}

static void test_undefined(void **state)
{
	struct world *w = world_load(MACRO("opened", "evt.type = open") LIST("shells", "[sh]")
			RULE("r", "opend and gone and gone and shells"));
	struct diag *v = w->results[0]->diags.list.v;

	assert_errors(w, 3);
	assert_error(w, "LOAD_ERR_VALIDATE", "Undefined macro 'opend' used in filter.");
	assert_error(w, "LOAD_ERR_VALIDATE", "Undefined macro 'gone' used in filter.");
	assert_true(str_is(v[0].remedy, "Did you mean 'opened'?"));
	assert_true(str_starts(v[0].snippet, STR("opend and gone and gone and shells")) ||
		    str_starts(v[0].snippet, STR("opend and gone")));
	world_free(w);
}

static void test_loops(void **state)
{
	assert_refused(MACRO("m", "m and evt.type = open"), "LOAD_ERR_VALIDATE",
		"Undefined macro 'm' used in filter.");
	assert_refused(MACRO("m", "evt.type = open") MACRO("m", "m") RULE("r", "m"),
		"LOAD_ERR_VALIDATE", "reference loop in macro 'm'");
	assert_refused(MACRO("a", "evt.type = open") MACRO("b", "a") MACRO("c", "b") MACRO("a", "c")
			       RULE("r", "a and b"),
		"LOAD_ERR_VALIDATE", "reference loop in macro 'c'");
}

/* Every macro is the one before it twice. */
static void test_growth_is_bounded(void **state)
{
	struct buf b = {0};
	struct world *w;

	buf_puts(&b, MACRO("m0", "evt.type = open"));
	for (int i = 1; i < 60; i++)
		buf_printf(&b, "- macro: m%d\n  condition: m%d or m%d\n", i, i - 1, i - 1);
	buf_puts(&b, RULE("r", "m59"));
	w = world_load(buf_cstr(&b));
	assert_error(w, "LOAD_ERR_COMPILE_CONDITION", "condition is too large with macro");
	assert_errors(w, 1);
	world_free(w);
	buf_done(&b);
}

static void test_long_chains(void **state)
{
	struct buf b = {0};
	struct world *w;

	buf_puts(&b, MACRO("m0", "evt.type = open") LIST("l0", "[x]"));
	for (int i = 1; i < 5000; i++)
		buf_printf(&b, "- macro: m%d\n  condition: m%d\n- list: l%d\n  items: [l%d]\n", i,
			i - 1, i, i - 1);
	buf_puts(&b, RULE("r", "m4999 and proc.name in (l4999)"));
	w = world_load(buf_cstr(&b));
	assert_errors(w, 0);
	assert_string_equal(world_condition(w, "r"), "(evt.type = open and proc.name in (x))");
	world_free(w);
	buf_done(&b);
}

/* A mistake in a macro is one mistake, whoever uses the macro, and shown in its own text. */
static void test_macro_mistakes_once(void **state)
{
	struct world *w = world_load(MACRO("m", "proc.nme = x") RULE("a", "m and evt.type = open")
			RULE("b", "m and evt.type = close") RULE("c", "evt.type = open"));
	const struct diag *g = &w->results[0]->diags.list.v[0];

	assert_errors(w, 1);
	assert_error(w, "LOAD_ERR_COMPILE_CONDITION", "nonexistent field proc.nme");
	assert_true(str_is(g->snippet, "proc.nme = x\n^\n"));
	assert_string_equal(g->frames[g->nframes - 2].item_name, "m");
	assert_int_equal(w->set->nrules, 1);
	world_free(w);
}

/* The file that made a rule wrong has the error, not the one that defined the rule. */
static void test_blame(void **state)
{
	struct world *w = world_load(MACRO("m", "evt.type = open") RULE("r", "m") RULE("s", "m"),
		MACRO("m", "evt.type = nothing"), "- rule: s\n  condition: and\n  append: true\n");

	assert_count(w, 0, DIAG_ERROR, NULL, "", 0);
	assert_count(
		w, 1, DIAG_ERROR, "LOAD_ERR_COMPILE_CONDITION", "unknown event type nothing", 1);
	assert_count(w, 2, DIAG_ERROR, "LOAD_ERR_COMPILE_CONDITION", "", 1);
	world_free(w);
}

static void test_unused(void **state)
{
	struct world *w = world_load(LIST("l", "[a]") LIST("k", "[l]")
			MACRO("m", "proc.name in (a)") RULE("r", "evt.type = open"));

	assert_warning(w, "LOAD_UNUSED_MACRO", "Macro not referred to by any other rule/macro");
	assert_warning(w, "LOAD_UNUSED_LIST", "List not referred to by any other rule/macro");
	assert_warnings(w, 2);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_names_in_quotes_stay),
		cmocka_unit_test(test_items_that_need_quotes),
		cmocka_unit_test(test_names_with_blanks),
		cmocka_unit_test(test_empty_lists),
		cmocka_unit_test(test_lists_of_lists),
		cmocka_unit_test(test_list_loop),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_across_files),
		cmocka_unit_test(test_undefined),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_growth_is_bounded),
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_macro_mistakes_once),
		cmocka_unit_test(test_blame),
		cmocka_unit_test(test_unused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
