/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration: -o, structured keys, and what is derived from the rows. */
#include "config_world.h"

#include "base/file.h"

/* ---- -o ---- */

static void options_set_keys(void **state)
{
	struct world *w = *state;
	const struct config *c = load_with(w, "webserver: {listen_port: 1}\nload_plugins: []\n",
		OPTIONS("json_output=True", "webserver.listen_port=2", "webserver.threadiness=3",
			"load_plugins[0]=container", "rules[].disable.rule=*",
			"rules[].enable.tag=a=b", "static_fields.a\\.b=c",
			"base_syscalls.custom_set=x", "engine.kind=replay",
			"engine.replay.capture_file=f.scap"));

	assert_non_null(c);
	assert_int_equal(w->diags.list.n, 0);
	assert_true(c->json_output);
	assert_int_equal(c->webserver_listen_port, 2);
	assert_int_equal(c->webserver_threadiness, 3);
	assert_int_equal(c->plugins.n, 1);
	assert_string_equal(c->plugins.v[0].name, "container");
	assert_int_equal(c->rule_selections.n, 2);
	assert_false(c->rule_selections.v[0].enable);
	assert_string_equal(c->rule_selections.v[0].rule, "*");
	assert_string_equal(c->rule_selections.v[1].tag, "a=b");
	assert_null(c->rule_selections.v[1].rule);
	assert_string_equal(c->static_fields.v[0].name, "a.b");
	assert_string_equal(c->static_fields.v[0].format, "c");
	assert_string_equal(list(&c->base_syscalls_custom_set), "x");
	assert_string_equal(c->engine_replay_capture_file, "f.scap");
}

static void options_change_lists(void **state)
{
	struct world *w = *state;

	assert_non_null(load_with(w, "base_syscalls: {custom_set: [a, b]}\n",
		OPTIONS("base_syscalls.custom_set[1]=c", "base_syscalls.custom_set[2]=d",
			"base_syscalls.custom_set[]=e")));
	assert_string_equal(list(&w->c->base_syscalls_custom_set), "a,c,d,e");
	/* a key inside a list replaces the list, as for -o append_output.suggested_output=false */
	assert_non_null(load_with(w, "append_output:\n  - suggested_output: true\n",
		OPTIONS("append_output.suggested_output=false")));
	assert_int_equal(w->c->append_outputs.n, 1);
	assert_false(w->c->append_outputs.v[0].suggested_output);
}

static void option_objects(void **state)
{
	struct world *w = *state;
	const struct append_output *a;

	assert_non_null(load_with(w, "",
		OPTIONS("append_output[]={\"match\": {\"source\": \"syscall\", \"tags\": [\"t\"], "
			"\"rule\": \"some rule\"}, \"extra_output\": \"x=%proc.name\"}",
			"append_output[]={match: {source: k8s_audit}, extra_fields: [ka.verb, "
			"{f: \"text %x\"}]}",
			"rules[]={\"disable\": {\"tag\": \"b\"}}")));
	assert_int_equal(w->c->append_outputs.n, 2);
	a = &w->c->append_outputs.v[0];
	assert_string_equal(a->match_rule, "some rule");
	assert_string_equal(a->match_source, "syscall");
	assert_int_equal(a->nmatch_tags, 1);
	assert_string_equal(a->match_tags[0], "t");
	assert_string_equal(a->extra_output, "x=%proc.name");
	assert_int_equal(a->nfields, 0);
	a++;
	assert_null(a->match_rule);
	assert_null(a->extra_output);
	assert_int_equal(a->nfields, 2);
	assert_string_equal(a->fields[0].name, "ka.verb");
	assert_null(a->fields[0].format);
	assert_string_equal(a->fields[1].format, "text %x");
	assert_string_equal(w->c->rule_selections.v[0].tag, "b");
}

static void wrong_options(void **state)
{
	static const char *const cases[][2] = {
		{"json_output", "Must be of the form key=val or key.subkey=val"},
		{"=1", "no key"},
		{"a..b=1", "unexpected character at pos 2"},
		{"a.=1", "unexpected end"},
		{"a\\=1", "trailing backslash"},
		{"a\\x=1", "invalid escape sequence"},
		{"json_output.x=1", "has no keys inside"},
		{"rules[3]=1", "no such element"},
		{"rules[x]=1", "expected a numeric index, found 'x'"},
		{"rules[=1", "expected a numeric index"},
		{"rules[0]x=1", "expected '.'"},
		{"webserver[]=1", "expected a numeric index"},
		{"rules[]={enable: {rule: a}", "end of map flow not found"},
		{"rules[]={a: b: c}", "end of map flow not found"},
		{"priority=x", "Error in an option -o: Unknown priority \"x\""},
	};
	struct world *w = *state;
	char text[4096];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (load_with(w, "json_output: true\nrules: []\nwebserver: {threadiness: 1}\n",
			    OPTIONS(cases[i][0])))
			fail_msg("%s is taken", cases[i][0]);
		assert_has(problem(w, 0, text), cases[i][1]);
	}
}

