/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All figures about this process in one place: what the event threads pinned up, outputs, the
 * machine.  Everything here may be called from any thread but the event threads', which only know
 * their boards.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H
#include "output/outputs.h"
#include "web/board.h"

#define MAX_BOARDS 16
/* What the status page's subscription is called; it is none of the outputs told of. */
#define METRICS_PAGE_OUTPUT "status page"
/* The internal alert that figures are told with; the page shows them itself. */
#define METRICS_SNAPSHOT_RULE "Falco internal: metrics snapshot"

struct metrics_config {
	const char *version, *hostname;
	const char *host_root; /* NULL: / */
	uint64_t start_ts;     /* ns since the epoch */
};

struct metrics;
/* g: a reference is taken. Strings are borrowed. */
struct metrics *metrics_new(const struct metrics_config *c, struct generation *g);
/* After everybody else is done with it; NULL is fine. */
void metrics_free(struct metrics *m);

/*
 * A board for one more event source (at most MAX_BOARDS), before readers are started. Strings are
 * borrowed.
 */
struct board *metrics_add_board(struct metrics *m, const char *source, const char *engine);
size_t metrics_nboards(const struct metrics *m);
struct board *metrics_board(struct metrics *m, size_t i);

/* Another configuration counts from now on; a reference is taken. */
void metrics_set_generation(struct metrics *m, struct generation *g);
/* With a reference. */
struct generation *metrics_generation(struct metrics *m);
/* The outputs that figures are asked of, NULL: none, e.g. before they go. */
void metrics_set_outputs(struct metrics *m, struct outputs *o);
/* What they say; 0 when there are none. */
size_t metrics_outputs(
	struct metrics *m, struct output_stats *ret, size_t max, uint64_t *ret_dropped);

const struct metrics_config *metrics_config(const struct metrics *m);
uint64_t metrics_started_ns(const struct metrics *m); /* monotonic */

/* Everything as Prometheus' text. */
void metrics_prometheus(struct metrics *m, struct buf *out);

/* Figures of the sample before, for differences; {0} at first. One for each board. */
struct metrics_before {
	uint64_t taken_ns, events, captured, dropped;
};
/* Everything as fields, of one source; *before is brought up to date. */
void metrics_fields(struct metrics *m, size_t board, uint64_t ts, struct metrics_before *before,
	struct field_pairs *ret);
#endif
