/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which event types, and which system calls, a condition can match.
 *
 * Set algebra over the tree, with negation pushed down to the checks: "and" intersects, "or"
 * unites; a check of evt.type has the types that it names, one that can be decided at once (of
 * evt.num, which counts from 1) has all types or none, any other check has all of them either
 * way.  The result is never too small.  An event type that stands for many system calls (those
 * without a type of their own) is therefore only taken out when it cannot be one of them.
 */
#include "base/mem.h"
#include "rules/ruleset.h"

enum verdict { UNDECIDED, ALWAYS, NEVER };

#define EVENT_WORDS ARRAY_SIZE(((struct event_set *)0)->bits)
#define CALL_WORDS ARRAY_SIZE(((struct syscall_set *)0)->bits)
#define WORDS (EVENT_WORDS + CALL_WORDS)

/* Types of events, and behind them system calls: the algebra is the same. */
struct set {
	uint64_t w[WORDS];
};

static void set_event(struct set *s, unsigned type)
{
	s->w[type / 64] |= UINT64_C(1) << (type % 64);
}

static void set_call(struct set *s, unsigned code)
{
	s->w[EVENT_WORDS + code / 64] |= UINT64_C(1) << (code % 64);
}

static const struct set *everything(void)
{
	static struct set all;

	if (!all.w[0]) {
		for (unsigned type = 0; type < EV_MAX; type++)
			set_event(&all, type);
		for (unsigned code = 1; code < SC_MAX; code++)
			set_call(&all, code);
	}
	return &all;
}

/* Adds what is called name. exact: only what is surely so called whenever it occurs. */
static void add_named(struct set *s, struct str name, bool exact)
{
	const struct event_name *n = event_name_find(name);

	if (!n)
		return;
	for (uint16_t type = n->first_type; type; type = event_next_of_name(type))
		set_event(s, type);
	for (uint16_t code = n->first_call; code; code = syscall_next_of_name(code))
		set_call(s, code);
	if (!n->first_type && n->call && !exact) {
		set_event(s, EV_SYSCALL_E);
		set_event(s, EV_SYSCALL_X);
	}
}

/* ---- checks ---- */

static bool is_evt_type(const struct operand *o)
{
	return o->kind == OPERAND_FIELD && !o->arg.p &&
	       (str_is(o->text, "evt.type") || str_is(o->text, "syscall.type"));
}

/* Whether the check holds exactly for the types it names. */
static bool names_types(const struct node *n)
{
	if (!is_evt_type(&n->left))
		return false;
	if (n->right.kind != OPERAND_VALUE && n->right.kind != OPERAND_LIST)
		return false;
	switch (n->op) {
	case OP_EQ:
	case OP_EQ2:
		return n->modifier != MOD_ALLOF;
	case OP_NE:
		return n->modifier == MOD_NONE;
	case OP_IN:
	case OP_INTERSECTS:
		return true;
	default:
		return false;
	}
}

static void add_named_types(const struct node *n, bool exact, struct set *s)
{
	if (n->right.kind == OPERAND_VALUE)
		add_named(s, n->right.text, exact);
	for (size_t i = 0; n->right.kind == OPERAND_LIST && i < n->right.nitems; i++)
		add_named(s, n->right.items[i].text, exact);
}

/* A number as evt.num is compared with: unsigned, a minus sign wraps around. */
static bool parse_number(const struct operand *o, uint64_t *ret)
{
	int64_t i;

	if (o->kind != OPERAND_VALUE)
		return false;
	if (str_to_u64(o->text, ret))
		return true;
	if (!str_to_i64(o->text, &i))
		return false;
	*ret = (uint64_t)i;
	return true;
}

/* evt.num in (0): all elements are 0. */
static enum verdict decide_list(const struct operand *o)
{
	uint64_t v;

	if (o->kind != OPERAND_LIST)
		return UNDECIDED;
	for (size_t i = 0; i < o->nitems; i++)
		if (!parse_number(&o->items[i], &v) || v)
			return UNDECIDED;
	return NEVER;
}

/* Checks of evt.num, which is at least 1. */
static enum verdict decide(const struct node *n)
{
	uint64_t v;

	if (n->left.kind != OPERAND_FIELD || n->left.arg.p || !str_is(n->left.text, "evt.num"))
		return UNDECIDED;
	if (n->op == OP_IN)
		return decide_list(&n->right);
	if (n->modifier != MOD_NONE || !parse_number(&n->right, &v))
		return UNDECIDED;
	switch (n->op) {
	case OP_EQ:
	case OP_EQ2:
	case OP_LE:
		return v == 0 ? NEVER : UNDECIDED;
	case OP_LT:
		return v <= 1 ? NEVER : UNDECIDED;
	case OP_NE:
	case OP_GT:
		return v == 0 ? ALWAYS : UNDECIDED;
	case OP_GE:
		return v <= 1 ? ALWAYS : UNDECIDED;
	default:
		return UNDECIDED;
	}
}

static void check_types(const struct node *n, bool negated, struct set *ret)
{
	enum verdict verdict = n->op == OP_EXISTS && is_evt_type(&n->left) ? ALWAYS : decide(n);
	struct set named = {0};

	if (verdict != UNDECIDED) {
		*ret = (verdict == ALWAYS) != negated ? *everything() : named;
	} else if (!names_types(n)) {
		*ret = *everything();
	} else if (negated == (n->op == OP_NE)) {
		add_named_types(n, false, &named);
		*ret = named;
	} else {
		add_named_types(n, true, &named);
		for (size_t i = 0; i < WORDS; i++)
			ret->w[i] = everything()->w[i] & ~named.w[i];
	}
}

/* ---- the tree ---- */

static void types(const struct node *n, bool negated, struct set *ret)
{
	struct set kid;
	bool both; /* all kids must hold */

	switch (n->kind) {
	case NODE_CHECK:
		check_types(n, negated, ret);
		return;
	case NODE_IDENT: /* not resolved: anything */
		*ret = *everything();
		return;
	case NODE_NOT:
		types(n->kids[0], !negated, ret);
		return;
	case NODE_AND:
	case NODE_OR:
		break;
	}
	both = (n->kind == NODE_AND) != negated;
	*ret = both ? *everything() : (struct set){0};
	for (size_t i = 0; i < n->nkids; i++) {
		types(n->kids[i], negated, &kid);
		for (size_t w = 0; w < WORDS; w++)
			ret->w[w] = both ? ret->w[w] & kid.w[w] : ret->w[w] | kid.w[w];
	}
}

void ast_types(const struct node *n, struct event_set *ret_events, struct syscall_set *ret_calls)
{
	struct set s;

	types(n, false, &s);
	memcpy(ret_events->bits, s.w, sizeof(ret_events->bits));
	memcpy(ret_calls->bits, s.w + EVENT_WORDS, sizeof(ret_calls->bits));
}
