/* SPDX-License-Identifier: Apache-2.0 */
/* The plain evaluator: conditions as written, from left to right. See rules/engine.h. */
#include <stdlib.h>

#include "base/mem.h"
#include "filter/atom.h"
#include "rules/engine.h"

/* A condition with its checks compiled; one node per node of the tree. */
struct plain_node {
	enum node_kind kind;
	struct atom *atom;
	struct plain_node **kids;
	size_t nkids;
};

struct plain_engine {
	struct arena arena;
	struct plain_rule {
		const struct rule *rule;
		struct plain_node *root;
	} * rules;
	size_t nrules;
	VEC(struct atom *) atoms;
	VEC(const struct rule *) matched;
};

static struct plain_node *compile(
	struct plain_engine *e, const struct node *ast, struct str source, struct atom_error *err)
{
	struct plain_node *n = arena_zalloc(&e->arena, sizeof(*n));

	n->kind = ast->kind;
	n->nkids = ast->kind == NODE_CHECK ? 0 : ast->nkids;
	n->kids = arena_alloc(&e->arena, n->nkids * sizeof(*n->kids));
	if (ast->kind == NODE_CHECK) {
		n->atom = atom_compile(&e->arena, ast, source, err, NULL, NULL);
		if (!n->atom)
			return NULL;
		vec_push(&e->atoms, n->atom);
	}
	for (size_t i = 0; i < n->nkids; i++) {
		n->kids[i] = compile(e, ast->kids[i], source, err);
		if (!n->kids[i])
			return NULL;
	}
	return n;
}

struct plain_engine *plain_engine_new(
	const struct ruleset *r, const char *source, struct atom_error *err)
{
	struct plain_engine *e = mem_zalloc(sizeof(*e));

	arena_init(&e->arena, 0);
	e->rules = arena_alloc(&e->arena, r->nrules * sizeof(*e->rules));
	for (size_t i = 0; i < r->nrules; i++) {
		struct plain_rule *p = &e->rules[e->nrules];

		if (!r->rules[i]->enabled || strcmp(r->rules[i]->source, source) != 0)
			continue;
		p->rule = r->rules[i];
		p->root = compile(e, p->rule->ast, str_c(source), err);
		if (!p->root) {
			plain_engine_free(e);
			return NULL;
		}
		e->nrules++;
	}
	return e;
}

void plain_engine_free(struct plain_engine *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->atoms.n; i++)
		atom_done(e->atoms.v[i]);
	vec_done(&e->atoms);
	vec_done(&e->matched);
	arena_done(&e->arena);
	free(e);
}

static bool walk(const struct plain_node *n, struct event_ctx *ctx)
{
	bool stop_at = n->kind == NODE_OR;

	if (n->kind == NODE_CHECK)
		return atom_eval(n->atom, ctx);
	if (n->kind == NODE_NOT)
		return !walk(n->kids[0], ctx);
	for (size_t i = 0; i < n->nkids; i++)
		if (walk(n->kids[i], ctx) == stop_at)
			return stop_at;
	return !stop_at;
}

size_t plain_engine_match(
	struct plain_engine *e, struct event_ctx *ctx, const struct rule *const **ret)
{
	vec_clear(&e->matched);
	for (size_t i = 0; i < e->nrules; i++)
		if (walk(e->rules[i].root, ctx))
			vec_push(&e->matched, e->rules[i].rule);
	*ret = e->matched.v;
	return e->matched.n;
}
