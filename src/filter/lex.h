/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of conditions; which one is tried is up to the grammar (parse.c). */
#ifndef FILTER_LEX_H
#define FILTER_LEX_H
#include "filter/parse.h"

struct lexer {
	struct arena *arena;
	struct str text;
	struct ast_pos pos; /* of the next byte */
	struct str last;    /* the token read last, without quotes and escapes */
	struct parse_error *err;
	bool failed; /* *err is filled: nothing is read any more */
};

void lex_init(struct lexer *l, struct arena *a, struct str text, struct parse_error *err);
/* The first mistake is the one that is told; its place is where reading stopped. */
void lex_fail(struct lexer *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool lex_at_end(const struct lexer *l);

/* All of these step over a token and return true when it comes next, else leave all as it was. */
bool lex_blank(struct lexer *l);
bool lex_text(struct lexer *l, struct str s);
bool lex_not(struct lexer *l);	      /* "not" and the blanks behind it */
bool lex_identifier(struct lexer *l); /* letter, then letters, digits, _ */
bool lex_field_name(struct lexer *l); /* identifiers joined by dots, at least two */
bool lex_field_arg(struct lexer *l);  /* what may stand in [] without quotes */
bool lex_number(struct lexer *l);     /* decimal, with sign, fraction, exponent; or 0x... */
bool lex_bare(struct lexer *l);	      /* a text without quotes */
bool lex_quoted(struct lexer *l);     /* also false, and failed, for a wrong escape */
/* An operator; word operators of OPK_STRING only with a blank behind them, which goes with them. */
bool lex_op(struct lexer *l, enum op_kind kind, enum op *ret);
bool lex_modifier(struct lexer *l, enum modifier *ret);
/* The name of a transformer and its "(". "val" is only for the right-hand side: see lex_text. */
bool lex_transformer(struct lexer *l, enum transformer *ret);
/* Whether a list in () or the name of one comes next, but not and, or, not. */
bool lex_list_follows(const struct lexer *l);
#endif
