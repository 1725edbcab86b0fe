/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every sink has a thread, because every one of them can block: a pipe that nobody reads, a file
 * on a server that is gone, a socket, a program.  A thread that waits costs a few pages; sharing
 * one between sinks would let the slowest hold up the rest.
 *
 * What is noted about a sink (counts, its last error) is guarded by the lock of the lanes, and
 * never held while the sink is called.
 */
#include "output/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Buffered alerts are written when this long no other came. */
#define IDLE_FLUSH_MS 1000

enum job { JOB_NONE, JOB_ALERT, JOB_FLUSH, JOB_REOPEN, JOB_IDLE, JOB_STOP };

/* ---- calling the sink ---- */

static void enter(struct worker *w)
{
	w->sink->lost = 0;
	w->sink->error[0] = '\0';
	atomic_store(&w->busy_since, monotonic_ns());
}

static void leave(struct worker *w)
{
	atomic_store(&w->busy_since, 0);
}

static const char *reason(const struct worker *w, int r)
{
	return w->sink->error[0] ? w->sink->error : strerror(-r);
}

/* Says when a sink begins to fail, and when it works again. */
static void note(struct worker *w, int r)
{
	bool failing = r != 0, changed = failing != w->failing;
	char text[512];

	if (!failing && !changed)
		return;
	pthread_mutex_lock(&w->lane.all->lock);
	w->failing = failing;
	if (failing)
		snprintf(w->last_error, sizeof(w->last_error), "%s", reason(w, r));
	pthread_mutex_unlock(&w->lane.all->lock);
	if (!changed)
		return;
	if (failing)
		snprintf(text, sizeof(text), "%s output: %s, alerts to it are lost", w->sink->name,
			reason(w, r));
	else
		snprintf(text, sizeof(text), "%s output: works again", w->sink->name);
	w->shop->log(failing ? PRIORITY_ERROR : PRIORITY_NOTICE, text);
}

/* ---- jobs ---- */

static void write_alert(struct worker *w, struct alert_box *b)
{
	struct lanes *all = w->lane.all;
	int r;

	enter(w);
	r = w->sink->write(w->sink, &b->alert);
	leave(w);
	note(w, r);
	pthread_mutex_lock(&all->lock);
	if (r) {
		uint64_t lost = MAX(w->sink->lost, 1);

		w->failed += lost;
		w->written -= lost - 1;
	} else {
		w->written++;
	}
	w->current_since = 0;
	w->lane.ndone++;
	lanes_release_locked(all, b);
	pthread_cond_broadcast(&all->moved);
	pthread_mutex_unlock(&all->lock);
}

static void flush(struct worker *w)
{
	int r;

	if (!w->sink->flush)
		return;
	enter(w);
	r = w->sink->flush(w->sink);
	leave(w);
	if (!r)
		return;
	note(w, r);
	pthread_mutex_lock(&w->lane.all->lock);
	w->failed += w->sink->lost;
	w->written -= w->sink->lost;
	pthread_mutex_unlock(&w->lane.all->lock);
}

static void answer_flush(struct worker *w)
{
	flush(w);
	pthread_mutex_lock(&w->lane.all->lock);
	w->flush_done = w->flush_taken;
	pthread_cond_broadcast(&w->lane.all->moved);
	pthread_mutex_unlock(&w->lane.all->lock);
}

static void reopen(struct worker *w)
{
	int r;

	if (!w->sink->reopen)
		return;
	enter(w);
	r = w->sink->reopen(w->sink);
	leave(w);
	note(w, r);
}

static void close_sink(struct worker *w)
{
	pthread_mutex_lock(&w->lane.all->lock);
	w->closed = true;
	pthread_mutex_unlock(&w->lane.all->lock);
	enter(w);
	w->sink->close(w->sink);
	leave(w);
}

/* ---- the thread ---- */

static enum job find_job(const struct worker *w)
{
	if (w->reopen)
		return JOB_REOPEN;
	if (w->flush_asked != w->flush_done && w->lane.ndone >= w->flush_at)
		return JOB_FLUSH;
	if (w->lane.n)
		return JOB_ALERT;
	return w->stop ? JOB_STOP : JOB_NONE;
}

/* Waits for something to do; when alerts may be buffered, not for ever (JOB_IDLE). */
static enum job next_job(struct worker *w, struct alert_box **ret)
{
	struct timespec until = monotonic_after(IDLE_FLUSH_MS);
	pthread_mutex_t *lock = &w->lane.all->lock;
	enum job job;
	int r = 0;

