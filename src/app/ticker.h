/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures at intervals, from a thread of their own: as an internal alert and as lines of a file
 * (metrics.*), and for -s. What cannot be written is said once, and tried again.
 */
#ifndef APP_TICKER_H
#define APP_TICKER_H
#include "web/metrics.h"

struct ticker_config {
	struct outputs *outputs;
	struct metrics *metrics;
	uint64_t interval_ms; /* of metrics; 0: none */
	bool output_rule;
	const char *output_file; /* "": none; strings are copied */
	const char *stats_file;	 /* NULL: none */
	uint64_t stats_interval_ms;
};

struct ticker;
/* NULL: reported. */
struct ticker *ticker_new(const struct ticker_config *c);
void ticker_free(struct ticker *t); /* NULL is fine */

/* ---- lines of -s (app/stats_file.c) ---- */

struct stats_sample {
	uint64_t events, drops;
};
/*
 * {"sample": 1, "cur": {...}, "delta": {...}, "drop_pct": 0}, as Falco 0.30 wrote it, with what
 * FALCO_STATS_EXTRA_name=value of the environment adds.
 */
void stats_file_line(
	struct buf *out, uint64_t sample, struct stats_sample now, struct stats_sample before);
#endif
