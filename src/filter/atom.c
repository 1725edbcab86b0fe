/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles checks: everything that can be wrong with one is found here, nothing later. */
#include "filter/atom.h"

#include <stdio.h>

#include "base/mem.h"
#include "filter/check.h"
#include "filter/constant.h"
#include "filter/eval.h"
#include "filter/event_names.h"
#include "filter/warn.h"

struct compiler {
	struct arena *arena;
	struct str source;
	struct atom_error *err;
	atom_warn_fn warn;
	void *warn_arg;
};

#define REFUSE(c, ...) (snprintf((c)->err->message, sizeof((c)->err->message), __VA_ARGS__), false)

static bool is_field(const struct field *f, enum field_id id)
{
	return f && f->info == &field_table[id];
}

/* ---- the right side: an operand that depends on the event ---- */

static const char *list_mark(const struct extractor *x)
{
	return extractor_is_list(x) ? " (list)" : "";
}

static bool check_sides(
	struct compiler *c, const struct extractor *left, const struct extractor *other, enum op op)
{
	if (op == OP_PMATCH || op == OP_REGEX)
		return REFUSE(c, "operator '%s' doesn't support right-hand side fields",
			op == OP_PMATCH ? "PMATCH" : "REGEX");
	if (type_family(extractor_type(left)) == FAMILY_NET)
		return REFUSE(c, "field type 'IPNET' doesn't support right-hand side fields");
	if (extractor_flags(left) & FF_NO_RHS)
		return REFUSE(c, "field '%s' doesn't support right-hand side fields",
			extractor_name(left));
	if (extractor_flags(other) & FF_NO_RHS)
		return REFUSE(c, "field '%s' can't be used as a right-hand side field",
			extractor_name(other));
	if (extractor_type(left) != extractor_type(other) ||
		extractor_is_list(left) != extractor_is_list(other))
		return REFUSE(c,
			"field '%s' has type '%s%s' while the right-hand side field '%s' has "
			"incompatible type '%s%s'",
			extractor_name(left), type_name(extractor_type(left)), list_mark(left),
			extractor_name(other), type_name(extractor_type(other)), list_mark(other));
	return true;
}

static bool compile_other(
	struct compiler *c, struct atom *a, const struct extractor *left, const struct operand *o)
{
	a->other = extractor_compile(c->arena, o, c->source, c->err);
	return a->other && check_sides(c, left, a->other, a->op);
}

/* ---- the right side: constants ---- */

/* Fields that take only some constants of their type. */
static bool check_constant(struct compiler *c, const struct atom *a, struct str text)
{
	if (is_field(&a->field, FIELD_evt_type) && !event_name_valid(text)) {
		c->err->hint = event_name_nearest(text);
		return REFUSE(c, "unknown event type %.*s", STR_ARG(text));
	}
	if (is_field(&a->field, FIELD_evt_around) && a->op != OP_EQ && a->op != OP_EQ2)
		return REFUSE(c, "evt.around supports only '=' comparison operator");
	return true;
}

static bool parse_constant(
	struct compiler *c, struct atom *a, const struct operand *o, struct value *ret)
{
	char *err = c->err->message;
	size_t err_size = sizeof(c->err->message);

	if (c->warn)
		warn_constant(a->op, o->text, o->pos, c->warn, c->warn_arg);
	if (a->op == OP_BCONTAINS || a->op == OP_BSTARTSWITH)
		return constant_parse_hex(c->arena, o->text, ret, err, err_size);
	return constant_parse(c->arena, o->text, a->type, ret, err, err_size) &&
	       check_constant(c, a, o->text);
}

static void find_hosts(struct compiler *c, struct atom *a, const struct value *items, size_t n)
{
	if (a->modifier || (a->op != OP_EQ && a->op != OP_EQ2 && a->op != OP_NE && a->op != OP_IN &&
				   a->op != OP_INTERSECTS))
		return;
	a->hosts = arena_alloc(c->arena, n * sizeof(struct host *));
	for (; a->nhosts < n; a->nhosts++)
		a->hosts[a->nhosts] = host_get(items[a->nhosts].s);
}

