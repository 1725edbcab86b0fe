/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other outputs than before, while alerts are on their way.
 *
 * An output whose settings stay is not touched.  One that goes, or is to write elsewhere, gets no
 * more alerts, writes those that it has, and ends; its successor begins before, so no alert falls
 * between them.  Those that are on their way out are retired: the watchdog's thread frees them when
 * they have ended.
 *
 * Nothing else than one worker ever writes to a place.  If what is to write there has other
 * settings than before, or comes back while its alerts of long ago are still being written, the
 * worker that is there stays and changes its sink: so these go first, and meet nobody.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "output/kinds.h"
#include "output/outputs_internal.h"

struct outputs_change {
	struct outputs_config to; /* its strings are not looked at any more */
	struct {
		bool changed;
		struct sink *sink; /* NULL: none is wanted any more */
		char *place;	   /* where it writes */
	} kinds[OUTPUT_KINDS];
};

static bool has_spool(const struct outputs_config *c)
{
	return c->spool.path && *c->spool.path;
}

static bool any_enabled(const struct outputs_config *c)
{
	for (unsigned k = 0; k < OUTPUT_KINDS; k++)
		if (output_kind_enabled(&output_kinds[k], c))
			return true;
	return false;
}

/* False with a message in err. */
static bool prepare(struct outputs_change *change, unsigned i, const struct outputs_config *from,
	const struct outputs_config *to, char err[512])
{
	const struct output_kind *k = &output_kinds[i];
	bool was = output_kind_enabled(k, from), is = output_kind_enabled(k, to);

	change->kinds[i].changed = was != is || (is && !k->same(from, to));
	if (!change->kinds[i].changed || !is)
		return true;
	change->kinds[i].sink = k->make(to, err);
	change->kinds[i].place = mem_strdup(k->place(to) ? k->place(to) : "");
	return change->kinds[i].sink;
}

struct outputs_change *outputs_prepare(
	const struct outputs_config *from, const struct outputs_config *to, char err[512])
{
	struct outputs_change *change;
	bool ok = from->subscribers || any_enabled(to);

	if (!ok) {
		snprintf(err, 512, "%s", NO_OUTPUT);
		return NULL;
	}
	change = mem_zalloc(sizeof(*change));
	change->to = *to;
	for (unsigned i = 0; i < OUTPUT_KINDS && ok && !has_spool(from); i++)
		ok = prepare(change, i, from, to, err);
	if (ok)
		return change;
	outputs_change_free(change);
	return NULL;
}

void outputs_change_free(struct outputs_change *change)
{
	if (!change)
		return;
	for (unsigned i = 0; i < OUTPUT_KINDS; i++) {
		if (change->kinds[i].sink)
			change->kinds[i].sink->close(change->kinds[i].sink);
		free(change->kinds[i].place);
	}
	free(change);
}

/* ---- in use from now on ---- */

static void use_settings(struct outputs *o, const struct outputs_config *to)
{
	struct outputs_config *c = &o->config;

	pthread_mutex_lock(&o->limit_lock);
	if (c->rate != to->rate || c->max_burst != to->max_burst)
		token_bucket_init(&o->limit, to->rate, to->max_burst, monotonic_ns());
	c->rate = to->rate;
	c->max_burst = to->max_burst;
	pthread_mutex_unlock(&o->limit_lock);
	outputs_lock(o);
	c->json = to->json;
	c->json_output_property = to->json_output_property;
	c->json_message_property = to->json_message_property;
	c->json_fields_property = to->json_fields_property;
	c->json_tags_property = to->json_tags_property;
	c->time_iso_8601 = to->time_iso_8601;
	if (to->timeout_ms)
		c->timeout_ms = to->timeout_ms;
	outputs_unlock(o);
}

/* One that still works. place: NULL: anywhere. */
static struct worker *find_worker(
	struct worker *const *v, unsigned n, const struct output_kind *kind, const char *place)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i]->kind == kind && !v[i]->ended && (!place || !strcmp(v[i]->place, place)))
			return v[i];
	return NULL;
}

static void take_out(struct worker **v, unsigned *n, const struct worker *w)
{
	for (unsigned i = 0; i < *n; i++)
		if (v[i] == w) {
			memmove(v + i, v + i + 1, (--*n - i) * sizeof(*v));
			return;
		}
}

