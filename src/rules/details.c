/* SPDX-License-Identifier: Apache-2.0 */
/* What a condition is made of: fields, operators, macros, lists, names of events. */
#include "rules/internal.h"

static void add(str_list *v, struct str s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->v[i], s))
			return;
	vec_push(v, s);
}

struct collector {
	struct details *d;
	const struct rules_collected *col;
	struct arena *arena;
	struct str field; /* met last, with its argument */
};

static void collect_left(struct collector *k, const struct operand *o)
{
	if (o->kind == OPERAND_FIELD) {
		k->field = o->arg.n ? arena_printf(k->arena, "%.*s[%.*s]", STR_ARG(o->text),
					      STR_ARG(o->arg))
				    : o->text;
		add(&k->d->fields, k->field);
	}
	for (size_t i = 0; i < o->nitems; i++)
		collect_left(k, &o->items[i]);
}

static void collect_value(struct collector *k, struct str value, bool names_events)
{
	bool list = list_find(k->col, value) != NULL;

	if (list)
		add(&k->d->lists, value);
	else if (names_events)
		add(&k->d->event_names, value);
}

static void collect_right(struct collector *k, const struct operand *o, bool names_events)
{
	switch (o->kind) {
	case OPERAND_FIELD:
	case OPERAND_TRANSFORM:
		collect_left(k, o);
		break;
	case OPERAND_VALUE:
		if (names_events)
			add(&k->d->event_names, o->text);
		break;
	case OPERAND_IDENT:
		collect_value(k, o->text, names_events);
		break;
	case OPERAND_LIST:
		for (size_t i = 0; i < o->nitems; i++)
			collect_value(k, o->items[i].text, names_events);
		break;
	}
}

/* "startswith oneof" is one operator. */
static struct str operator_text(struct collector *k, const struct node *n)
{
	if (n->modifier == MOD_NONE)
		return str_c(op_table[n->op].text);
	return arena_printf(k->arena, "%s %s", op_table[n->op].text, modifier_names[n->modifier]);
}

static void collect(struct collector *k, const struct node *n)
{
	switch (n->kind) {
	case NODE_IDENT:
		if (macro_find(k->col, n->ident))
			add(&k->d->macros, n->ident);
		return;
	case NODE_CHECK:
		k->field = STR("");
		collect_left(k, &n->left);
		add(&k->d->operators, operator_text(k, n));
		if (n->op != OP_EXISTS)
			collect_right(k, &n->right,
				str_is(k->field, "evt.type") || str_is(k->field, "evt.asynctype"));
		return;
	default:
		for (size_t i = 0; i < n->nkids; i++)
			collect(k, n->kids[i]);
	}
}

void details_collect(
	struct details *d, const struct rules_collected *col, struct arena *a, const struct node *n)
{
	struct collector k = {.d = d, .col = col, .arena = a};

	collect(&k, n);
}

void details_done(struct details *d)
{
	vec_done(&d->fields);
	vec_done(&d->macros);
	vec_done(&d->lists);
	vec_done(&d->operators);
	vec_done(&d->event_names);
}
