/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of a condition, compiled: errors and warnings at their place.
 *
 * What is wrong in a macro is shown in the macro's text and reported once, not with every rule
 * that uses it, and with the file that came last among those that made it so.
 */
#include "rules/internal.h"

#include <stdio.h>

const char *const deprecated_fields[NDEPRECATED_FIELDS] = {"evt.dir", "evt.latency",
	"evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"};

struct checker {
	struct rules_loader *l;
	const struct rule_def *def;
	struct str text;
	const struct node *check;	     /* at hand */
	bool deprecated[NDEPRECATED_FIELDS]; /* warned about */
	bool ok;
	bool said;    /* there was something to say about the check at hand */
	bool skipped; /* something does not exist, and the rule is to be skipped then */
};

bool is_unknown_name(struct str message)
{
	return str_find(message, STR("nonexistent field")) >= 0 ||
	       str_find(message, STR("invalid formatting token")) >= 0 ||
	       str_find(message, STR("unknown event type")) >= 0 ||
	       str_find(message, STR("unknown filter:")) >= 0;
}

static size_t result_index(const struct rules_loader *l, const struct load_result *r)
{
	size_t i = 0;

	while (i < l->results.n && l->results.v[i] != r)
		i++;
	return i;
}

static const struct macro_def *origin(const struct checker *k)
{
	return k->check->origin.p ? macro_find(k->l->col, k->check->origin) : NULL;
}

static const struct ctx *place(const struct checker *k, struct ast_pos pos)
{
	struct arena *a = &k->l->arena;
	const struct macro_def *m = origin(k);
	struct ctx *macro;
	const struct ctx *c;

	if (!m)
		return ctx_expression(
			a, k->def->v.condition_ctx, ITEM_CONDITION_EXPRESSION, k->text, pos);
	macro = memcpy(arena_alloc(a, sizeof(*macro)), m->ctx, sizeof(*macro));
	macro->parent = k->def->v.condition_ctx;
	c = ctx_expression(a, macro, ITEM_CONDITION_EXPRESSION, m->text, pos);
	if (result_index(k->l, k->def->ctx->result) > result_index(k->l, m->ctx->result))
		return ctx_in_result(a, c, k->def->ctx->result);
	return c;
}

/* Whether this was not yet said about the macro that the check is from. */
static bool is_news(struct checker *k, struct ast_pos pos, const char *message)
{
	const struct macro_def *m = origin(k);
	struct str key;

	if (!m)
		return true;
	key = arena_printf(&k->l->arena, "%s\n%u\n%s", m->name, pos.index, message);
	return !smap_put(&k->l->reported, key, k->l);
}

static void warn(struct checker *k, struct ast_pos pos, enum load_code code, const char *message,
	const char *subject)
{
	const struct ctx *c;

	k->said = true;
	if (!is_news(k, pos, message))
		return;
	c = place(k, pos);
	fault(c, code, "%s", message);
	if (subject)
		fault_subject(c, subject);
}

static void on_atom_warning(void *arg, struct ast_pos pos, const char *message)
{
	warn(arg, pos, LOAD_COMPILE_CONDITION, message, NULL);
}

/* ---- deprecated fields, comparisons with <NA> ---- */

static void check_deprecated(struct checker *k, const struct operand *o)
{
	for (size_t i = 0; i < o->nitems; i++)
		check_deprecated(k, &o->items[i]);
	if (o->kind != OPERAND_FIELD)
		return;
	for (size_t i = 0; i < NDEPRECATED_FIELDS; i++) {
		char message[256];

		if (!str_is(o->text, deprecated_fields[i]) || k->deprecated[i])
			continue;
		k->deprecated[i] = true;
		if (!i)
			snprintf(message, sizeof(message),
				"due to the drop of enter events, 'evt.dir = <' always evaluates "
				"to true, "
				"and 'evt.dir = >' always evaluates to false. The rule expression "
				"can be "
				"simplified by removing the condition on 'evt.dir'");
		else
			snprintf(message, sizeof(message),
				"field '%s' is not available due to the drop of enter events.",
				deprecated_fields[i]);
		warn(k, o->pos, LOAD_DEPRECATED_ITEM, message, deprecated_fields[i]);
	}
}

static bool has_na(const struct operand *o)
{
	for (size_t i = 0; i < o->nitems; i++)
		if (has_na(&o->items[i]))
			return true;
	return o->kind == OPERAND_VALUE && str_is(o->text, "<NA>");
}

static void check_na(struct checker *k)
{
	const struct node *n = k->check;
	bool equality = n->op == OP_EQ || n->op == OP_EQ2 || n->op == OP_NE || n->op == OP_IN ||
			n->op == OP_INTERSECTS || n->op == OP_PMATCH;

	if (!equality || n->left.kind != OPERAND_FIELD ||
		!(str_starts(n->left.text, STR("ka.")) || str_starts(n->left.text, STR("jevt."))) ||
		!has_na(&n->right))
		return;
	warn(k, n->pos, LOAD_UNSAFE_NA_CHECK,
		"a missing value does not compare as <NA>: use the operator 'exists'", NULL);
}

/* ---- the checks themselves ---- */

static void check_error(struct checker *k, const struct atom_error *err)
{
	const struct ctx *c;

	k->ok = false;
	k->skipped = k->def->v.skip_if_unknown_filter && is_unknown_name(str_c(err->message));
	if (!k->skipped && !is_news(k, err->pos, err->message))
		return;
	c = place(k, err->pos);
	fault(c, k->skipped ? LOAD_UNKNOWN_FILTER : LOAD_ERR_COMPILE_CONDITION, "%s", err->message);
	fault_nearest(c, err->hint);
}

/* Compiles n for its warnings only. */
static void repeat_warnings(struct checker *k, const struct node *n)
{
	struct atom_error err = {.hint = NULL};

	atom_done(atom_compile(&k->l->scratch, n, str_c(k->def->source), &err, on_atom_warning, k));
	arena_reset(&k->l->scratch);
}

static struct atom *compile_atom(struct checker *k, const struct node *n)
{
	struct rules_loader *l = k->l;
	struct atom_error err = {.hint = NULL};
	struct shared_atom shared = {.check = n, .source = k->def->source};

	shared.atom = atom_compile(&l->arena, n, str_c(k->def->source), &err, on_atom_warning, k);
	shared.quiet = !k->said;
	if (shared.atom)
		atoms_add(l->atoms, &l->arena, &shared);
	else
		check_error(k, &err);
	return shared.atom;
}

static void compile_check(struct checker *k, struct node *n)
{
	const struct shared_atom *known = atoms_find(k->l->atoms, n, k->def->source);

	n->atom = known ? known->atom : NULL;
	if (known && known->quiet)
		return;
	k->check = n;
	k->said = false;
	check_deprecated(k, &n->left);
	check_deprecated(k, &n->right);
	check_na(k);
	if (known)
		repeat_warnings(k, n);
	else
		n->atom = compile_atom(k, n);
}

static void walk(struct checker *k, struct node *n)
{
	if (n->kind == NODE_CHECK) {
		compile_check(k, n);
		return;
	}
	for (size_t i = 0; i < n->nkids && !k->skipped; i++)
		walk(k, n->kids[i]);
}

bool condition_check(
	struct rules_loader *l, const struct rule_def *def, struct str text, struct node *ast)
{
	struct checker k = {.l = l, .def = def, .text = text, .ok = true};

	walk(&k, ast);
	return k.ok;
}
