/* SPDX-License-Identifier: Apache-2.0 */
/* What rules files may say: items, keys, types, appends, overrides, versions, sources, YAML. */
#include "rules_world.h"

static const char base[] = RULE("r", "evt.type = open");

static void test_definition(void **state)
{
	struct world *w = world_load("- rule: a rule\n"
				     "  desc: says\n"
				     "  condition: evt.type=open\n"
				     "  output: '  out %proc.name '\n"
				     "  priority: InFo\n"
				     "  source: syscall\n"
				     "  enabled: No\n"
				     "  capture: on\n"
				     "  capture_duration: 0x10\n"
				     "  tags: [z, a, z]\n");
	const struct rule *r = world_rule(w, "a rule");

	assert_errors(w, 0);
	assert_non_null(r);
	assert_string_equal(r->desc, "says");
	assert_string_equal(r->condition, "evt.type=open");
	assert_string_equal(r->output, "out %proc.name");
	assert_int_equal(r->priority, PRIORITY_INFORMATIONAL);
	assert_false(r->enabled);
	assert_true(r->capture);
	assert_int_equal(r->capture_duration_ms, 16);
	assert_int_equal(r->ntags, 2);
	assert_string_equal(r->tags[0], "a");
	assert_string_equal(r->tags[1], "z");
	world_free(w);
}

static void test_missing_keys_are_all_reported(void **state)
{
	struct world *w = world_load("- rule: r\n  desc:\n  output: ''\n");

	assert_errors(w, 4);
	assert_error(w, "LOAD_ERR_YAML_VALIDATE", "Item has no mapping for key 'condition'");
	assert_error(w, "LOAD_ERR_YAML_VALIDATE", "Value must be non-empty");
	assert_error(w, "LOAD_ERR_YAML_VALIDATE", "Mapping for key 'desc' is empty");
	assert_error(w, "LOAD_ERR_YAML_VALIDATE", "Item has no mapping for key 'priority'");
	assert_int_equal(w->set->nrules, 0);
	world_free(w);
}

static void test_shapes(void **state)
{
	assert_refused("just text", "LOAD_ERR_YAML_VALIDATE", "Rules content is not yaml");
	assert_refused("a: b", "LOAD_ERR_YAML_VALIDATE", "not yaml array of objects");
	assert_refused("- foo", "LOAD_ERR_YAML_VALIDATE", "Unexpected element type.");
	assert_refused("- list: [a]\n  items: []", "LOAD_ERR_YAML_VALIDATE", "not a scalar value");
	assert_refused(
		"- list: a\n  items: b", "LOAD_ERR_YAML_VALIDATE", "Value is not a sequence");
	assert_refused("- list: a\n  items: [[b]]", "LOAD_ERR_YAML_VALIDATE",
		"sequence value is not scalar");
	assert_refused("- macro:\n  condition: x", "LOAD_ERR_YAML_VALIDATE",
		"Mapping for key 'macro' is empty");
	assert_refused(
		"- macro: m", "LOAD_ERR_YAML_VALIDATE", "Item has no mapping for key 'condition'");
}

static void test_nothing_is_fine(void **state)
{
	struct world *w = world_load("", "# only a comment\n", "---\n---\n- \n- ~\n");

	for (size_t i = 0; i < 3; i++)
		assert_true(load_ok(w->results[i]));
	assert_int_equal(w->set->nrules, 0);
	world_free(w);
}

static void test_documents_and_anchors(void **state)
{
	assert_condition("- &l {list: l, items: &i [a, b]}\n"
			 "---\n"
			 "- rule: r\n  desc: d\n  condition: proc.name in (l)\n"
			 "  output: o\n  priority: INFO\n",
		"proc.name in (a, b)");
}

