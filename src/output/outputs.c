/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outputs: alerts are rendered by whoever raises them, queued, and written by one worker into
 * every sink, in the order in which they were queued.
 *
 * The worker notes what it is busy with; a second thread looks at that note and says when a sink
 * does not come back.  All signals are blocked on both, so that handlers run elsewhere and a pipe
 * without a reader is an error of write(), not the end of the process.
 */
#include "output/outputs.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/token_bucket.h"
#include "output/queue.h"
#include "output/sink.h"

#define MAX_SINKS 8
/* Buffered alerts are written when this long no other came. */
#define IDLE_FLUSH_MS 1000
#define DEFAULT_TIMEOUT_MS 2000
#define SECOND UINT64_C(1000000000)

struct outputs {
	struct outputs_config config; /* strings are ours */
	void (*log)(int level, const char *text);
	struct sink *sinks[MAX_SINKS];
	unsigned nsinks;
	struct queue queue;
	pthread_t worker, watchdog;

	pthread_mutex_t limit_lock;
	struct token_bucket limit; /* of alerts of rules, unless its rate is 0 */

	_Atomic(const char *) busy;  /* name of the sink that the worker is in, NULL none */
	_Atomic uint64_t busy_since; /* ns; also tells one time from the next */

	pthread_mutex_t watch_lock; /* of watch_stop */
	pthread_cond_t watch_wake;
	bool watch_stop;

	struct outputs *next; /* in abandoned */
};

/* Those whose worker never came back from a sink: it may still look at them. */
static struct outputs *abandoned;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- the worker ---- */

static void enter(struct outputs *o, struct sink *s)
{
	atomic_store(&o->busy_since, now_ns());
	atomic_store(&o->busy, s->name);
}

static void leave(struct outputs *o)
{
	atomic_store(&o->busy, NULL);
}

/* Says when a sink begins to fail, and when it works again. */
static void note(struct outputs *o, struct sink *s, int r)
{
	char text[512];

	if ((r != 0) == s->failing)
		return;
	s->failing = r != 0;
	if (r)
		snprintf(text, sizeof(text), "%s output: %s, alerts to it are lost", s->name,
			strerror(-r));
	else
		snprintf(text, sizeof(text), "%s output: works again", s->name);
	o->log(r ? PRIORITY_ERROR : PRIORITY_NOTICE, text);
}

static void write_all(struct outputs *o, const struct alert *a)
{
	for (unsigned i = 0; i < o->nsinks; i++) {
		struct sink *s = o->sinks[i];
		int r;

		enter(o, s);
		r = s->write(s, a);
		leave(o);
		note(o, s, r);
	}
}

static void flush_all(struct outputs *o)
{
	for (unsigned i = 0; i < o->nsinks; i++) {
		struct sink *s = o->sinks[i];
		int r;

		if (!s->flush)
			continue;
		enter(o, s);
		r = s->flush(s);
		leave(o);
		if (r)
			note(o, s, r);
	}
}

static void reopen_all(struct outputs *o)
{
	for (unsigned i = 0; i < o->nsinks; i++) {
		struct sink *s = o->sinks[i];
		int r;

		if (!s->reopen)
			continue;
		enter(o, s);
		r = s->reopen(s);
		leave(o);
		note(o, s, r);
	}
}

static void close_all(struct outputs *o)
{
	for (unsigned i = 0; i < o->nsinks; i++) {
		enter(o, o->sinks[i]);
		o->sinks[i]->close(o->sinks[i]);
		leave(o);
	}
}

static void *work(void *arg)
{
	struct outputs *o = arg;
	struct alert_box *box;
	enum queue_event what;

	do {
		what = queue_take(&o->queue, o->config.buffered ? IDLE_FLUSH_MS : 0, &box);
		if (what == QUEUE_ALERT) {
			write_all(o, &box->alert);
			queue_recycle(&o->queue, box);
		} else if (what == QUEUE_REOPEN) {
			reopen_all(o);
		} else if (what == QUEUE_FLUSH) {
			flush_all(o);
			queue_flushed(&o->queue);
		} else if (what == QUEUE_IDLE) {
			flush_all(o);
		}
	} while (what != QUEUE_STOP);
	close_all(o);
	return NULL;
}

/* ---- the watchdog ---- */

static struct timespec next_look(const struct outputs *o)
{
	uint64_t at = now_ns() + (uint64_t)o->config.timeout_ms * 500000;

	return (struct timespec){.tv_sec = (time_t)(at / SECOND), .tv_nsec = (long)(at % SECOND)};
}

/* Reports a sink that the worker has been in for too long; returns the time it was reported for. */
static uint64_t look(struct outputs *o, uint64_t reported)
{
	uint64_t since = atomic_load(&o->busy_since);
	const char *name = atomic_load(&o->busy);
	char text[128];

	if (!name || since == reported ||
		now_ns() - since < (uint64_t)o->config.timeout_ms * 1000000)
		return reported;
	snprintf(
		text, sizeof(text), "\"%s\" output timeout, all output channels are blocked", name);
	o->log(PRIORITY_CRITICAL, text);
	return since;
}

static void *watch(void *arg)
{
	struct outputs *o = arg;
	uint64_t reported = 0;

	pthread_mutex_lock(&o->watch_lock);
	while (!o->watch_stop) {
		struct timespec until = next_look(o);

		pthread_cond_timedwait(&o->watch_wake, &o->watch_lock, &until);
		reported = look(o, reported);
	}
	pthread_mutex_unlock(&o->watch_lock);
	return NULL;
}

