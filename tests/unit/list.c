/* SPDX-License-Identifier: Apache-2.0 */
/* Listings: their forms, and, with reference data at hand, the same fields and events as Falco's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/json.h"
#include "app/list.h"
#include "app/secrets.h"
#include "base/file.h"

static struct buf out;
static struct arena arena;

static int begin(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int end(void **state)
{
	buf_done(&out);
	arena_done(&arena);
	return 0;
}

static const char *text(void)
{
	return buf_cstr(&out);
}

static void assert_has(const char *part)
{
	if (!strstr(text(), part))
		fail_msg("no \"%s\"", part);
}

static void assert_starts(const char *start)
{
	if (strncmp(text(), start, strlen(start)))
		fail_msg("\"%.60s\" does not start with \"%s\"", text(), start);
}

/* A file of the reference data; false, and said loudly, when there is none. */
static bool reference(const char *name, struct str *ret)
{
	const char *shared = getenv("FALCO_SHARED");
	struct str path = arena_printf(
		&arena, "%s/spec/peer/%s", shared ? shared : SOURCE_ROOT "/../shared", name);

	if (!file_read(&arena, path.p, 1 << 24, ret))
		return true;
	print_message("SKIPPED: no %s (set FALCO_SHARED)\n", path.p);
	return false;
}

static json_t *parsed(struct str s)
{
	json_error_t err;
	json_t *j = json_loadb(s.p, s.n, 0, &err);

	if (!j)
		fail_msg("line %d: %s", err.line, err.text);
	return j;
}

/* ---- JSON ---- */

static void pretty(void **state)
{
	json_pretty(&out, STR("{\"a\":[],\"b\":{},\"c\":[1,{\"d\\\"{\":\"x,y:[\"}],\"e\":null}"));
	assert_string_equal(text(), "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n"
				    "      \"d\\\"{\": \"x,y:[\"\n    }\n  ],\n  \"e\": null\n}\n");
}

/* ---- fields ---- */

static void field_names(void **state)
{
	struct str expected;

	if (!reference("fields.txt", &expected))
		return;
	assert_true(list_fields(&out, "", true, false, LIST_TEXT));
	assert_string_equal(text(), expected.p);
}

static void fields_as_text(void **state)
{
	size_t n;

	assert_true(list_fields(&out, "syscall", false, false, LIST_TEXT));
	assert_starts("-------------------------------\n"
		      "Field Class:                  evt (All event types)\n"
		      "Description:                  ");
	assert_has("\nEvent Sources:                syscall \n\n"
		   "evt.num                       ");
	assert_has("\nproc.aname                    (ARG_ALLOWED,EPF_NO_RHS,EPF_NO_TRANSFORMER) ");
	n = out.n;
	out.n = 0;
	list_fields(&out, "syscall", false, true, LIST_TEXT);
	assert_has("(Type: UINT64) ");
	assert_true(out.n > n);
}

static void fields_fit_the_width(void **state)
{
	struct str rest, line;

	list_fields(&out, NULL, false, true, LIST_TEXT);
	rest = buf_view(&out);
	while (str_split(&rest, '\n', &line))
		assert_true(line.n <= 120);
}

static void fields_as_markdown(void **state)
{
	list_fields(&out, "", false, false, LIST_MARKDOWN);
	assert_starts("## Field Class: evt\n\n");
	assert_has("\nEvent Sources: syscall \n\nName | Type | Description\n"
		   ":----|:-----|:-----------\n`evt.num` | UINT64 | ");
	assert_has("`fd.types` | LIST(CHARBUF) | ");
}

