/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as text and JSON, byte for byte. */
#include "field_world.h"
#include "output/alert.h"

#include <stdlib.h>
#include <time.h>

#define O_RDONLY_P 1

struct alert_world {
	struct world *w;
	struct arena arena;
	struct alert_box box;
	struct outputs_config config;
	struct rule rule;
};

static struct format *compile(struct alert_world *a, const char *prefix, const char *text)
{
	struct atom_error err;
	struct format *f =
		format_compile_behind(&a->arena, str_c(prefix), str_c(text), STR("syscall"), &err);

	if (!f)
		fail_msg("%s", err.message);
	return f;
}

/* A rule that prints output; the event is an openat of /etc/x. */
static void set_output(struct alert_world *a, const char *output)
{
	static const char *tags[] = {"T1", "a \"b\""};

	a->rule = (struct rule){.name = "A \"rule\"",
		.source = "syscall",
		.priority = PRIORITY_WARNING,
		.tags = tags,
		.ntags = 2,
		.format = compile(a, "*%evt.time.iso8601: Warning ", output)};
	open_at(a->w, 3, -100, "/etc/x", O_RDONLY_P, 0);
}

static int begin(void **state)
{
	struct alert_world *a = mem_zalloc(sizeof(*a));

	arena_init(&a->arena, 0);
	a->config = (struct outputs_config){.json = true,
		.json_output_property = true,
		.json_fields_property = true,
		.json_tags_property = true,
		.hostname = "h\\ost"};
	*state = a;
	return field_world_setup((void **)&a->w);
}

static int end(void **state)
{
	struct alert_world *a = *state;

	field_world_teardown((void **)&a->w);
	alert_box_done(&a->box);
	arena_done(&a->arena);
	free(a);
	return 0;
}

static void assert_alert(struct alert_world *a, const char *expected)
{
	alert_render_rule(&a->box, &a->config, &a->rule, &a->w->ctx);
	assert_string_equal(buf_cstr(&a->box.text), expected);
}

#define TIME "2023-11-14T22:13:20.000000001"
#define TAIL                                                                                       \
	"\"priority\":\"Warning\",\"rule\":\"A \\\"rule\\\"\",\"source\":\"syscall\","             \
	"\"tags\":[\"T1\",\"a \\\"b\\\"\"],\"time\":\"" TIME "Z\"}"

static void text(void **state)
{
	struct alert_world *a = *state;

	a->config.json = false;
	set_output(a, "opened %fd.name by %proc.name (%fd.cip)");
	assert_alert(a, TIME "+0000: Warning opened /etc/x by proc (<NA>)");
	assert_string_equal(a->box.alert.rule, "A \"rule\"");
	assert_string_equal(a->box.alert.source, "syscall");
	assert_int_equal(a->box.alert.ntags, 2);
	assert_string_equal(a->box.alert.tags[1], "a \"b\"");
	assert_int_equal(a->box.alert.priority, PRIORITY_WARNING);
	assert_int_equal(a->box.alert.ts, a->w->ts);
}

static void json(void **state)
{
	struct alert_world *a = *state;

	set_output(a, "opened %fd.name %fd.num %fd.cip");
	assert_alert(a, "{\"hostname\":\"h\\\\ost\",\"output\":\"" TIME
			"+0000: Warning opened /etc/x 3 <NA>\",\"output_fields\":{"
			"\"evt.time.iso8601\":1700000000000000001,\"fd.cip\":null,"
			"\"fd.name\":\"/etc/x\",\"fd.num\":3}," TAIL);
	assert_int_equal(a->box.alert.fields.p[0], '"');
	assert_int_equal(a->box.alert.fields.p[a->box.alert.fields.n], '}');
}

static void json_properties(void **state)
{
	struct alert_world *a = *state;

	set_output(a, "opened %fd.name");
	a->config.json_fields_property = false;
	a->config.json_message_property = true;
	assert_alert(a,
		"{\"hostname\":\"h\\\\ost\",\"message\":\"opened /etc/x\",\"output\":\"" TIME
		"+0000: Warning opened /etc/x\"," TAIL);
	assert_int_equal(a->box.alert.fields.n, 0);
	a->config.json_output_property = false;
	assert_alert(a, "{\"hostname\":\"h\\\\ost\",\"message\":\"opened /etc/x\"," TAIL);
	a->config.json_message_property = a->config.json_tags_property = false;
	assert_alert(a, "{\"hostname\":\"h\\\\ost\",\"priority\":\"Warning\",\"rule\":\"A "
			"\\\"rule\\\"\",\"source\":\"syscall\",\"time\":\"" TIME "Z\"}");
}

