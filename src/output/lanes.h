/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From those who raise alerts to those who take them: every alert is there once, however many
 * want it, and everyone who takes has a lane of his own, a bounded ring of references.  A lane
 * that is full loses what comes, and counts it; the others do not notice.
 *
 * One lock guards all of it, for pointer moves only: nothing is rendered or written while it is
 * held.  Functions named ..._locked expect that the caller holds it.
 */
#ifndef OUTPUT_LANES_H
#define OUTPUT_LANES_H
#include <pthread.h>

#include "output/alert.h"

#define MAX_LANES 64

struct lanes;

struct lane {
	struct lanes *all;
	pthread_cond_t filled;
	void (*wake)(struct lane *l); /* called instead, with the lock held, unless NULL */
	struct alert_box **ring;
	size_t size, head, n;	/* of the ring; size is a power of two or 0 */
	size_t capacity, bytes; /* alerts, 0: only bytes are limited */
	bool holds_up;		/* where lanes wait, they wait for this one */
	bool spooled;		/* has a reader of the spool: is only told of what is kept there */
	bool discard;		/* loses everything */
	uint64_t nput, ndone, ndropped;
};

struct lanes {
	pthread_mutex_t lock;
	pthread_cond_t moved; /* a lane got on: there may be room, or nothing left to do */
	struct lane *v[MAX_LANES];
	unsigned n;
	bool wait;	   /* who raises an alert waits for room */
	uint64_t ndropped; /* alerts that at least one lane lost */
	struct alert_box *free;
	size_t nfree;
};

void lanes_init(struct lanes *all, bool wait);
/* The lanes must be done before. */
void lanes_done(struct lanes *all);
/* A box to render into. */
struct alert_box *lanes_box(struct lanes *all);
/*
 * Puts b into every lane. False when one of them lost it; *ret_first: it was the first loss of all.
 * Wakes those who wait on filled.
 */
bool lanes_put(struct lanes *all, struct alert_box *b, bool *ret_first);
/* Whoever took b is done with it. */
void lanes_release_locked(struct lanes *all, struct alert_box *b);

/*
 * Adds a lane, in which capacity, holds_up and wake are set and all else is zero. It gets what is
 * put from now on. False: there are MAX_LANES.
 */
bool lane_init(struct lane *l, struct lanes *all);
/* Loses what still waits, without counting it, and leaves. */
void lane_done(struct lane *l);
/* It gets no more; what waits stays. */
void lane_leave_locked(struct lane *l);
/* After that: it gets what is put from now on, behind what waits. False: there are MAX_LANES. */
bool lane_return_locked(struct lane *l);
/* The next one, NULL if there is none. */
static inline struct alert_box *lane_first_locked(const struct lane *l)
{
	return l->n ? l->ring[l->head] : NULL;
}
/* Takes the next one, to be released when it has been dealt with. */
struct alert_box *lane_pop_locked(struct lane *l);
/* What waits is dropped, and whatever comes. Returns how many there were. */
size_t lane_discard(struct lane *l);
#endif
