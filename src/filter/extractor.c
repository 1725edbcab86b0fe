/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree of extractors mirrors the operand.  Types are settled when it is compiled, so that
 * evaluation cannot go wrong: it yields a value or finds that the event has none.
 */
#include "filter/extractor.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "filter/check.h"
#include "filter/transform.h"

enum kind {
	KIND_FIELD,
	KIND_CONSTANT,
	KIND_LIST,
	KIND_SINGLE,
	KIND_JOIN,
	KIND_CONCAT,
	KIND_GETOPT
};

struct extractor {
	enum kind kind;
	enum transformer transformer; /* KIND_SINGLE */
	uint8_t type;
	bool list;
	struct field field; /* KIND_FIELD; of the others what extractor_field() hands out */
	struct value constant;
	struct extractor **items;
	size_t nitems;
	struct getopt_spec *spec; /* KIND_GETOPT: of a constant option string */
	int selector;		  /* and the option asked for, -1 all */
};

/* What transformers and constants are called. */
static const struct field_info no_field = {.name = "NA", .format = PF_NA, .scope = SCOPE_RUN};

struct compiler {
	struct arena *arena;
	struct str source;
	struct atom_error *err;
	bool hints; /* look for the names that are nearest to wrong ones */
};

#define REFUSE(c, ...) (snprintf((c)->err->message, sizeof((c)->err->message), __VA_ARGS__), false)

static struct extractor *compile(struct compiler *c, const struct operand *o);

/* ---- compiling ---- */

static bool compile_field(struct compiler *c, struct extractor *x, const struct operand *o)
{
	c->err->message[0] = '\0';
	if (!field_init(c->arena, o->text, o->arg, c->source, &x->field, c->err->message,
		    c->hints ? &c->err->hint : NULL))
		return false;
	x->type = x->field.type;
	x->list = x->field.info->flags & FF_LIST;
	return true;
}

static bool compile_constant(struct extractor *x, const struct operand *o)
{
	x->kind = KIND_CONSTANT;
	x->type = PT_CHARBUF;
	value_str(&x->constant, o->text);
	return true;
}

static bool compile_items(struct compiler *c, struct extractor *x, const struct operand *o)
{
	x->items = arena_alloc(c->arena, o->nitems * sizeof(*x->items));
	x->nitems = o->nitems;
	for (size_t i = 0; i < o->nitems; i++) {
		x->items[i] = compile(c, &o->items[i]);
		if (!x->items[i])
			return false;
	}
	return true;
}

static bool compile_list(struct compiler *c, struct extractor *x, const struct operand *o)
{
	x->kind = KIND_LIST;
	x->type = PT_CHARBUF;
	x->list = true;
	return compile_items(c, x, o);
}

/* A transformer that works on each value of its one argument. */
static bool compile_single(struct compiler *c, struct extractor *x, enum transformer t)
{
	struct extractor *of = x->items[0];

	x->kind = KIND_SINGLE;
	x->transformer = t;
	x->type = of->type;
	x->list = of->list;
	if (extractor_flags(of) & FF_NO_TRANSFORMER)
		return REFUSE(c, "field '%s' does not support transformers", extractor_name(of));
	if (!transform_type(t, &x->type, &x->list))
		return REFUSE(c,
			"can't add field transformer: type '%s' is not supported by '%s' "
			"transformer applied on %sfield '%s'",
			type_name(of->type), transformer_names[t], of->list ? "list " : "",
			extractor_name(of));
	return true;
}

static bool compile_join(struct compiler *c, struct extractor *x)
{
	x->kind = KIND_JOIN;
	x->type = PT_CHARBUF;
	if (x->nitems != 2)
		return REFUSE(c, "join() requires exactly 2 arguments: separator and list");
	if (x->items[0]->list)
		return REFUSE(c, "join() first argument (separator) must be a single value, not "
				 "a list");
	if (!x->items[1]->list)
		return REFUSE(c, "join() second argument must be a list");
	return true;
}

static bool compile_concat(struct compiler *c, struct extractor *x)
{
	x->kind = KIND_CONCAT;
	x->type = PT_CHARBUF;
	if (x->nitems < 2)
		return REFUSE(c, "concat() requires at least 2 arguments");
	for (size_t i = 0; i < x->nitems; i++)
		if (x->items[i]->type != PT_CHARBUF || x->items[i]->list)
			return REFUSE(c, "concat() arguments must be strings");
	return true;
}

