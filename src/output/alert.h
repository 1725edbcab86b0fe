/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An alert with the memory for its texts, and how one is rendered.  Boxes are used again and
 * again: in steady state an alert allocates nothing.
 */
#ifndef OUTPUT_ALERT_H
#define OUTPUT_ALERT_H
#include "base/vec.h"
#include "output/outputs.h"

struct alert_box {
	struct alert alert; /* points into the rest */
	struct buf text;    /* the line */
	struct buf names;   /* rule, source and tags, NUL-terminated one after the other */
	struct buf scratch, fields;
	VEC(const char *) tags;
	size_t id_at;	/* in text: where the id of a spooled alert goes, 0: nowhere */
	bool spooled;	/* the spool has it */
	uint64_t after; /* it follows all that the spool holds below this number */

	/* Of the lanes that it waits in, and guarded by their lock: */
	unsigned refs;
	bool lost;		/* by at least one of them */
	size_t bytes;		/* of memory */
	uint64_t queued_ns;	/* monotonic clock */
	struct alert_box *next; /* in the list of free ones */
};

void alert_box_done(struct alert_box *b);
size_t alert_box_bytes(const struct alert_box *b);
/* The alert of a rule for an event, as c wants it. */
void alert_render_rule(struct alert_box *b, const struct outputs_config *c, const struct rule *r,
	struct event_ctx *ctx);
/* An internal alert, its fields sorted by key; as outputs_internal(). */
void alert_render_internal(struct alert_box *b, const struct outputs_config *c, uint64_t ts,
	enum priority p, const char *rule, const char *message, const char *const *fields,
	size_t npairs);
#endif
