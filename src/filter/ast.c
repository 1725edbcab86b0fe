/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of conditions: copy, comparison, and the two ways of writing one down.
 *
 * Falco's way (condition_compiled) is fixed by who reads it; it drops quotes around "", "(", ")",
 * ",", so it cannot be read back.  The other way differs from it in quotes only.
 */
#include "filter/ast.h"

#include "base/utf8.h"

#define OPK(kind) OPK_##kind
#define OP(sym, text, kind, help) [OP_##sym] = {text, OPK(kind), help},
#define MODIFIER(sym, text, help)
#define TRANSFORMER(sym, name, help)
const struct op_info op_table[OP_MAX] = {
#include "tables/operators.def"
};
#undef OP
#undef MODIFIER
#undef TRANSFORMER

#define OP(sym, text, kind, help)
#define MODIFIER(sym, text, help) [MOD_##sym] = text,
#define TRANSFORMER(sym, name, help)
const char *const modifier_names[MOD_MAX] = {
	[MOD_NONE] = "",
#include "tables/operators.def"
};
#undef OP
#undef MODIFIER
#undef TRANSFORMER

#define OP(sym, text, kind, help)
#define MODIFIER(sym, text, help)
#define TRANSFORMER(sym, name, help) [TR_##sym] = name,
const char *const transformer_names[TR_MAX] = {
#include "tables/operators.def"
};
#undef OP
#undef MODIFIER
#undef TRANSFORMER

struct node *ast_copy(struct arena *a, const struct node *n)
{
	struct node *copy = arena_alloc(a, sizeof(*copy));

	*copy = *n;
	copy->kids = arena_alloc(a, n->nkids * sizeof(struct node *));
	for (size_t i = 0; i < n->nkids; i++)
		copy->kids[i] = ast_copy(a, n->kids[i]);
	return copy;
}

/* ---- comparison ---- */

bool ast_operand_equal(const struct operand *a, const struct operand *b)
{
	if (a->kind != b->kind || a->nitems != b->nitems || !a->arg.p != !b->arg.p ||
		!str_eq(a->arg, b->arg) || !str_eq(a->text, b->text))
		return false;
	if (a->kind == OPERAND_TRANSFORM && a->transformer != b->transformer)
		return false;
	for (size_t i = 0; i < a->nitems; i++)
		if (!ast_operand_equal(&a->items[i], &b->items[i]))
			return false;
	return true;
}

static bool check_equal(const struct node *a, const struct node *b)
{
	return a->op == b->op && a->modifier == b->modifier &&
	       ast_operand_equal(&a->left, &b->left) &&
	       (op_table[a->op].kind == OPK_UNARY || ast_operand_equal(&a->right, &b->right));
}

bool ast_equal(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->nkids != b->nkids)
		return false;
	if (a->kind == NODE_IDENT)
		return str_eq(a->ident, b->ident);
	if (a->kind == NODE_CHECK)
		return check_equal(a, b);
	for (size_t i = 0; i < a->nkids; i++)
		if (!ast_equal(a->kids[i], b->kids[i]))
			return false;
	return true;
}

static uint64_t operand_hash(const struct operand *o)
{
	uint64_t h = str_hash(o->text) * 8 + o->kind;

	if (o->arg.p)
		h = h * 31 + str_hash(o->arg);
	for (size_t i = 0; i < o->nitems; i++)
		h = h * 31 + operand_hash(&o->items[i]);
	return h;
}

uint64_t ast_hash(const struct node *check)
{
	uint64_t h = operand_hash(&check->left) * 64 + check->op;

	return op_table[check->op].kind == OPK_UNARY ? h : h * 31 + operand_hash(&check->right);
}

/* ---- text ---- */

/* Where a constant stands decides which texts need no quotes there. */
enum place { PLACE_VALUE, PLACE_NUMBER, PLACE_ARGUMENT, PLACE_INDEX };

struct printer {
	struct buf *b;
	bool source; /* to be read back */
};

/* Letter of the escape for c, 0 when there is none. */
static char escape_letter(char c)
{
	static const char from[] = "\b\f\n\r\t\\\"", to[] = "bfnrt\\\"";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : '\0';
}

static void put_quoted(struct printer *p, struct str s)
{
	buf_char(p->b, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], letter = escape_letter(c);

		if (letter)
			buf_char(p->b, '\\');
		/* A quote behind two backslashes would not end the text; "\ " is one as well. */
		if (c == '\\' && i + 1 == s.n && p->source)
			letter = ' ';
		buf_char(p->b, letter ? letter : c);
	}
	buf_char(p->b, '"');
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (escape_letter(s.p[i]) || !s.p[i] || strchr(" ='", s.p[i]))
			return true;
	return false;
}

