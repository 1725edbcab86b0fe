/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other outputs than before, while alerts are on their way.
 *
 * An output whose settings stay is not touched.  One that changes or goes gets no more alerts,
 * writes those that it has, and ends; its successor begins before, so no alert falls between them.
 * Those that are on their way out are retired: the watchdog's thread frees them when they have
 * ended.
 */
#include <stdio.h>
#include <stdlib.h>

#include "output/kinds.h"
#include "output/outputs_internal.h"

struct outputs_change {
	struct outputs_config to; /* its strings are not looked at any more */
	struct {
		bool changed;
		struct sink *sink; /* NULL: none is wanted any more */
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
	for (unsigned i = 0; i < OUTPUT_KINDS; i++)
		if (change->kinds[i].sink)
			change->kinds[i].sink->close(change->kinds[i].sink);
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

static struct worker *find_worker_locked(const struct outputs *o, const char *name)
{
	for (unsigned i = 0; i < o->nworkers; i++)
		if (strcmp(o->workers[i]->sink->name, name) == 0)
			return o->workers[i];
	return NULL;
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
	for (unsigned i = 0; i < o->nworkers; i++)
		if (o->workers[i] == w)
			o->workers[i] = o->workers[--o->nworkers];
	lane_leave_locked(&w->lane);
	if (o->nretired == MAX_LANES) {
		oldest = o->retired[0];
		memmove(o->retired, o->retired + 1, --o->nretired * sizeof(struct worker *));
	}
	o->retired[o->nretired++] = w;
	outputs_unlock(o);
	if (oldest)
		abandon(o, oldest);
	worker_ask_stop(w);
}

static void replace(struct outputs *o, const char *name, struct sink *s)
{
	struct worker_config c = {.capacity = o->config.queue_capacity, .holds_up = true};
	struct worker *old;
	char text[256];
	int r;

	outputs_lock(o);
	old = find_worker_locked(o, name);
	outputs_unlock(o);
	r = s ? outputs_start_worker(o, s, &c) : 0;
	if (!r && old)
		retire(o, old);
	if (!r)
		return;
	s->close(s);
	snprintf(text, sizeof(text), "\"%s\" output stays as it was: %s", name, strerror(-r));
	o->shop.log(PRIORITY_ERROR, text);
}

void outputs_apply(struct outputs *o, struct outputs_change *change)
{
	use_settings(o, &change->to);
	for (unsigned i = 0; i < OUTPUT_KINDS; i++)
		if (change->kinds[i].changed)
			replace(o, output_kinds[i].name, change->kinds[i].sink);
	free(change);
}

/* ---- retired workers ---- */

bool outputs_reap(struct outputs *o, unsigned timeout_ms)
{
	struct worker *v[MAX_LANES];
	unsigned n;
	bool all;

	outputs_lock(o);
	n = o->nretired;
	memcpy(v, o->retired, n * sizeof(struct worker *));
	o->nretired = 0;
	outputs_unlock(o);
	all = outputs_end_workers(v, n, timeout_ms);
	outputs_lock(o);
	/* Some may have come meanwhile: those that are left are older, but that matters to nobody.
	 */
	for (unsigned i = 0; i < n; i++)
		if (v[i] && o->nretired < MAX_LANES)
			o->retired[o->nretired++] = v[i];
	outputs_unlock(o);
	return all;
}

bool outputs_end_retired(struct outputs *o)
{
	while (!outputs_reap(o, o->config.timeout_ms))
		if (!o->config.wait)
			break;
	for (unsigned i = 0; i < o->nretired; i++)
		worker_discard(o->retired[i]);
	if (outputs_reap(o, o->nretired ? o->config.timeout_ms : 0))
		return true;
	for (unsigned i = 0; i < o->nretired; i++)
		pthread_detach(o->retired[i]->thread);
	return false;
}
