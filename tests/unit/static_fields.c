/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of the configuration as fields. */
#include "field_world.h"

#include "app/static_fields.h"

static const char *const options[] = {"static_fields.zone=eu", "static_fields.a\\.b=1"};

static bool exists(struct world *w, const char *name)
{
	struct field f;

	return field_open(w, name, &f);
}

static void constants(void **state)
{
	struct world *w = *state;
	struct static_fields s;
	struct diags diags;
	struct config *c;

	diags_init(&diags);
	c = config_load(SOURCE_ROOT "/config/falco.yaml", options, 2, &diags);
	assert_non_null(c);
	static_fields_init(&s, c);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.suggested[0].field, "static.zone");
	assert_string_equal(s.suggested[0].source, "syscall");
	EMIT(w, 100, EV_CLOSE_X, I64(0), I64(3));
	assert_field(w, "static.zone", "eu");
	assert_json(w, "static.a.b", "\"1\"");
	assert_false(exists(w, "static.zones"));
	static_fields_done(&s);
	assert_false(exists(w, "static.zone"));
	config_free(c);
	diags_done(&diags);
}

static void none(void **state)
{
	struct static_fields s;
	struct config c = {.file = NULL};

	static_fields_init(&s, &c);
	assert_int_equal(s.n, 0);
	static_fields_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(constants, field_world_setup, field_world_teardown),
		cmocka_unit_test_setup_teardown(none, field_world_setup, field_world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
