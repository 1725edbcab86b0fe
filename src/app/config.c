/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading the configuration: the main file, what it includes, options on top, then everything that
 * is known is read out of the merged tree.
 *
 * A mistake in one key does not hide those in others: reading goes on to the end, and the result
 * is thrown away when there were errors.  Everything lives in the arena of the configuration;
 * texts of problems live with the problems.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/config_internal.h"
#include "base/file.h"

#define INSTALLED_FILE "/etc/falco/falco.yaml"

/* ---- problems ---- */

static struct diag *complain(struct config_load *l, const struct conf_node *n,
	enum diag_level level, const char *fmt, va_list ap)
{
	const struct conf_source *s = n->source;
	struct diag_frame frame = {.item_type = "configuration", .item_name = ""};
	struct buf text = {0};
	char what[1024];
	struct diag *g;

	vsnprintf(what, sizeof(what), fmt, ap);
	if (level == DIAG_ERROR && s->option)
		buf_puts(&text, "Error in an option -o: ");
	else if (level == DIAG_ERROR)
		buf_printf(&text, "Error reading config file (%s): ", s->name);
	buf_puts(&text, what);
	frame.pos.file = s->option ? "-o" : s->name;
	frame.pos.offset = n->pos.offset;
	if (!s->option) {
		frame.pos.line = n->pos.line;
		frame.pos.col = n->pos.col;
	}
	g = diags_add(l->diags, level, level == DIAG_ERROR ? "CONFIG_ERROR" : "CONFIG_WARNING",
		&frame, 1, buf_view(&text));
	diag_set_snippet(l->diags, g, s->content, n->pos.offset);
	buf_done(&text);
	return g;
}

struct diag *conf_error(struct config_load *l, const struct conf_node *n, const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	g = complain(l, n, DIAG_ERROR, fmt, ap);
	va_end(ap);
	return g;
}

struct diag *conf_warning(struct config_load *l, const struct conf_node *n, const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	g = complain(l, n, DIAG_WARNING, fmt, ap);
	va_end(ap);
	return g;
}

void conf_remedy(struct config_load *l, struct diag *g, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_set_remedy(l->diags, g, str_c(text));
}

const char *conf_kind_name(const struct conf_node *n)
{
	static const char *const names[] = {
		[CONF_NULL] = "nothing",
		[CONF_SCALAR] = "a single value",
		[CONF_LIST] = "a list",
		[CONF_MAP] = "a mapping",
	};

	return names[n->kind];
}

/* ---- files ---- */

static struct conf_source *add_source(struct config_load *l, const char *name, bool option)
{
	struct conf_source *s = arena_zalloc(&l->c->arena, sizeof(*s));

	s->name = arena_strdup(&l->c->arena, str_c(name));
	s->content = STR("");
	s->option = option;
	return s;
}

/* A complaint about a whole text, at a place in it. */
static void complain_at(struct config_load *l, struct conf_source *s, const struct yaml_error *err)
{
	struct conf_node n = {.source = s, .pos = err->pos};
	struct diag *g = conf_error(l, &n, "%s", err->message);

	conf_remedy(l, g, "The text is not YAML from there on.");
}

static void complain_unreadable(struct config_load *l, const char *path, int error)
{
	struct diag_frame frame = {
		.item_type = "configuration", .item_name = "", .pos = {.file = ""}};
	struct buf text = {0};

	if (error == -ENOENT)
		buf_printf(&text, "Could not find configuration file at %s", path);
	else
		buf_printf(&text, "Cannot read config file (%s): %s", path, strerror(-error));
	diags_add(l->diags, DIAG_ERROR, "CONFIG_ERROR", &frame, 1, buf_view(&text));
	buf_done(&text);
}

struct conf_node *config_read_file(struct config_load *l, const char *path)
{
	struct conf_source *s = add_source(l, path, false);
	struct conf_node *n, *endless;
	struct yaml_error err;
	int r = file_read(&l->c->arena, path, CONF_MAX_FILE, &s->content);

	if (r) {
		complain_unreadable(l, s->name, r);
		return NULL;
	}
	vec_push(&l->files, s);
	n = conf_parse(&l->c->arena, s, s->content, &err);
	if (!n) {
		complain_at(l, s, &err);
		return NULL;
	}
	if (n->kind == CONF_NULL)
		n->kind = CONF_MAP;
	if (n->kind != CONF_MAP) {
		conf_error(l, n, "expected keys with values, found %s", conf_kind_name(n));
		return NULL;
	}
	endless = conf_expand_env(&l->c->arena, n);
	if (endless)
		conf_error(l, endless, "the variables in this value name each other without end");
	config_check_keys(l, n, false);
	return n;
}

/* ---- options ---- */

/* The value of an option as a tree: YAML in braces, anything else a text. */
static struct conf_node *option_value(
	struct config_load *l, struct conf_source *s, struct str value)
{
	struct conf_node *n;
	struct yaml_error err;

