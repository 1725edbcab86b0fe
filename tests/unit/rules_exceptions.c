/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: what they add to conditions, how they are appended to, what is wrong with them. */
#include "rules_world.h"

#define WITH(exceptions) RULE("r", "evt.type = open") "  exceptions:\n" exceptions

static void test_rows(void **state)
{
	assert_condition(WITH("  - name: e\n"
			      "    fields: [proc.name, fd.name]\n"
			      "    values:\n"
			      "    - [cat, /x]\n"
			      "    - ['a b', \"'c d'\"]\n"),
		"(evt.type = open and not ((proc.name = cat and fd.name = /x) or (proc.name = \"a "
		"b\" "
		"and fd.name = \"c d\")))");
}

static void test_operators(void **state)
{
	assert_condition(WITH("  - name: e\n"
			      "    fields: [proc.name, fd.name, proc.pname]\n"
			      "    comps: [in, ' startswith  ', contains oneof]\n"
			      "    values:\n"
			      "    - [[a, b c], /x, y]\n"),
		"(evt.type = open and not (proc.name in (a, \"b c\") and fd.name startswith /x and "
		"proc.pname contains oneof (y)))");
}

static void test_one_field(void **state)
{
	assert_condition(WITH("  - {name: e, fields: proc.name, values: [a, b c]}\n"),
		"(evt.type = open and not proc.name in (a, \"b c\"))");
	assert_condition(WITH("  - {name: e, fields: fd.name, comps: pmatch, values: [/a]}\n"),
		"(evt.type = open and not fd.name pmatch (/a))");
	assert_condition(
		WITH("  - {name: e, fields: fd.name, comps: startswith anyof, values: [/a, /b]}\n"),
		"(evt.type = open and not fd.name startswith anyof (/a, /b))");
}

static void test_lists_and_transformers_as_values(void **state)
{
	assert_condition(
		"- list: l\n  items: [x, 'y z']\n" WITH(
			"  - {name: e, fields: [proc.name], comps: [in], values: [[(l)], [l]]}\n"),
		"(evt.type = open and not (proc.name in (x, \"y z\") or proc.name in (x, \"y "
		"z\")))");
	assert_condition(
		WITH("  - {name: e, fields: [tolower(proc.name)], values: [[val(proc.pname)]]}\n"),
		"(evt.type = open and not tolower(proc.name) = val(proc.pname))");
}

static void test_no_values(void **state)
{
	assert_condition(WITH("  - {name: e, fields: [proc.name]}\n"
			      "  - {name: f, fields: proc.name, values: []}\n"),
		"evt.type = open");
	assert_condition(RULE("r", "evt.type = open") "  exceptions:\n", "evt.type = open");
}

/* The condition is put in parentheses first: an "or" in it does not escape. */
static void test_condition_stays_together(void **state)
{
	assert_condition(
		RULE("r", "evt.type = open or evt.type = close") "  exceptions:\n"
								 "  - {name: e, fields: "
								 "proc.name, values: [x]}\n",
		"((evt.type = open or evt.type = close) and not proc.name in (x))");
}

static void test_text_that_needs_quotes(void **state)
{
	assert_condition(WITH("  - {name: e, fields: [proc.cmdline], values: [['--a=b'], ['say "
			      "\"hi\" x']]}\n"),
		"(evt.type = open and not (proc.cmdline = \"--a=b\" or proc.cmdline = \"say "
		"\\\"hi\\\" x\"))");
}

static void test_append(void **state)
{
	struct world *w = world_load(WITH("  - {name: e, fields: [proc.name], values: [[a]]}\n"),
		"- rule: r\n"
		"  exceptions:\n"
		"  - {name: e, values: [[b]]}\n"
		"  - {name: f, fields: fd.name, values: [/x]}\n"
		"  override: {exceptions: append}\n");

	assert_count(w, 1, DIAG_ERROR, NULL, "", 0);
	assert_count(w, 1, DIAG_WARNING, NULL, "", 0);
	assert_string_equal(world_condition(w, "r"), "(evt.type = open and not (proc.name = a or "
						     "proc.name = b) and not fd.name in (/x))");
	world_free(w);
}

static void test_replace(void **state)
{
	struct world *w = world_load(WITH("  - {name: e, fields: [proc.name], values: [[a]]}\n"),
		"- rule: r\n"
		"  exceptions: [{name: g, fields: [fd.num], comps: ['>'], values: [[3]]}]\n"
		"  override: {exceptions: replace}\n");

	assert_count(w, 1, DIAG_ERROR, NULL, "", 0);
	assert_string_equal(world_condition(w, "r"), "(evt.type = open and not fd.num > 3)");
	world_free(w);
}

