/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluation of atoms.  There is one function per shape of a comparison, chosen once; the most
 * frequent shape, a field that yields one value and a constant, has one per operator, in which the
 * extractor is called and the comparison is inlined.
 *
 * A field without a value makes every comparison false.
 */
#include "filter/eval.h"

#include "base/utf8.h"

typedef bool (*eval_fn)(struct atom *a, struct event_ctx *ctx);

/* ---- field, operator, constant ---- */

#define FAST(name)                                                                                 \
	static bool fast_##name(struct atom *a, struct event_ctx *ctx)                             \
	{                                                                                          \
		struct value v;                                                                    \
                                                                                                   \
		return field_extract(&a->field, ctx, &v) && match_##name(&a->right, &v);           \
	}
FAST(text_eq)
FAST(text_ne)
FAST(text_in)
FAST(startswith)
FAST(endswith)
FAST(contains)
FAST(number_eq)
FAST(number_ne)
FAST(number_in)
FAST(signed_lt)
FAST(signed_le)
FAST(signed_gt)
FAST(signed_ge)
FAST(unsigned_lt)
FAST(unsigned_le)
FAST(unsigned_gt)
FAST(unsigned_ge)
FAST(bool_eq)
FAST(bool_ne)

#define FAST_NUMBER                                                                                \
	[OP_EQ] = fast_number_eq, [OP_EQ2] = fast_number_eq, [OP_NE] = fast_number_ne,             \
	[OP_IN] = fast_number_in, [OP_INTERSECTS] = fast_number_in
#define FAST_ORDER(kind)                                                                           \
	[OP_LT] = fast_##kind##_lt, [OP_LE] = fast_##kind##_le, [OP_GT] = fast_##kind##_gt,        \
	[OP_GE] = fast_##kind##_ge
#define FAST_TEXT                                                                                  \
	[OP_EQ] = fast_text_eq, [OP_EQ2] = fast_text_eq, [OP_NE] = fast_text_ne,                   \
	[OP_IN] = fast_text_in, [OP_INTERSECTS] = fast_text_in

static const eval_fn fast[FAMILY_MAX][OP_MAX] = {
	[FAMILY_SIGNED] = {FAST_NUMBER, FAST_ORDER(signed)},
	[FAMILY_UNSIGNED] = {FAST_NUMBER, FAST_ORDER(unsigned)},
	[FAMILY_BOOL] = {[OP_EQ] = fast_bool_eq, [OP_EQ2] = fast_bool_eq, [OP_NE] = fast_bool_ne},
	[FAMILY_TEXT] = {FAST_TEXT, [OP_STARTSWITH] = fast_startswith,
		[OP_ENDSWITH] = fast_endswith, [OP_CONTAINS] = fast_contains},
	[FAMILY_BYTES] = {FAST_TEXT, [OP_STARTSWITH] = fast_startswith,
		[OP_BSTARTSWITH] = fast_startswith, [OP_ENDSWITH] = fast_endswith,
		[OP_CONTAINS] = fast_contains, [OP_BCONTAINS] = fast_contains},
	[FAMILY_IP] = {FAST_TEXT},
};

/* ---- all other shapes ---- */

static void clean_text(struct arena *arena, struct value *v)
{
	struct str s = utf8_clean(arena, v->s);

	if (s.p != v->s.p)
		v->istr = NULL;
	v->s = s;
}

static bool left_value(struct atom *a, struct event_ctx *ctx, struct value *ret)
{
	if (!(a->left ? extractor_eval(a->left, ctx, ret) : field_extract(&a->field, ctx, ret)))
		return false;
	if (a->clean && !ret->list)
		clean_text(ctx->arena, ret);
	for (uint32_t i = 0; a->clean && ret->list && i < ret->n; i++)
		clean_text(ctx->arena, &ret->v[i]);
	return true;
}

static bool any_matches(const struct right *r, match_fn match, const struct value *v)
{
	if (!v->list)
		return match(r, v);
	for (uint32_t i = 0; i < v->n; i++)
		if (match(r, &v->v[i]))
			return true;
	return false;
}

