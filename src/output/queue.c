/* SPDX-License-Identifier: Apache-2.0 */
/* One lock guards it all: it is held for pointer moves only, never while rendering or writing. */
#include "output/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* What texts may hold while they wait, and how many empty boxes to keep. */
#define MAX_BYTES (256u << 20)
#define MAX_FREE 1024

void queue_init(struct queue *q, size_t capacity, bool wait)
{
	pthread_condattr_t attr;

	*q = (struct queue){.capacity = capacity, .wait = wait};
	q->tail = &q->head;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->filled, &attr);
	pthread_cond_init(&q->handled, &attr);
	pthread_condattr_destroy(&attr);
}

static void free_boxes(struct alert_box *b)
{
	struct alert_box *next;

	for (; b; b = next) {
		next = b->next;
		alert_box_done(b);
		free(b);
	}
}

void queue_done(struct queue *q)
{
	free_boxes(q->head);
	free_boxes(q->free);
	pthread_cond_destroy(&q->handled);
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
}

struct alert_box *queue_box(struct queue *q)
{
	struct alert_box *b;

	pthread_mutex_lock(&q->lock);
	b = q->free;
	if (b) {
		q->free = b->next;
		q->nfree--;
	}
	pthread_mutex_unlock(&q->lock);
	return b ? b : mem_zalloc(sizeof(*b));
}

/* Gives a box back, or frees it when there are enough. Locked. */
static void keep_box(struct queue *q, struct alert_box *b)
{
	if (q->nfree >= MAX_FREE) {
		b->next = NULL;
		free_boxes(b);
		return;
	}
	b->next = q->free;
	q->free = b;
	q->nfree++;
}

static bool is_full(const struct queue *q, const struct alert_box *b)
{
	return (q->capacity && q->nwaiting >= q->capacity) ||
	       (q->nwaiting && q->bytes + b->text.n > MAX_BYTES);
}

bool queue_put(struct queue *q, struct alert_box *b, bool *ret_first)
{
	bool ok;

	pthread_mutex_lock(&q->lock);
	while (q->wait && !q->discard && is_full(q, b))
		pthread_cond_wait(&q->handled, &q->lock);
	ok = !q->discard && !is_full(q, b);
	*ret_first = !ok && q->ndropped == 0;
	if (ok) {
		b->next = NULL;
		*q->tail = b;
		q->tail = &b->next;
		q->nwaiting++;
		q->nput++;
		q->bytes += b->text.n;
		pthread_cond_signal(&q->filled);
	} else {
		q->ndropped++;
		keep_box(q, b);
	}
	pthread_mutex_unlock(&q->lock);
	return ok;
}

static struct alert_box *pop(struct queue *q)
{
	struct alert_box *b = q->head;

	q->head = b->next;
	if (!q->head)
		q->tail = &q->head;
	q->nwaiting--;
	q->bytes -= b->text.n;
	return b;
}

static struct timespec after(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

/* What there is to do; locked. */
static enum queue_event next(const struct queue *q)
{
	if (q->reopen)
		return QUEUE_REOPEN;
	if (q->flush_asked != q->flush_done && q->nhandled >= q->flush_at)
		return QUEUE_FLUSH;
	if (q->head)
		return QUEUE_ALERT;
	return q->stop ? QUEUE_STOP : QUEUE_IDLE;
}

enum queue_event queue_take(struct queue *q, unsigned idle_ms, struct alert_box **ret)
{
	struct timespec until = after(idle_ms);
	enum queue_event what;
	int r = 0;

	pthread_mutex_lock(&q->lock);
	while ((what = next(q)) == QUEUE_IDLE && r != ETIMEDOUT)
		r = idle_ms ? pthread_cond_timedwait(&q->filled, &q->lock, &until)
			    : pthread_cond_wait(&q->filled, &q->lock);
	if (what == QUEUE_REOPEN)
		q->reopen = false;
	if (what == QUEUE_FLUSH)
		q->flush_taken = q->flush_asked;
	*ret = what == QUEUE_ALERT ? pop(q) : NULL;
	pthread_mutex_unlock(&q->lock);
	return what;
}

void queue_recycle(struct queue *q, struct alert_box *b)
{
	pthread_mutex_lock(&q->lock);
	q->nhandled++;
	keep_box(q, b);
	pthread_cond_broadcast(&q->handled);
	pthread_mutex_unlock(&q->lock);
}

void queue_flushed(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->flush_done = q->flush_taken;
	pthread_cond_broadcast(&q->handled);
	pthread_mutex_unlock(&q->lock);
}

static void ask(struct queue *q, bool *what)
{
	pthread_mutex_lock(&q->lock);
	*what = true;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

void queue_ask_reopen(struct queue *q)
{
	ask(q, &q->reopen);
}

void queue_ask_stop(struct queue *q)
{
	ask(q, &q->stop);
}

uint64_t queue_dropped(struct queue *q)
{
	uint64_t n;

	pthread_mutex_lock(&q->lock);
	n = q->ndropped;
	pthread_mutex_unlock(&q->lock);
	return n;
}

size_t queue_discard(struct queue *q)
{
	size_t n;

	pthread_mutex_lock(&q->lock);
	n = q->nwaiting;
	q->discard = true;
	while (q->head)
		keep_box(q, pop(q));
	q->ndropped += n;
	q->nhandled += n; /* that is progress */
	pthread_cond_broadcast(&q->handled);
	pthread_mutex_unlock(&q->lock);
	return n;
}

bool queue_flush(struct queue *q, unsigned timeout_ms)
{
	uint64_t wanted, seen;
	int r = 0;

	pthread_mutex_lock(&q->lock);
	wanted = ++q->flush_asked;
	q->flush_at = q->nput;
	pthread_cond_signal(&q->filled);
	while (q->flush_done < wanted && r != ETIMEDOUT) {
		struct timespec until = after(timeout_ms);

		seen = q->nhandled;
		r = timeout_ms ? pthread_cond_timedwait(&q->handled, &q->lock, &until)
			       : pthread_cond_wait(&q->handled, &q->lock);
		if (q->nhandled != seen)
			r = 0;
	}
	pthread_mutex_unlock(&q->lock);
	return r != ETIMEDOUT;
}
