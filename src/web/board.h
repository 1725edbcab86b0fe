/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the thread of an event source pins up its figures for others to read.
 *
 * Readers ask (one atomic store), the event thread sees that between two events (one relaxed load),
 * fills a snapshot and swaps it into a mailbox (one exchange): it never takes a lock and never
 * waits. Readers settle among themselves with a lock who empties the mailbox.
 */
#ifndef WEB_BOARD_H
#define WEB_BOARD_H
#include <pthread.h>
#include <semaphore.h>

#include "web/generation.h"

/* Figures of one source at one moment. Not changed once it is published. */
struct snapshot {
	_Atomic unsigned refs;
	struct generation *generation;
	uint64_t taken_ns;	    /* monotonic */
	uint64_t events;	    /* handled */
	uint64_t captured, dropped; /* by the source */
	uint64_t matches;	    /* of all rules */
	uint64_t by_priority[PRIORITY_DEBUG + 1];
	uint64_t *by_rule; /* by index, generation->max_index of them */
	struct samples samples;
};

struct board {
	const char *source;	      /* of events: "syscall" */
	_Atomic(const char *) engine; /* as scap.engine_name has it */
	_Atomic bool wanted;
	_Atomic(struct snapshot *) mailbox; /* the newest, until a reader takes it */
	sem_t arrived;
	pthread_mutex_t lock;	  /* of the rest: readers' */
	struct snapshot *current; /* never NULL */
	uint64_t asked_ns;
};

/* Strings are borrowed. A first snapshot without figures is there from the start. */
struct board *board_new(const char *source, const char *engine, struct generation *g);
void board_free(struct board *b);

/* Any thread: another engine than it was made with. */
static inline void board_set_engine(struct board *b, const char *engine)
{
	b->engine = engine;
}

/* ---- the event thread ---- */

/* Whether somebody waits for figures. To be asked between events. */
static inline bool board_wanted(struct board *b)
{
	return b && atomic_load_explicit(&b->wanted, memory_order_relaxed);
}

/* A snapshot to be filled, of the time and generation given. */
struct snapshot *snapshot_new(struct generation *g);
/* Hands it over. */
void board_publish(struct board *b, struct snapshot *s);

/* ---- readers, any thread ---- */

/*
 * The newest snapshot, with a reference for the caller. The event thread is asked for a new one
 * and given wait_ms to bring it, unless it was asked just before; if it does not (it waits for
 * events), the last one it is.
 */
struct snapshot *board_read(struct board *b, unsigned wait_ms);
void snapshot_unref(struct snapshot *s);
#endif
