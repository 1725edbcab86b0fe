/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks and subscriptions from elsewhere: lanes that come and go while alerts do. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "output/outputs_internal.h"

int outputs_add_sink(struct outputs *o, struct sink *s, size_t capacity)
{
	return outputs_start_worker(o, s, &(struct worker_config){.capacity = capacity});
}

/* Takes the worker of s out of the list; NULL: there is none. */
static struct worker *take_worker(struct outputs *o, struct sink *s)
{
	struct worker *w = NULL;

	outputs_lock(o);
	for (unsigned i = 0; i < o->nworkers && !w; i++)
		if (o->workers[i]->sink == s) {
			w = o->workers[i];
			o->workers[i] = o->workers[--o->nworkers];
		}
	outputs_unlock(o);
	return w;
}

void outputs_remove_sink(struct outputs *o, struct sink *s)
{
	struct worker *w = take_worker(o, s);

	if (!w)
		return;
	worker_ask_stop(w);
	worker_discard(w);
	if (outputs_end_workers(&w, 1, o->config.timeout_ms))
		return;
	pthread_detach(w->thread);
	o->left_behind = true;
}

static void wake_subscriber(struct lane *l)
{
	struct subscription *s =
		(struct subscription *)((char *)l - offsetof(struct subscription, lane));

	if (s->wake)
		s->wake(s->arg);
}

struct subscription *outputs_subscribe(
	struct outputs *o, const char *name, size_t capacity, void (*wake)(void *arg), void *arg)
{
	struct subscription *s = mem_zalloc(sizeof(*s));

	*s = (struct subscription){.o = o, .name = name, .wake = wake, .arg = arg};
	s->lane = (struct lane){.capacity = capacity, .wake = wake_subscriber};
	if (!lane_init(&s->lane, &o->shop.lanes)) {
		free(s);
		return NULL;
	}
	outputs_lock(o);
	o->subscriptions[o->nsubscriptions++] = s;
	outputs_unlock(o);
	return s;
}

const struct alert *subscription_next(struct subscription *s)
{
	outputs_lock(s->o);
	if (s->current) {
		lanes_release_locked(s->lane.all, s->current);
		s->lane.ndone++;
	}
	s->current = lane_first_locked(&s->lane) ? lane_pop_locked(&s->lane) : NULL;
	outputs_unlock(s->o);
	return s->current ? &s->current->alert : NULL;
}

void subscription_end(struct subscription *s)
{
	struct outputs *o;

	if (!s)
		return;
	o = s->o;
	outputs_lock(o);
	for (unsigned i = 0; i < o->nsubscriptions; i++)
		if (o->subscriptions[i] == s)
			o->subscriptions[i] = o->subscriptions[--o->nsubscriptions];
	if (s->current)
		lanes_release_locked(s->lane.all, s->current);
	outputs_unlock(o);
	lane_done(&s->lane);
	free(s);
}

void subscription_set_stats(struct subscription *s, void (*fn)(void *arg, struct output_stats *io))
{
	outputs_lock(s->o);
	s->stats = fn;
	outputs_unlock(s->o);
}

void subscription_stats_locked(const struct subscription *s, struct output_stats *ret)
{
	const struct alert_box *first = lane_first_locked(&s->lane);

	*ret = (struct output_stats){.name = s->name,
		.written = s->lane.ndone,
		.dropped = s->lane.ndropped,
		.lag_alerts = s->lane.n,
		.lag_ms = first ? (monotonic_ns() - first->queued_ns) / 1000000 : 0};
	if (s->stats)
		s->stats(s->arg, ret);
}
