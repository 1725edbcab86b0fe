/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue between those who raise alerts and the one thread that writes them.  It owns the boxes
 * that it gives out and takes back.
 */
#ifndef OUTPUT_QUEUE_H
#define OUTPUT_QUEUE_H
#include <pthread.h>

#include "output/alert.h"

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled, handled;
	struct alert_box *head, **tail; /* waiting */
	struct alert_box *free;
	size_t nwaiting, nfree, bytes; /* bytes: of the texts that wait */
	size_t capacity;	       /* alerts; 0: only bytes are limited */
	bool wait;		       /* when full, put waits */
	uint64_t nput, nhandled, ndropped;
	uint64_t flush_asked, flush_taken, flush_done; /* numbers of requests */
	uint64_t flush_at; /* nhandled from which on the last one can be met */
	bool reopen, stop; /* asked of the worker */
	bool discard;	   /* put drops everything */
};

enum queue_event { QUEUE_ALERT, QUEUE_REOPEN, QUEUE_FLUSH, QUEUE_IDLE, QUEUE_STOP };

void queue_init(struct queue *q, size_t capacity, bool wait);
void queue_done(struct queue *q);
/* A box to render into. */
struct alert_box *queue_box(struct queue *q);
/* Hands it to the worker. False when it had to be dropped; *ret_first: it was the first one. */
bool queue_put(struct queue *q, struct alert_box *b, bool *ret_first);
/*
 * What the worker is to do next: waits for it, but when idle_ms is not 0, no longer than that
 * (QUEUE_IDLE). FLUSH comes when what was put before it has been handled, STOP when nothing waits.
 */
enum queue_event queue_take(struct queue *q, unsigned idle_ms, struct alert_box **ret);
/* The worker is done with a box. */
void queue_recycle(struct queue *q, struct alert_box *b);
/* The worker is done with a FLUSH. */
void queue_flushed(struct queue *q);
uint64_t queue_dropped(struct queue *q);
void queue_ask_reopen(struct queue *q);
void queue_ask_stop(struct queue *q);
/* Everything that waits is dropped, and whatever comes. Returns how many there were. */
size_t queue_discard(struct queue *q);
/*
 * Waits until the worker has handled and flushed everything that was put. False: for timeout_ms
 * (0: no limit) nothing moved.
 */
bool queue_flush(struct queue *q, unsigned timeout_ms);
#endif