	if (value.n < 2 || value.p[0] != '{' || value.p[value.n - 1] != '}') {
		n = conf_scalar(&l->c->arena, s, value);
		n->pos.offset = (size_t)(value.p - s->content.p);
		return n;
	}
	n = conf_parse(&l->c->arena, s, value, &err);
	if (!n) {
		err.pos.offset += (size_t)(value.p - s->content.p);
		complain_at(l, s, &err);
	}
	return n;
}

static void apply_option(struct config_load *l, const char *text)
{
	struct conf_source *s = add_source(l, l->c->file ? l->c->file : "defaults", true);
	struct conf_node whole = {.source = s}, *n, *value;
	ptrdiff_t equals;
	char err[256];

	s->content = arena_str(&l->c->arena, str_c(text));
	equals = str_chr(s->content, '=');
	if (equals < 0) {
		conf_error(l, &whole,
			"Error parsing config option \"%s\". Must be of the form key=val or "
			"key.subkey=val",
			text);
		return;
	}
	value = option_value(l, s, str_from(s->content, (size_t)equals + 1));
	if (!value)
		return;
	n = conf_make(&l->c->arena, l->root, s, str_head(s->content, (size_t)equals), err);
	if (!n)
		conf_error(l, &whole, "Config error at key \"%.*s\": %s", (int)equals, text, err);
	else
		conf_assign(n, value);
}

static void apply_options(
	struct config_load *l, const char *const *overrides, size_t n, bool only_files)
{
	for (size_t i = 0; i < n; i++)
		if (!only_files || str_starts(str_c(overrides[i]), STR("config_files")))
			apply_option(l, overrides[i]);
}

/* ---- all of it ---- */

/* ../config/falco.yaml seen from the folder of the executable, as in a build of a source tree. */
static const char *source_tree_file(struct arena *a)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct str path;
	ptrdiff_t slash;

	if (n <= 0)
		return NULL;
	slash = str_rchr(str_n(exe, (size_t)n), '/');
	if (slash < 0)
		return NULL;
	path = arena_printf(a, "%.*s/../config/falco.yaml", (int)slash, exe);
	return access(path.p, R_OK) ? NULL : path.p;
}

static const char *main_file(struct arena *a, const char *path)
{
	if (path)
		return arena_strdup(a, str_c(path));
	if (!access(INSTALLED_FILE, F_OK))
		return INSTALLED_FILE;
	return source_tree_file(a);
}

static int by_path(const void *a, const void *b)
{
	const struct config_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void record_files(struct config_load *l)
{
	struct config *c = l->c;

	for (size_t i = 0; i < l->files.n; i++) {
		struct conf_source *s = l->files.v[i];

		*vec_add(&c->loaded_files) = (struct config_file){
			.path = s->name, .validation = s->failed ? s->failed : "ok"};
	}
	if (c->loaded_files.n)
		qsort(c->loaded_files.v, c->loaded_files.n, sizeof(*c->loaded_files.v), by_path);
}

static void dump(struct config_load *l)
{
	struct buf out = {0};

	conf_dump(l->root, &out);
	l->c->dump = arena_strdup(&l->c->arena, buf_view(&out));
	buf_done(&out);
}

static void load(struct config_load *l, const char *const *overrides, size_t noverrides)
{
	struct config *c = l->c;

	l->root = c->file ? config_read_file(l, c->file)
			  : conf_new(&c->arena, add_source(l, "defaults", false), CONF_MAP);
	if (!l->root)
		return;
	apply_options(l, overrides, noverrides, true);
	config_include_files(l);
	apply_options(l, overrides, noverrides, false);
	config_check_keys(l, l->root, true);
	config_read_rows(l);
	config_read_lists(l);
	config_read_plugins(l);
	config_cross_check(l);
	dump(l);
	record_files(l);
}

struct config *config_load(
	const char *path, const char *const *overrides, size_t noverrides, struct diags *diags)
{
	struct config *c = mem_zalloc(sizeof(*c));
	struct config_load l = {.c = c, .diags = diags};
	size_t errors = diags->nerrors;

	arena_init(&c->arena, 0);
	config_set_defaults(c);
	c->file = main_file(&c->arena, path);
	load(&l, overrides, noverrides);
	vec_done(&l.files);
	if (diags->nerrors == errors)
		return c;
	config_free(c);
	return NULL;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++)
		if (r->type == ROW_STRINGS)
			vec_done((string_list *)((char *)c + r->offset));
	vec_done(&c->loaded_files);
	vec_done(&c->watched_folders);
	vec_done(&c->missing_files);
	vec_done(&c->rule_selections);
	vec_done(&c->append_outputs);
	vec_done(&c->static_fields);
	vec_done(&c->plugins);
	arena_done(&c->arena);
	free(c);
}
