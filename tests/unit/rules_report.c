/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of loading, descriptions of rules, outputs, the schema: exact texts and JSON. */
#include "rules_world.h"

static const char wrong[] = "- rule: r\n"
			    "  desc: d\n"
			    "  condition: evt.type = open and fd.nam = x\n"
			    "  output: o\n"
			    "  priority: WARNING\n";

static struct str result_text(struct world *w, bool verbose)
{
	w->text.n = 0;
	load_result_text(&w->text, w->results[0], verbose);
	return buf_view(&w->text);
}

static struct str result_json(struct world *w)
{
	w->text.n = 0;
	load_result_json(&w->text, w->results[0]);
	return buf_view(&w->text);
}

static void assert_has(struct str text, const char *part)
{
	if (str_find(text, str_c(part)) < 0)
		print_error("%.*s\nhas no: %s\n", STR_ARG(text), part);
	assert_true(str_find(text, str_c(part)) >= 0);
}

static void test_text(void **state)
{
	struct world *w = world_load(wrong);

	assert_true(str_is(result_text(w, true),
		"1.yaml: Invalid\n"
		"1 Errors:\n"
		"In rules content: (1.yaml:0:0)\n"
		"    rule 'r': (1.yaml:1:3)\n"
		"    rule condition: (1.yaml:3:14)\n"
		"    condition expression: (\"evt.type = open a...\":3:34)\n"
		"------\n"
		"evt.type = open and fd.nam = x\n"
		"                    ^\n"
		"------\n"
		"LOAD_ERR_COMPILE_CONDITION (Error compiling condition): filter_check called with "
		"nonexistent field fd.nam\n"
		"  Did you mean 'fd.num'?\n"));
	assert_true(str_is(result_text(w, false),
		"1.yaml: Invalid\n"
		" 1 errors: [LOAD_ERR_COMPILE_CONDITION (Error compiling condition)]"));
	world_free(w);
}

static void test_text_of_good_files(void **state)
{
	struct world *w = world_load(RULE("r", "evt.type = open"));

	assert_true(str_is(result_text(w, true), "1.yaml: Ok"));
	world_free(w);
	w = world_load("- rule: r\n  desc: d\n  condition: evt.type = open and evt.dir = <\n"
		       "  output: o\n  priority: Warning\n");
	assert_true(str_is(result_text(w, false),
		"1.yaml: Ok, with warnings\n"
		" 1 schema warnings: [failed for <root>[0][priority]: not one of the words of "
		"'Priority']\n"
		" 1 warnings: [LOAD_DEPRECATED_ITEM (Used deprecated item: field 'evt.dir')]"));
	world_free(w);
}

static void test_json(void **state)
{
	struct world *w = world_load(wrong);

	assert_true(str_is(result_json(w),
		"{\"errors\":[{\"code\":\"LOAD_ERR_COMPILE_CONDITION\",\"codedesc\":\"Error "
		"compiling "
		"condition\",\"context\":{\"locations\":[{\"item_name\":\"\",\"item_type\":\"rules "
		"content\",\"position\":{\"column\":0,\"line\":0,\"name\":\"1.yaml\",\"offset\":0}}"
		",{"
		"\"item_name\":\"r\",\"item_type\":\"rule\",\"position\":{\"column\":2,\"line\":0,"
		"\"name\":\"1.yaml\",\"offset\":2}},{\"item_name\":\"\",\"item_type\":\"rule "
		"condition\",\"position\":{\"column\":13,\"line\":2,\"name\":\"1.yaml\",\"offset\":"
		"33}},{\"item_name\":\"\",\"item_type\":\"condition expression\",\"position\":{"
		"\"column\":34,\"line\":3,\"name\":\"\\\"evt.type = open "
		"a...\\\"\",\"offset\":53}}],"
		"\"snippet\":\"evt.type = open and fd.nam = x\\n                    ^\\n\"},"
		"\"message\":\"filter_check called with nonexistent field "
		"fd.nam\",\"remedy\":\"Did you mean "
		"'fd.num'?\"}],\"name\":\"1.yaml\",\"schema_valid\":"
		"true,\"schema_warnings\":[],\"successful\":false,\"warnings\":[]}"));
	world_free(w);
}

