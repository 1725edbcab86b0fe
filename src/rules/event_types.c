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
#include "rules/ruleset.h"

#include <stdlib.h>

enum verdict { UNDECIDED, ALWAYS, NEVER };

/* What one analysis counts: types of events, or codes of system calls. */
struct kind {
	size_t words;
	void (*all)(uint64_t *set);
	/* Members called name. exact: only those that are surely so called whenever they occur. */
	void (*named)(uint64_t *set, struct str name, bool exact);
};

#define WORDS(type) (sizeof(((type *)0)->bits) / sizeof(uint64_t))
#define MAX_WORDS                                                                                  \
	(WORDS(struct syscall_set) > WORDS(struct event_set) ? WORDS(struct syscall_set)           \
							     : WORDS(struct event_set))

static void set_bit(uint64_t *set, unsigned i)
{
	set[i / 64] |= UINT64_C(1) << (i % 64);
}

/* ---- event types ---- */

static bool is_generic(unsigned type)
{
	return type == EV_SYSCALL_E || type == EV_SYSCALL_X;
}

static void all_events(uint64_t *set)
{
	for (size_t w = 0; w < EV_MAX / 64; w++)
		set[w] = UINT64_MAX;
	for (unsigned i = EV_MAX / 64 * 64; i < EV_MAX; i++)
		set_bit(set, i);
}

static void events_named(uint64_t *set, struct str name, bool exact)
{
	bool found = false;

	for (unsigned i = 0; i < EV_MAX; i++)
		if (!is_generic(i) && str_is(name, event_table[i].name)) {
			set_bit(set, i);
			found = true;
		}
	if (!found && !exact && syscall_by_name(name) >= 0) {
		set_bit(set, EV_SYSCALL_E);
		set_bit(set, EV_SYSCALL_X);
	}
}

/* ---- system calls ---- */

static bool call_exists(unsigned code)
{
	return code && syscall_table[code].name && syscall_table[code].name[0];
}

static void all_syscalls(uint64_t *set)
{
	for (unsigned i = 0; i < SC_MAX; i++)
		set[i / 64] |= (uint64_t)call_exists(i) << (i % 64);
}

/* A call is called as its event type is, or by its own name when it has no type of its own. */
static void syscalls_named(uint64_t *set, struct str name, bool exact)
{
	for (unsigned i = 1; i < SC_MAX; i++) {
		const struct syscall_info *s = &syscall_table[i];

		if (call_exists(i) &&
			str_is(name, is_generic(s->event) ? s->name : event_table[s->event].name))
			set_bit(set, i);
	}
}

static const struct kind event_kind = {WORDS(struct event_set), all_events, events_named};
static const struct kind syscall_kind = {WORDS(struct syscall_set), all_syscalls, syscalls_named};

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

static void named_types(const struct kind *k, const struct node *n, bool exact, uint64_t *ret)
{
	if (n->right.kind == OPERAND_VALUE)
		k->named(ret, n->right.text, exact);
	for (size_t i = 0; n->right.kind == OPERAND_LIST && i < n->right.nitems; i++)
		k->named(ret, n->right.items[i].text, exact);
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

static void check_types(const struct kind *k, const struct node *n, bool negated, uint64_t *ret)
{
	enum verdict verdict = n->op == OP_EXISTS && is_evt_type(&n->left) ? ALWAYS : decide(n);
	uint64_t named[MAX_WORDS] = {0};

	memset(ret, 0, k->words * sizeof(*ret));
	if (verdict != UNDECIDED) {
		if ((verdict == ALWAYS) != negated)
			k->all(ret);
	} else if (!names_types(n)) {
		k->all(ret);
	} else if (negated == (n->op == OP_NE)) {
		named_types(k, n, false, ret);
	} else {
		k->all(ret);
		named_types(k, n, true, named);
		for (size_t i = 0; i < k->words; i++)
			ret[i] &= ~named[i];
	}
}

/* ---- the tree ---- */

static void types(const struct kind *k, const struct node *n, bool negated, uint64_t *ret)
{
	uint64_t kid[MAX_WORDS];
	bool both; /* all kids must hold */

	switch (n->kind) {
	case NODE_CHECK:
		check_types(k, n, negated, ret);
		return;
	case NODE_IDENT: /* not resolved: anything */
		memset(ret, 0, k->words * sizeof(*ret));
		k->all(ret);
		return;
	case NODE_NOT:
		types(k, n->kids[0], !negated, ret);
		return;
	case NODE_AND:
	case NODE_OR:
		break;
	}
	both = (n->kind == NODE_AND) != negated;
	memset(ret, 0, k->words * sizeof(*ret));
	if (both)
		k->all(ret);
	for (size_t i = 0; i < n->nkids; i++) {
		types(k, n->kids[i], negated, kid);
		for (size_t w = 0; w < k->words; w++)
			ret[w] = both ? ret[w] & kid[w] : ret[w] | kid[w];
	}
}

void ast_event_types(const struct node *n, struct event_set *ret)
{
	types(&event_kind, n, false, ret->bits);
}

void ast_syscalls(const struct node *n, struct syscall_set *ret)
{
	types(&syscall_kind, n, false, ret->bits);
}