static void fields_as_json(void **state)
{
	json_t *j, *classes, *field;

	list_fields(&out, "", false, false, LIST_JSON);
	j = parsed(buf_view(&out));
	classes = json_object_get(j, "fieldclasses");
	assert_int_equal(json_array_size(classes), 9);
	field = json_array_get(json_object_get(json_array_get(classes, 0), "fields"), 0);
	assert_string_equal(json_string_value(json_object_get(field, "name")), "evt.num");
	assert_string_equal(json_string_value(json_object_get(field, "type")), "UINT64");
	assert_true(json_is_null(json_object_get(field, "argument")));
	json_decref(j);
	out.n = 0;
	list_fields(&out, "", true, false, LIST_JSON);
	j = parsed(buf_view(&out));
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(j, "fieldnames"), 0)), "evt.num");
	json_decref(j);
}

static void unknown_source(void **state)
{
	assert_false(list_fields(&out, "nothing", false, false, LIST_TEXT));
	assert_int_equal(out.n, 0);
}

/* ---- events ---- */

/* All events of a category by direction and name. */
static json_t *by_name(json_t *list)
{
	json_t *map = json_object(), *e;
	char key[256];
	size_t i;

	json_array_foreach(list, i, e)
	{
		snprintf(key, sizeof(key), "%s %s", json_string_value(json_object_get(e, "dir")),
			json_string_value(json_object_get(e, "name")));
		json_object_set(map, key, e);
	}
	assert_int_equal(json_object_size(map), json_array_size(list));
	return map;
}

static void events_are_those_of_falco(void **state)
{
	static const char *const categories[] = {
		"Syscall events", "Tracepoint events", "Plugin events", "Metaevents"};
	json_t *theirs, *ours;
	struct str expected;

	if (!reference("events.json", &expected))
		return;
	theirs = parsed(expected);
	list_events(&out, LIST_JSON);
	ours = parsed(buf_view(&out));
	assert_int_equal(json_object_size(ours), json_object_size(theirs));
	for (size_t i = 0; i < ARRAY_SIZE(categories); i++) {
		json_t *a = by_name(json_object_get(ours, categories[i]));
		json_t *b = by_name(json_object_get(theirs, categories[i]));

		assert_true(json_object_size(a) > 0);
		assert_true(json_equal(a, b));
		json_decref(a);
		json_decref(b);
	}
	json_decref(ours);
	json_decref(theirs);
}

static void events_as_text(void **state)
{
	list_events(&out, LIST_TEXT);
	assert_starts("The events below are valid for Falco *Schema Version*: " SCHEMA_VERSION "\n"
		      "## Syscall events\n\n");
	assert_has("\n< close(ERRNO **res**, FD **fd**)\n");
	assert_has("\n\n## Metaevents\n\n");
	out.n = 0;
	list_events(&out, LIST_MARKDOWN);
	assert_has("## Syscall events\n\nDefault | Dir | Name | Params \n"
		   ":-------|:----|:-----|:-----\n");
	assert_has("\nYes | `<` | `close` | ERRNO **res**, FD **fd**\n");
	assert_has("\nNo | `<` | `read` | ERRNO **res**, ");
	assert_has("FLAGS32 **flags**: *O_LARGEFILE*, ");
}

static void ignored(void **state)
{
	static const char *const names[] = {"read", "write", "readv", "writev", "pread", "pwrite",
		"preadv", "pwritev", "send", "recv", "sendfile"};
	size_t lines = 0;

	list_ignored(&out);
	assert_starts("Ignored syscall(s):\n- ");
	for (size_t i = 0; i < out.n; i++)
		lines += out.p[i] == '\n';
	assert_int_equal(lines, ARRAY_SIZE(names) + 2);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_has(arena_printf(&arena, "\n- %s\n", names[i]).p);
	assert_true(event_type_ignored(EV_READ_X));
	assert_false(event_type_ignored(EV_RECVFROM_X));
}

/* ---- versions, plugins, support ---- */

static struct config *config_with(const char *const *options, size_t n)
{
	struct diags diags;
	struct config *c;

	diags_init(&diags);
	c = config_load(SOURCE_ROOT "/config/falco.yaml", options, n, &diags);
	assert_non_null(c);
	diags_done(&diags);
	return c;
}

