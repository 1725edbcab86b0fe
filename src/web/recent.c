/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread sleeps until an alert comes or the next point is due. Alerts are copied into a ring
 * of buffers that are used again and again, so that a storm of them costs little.
 */
#include "web/recent.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "output/sink.h"

#define MAX_TEXT 8192
/* Alerts that may wait for us. */
#define QUEUE 4096

struct recent {
	struct metrics *metrics;
	pthread_t thread;
	sem_t wake;
	_Atomic bool stop;
	pthread_mutex_t feed_lock; /* of feed: whoever takes alerts from it */
	struct subscription *feed;
	pthread_mutex_t lock; /* of what follows */
	struct recent_alert alerts[RECENT_ALERTS];
	size_t nalerts; /* ever; the next one goes to nalerts % RECENT_ALERTS */
	struct recent_point points[RECENT_POINTS];
	size_t npoints; /* likewise */
};

static void keep(struct recent *w, const struct alert *a)
{
	struct recent_alert *x;

	pthread_mutex_lock(&w->lock);
	x = &w->alerts[w->nalerts % RECENT_ALERTS];
	x->seq = w->nalerts++;
	x->ts = a->ts;
	x->priority = a->priority;
	snprintf(x->rule, sizeof(x->rule), "%s", a->rule);
	x->text.n = 0;
	buf_str(&x->text, str_head(a->text, MAX_TEXT));
	pthread_mutex_unlock(&w->lock);
}

static void take_alerts(struct recent *w)
{
	const struct alert *a;

	pthread_mutex_lock(&w->feed_lock);
	while (w->feed && (a = subscription_next(w->feed)))
		if (strcmp(a->rule, METRICS_SNAPSHOT_RULE) != 0)
			keep(w, a);
	pthread_mutex_unlock(&w->feed_lock);
}

static void take_point(struct recent *w)
{
	struct recent_point p = {.taken_ns = monotonic_ns()};

	for (size_t i = 0; i < metrics_nboards(w->metrics); i++) {
		struct snapshot *s = board_read(metrics_board(w->metrics, i), 100);

		p.events += s->events;
		p.dropped += s->dropped;
		p.matches += s->matches;
		snapshot_unref(s);
	}
	pthread_mutex_lock(&w->lock);
	w->points[w->npoints++ % RECENT_POINTS] = p;
	pthread_mutex_unlock(&w->lock);
}

static void *work(void *arg)
{
	struct recent *w = arg;
	uint64_t due = monotonic_ns();

	while (!atomic_load(&w->stop)) {
		struct timespec until;

		if (monotonic_ns() >= due) {
			take_point(w);
			due = monotonic_ns() + RECENT_EVERY_MS * UINT64_C(1000000);
		}
		take_alerts(w);
		until = (struct timespec){
			.tv_sec = (time_t)(due / 1000000000), .tv_nsec = (long)(due % 1000000000)};
		sem_clockwait(&w->wake, CLOCK_MONOTONIC, &until);
	}
	return NULL;
}

static void wake(void *arg)
{
	sem_post(&((struct recent *)arg)->wake);
}

void recent_set_outputs(struct recent *w, struct outputs *o)
{
	pthread_mutex_lock(&w->feed_lock);
	subscription_end(w->feed);
	w->feed = o ? outputs_subscribe(o, METRICS_PAGE_OUTPUT, QUEUE, wake, w) : NULL;
	pthread_mutex_unlock(&w->feed_lock);
}

static void release(struct recent *w)
{
	for (size_t i = 0; i < RECENT_ALERTS; i++)
		buf_done(&w->alerts[i].text);
	pthread_mutex_destroy(&w->feed_lock);
	pthread_mutex_destroy(&w->lock);
	sem_destroy(&w->wake);
	free(w);
}

struct recent *recent_new(struct metrics *m, struct outputs *o)
{
	struct recent *w = mem_zalloc(sizeof(*w));

	w->metrics = m;
	atomic_init(&w->stop, false);
	sem_init(&w->wake, 0, 0);
	pthread_mutex_init(&w->feed_lock, NULL);
	pthread_mutex_init(&w->lock, NULL);
	if (thread_start(&w->thread, work, w) < 0) {
		release(w);
		return NULL;
	}
	recent_set_outputs(w, o);
	return w;
}

void recent_free(struct recent *w)
{
	if (!w)
		return;
	recent_set_outputs(w, NULL);
	atomic_store(&w->stop, true);
	sem_post(&w->wake);
	pthread_join(w->thread, NULL);
	release(w);
}

void recent_alerts(struct recent *w, void (*fn)(void *arg, const struct recent_alert *a), void *arg)
{
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < MIN(w->nalerts, (size_t)RECENT_ALERTS); i++)
		fn(arg, &w->alerts[(w->nalerts - 1 - i) % RECENT_ALERTS]);
	pthread_mutex_unlock(&w->lock);
}

size_t recent_points(struct recent *w, struct recent_point ret[RECENT_POINTS])
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = MIN(w->npoints, (size_t)RECENT_POINTS);
	for (size_t i = 0; i < n; i++)
		ret[i] = w->points[(w->npoints - n + i) % RECENT_POINTS];
	pthread_mutex_unlock(&w->lock);
	return n;
}