static bool all_match(const struct right *r, match_fn match, const struct value *v)
{
	if (!v->list)
		return match(r, v);
	for (uint32_t i = 0; i < v->n; i++)
		if (!match(r, &v->v[i]))
			return false;
	return true;
}

static bool eval_scalar(struct atom *a, struct event_ctx *ctx)
{
	struct value v;

	return left_value(a, ctx, &v) && a->match(&a->right, &v);
}

static bool eval_any(struct atom *a, struct event_ctx *ctx)
{
	struct value v;

	return left_value(a, ctx, &v) && any_matches(&a->right, a->match, &v);
}

static bool eval_all(struct atom *a, struct event_ctx *ctx)
{
	struct value v;

	return left_value(a, ctx, &v) && all_match(&a->right, a->match, &v);
}

static bool eval_exists(struct atom *a, struct event_ctx *ctx)
{
	struct value v;

	return left_value(a, ctx, &v);
}

/* Fields that are about two ends of a descriptor are there as soon as it is. */
static bool eval_exists_fd(struct atom *a, struct event_ctx *ctx)
{
	return ctx->fd != NULL;
}

/* ---- a right side that depends on the event ---- */

static bool eval_two(struct atom *a, struct event_ctx *ctx)
{
	struct value v, other;
	struct right right;
	match_fn match;

	if (!left_value(a, ctx, &v) || !extractor_eval(a->other, ctx, &other))
		return false;
	match = right_init_dynamic(&right, ctx->arena, a->op, a->type, &other);
	return match(&right, &v);
}

/* Two lists: `in` when all on the left are on the right, `intersects` when any is. */
static bool eval_two_lists(struct atom *a, struct event_ctx *ctx)
{
	bool all = a->op == OP_IN, found;
	struct value v, other;
	struct right right;
	match_fn match;

	if (!left_value(a, ctx, &v) || !extractor_eval(a->other, ctx, &other))
		return false;
	for (uint32_t i = 0; i < v.n; i++) {
		match = right_init_dynamic(&right, ctx->arena, OP_EQ, a->type, &v.v[i]);
		found = any_matches(&right, match, &other);
		if (found != all)
			return found;
	}
	return all;
}

/* ---- names of hosts ---- */

static bool any_host_has(const struct atom *a, struct str addr)
{
	for (size_t i = 0; i < a->nhosts; i++)
		if (host_has(a->hosts[i], addr))
			return true;
	return false;
}

/*
 * The field yields an address.  Equality asks whether a constant resolves to it, other operators
 * look at the name that it is known by, if any.
 */
static bool eval_host(struct atom *a, struct event_ctx *ctx)
{
	struct value v;
	struct str name;

	if (!field_extract(&a->field, ctx, &v))
		return false;
	if (a->nhosts)
		return any_host_has(a, v.s) != (a->op == OP_NE);
	if (!host_name(ctx->arena, v.s, &name))
		return false;
	value_str(&v, name);
	return a->match(&a->right, &v);
}

static eval_fn choose_exists(const struct atom *a, uint32_t flags)
{
	return flags & (FF_EITHER | FF_HOST) ? eval_exists_fd : eval_exists;
}

static eval_fn choose_list(const struct atom *a)
{
	if (a->other)
		return eval_two_lists;
	return a->op == OP_IN ? eval_all : eval_any;
}

void eval_choose(struct atom *a)
{
	uint32_t flags = a->left ? 0 : a->field.info->flags;

	if (a->op == OP_EXISTS)
		a->eval = choose_exists(a, flags);
	else if (a->list)
		a->eval = choose_list(a);
	else if (a->other)
		a->eval = eval_two;
	else if (flags & FF_HOST)
		a->eval = eval_host;
	else if (flags & FF_EITHER)
		a->eval = a->op == OP_NE ? eval_all : eval_any;
	else if (flags & FF_ANY)
		a->eval = eval_any;
	else if (a->left || a->clean || a->modifier || !fast[type_family(a->type)][a->op])
		a->eval = eval_scalar;
	else
		a->eval = fast[type_family(a->type)][a->op];
}