static bool check_getopt(struct compiler *c, const struct extractor *x, struct str selector)
{
	if (x->nitems != 2)
		return REFUSE(c, "getopt() requires exactly 2 arguments: args list and optstring");
	if (!x->items[0]->list)
		return REFUSE(c, "getopt() first argument must be a list");
	if (x->items[1]->list)
		return REFUSE(c, "getopt() second argument (optstring) must be a single value");
	if (x->items[0]->type != PT_CHARBUF || x->items[1]->type != PT_CHARBUF)
		return REFUSE(c, "getopt() arguments must be strings");
	if (selector.p && selector.n != 1)
		return REFUSE(c, "getopt() field argument must be a single option character");
	return true;
}

static bool compile_getopt(struct compiler *c, struct extractor *x, struct str selector)
{
	x->kind = KIND_GETOPT;
	x->type = PT_CHARBUF;
	x->list = !selector.p;
	if (!check_getopt(c, x, selector))
		return false;
	x->selector = selector.p ? (unsigned char)selector.p[0] : -1;
	if (x->items[1]->kind == KIND_CONSTANT) {
		x->spec = arena_alloc(c->arena, sizeof(*x->spec));
		getopt_spec_init(x->spec, x->items[1]->constant.s);
	}
	return true;
}

static bool compile_transformer(struct compiler *c, struct extractor *x, const struct operand *o)
{
	enum transformer t = o->transformer;

	if (!compile_items(c, x, o))
		return false;
	if (t == TR_GETOPT)
		return compile_getopt(c, x, o->arg);
	if (o->arg.p)
		return REFUSE(c, "%stransformer '%s' does not support field arguments",
			t == TR_JOIN || t == TR_CONCAT ? "" : "filter error: ",
			transformer_names[t]);
	if (t == TR_JOIN)
		return compile_join(c, x);
	if (t == TR_CONCAT)
		return compile_concat(c, x);
	if (x->nitems != 1)
		return REFUSE(c, "unknown multivalue transformer");
	if (t != TR_VAL)
		return compile_single(c, x, t);
	*x = *x->items[0];
	return true;
}

/* What extractor_field() says of something that is no field itself. */
static void describe(struct compiler *c, struct extractor *x)
{
	struct field_info *info;

	if (x->kind == KIND_FIELD)
		return;
	info = arena_alloc(c->arena, sizeof(*info));
	*info = no_field;
	info->name = x->kind == KIND_SINGLE ? extractor_name(x->items[0]) : no_field.name;
	info->flags = x->kind == KIND_SINGLE ? extractor_flags(x->items[0]) & ~FF_LIST : 0;
	info->flags |= x->list ? FF_LIST : 0;
	info->type = x->type;
	info->format = ptype_is_text(x->type) ? PF_NA : PF_DEC;
	x->field = (struct field){.info = info,
		.name = str_c(info->name),
		.arg = STR_NONE,
		.index = -1,
		.type = info->type,
		.format = info->format};
}

static struct extractor *compile(struct compiler *c, const struct operand *o)
{
	struct extractor *x = arena_zalloc(c->arena, sizeof(*x));
	bool ok = false;

	switch (o->kind) {
	case OPERAND_FIELD:
		ok = compile_field(c, x, o);
		break;
	case OPERAND_TRANSFORM:
		ok = compile_transformer(c, x, o);
		break;
	case OPERAND_VALUE:
	case OPERAND_IDENT:
		ok = compile_constant(x, o);
		break;
	case OPERAND_LIST:
		ok = compile_list(c, x, o);
		break;
	}
	if (!ok)
		return NULL;
	describe(c, x);
	return x;
}

struct extractor *extractor_compile(
	struct arena *a, const struct operand *o, struct str source, struct atom_error *err)
{
	struct compiler c = {a, source, err, true};

	err->pos = o->pos;
	err->hint = NULL;
	return compile(&c, o);
}

struct extractor *extractor_try(struct arena *a, const struct operand *o, struct str source)
{
	struct atom_error err;
	struct compiler c = {a, source, &err, false};

	return compile(&c, o);
}

/* ---- what is known of one ---- */

const struct field *extractor_field(const struct extractor *x)
{
	return &x->field;
}

struct field *extractor_plain(struct extractor *x)
{
	return x->kind == KIND_FIELD ? &x->field : NULL;
}

uint8_t extractor_type(const struct extractor *x)
{
	return x->type;
}

bool extractor_is_list(const struct extractor *x)
{
	return x->list;
}

const char *extractor_name(const struct extractor *x)
{
	return x->field.info->name;
}

uint32_t extractor_flags(const struct extractor *x)
{
	return x->field.info->flags;
}

enum field_scope extractor_scope(const struct extractor *x)
{
	enum field_scope scope = SCOPE_RUN, one;

	if (x->kind == KIND_FIELD)
		return extractor_pure(x) ? (enum field_scope)x->field.info->scope : SCOPE_EVENT;
	for (size_t i = 0; i < x->nitems; i++) {
		one = extractor_scope(x->items[i]);
		scope = scope_join(scope, one);
	}
	return scope;
}

