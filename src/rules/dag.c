/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash-consing: a node is looked up by its content before it is made, so equality of nodes is
 * equality of pointers.  AND and OR are kept flat, without duplicates or constants, and their kids
 * sorted by what they need and cost: what the process alone decides comes first, then cheap looks
 * at the event.  The order is free because evaluating an atom changes nothing.
 */
#include "rules/dag.h"

#include <assert.h>
#include <stdlib.h>

struct dag_bucket {
	struct dag_bucket *next;
	struct dag_node *node;
};

static struct dag_node *new_node(struct dag *d, enum dag_kind kind, size_t nkids)
{
	struct dag_node *n = arena_zalloc(d->arena, sizeof(*n));

	n->kind = kind;
	n->id = (uint32_t)d->nodes.n;
	n->nkids = (uint32_t)nkids;
	n->kids = arena_alloc(d->arena, nkids * sizeof(*n->kids));
	vec_push(&d->nodes, n);
	return n;
}

void dag_init(struct dag *d, struct arena *arena)
{
	*d = (struct dag){.arena = arena};
	d->no = new_node(d, DAG_FALSE, 0);
	d->yes = new_node(d, DAG_TRUE, 0);
}

void dag_done(struct dag *d)
{
	imap_done(&d->atom_of);
	imap_done(&d->node_of);
	vec_done(&d->atoms);
	vec_done(&d->nodes);
}

/* Keys of the map must not be 0 for a used slot's value only; any hash will do as key. */
static uint64_t content_hash(enum dag_kind kind, const void *content, size_t n)
{
	return str_hash(str_n(content, n)) * 8 + kind;
}

static struct dag_node *find_node(
	struct dag *d, enum dag_kind kind, struct dag_node *const *kids, size_t n, uint64_t hash)
{
	struct dag_bucket *b = imap_get(&d->node_of, hash);

	for (; b; b = b->next)
		if (b->node->kind == kind && b->node->nkids == n &&
			memcmp(b->node->kids, kids, n * sizeof(*kids)) == 0)
			return b->node;
	return NULL;
}

static struct dag_node *cons(
	struct dag *d, enum dag_kind kind, struct dag_node *const *kids, size_t nkids)
{
	uint64_t hash = content_hash(kind, kids, nkids * sizeof(*kids));
	struct dag_node *n = find_node(d, kind, kids, nkids, hash);
	struct dag_bucket *b;
	unsigned cost = 1;

	if (n)
		return n;
	n = new_node(d, kind, nkids);
	for (size_t i = 0; i < nkids; i++) {
		n->kids[i] = kids[i];
		n->needs |= kids[i]->needs;
		cost += kids[i]->cost;
		kids[i]->shared |= kids[i]->has_parent;
		kids[i]->has_parent = true;
	}
	n->cost = (uint16_t)MIN(cost, UINT16_MAX);
	b = arena_alloc(d->arena, sizeof(*b));
	b->node = n;
	b->next = imap_get(&d->node_of, hash);
	imap_put(&d->node_of, hash, b);
	return n;
}

struct dag_node *dag_not(struct dag *d, struct dag_node *n)
{
	if (n == d->no)
		return d->yes;
	if (n == d->yes)
		return d->no;
	if (n->kind == DAG_NOT)
		return n->kids[0];
	return cons(d, DAG_NOT, &n, 1);
}

/*
 * 0: decided before the event is looked at; 1: its descriptor decides; 2: only the event does;
 * 3: several have a say.
 */
static int stage(const struct dag_node *n)
{
	const unsigned fd = DAG_NEEDS(SCOPE_KIND) | DAG_NEEDS(SCOPE_FD_NAME);
	const unsigned event = DAG_NEEDS(SCOPE_EVENT);

	if (!(n->needs & (fd | event)))
		return 0;
	if (!(n->needs & ~fd))
		return 1;
	return n->needs == event ? 2 : 3;
}

