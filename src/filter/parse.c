/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recursive descent over the grammar of docs/conditions.md.
 *
 * The tree holds no pointer into the caller's text: it is copied into the arena first, and tokens
 * are views of the copy.  A mistake makes the lexer read nothing any more, so every function just
 * returns and only the entry looks whether there was one.
 */
#include "filter/parse.h"

#include "base/vec.h"
#include "filter/lex.h"

struct parser {
	struct lexer lex;
	struct arena *arena;
	unsigned depth;
};

typedef VEC(struct operand) operand_vec;
typedef VEC(struct node *) node_vec;

static struct node *parse_or(struct parser *p);
static bool parse_transformer(struct parser *p, struct operand *o);

/* ---- lists of names in messages ---- */

static void put_name(struct buf *b, const char *name)
{
	if (b->n)
		buf_puts(b, ", ");
	buf_char(b, '\'');
	buf_puts(b, name);
	buf_char(b, '\'');
}

static void fail_transformer(struct parser *p, const char *what)
{
	struct buf b = {0};

	put_name(&b, transformer_names[TR_VAL]);
	for (enum transformer t = 0; t < TR_MAX; t++)
		if (t != TR_VAL)
			put_name(&b, transformer_names[t]);
	lex_fail(&p->lex, "%s: %s", what, buf_cstr(&b));
	buf_done(&b);
}

static void fail_operator(struct parser *p)
{
	struct buf b = {0};

	for (enum op op = 0; op < OP_MAX; op++)
		put_name(&b, op_table[op].text);
	lex_fail(&p->lex, "expected a valid check operator: one of %s", buf_cstr(&b));
	buf_done(&b);
}

/* ---- nesting ---- */

static bool enter(struct parser *p)
{
	if (++p->depth <= FILTER_MAX_DEPTH)
		return true;
	lex_fail(&p->lex, "exceeded max depth limit of %d", FILTER_MAX_DEPTH);
	return false;
}

static void leave(struct parser *p)
{
	p->depth--;
}

/* ---- operands ---- */

static struct operand operand(const struct parser *p, enum operand_kind kind, struct ast_pos pos)
{
	return (struct operand){.kind = kind, .text = p->lex.last, .arg = STR_NONE, .pos = pos};
}

static void take_items(struct parser *p, struct operand *o, operand_vec *items)
{
	size_t size = items->n * sizeof(*o->items);

	o->nitems = items->n;
	if (size)
		o->items = memcpy(arena_alloc(p->arena, size), items->v, size);
	vec_done(items);
}

/* Behind the name: an argument in [], if there is one. */
static bool parse_index(struct parser *p, struct operand *o)
{
	if (!lex_text(&p->lex, STR("[")))
		return !p->lex.failed;
	if (!lex_quoted(&p->lex) && !lex_field_arg(&p->lex)) {
		lex_fail(&p->lex,
			"expected a valid field argument: a quoted string or a bare string");
		return false;
	}
	o->arg = p->lex.last;
	if (!lex_text(&p->lex, STR("]")))
		lex_fail(&p->lex, "expected a ']' token");
	return !p->lex.failed;
}

static bool parse_field(struct parser *p, struct operand *o)
{
	struct ast_pos pos = p->lex.pos;

	if (!lex_field_name(&p->lex))
		return false;
	*o = operand(p, OPERAND_FIELD, pos);
	return parse_index(p, o);
}

/* What a transformer and a list inside of one have in common. */
static bool parse_item(struct parser *p, struct operand *o)
{
	struct ast_pos pos = p->lex.pos;

	if (!lex_number(&p->lex) && !lex_quoted(&p->lex))
		return parse_transformer(p, o) || parse_field(p, o);
	*o = operand(p, OPERAND_VALUE, pos);
	return true;
}

/* Behind "(": the elements of a list that is a transformer's argument. */
static bool parse_argument_list(struct parser *p, struct operand *o)
{
	operand_vec items = {0};

	lex_blank(&p->lex);
	while (items.n || !lex_text(&p->lex, STR(")"))) {
		lex_blank(&p->lex);
		if (!parse_item(p, vec_add(&items)))
			lex_fail(&p->lex, "expected transformer list argument: "
					  "field, transformer, quoted string, or number");
		lex_blank(&p->lex);
		if (!lex_text(&p->lex, STR(","))) {
			if (!lex_text(&p->lex, STR(")")))
				lex_fail(&p->lex, "expected ')'");
			break;
		}
	}
	take_items(p, o, &items);
	return !p->lex.failed;
}

static bool parse_argument(struct parser *p, struct operand *o)
{
	struct ast_pos pos = p->lex.pos;

	lex_blank(&p->lex);
	if (lex_text(&p->lex, STR("("))) {
		*o = operand(p, OPERAND_LIST, pos);
		o->text = STR("");
		return parse_argument_list(p, o);
	}
	if (!parse_item(p, o))
		lex_fail(&p->lex, "expected field transformer argument: "
				  "field, transformer, quoted string, number, or transformer list");
	return !p->lex.failed;
}

