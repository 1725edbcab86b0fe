/* SPDX-License-Identifier: Apache-2.0 */
/* Whether anybody asks for a field. */
#include "rules_world.h"

static void asks(const char *text, const char *field, bool want)
{
	struct world *w = world_load(text);

	assert_int_equal(w->set->nrules > 0, true);
	assert_int_equal(ruleset_uses(w->set, field), want);
	world_free(w);
}

static void test_conditions(void **state)
{
	asks(RULE("a", "evt.type = open and fd.name = /x"), "fd.realpath", false);
	asks(RULE("a", "evt.type = open and not (fd.num = 3 or fd.realpath = /x)"), "fd.realpath",
		true);
	asks(RULE("a", "evt.type = open and tolower(basename(fd.realpath)) = x"), "fd.realpath",
		true);
	asks(RULE("a", "evt.type = open and fd.name != val(fd.realpath)"), "fd.realpath", true);
	asks(RULE("a", "evt.type = open and fd.name = fd.realpath"), "fd.realpath", false);
	asks("- macro: m\n  condition: fd.realpath exists\n" RULE("a", "evt.type = open and m"),
		"fd.realpath", true);
	asks(RULE("a", "evt.type = open") "  enabled: false\n", "evt.type", false);
}

static void test_outputs(void **state)
{
	static const char rule[] = "- rule: a\n  desc: d\n  condition: evt.type = open\n"
				   "  output: opened %fd.realpath\n  priority: INFO\n";

	asks(rule, "fd.realpath", true);
	asks(rule, "evt.origin", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
