/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every sink has a thread, because every one of them can block: a pipe that nobody reads, a file
 * on a server that is gone, a socket, a program.  A thread that waits costs a few pages; sharing
 * one between sinks would let the slowest hold up the rest.
 *
 * Where there is a spool, alerts come from it, and from the lane only what it could not keep; the
 * numbers of the one and the places of the other give one order.  A failure then takes the worker
 * back to what the sink has not taken for sure, and it tries again, less and less often.
 *
 * What is noted about a sink (counts, its last error) is guarded by the lock of the lanes, and
 * never held while the sink is called.
 */
#include "output/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"

/* Buffered alerts are written when this long no other came. */
#define IDLE_FLUSH_MS 1000
/* How long between looks whether the other side has taken what it was given. */
#define SETTLE_MS 50
/* How many alerts may be written between two acknowledgements, where these cost something. */
#define SETTLE_AFTER 256
#define LAST_LOOK_MS 10
#define LAST_LOOKS 100
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 10000
#define MS UINT64_C(1000000)

enum job {
	JOB_NONE,
	JOB_ALERT,
	JOB_SPOOLED,
	JOB_SETTLE,
	JOB_FLUSH,
	JOB_REOPEN,
	JOB_CHANGE,
	JOB_IDLE,
	JOB_STOP
};

static void lock(struct worker *w)
{
	pthread_mutex_lock(&w->lane.all->lock);
}

static void unlock(struct worker *w)
{
	pthread_mutex_unlock(&w->lane.all->lock);
}

static void tell_others(struct worker *w)
{
	pthread_cond_broadcast(&w->lane.all->moved);
}

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

/* Says when a sink begins to fail, and when it works again. again: what failed is not lost. */
static void note(struct worker *w, int r, bool again)
{
	bool failing = r != 0, changed = failing != w->failing;
	char text[512];

	if (!failing && !changed)
		return;
	lock(w);
	w->failing = failing;
	if (failing)
		snprintf(w->last_error, sizeof(w->last_error), "%s", reason(w, r));
	unlock(w);
	if (!changed)
		return;
	if (failing)
		snprintf(text, sizeof(text), "%s output: %s, %s", w->sink->name, reason(w, r),
			again ? "it will be tried again" : "alerts to it are lost");
	else
		snprintf(text, sizeof(text), "%s output: works again", w->sink->name);
	w->shop->log(failing ? PRIORITY_ERROR : PRIORITY_NOTICE, text);
}

static int call(struct worker *w, int (*what)(struct sink *))
{
	int r;

	if (!what)
		return 0;
	enter(w);
	r = what(w->sink);
	leave(w);
	return r;
}

static int call_write(struct worker *w, const struct alert *a)
{
	int r;

	enter(w);
	r = w->sink->write(w->sink, a);
	leave(w);
	return r;
}

/* ---- from the lane ---- */

static void write_alert(struct worker *w, struct alert_box *b)
{
	int r = call_write(w, &b->alert);

	note(w, r, false);
	lock(w);
	if (r) {
		uint64_t lost = MAX(w->sink->lost, 1);

		w->failed += lost;
		w->written -= lost - 1;
	} else {
		w->written++;
	}
	w->current_since = 0;
	w->lane.ndone++;
	lanes_release_locked(w->lane.all, b);
	tell_others(w);
	unlock(w);
}

static void flush(struct worker *w)
{
	int r = call(w, w->sink->flush);

	if (!r)
		return;
	note(w, r, false);
	lock(w);
	w->failed += w->sink->lost;
	w->written -= w->sink->lost;
	unlock(w);
}

/* ---- from the spool ---- */

static bool settles_at_once(const struct worker *w)
{
	return !w->sink->untaken && !(w->sink->flush && w->shop->buffered);
}

/*
 * After a failure: what the sink knows to have been taken is so all the same. Returns how many of
 * the unsettled ones those are.
 */
static unsigned save_taken(struct worker *w)
{
	struct spool *s = w->shop->spool;
	uint64_t next = spool_next(s, w->reader), acked = spool_acked(s, w->reader);

	if (!w->sink->untaken || !w->sink->lost || w->sink->lost > next - acked)
		return 0;
	spool_ack(s, w->reader, next - w->sink->lost);
	return (unsigned)MIN(next - w->sink->lost - acked, w->unsettled);
}

/* It failed: back to what is not acknowledged, after a while. */
static void fall_back(struct worker *w, int r)
{
	uint64_t pause = MIN((uint64_t)RETRY_FIRST_MS << MIN(w->failures, 16u), RETRY_MAX_MS);
	unsigned taken = save_taken(w);

	spool_rewind(w->shop->spool, w->reader);
	note(w, r, true);
	lock(w);
	w->retried++;
	w->failures++;
	w->retry_at = monotonic_ns() + pause * MS;
	w->written -= w->unsettled - taken;
	w->unsettled = 0;
	tell_others(w);
	unlock(w);
}

