/* SPDX-License-Identifier: Apache-2.0 */
/* What the single transformers do to values. */
#ifndef FILTER_TRANSFORM_H
#define FILTER_TRANSFORM_H
#include "base/arena.h"
#include "filter/ast.h"
#include "filter/value.h"

/* The type that the result has; false when t takes no such values. join, concat, getopt: never. */
bool transform_type(enum transformer t, uint8_t *type, bool *list);
/*
 * Applies t to *v, which is of this type, or a list of it (then to each element); false: no value.
 * Texts are made in a.
 */
bool transform_value(enum transformer t, struct arena *a, uint8_t type, bool list, struct value *v);

/* ---- getopt.c: options out of a list of arguments, as getopt(3) finds them ---- */

struct getopt_spec {
	bool known[256], takes_arg[256];
};

/* optstring: option letters, each followed by ':' when it takes an argument. */
void getopt_spec_init(struct getopt_spec *spec, struct str optstring);
/*
 * selector -1: a list of what was found, letters and arguments, "?" for unknown ones. Else the
 * text that belongs to this letter: its argument, or itself; false when it is not among args. The
 * last one counts. A missing argument is "".
 */
bool getopt_extract(const struct getopt_spec *spec, int selector, struct arena *a,
	const struct value *args, size_t n, struct value *ret);
#endif
