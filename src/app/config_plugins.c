/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugins and load_plugins: what to load, and with which configuration.
 *
 * What the container plugin of other implementations gives is built in: its entry, or its name in
 * load_plugins without one, stands for that and has an empty library_path.
 */
#include "app/config_internal.h"

#define PLUGINS_FOLDER "/usr/share/falco/plugins"
#define BUILT_IN "container"

typedef VEC(struct str) part_list;
typedef VEC(struct plugin_config) plugin_list;

/* Appends the parts of path; "..", unless at the root, takes the last one away. */
static void add_parts(struct str path, part_list *parts)
{
	struct str part;

	while (str_split(&path, '/', &part)) {
		if (!part.n || str_is(part, "."))
			continue;
		if (!str_is(part, ".."))
			vec_push(parts, part);
		else if (parts->n)
			parts->n--;
	}
}

/* path below the plugins' folder without ".", ".." and "//"; NULL when it leads out of it. */
static const char *below_folder(struct arena *a, const char *path)
{
	part_list parts = {0};
	struct buf out = {.arena = a};
	const char *ret;

	add_parts(STR(PLUGINS_FOLDER), &parts);
	add_parts(str_c(path), &parts);
	for (size_t i = 0; i < parts.n; i++)
		buf_printf(&out, "/%.*s", STR_ARG(parts.v[i]));
	vec_done(&parts);
	ret = buf_cstr(&out);
	return str_starts(str_c(ret), STR(PLUGINS_FOLDER "/")) ? ret : NULL;
}

static const char *library_path(
	struct config_load *l, const struct conf_node *n, const char *name, const char *path)
{
	const char *full;

	if (!strcmp(name, BUILT_IN) && strstr(path, "libcontainer"))
		return "";
	if (path[0] == '/')
		return path;
	full = below_folder(&l->c->arena, path);
	if (!full)
		conf_remedy(l,
			conf_error(l, conf_child(n, STR("library_path")),
				"could not load plugins config: plugin library_path '%s' resolves "
				"outside the plugins directory (" PLUGINS_FOLDER ")",
				path),
			"Use an absolute path for a library elsewhere.");
	return full;
}

/* A mapping becomes JSON, a text stays as it is. */
static const char *init_config(struct config_load *l, const struct conf_node *n)
{
	struct buf json = {.arena = &l->c->arena};

	if (!n || n->kind == CONF_NULL)
		return "";
	if (n->kind == CONF_SCALAR)
		return n->text.p;
	if (n->kind == CONF_LIST) {
		conf_error(l, n, "init_config of a plugin must be a mapping or a text, not a list");
		return "";
	}
	conf_json(n, &json);
	return buf_cstr(&json);
}

static void read_plugin(struct config_load *l, const struct conf_node *n, plugin_list *list)
{
	static const char *const names[] = {"name", "library_path", "init_config", "open_params"};
	struct plugin_config p = {0};
	const char *path, *params;

	p.name = n->kind == CONF_MAP ? conf_text(l, n, "name") : NULL;
	path = n->kind == CONF_MAP ? conf_text(l, n, "library_path") : NULL;
	if (!p.name || !path) {
		conf_remedy(l, conf_error(l, n, "a plugin must have a name and a library_path"),
			"Write it as: - {name: NAME, library_path: FILE}.");
		return;
	}
	conf_check_names(l, n, "plugins", names, ARRAY_SIZE(names));
	p.library_path = library_path(l, n, p.name, path);
	p.init_config = init_config(l, conf_child(n, STR("init_config")));
	params = conf_text(l, n, "open_params");
	p.open_params = params ? arena_strdup(&l->c->arena, str_trim(str_c(params))) : "";
	if (p.library_path)
		vec_push(list, p);
}

static void read_all(struct config_load *l, plugin_list *list)
{
	const struct conf_node *n = conf_child(l->root, STR("plugins")), *it;

	if (conf_unset(n))
		return;
	if (n->kind == CONF_LIST)
		conf_each (it, n)
			read_plugin(l, it, list);
	else
		conf_error(l, n, "plugins must be a list, not %s", conf_kind_name(n));
}

static const struct plugin_config *find(const plugin_list *list, const char *name)
{
	static const struct plugin_config built_in = {BUILT_IN, "", "", ""};

	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->v[i].name, name))
			return &list->v[i];
	return strcmp(name, BUILT_IN) ? NULL : &built_in;
}

static void select_plugins(
	struct config_load *l, const struct conf_node *wanted, const plugin_list *list)
{
	for (size_t i = 0; i < l->c->load_plugins.n; i++) {
		const char *name = l->c->load_plugins.v[i];
		const struct plugin_config *p = find(list, name);

		if (p)
			vec_push(&l->c->plugins, *p);
		else
			conf_error(l, wanted,
				"Cannot load plugin '%s': plugin config not found for given name",
				name);
	}
}

void config_read_plugins(struct config_load *l)
{
	const struct conf_node *wanted = conf_child(l->root, STR("load_plugins"));
	plugin_list all = {0};

	read_all(l, &all);
	if (wanted && wanted->kind != CONF_NULL)
		select_plugins(l, wanted, &all);
	else
		for (size_t i = 0; i < all.n; i++)
			vec_push(&l->c->plugins, all.v[i]);
	vec_done(&all);
}