/* All that was written is taken, but for the last n. */
static void acknowledge(struct worker *w, unsigned n)
{
	spool_ack(w->shop->spool, w->reader, spool_next(w->shop->spool, w->reader) - n);
	lock(w);
	w->unsettled = n;
	tell_others(w);
	unlock(w);
}

/* Finds out what the sink has taken for sure. */
static void settle(struct worker *w)
{
	int r = call(w, w->sink->flush);

	if (!r)
		r = call(w, w->sink->untaken);
	if (r < 0)
		fall_back(w, r);
	else
		acknowledge(w, MIN((unsigned)r, w->unsettled));
}

/* What became of writing one: 0, or -EBADMSG, with which it is over too. */
static void spooled_done(struct worker *w, const struct spooled *got, int r)
{
	note(w, r, false);
	lock(w);
	w->failures = 0;
	w->retry_at = 0;
	w->spooled_ns = got->spooled_ns;
	w->failed += r != 0;
	w->written += r == 0;
	w->unsettled += r == 0;
	unlock(w);
	if (settles_at_once(w))
		acknowledge(w, 0);
	else if (w->unsettled >= SETTLE_AFTER)
		settle(w);
}

static void write_spooled(struct worker *w)
{
	const struct spooled *got;
	uint64_t lost;
	int k = spool_read(w->shop->spool, w->reader, &got, &lost), r;

	if (lost) {
		lock(w);
		w->outlived += lost;
		tell_others(w);
		unlock(w);
	}
	if (k < 0) {
		fall_back(w, k);
	} else if (k == 1) {
		lock(w);
		w->spooled_ns = got->spooled_ns;
		unlock(w);
		r = call_write(w, &got->alert);
		if (r && r != -EBADMSG)
			fall_back(w, r);
		else
			spooled_done(w, got, r);
	}
}

/* At the end the other side gets a moment to take what it has been given. */
static void settle_at_last(struct worker *w)
{
	for (int i = 0; i < LAST_LOOKS; i++) {
		settle(w);
		if (w->failing || !w->unsettled)
			return;
		nanosleep(&(struct timespec){.tv_nsec = LAST_LOOK_MS * (long)MS}, NULL);
	}
}

/* ---- other jobs ---- */

static void answer_flush(struct worker *w)
{
	if (!w->lane.spooled)
		flush(w);
	else if (!w->failing)
		settle(w);
	lock(w);
	w->flush_done = w->flush_taken;
	tell_others(w);
	unlock(w);
}

static void reopen(struct worker *w)
{
	int r = call(w, w->sink->reopen);

	if (w->lane.spooled && r)
		fall_back(w, r);
	else if (w->sink->reopen)
		note(w, r, false);
}

/* Closes the sink; false: there is none to go on with. */
static bool change_sink(struct worker *w)
{
	bool goes_on;

	if (!w->lane.spooled)
		flush(w);
	else if (!w->failing)
		settle_at_last(w);
	lock(w);
	w->closed = true;
	unlock(w);
	enter(w);
	w->sink->close(w->sink);
	leave(w);
	lock(w);
	goes_on = w->next;
	if (goes_on) {
		w->sink = w->next;
		w->next = NULL;
	}
	w->closed = !goes_on;
	w->ended = !goes_on;
	tell_others(w);
	unlock(w);
	return goes_on;
}

/* ---- the thread ---- */

static enum job find_alert(const struct worker *w)
{
	const struct alert_box *first = lane_first_locked(&w->lane);
	uint64_t next;

	if (!w->lane.spooled)
		return first ? JOB_ALERT : JOB_NONE;
	next = spool_next(w->shop->spool, w->reader);
	if (first && first->after <= next)
		return JOB_ALERT;
	if (next < spool_end(w->shop->spool))
		return JOB_SPOOLED;
	return JOB_NONE;
}

/* Whether a request to flush can be answered: all before it is done, or will not be for long. */
static bool can_flush(const struct worker *w)
{
	if (w->flush_asked == w->flush_done)
		return false;
	if (w->lane.spooled && w->failing)
		return true;
	return w->lane.ndone >= w->flush_at &&
	       (!w->lane.spooled || spool_next(w->shop->spool, w->reader) >= w->flush_seq);
}

static enum job find_job(const struct worker *w)
{
	enum job job = JOB_NONE;

	if (w->next)
		return JOB_CHANGE;
	if (w->reopen)
		return JOB_REOPEN;
	if (can_flush(w))
		return JOB_FLUSH;
	if (w->stop && w->lane.spooled)
		return JOB_STOP; /* the rest is for the next time */
	if (!w->retry_at || monotonic_ns() >= w->retry_at)
		job = find_alert(w);
	if (job == JOB_NONE && w->stop)
		return JOB_STOP;
	return job;
}

