/* SPDX-License-Identifier: Apache-2.0 */
/* What the status page tells of the past: the last alerts, and how figures went. One thread. */
#ifndef WEB_RECENT_H
#define WEB_RECENT_H
#include "web/metrics.h"

#define RECENT_ALERTS 50
#define RECENT_POINTS 150
#define RECENT_EVERY_MS 2000

struct recent_alert {
	uint64_t ts, seq; /* seq: how many there were before */
	enum priority priority;
	char rule[128];
	struct buf text; /* the line as outputs have it, cut at some length */
};

/* Sums over all sources. */
struct recent_point {
	uint64_t taken_ns; /* monotonic */
	uint64_t events, dropped, matches;
};

struct recent;
/* NULL when there is no thread to be had. o may be NULL. */
struct recent *recent_new(struct metrics *m, struct outputs *o);
void recent_free(struct recent *w); /* before the outputs; NULL is fine */
/* Other outputs from now on; to be called before those before are freed. */
void recent_set_outputs(struct recent *w, struct outputs *o);
/* Calls fn for the last alerts, newest first. */
void recent_alerts(
	struct recent *w, void (*fn)(void *arg, const struct recent_alert *a), void *arg);
/* The last points, oldest first: how many. */
size_t recent_points(struct recent *w, struct recent_point ret[RECENT_POINTS]);
#endif