	pthread_mutex_lock(lock);
	while ((job = find_job(w)) == JOB_NONE && r != ETIMEDOUT)
		r = w->shop->buffered ? pthread_cond_timedwait(&w->lane.filled, lock, &until)
				      : pthread_cond_wait(&w->lane.filled, lock);
	if (job == JOB_REOPEN)
		w->reopen = false;
	if (job == JOB_FLUSH)
		w->flush_taken = w->flush_asked;
	if (job == JOB_ALERT) {
		*ret = lane_pop_locked(&w->lane);
		w->current_since = (*ret)->queued_ns;
	}
	pthread_mutex_unlock(lock);
	return job == JOB_NONE ? JOB_IDLE : job;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct alert_box *box;
	enum job job;

	do {
		job = next_job(w, &box);
		if (job == JOB_ALERT)
			write_alert(w, box);
		else if (job == JOB_REOPEN)
			reopen(w);
		else if (job == JOB_FLUSH)
			answer_flush(w);
		else if (job == JOB_IDLE)
			flush(w);
	} while (job != JOB_STOP);
	flush(w);
	close_sink(w);
	return NULL;
}

/* ---- from outside ---- */

int worker_new(
	struct workshop *shop, struct sink *s, size_t capacity, bool holds_up, struct worker **ret)
{
	struct worker *w = mem_zalloc(sizeof(*w));
	int r;

	w->shop = shop;
	w->sink = s;
	w->lane = (struct lane){.capacity = capacity, .holds_up = holds_up};
	if (!lane_init(&w->lane, &shop->lanes)) {
		free(w);
		return -ENOSPC;
	}
	r = pthread_create(&w->thread, NULL, work, w);
	if (r) {
		worker_free(w);
		return -r;
	}
	*ret = w;
	return 0;
}

static void ask(struct worker *w, bool *what)
{
	pthread_mutex_lock(&w->lane.all->lock);
	*what = true;
	pthread_cond_signal(&w->lane.filled);
	pthread_mutex_unlock(&w->lane.all->lock);
}

void worker_ask_stop(struct worker *w)
{
	ask(w, &w->stop);
}

void worker_ask_reopen(struct worker *w)
{
	ask(w, &w->reopen);
}

void worker_ask_flush_locked(struct worker *w)
{
	w->flush_asked++;
	w->flush_at = w->lane.nput;
	pthread_cond_signal(&w->lane.filled);
}

bool worker_join(struct worker *w, const struct timespec *until)
{
	return pthread_clockjoin_np(w->thread, NULL, CLOCK_MONOTONIC, until) == 0;
}

void worker_free(struct worker *w)
{
	lane_done(&w->lane);
	free(w);
}

void worker_discard(struct worker *w)
{
	lane_discard(&w->lane);
	pthread_mutex_lock(&w->lane.all->lock);
	if (!w->closed && w->sink->cancel)
		w->sink->cancel(w->sink);
	pthread_mutex_unlock(&w->lane.all->lock);
}

static uint64_t ms_since(uint64_t ns)
{
	uint64_t now = monotonic_ns();

	return ns && now > ns ? (now - ns) / 1000000 : 0;
}

bool worker_stats_locked(struct worker *w, struct output_stats *ret)
{
	const struct alert_box *first = lane_first_locked(&w->lane);
	uint64_t since = w->current_since ? w->current_since : first ? first->queued_ns : 0;

	if (w->closed)
		return false;
	*ret = (struct output_stats){.name = w->sink->name,
		.written = w->written,
		.dropped = w->lane.ndropped,
		.failed = w->failed,
		.retried = w->retried,
		.lag_alerts = w->lane.n + (w->current_since != 0),
		.lag_ms = ms_since(since),
		.busy_ms = ms_since(atomic_load(&w->busy_since)),
		.failing = w->failing};
	memcpy(ret->last_error, w->last_error, sizeof(ret->last_error));
	return true;
}

const char *worker_stuck_locked(struct worker *w, unsigned timeout_ms)
{
	uint64_t since = atomic_load(&w->busy_since);

	if (w->closed || !since || since == w->reported || ms_since(since) < timeout_ms)
		return NULL;
	w->reported = since;
	return w->sink->name;
}