/* How long to wait at most when there is nothing to do, ms; 0: for ever. */
static uint64_t patience(const struct worker *w)
{
	uint64_t now;

	if (w->unsettled)
		return SETTLE_MS;
	if (w->retry_at) {
		now = monotonic_ns();
		return w->retry_at > now ? (w->retry_at - now) / MS + 1 : 1;
	}
	return w->shop->buffered ? IDLE_FLUSH_MS : 0;
}

static void wait_filled(struct worker *w, enum job *ret_idle)
{
	uint64_t ms = patience(w);
	struct timespec until;

	*ret_idle = JOB_NONE;
	if (!ms) {
		pthread_cond_wait(&w->lane.filled, &w->lane.all->lock);
		return;
	}
	until = monotonic_after(ms);
	if (pthread_cond_timedwait(&w->lane.filled, &w->lane.all->lock, &until) != ETIMEDOUT)
		return;
	if (w->unsettled)
		*ret_idle = JOB_SETTLE;
	else if (!w->retry_at && !w->lane.spooled)
		*ret_idle = JOB_IDLE;
}

static void begin(struct worker *w, enum job job, struct alert_box **ret)
{
	if (job == JOB_REOPEN) {
		w->reopen = false;
		w->retry_at = 0;
	} else if (job == JOB_FLUSH) {
		w->flush_taken = w->flush_asked;
	} else if (job == JOB_ALERT) {
		*ret = lane_pop_locked(&w->lane);
		w->current_since = (*ret)->queued_ns;
	}
}

/* Waits for something to do. */
static enum job next_job(struct worker *w, struct alert_box **ret)
{
	enum job job, idle = JOB_NONE;

	lock(w);
	while ((job = find_job(w)) == JOB_NONE && idle == JOB_NONE) {
		/* Before sleeping: nobody should have to wait for what he has got already. */
		if (w->unsettled && w->shop->buffered && !w->sink->untaken)
			idle = JOB_SETTLE;
		else
			wait_filled(w, &idle);
	}
	begin(w, job, ret);
	unlock(w);
	return job == JOB_NONE ? idle : job;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct alert_box *box;
	enum job job;

	for (;;) {
		job = next_job(w, &box);
		if (job == JOB_ALERT)
			write_alert(w, box);
		else if (job == JOB_SPOOLED)
			write_spooled(w);
		else if (job == JOB_SETTLE)
			settle(w);
		else if (job == JOB_REOPEN)
			reopen(w);
		else if (job == JOB_FLUSH)
			answer_flush(w);
		else if (job == JOB_IDLE)
			flush(w);
		else if (!change_sink(w))
			return NULL;
	}
}

/* ---- from outside ---- */

int worker_new(
	struct workshop *shop, struct sink *s, const struct worker_config *c, struct worker **ret)
{
	struct worker *w = mem_zalloc(sizeof(*w));
	int r;

	w->shop = shop;
	w->kind = c->kind;
	w->place = mem_strdup(c->place ? c->place : "");
	w->sink = s;
	w->reader = c->reader;
	w->lane = (struct lane){
		.capacity = c->capacity, .holds_up = c->holds_up, .spooled = c->spooled};
	if (!lane_init(&w->lane, &shop->lanes)) {
		free(w->place);
		free(w);
		return -ENOSPC;
	}
	r = thread_start(&w->thread, work, w);
	if (r) {
		worker_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

static void ask(struct worker *w, bool *what)
{
	lock(w);
	*what = true;
	pthread_cond_signal(&w->lane.filled);
	unlock(w);
}

void worker_ask_stop(struct worker *w)
{
	ask(w, &w->stop);
}

struct sink *worker_use_locked(struct worker *w, struct sink *s)
{
	struct sink *unused = w->next;

	if (w->ended)
		return s;
	w->next = s;
	w->stop = false;
	pthread_cond_signal(&w->lane.filled);
	return unused;
}

void worker_ask_reopen(struct worker *w)
{
	ask(w, &w->reopen);
}

void worker_ask_flush_locked(struct worker *w)
{
	w->flush_asked++;
	w->flush_at = w->lane.nput;
	if (w->lane.spooled)
		w->flush_seq = spool_end(w->shop->spool);
	pthread_cond_signal(&w->lane.filled);
}

uint64_t worker_progress_locked(const struct worker *w)
{
	uint64_t n = w->lane.ndone + w->flush_done;

	return w->lane.spooled ? n + spool_next(w->shop->spool, w->reader) : n;
}

bool worker_join(struct worker *w, const struct timespec *until)
{
	bool ended;
	int r = 0;

	lock(w);
	while (!w->ended && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&w->lane.all->moved, &w->lane.all->lock, until);
	ended = w->ended;
	unlock(w);
	if (ended)
		pthread_join(w->thread, NULL);
	return ended;
}

void worker_free(struct worker *w)
{
	lane_done(&w->lane);
	free(w->place);
	free(w);
}

void worker_discard(struct worker *w)
{
	lane_discard(&w->lane);
	lock(w);
	if (!w->closed && w->sink->cancel)
		w->sink->cancel(w->sink);
	unlock(w);
}