static bool compile_constants(struct compiler *c, struct atom *a, const struct operand *o)
{
	bool many = o->kind == OPERAND_LIST;
	size_t n = many ? o->nitems : 1;
	struct value *items = arena_alloc(c->arena, n * sizeof(*items));
	enum op op = is_field(&a->field, FIELD_evt_around) ? OP_LE : a->op;

	for (size_t i = 0; i < n; i++)
		if (!parse_constant(c, a, many ? &o->items[i] : o, &items[i]))
			return false;
	if (!n && op_table[op].kind != OPK_LIST && !a->modifier)
		return REFUSE(c, "expected a string value");
	a->match = right_init(&a->right, c->arena, op, a->modifier, a->type, items, n,
		c->err->message, sizeof(c->err->message));
	if (!a->match)
		return false;
	if (!a->left && a->field.info->flags & FF_HOST)
		find_hosts(c, a, items, n);
	a->clean = a->clean && !right_takes_raw(&a->right, a->match);
	return true;
}

/* ---- the left side ---- */

static bool compile_left(
	struct compiler *c, struct atom *a, const struct node *check, struct extractor *left)
{
	char err[256];

	a->type = extractor_type(left);
	a->list = extractor_is_list(left);
	if (extractor_plain(left))
		a->field = *extractor_plain(left);
	else
		a->left = left;
	a->field.compare = true;
	/* A regular expression needs well-formed text even when b64() made it. */
	a->clean = type_family(a->type) == FAMILY_TEXT && a->op != OP_EXISTS &&
		   (!a->left || a->op == OP_REGEX);
	return op_allowed(a->op, a->modifier, a->type, a->list, err, sizeof(err)) ||
	       REFUSE(c, "filter error: %s", err);
}

static bool compile(struct compiler *c, struct atom *a, const struct node *check)
{
	struct extractor *left = extractor_compile(c->arena, &check->left, c->source, c->err);

	if (!left || !compile_left(c, a, check, left))
		return false;
	if (op_table[a->op].kind == OPK_UNARY)
		return true;
	if (check->right.kind == OPERAND_TRANSFORM || check->right.kind == OPERAND_FIELD)
		return compile_other(c, a, left, &check->right);
	return compile_constants(c, a, &check->right);
}

struct atom *atom_compile(struct arena *a, const struct node *check, struct str source,
	struct atom_error *err, atom_warn_fn warn, void *warn_arg)
{
	struct compiler c = {a, source, err, warn, warn_arg};
	struct atom *atom = arena_zalloc(a, sizeof(*atom));

	err->hint = NULL;
	err->message[0] = '\0';
	atom->op = check->op;
	atom->modifier = check->modifier;
	if (compile(&c, atom, check)) {
		eval_choose(atom);
		return atom;
	}
	err->pos = check->pos;
	atom_done(atom);
	return NULL;
}

void atom_done(struct atom *atom)
{
	if (!atom)
		return;
	atom_unintern(atom);
	if (atom->match)
		right_done(&atom->right, atom->match);
	atom->match = NULL;
}

void atom_intern(struct atom *atom)
{
	if (atom->match && type_family(atom->type) == FAMILY_TEXT)
		right_intern(&atom->right, atom->match);
}

void atom_unintern(struct atom *atom)
{
	if (atom->match && type_family(atom->type) == FAMILY_TEXT)
		right_unintern(&atom->right, atom->match);
}

bool atom_eval(struct atom *atom, struct event_ctx *ctx)
{
	return atom->eval(atom, ctx);
}

/* Whether it only asks if there is a descriptor's number at all, as fd.num >= 0 does. */
static bool asks_for_number(const struct atom *a)
{
	return !a->left && !a->other && a->field.info == &field_table[FIELD_fd_num] &&
	       (a->op == OP_GE || a->op == OP_LT) && a->right.v.i == 0;
}

enum field_scope atom_scope(const struct atom *atom)
{
	enum field_scope left, other = SCOPE_RUN;

	if (!atom_pure(atom))
		return SCOPE_EVENT;
	if (asks_for_number(atom))
		return SCOPE_KIND;
	left = atom->left ? extractor_scope(atom->left) : (enum field_scope)atom->field.info->scope;
	if (atom->other)
		other = extractor_scope(atom->other);
	return scope_join(left, other);
}

bool atom_pure(const struct atom *atom)
{
	if (atom->left ? !extractor_pure(atom->left) : (atom->field.info->flags & FF_STATEFUL) != 0)
		return false;
	return !atom->other || extractor_pure(atom->other);
}

const struct field *atom_field(const struct atom *atom)
{
	return atom->left ? NULL : &atom->field;
}

enum op atom_op(const struct atom *atom)
{
	return atom->op;
}
