/* SPDX-License-Identifier: Apache-2.0 */
#include "output/lanes.h"

#include <stdlib.h>

#include "base/clock.h"

/* What alerts may hold while they wait in a lane; of empty boxes: how many are kept, how large. */
#define MAX_BYTES (256u << 20)
#define MAX_FREE 1024
#define MAX_FREE_BYTES 65536
#define FIRST_SIZE 64

/* ---- boxes ---- */

void lanes_init(struct lanes *all, bool wait)
{
	*all = (struct lanes){.wait = wait};
	pthread_mutex_init(&all->lock, NULL);
	monotonic_cond_init(&all->moved);
}

static void free_box(struct alert_box *b)
{
	alert_box_done(b);
	free(b);
}

void lanes_done(struct lanes *all)
{
	struct alert_box *b, *next;

	for (b = all->free; b; b = next) {
		next = b->next;
		free_box(b);
	}
	pthread_cond_destroy(&all->moved);
	pthread_mutex_destroy(&all->lock);
}

struct alert_box *lanes_box(struct lanes *all)
{
	struct alert_box *b;

	pthread_mutex_lock(&all->lock);
	b = all->free;
	if (b) {
		all->free = b->next;
		all->nfree--;
	}
	pthread_mutex_unlock(&all->lock);
	return b ? b : mem_zalloc(sizeof(*b));
}

static void keep_box_locked(struct lanes *all, struct alert_box *b)
{
	if (all->nfree >= MAX_FREE || b->bytes > MAX_FREE_BYTES) {
		free_box(b);
		return;
	}
	b->next = all->free;
	all->free = b;
	all->nfree++;
}

void lanes_release_locked(struct lanes *all, struct alert_box *b)
{
	if (--b->refs == 0)
		keep_box_locked(all, b);
}

/* ---- putting ---- */

/* All lanes together hold no more than MAX_BYTES, whoever is slow. */
static bool is_full(const struct lane *l, const struct alert_box *b)
{
	return (l->capacity && l->n >= l->capacity) ||
	       (l->n && l->bytes + b->bytes > MAX_BYTES / l->all->n);
}

static bool must_wait(const struct lanes *all, const struct alert_box *b)
{
	if (!all->wait)
		return false;
	for (unsigned i = 0; i < all->n; i++) {
		const struct lane *l = all->v[i];

		if (l->holds_up && !l->discard && !(l->spooled && b->spooled) && is_full(l, b))
			return true;
	}
	return false;
}

static void grow(struct lane *l)
{
	size_t size = l->size ? 2 * l->size : FIRST_SIZE;
	struct alert_box **ring = mem_alloc(size * sizeof(struct alert_box *));

	for (size_t i = 0; i < l->n; i++)
		ring[i] = l->ring[(l->head + i) & (l->size - 1)];
	free(l->ring);
	l->ring = ring;
	l->size = size;
	l->head = 0;
}

static void lose(struct lane *l, struct alert_box *b)
{
	l->ndropped++;
	l->all->ndropped += !b->lost;
	b->lost = true;
}

static void put(struct lane *l, struct alert_box *b)
{
	if (l->spooled && b->spooled) {
		pthread_cond_signal(&l->filled);
		return;
	}
	if (l->discard) {
		l->ndropped++;
		return;
	}
	if (is_full(l, b)) {
		lose(l, b);
		return;
	}
	if (l->n == l->size)
		grow(l);
	l->ring[(l->head + l->n) & (l->size - 1)] = b;
	l->bytes += b->bytes;
	l->nput++;
	if (l->n++ == 0)
		l->wake ? l->wake(l) : (void)pthread_cond_signal(&l->filled);
	b->refs++;
}

bool lanes_put(struct lanes *all, struct alert_box *b, bool *ret_first)
{
	uint64_t before;
	bool ok;

	b->bytes = alert_box_bytes(b);
	b->refs = 1;
	b->lost = false;
	b->queued_ns = monotonic_ns();
	pthread_mutex_lock(&all->lock);
	while (must_wait(all, b))
		pthread_cond_wait(&all->moved, &all->lock);
	before = all->ndropped;
	for (unsigned i = 0; i < all->n; i++)
		put(all->v[i], b);
	ok = all->ndropped == before;
	*ret_first = !ok && before == 0;
	lanes_release_locked(all, b);
	pthread_mutex_unlock(&all->lock);
	return ok;
}

/* ---- lanes ---- */

bool lane_init(struct lane *l, struct lanes *all)
{
	bool ok;

	l->all = all;
	pthread_mutex_lock(&all->lock);
	ok = all->n < MAX_LANES;
	if (ok) {
		monotonic_cond_init(&l->filled);
		all->v[all->n++] = l;
	}
	pthread_mutex_unlock(&all->lock);
	return ok;
}

struct alert_box *lane_pop_locked(struct lane *l)
{
	struct alert_box *b = l->ring[l->head];

	l->head = (l->head + 1) & (l->size - 1);
	l->n--;
	l->bytes -= b->bytes;
	return b;
}

size_t lane_discard(struct lane *l)
{
	size_t n;

	pthread_mutex_lock(&l->all->lock);
	n = l->n;
	l->discard = true;
	while (l->n) {
		struct alert_box *b = lane_pop_locked(l);

		lose(l, b);
		lanes_release_locked(l->all, b);
	}
	l->ndone += n; /* that is progress */
	pthread_cond_broadcast(&l->all->moved);
	pthread_mutex_unlock(&l->all->lock);
	return n;
}

void lane_leave_locked(struct lane *l)
{
	struct lanes *all = l->all;

	for (unsigned i = 0; i < all->n; i++)
		if (all->v[i] == l)
			all->v[i] = all->v[--all->n];
	pthread_cond_broadcast(&all->moved);
}

bool lane_return_locked(struct lane *l)
{
	if (l->all->n == MAX_LANES)
		return false;
	l->all->v[l->all->n++] = l;
	return true;
}

void lane_done(struct lane *l)
{
	pthread_mutex_lock(&l->all->lock);
	while (l->n)
		lanes_release_locked(l->all, lane_pop_locked(l));
	lane_leave_locked(l);
	pthread_mutex_unlock(&l->all->lock);
	pthread_cond_destroy(&l->filled);
	free(l->ring);
}
