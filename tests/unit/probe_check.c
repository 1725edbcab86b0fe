/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever this machine offers: every check says something, and the explanation agrees with them.
 */
#include "capture/probe_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct probe_check checks[PROBE_CHECKS_MAX];
static size_t n;

static bool ends_with_stop(const char *text)
{
	return text[0] && text[strlen(text) - 1] == '.';
}

static void test_sentences(void **state)
{
	assert_in_range(n, 10, PROBE_CHECKS_MAX);
	for (size_t i = 0; i < n; i++) {
		assert_true(checks[i].name[0] != '\0');
		assert_true(checks[i].found[0] != '\0');
		assert_false(ends_with_stop(checks[i].found));
		assert_true(ends_with_stop(checks[i].remedy));
		assert_in_range(checks[i].need, CHECK_REQUIRED, CHECK_OPTIONAL);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(checks[i].name, checks[j].name);
	}
}

static const struct probe_check *first_failure(void)
{
	for (size_t i = 0; i < n; i++)
		if (checks[i].need == CHECK_REQUIRED && !checks[i].ok)
			return &checks[i];
	return NULL;
}

static void test_explanation(void **state)
{
	const struct probe_check *failed = first_failure();
	char text[512], short_text[16];

	assert_int_equal(probe_check_explain(text, sizeof(text)), failed != NULL);
	probe_check_explain(short_text, sizeof(short_text));
	assert_true(strlen(short_text) < sizeof(short_text));
	if (!failed) {
		assert_string_equal(text, "");
		return;
	}
	assert_ptr_equal(strstr(text, failed->found), text);
	assert_non_null(strstr(text, failed->remedy));
}

static unsigned warned;

static void count(const char *text)
{
	assert_non_null(strstr(text, "is missing. Without it"));
	warned++;
}

static void test_warnings(void **state)
{
	unsigned missing = 0;

	for (size_t i = 0; i < n; i++)
		missing += checks[i].need == CHECK_USEFUL && !checks[i].ok &&
			   strncmp(checks[i].name, "CAP_", 4) == 0;
	probe_check_warn(count);
	assert_int_equal(warned, missing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_explanation),
		cmocka_unit_test(test_warnings),
	};

	n = probe_check(checks);
	for (size_t i = 0; i < n; i++)
		print_message("%-20s %-3s %s\n", checks[i].name, checks[i].ok ? "ok" : "no",
			checks[i].found);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
