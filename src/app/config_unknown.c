/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that nobody knows.  They are no reason to refuse a configuration (other versions may know
 * them), but they are said, with the nearest key that exists: most are misspelt or misplaced.
 */
#include <stdio.h>

#include "app/config_internal.h"

/* Keys of a configuration are short; a longer one is unknown anyway. */
#define MAX_KEY 256

static bool is_below(const char *key, const char *prefix, size_t n)
{
	return !n || (!strncmp(key, prefix, n) && key[n] == '.');
}

/* A full key of some row whose last part is name. */
static const char *elsewhere(struct str name)
{
	for (size_t i = 0; i < config_nrows; i++) {
		const char *dot = strrchr(config_rows[i].key, '.');

		if (dot && str_is(name, dot + 1) && !(config_rows[i].flags & ROW_OLD))
			return config_rows[i].key;
	}
	return NULL;
}

static void mark_failed(struct config_load *l, const struct conf_node *n, const char *where)
{
	if (!n->source->failed)
		n->source->failed =
			arena_printf(&l->c->arena, "failed for <root>%s%s: unknown key '%.*s'",
				*where ? "." : "", where, STR_ARG(n->key))
				.p;
}

void conf_unknown_key(struct config_load *l, const struct conf_node *n, const char *where,
	const char *const *names, size_t nnames)
{
	const char *near = str_nearest(n->key, names, nnames);
	const char *other = near ? NULL : elsewhere(n->key);
	struct conf_node at = *n;
	struct diag *g;

	at.pos = n->key_pos;
	g = conf_warning(l, &at, "unknown key '%s%s%.*s' is ignored", where, *where ? "." : "",
		STR_ARG(n->key));
	if (near)
		conf_remedy(l, g, "Did you mean '%s%s%s'?", where, *where ? "." : "", near);
	else if (other)
		conf_remedy(l, g, "There is a key '%s'.", other);
	mark_failed(l, n, where);
}

void conf_check_names(struct config_load *l, const struct conf_node *n, const char *where,
	const char *const *names, size_t nnames)
{
	const struct conf_node *it;
	size_t i;

	conf_each (it, n) {
		for (i = 0; i < nnames && !str_is(it->key, names[i]); i++)
			;
		if (i == nnames)
			conf_unknown_key(l, it, where, names, nnames);
	}
}

/* The names that can stand directly below prefix today, each once. */
static size_t siblings(const char *prefix, const char **ret, char (*names)[64], size_t max)
{
	size_t len = strlen(prefix), n = 0;

	for (size_t i = 0; i < config_nrows && n < max; i++) {
		const struct config_row *r = &config_rows[i];
		const char *key = r->key, *name = len ? key + len + 1 : key;

		if (r->type >= ROW_GROUP || r->flags & ROW_OLD || !is_below(key, prefix, len))
			continue;
		snprintf(names[n], sizeof(*names), "%.*s", (int)strcspn(name, "."), name);
		if (n && !strcmp(names[n], names[n - 1]))
			continue;
		ret[n] = names[n];
		n++;
	}
	return n;
}

/* "prefix.name" in key, with a NUL behind; STR_NONE when it is too long. */
static struct str join(char key[MAX_KEY], struct str prefix, struct str name)
{
	size_t dot = prefix.n > 0, n = prefix.n + dot + name.n;

	if (n >= MAX_KEY)
		return STR_NONE;
	if (prefix.n) {
		memcpy(key, prefix.p, prefix.n);
		key[prefix.n] = '.';
	}
	memcpy(key + prefix.n + dot, name.p, name.n);
	key[n] = '\0';
	return str_n(key, n);
}

static void check(
	struct config_load *l, const struct conf_node *n, const char *prefix, bool options_only)
{
	char names[128][64], key[MAX_KEY];
	const char *list[ARRAY_SIZE(names)];
	const struct config_row *row;
	const struct conf_node *it;
	struct str full;

	conf_each (it, n) {
		full = join(key, str_c(prefix), it->key);
		if (!full.p || !config_key_known(full)) {
			if (!options_only || it->source->option)
				conf_unknown_key(l, it, prefix, list,
					siblings(prefix, list, names, ARRAY_SIZE(names)));
			continue;
		}
		row = config_row_find(full);
		if (it->kind == CONF_MAP && (!row || row->type == ROW_GROUP))
			check(l, it, key, options_only);
	}
}

void config_check_keys(struct config_load *l, const struct conf_node *root, bool options_only)
{
	check(l, root, "", options_only);
}
