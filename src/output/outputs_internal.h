/* SPDX-License-Identifier: Apache-2.0 */
/* What outputs.c and subscribe.c share. */
#ifndef OUTPUT_OUTPUTS_INTERNAL_H
#define OUTPUT_OUTPUTS_INTERNAL_H
#include "base/token_bucket.h"
#include "output/worker.h"

struct subscription {
	struct outputs *o;
	struct lane lane;
	const char *name;
	void (*wake)(void *arg);
	void (*stats)(void *arg, struct output_stats *io);
	void *arg;
	struct alert_box *current;
};

struct outputs {
	struct workshop shop;
	struct outputs_config config; /* strings are ours */
	pthread_t watchdog;

	pthread_mutex_t limit_lock;
	struct token_bucket limit; /* of alerts of rules, unless its rate is 0 */

	/* Guarded by the lock of the lanes: */
	struct worker *workers[MAX_LANES];
	unsigned nworkers;
	struct worker *retired[MAX_LANES]; /* get no more alerts, and end when they have none */
	unsigned nretired;
	struct subscription *subscriptions[MAX_LANES];
	unsigned nsubscriptions;
	pthread_cond_t watch_wake;
	bool watch_stop;
	bool left_behind;	    /* the thread of a sink that was removed */
	_Atomic bool spool_failing; /* was reported */

	struct outputs *next; /* in abandoned */
};

/* Of the lanes, and of all that says so. */
static inline void outputs_lock(struct outputs *o)
{
	pthread_mutex_lock(&o->shop.lanes.lock);
}

static inline void outputs_unlock(struct outputs *o)
{
	pthread_mutex_unlock(&o->shop.lanes.lock);
}

/* 0 or -errno. */
int outputs_start_worker(struct outputs *o, struct sink *s, const struct worker_config *c);
/* Whether all of them came back in time. Those that did not stay in v, the others are NULL. */
bool outputs_end_workers(struct worker **v, unsigned n, unsigned timeout_ms);
/* Frees retired workers that have ended. */
void outputs_reap(struct outputs *o);
/* At the end, when there are no other threads: waits for them as long as is due. False: some did
 * not come back. */
bool outputs_end_retired(struct outputs *o);
void subscription_stats_locked(const struct subscription *s, struct output_stats *ret);
#endif