static void stop_watching(struct outputs *o)
{
	pthread_mutex_lock(&o->watch_lock);
	o->watch_stop = true;
	pthread_cond_signal(&o->watch_wake);
	pthread_mutex_unlock(&o->watch_lock);
	pthread_join(o->watchdog, NULL);
}

/* ---- setting up ---- */

static void copy_config(struct outputs_config *to, const struct outputs_config *from)
{
	*to = *from;
	to->hostname = mem_strdup(from->hostname ? from->hostname : "");
	to->file_name = to->program = NULL; /* their sinks keep them */
	if (!to->timeout_ms)
		to->timeout_ms = DEFAULT_TIMEOUT_MS;
}

static void add(struct outputs *o, struct sink *s)
{
	assert(o->nsinks < MAX_SINKS);
	o->sinks[o->nsinks++] = s;
}

static void add_sinks(struct outputs *o, const struct outputs_config *c)
{
	if (c->file_enabled)
		add(o, sink_file_new(c->file_name, c->file_keep_alive, c->buffered));
	if (c->stdout_enabled)
		add(o, sink_stdout_new(c->buffered));
	if (c->syslog_enabled)
		add(o, sink_syslog_new());
	if (c->program_enabled)
		add(o, sink_program_new(c->program, c->program_keep_alive, c->buffered));
}

/* Threads with every signal blocked. 0 or the error. */
static int start_threads(struct outputs *o)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&o->worker, NULL, work, o);
	if (r) {
		close_all(o);
	} else {
		r = pthread_create(&o->watchdog, NULL, watch, o);
		if (r) {
			queue_ask_stop(&o->queue);
			pthread_join(o->worker, NULL);
		}
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

static void release(struct outputs *o)
{
	queue_done(&o->queue);
	pthread_cond_destroy(&o->watch_wake);
	pthread_mutex_destroy(&o->watch_lock);
	pthread_mutex_destroy(&o->limit_lock);
	free((char *)o->config.hostname);
	free(o);
}

static void init(struct outputs *o, const struct outputs_config *c)
{
	pthread_condattr_t attr;

	copy_config(&o->config, c);
	queue_init(&o->queue, c->queue_capacity, c->wait);
	pthread_mutex_init(&o->limit_lock, NULL);
	token_bucket_init(&o->limit, c->rate, c->max_burst, now_ns());
	pthread_mutex_init(&o->watch_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&o->watch_wake, &attr);
	pthread_condattr_destroy(&attr);
}

struct outputs *outputs_new(
	const struct outputs_config *c, void (*log)(int level, const char *text), char err[512])
{
	struct outputs *o = mem_zalloc(sizeof(*o));
	int r;

	init(o, c);
	o->log = log;
	add_sinks(o, c);
	if (!o->nsinks) {
		snprintf(err, 512,
			"No output configured, please make sure at least one output is configured "
			"and enabled.");
		release(o);
		return NULL;
	}
	r = start_threads(o);
	if (!r)
		return o;
	snprintf(err, 512, "Could not start the threads of the outputs: %s", strerror(r));
	release(o);
	return NULL;
}

/* ---- alerts ---- */

static void put(struct outputs *o, struct alert_box *b)
{
	bool first;

	if (!queue_put(&o->queue, b, &first) && first)
		o->log(PRIORITY_ERROR,
			"Outputs queue out of memory. Drop event and continue on ...");
}

/* Whether the rate allows one more alert of a rule. */
static bool allowed(struct outputs *o, const struct rule *r)
{
	char text[512];
	bool ok;

	if (o->config.rate <= 0)
		return true;
	pthread_mutex_lock(&o->limit_lock);
	ok = token_bucket_claim(&o->limit, now_ns());
	pthread_mutex_unlock(&o->limit_lock);
	if (!ok) {
		snprintf(text, sizeof(text), "Skipping rate-limited notification for rule %s",
			r->name);
		o->log(PRIORITY_DEBUG, text);
	}
	return ok;
}

void outputs_rule(struct outputs *o, const struct rule *r, struct event_ctx *ctx)
{
	struct alert_box *b;

	if (!allowed(o, r))
		return;
	b = queue_box(&o->queue);
	alert_render_rule(b, &o->config, r, ctx);
	put(o, b);
}

void outputs_internal(struct outputs *o, uint64_t ts, enum priority p, const char *rule,
	const char *message, const char *const *fields, size_t npairs)
{
	struct alert_box *b = queue_box(&o->queue);

	alert_render_internal(b, &o->config, ts, p, rule, message, fields, npairs);
	put(o, b);
}

void outputs_reopen(struct outputs *o)
{
	queue_ask_reopen(&o->queue);
}

void outputs_flush(struct outputs *o)
{
	queue_flush(&o->queue, o->config.wait ? 0 : o->config.timeout_ms);
}

uint64_t outputs_dropped(const struct outputs *o)
{
	return queue_dropped((struct queue *)&o->queue);
}

/* ---- the end ---- */

/* Whether the worker ends within the timeout. */
static bool join_worker(struct outputs *o)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += o->config.timeout_ms / 1000 + 1;
	return pthread_timedjoin_np(o->worker, NULL, &until) == 0;
}

void outputs_free(struct outputs *o)
{
	if (!o)
		return;
	outputs_flush(o);
	queue_ask_stop(&o->queue);
	if (!join_worker(o)) {
		o->log(PRIORITY_NOTICE,
			"output channels still blocked, discarding all remaining notifications");
		queue_discard(&o->queue);
		if (!join_worker(o)) {
			pthread_detach(o->worker);
			stop_watching(o);
			o->next = abandoned;
			abandoned = o;
			return;
		}
	}
	stop_watching(o);
	release(o);
}