static void unknown_options(void **state)
{
	struct world *w = *state;
	char text[4096];

	assert_non_null(load_with(w, "zzz: 1\n", OPTIONS("webserver.listen_prt=80")));
	assert_int_equal(w->diags.nwarnings, 2); /* the file's is said once */
	assert_has(problem(w, 1, text), "-o: unknown key 'webserver.listen_prt'");
	assert_has(text, "Did you mean 'webserver.listen_port'?");
}

/* ---- structured keys ---- */

static void plugin_keys(void **state)
{
	struct world *w = *state;
	const struct config *c = load(w,
		"plugins:\n"
		"  - name: k8saudit\n"
		"    library_path: libk8saudit.so\n"
		"    init_config: {ssl: /x, max: 262144, b: \"yes\", f: 0.5, l: [1, {z: ~}], n: "
		"08}\n"
		"    open_params: ' http://:9765 '\n"
		"  - {name: json, library_path: /opt/libjson.so, init_config: '{\"a\":1}'}\n"
		"  - {name: empty, library_path: sub/./x/../l.so, init_config: null}\n");

	assert_non_null(c);
	assert_int_equal(c->plugins.n, 3);
	assert_string_equal(
		c->plugins.v[0].library_path, "/usr/share/falco/plugins/libk8saudit.so");
	assert_string_equal(c->plugins.v[0].init_config,
		"{\"b\":true,\"f\":0.5,\"l\":[1,{\"z\":null}],\"max\":"
		"262144,\"n\":8.0,\"ssl\":\"/x\"}");
	assert_string_equal(c->plugins.v[0].open_params, "http://:9765");
	assert_string_equal(c->plugins.v[1].library_path, "/opt/libjson.so");
	assert_string_equal(c->plugins.v[1].init_config, "{\"a\":1}");
	assert_string_equal(c->plugins.v[2].library_path, "/usr/share/falco/plugins/sub/l.so");
	assert_string_equal(c->plugins.v[2].init_config, "");
}

static void plugin_selection(void **state)
{
	static const char two[] = "plugins:\n  - {name: a, library_path: a.so}\n"
				  "  - {name: b, library_path: b.so}\n";
	struct world *w = *state;
	char text[512];

	snprintf(text, sizeof(text), "%sload_plugins: [b, container]\n", two);
	assert_non_null(load(w, text));
	assert_int_equal(w->c->plugins.n, 2);
	assert_string_equal(w->c->plugins.v[0].name, "b");
	assert_string_equal(w->c->plugins.v[1].library_path, "");
	snprintf(text, sizeof(text), "%sload_plugins: []\n", two);
	assert_non_null(load(w, text));
	assert_int_equal(w->c->plugins.n, 0);
	REFUSED("load_plugins: [x]\n",
		"Cannot load plugin 'x': plugin config not found for given name");
	/* the container plugin of other implementations is built in */
	assert_non_null(load(w, "plugins: [{name: container, library_path: libcontainer.so, "
				"init_config: {label_max_len: 100}}]\n"));
	assert_string_equal(w->c->plugins.v[0].library_path, "");
}

static void bad_plugins(void **state)
{
	struct world *w = *state;

	REFUSED("plugins: [{name: evil, library_path: ../../tmp/evil.so}]\n",
		"resolves outside the plugins directory (/usr/share/falco/plugins)");
	REFUSED("plugins: [{name: evil, library_path: s/../../../x.so}]\n", "outside");
	REFUSED("plugins: [{name: evil, library_path: ../pluginsx/x.so}]\n", "outside");
	REFUSED("plugins: [{library_path: x.so}]\n", "must have a name and a library_path");
	REFUSED("plugins: {name: x}\n", "plugins must be a list");
	REFUSED("plugins: [{name: x, library_path: y, init_config: [1]}]\n", "not a list");
}

static void bad_lists(void **state)
{
	struct world *w = *state;

	REFUSED("rules: [{enabel: {rule: a}}]\n", "must enable or disable something");
	REFUSED("rules: [{enable: {}}]\n", "must have a rule or a tag");
	REFUSED("rules: a\n", "rules must be a list");
	REFUSED("append_output: [a]\n", "must be a mapping");
	REFUSED("append_output: [{extra_fields: [{a: b}, a: c]}]\n", "defined twice");
	REFUSED("append_output: [{extra_fields: [{a: b, c: d}]}]\n", "can not be a mapping");
	REFUSED("append_output: [{suggested_output: x}]\n", "must be true or false");
	REFUSED("static_fields: [a]\n", "must be a mapping of names to texts");
}