static int by_cost(const void *pa, const void *pb)
{
	const struct dag_node *a = *(struct dag_node *const *)pa;
	const struct dag_node *b = *(struct dag_node *const *)pb;

	if (stage(a) != stage(b))
		return stage(a) - stage(b);
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

typedef VEC(struct dag_node *) node_list;

static void flatten(node_list *out, enum dag_kind kind, struct dag_node *n)
{
	if (n->kind != kind) {
		vec_push(out, n);
		return;
	}
	for (size_t i = 0; i < n->nkids; i++)
		vec_push(out, n->kids[i]);
}

/* Whether sorted kids hold both a node and its negation. */
static bool contradicts(const node_list *kids)
{
	for (size_t i = 0; i < kids->n; i++) {
		if (kids->v[i]->kind != DAG_NOT)
			continue;
		for (size_t j = 0; j < kids->n; j++)
			if (kids->v[j] == kids->v[i]->kids[0])
				return true;
	}
	return false;
}

/* unit: the constant that changes nothing; zero: the one that decides. */
static struct dag_node *combine(struct dag *d, enum dag_kind kind, struct dag_node *const *kids,
	size_t n, struct dag_node *unit, struct dag_node *zero)
{
	node_list all = {0};
	struct dag_node *ret;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		flatten(&all, kind, kids[i]);
	qsort(all.v, all.n, sizeof(*all.v), by_cost);
	for (size_t i = 0; i < all.n; i++) {
		if (all.v[i] == zero) {
			vec_done(&all);
			return zero;
		}
		if (all.v[i] != unit && (!kept || all.v[kept - 1] != all.v[i]))
			all.v[kept++] = all.v[i];
	}
	all.n = kept;
	if (!kept)
		ret = unit;
	else if (kept == 1)
		ret = all.v[0];
	else if (contradicts(&all))
		ret = zero;
	else
		ret = cons(d, kind, all.v, kept);
	vec_done(&all);
	return ret;
}

struct dag_node *dag_and(struct dag *d, struct dag_node *const *kids, size_t n)
{
	return combine(d, DAG_AND, kids, n, d->yes, d->no);
}

struct dag_node *dag_or(struct dag *d, struct dag_node *const *kids, size_t n)
{
	return combine(d, DAG_OR, kids, n, d->no, d->yes);
}

/* Numbers and flags before texts, single texts before sets, patterns last. */
static uint8_t atom_cost(const struct node *check, const struct atom *a)
{
	const struct field *f = atom_field(a);

	if (!f)
		return 60;
	if (check->op == OP_REGEX)
		return 100;
	if (f->info->flags & (FF_HOST | FF_ANY))
		return 50;
	if (!ptype_is_text(f->type))
		return 2;
	switch (check->op) {
	case OP_EQ:
	case OP_EQ2:
	case OP_NE:
		return 4;
	case OP_IN:
	case OP_STARTSWITH:
	case OP_ENDSWITH:
	case OP_EXISTS:
		return 6;
	case OP_PMATCH:
		return 12;
	default:
		return 20;
	}
}

static struct dag_node *atom_node(struct dag *d, const struct node *check)
{
	struct dag_node *n = imap_get(&d->atom_of, (uintptr_t)check->atom);
	struct dag_atom *a;

	if (n)
		return n;
	a = arena_zalloc(d->arena, sizeof(*a));
	a->atom = check->atom;
	a->check = check;
	a->id = (uint32_t)d->atoms.n;
	a->scope = atom_scope(a->atom);
	a->cost = atom_cost(check, a->atom);
	if (a->scope == SCOPE_PROC)
		a->proc = d->nproc++;
	vec_push(&d->atoms, a);
	n = new_node(d, DAG_ATOM, 0);
	n->atom = a;
	n->needs = DAG_NEEDS(a->scope);
	n->cost = a->cost;
	imap_put(&d->atom_of, (uintptr_t)check->atom, n);
	return n;
}

struct dag_node *dag_condition(struct dag *d, const struct node *ast)
{
	struct dag_node *ret;
	node_list kids = {0};

	assert(ast->kind != NODE_IDENT);
	if (ast->kind == NODE_CHECK)
		return atom_node(d, ast);
	for (size_t i = 0; i < ast->nkids; i++)
		vec_push(&kids, dag_condition(d, ast->kids[i]));
	if (ast->kind == NODE_NOT)
		ret = dag_not(d, kids.v[0]);
	else if (ast->kind == NODE_AND)
		ret = dag_and(d, kids.v, kids.n);
	else
		ret = dag_or(d, kids.v, kids.n);
	vec_done(&kids);
	return ret;
}

struct dag_node *dag_fold(struct dag *d, struct dag_fold *f, struct dag_node *n)
{
	struct dag_node *ret;
	node_list kids = {0};
	int known;

	while (f->memo.n < d->nodes.n)
		vec_push(&f->memo, NULL);
	if (f->memo.v[n->id])
		return f->memo.v[n->id];
	switch (n->kind) {
	case DAG_ATOM:
		known = f->known(f->arg, n->atom);
		ret = known < 0 ? n : known ? d->yes : d->no;
		break;
	case DAG_NOT:
		ret = dag_not(d, dag_fold(d, f, n->kids[0]));
		break;
	case DAG_AND:
	case DAG_OR:
		for (size_t i = 0; i < n->nkids; i++)
			vec_push(&kids, dag_fold(d, f, n->kids[i]));
		ret = n->kind == DAG_AND ? dag_and(d, kids.v, kids.n) : dag_or(d, kids.v, kids.n);
		vec_done(&kids);
		break;
	default:
		ret = n;
	}
	f->memo.v[n->id] = ret;
	return ret;
}