static void test_unknown_keys_and_items(void **state)
{
	struct world *w = world_load("- rule: r\n"
				     "  desc: d\n"
				     "  condition: evt.type = open\n"
				     "  output: o\n"
				     "  priority: INFO\n"
				     "  priorty: INFO\n"
				     "  desc: again\n"
				     "- ruel: x\n"
				     "- macro: m\n"
				     "  condition: evt.num = 1\n"
				     "  items: [a]\n");

	assert_errors(w, 0);
	assert_warning(w, "LOAD_UNKNOWN_KEY", "Unknown key 'priorty'. The key will be ignored.");
	assert_warning(w, "LOAD_UNKNOWN_KEY", "Unknown key 'items'");
	assert_warning(w, "LOAD_UNKNOWN_KEY", "Key 'desc' is there twice");
	assert_warning(w, "LOAD_UNKNOWN_ITEM", "Unknown top level item");
	assert_string_equal(world_rule(w, "r")->desc, "d");
	assert_true(str_is(w->results[0]->diags.list.v[0].remedy, "Did you mean 'priority'?"));
	world_free(w);
}

static void test_names(void **state)
{
	struct world *w = world_load("- list: a b\n  items: [x]\n"
				     "- macro: m-n\n  condition: evt.num = 1\n");

	assert_warning(w, "LOAD_INVALID_LIST_NAME", "List has an invalid name");
	assert_warning(w, "LOAD_INVALID_MACRO_NAME", "Macro has an invalid name");
	world_free(w);
}

static void test_wrong_types(void **state)
{
	struct world *w = world_load("- rule: r\n"
				     "  desc: d\n"
				     "  condition: evt.type = open\n"
				     "  output: o\n"
				     "  priority: LOUD\n"
				     "  enabled: maybe\n"
				     "  capture_duration: -1\n"
				     "  tags: x\n");

	assert_errors(w, 4);
	assert_error(w, "LOAD_ERR_YAML_VALIDATE", "Invalid priority");
	assert_error(w, "LOAD_ERR_YAML_VALIDATE", "Value is not a sequence");
	assert_count(w, 0, DIAG_ERROR, NULL, "Can't decode YAML scalar value", 2);
	world_free(w);
}

/* A broken definition is reported once; what refers to it keeps quiet. */
static void test_no_cascades(void **state)
{
	struct world *w = world_load(
		"- macro: m\n  condition: (evt.type = open\n"
		"- macro: n\n  condition: m and m\n" RULE("r", "m and n")
			RULE("s", "evt.type = open and nothing")
				RULE("s", "evt.type = close") "- rule: t\n"
							      "  desc: d\n"
							      "- rule: t\n"
							      "  condition: and x\n"
							      "  override: {condition: append}\n");

	assert_errors(w, 4);
	assert_error(w, "LOAD_ERR_COMPILE_CONDITION", "expected a ')' token");
	assert_int_equal(w->set->nrules, 1);
	world_free(w);
}

/* ---- append and override ---- */

static void test_append(void **state)
{
	struct world *w = world_load(
		"- list: l\n  items: [a]\n"
		"- macro: m\n  condition: evt.type = open\n" RULE("r", "m and proc.name in (l)"),
		"- list: l\n  items: [b]\n  append: true\n"
		"- macro: m\n  condition: or evt.type = close\n  append: true\n"
		"- rule: r\n  condition: and fd.num > 1\n  append: true\n  priority: DEBUG\n");

	assert_count(w, 0, DIAG_ERROR, NULL, "", 0);
	assert_count(w, 1, DIAG_ERROR, NULL, "", 0);
	assert_count(w, 1, DIAG_WARNING, "LOAD_DEPRECATED_ITEM", "'append' key is deprecated", 3);
	assert_string_equal(world_condition(w, "r"),
		"((evt.type = open or evt.type = close) and proc.name in (a, b) and fd.num > 1)");
	assert_int_equal(world_rule(w, "r")->priority, PRIORITY_WARNING);
	world_free(w);
}

static void test_append_to_nothing(void **state)
{
	assert_refused("- list: l\n  items: [b]\n  append: true\n", "LOAD_ERR_VALIDATE",
		"List uses 'append' or 'override.items: append' but no list by that name already "
		"exists");
	assert_refused("- macro: m\n  condition: x\n  override: {condition: append}\n",
		"LOAD_ERR_VALIDATE",
		"Macro uses 'append' or 'override.condition: append' but no macro by that name "
		"already exists");
	assert_refused("- rule: r\n  condition: x\n  append: true\n", "LOAD_ERR_VALIDATE",
		"Rule uses 'append' or 'override.<key>: append' but no rule by that name already "
		"exists");
	assert_refused("- rule: r\n  tags: [x]\n  override: {tags: replace}\n", "LOAD_ERR_VALIDATE",
		"An 'override.<key>: replace' to a rule was requested but no rule by that name "
		"already exists");
	assert_refused("- rule: r\n  enabled: true\n", "LOAD_ERR_VALIDATE",
		"Rule has 'enabled' key but no rule by that name already exists");
}

