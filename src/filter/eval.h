/* SPDX-License-Identifier: Apache-2.0 */
/* What an atom is made of: between atom.c, which compiles it, and eval.c, which evaluates it. */
#ifndef FILTER_EVAL_H
#define FILTER_EVAL_H
#include "filter/atom.h"
#include "filter/compare.h"

struct atom {
	bool (*eval)(struct atom *a, struct event_ctx *ctx);
	struct field field; /* the left side, when left is NULL */
	struct right right; /* the constants, when other is NULL */
	match_fn match;
	bool clean; /* texts of the field have to be cleaned before they are compared */
	enum op op;
	enum modifier modifier;
	uint8_t type; /* of the left side, of its elements when it is a list */
	bool list;
	struct extractor *left;	 /* a left side that is more than a field */
	struct extractor *other; /* a right side that is no constant */
	struct host **hosts;	 /* of FF_HOST fields: the constants */
	size_t nhosts;
};

/* Sets a->eval according to all the rest. */
void eval_choose(struct atom *a);
#endif
