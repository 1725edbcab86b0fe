/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From configured paths to a ruleset: which files, their content, the loader's verdict, and which
 * rules the configuration and the command line switch on and off.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/app.h"
#include "app/log.h"
#include "base/file.h"

#define MAX_RULES_FILE (64u * 1024 * 1024)

/* The container fields are built in; rules written for the plugin ask for its version. */

static bool version_at_least(const char *have, const char *want)
{
	unsigned h[3] = {0}, w[3] = {0};

	sscanf(have, "%u.%u.%u", &h[0], &h[1], &h[2]);
	if (sscanf(want, "%u.%u.%u", &w[0], &w[1], &w[2]) < 1)
		return false;
	/* Semantic versioning: another major number is another interface. */
	if (h[0] != w[0])
		return false;
	return h[1] != w[1] ? h[1] > w[1] : h[2] >= w[2];
}

static bool plugin_ok(void *arg, const char *name, const char *version)
{
	return strcmp(name, "container") == 0 && version_at_least(CONTAINER_VERSION, version);
}

static struct rules_loader *new_loader(struct app *a)
{
	const struct config *c = a->config;
	struct rules_config rc = {
		.min_priority = (enum priority)c->priority,
		.append = c->append_outputs.v,
		.nappend = c->append_outputs.n,
		.time_iso_8601 = c->time_format_iso_8601,
		.json = c->json_output,
		.suggested = a->static_fields.suggested,
		.nsuggested = a->static_fields.n,
		.plugin_ok = plugin_ok,
	};

	return rules_loader_new(&rc);
}