/* Whether s can stand without quotes where these bytes end a text. */
static bool is_bare(struct str s, const char *stops)
{
	for (size_t i = 0, n; i < s.n; i += n) {
		n = utf8_valid(str_from(s, i));
		if (!n || s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r') ||
			strchr(stops, s.p[i]))
			return false;
	}
	return s.n > 0 && s.p[0] != '\b'; /* which would count as a blank in front */
}

static bool quoted_at(struct str s, enum place place)
{
	if (place == PLACE_INDEX)
		return !is_bare(s, "[]\"'");
	return place == PLACE_ARGUMENT || (place == PLACE_VALUE && !is_bare(s, "()\"'=,"));
}

static void print_value(struct printer *p, struct str s, enum place place)
{
	bool quotes = p->source ? quoted_at(s, place) : needs_quotes(s);

	if (!p->source && place == PLACE_INDEX && !s.n)
		quotes = true;
	if (quotes)
		put_quoted(p, s);
	else
		buf_str(p->b, s);
}

static void print_operand(struct printer *p, const struct operand *o, enum place place);

static void print_items(
	struct printer *p, const struct operand *o, const char *sep, enum place place)
{
	buf_char(p->b, '(');
	for (size_t i = 0; i < o->nitems; i++) {
		if (i)
			buf_puts(p->b, sep);
		print_operand(p, &o->items[i], place);
	}
	buf_char(p->b, ')');
}

static void print_operand(struct printer *p, const struct operand *o, enum place place)
{
	switch (o->kind) {
	case OPERAND_FIELD:
	case OPERAND_IDENT:
		buf_str(p->b, o->text);
		break;
	case OPERAND_TRANSFORM:
		buf_puts(p->b, transformer_names[o->transformer]);
		print_items(p, o, ",", PLACE_ARGUMENT);
		break;
	case OPERAND_VALUE:
		print_value(p, o->text, place);
		break;
	case OPERAND_LIST:
		print_items(p, o, place == PLACE_ARGUMENT ? "," : ", ", place);
		break;
	}
	if (o->arg.p) {
		buf_char(p->b, '[');
		print_value(p, o->arg, PLACE_INDEX);
		buf_char(p->b, ']');
	}
}

static void print_check(struct printer *p, const struct node *n)
{
	enum op_kind kind = op_table[n->op].kind;

	print_operand(p, &n->left, PLACE_ARGUMENT);
	buf_char(p->b, ' ');
	buf_puts(p->b, op_table[n->op].text);
	if (kind == OPK_UNARY)
		return;
	buf_char(p->b, ' ');
	if (n->modifier) {
		buf_puts(p->b, modifier_names[n->modifier]);
		buf_char(p->b, ' ');
	}
	print_operand(p, &n->right, kind == OPK_NUMERIC ? PLACE_NUMBER : PLACE_VALUE);
}

static void print_node(struct printer *p, const struct node *n)
{
	switch (n->kind) {
	case NODE_AND:
	case NODE_OR:
		buf_char(p->b, '(');
		for (size_t i = 0; i < n->nkids; i++) {
			if (i)
				buf_puts(p->b, n->kind == NODE_AND ? " and " : " or ");
			print_node(p, n->kids[i]);
		}
		buf_char(p->b, ')');
		break;
	case NODE_NOT:
		/* Two of them in a row would cancel each other out. */
		buf_puts(p->b, "not ");
		if (p->source && n->kids[0]->kind == NODE_NOT)
			buf_char(p->b, '(');
		print_node(p, n->kids[0]);
		if (p->source && n->kids[0]->kind == NODE_NOT)
			buf_char(p->b, ')');
		break;
	case NODE_IDENT:
		buf_str(p->b, n->ident);
		break;
	case NODE_CHECK:
		print_check(p, n);
		break;
	}
}

void ast_print(struct buf *b, const struct node *n)
{
	print_node(&(struct printer){b, false}, n);
}

void ast_print_operand(struct buf *b, const struct operand *o)
{
	print_operand(&(struct printer){b, false}, o, PLACE_ARGUMENT);
}

void ast_print_source(struct buf *b, const struct node *n)
{
	print_node(&(struct printer){b, true}, n);
}

void ast_print_value(struct buf *b, struct str value)
{
	print_value(&(struct printer){b, true}, value, PLACE_VALUE);
}