static void test_override(void **state)
{
	struct world *w = world_load(base, "- rule: r\n"
					   "  condition: and fd.num = 3\n"
					   "  output: and %fd.name\n"
					   "  tags: [q]\n"
					   "  priority: DEBUG\n"
					   "  enabled: false\n"
					   "  capture: true\n"
					   "  capture_duration: 7\n"
					   "  desc: new\n"
					   "  override:\n"
					   "    condition: append\n"
					   "    output: append\n"
					   "    tags: append\n"
					   "    priority: replace\n"
					   "    enabled: replace\n"
					   "    capture: replace\n"
					   "    capture_duration: replace\n"
					   "    desc: replace\n");
	const struct rule *r = world_rule(w, "r");

	assert_count(w, 1, DIAG_ERROR, NULL, "", 0);
	assert_string_equal(r->condition, "evt.type = open and fd.num = 3");
	assert_string_equal(r->output, "it was %proc.name and %fd.name");
	assert_string_equal(r->desc, "new");
	assert_int_equal(r->priority, PRIORITY_DEBUG);
	assert_int_equal(r->ntags, 1);
	assert_false(r->enabled);
	assert_true(r->capture);
	assert_int_equal(r->capture_duration_ms, 7);
	world_free(w);
}

static void refuse_override(const char *item, const char *text)
{
	struct world *w = world_load(base, item);

	assert_count(w, 1, DIAG_ERROR, "LOAD_ERR_YAML_VALIDATE", text, 1);
	assert_count(w, 1, DIAG_ERROR, NULL, "", 1);
	world_free(w);
}

static void test_override_mistakes(void **state)
{
	refuse_override("- rule: r\n  priority: INFO\n  override: {priority: append}\n",
		"Key 'priority' cannot be appended to, use 'replace' instead");
	refuse_override("- rule: r\n  source: x\n  override: {source: replace}\n",
		"Key 'source' cannot be replaced");
	refuse_override("- rule: r\n  tags: [x]\n  override: {tags: remove}\n",
		"Invalid override operation for key 'tags': 'remove'. Allowed values are: append "
		"replace ");
	refuse_override("- rule: r\n  desc: x\n  override: {desc: append, tags: replace}\n",
		"An replace override for 'tags' was specified but 'tags' is not defined");
	refuse_override("- rule: r\n  desc: x\n  tags: [y]\n  override: {desc: append}\n",
		"Unexpected key 'tags': no corresponding entry under 'override' is defined.");
	refuse_override("- rule: r\n  desc: x\n  append: true\n  override: {desc: append}\n",
		"Keys 'override' and 'append: true' cannot be used together.");
}

static void test_redefinition_keeps_the_place(void **state)
{
	struct world *w = world_load(RULE("a", "evt.type = open") RULE("b", "evt.type = open")
			RULE("a", "evt.type = close"));

	assert_errors(w, 0);
	assert_int_equal(w->set->nrules, 2);
	assert_string_equal(w->set->rules[0]->name, "a");
	assert_string_equal(world_condition(w, "a"), "evt.type = close");
	assert_int_equal(w->set->rules[1]->index, 1);
	world_free(w);
}

static void test_enabled_alone(void **state)
{
	struct world *w = world_load(RULE("a", "evt.type = open") "- rule: a\n  enabled: false\n");

	assert_warning(w, "LOAD_DEPRECATED_ITEM", "The standalone 'enabled' key");
	assert_false(world_rule(w, "a")->enabled);
	world_free(w);
}

/* ---- versions, sources, priorities ---- */