static bool close_transformer(struct parser *p, struct operand *o)
{
	lex_blank(&p->lex);
	if (!lex_text(&p->lex, STR(")"))) {
		lex_fail(&p->lex, "expected a ')' token closing the transformer");
		return false;
	}
	return parse_index(p, o);
}

static bool parse_transformer(struct parser *p, struct operand *o)
{
	struct ast_pos pos = p->lex.pos;
	operand_vec items = {0};
	enum transformer t;

	if (!lex_transformer(&p->lex, &t))
		return false;
	*o = operand(p, OPERAND_TRANSFORM, pos);
	o->transformer = t;
	if (enter(p)) {
		do {
			if (!parse_argument(p, vec_add(&items)))
				break;
			lex_blank(&p->lex);
		} while (lex_text(&p->lex, STR(",")));
	}
	leave(p);
	take_items(p, o, &items);
	return !p->lex.failed && close_transformer(p, o);
}

/* val(field): a field where a constant would stand. */
static bool parse_val(struct parser *p, struct operand *o)
{
	struct ast_pos pos = p->lex.pos;
	operand_vec items = {0};

	if (!lex_text(&p->lex, STR("val(")))
		return false;
	lex_blank(&p->lex);
	p->lex.last.n--;
	*o = operand(p, OPERAND_TRANSFORM, pos);
	o->transformer = TR_VAL;
	if (!parse_field(p, vec_add(&items)))
		lex_fail(&p->lex, "expected a field within 'val' transformer");
	take_items(p, o, &items);
	return !p->lex.failed && close_transformer(p, o);
}

static bool parse_right_transformer(struct parser *p, struct operand *o)
{
	lex_blank(&p->lex);
	return parse_val(p, o) || parse_transformer(p, o);
}

static bool parse_constant(struct parser *p, struct operand *o)
{
	struct ast_pos pos;

	lex_blank(&p->lex);
	pos = p->lex.pos;
	if (!lex_quoted(&p->lex) && !lex_bare(&p->lex))
		return false;
	*o = operand(p, OPERAND_VALUE, pos);
	return true;
}

/* Behind "(": constants, up to the ")". */
static void parse_constants(struct parser *p, struct operand *o)
{
	operand_vec items = {0};
	struct operand item;

	if (parse_constant(p, &item)) {
		vec_push(&items, item);
		lex_blank(&p->lex);
		while (lex_text(&p->lex, STR(","))) {
			if (!parse_constant(p, &item)) {
				lex_fail(&p->lex, "expected a string value");
				break;
			}
			vec_push(&items, item);
			lex_blank(&p->lex);
		}
	}
	if (!lex_text(&p->lex, STR(")")))
		lex_fail(&p->lex, "expected a ')' token");
	take_items(p, o, &items);
}

static bool parse_list(struct parser *p, struct operand *o)
{
	struct ast_pos pos;

	lex_blank(&p->lex);
	pos = p->lex.pos;
	if (!lex_text(&p->lex, STR("(")))
		return false;
	*o = operand(p, OPERAND_LIST, pos);
	o->text = STR("");
	parse_constants(p, o);
	return true;
}

static bool parse_list_name(struct parser *p, struct operand *o)
{
	struct ast_pos pos = p->lex.pos;

	if (!lex_identifier(&p->lex))
		return false;
	*o = operand(p, OPERAND_IDENT, pos);
	return true;
}

/* ---- checks ---- */

static void parse_number_side(struct parser *p, struct operand *o)
{
	struct ast_pos pos;

	if (parse_right_transformer(p, o))
		return;
	pos = p->lex.pos;
	if (lex_number(&p->lex))
		*o = operand(p, OPERAND_VALUE, pos);
	else
		fail_transformer(p, "expected a number value or a field with a valid transformer");
}

/* A modifier counts as one only when a list follows: "= oneof" compares with the text. */
static bool parse_modified_list(struct parser *p, struct node *n, bool blank)
{
	struct lexer before = p->lex;
	enum modifier m;

	if (blank && lex_modifier(&p->lex, &m) && lex_list_follows(&p->lex)) {
		n->modifier = m;
		if (!parse_list(p, &n->right))
			parse_list_name(p, &n->right);
		return true;
	}
	p->lex = before;
	return false;
}

static void parse_text_side(struct parser *p, struct node *n)
{
	char first = op_table[n->op].text[0];
	bool blank = (first >= 'a' && first <= 'z') || lex_blank(&p->lex);

	if (parse_modified_list(p, n, blank) || parse_right_transformer(p, &n->right))
		return;
	if (!parse_constant(p, &n->right))
		fail_transformer(p, "expected a string value or a field with a valid transformer");
}

static void parse_list_side(struct parser *p, struct operand *o)
{
	if (!parse_list(p, o) && !parse_right_transformer(p, o) && !parse_list_name(p, o))
		fail_transformer(p, "expected a list, an identifier, or a field with a valid "
				    "transformer");
}

