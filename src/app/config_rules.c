/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the files that rules_files names are.  The shipped configuration names them without a
 * folder, so that it works where it lies: beside the rules (/etc/falco), or in config/ of a source
 * tree, beside rules/.  Other files name them relative to the current folder, as ever.
 */
#include <unistd.h>

#include "app/config_internal.h"

#define INSTALLED_FOLDER "/etc/falco"

static const char *existing(struct str path)
{
	return access(path.p, F_OK) ? NULL : path.p;
}

/* The folder above folder. */
static struct str above(struct arena *a, struct str folder)
{
	ptrdiff_t slash = str_rchr(folder, '/');
	struct str last = slash < 0 ? folder : str_from(folder, (size_t)slash + 1);

	if (!last.n || last.p[0] == '.')
		return arena_printf(a, "%.*s/..", STR_ARG(folder));
	return slash < 0 ? STR(".") : str_head(folder, (size_t)slash);
}

/* NULL: nowhere. */
static const char *find_file(struct config *c, const char *path)
{
	ptrdiff_t slash = str_rchr(str_c(c->file), '/');
	struct str folder = slash < 0 ? STR(".") : str_n(c->file, (size_t)slash);
	struct arena *a = &c->arena;
	const char *found = NULL;

	if (path[0] == '/' || !c->file)
		return existing(str_c(path));
	found = existing(arena_printf(a, "%.*s/%s", STR_ARG(folder), path));
	if (!found)
		found = existing(arena_printf(a, "%.*s/rules/%s", STR_ARG(above(a, folder)), path));
	if (!found)
		found = existing(str_c(path));
	if (!found)
		found = existing(arena_printf(a, INSTALLED_FOLDER "/%s", path));
	return found;
}

void config_find_rules(struct config_load *l)
{
	struct config *c = l->c;
	const struct conf_node *old = conf_child(l->root, STR("rules_file"));
	string_list found = {0};

	if (old) {
		struct conf_node at = *old;

		at.pos = old->key_pos;
		conf_warning(l, &at,
			"Using deprecated config key 'rules_file' (singular form). Please use new "
			"'rules_files' config key (plural form).");
		if (conf_child(l->root, STR("rules_files")))
			conf_remedy(l,
				conf_error(l, &at, "both 'rules_files' and 'rules_file' keys set"),
				"Keep rules_files.");
	}
	for (size_t i = 0; i < c->rules_files.n + c->rules_file.n; i++) {
		const char *name = i < c->rules_files.n ? c->rules_files.v[i]
							: c->rules_file.v[i - c->rules_files.n];
		const char *path = find_file(c, name);

		if (path)
			vec_push(&found, path);
		else
			vec_push(&c->missing_files, name);
	}
	vec_done(&c->rules_files);
	c->rules_files.v = found.v;
	c->rules_files.n = found.n;
	c->rules_files.cap = found.cap;
}