/* Readers of JSON expect one error, the first; the others are there too. */
static void test_further_errors(void **state)
{
	struct world *w = world_load("- rule: r\n  desc: d\n  condition: gone\n  output: '%no'\n"
				     "  priority: INFO\n- list: l\n");
	struct str json = result_json(w);

	assert_errors(w, 3);
	assert_has(json, "{\"errors\":[{\"code\":\"LOAD_ERR_YAML_VALIDATE\"");
	assert_has(json, "\"message\":\"Item has no mapping for key 'items'\"}],"
			 "\"further_errors\":[{\"code\":\"LOAD_ERR_COMPILE_OUTPUT\"");
	assert_has(json, "},{\"code\":\"LOAD_ERR_VALIDATE\"");
	world_free(w);
	w = world_load("[");
	assert_int_equal(str_find(result_json(w), STR("schema_valid")), -1);
	world_free(w);
}

static void test_output_errors(void **state)
{
	struct world *w = world_load("- rule: r\n  desc: d\n  condition: evt.type = open\n"
				     "  output: a %proc.name %proc.nam\n  priority: INFO\n");

	assert_error(w, "LOAD_ERR_COMPILE_OUTPUT", "invalid formatting token proc.nam");
	assert_true(str_is(w->results[0]->diags.list.v[0].snippet,
		"a %proc.name %proc.nam\n             ^\n"));
	world_free(w);
}

static void test_skip_if_unknown(void **state)
{
	struct world *w =
		world_load(RULE("a", "no.field = 1") "  skip-if-unknown-filter: true\n" RULE("b",
			"evt.type = nothing") "  skip-if-unknown-filter: true\n"
					      "- rule: c\n  desc: d\n  condition: evt.type = open\n"
					      "  output: '%no.field'\n  priority: INFO\n"
					      "  skip-if-unknown-filter: true\n" RULE("d",
						      "evt.num = x") "  skip-if-unknown-filter: "
								     "true\n");

	assert_errors(w, 1);
	assert_count(w, 0, DIAG_WARNING, "LOAD_UNKNOWN_FILTER", "", 3);
	assert_int_equal(w->set->nrules, 0);
	world_free(w);
}

static void test_warnings_in_conditions(void **state)
{
	struct world *w = world_load(RULE("r", "evt.type = open and proc.name = proc.pname and "
					       "evt.latency > 3 and evt.latency.s > 4"));

	assert_errors(w, 0);
	assert_warning(w, "LOAD_COMPILE_CONDITION",
		"'proc.pname' may be a valid field misused as a const string value");
	assert_warning(w, "LOAD_DEPRECATED_ITEM", "field 'evt.latency' is not available");
	assert_warning(w, "LOAD_DEPRECATED_ITEM", "field 'evt.latency.s' is not available");
	world_free(w);
	w = world_load("- rule: r\n  desc: d\n  condition: evt.type = open\n"
		       "  output: evt.dir %container.info x %evt.dir\n  priority: INFO\n");
	assert_warning(w, "LOAD_DEPRECATED_ITEM",
		"usage of deprecated field 'evt.dir' has been detected in the rule output");
	assert_warning(w, "LOAD_DEPRECATED_ITEM", "%container.info is deprecated");
	assert_string_equal(world_rule(w, "r")->output_compiled, "evt.dir  x %evt.dir");
	world_free(w);
}

/* ---- outputs ---- */

static void test_append_output(void **state)
{
	static const char *const tags[] = {"t"};
	static struct extra_output_field fields[] = {{"who", "%user.name!"}, {"proc.pid", NULL}};
	static const struct append_output append[] = {
		{.match_rule = "a", .extra_output = "all=%fd.name"},
		{.match_tags = (const char **)tags, .nmatch_tags = 1, .extra_output = "tag"},
		{.match_source = "other", .extra_output = "never"},
		{.match_rule = "a", .suggested_output = true, .fields = fields, .nfields = 2},
	};
	static const struct suggested_field suggested = {"proc.pid", "syscall"};
	const struct rules_config config = {.min_priority = PRIORITY_DEBUG,
		.append = append,
		.nappend = 4,
		.suggested = &suggested,
		.nsuggested = 1};
	struct world *w = world_load_with(&config,
		RULE("a", "evt.type = open") RULE("b", "evt.type = open") "  tags: [s, t]\n", NULL);
	const struct rule *r = world_rule(w, "a");

	assert_errors(w, 0);
	assert_string_equal(r->output, "it was %proc.name");
	assert_string_equal(r->output_compiled,
		"it was %proc.name all=%fd.name container_id=%container.id "
		"container_name=%container.name "
		"container_image_repository=%container.image.repository "
		"container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name "
		"k8s_ns_name=%k8s.ns.name proc_pid=%proc.pid");
	assert_string_equal(world_rule(w, "b")->output_compiled, "it was %proc.name tag");
	assert_int_equal(r->nextra, 2);
	assert_string_equal(r->extra[0].name, "proc.pid");
	assert_true(r->extra[0].plain);
	assert_string_equal(r->extra[1].text, "%user.name!");
	assert_int_equal(world_rule(w, "b")->nextra, 0);
	world_free(w);
}

