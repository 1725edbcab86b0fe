/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks go round: some are read, some are filled, and some are between the two, so that neither
 * side waits for the other as long as they are equally fast on average.  Whoever has to wait does
 * so until there is work for half of the blocks: to wake a thread on another core takes as long as
 * to fill a fifth of a block.  Who may touch a block follows from three counters, which the lock
 * guards; the bytes themselves need none.
 */
#include "capture/ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

#define BLOCKS 16u
#define HALF (BLOCKS / 2)
#define BLOCK_SIZE (128u * 1024)

struct block {
	size_t n;
	uint8_t room[AHEAD_ROOM];
	uint8_t bytes[BLOCK_SIZE];
};

struct ahead {
	ahead_pull *pull;
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled_more, freed_more;
	/* Blocks since the start: freed <= taken <= filled <= freed + BLOCKS. */
	uint64_t filled, taken, freed;
	bool stop, ended;
	struct block blocks[BLOCKS];
};

/* ---- the thread ---- */

static bool wait_for_room(struct ahead *a)
{
	bool stop;

	pthread_mutex_lock(&a->lock);
	if (a->filled - a->freed == BLOCKS)
		while (!a->stop && a->filled - a->freed > BLOCKS - HALF)
			pthread_cond_wait(&a->freed_more, &a->lock);
	stop = a->stop;
	pthread_mutex_unlock(&a->lock);
	return !stop;
}

static void fill(struct ahead *a, struct block *b)
{
	size_t got;

	b->n = 0;
	do {
		got = a->pull(a->arg, b->bytes + b->n, BLOCK_SIZE - b->n);
		b->n += got;
	} while (got && b->n < BLOCK_SIZE);
}

/* Whether a reader that waits is to be woken: at the start, and at the end, for a single block. */
static bool enough(const struct ahead *a)
{
	return a->ended || a->filled - a->taken >= (a->taken ? HALF : 1);
}

/* The last block is empty. */
static void *run(void *arg)
{
	struct ahead *a = arg;
	bool more = true, wake;

	while (more && wait_for_room(a)) {
		struct block *b = &a->blocks[a->filled % BLOCKS];

		fill(a, b);
		more = b->n != 0;
		pthread_mutex_lock(&a->lock);
		a->filled++;
		a->ended = !more;
		wake = enough(a);
		pthread_mutex_unlock(&a->lock);
		if (wake)
			pthread_cond_signal(&a->filled_more);
	}
	return NULL;
}

/* ---- the reader ---- */

static void destroy(struct ahead *a)
{
	pthread_cond_destroy(&a->freed_more);
	pthread_cond_destroy(&a->filled_more);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

struct ahead *ahead_start(ahead_pull *pull, void *arg)
{
	struct ahead *a = mem_alloc(sizeof(*a));

	a->pull = pull;
	a->arg = arg;
	a->filled = a->taken = a->freed = 0;
	a->stop = a->ended = false;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled_more, NULL);
	pthread_cond_init(&a->freed_more, NULL);
	if (thread_start(&a->thread, run, a) < 0) {
		destroy(a);
		return NULL;
	}
	return a;
}

uint8_t *ahead_next(struct ahead *a, size_t *ret_n)
{
	struct block *b = &a->blocks[a->taken % BLOCKS];

	pthread_mutex_lock(&a->lock);
	if (a->taken == a->filled)
		while (!enough(a))
			pthread_cond_wait(&a->filled_more, &a->lock);
	/* The empty block at the end is not taken: it answers the next call, too. */
	if (b->n)
		a->taken++;
	pthread_mutex_unlock(&a->lock);
	*ret_n = b->n;
	return b->bytes;
}

void ahead_give_back(struct ahead *a, unsigned keep)
{
	bool wake = false;

	pthread_mutex_lock(&a->lock);
	if (a->taken > a->freed + keep) {
		a->freed = a->taken - keep;
		wake = a->filled - a->freed <= BLOCKS - HALF;
	}
	pthread_mutex_unlock(&a->lock);
	if (wake)
		pthread_cond_signal(&a->freed_more);
}

void ahead_stop(struct ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->freed_more);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	destroy(a);
}
