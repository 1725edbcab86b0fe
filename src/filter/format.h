/* SPDX-License-Identifier: Apache-2.0 */
/* Output formats: text with %field, %<width>field and %transformer(field...). */
#ifndef FILTER_FORMAT_H
#define FILTER_FORMAT_H
#include "filter/extractor.h"

struct format;

/* Widest that a token may be asked to be, in bytes. */
#define FORMAT_MAX_WIDTH 65535

/*
 * NULL with *err ("invalid formatting token ..." as Falco words it). Lives in a; text and source
 * are copied.
 */
struct format *format_compile(
	struct arena *a, struct str text, struct str source, struct atom_error *err);
/*
 * The same with something in front: a format that is correct in itself. The '*' stands there, if
 * anywhere; places in *err are in text.
 */
struct format *format_compile_behind(struct arena *a, struct str prefix, struct str text,
	struct str source, struct atom_error *err);
/*
 * Appends the text for this event, "<NA>" where it has no value. False when a value was missing
 * and the format does not begin with '*' (which is no part of the text).
 * Text and JSON of one event share their values: each is extracted once.
 */
bool format_text(struct format *f, struct event_ctx *ctx, struct buf *out);
/* The same without the prefix. */
bool format_text_behind(struct format *f, struct event_ctx *ctx, struct buf *out);
/*
 * The members of a JSON object, sorted by key, without braces: "evt.time":1,"fd.name":"x".
 * with_transformed: also a member per transformed token, not only for the fields inside.
 */
void format_json(struct format *f, struct event_ctx *ctx, bool with_transformed, struct buf *out);
/*
 * What it uses behind the prefix, in order, as often as it does: "field[arg]", and outermost
 * transformers behind the fields that are inside.
 */
size_t format_fields(const struct format *f, const struct str **ret);
#endif
