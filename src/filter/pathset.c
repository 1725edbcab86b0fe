/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree of path components.  Its edges are in one hash table, keyed by node and name; the few
 * that are patterns hang on their node in a list and are tried when the plain edge leads nowhere.
 */
#include "filter/pathset.h"

struct path_glob {
	struct path_glob *next;
	struct glob glob;
	uint32_t to;
};

/* Takes the next component that is not empty off *path. */
static bool next_component(struct str *path, struct str *ret)
{
	while (str_split(path, '/', ret))
		if (ret->n)
			return true;
	return false;
}

static bool is_pattern(struct str s)
{
	return str_chr(s, '?') >= 0 || str_chr(s, '*') >= 0 || str_chr(s, '[') >= 0;
}

static uint64_t edge_hash(uint32_t from, struct str name)
{
	return str_hash(name) ^ from * UINT64_C(0x9e3779b97f4a7c15);
}

/* The slot of the edge, or the free one where it belongs. */
static struct path_edge *edge(const struct path_set *set, uint32_t from, struct str name)
{
	uint64_t hash = edge_hash(from, name);
	size_t i = hash & set->mask;
	struct path_edge *e;

	for (;; i = (i + 1) & set->mask) {
		e = &set->edges[i];
		if (!e->name.p || (e->hash == hash && e->from == from && str_eq(e->name, name)))
			return e;
	}
}

static uint32_t add_edge(struct path_set *set, uint32_t from, struct str name)
{
	struct path_edge *e = edge(set, from, name);

	if (!e->name.p)
		*e = (struct path_edge){edge_hash(from, name), name, from, set->nnodes++};
	return e->to;
}

static uint32_t add_glob(struct path_set *set, struct arena *a, uint32_t from, struct str name)
{
	struct path_glob *g;

	set->plain = false;
	for (g = set->nodes[from].globs; g; g = g->next)
		if (str_is(name, g->glob.pattern))
			return g->to;
	g = arena_alloc(a, sizeof(*g));
	glob_init(&g->glob, arena_strdup(a, name), false);
	g->to = set->nnodes++;
	g->next = set->nodes[from].globs;
	set->nodes[from].globs = g;
	return g->to;
}

static void add_path(struct path_set *set, struct arena *a, struct str path)
{
	uint32_t node = 0;
	struct str name;

	while (next_component(&path, &name))
		node = is_pattern(name) ? add_glob(set, a, node, name) : add_edge(set, node, name);
	set->nodes[node].end = true;
}

void path_set_init(struct path_set *set, struct arena *a, const struct str *paths, size_t n)
{
	size_t components = 0, cap = 4;
	struct str path, name;

	for (size_t i = 0; i < n; i++)
		for (path = paths[i]; next_component(&path, &name);)
			components++;
	while (cap < components * 2)
		cap *= 2;
	*set = (struct path_set){.mask = cap - 1, .nnodes = 1, .plain = true};
	set->edges = arena_zalloc(a, cap * sizeof(*set->edges));
	set->nodes = arena_zalloc(a, (components + 1) * sizeof(*set->nodes));
	for (size_t i = 0; i < n; i++)
		add_path(set, a, arena_str(a, paths[i]));
}

/* Depth is that of the tree. */
static bool match_below(const struct path_set *set, uint32_t node, struct str path)
{
	const struct path_edge *e;
	struct str name;

	if (set->nodes[node].end)
		return true;
	if (!next_component(&path, &name))
		return false;
	e = edge(set, node, name);
	if (e->name.p && match_below(set, e->to, path))
		return true;
	for (const struct path_glob *g = set->nodes[node].globs; g; g = g->next)
		if (glob_match(&g->glob, name) && match_below(set, g->to, path))
			return true;
	return false;
}

bool path_set_has(const struct path_set *set, struct str path)
{
	return match_below(set, 0, path);
}