/* Nobody waits for it any more. */
static void abandon(struct outputs *o, struct worker *w)
{
	worker_discard(w);
	pthread_detach(w->thread);
	o->left_behind = true;
}

static void retire(struct outputs *o, struct worker *w)
{
	struct worker *oldest = NULL;

	outputs_lock(o);
	take_out(o->workers, &o->nworkers, w);
	lane_leave_locked(&w->lane);
	if (o->nretired == MAX_LANES) {
		oldest = o->retired[0];
		take_out(o->retired, &o->nretired, oldest);
	}
	o->retired[o->nretired++] = w;
	outputs_unlock(o);
	if (oldest)
		abandon(o, oldest);
	worker_ask_stop(w);
}

/* The worker that writes to the place, which gets alerts again if it did not; NULL: there is none.
 */
static struct worker *find_there_locked(
	struct outputs *o, const struct output_kind *kind, const char *place)
{
	struct worker *w = find_worker(o->workers, o->nworkers, kind, place);

	if (w)
		return w;
	w = find_worker(o->retired, o->nretired, kind, place);
	if (!w || !lane_return_locked(&w->lane))
		return NULL;
	take_out(o->retired, &o->nretired, w);
	o->workers[o->nworkers++] = w;
	return w;
}

/* Lets the worker that writes to the place have s. False: there is none. */
static bool hand_over(
	struct outputs *o, const struct output_kind *kind, const char *place, struct sink *s)
{
	struct sink *unused = NULL;
	struct worker *w;

	outputs_lock(o);
	w = find_there_locked(o, kind, place);
	if (w)
		unused = worker_use_locked(w, s);
	outputs_unlock(o);
	if (unused)
		unused->close(unused);
	return w;
}

/* 0 or -errno. */
static int begin(
	struct outputs *o, const struct output_kind *kind, const char *place, struct sink *s)
{
	struct worker_config c = {.kind = kind,
		.place = place,
		.capacity = o->config.queue_capacity,
		.holds_up = true};

	return !s || hand_over(o, kind, place, s) ? 0 : outputs_start_worker(o, s, &c);
}

static void replace(
	struct outputs *o, const struct output_kind *kind, const char *place, struct sink *s)
{
	struct worker *old;
	char text[256];
	int r;

	outputs_lock(o);
	old = find_worker(o->workers, o->nworkers, kind, NULL);
	outputs_unlock(o);
	r = begin(o, kind, place, s);
	if (!r && old && !(s && !strcmp(old->place, place)))
		retire(o, old);
	if (!r)
		return;
	s->close(s);
	snprintf(text, sizeof(text), "\"%s\" output stays as it was: %s", kind->name, strerror(-r));
	o->shop.log(PRIORITY_ERROR, text);
}

void outputs_apply(struct outputs *o, struct outputs_change *change)
{
	use_settings(o, &change->to);
	for (unsigned i = 0; i < OUTPUT_KINDS; i++)
		if (change->kinds[i].changed)
			replace(o, &output_kinds[i], change->kinds[i].place, change->kinds[i].sink);
	for (unsigned i = 0; i < OUTPUT_KINDS; i++)
		change->kinds[i].sink = NULL;
	outputs_change_free(change);
}

/* ---- retired workers ---- */

void outputs_reap(struct outputs *o)
{
	struct worker *v[MAX_LANES];
	unsigned n = 0;

	outputs_lock(o);
	for (unsigned i = 0; i < o->nretired; i++)
		if (o->retired[i]->ended)
			v[n++] = o->retired[i];
	for (unsigned i = 0; i < n; i++)
		take_out(o->retired, &o->nretired, v[i]);
	outputs_unlock(o);
	outputs_end_workers(v, n, 0);
}

static bool may_wait(const struct outputs *o)
{
	return o->config.wait && !(o->config.ending && o->config.ending());
}

bool outputs_end_retired(struct outputs *o)
{
	bool all;

	do
		all = outputs_end_workers(o->retired, o->nretired, o->config.timeout_ms);
	while (!all && may_wait(o));
	if (all)
		return true;
	for (unsigned i = 0; i < o->nretired; i++)
		if (o->retired[i])
			worker_discard(o->retired[i]);
	all = outputs_end_workers(o->retired, o->nretired, o->config.timeout_ms);
	for (unsigned i = 0; i < o->nretired; i++)
		if (o->retired[i])
			pthread_detach(o->retired[i]->thread);
	return all;
}
