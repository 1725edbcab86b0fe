/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outputs: alerts are rendered by whoever raises them and put into a lane for every sink, in
 * one order for all; each sink has a worker that empties its lane.
 *
 * With a spool, an alert is on disk before anybody else gets to know of it, and workers read it
 * from there; what the disk does not take goes the other way.  Sinks and subscriptions from
 * elsewhere have only that way.
 *
 * Each worker notes since when it is in a call of its sink; one more thread looks at these notes
 * and says when a sink does not come back.  All signals are blocked on all of these threads, so
 * that handlers run elsewhere and a pipe without a reader is an error of write(), not the end of
 * the process.
 */
#include "output/outputs.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "output/kinds.h"
#include "output/outputs_internal.h"

#define DEFAULT_TIMEOUT_MS 2000

/* Those with a worker that never came back from its sink: it may still look at them. */
static struct outputs *abandoned;

/* ---- the watchdog ---- */

/* A number that changes when a worker gets on. */
static uint64_t progress(const struct outputs *o)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < o->nworkers; i++)
		sum += worker_progress_locked(o->workers[i]);
	return sum;
}

/*
 * Whoever waits for room, or for all to be written, may have been told to end meanwhile: he goes on
 * waiting as long as something moves.
 */
static void cease_waiting_locked(struct outputs *o, uint64_t *seen)
{
	uint64_t before = *seen;

	*seen = progress(o);
	if (!o->config.wait || *seen != before || !o->config.ending || !o->config.ending())
		return;
	o->config.wait = o->shop.lanes.wait = false;
	pthread_cond_broadcast(&o->shop.lanes.moved);
}

static void look(struct outputs *o)
{
	char text[MAX_LANES][128];
	unsigned n = 0;

	for (unsigned i = 0; i < o->nworkers; i++) {
		const char *name = worker_stuck_locked(o->workers[i], o->config.timeout_ms);

		if (name)
			snprintf(text[n++], sizeof(text[0]),
				"\"%s\" output timeout, it is blocked; other outputs go on", name);
	}
	outputs_unlock(o);
	for (unsigned i = 0; i < n; i++)
		o->shop.log(PRIORITY_CRITICAL, text[i]);
	outputs_lock(o);
}

static void *watch(void *arg)
{
	struct outputs *o = arg;
	uint64_t seen = 0;

	outputs_lock(o);
	while (!o->watch_stop) {
		struct timespec until = monotonic_after(o->config.timeout_ms / 2 + 1);

		pthread_cond_timedwait(&o->watch_wake, &o->shop.lanes.lock, &until);
		cease_waiting_locked(o, &seen);
		look(o);
		if (!o->nretired)
			continue;
		outputs_unlock(o);
		outputs_reap(o);
		outputs_lock(o);
	}
	outputs_unlock(o);
	return NULL;
}

static void stop_watching(struct outputs *o)
{
	outputs_lock(o);
	o->watch_stop = true;
	pthread_cond_signal(&o->watch_wake);
	outputs_unlock(o);
	pthread_join(o->watchdog, NULL);
}

/* ---- workers ---- */

int outputs_start_worker(struct outputs *o, struct sink *s, const struct worker_config *c)
{
	struct worker *w;
	int r;

	r = worker_new(&o->shop, s, c, &w);
	if (r)
		return r;
	outputs_lock(o);
	o->workers[o->nworkers++] = w;
	outputs_unlock(o);
	return 0;
}

bool outputs_end_workers(struct worker **v, unsigned n, unsigned timeout_ms)
{
	struct timespec until = monotonic_after(timeout_ms);
	bool all = true;

	for (unsigned i = 0; i < n; i++) {
		if (v[i] && worker_join(v[i], &until)) {
			worker_free(v[i]);
			v[i] = NULL;
		}
		all &= v[i] == NULL;
	}
	return all;
}

/*
 * Gives every worker the timeout to write what it still has, and those that do not come back once
 * more to give up. False: some did not even then; their threads stay behind.
 */
static bool stop_workers(struct outputs *o)
{
	struct worker *v[MAX_LANES];
	unsigned n = o->nworkers;
	bool all;

	outputs_lock(o);
	memcpy(v, o->workers, n * sizeof(struct worker *));
	o->nworkers = 0;
	outputs_unlock(o);
	for (unsigned i = 0; i < n; i++)
		worker_ask_stop(v[i]);
	if (outputs_end_workers(v, n, o->config.timeout_ms))
		return true;
	o->shop.log(PRIORITY_NOTICE,
		"output channels still blocked, discarding all remaining notifications");
	for (unsigned i = 0; i < n; i++)
		if (v[i])
			worker_discard(v[i]);
	all = outputs_end_workers(v, n, o->config.timeout_ms);
	for (unsigned i = 0; i < n; i++)
		if (v[i])
			pthread_detach(v[i]->thread);
	return all;
}

/* ---- setting up ---- */

