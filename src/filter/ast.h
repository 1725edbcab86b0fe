/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a condition: and/or/not over checks, and references to macros by name.
 * Everything lives in the arena of whoever parsed it.
 */
#ifndef FILTER_AST_H
#define FILTER_AST_H
#include "base/arena.h"
#include "base/buf.h"
#include "tables/tables.h"

/* Place in the parsed text: byte index from 0, line and column from 1. */
struct ast_pos {
	uint32_t index, line, col;
};

/* Operators and transformers are rows of tables/operators.def. */
enum op {
#define OP(sym, text, kind, help) OP_##sym,
#define MODIFIER(sym, text, help)
#define TRANSFORMER(sym, name, help)
#include "tables/operators.def"
#undef OP
#undef MODIFIER
#undef TRANSFORMER
	OP_MAX
};

enum op_kind { OPK_UNARY, OPK_NUMERIC, OPK_STRING, OPK_LIST };

struct op_info {
	const char *text;
	enum op_kind kind;
	const char *help;
};
extern const struct op_info op_table[OP_MAX];

/* Of a string operator with a list: how many of its elements must satisfy it. */
enum modifier {
	MOD_NONE,
#define OP(sym, text, kind, help)
#define MODIFIER(sym, text, help) MOD_##sym,
#define TRANSFORMER(sym, name, help)
#include "tables/operators.def"
#undef OP
#undef MODIFIER
#undef TRANSFORMER
	MOD_MAX
};
extern const char *const modifier_names[MOD_MAX]; /* "" for MOD_NONE */

enum transformer {
#define OP(sym, text, kind, help)
#define MODIFIER(sym, text, help)
#define TRANSFORMER(sym, name, help) TR_##sym,
#include "tables/operators.def"
#undef OP
#undef MODIFIER
#undef TRANSFORMER
	TR_MAX
};
extern const char *const transformer_names[TR_MAX];

enum operand_kind {
	OPERAND_FIELD,	   /* text is the field's name, arg what stands in [] */
	OPERAND_TRANSFORM, /* transformer over items, arg what stands in [] behind it */
	OPERAND_VALUE,	   /* text is the constant, unescaped */
	OPERAND_LIST,	   /* items are constants (or, inside a transformer, any operand) */
	OPERAND_IDENT,	   /* a bare identifier where a list is expected: name of a list */
};

struct operand {
	enum operand_kind kind;
	enum transformer transformer;
	struct str text;
	struct str arg; /* STR_NONE: none */
	struct operand *items;
	size_t nitems;
	struct ast_pos pos;
};

struct atom; /* filter/atom.h */

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_IDENT, NODE_CHECK };

struct node {
	enum node_kind kind;
	struct ast_pos pos;
	struct node **kids; /* AND, OR: at least one; NOT: exactly one */
	size_t nkids;
	struct str ident; /* IDENT: name of a macro */
	/* CHECK: left op right; right is unused by OPK_UNARY */
	struct operand left, right;
	enum op op;
	enum modifier modifier;
	struct str origin; /* of a check that came out of a macro: its name, else STR_NONE */
	struct atom *atom; /* of a check once it is compiled; equal checks may share one */
};

/* Of the nodes: texts and operands are shared with n, which lives as long. */
struct node *ast_copy(struct arena *a, const struct node *n);
/*
 * Canonical text, as in condition_compiled: "(evt.type = open and not proc.name in (a, b))". What
 * Falco prints, which leaves out quotes that reading it again would need: around "", "(" and ",".
 */
void ast_print(struct buf *b, const struct node *n);
void ast_print_operand(struct buf *b, const struct operand *o);
/* The same with all quotes: parses to an equal tree. Different trees have different texts. */
void ast_print_source(struct buf *b, const struct node *n);
/* A constant as it must be written to be read back: quoted when it needs to be. */
void ast_print_value(struct buf *b, struct str value);
/* Same meaning, places and origins aside; "=" and "==" are different texts and so not equal. */
bool ast_equal(const struct node *a, const struct node *b);
bool ast_operand_equal(const struct operand *a, const struct operand *b);
/* Of a check; equal ones have the same. */
uint64_t ast_hash(const struct node *check);
#endif
