/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a condition to its tree. Grammar: docs/conditions.md. */
#ifndef FILTER_PARSE_H
#define FILTER_PARSE_H
#include "filter/ast.h"

struct parse_error {
	struct ast_pos pos;
	char message[512];
};

/* Longest constant and deepest nesting that are accepted. */
#define FILTER_MAX_VALUE 255
#define FILTER_MAX_DEPTH 1000

/* NULL with *err filled when text is not a condition. The tree lives in a. */
struct node *filter_parse(struct arena *a, struct str text, struct parse_error *err);
/*
 * The field or transformer call that text begins with, as output formats have them behind '%'.
 * Returns its length, 0 when there is none: err->pos is how far text could be understood. *ret is
 * made of views of text.
 */
size_t filter_parse_operand(
	struct arena *a, struct str text, struct operand *ret, struct parse_error *err);
#endif