static void init(struct outputs *o, const struct outputs_config *c)
{
	o->config = *c;
	o->config.hostname = mem_strdup(c->hostname ? c->hostname : "");
	if (!o->config.timeout_ms)
		o->config.timeout_ms = DEFAULT_TIMEOUT_MS;
	o->shop.buffered = c->buffered;
	lanes_init(&o->shop.lanes, c->wait);
	pthread_mutex_init(&o->limit_lock, NULL);
	token_bucket_init(&o->limit, c->rate, c->max_burst, monotonic_ns());
	monotonic_cond_init(&o->watch_wake);
}

static void release(struct outputs *o)
{
	spool_close(o->shop.spool);
	lanes_done(&o->shop.lanes);
	pthread_cond_destroy(&o->watch_wake);
	pthread_mutex_destroy(&o->limit_lock);
	free((char *)o->config.hostname);
	free(o);
}

static bool wants_spool(const struct outputs_config *c)
{
	return c->spool.path && *c->spool.path;
}

static void open_spool(
	struct outputs *o, const struct spool_config *c, struct sink **sinks, unsigned n)
{
	const char *names[MAX_LANES];
	char text[512];
	int r;

	for (unsigned i = 0; i < n; i++)
		names[i] = sinks[i]->name;
	r = spool_open(c, names, n, &o->shop.spool);
	if (!r)
		return;
	snprintf(text, sizeof(text), "outputs_spool: %s: %s, alerts are not kept", c->path,
		r == -EWOULDBLOCK ? "another process uses it" : strerror(-r));
	o->shop.log(PRIORITY_ERROR, text);
}

static void close_sinks(struct sink **v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		v[i]->close(v[i]);
}

/* The sinks that c asks for; returns how many, 0 with a message in err if that is a mistake. */
static unsigned make_sinks(const struct outputs_config *c, struct sink *ret[OUTPUT_KINDS],
	struct worker_config config[OUTPUT_KINDS], char err[512])
{
	unsigned n = 0;

	snprintf(err, 512, "%s", c->subscribers ? "" : NO_OUTPUT);
	for (unsigned k = 0; k < OUTPUT_KINDS; k++) {
		if (!output_kind_enabled(&output_kinds[k], c))
			continue;
		ret[n] = output_kinds[k].make(c, err);
		if (!ret[n]) {
			close_sinks(ret, n);
			return 0;
		}
		config[n] = (struct worker_config){.kind = &output_kinds[k],
			.place = output_kinds[k].place(c),
			.capacity = c->queue_capacity,
			.holds_up = true,
			.reader = n};
		n++;
	}
	return n;
}

/* 0 or -errno; what could not be started is closed. */
static int start_threads(
	struct outputs *o, struct sink **sinks, struct worker_config *config, unsigned n)
{
	int r = 0;

	for (unsigned i = 0; i < n; i++) {
		config[i].spooled = o->shop.spool;
		if (!r)
			r = outputs_start_worker(o, sinks[i], &config[i]);
		if (r)
			sinks[i]->close(sinks[i]);
	}
	if (!r)
		r = thread_start(&o->watchdog, watch, o);
	if (r)
		stop_workers(o);
	return r;
}

struct outputs *outputs_new(
	const struct outputs_config *c, void (*log)(int level, const char *text), char err[512])
{
	struct worker_config config[OUTPUT_KINDS];
	struct sink *sinks[OUTPUT_KINDS];
	unsigned n = make_sinks(c, sinks, config, err);
	struct outputs *o;
	int r;

	if (!n && (!c->subscribers || *err))
		return NULL;
	o = mem_zalloc(sizeof(*o));
	init(o, c);
	o->shop.log = log;
	if (wants_spool(c))
		open_spool(o, &c->spool, sinks, n);
	r = start_threads(o, sinks, config, n);
	if (!r)
		return o;
	snprintf(err, 512, "Could not start the threads of the outputs: %s", strerror(-r));
	release(o);
	return NULL;
}

/* ---- alerts ---- */

/* Says when the spool ceases to take alerts, and when it takes them again. */
static void note_spool(struct outputs *o, int r)
{
	char text[256];
	bool changed;

	outputs_lock(o);
	changed = o->spool_failing != (r != 0);
	o->spool_failing = r != 0;
	outputs_unlock(o);
	if (!changed)
		return;
	if (r)
		snprintf(
			text, sizeof(text), "outputs_spool: %s, going on without it", strerror(-r));
	else
		snprintf(text, sizeof(text), "outputs_spool: works again");
	o->shop.log(r ? PRIORITY_ERROR : PRIORITY_NOTICE, text);
}

/* Whether a sink is at work on what the spool holds, so that there may soon be room. */
static bool someone_reads(const struct outputs *o)
{
	for (unsigned i = 0; i < o->nworkers; i++) {
		const struct worker *w = o->workers[i];

		if (w->lane.spooled && !w->failing &&
			spool_acked(o->shop.spool, w->reader) < spool_end(o->shop.spool))
			return true;
	}
	return false;
}