/* ---- descriptions ---- */

static const char *plugin_of(void *arg, struct str field, const char *source)
{
	return field.p && str_starts(field, STR("fd.")) ? "fds" : field.p ? NULL : "source";
}

static void test_describe_rule(void **state)
{
	const struct rules_config config = {.min_priority = PRIORITY_DEBUG, .plugin_of = plugin_of};
	struct world *w = world_load_with(&config,
		"- list: l\n  items: [a]\n"
		"- macro: m\n  condition: evt.type in (open, openat)\n"
		"- rule: r\n  desc: d\n  condition: m and proc.name in (l) and fd.name startswith "
		"/x\n"
		"  output: '%proc.aname[1] %fd.name'\n  priority: INFO\n  tags: [t]\n"
		"  exceptions: [{name: e, fields: [fd.num], comps: ['>'], values: [[3]]}]\n",
		NULL);

	assert_errors(w, 0);
	assert_true(ruleset_describe_json(&w->text, w->set, "r"));
	assert_true(str_is(buf_view(&w->text),
		"{\"rules\":[{\"details\":{\"condition_compiled\":\"((evt.type in (open, openat) "
		"and "
		"proc.name in (a) and fd.name startswith /x) and not fd.num > 3)\","
		"\"condition_fields\":[\"evt.type\",\"fd.name\",\"fd.num\",\"proc.name\"],"
		"\"condition_operators\":[\">\",\"in\",\"startswith\"],"
		"\"events\":[\"asyncevent\",\"open\",\"openat\"],\"exception_fields\":[\"fd.num\"],"
		"\"exception_names\":[\"e\"],\"exception_operators\":[\">\"],\"lists\":[\"l\"],"
		"\"macros\":[\"m\"],\"output_compiled\":\"%proc.aname[1] %fd.name\","
		"\"output_fields\":[\"proc.aname[1]\",\"fd.name\"],\"plugins\":[\"fds\",\"source\"]"
		"},"
		"\"info\":{\"capture\":false,\"capture_duration\":0,"
		"\"condition\":\"m and proc.name in (l) and fd.name startswith /x\","
		"\"description\":\"d\",\"enabled\":true,\"name\":\"r\","
		"\"output\":\"%proc.aname[1] %fd.name\",\"priority\":\"Informational\","
		"\"source\":\"syscall\",\"tags\":[\"t\"]}}]}"));
	w->text.n = 0;
	assert_false(ruleset_describe_json(&w->text, w->set, "none"));
	world_free(w);
}

static void test_describe_all(void **state)
{
	struct world *w =
		world_load("- required_engine_version: 0.40.0\n"
			   "- required_plugin_versions: [{name: p, version: 0.1.0}]\n"
			   "- list: a\n  items: [x, y]\n"
			   "- list: b\n  items: [a, z]\n"
			   "- macro: m\n  condition: evt.type = getpid and proc.aname[2] exists\n");
	assert_errors(w, 0);
	assert_true(ruleset_describe_json(&w->text, w->set, NULL));
	assert_true(str_is(buf_view(&w->text),
		"{\"lists\":[{\"details\":{\"items_compiled\":[\"x\",\"y\"],\"lists\":[],"
		"\"plugins\":[]"
		",\"used\":true},\"info\":{\"items\":[\"x\",\"y\"],\"name\":\"a\"}},{\"details\":{"
		"\"items_compiled\":[\"x\",\"y\",\"z\"],\"lists\":[\"a\"],\"plugins\":[],\"used\":"
		"false},\"info\":{\"items\":[\"z\"],\"name\":\"b\"}}],\"macros\":[{\"details\":{"
		"\"condition_compiled\":\"(evt.type = getpid and proc.aname[2] exists)\","
		"\"condition_fields\":[\"evt.type\",\"proc.aname[2]\"],\"condition_operators\":["
		"\"=\",\"exists\"],\"events\":[\"asyncevent\",\"getpid\"],\"lists\":[],\"macros\":["
		"],"
		"\"plugins\":[],\"used\":false},\"info\":{\"condition\":\"evt.type = getpid and "
		"proc.aname[2] exists\",\"name\":\"m\"}}],\"required_engine_version\":\"0.40.0\","
		"\"required_plugin_versions\":[{\"alternatives\":[],\"name\":\"p\",\"version\":"
		"\"0.1.0\"}],\"rules\":[]}"));
	world_free(w);
}