bool extractor_pure(const struct extractor *x)
{
	if (x->kind == KIND_FIELD)
		return !(x->field.info->flags & FF_STATEFUL);
	for (size_t i = 0; i < x->nitems; i++)
		if (!extractor_pure(x->items[i]))
			return false;
	return true;
}

/* ---- evaluation ---- */

static void clean(struct arena *a, struct value *v)
{
	struct str s = utf8_clean(a, v->s);

	if (s.p != v->s.p)
		v->istr = NULL;
	v->s = s;
}

static bool eval_field(struct extractor *x, struct event_ctx *ctx, struct value *ret)
{
	if (!field_extract(&x->field, ctx, ret))
		return false;
	if (!ptype_is_text(x->type))
		return true;
	if (!ret->list)
		clean(ctx->arena, ret);
	for (uint32_t i = 0; ret->list && i < ret->n; i++)
		clean(ctx->arena, &ret->v[i]);
	return true;
}

/* The text that a value of x shows. */
static struct str shown(const struct extractor *x, struct arena *a, const struct value *v)
{
	struct buf b = {.arena = a};

	if (ptype_is_text(x->type))
		return v->s;
	value_print(&b, &x->field, v);
	return buf_view(&b);
}

/* Values of the items, lists among them unfolded, all as texts. */
static bool eval_list(struct extractor *x, struct event_ctx *ctx, struct value *ret)
{
	struct value *items = NULL, v;
	size_t n = 0, cap = 0, need;

	for (size_t i = 0; i < x->nitems; i++) {
		if (!extractor_eval(x->items[i], ctx, &v))
			return false;
		need = n + (v.list ? v.n : 1);
		if (need > cap) {
			items = arena_regrow(ctx->arena, items, cap * sizeof(*items),
				MAX(need, cap * 2) * sizeof(*items));
			cap = MAX(need, cap * 2);
		}
		for (size_t k = 0; n < need; k++, n++) {
			items[n] = (struct value){0};
			value_str(&items[n], shown(x->items[i], ctx->arena, v.list ? &v.v[k] : &v));
		}
	}
	*ret = (struct value){.type = PT_CHARBUF, .list = true, .n = (uint32_t)n, .v = items};
	return true;
}

static bool eval_join(struct extractor *x, struct event_ctx *ctx, struct value *ret)
{
	struct buf b = {.arena = ctx->arena};
	struct value sep, list;
	struct str between;

	if (!extractor_eval(x->items[0], ctx, &sep) || !extractor_eval(x->items[1], ctx, &list))
		return false;
	between = shown(x->items[0], ctx->arena, &sep);
	for (uint32_t i = 0; i < list.n; i++) {
		if (i)
			buf_str(&b, between);
		buf_str(&b, shown(x->items[1], ctx->arena, &list.v[i]));
	}
	*ret = (struct value){0};
	value_str(ret, buf_view(&b));
	return true;
}

static bool eval_concat(struct extractor *x, struct event_ctx *ctx, struct value *ret)
{
	struct buf b = {.arena = ctx->arena};
	struct value v;

	for (size_t i = 0; i < x->nitems; i++) {
		if (!extractor_eval(x->items[i], ctx, &v))
			return false;
		buf_str(&b, v.s);
	}
	*ret = (struct value){0};
	value_str(ret, buf_view(&b));
	return true;
}

static bool eval_getopt(struct extractor *x, struct event_ctx *ctx, struct value *ret)
{
	struct getopt_spec own, *spec = x->spec;
	struct value args, optstring;

	if (!spec) {
		if (!extractor_eval(x->items[1], ctx, &optstring))
			return false;
		getopt_spec_init(&own, optstring.s);
		spec = &own;
	}
	return extractor_eval(x->items[0], ctx, &args) &&
	       getopt_extract(spec, x->selector, ctx->arena, args.v, args.n, ret);
}

bool extractor_eval(struct extractor *x, struct event_ctx *ctx, struct value *ret)
{
	switch (x->kind) {
	case KIND_FIELD:
		return eval_field(x, ctx, ret);
	case KIND_CONSTANT:
		*ret = x->constant;
		return true;
	case KIND_LIST:
		return eval_list(x, ctx, ret);
	case KIND_SINGLE:
		return extractor_eval(x->items[0], ctx, ret) &&
		       transform_value(x->transformer, ctx->arena, x->items[0]->type,
			       x->items[0]->list, ret);
	case KIND_JOIN:
		return eval_join(x, ctx, ret);
	case KIND_CONCAT:
		return eval_concat(x, ctx, ret);
	case KIND_GETOPT:
		return eval_getopt(x, ctx, ret);
	}
	return false;
}