static void json_without_tags(void **state)
{
	struct alert_world *a = *state;

	set_output(a, "x");
	a->rule.ntags = 0;
	alert_render_rule(&a->box, &a->config, &a->rule, &a->w->ctx);
	assert_non_null(strstr(buf_cstr(&a->box.text), ",\"tags\":[],"));
}

static void extra_fields(void **state)
{
	struct alert_world *a = *state;
	struct extra_field extra[4];

	set_output(a, "opened %fd.name %fd.num");
	extra[0] = (struct extra_field){"a.first", "*t", compile(a, "*", "t,\"}"), false};
	extra[1] = (struct extra_field){"fd.num", "*%fd.num", compile(a, "*", "%fd.num"), true};
	extra[2] = (struct extra_field){
		"fd.name", "*", compile(a, "*", "name is %fd.name"), false}; /* in place of it */
	extra[3] =
		(struct extra_field){"zz", "*%fd.typechar", compile(a, "*", "%fd.typechar"), false};
	a->rule.extra = extra;
	a->rule.nextra = 4;
	a->config.json_output_property = false;
	assert_alert(a, "{\"hostname\":\"h\\\\ost\",\"output_fields\":{\"a.first\":\"t,\\\"}\","
			"\"evt.time.iso8601\":1700000000000000001,\"fd.name\":\"name is /etc/x\","
			"\"fd.num\":3,\"zz\":\"f\"}," TAIL);
}

static void a_box_is_used_again(void **state)
{
	struct alert_world *a = *state;
	const char *long_text = "opened %fd.name %fd.name %fd.name %fd.name %fd.name %fd.name";

	set_output(a, long_text);
	alert_render_rule(&a->box, &a->config, &a->rule, &a->w->ctx);
	set_output(a, "x");
	a->rule.name = "r";
	a->rule.ntags = 1;
	assert_alert(a,
		"{\"hostname\":\"h\\\\ost\",\"output\":\"2023-11-14T22:13:20.000000002+0000: "
		"Warning x\",\"output_fields\":{\"evt.time.iso8601\":1700000000000000002},"
		"\"priority\":\"Warning\",\"rule\":\"r\",\"source\":\"syscall\",\"tags\":[\"T1\"],"
		"\"time\":\"2023-11-14T22:13:20.000000002Z\"}");
	assert_int_equal(a->box.alert.ntags, 1);
}

/* ---- internal ---- */

static const char *const pairs[] = {"n_evts", "\"10\"", "n_drops", "\"1\"", "b", "true"};

static const char *internal(struct alert_world *a, size_t npairs)
{
	alert_render_internal(&a->box, &a->config, 1700000000123456789, PRIORITY_DEBUG,
		"Falco internal: x", "Falco internal: x. 1 lost.", pairs, npairs);
	return buf_cstr(&a->box.text);
}

static void internal_text(void **state)
{
	struct alert_world *a = *state;

	a->config.json = false;
	a->config.time_iso_8601 = true; /* not for these */
	assert_string_equal(internal(a, 3), "22:13:20.123456789: Debug Falco internal: x. 1 lost. "
					    "(b=true n_drops=\"1\" n_evts=\"10\")");
	assert_string_equal(
		internal(a, 0), "22:13:20.123456789: Debug Falco internal: x. 1 lost. ()");
}

static void internal_json(void **state)
{
	struct alert_world *a = *state;

	a->config.json_output_property = a->config.json_fields_property = false; /* not for these */
	assert_string_equal(internal(a, 3),
		"{\"hostname\":\"h\\\\ost\",\"output\":\"Falco internal: x. 1 lost.\","
		"\"output_fields\":{\"b\":true,\"n_drops\":\"1\",\"n_evts\":\"10\"},"
		"\"priority\":\"Debug\",\"rule\":\"Falco internal: x\",\"source\":\"internal\","
		"\"time\":\"2023-11-14T22:13:20.123456789Z\"}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text),
		TEST(json),
		TEST(json_properties),
		TEST(json_without_tags),
		TEST(extra_fields),
		TEST(a_box_is_used_again),
		TEST(internal_text),
		TEST(internal_json),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
