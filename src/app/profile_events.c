/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which events are captured because of a rule: those of all types that its condition can match.
 * Types of one name (entry and exit, and different layouts) are one to whoever reads the table.
 */
#include <stdlib.h>

#include "app/profile.h"
#include "capture/scap_read.h"

static uint16_t type_of_kind(unsigned kind)
{
	return kind < EV_MAX ? (uint16_t)kind : EV_SYSCALL_X;
}

static const char *name_of_kind(unsigned kind)
{
	return kind < EV_MAX ? event_table[kind].name : syscall_table[kind - EV_MAX].name;
}

static unsigned kind_of(struct event *ev)
{
	uint64_t code;

	if (!EVENT_IS_GENERIC(ev->type) || event_decode(ev) < 0)
		return ev->type;
	code = event_u64(ev, 0);
	return EV_MAX + (code < SC_MAX ? (unsigned)code : SC_UNKNOWN);
}

bool census_take(struct event_census *c, const char *capture, char err[512])
{
	struct source *s = scap_open(capture, NULL, err);
	enum source_result result = SOURCE_ERROR;
	struct event ev;

	if (!s)
		return false;
	while ((result = source_next(s, &ev)) != SOURCE_EOF && result != SOURCE_ERROR) {
		if (result == SOURCE_TIMEOUT)
			continue;
		c->events++;
		c->of[kind_of(&ev)]++;
	}
	memcpy(err, s->error, sizeof(s->error));
	source_close(s);
	return result == SOURCE_EOF;
}

/* ---- who needs what ---- */

static bool rule_needs(const struct rule *r, unsigned kind)
{
	uint16_t code = (uint16_t)(kind - EV_MAX);

	if (kind < EV_MAX)
		return event_set_has(&r->events, (uint16_t)kind);
	if (!event_set_has(&r->events, EV_SYSCALL_X))
		return false;
	return code == SC_UNKNOWN || syscall_set_has(&r->syscalls, code);
}

/* And captured for them: what we ourselves or plugins tell costs nothing. */
static bool is_seen_by_rules(const struct event_census *c, unsigned kind)
{
	if (kind >= EV_MAX)
		return c->of[kind] || syscall_table[kind - EV_MAX].event == EV_SYSCALL_X;
	return !EVENT_IS_GENERIC(kind) && !event_type_state_only((uint16_t)kind) &&
	       event_table[kind].category & (EC_SYSCALL | EC_TRACEPOINT);
}

static int by_name(const void *pa, const void *pb)
{
	const uint16_t *a = pa, *b = pb;
	int order = strcmp(name_of_kind(*a), name_of_kind(*b));

	return order ? order : *a - *b;
}

static bool rule_needs_any(
	const struct rule *r, const struct event_census *c, const struct event_group *g)
{
	for (size_t i = g->first; i < (size_t)g->first + g->nkinds; i++)
		if (rule_needs(r, c->by_name[i]))
			return true;
	return false;
}

static void make_groups(struct event_census *c, const bool *state_needs)
{
	struct event_group *g = NULL;
	uint16_t nkinds = 0;

	for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
		if (is_seen_by_rules(c, kind))
			c->by_name[nkinds++] = (uint16_t)kind;
	qsort(c->by_name, nkinds, sizeof(*c->by_name), by_name);
	for (uint16_t i = 0; i < nkinds; i++) {
		const char *name = name_of_kind(c->by_name[i]);

		if (!g || strcmp(g->name, name) != 0) {
			g = vec_add(&c->groups);
			*g = (struct event_group){.name = name, .first = i};
		}
		g->nkinds++;
		g->kept |= state_needs[type_of_kind(c->by_name[i])];
	}
}

void census_needs(struct event_census *c, const struct ruleset *r, const bool *state_needs)
{
	struct event_group *g;

	make_groups(c, state_needs);
	vec_foreach (g, &c->groups)
		for (size_t i = 0; i < r->nrules; i++)
			g->users += r->rules[i]->enabled && rule_needs_any(r->rules[i], c, g);
}

void census_done(struct event_census *c)
{
	vec_done(&c->groups);
}

/* ---- of one rule ---- */

static int by_events(const void *pa, const void *pb)
{
	const struct forced_type *a = pa, *b = pb;

	if (a->events != b->events)
		return a->events > b->events ? -1 : 1;
	return strcmp(a->name, b->name);
}

void census_forced(const struct event_census *c, const struct rule *r, struct forced *ret)
{
	const struct event_group *g;

	*ret = (struct forced){0};
	vec_foreach (g, &c->groups) {
		struct forced_type t = {g->name, 0, g->users == 1 && !g->kept};

		if (!rule_needs_any(r, c, g))
			continue;
		for (size_t i = g->first; i < (size_t)g->first + g->nkinds; i++)
			t.events += rule_needs(r, c->by_name[i]) ? c->of[c->by_name[i]] : 0;
		vec_push(&ret->types, t);
		ret->events += t.events;
		ret->only += t.only ? t.events : 0;
	}
	ret->every = ret->types.n == c->groups.n;
	if (ret->types.n)
		qsort(ret->types.v, ret->types.n, sizeof(*ret->types.v), by_events);
}

void forced_done(struct forced *f)
{
	vec_done(&f->types);
}
