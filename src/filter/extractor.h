/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operand that yields a value for an event: a field, or transformers over fields and constants.
 * Texts of fields are cleaned first: printable UTF-8. What b64 makes of them may be anything.
 */
#ifndef FILTER_EXTRACTOR_H
#define FILTER_EXTRACTOR_H
#include "filter/ast.h"
#include "filter/field.h"

struct atom_error {
	struct ast_pos pos;
	char message[512]; /* as Falco words it */
	const char *hint;  /* nearest known name, or NULL */
};

struct extractor;

/* NULL with *err when the operand is no such thing. Lives in a, as must the operand's texts. */
struct extractor *extractor_compile(
	struct arena *a, const struct operand *o, struct str source, struct atom_error *err);
/* The same without a word about what is wrong, which is quicker. */
struct extractor *extractor_try(struct arena *a, const struct operand *o, struct str source);
/* False: no value. Its texts may live in ctx->arena. */
bool extractor_eval(struct extractor *x, struct event_ctx *ctx, struct value *ret);
/* A field that says how to print the values: for a transformer one that is in no table. */
const struct field *extractor_field(const struct extractor *x);
/* The field itself, NULL for a transformer or constant. */
struct field *extractor_plain(struct extractor *x);
uint8_t extractor_type(const struct extractor *x);
bool extractor_is_list(const struct extractor *x);
/* What messages call it: the name of the (innermost) field. */
const char *extractor_name(const struct extractor *x);
/* enum field_flag of that field. */
uint32_t extractor_flags(const struct extractor *x);
/* The widest scope of all fields in it; SCOPE_EVENT when one is stateful. */
enum field_scope extractor_scope(const struct extractor *x);
/* No stateful field in it. */
bool extractor_pure(const struct extractor *x);
#endif