static void test_describe_text(void **state)
{
	struct world *w =
		world_load("- rule: short\n  desc: >\n    a text that is so long that it "
			   "does not fit into\n    sixty columns, is it not\n"
			   "  condition: evt.type = open\n  output: o\n  priority: INFO\n");
	char pad[52];

	memset(pad, ' ', 51);
	pad[51] = '\0';
	assert_true(ruleset_describe_text(&w->text, w->set, "short"));
	assert_has(buf_view(&w->text), "Rule                                               Descr");
	assert_has(buf_view(&w->text),
		"short                                              a text that"
		" is so long that it does not fit into sixty\n");
	assert_has(buf_view(&w->text), pad);
	assert_has(buf_view(&w->text), " columns, is it not\n\n");
	world_free(w);
}

/* ---- schema ---- */

static void assert_schema(const char *yaml, const char *complaint)
{
	struct world *w = world_load(yaml);
	const struct load_result *r = w->results[0];

	assert_string_equal(load_result_schema(r), complaint[0] ? "failed" : "ok");
	for (size_t i = 0; i < r->schema_warnings.n; i++)
		assert_has(str_c(r->schema_warnings.v[i]), complaint);
	world_free(w);
}

static void test_schema(void **state)
{
	assert_schema("- list: l\n  items: [a, 1]\n  priority: INFO\n", "");
	assert_schema("- rule: r\n  override: {tags: replace}\n  tags: []\n", "");
	assert_schema("- rule: r\n  exceptions: [{name: e, fields: x, values: 1}]\n", "");
	assert_schema("a: b", "failed for <root>: not an array");
	assert_schema("- a", "failed for <root>[0]: not an object");
	assert_schema("- rul: x", "failed for <root>[0]: unknown key 'rul'");
	assert_schema("- rule: x\n  enabled: yes", "<root>[0][enabled]: not a boolean");
	assert_schema("- rule: x\n  capture_duration: 1s", "<root>[0][capture_duration]: not an");
	assert_schema("- rule: x\n  priority: info", "<root>[0][priority]: not one of the words");
	assert_schema("- rule: x\n  override: {}", "<root>[0][override]: object without a key");
	assert_schema("- rule: x\n  override: {tags: x}", "<root>[0][override][tags]: not one of");
	assert_schema("- rule: x\n  exceptions: [{fields: x}]",
		"<root>[0][exceptions][0]: missing key 'name'");
	assert_schema("- required_plugin_versions: [{name: x}]",
		"<root>[0][required_plugin_versions][0]: missing key 'version'");
}

/* The schema is the one that Falco prints. */
static void test_schema_of_reference(void **state)
{
	const char *shared = getenv("FALCO_SHARED");
	struct buf path = {0}, ours = {0};
	char theirs[16384];
	size_t n;
	FILE *f;

	buf_printf(
		&path, "%s/spec/peer/rule-schema.json", shared ? shared : SOURCE_ROOT "/../shared");
	f = fopen(buf_cstr(&path), "r");
	buf_done(&path);
	if (!f)
		skip();
	n = fread(theirs, 1, sizeof(theirs), f);
	fclose(f);
	while (n && theirs[n - 1] == '\n')
		n--;
	rules_schema(&ours);
	assert_true(str_eq(buf_view(&ours), str_n(theirs, n)));
	buf_done(&ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_of_good_files),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_further_errors),
		cmocka_unit_test(test_output_errors),
		cmocka_unit_test(test_skip_if_unknown),
		cmocka_unit_test(test_warnings_in_conditions),
		cmocka_unit_test(test_append_output),
		cmocka_unit_test(test_describe_rule),
		cmocka_unit_test(test_describe_all),
		cmocka_unit_test(test_describe_text),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_schema_of_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