/* Behind the left side: the operator and what it compares with. */
static void parse_condition(struct parser *p, struct node *n)
{
	struct lexer *l = &p->lex;

	lex_blank(l);
	if (lex_op(l, OPK_UNARY, &n->op))
		return;
	if (lex_op(l, OPK_NUMERIC, &n->op))
		parse_number_side(p, &n->right);
	else if (lex_op(l, OPK_STRING, &n->op))
		parse_text_side(p, n);
	else if (lex_op(l, OPK_LIST, &n->op))
		parse_list_side(p, &n->right);
	else
		fail_operator(p);
}

/* ---- boolean structure ---- */

static struct node *node_new(struct parser *p, enum node_kind kind, struct ast_pos pos)
{
	struct node *n = arena_zalloc(p->arena, sizeof(*n));

	n->kind = kind;
	n->pos = pos;
	return n;
}

static struct node *parse_embedded(struct parser *p)
{
	struct node *n = NULL;

	if (enter(p)) {
		lex_blank(&p->lex);
		n = parse_or(p);
		lex_blank(&p->lex);
		if (!lex_text(&p->lex, STR(")")))
			lex_fail(&p->lex, "expected a ')' token");
	}
	leave(p);
	return n;
}

static struct node *parse_check(struct parser *p)
{
	struct ast_pos pos = p->lex.pos;
	struct operand left;
	struct node *n;

	if (lex_text(&p->lex, STR("(")))
		return parse_embedded(p);
	if (parse_field(p, &left) || parse_transformer(p, &left)) {
		n = node_new(p, NODE_CHECK, pos);
		n->left = left;
		parse_condition(p, n);
		return n;
	}
	if (lex_identifier(&p->lex)) {
		n = node_new(p, NODE_IDENT, pos);
		n->ident = p->lex.last;
		return n;
	}
	lex_fail(&p->lex, "expected a '(' token, a field check, or an identifier");
	return NULL;
}

static struct node *parse_not(struct parser *p)
{
	struct ast_pos pos = p->lex.pos;
	struct node *n, *kid;
	bool negated = false;

	while (lex_not(&p->lex))
		negated = !negated;
	if (lex_text(&p->lex, STR("not("))) {
		negated = !negated;
		kid = parse_embedded(p);
	} else {
		kid = parse_check(p);
	}
	if (!negated)
		return kid;
	n = node_new(p, NODE_NOT, pos);
	n->kids = arena_alloc(p->arena, sizeof(struct node *));
	n->kids[0] = kid;
	n->nkids = 1;
	return n;
}

typedef struct node *(*parse_fn)(struct parser *p);

/* Operands of one of the two joining words; a single one stands for itself. */
static struct node *parse_joined(
	struct parser *p, enum node_kind kind, struct str word, parse_fn operand)
{
	struct ast_pos pos = p->lex.pos;
	struct node *n = NULL;
	node_vec kids = {0};

	lex_blank(&p->lex);
	vec_push(&kids, operand(p));
	lex_blank(&p->lex);
	while (lex_text(&p->lex, word)) {
		if (lex_blank(&p->lex))
			vec_push(&kids, operand(p));
		else if (lex_text(&p->lex, STR("(")))
			vec_push(&kids, parse_embedded(p));
		else
			lex_fail(&p->lex, "expected blank or '(' after '%s'", word.p);
		lex_blank(&p->lex);
	}
	n = kids.v[0];
	if (kids.n > 1) {
		n = node_new(p, kind, pos);
		n->kids = arena_alloc(p->arena, kids.n * sizeof(struct node *));
		n->nkids = kids.n;
		memcpy(n->kids, kids.v, kids.n * sizeof(struct node *));
	}
	vec_done(&kids);
	return n;
}

static struct node *parse_and(struct parser *p)
{
	return parse_joined(p, NODE_AND, STR("and"), parse_not);
}

static struct node *parse_or(struct parser *p)
{
	return parse_joined(p, NODE_OR, STR("or"), parse_and);
}

struct node *filter_parse(struct arena *a, struct str text, struct parse_error *err)
{
	struct parser p = {.arena = a};
	struct node *n;

	lex_init(&p.lex, a, arena_str(a, text), err);
	if (!text.n)
		lex_fail(&p.lex, "filter input string is empty");
	n = parse_or(&p);
	if (!p.lex.failed && !lex_at_end(&p.lex))
		lex_fail(&p.lex, "unexpected token after '%.*s', expecting 'or', 'and'",
			STR_ARG(p.lex.last));
	return p.lex.failed ? NULL : n;
}

size_t filter_parse_operand(
	struct arena *a, struct str text, struct operand *ret, struct parse_error *err)
{
	struct parser p = {.arena = a};

	lex_init(&p.lex, a, text, err);
	if (parse_field(&p, ret) || parse_transformer(&p, ret))
		return p.lex.pos.index;
	lex_fail(&p.lex, "unexpected token after '%.*s'", STR_ARG(p.lex.last));
	return 0;
}