static void test_engine_version(void **state)
{
	struct world *w = world_load("- required_engine_version: 9\n"
				     "- required_engine_version: 0.31.1\n"
				     "- required_engine_version: '0.30.0'\n");

	assert_errors(w, 0);
	assert_string_equal(w->set->required_engine_version, "0.31.1");
	world_free(w);
	assert_refused("- required_engine_version: 9999", "LOAD_ERR_VALIDATE",
		"Rules require engine version 9999, but engine version is 62");
	assert_refused("- required_engine_version: 1.0.0", "LOAD_ERR_VALIDATE",
		"Rules require engine version 1.0.0, but engine version is 0.62.0");
	assert_refused("- required_engine_version: seven", "LOAD_ERR_YAML_VALIDATE",
		"Unable to parse engine version 'seven' as a semver string.");
}

static bool has_foo_2(void *arg, const char *name, const char *version)
{
	return !strcmp(name, "foo") && version[0] <= '2';
}

static void test_plugin_versions(void **state)
{
	static const char yaml[] = "- required_plugin_versions:\n"
				   "  - name: foo\n"
				   "    version: %c.0.0\n"
				   "    alternatives: [{name: bar, version: 1.0.0}]\n";
	const struct rules_config config = {.plugin_ok = has_foo_2};
	char text[256];
	struct world *w;

	snprintf(text, sizeof(text), yaml, '2');
	w = world_load_with(&config, text, NULL);
	assert_errors(w, 0);
	assert_int_equal(w->set->nplugins, 1);
	assert_string_equal(w->set->plugins[0].alternatives[0].name, "bar");
	world_free(w);
	snprintf(text, sizeof(text), yaml, '3');
	w = world_load_with(&config, text, NULL);
	assert_error(w, "LOAD_ERR_VALIDATE",
		"Plugin requirement not satisfied, must load one of: foo (>= 3.0.0), bar (>= "
		"1.0.0)");
	world_free(w);
	assert_refused("- required_plugin_versions: [{name: a, version: x}]", "LOAD_ERR_VALIDATE",
		"Invalid required version 'x' for plugin 'a'");
	assert_refused("- required_plugin_versions: [{name: a, version: 1.0.0, alternatives: "
		       "[{name: a, version: 2.0.0}]}]",
		"LOAD_ERR_VALIDATE",
		"Defined multiple alternative version requirements for plugin 'a'");
	assert_refused("- required_plugin_versions: [a]", "LOAD_ERR_YAML_VALIDATE",
		"Plugin version must be a mapping");
}

static void test_sources(void **state)
{
	static const char yaml[] = "- rule: r\n  desc: d\n  condition: evt.num > 1\n  output: o\n"
				   "  priority: INFO\n  source: mine\n";
	static const char *const sources[] = {"mine"};
	const struct rules_config config = {
		.min_priority = PRIORITY_DEBUG, .sources = sources, .nsources = 1};
	struct world *w = world_load(yaml);

	assert_warning(w, "LOAD_UNKNOWN_SOURCE", "Unknown source mine, skipping");
	assert_int_equal(w->set->nrules, 0);
	world_free(w);
	w = world_load_with(&config, yaml, NULL);
	assert_warnings(w, 0);
	assert_true(event_set_has(&world_rule(w, "r")->events, EV_PLUGINEVENT_E));
	assert_false(event_set_has(&world_rule(w, "r")->events, EV_OPEN_X));
	world_free(w);
	w = world_load(base, "- rule: r\n  source: mine\n  condition: x\n  append: true\n");
	assert_count(w, 1, DIAG_ERROR, "LOAD_ERR_VALIDATE",
		"Rule has been re-defined with a different source", 1);
	world_free(w);
}

static void test_minimum_priority(void **state)
{
	const struct rules_config config = {.min_priority = PRIORITY_ERROR};
	struct world *w = world_load_with(&config, base, NULL);

	assert_false(world_rule(w, "r")->enabled);
	assert_int_equal(ruleset_enable(w->set, RULE_MATCH_EXACT, "r", true), 1);
	assert_false(world_rule(w, "r")->enabled);
	world_free(w);
}