static void await_room(struct outputs *o)
{
	outputs_lock(o);
	while (o->config.wait && !spool_has_room(o->shop.spool) && someone_reads(o))
		pthread_cond_wait(&o->shop.lanes.moved, &o->shop.lanes.lock);
	outputs_unlock(o);
}

static void spool(struct outputs *o, struct alert_box *b)
{
	int r;

	b->spooled = false;
	if (!o->shop.spool)
		return;
	if (!spool_has_room(o->shop.spool))
		await_room(o);
	r = spool_append(o->shop.spool, b);
	b->spooled = r == 0;
	b->after = spool_end(o->shop.spool);
	if (r || o->spool_failing)
		note_spool(o, r);
}

static void put(struct outputs *o, struct alert_box *b)
{
	bool first;

	spool(o, b);
	if (!lanes_put(&o->shop.lanes, b, &first) && first)
		o->shop.log(PRIORITY_ERROR,
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
	ok = token_bucket_claim(&o->limit, monotonic_ns());
	pthread_mutex_unlock(&o->limit_lock);
	if (!ok) {
		snprintf(text, sizeof(text), "Skipping rate-limited notification for rule %s",
			r->name);
		o->shop.log(PRIORITY_DEBUG, text);
	}
	return ok;
}

/* As they are now: a reload may change them while another thread renders. */
static struct outputs_config settings(struct outputs *o)
{
	struct outputs_config c;

	outputs_lock(o);
	c = o->config;
	outputs_unlock(o);
	return c;
}

void outputs_rule(struct outputs *o, const struct rule *r, struct event_ctx *ctx)
{
	struct outputs_config c;
	struct alert_box *b;

	if (!allowed(o, r))
		return;
	b = lanes_box(&o->shop.lanes);
	c = settings(o);
	alert_render_rule(b, &c, r, ctx);
	put(o, b);
}

void outputs_internal(struct outputs *o, uint64_t ts, enum priority p, const char *rule,
	const char *message, const char *const *fields, size_t npairs)
{
	struct alert_box *b = lanes_box(&o->shop.lanes);
	struct outputs_config c = settings(o);

	alert_render_internal(b, &c, ts, p, rule, message, fields, npairs);
	put(o, b);
}

void outputs_reopen(struct outputs *o)
{
	struct worker *v[MAX_LANES];
	unsigned n;

	outputs_lock(o);
	n = o->nworkers;
	memcpy(v, o->workers, n * sizeof(struct worker *));
	outputs_unlock(o);
	for (unsigned i = 0; i < n; i++)
		worker_ask_reopen(v[i]);
}

/* ---- waiting ---- */

static bool flushed(const struct outputs *o)
{
	for (unsigned i = 0; i < o->nworkers; i++)
		if (o->workers[i]->flush_done < o->workers[i]->flush_asked)
			return false;
	return true;
}

void outputs_flush(struct outputs *o)
{
	struct timespec until = monotonic_after(o->config.timeout_ms);
	struct lanes *all = &o->shop.lanes;
	uint64_t seen;
	int r = 0;

	outputs_lock(o);
	for (unsigned i = 0; i < o->nworkers; i++)
		worker_ask_flush_locked(o->workers[i]);
	while (!flushed(o) && r != ETIMEDOUT) {
		seen = progress(o);
		r = o->config.wait ? pthread_cond_wait(&all->moved, &all->lock)
				   : pthread_cond_timedwait(&all->moved, &all->lock, &until);
		if (progress(o) != seen && !o->shop.spool) {
			until = monotonic_after(o->config.timeout_ms);
			r = 0;
		}
	}
	outputs_unlock(o);
}

/* ---- what is known ---- */

uint64_t outputs_dropped(struct outputs *o)
{
	uint64_t n;

	outputs_lock(o);
	n = o->shop.lanes.ndropped;
	outputs_unlock(o);
	return n;
}

size_t outputs_stats(struct outputs *o, struct output_stats *ret, size_t max)
{
	struct output_stats one;
	size_t n = 0;

	outputs_lock(o);
	for (unsigned i = 0; i < o->nworkers; i++)
		if (worker_stats_locked(o->workers[i], n < max ? &ret[n] : &one))
			n++;
	for (unsigned i = 0; i < o->nsubscriptions; i++, n++)
		subscription_stats_locked(o->subscriptions[i], n < max ? &ret[n] : &one);
	outputs_unlock(o);
	return n;
}

/* ---- the end ---- */

void outputs_free(struct outputs *o)
{
	bool all;

	if (!o)
		return;
	assert(!o->nsubscriptions);
	outputs_flush(o);
	all = stop_workers(o);
	stop_watching(o);
	all &= outputs_end_retired(o);
	if (all && !o->left_behind) {
		release(o);
		return;
	}
	o->next = abandoned;
	abandoned = o;
}