static int yaml_only(const struct dirent *d)
{
	struct str name = str_c(d->d_name);

	return str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml"));
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Adds path, or the rules files in it in the order of their names. -errno when there is none. */
static int expand_path(struct arena *arena, const char *path, string_list *out)
{
	struct dirent **entries;
	struct stat st;
	int n;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode)) {
		vec_push(out, arena_strdup(arena, str_c(path)));
		return 0;
	}
	n = scandir(path, &entries, yaml_only, alphasort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct str full = arena_printf(arena, "%s/%s", path, entries[i]->d_name);

		if (stat(full.p, &st) == 0 && S_ISREG(st.st_mode))
			vec_push(out, full.p);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* Reads and adds one file. NULL: reported. */
static struct load_result *add_file(struct app *a, const char *path)
{
	struct load_result *ret = NULL;
	struct str content;
	struct arena arena;
	int r;

	arena_init(&arena, 0);
	r = file_read(&arena, path, MAX_RULES_FILE, &content);
	if (r < 0)
		app_error("Could not open file %s: %s", path, strerror(-r));
	else
		ret = rules_loader_add(a->loader, path, content);
	arena_done(&arena);
	return ret;
}

static void report(struct app *a, const struct load_result *r, bool ok)
{
	struct buf text = {0};

	load_result_text(&text, r, true);
	if (!ok)
		app_error("%s", buf_cstr(&text));
	else
		log_msg(LOG_LEVEL_WARNING, "%s", buf_cstr(&text));
	buf_done(&text);
}

static void apply_selections(struct app *a)
{
	const struct options *o = &a->options;
	const struct rule_selection *sel;

	vec_foreach (sel, &a->config->rule_selections) {
		log_msg(LOG_LEVEL_INFO, "%s rules with %s: %s",
			sel->enable ? "Enabling" : "Disabling", sel->rule ? "name" : "tag",
			sel->rule ? sel->rule : sel->tag);
		ruleset_enable(a->rules, sel->rule ? RULE_MATCH_WILDCARD : RULE_MATCH_TAG,
			sel->rule ? sel->rule : sel->tag, sel->enable);
	}
	for (size_t i = 0; i < o->disable_rules.n; i++)
		ruleset_enable(a->rules, RULE_MATCH_SUBSTRING, o->disable_rules.v[i], false);
	for (size_t i = 0; i < o->disable_tags.n; i++)
		ruleset_enable(a->rules, RULE_MATCH_TAG, o->disable_tags.v[i], false);
	if (o->enable_tags.n)
		ruleset_enable(a->rules, RULE_MATCH_WILDCARD, "*", false);
	for (size_t i = 0; i < o->enable_tags.n; i++)
		ruleset_enable(a->rules, RULE_MATCH_TAG, o->enable_tags.v[i], true);
}

/* The files that -r or the configuration names. False: reported. */
static bool rules_files(struct app *a, string_list *out)
{
	bool from_options = a->options.rules.n > 0;
	const string_list *from =
		from_options ? (const string_list *)&a->options.rules : &a->config->rules_files;
	int r;

	for (size_t i = 0; i < from->n; i++) {
		if (is_folder(from->v[i]))
			vec_push(&a->rules_folders, from->v[i]);
		r = expand_path(&a->config->arena, from->v[i], out);
		if (r < 0 && from_options) {
			app_error("Could not open rules file %s: %s", from->v[i], strerror(-r));
			return false;
		}
	}
	if (out->n)
		return true;
	app_error("You must specify at least one rules file/directory via -r or a rules_file "
		  "entry in falco.yaml");
	return false;
}

bool app_load_rules(struct app *a)
{
	struct load_result **results;
	bool ok = true;
	size_t n;

	if (!rules_files(a, &a->rules_files))
		return false;
	a->loader = new_loader(a);
	for (size_t i = 0; i < a->rules_files.n && ok; i++)
		ok = add_file(a, a->rules_files.v[i]);
	if (!ok)
		return false;
	a->rules = rules_loader_compile(a->loader);
	n = rules_loader_results(a->loader, &results);
	log_msg(LOG_LEVEL_INFO, "Loading rules from:");
	for (size_t i = 0; i < n; i++) {
		log_msg(results[i]->schema == SCHEMA_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
			"   %s | schema validation: %s", results[i]->name,
			load_result_schema(results[i]));
		if (!load_ok(results[i]) || results[i]->diags.nwarnings)
			report(a, results[i], load_ok(results[i]));
		ok &= load_ok(results[i]);
	}
	if (ok)
		apply_selections(a);
	return ok;
}

void app_compile_rules(struct app *a)
{
	a->engine = engine_new(a->rules, "syscall", a->config->rule_matching == RULE_MATCHING_ALL);
	/* What loading needed is not needed for years to come. */
	rules_loader_free(a->loader);
	a->loader = NULL;
}

void app_free_generation(struct app *a)
{
	engine_free(a->engine);
	generation_unref(a->figures);
	rules_loader_free(a->loader);
	ruleset_free(a->rules);
	vec_done(&a->rules_files);
	vec_done(&a->rules_folders);
	static_fields_done(&a->static_fields);
	config_free(a->config);
}

/* ---- -V ---- */

static void print_validation_json(struct app *a, struct load_result **results, size_t n, bool ok)
{
	bool describe = ok && (a->options.describe_all || a->options.describe_rule);
	struct buf out = {0};

	buf_puts(&out, "{");
	if (describe) {
		buf_puts(&out, "\"falco_describe_results\":");
		ruleset_describe_json(&out, a->rules, a->options.describe_rule);
		buf_puts(&out, ",");
	}
	buf_puts(&out, "\"falco_load_results\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&out, ',');
		load_result_json(&out, results[i]);
	}
	buf_puts(&out, "]}\n");
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
}

static void print_validation_text(struct app *a, struct load_result **results, size_t n)
{
	struct buf out = {0};

	for (size_t i = 0; i < n; i++) {
		load_result_text(&out, results[i], true);
		if (out.n && out.p[out.n - 1] != '\n')
			buf_char(&out, '\n');
	}
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
}

bool app_validate_rules(struct app *a)
{
	struct load_result **results;
	string_list files = {0};
	bool ok = true;
	size_t n;
	int r;

	a->loader = new_loader(a);
	for (size_t i = 0; i < a->options.validate.n && ok; i++) {
		r = expand_path(&a->config->arena, a->options.validate.v[i], &files);
		if (r < 0) {
			app_error("Could not open file %s: %s", a->options.validate.v[i],
				strerror(-r));
			ok = false;
		}
	}
	for (size_t i = 0; i < files.n && ok; i++)
		ok = add_file(a, files.v[i]);
	vec_done(&files);
	if (!ok)
		return false;
	a->rules = rules_loader_compile(a->loader);
	n = rules_loader_results(a->loader, &results);
	for (size_t i = 0; i < n; i++)
		ok &= load_ok(results[i]);
	if (a->config->json_output)
		print_validation_json(a, results, n, ok);
	else
		print_validation_text(a, results, n);
	return ok;
}

bool app_describe_rules(struct app *a)
{
	struct buf out = {0};
	bool found;

	if (a->config->json_output)
		found = ruleset_describe_json(&out, a->rules, a->options.describe_rule);
	else
		found = ruleset_describe_text(&out, a->rules, a->options.describe_rule);
	if (found) {
		buf_char(&out, '\n');
		fwrite(out.p, 1, out.n, stdout);
	} else {
		app_error("Rule \"%s\" is not loaded", a->options.describe_rule);
	}
	buf_done(&out);
	return found;
}