static void versions(void **state)
{
	static const char *const options[] = {"json_output=true", "load_plugins[0]=container"};
	struct config *c = config_with(NULL, 0);
	json_t *j;

	list_versions(&out, c);
	assert_starts("Falco version: " FALCO_VERSION "\nLibs version:  ");
	assert_has("\nDriver:\n  API version:    " DRIVER_API_VERSION "\n  Schema version: ");
	config_free(c);
	out.n = 0;
	c = config_with(options, 2);
	list_versions(&out, c);
	j = parsed(buf_view(&out));
	assert_string_equal(json_string_value(json_object_get(j, "engine_version")), "62");
	assert_string_equal(
		json_string_value(json_object_get(j, "engine_version_semver")), "0.62.0");
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(j, "plugin_versions"), "container")),
		CONTAINER_VERSION);
	json_decref(j);
	config_free(c);
}

static void plugins(void **state)
{
	static const char *const options[] = {"load_plugins[0]=container"};
	struct config *c = config_with(options, 1);

	list_plugins(&out, c);
	assert_starts("1 Plugins Loaded:\n\nName: container\nDescription: ");
	out.n = 0;
	assert_true(list_plugin_info(&out, c, "container"));
	assert_starts("Name: container\n");
	assert_false(list_plugin_info(&out, c, "nothing"));
	config_free(c);
}

static void support(void **state)
{
	static const char *const files[] = {SOURCE_ROOT "/rules/falco_rules.local.yaml"};
	char *argv[] = {"falco", "--support", "-o", "a=\"b\"", NULL};
	struct options o = {.argc = 4, .argv = argv};
	struct config *c = config_with(NULL, 0);
	json_t *j, *file;

	list_support(&out, &o, c, files, 1);
	j = parsed(buf_view(&out));
	assert_string_equal(
		json_string_value(json_object_get(j, "cmdline")), "falco --support -o a=\"b\"");
	assert_string_equal(json_string_value(json_object_get(j, "config")), c->dump);
	assert_string_equal(json_string_value(json_object_get(j, "version")), FALCO_VERSION);
	assert_int_equal(json_object_size(json_object_get(j, "system_info")), 5);
	assert_non_null(json_object_get(json_object_get(j, "engine_info"), "engine_version"));
	file = json_array_get(json_object_get(j, "rules_files"), 0);
	assert_string_equal(json_string_value(json_object_get(file, "name")), files[0]);
	assert_int_equal(json_array_size(json_object_get(file, "variants")), 1);
	json_decref(j);
	config_free(c);
}

/* What is made to be sent to others tells of addresses where they lead, and nothing of commands. */
static void support_has_no_secrets(void **state)
{
	static const struct {
		const char *arg, *shown;
	} args[] = {
		{"http_output.url=https://me:pw@host:8443/services/T0K?key=pw#pw",
			"http_output.url=https://***@host:8443/***"},
		{"http_output.url=http://[::1]:80/", "http_output.url=http://[::1]:80/"},
		{"program_output.program=curl -H 'Key: pw'", "program_output.program=***"},
		{"plugins[0].init_config.token=pw", "plugins[0].init_config.token=***"},
		{"plugins[0].open_params=pw", "plugins[0].open_params=***"},
		{"grpc.bind_address=unix:///run/falco.sock",
			"grpc.bind_address=unix:///run/falco.sock"},
		{"programs=of no concern", "programs=of no concern"},
		{"nothing", "nothing"},
	};
	struct buf shown = {0};

	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		shown.n = 0;
		secrets_put_argument(&shown, str_c(args[i].arg));
		assert_string_equal(buf_cstr(&shown), args[i].shown);
	}
	buf_done(&shown);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pretty),
		TEST(field_names),
		TEST(fields_as_text),
		TEST(fields_fit_the_width),
		TEST(fields_as_markdown),
		TEST(fields_as_json),
		TEST(unknown_source),
		TEST(events_are_those_of_falco),
		TEST(events_as_text),
		TEST(ignored),
		TEST(versions),
		TEST(plugins),
		TEST(support),
		TEST(support_has_no_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