static void test_enable(void **state)
{
	struct world *w = world_load(RULE("read [x]", "evt.type = open") "  tags: [t]\n" RULE(
		"write x", "evt.type = open"));

	assert_int_equal(ruleset_enable(w->set, RULE_MATCH_SUBSTRING, "x", false), 2);
	assert_int_equal(ruleset_enable(w->set, RULE_MATCH_WILDCARD, "*[x]", true), 1);
	assert_true(world_rule(w, "read [x]")->enabled);
	assert_false(world_rule(w, "write x")->enabled);
	assert_int_equal(ruleset_enable(w->set, RULE_MATCH_TAG, "t", false), 1);
	assert_int_equal(ruleset_enable(w->set, RULE_MATCH_EXACT, "write", true), 0);
	assert_int_equal(ruleset_enable(w->set, RULE_MATCH_WILDCARD, "*r*t* x", true), 1);
	assert_int_equal(ruleset_enable(w->set, RULE_MATCH_WILDCARD, "***", true), 2);
	world_free(w);
}

/* ---- YAML itself ---- */

static void refuse_yaml(const char *yaml, const char *text)
{
	struct world *w = world_load(yaml);

	assert_error(w, "LOAD_ERR_YAML_PARSE", text);
	assert_int_equal(w->results[0]->schema, SCHEMA_NONE);
	world_free(w);
}

static void test_yaml_errors(void **state)
{
	refuse_yaml("a : b : c", "yaml-cpp: error at line 1, column 7: illegal map value");
	refuse_yaml("- a\n b: c", "line 2, column 3: illegal map value");
	refuse_yaml("- [a\n", "line 1, column 3: end of sequence flow not found");
	refuse_yaml("- {a: b]", "illegal flow end");
	refuse_yaml("- 'a", "illegal EOF in scalar");
	refuse_yaml("- \"\\q\"", "unknown escape character: q");
	refuse_yaml("a: b\n\tc", "illegal tab when looking for indentation");
	refuse_yaml("- *x", "the referenced anchor is not defined: x");
	refuse_yaml("- &x [*x]", "an alias inside of its own anchor: x");
	refuse_yaml("- @", "unknown token");
}

/* Each list is the one before it ten times: refused, not expanded. */
static void test_yaml_bombs(void **state)
{
	struct buf b = {0};

	buf_puts(&b, "- &a0 x\n");
	for (int i = 1; i < 9; i++) {
		buf_printf(&b, "- &a%d [", i);
		for (int k = 0; k < 10; k++)
			buf_printf(&b, "%s*a%d", k ? ", " : "", i - 1);
		buf_puts(&b, "]\n");
	}
	refuse_yaml(buf_cstr(&b), "too many nodes");
	b.n = 0;
	for (int i = 0; i < 200; i++)
		buf_puts(&b, "- ");
	refuse_yaml(buf_cstr(&b), "nested too deeply");
	buf_done(&b);
}

/* A file that is no YAML does not make the next ones complain about what it may have had. */
static void test_unreadable_file(void **state)
{
	struct world *w = world_load("- [", "- rule: r\n  append: true\n  condition: and m\n",
		RULE("s", "evt.type = open and gone"));

	assert_count(w, 1, DIAG_ERROR, NULL, "", 0);
	assert_count(w, 2, DIAG_ERROR, NULL, "", 0);
	assert_int_equal(w->set->nrules, 0);
	world_free(w);
}

static void test_foreign_bytes(void **state)
{
	struct world *w = world_load(RULE("r", "evt.type = open") "  tags: [\"caf\xe9\"] # \x01\n");

	assert_errors(w, 0);
	assert_string_equal(world_rule(w, "r")->tags[0], "caf?");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definition),
		cmocka_unit_test(test_missing_keys_are_all_reported),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_nothing_is_fine),
		cmocka_unit_test(test_documents_and_anchors),
		cmocka_unit_test(test_unknown_keys_and_items),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_no_cascades),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_to_nothing),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_mistakes),
		cmocka_unit_test(test_redefinition_keeps_the_place),
		cmocka_unit_test(test_enabled_alone),
		cmocka_unit_test(test_engine_version),
		cmocka_unit_test(test_plugin_versions),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_minimum_priority),
		cmocka_unit_test(test_enable),
		cmocka_unit_test(test_yaml_errors),
		cmocka_unit_test(test_yaml_bombs),
		cmocka_unit_test(test_unreadable_file),
		cmocka_unit_test(test_foreign_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
