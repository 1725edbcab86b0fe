/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of one sink: takes alerts from its lane and from the spool, and writes them. */
#ifndef OUTPUT_WORKER_H
#define OUTPUT_WORKER_H
#include <stdatomic.h>

#include "output/lanes.h"
#include "output/sink.h"
#include "output/spool.h"

/* What all workers of some outputs share. */
struct workshop {
	struct lanes lanes;
	struct spool *spool; /* NULL: none */
	void (*log)(int level, const char *text);
	bool buffered;
};

struct output_kind;

struct worker_config {
	const struct output_kind *kind; /* NULL: none of the configuration's */
	const char *place;		/* NULL is "" */
	size_t capacity;		/* of the lane */
	bool holds_up;			/* as in struct lane */
	bool spooled;			/* gets its alerts from the spool, as this reader of it */
	unsigned reader;
};

struct worker {
	struct lane lane;
	struct workshop *shop;
	const struct output_kind *kind;
	char *place;
	struct sink *sink;
	pthread_t thread;
	unsigned reader; /* of the spool; only where lane.spooled */

	/* Guarded by the lock of the lanes: */
	bool reopen, stop;
	struct sink *next; /* takes the place of sink as soon as that is free, NULL: none does */
	uint64_t retry_at; /* when to try again what failed, 0: at once */
	unsigned failures; /* in a row */
	uint64_t flush_asked, flush_taken, flush_done; /* numbers of requests */
	uint64_t flush_at;			       /* lane.ndone that the last one waits for */
	uint64_t flush_seq;			       /* and how far the spool is to be read */
	uint64_t written, failed, retried;
	uint64_t outlived;	/* alerts that the spool had no more when we came to them */
	unsigned unsettled;	/* written since the last acknowledgement */
	uint64_t current_since; /* when the alert at hand was queued, 0: none */
	uint64_t spooled_ns;	/* when the last one read from the spool came there */
	char last_error[128];
	bool failing; /* was reported */
	bool closed;  /* the sink is gone, or about to */
	bool ended;   /* the thread is */

	_Atomic uint64_t busy_since; /* in a call of the sink since; ns, 0: not */
	uint64_t reported;	     /* busy_since that the watchdog has told of */
};

/*
 * Starts one; 0 or -errno. The sink is the worker's from then on. Signals should be blocked by
 * the caller while this runs: the thread inherits that.
 */
int worker_new(
	struct workshop *shop, struct sink *s, const struct worker_config *c, struct worker **ret);
/* Asks it to end when nothing waits any more that would be lost. */
void worker_ask_stop(struct worker *w);
/*
 * Another sink for the same place: it gets what waits and what comes, when the one before has been
 * closed; a worker that was asked to end does not. Returns the one that is not of use, to be
 * closed: s, if the worker has ended, one that was to be next, or NULL.
 */
struct sink *worker_use_locked(struct worker *w, struct sink *s);
/* Whether it has ended before the time until (CLOCK_MONOTONIC). */
bool worker_join(struct worker *w, const struct timespec *until);
/* After it has ended. */
void worker_free(struct worker *w);
void worker_ask_reopen(struct worker *w);
void worker_ask_flush_locked(struct worker *w);
/* A number that changes when it gets on. */
uint64_t worker_progress_locked(const struct worker *w);
/* The alerts of its lane are lost, and its sink is asked to come back. */
void worker_discard(struct worker *w);
/* False: there is nothing to tell any more. */
bool worker_stats_locked(struct worker *w, struct output_stats *ret);
/* The name of a sink that does not come back for timeout_ms, once each time; else NULL. */
const char *worker_stuck_locked(struct worker *w, unsigned timeout_ms);
#endif