static void misspelt_list_keys(void **state)
{
	struct world *w = *state;
	char text[4096];

	assert_non_null(load(w, "append_output: [{match: {rules: x}, extra_outptu: y}]\n"));
	assert_has(problem(w, 0, text), "unknown key 'append_output.extra_outptu'");
	assert_has(text, "Did you mean 'append_output.extra_output'?");
	assert_has(problem(w, 1, text), "unknown key 'append_output.match.rules'");
}

/* ---- rules files ---- */

static void where_rules_are(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir("config", 0700), 0);
	assert_int_equal(mkdir("rules", 0700), 0);
	write_text("config/beside.yaml", "");
	write_text("rules/beside.yaml", "");
	write_text("rules/tree.yaml", "");
	write_text("here.yaml", "");
	write_text("config/falco.yaml",
		"rules_files: [beside.yaml, tree.yaml, here.yaml, nowhere.yaml, /nowhere.yaml]\n");
	w->c = config_load("config/falco.yaml", NULL, 0, &w->diags);
	assert_non_null(w->c);
	assert_string_equal(
		list(&w->c->rules_files), "config/beside.yaml,./rules/tree.yaml,here.yaml");
}

static void the_old_name_of_rules_files(void **state)
{
	struct world *w = *state;
	char text[4096];

	write_text("r.yaml", "");
	assert_non_null(load(w, "rules_file: r.yaml\n"));
	assert_string_equal(list(&w->c->rules_files), "./r.yaml");
	assert_has(problem(w, 0, text), "Using deprecated config key 'rules_file'");
}

/* ---- what is derived from the rows ---- */

static void the_shipped_file(void **state)
{
	struct world *w = *state;
	struct buf made = {0};
	struct str shipped;
	struct arena a;

	arena_init(&a, 0);
	assert_int_equal(file_read(&a, SOURCE_ROOT "/config/falco.yaml", 1 << 20, &shipped), 0);
	config_shipped(&made);
	if (!str_eq(shipped, buf_view(&made)))
		fail_msg("config/falco.yaml is not what build/gen_config prints: run it");
	w->c = config_load(SOURCE_ROOT "/config/falco.yaml", NULL, 0, &w->diags);
	assert_non_null(w->c);
	assert_int_equal(w->diags.list.n, 0);
	assert_string_equal(w->c->loaded_files.v[0].validation, "ok");
	assert_true(w->c->stdout_output_enabled);
	assert_int_equal(w->c->drop_actions, DROP_LOG | DROP_ALERT);
	assert_int_equal(w->c->metrics_interval_ms, 3600000);
	assert_true(w->c->rules_files.n >= 1);
	buf_done(&made);
	arena_done(&a);
}

static void rows_are_sound(void **state)
{
	for (size_t i = 0; i < config_nrows; i++) {
		const struct config_row *r = &config_rows[i];

		if (r->type == ROW_SECTION)
			continue;
		assert_ptr_equal(config_row_find(str_c(r->key)), r); /* no key twice */
		if (r->type == ROW_ALIAS)
			assert_non_null(config_row_find(str_c(r->target)));
		if (r->type == ROW_INT)
			assert_true(r->def.i >= r->int_min && r->def.i <= r->int_max);
	}
}

static void the_schema_is_yaml_and_has_every_key(void **state)
{
	struct conf_source source = {.name = "schema"};
	struct buf text = {0};
	struct conf_node *root;
	struct yaml_error err;
	struct arena a;

	arena_init(&a, 0);
	config_schema(&text);
	root = conf_parse(&a, &source, buf_view(&text), &err);
	assert_non_null(root);
	for (size_t i = 0; i < config_nrows; i++) {
		const struct conf_node *n = root;
		struct str rest = str_c(config_rows[i].key), part;

		if (config_rows[i].type == ROW_SECTION)
			continue;
		while (n && str_split(&rest, '.', &part))
			n = conf_child(conf_child(n, STR("properties")), part);
		if (!n)
			fail_msg("no %s in the schema", config_rows[i].key);
	}
	buf_done(&text);
	arena_done(&a);
}

static void too_much(void **state)
{
	struct world *w = *state;
	struct buf text = {0};

	/* an alias in an alias in an alias... */
	buf_puts(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 30; i++)
		buf_printf(&text, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
	REFUSED(buf_cstr(&text), "main.yaml:");
	text.n = 0;
	buf_puts(&text, "a: ");
	buf_pad(&text, '[', 5000);
	REFUSED(buf_cstr(&text), "nested too deeply");
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options_set_keys),
		TEST(options_change_lists),
		TEST(option_objects),
		TEST(wrong_options),
		TEST(unknown_options),
		TEST(plugin_keys),
		TEST(plugin_selection),
		TEST(bad_plugins),
		TEST(bad_lists),
		TEST(misspelt_list_keys),
		TEST(where_rules_are),
		TEST(the_old_name_of_rules_files),
		TEST(the_shipped_file),
		TEST(rows_are_sound),
		TEST(the_schema_is_yaml_and_has_every_key),
		TEST(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
