/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_files: the files and folders that the main file includes.
 *
 * They are read in the order in which they are named, folders in the order of their names; what
 * does not exist is skipped.  Relative paths start from the current folder.  Only the main file
 * can include.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/config_internal.h"

struct inclusion {
	const char *path;
	enum include_strategy how;
	const struct conf_node *node;
};

static bool read_strategy(
	struct config_load *l, const struct conf_node *n, enum include_strategy *ret)
{
	static const char *const names[] = {"append", "override", "add-only"};

	if (!n)
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (str_is(n->text, names[i])) {
			*ret = i;
			return true;
		}
	conf_remedy(l, conf_error(l, n, "unknown strategy '%.*s'", STR_ARG(n->text)),
		"Strategies are append, override and add-only.");
	return false;
}

static bool read_inclusion(struct config_load *l, const struct conf_node *n, struct inclusion *ret)
{
	static const char *const keys[] = {"path", "strategy"};
	const struct conf_node *path = n;

	*ret = (struct inclusion){.how = INCLUDE_APPEND, .node = n};
	if (n->kind == CONF_MAP) {
		path = conf_child(n, STR("path"));
		conf_check_names(l, n, "config_files", keys, ARRAY_SIZE(keys));
		if (!read_strategy(l, conf_child(n, STR("strategy")), &ret->how))
			return false;
	}
	if (!path || path->kind != CONF_SCALAR || !path->text.n) {
		conf_remedy(l, conf_error(l, n, "an entry of config_files without a path"),
			"An entry is a path, or a mapping with path and strategy.");
		return false;
	}
	ret->path = path->text.p;
	return true;
}

static void include_file(struct config_load *l, const struct inclusion *inc, const char *path)
{
	struct conf_node *n = config_read_file(l, path), *nested;

	if (!n)
		return;
	nested = conf_child(n, STR("config_files"));
	if (nested) {
		conf_remedy(l,
			conf_error(l, nested,
				"Config error: 'config_files' directive in included config file "
				"%s.",
				path),
			"Name all files in the main one.");
		return;
	}
	conf_include(l->root, n, inc->how);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void include_folder(struct config_load *l, const struct inclusion *inc)
{
	string_list names = {0};
	struct dirent *entry;
	struct stat st;
	DIR *d = opendir(inc->path);

	if (!d) {
		conf_warning(
			l, inc->node, "can not read the folder %s: %s", inc->path, strerror(errno));
		return;
	}
	vec_push(&l->c->watched_folders, inc->path);
	while ((entry = readdir(d))) {
		struct str path = arena_printf(&l->c->arena, "%s/%s", inc->path, entry->d_name);

		if (!stat(path.p, &st) && S_ISREG(st.st_mode))
			vec_push(&names, path.p);
	}
	closedir(d);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_text);
	for (size_t i = 0; i < names.n; i++)
		include_file(l, inc, names.v[i]);
	vec_done(&names);
}

static void include_entry(struct config_load *l, const struct conf_node *n)
{
	struct inclusion inc;
	struct stat st, main_st;

	if (!read_inclusion(l, n, &inc))
		return;
	if (stat(inc.path, &st))
		vec_push(&l->c->missing_files, inc.path);
	else if (S_ISDIR(st.st_mode)) {
		include_folder(l, &inc);
	} else if (l->c->file && !stat(l->c->file, &main_st) && st.st_dev == main_st.st_dev &&
		   st.st_ino == main_st.st_ino) {
		conf_error(l, n,
			"Config error: 'config_files' directive tried to recursively include main "
			"config file: %s.",
			l->c->file);
	} else if (S_ISREG(st.st_mode)) {
		include_file(l, &inc, inc.path);
	}
}

void config_include_files(struct config_load *l)
{
	const struct conf_node *list = conf_child(l->root, STR("config_files")), *it, *next;

	if (!list)
		return;
	if (list->kind == CONF_SCALAR && list->text.n) {
		include_entry(l, list);
	} else if (list->kind == CONF_LIST) {
		for (it = list->first; it; it = next) {
			next = it->next;
			include_entry(l, it);
		}
	} else if (!conf_unset(list)) {
		conf_error(l, list, "config_files must be a list of paths, not %s",
			conf_kind_name(list));
	}
}
