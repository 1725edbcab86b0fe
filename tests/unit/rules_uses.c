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

static void shows_data(const char *condition, const char *output, bool want)
{
	char text[512];
	struct world *w;

	snprintf(text, sizeof(text),
		"- rule: a\n  desc: d\n  condition: %s\n  output: \"%s\"\n  priority: INFO\n",
		condition, output);
	w = world_load(text);
	assert_int_equal(w->set->nrules, 1);
	if (ruleset_uses_data(w->set) != want)
		fail_msg("%s, %s", condition, output);
	world_free(w);
}

static void test_data(void **state)
{
	shows_data("evt.type = read", "%proc.name", false);
	shows_data("evt.type = read and evt.buffer contains x", "x", true);
	shows_data("evt.type in (read, open) and evt.buflen > 3", "x", true);
	shows_data("evt.type = read and evt.arg.data contains x", "x", true);
	shows_data("evt.type = sendto and evt.rawarg.data = 61", "x", true);
	shows_data("evt.type = sendto", "%evt.arg[1]", true);
	shows_data("evt.type = sendto", "%evt.args", true);
	shows_data("fd.num = 3", "%evt.info", true);
	/* Types whose parameters hold no data. */
	shows_data("evt.type = open", "%evt.args", false);
	shows_data("evt.type in (ptrace, execve) and evt.arg.flags contains x", "%evt.info", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
