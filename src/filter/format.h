/* SPDX-License-Identifier: Apache-2.0 */
/* Output formats: text with %field, %<width>field and %transformer(field...). */
#ifndef FILTER_FORMAT_H
#define FILTER_FORMAT_H
#include "base/vec.h"
#include "filter/atom.h"

struct format;

/* NULL with *err ("invalid formatting token ..." as Falco words it). Lives in a. */
struct format *format_compile(
	struct arena *a, struct str text, struct str source, struct atom_error *err);
/* Values of all tokens for this event, extracted once; text and JSON are made of them. */
void format_text(struct format *f, struct event_ctx *ctx, struct buf *out);
/*
 * The members of a JSON object, sorted by key, without braces: "evt.time":1,"fd.name":"x".
 * with_transformed: also a member per transformed token.
 */
void format_json(struct format *f, struct event_ctx *ctx, bool with_transformed, struct buf *out);
/* Names of the plain fields that it uses, in order of first use ("field[arg]"). */
size_t format_fields(const struct format *f, const struct str **ret);
#endif