static void test_warnings(void **state)
{
	struct world *w = world_load(WITH("  - {name: e, fields: [proc.name]}\n"
					  "  - {name: e, fields: [fd.name]}\n"),
		"- rule: r\n  append: true\n  exceptions: [{name: e}]\n");

	assert_warning(w, "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
		"Multiple definitions of exception 'e' in the same rule");
	assert_count(w, 1, DIAG_WARNING, "LOAD_APPEND_NO_VALUES",
		"Overriding/appending exception with no values", 1);
	world_free(w);
}

static void test_shapes(void **state)
{
	assert_refused(RULE("r", "evt.type = open") "  exceptions: x\n", "LOAD_ERR_YAML_VALIDATE",
		"Rule exceptions must be a sequence");
	assert_refused(
		WITH("  - x\n"), "LOAD_ERR_YAML_VALIDATE", "Rule exception must be a mapping");
	assert_refused(WITH("  - {fields: [proc.name]}\n"), "LOAD_ERR_YAML_VALIDATE",
		"Item has no mapping for key 'name'");
	assert_refused(WITH("  - {name: e}\n"), "LOAD_ERR_YAML_VALIDATE",
		"Item has no mapping for key 'fields'");
	assert_refused(WITH("  - {name: e, fields: ~}\n"), "LOAD_ERR_VALIDATE",
		"Rule exception item must have fields property with a list of fields");
	assert_refused(WITH("  - {name: e, fields: [proc.name], values: x}\n"),
		"LOAD_ERR_YAML_VALIDATE", "Rule exception values must be a sequence");
	assert_refused(WITH("  - {name: e, fields: [proc.name], values: [['']]}\n"),
		"LOAD_ERR_YAML_VALIDATE", "Value must be non-empty");
}

static void test_contents(void **state)
{
	assert_refused(WITH("  - {name: e, fields: [proc.name, fd.name], comps: [=]}\n"),
		"LOAD_ERR_VALIDATE", "Fields and comps lists must have equal length");
	assert_refused(WITH("  - {name: e, fields: proc.name, comps: [=]}\n"), "LOAD_ERR_VALIDATE",
		"Fields and comps must both be strings");
	assert_refused(WITH("  - {name: e, fields: proc.name, comps: '='}\n"), "LOAD_ERR_VALIDATE",
		"When fields is a single value, comps must be one of (in, pmatch, intersects)");
	assert_refused(WITH("  - {name: e, fields: [proc.name], comps: [is]}\n"),
		"LOAD_ERR_VALIDATE", "'is' is not a supported comparison operator");
	assert_refused(WITH("  - {name: e, fields: [proc.name], comps: [in oneof]}\n"),
		"LOAD_ERR_VALIDATE", "'in oneof' is not a supported comparison operator");
	assert_refused(WITH("  - {name: e, fields: [proc.nme]}\n"), "LOAD_ERR_VALIDATE",
		"'proc.nme' is not a supported filter field");
	assert_refused(WITH("  - {name: e, fields: [proc.name], values: [[a, b]]}\n"),
		"LOAD_ERR_VALIDATE", "Fields and values lists must have equal length");
	assert_refused(WITH("  - {name: e, fields: proc.name, values: [[a]]}\n"),
		"LOAD_ERR_VALIDATE", "Expected values array to contain a list of strings");
}

static void refuse_append(const char *exception, const char *text)
{
	char yaml[256];
	struct world *w;

	snprintf(yaml, sizeof(yaml), "- rule: r\n  append: true\n  exceptions: [%s]\n", exception);
	w = world_load(WITH("  - {name: e, fields: [proc.name]}\n"), yaml);
	assert_count(w, 1, DIAG_ERROR, "LOAD_ERR_VALIDATE", text, 1);
	assert_count(w, 1, DIAG_ERROR, NULL, "", 1);
	world_free(w);
}

static void test_append_mistakes(void **state)
{
	refuse_append("{name: e, fields: [fd.name], values: [[x]]}",
		"Can not append exception fields to existing exception, only values");
	refuse_append("{name: e, comps: [=], values: [[x]]}",
		"Can not append exception comps to existing exception, only values");
	refuse_append("{name: n, values: [[x]]}",
		"Rule exception must have fields property with a list of fields");
	refuse_append("{name: n, fields: [fd.name]}",
		"Rule exception must have values property with a list of values");
}

/* Fields of a source that is not there cannot be checked. */
static void test_unknown_source(void **state)
{
	struct world *w = world_load("- rule: r\n  desc: d\n  condition: x.y = 1\n  output: o\n"
				     "  priority: INFO\n  source: none\n"
				     "  exceptions: [{name: e, fields: [x.y], values: [[1]]}]\n");

	assert_errors(w, 0);
	assert_warning(w, "LOAD_UNKNOWN_SOURCE", "Unknown source none, skipping");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_one_field),
		cmocka_unit_test(test_lists_and_transformers_as_values),
		cmocka_unit_test(test_no_values),
		cmocka_unit_test(test_condition_stays_together),
		cmocka_unit_test(test_text_that_needs_quotes),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_append_mistakes),
		cmocka_unit_test(test_unknown_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
