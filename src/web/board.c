/* SPDX-License-Identifier: Apache-2.0 */
#include "web/board.h"
#include "base/clock.h"

#include <errno.h>
#include <time.h>

/* Readers who come so soon after another one are given what that one got. */
#define FRESH_NS 200000000u

struct snapshot *snapshot_new(struct generation *g)
{
	struct snapshot *s = mem_zalloc(sizeof(*s));

	atomic_init(&s->refs, 1);
	s->generation = generation_ref(g);
	s->taken_ns = monotonic_ns();
	s->by_rule = mem_zalloc((g->max_index + 1) * sizeof(*s->by_rule));
	samples_init(&s->samples, g->groups);
	return s;
}

void snapshot_unref(struct snapshot *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1)
		return;
	generation_unref(s->generation);
	samples_done(&s->samples);
	free(s->by_rule);
	free(s);
}

struct board *board_new(const char *source, const char *engine, struct generation *g)
{
	struct board *b = mem_zalloc(sizeof(*b));

	b->source = source;
	b->engine = engine;
	atomic_init(&b->wanted, false);
	atomic_init(&b->mailbox, NULL);
	sem_init(&b->arrived, 0, 0);
	pthread_mutex_init(&b->lock, NULL);
	b->current = snapshot_new(g);
	return b;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	snapshot_unref(atomic_load(&b->mailbox));
	snapshot_unref(b->current);
	sem_destroy(&b->arrived);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

void board_publish(struct board *b, struct snapshot *s)
{
	atomic_store_explicit(&b->wanted, false, memory_order_relaxed);
	snapshot_unref(atomic_exchange_explicit(&b->mailbox, s, memory_order_acq_rel));
	sem_post(&b->arrived);
}

static void wait_for_it(struct board *b, unsigned ms)
{
	uint64_t until = monotonic_ns() + (uint64_t)ms * 1000000;
	struct timespec t = {
		.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};

	while (sem_trywait(&b->arrived) == 0)
		;
	atomic_store_explicit(&b->wanted, true, memory_order_relaxed);
	while (sem_clockwait(&b->arrived, CLOCK_MONOTONIC, &t) != 0 && errno == EINTR)
		;
}

struct snapshot *board_read(struct board *b, unsigned wait_ms)
{
	struct snapshot *s;
	uint64_t now;

	pthread_mutex_lock(&b->lock);
	now = monotonic_ns();
	if (now - b->asked_ns > FRESH_NS) {
		wait_for_it(b, wait_ms);
		b->asked_ns = monotonic_ns();
	}
	s = atomic_exchange_explicit(&b->mailbox, NULL, memory_order_acq_rel);
	if (s) {
		snapshot_unref(b->current);
		b->current = s;
	}
	s = b->current;
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	pthread_mutex_unlock(&b->lock);
	return s;
}
