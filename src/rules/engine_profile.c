/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine once more, under other names and with hooks that keep account: whoever does not
 * profile pays not one instruction for it, and what is profiled is the very same code.
 */
#include "rules/profile.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "rules/dag.h"

#define LONG_READINGS 2048 /* of the clock: a long time, some 20 to 50 microseconds */

#define RULES_ENGINE_HOOKS_H /* ours instead */

double profile_reading_cost(void)
{
	const unsigned batches = 64, readings = 256;
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < batches; i++) {
		uint64_t start = profile_clock(), last = start;

		for (unsigned k = 0; k < readings; k++)
			last = profile_clock();
		best = MIN(best, last - start);
	}
	return (double)best / readings;
}

bool profile_interrupted(struct profile *p)
{
	long before = p->interruptions;
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage) < 0)
		return false;
	p->interruptions = usage.ru_nivcsw;
	return p->interruptions != before;
}

struct hooks {
	struct profile p;
};

/* Counts the rule with every check in it, each once: seen holds the last rule for each. */
static void count_checks(
	struct profile *p, struct dag *d, const struct node *n, size_t rule, size_t *seen)
{
	struct dag_node *atom;

	for (size_t i = 0; i < n->nkids; i++)
		count_checks(p, d, n->kids[i], rule, seen);
	if (n->kind != NODE_CHECK)
		return;
	atom = imap_get(&d->atom_of, (uintptr_t)n->atom);
	if (!atom || seen[atom->atom->id] == rule)
		return;
	seen[atom->atom->id] = rule;
	p->checks[atom->atom->id].rules++;
}

static void hooks_init(struct hooks *h, const struct ruleset *r, struct dag *d)
{
	struct profile *p = &h->p;
	size_t *seen;

	for (size_t i = 0; i < r->nrules; i++)
		p->nrules = MAX(p->nrules, (size_t)r->rules[i]->index + 1);
	p->nchecks = d->atoms.n;
	p->rules = mem_zalloc(p->nrules * sizeof(*p->rules));
	p->checks = mem_zalloc(p->nchecks * sizeof(*p->checks));
	for (size_t i = 0; i < p->nchecks; i++) {
		p->checks[i].check = d->atoms.v[i]->check;
		p->checks[i].scope = d->atoms.v[i]->scope;
	}
	seen = mem_zalloc(p->nchecks * sizeof(*seen));
	for (size_t i = 0; i < r->nrules; i++)
		if (r->rules[i]->enabled)
			count_checks(p, d, r->rules[i]->ast, i + 1, seen);
	free(seen);
	p->long_time = (uint64_t)(LONG_READINGS * profile_reading_cost());
	profile_interrupted(p);
	p->last = profile_clock();
}

static void hooks_done(struct hooks *h)
{
	free(h->p.rules);
	free(h->p.checks);
}

static inline void hook_begin(struct hooks *h)
{
	profile_book(&h->p, &h->p.accounts[PROFILE_CHOOSING]);
}

static inline void hook_tried(struct hooks *h, const struct rule *r)
{
	struct profile_rule *p = &h->p.rules[r->index];

	p->evaluated++;
	profile_book(&h->p, &p->cost);
}

static inline void hook_matched(struct hooks *h, const struct rule *r)
{
	h->p.rules[r->index].matches++;
}

static inline void hook_learned(struct hooks *h, const struct rule *r)
{
	h->p.rules[r->index].learned++;
	profile_book(&h->p, &h->p.rules[r->index].cost);
}

static inline bool hook_asked(struct hooks *h, const struct dag_atom *a, bool answer)
{
	h->p.checks[a->id].asked++;
	h->p.checks[a->id].yes += answer;
	return answer;
}

static inline bool hook_eval(struct hooks *h, const struct dag_atom *a, struct event_ctx *ctx)
{
	struct profile_check *c = &h->p.checks[a->id];
	uint64_t start = profile_clock(), ticks;
	bool answer = atom_eval(a->atom, ctx);

	ticks = profile_clock() - start;
	if (ticks > h->p.long_time && profile_interrupted(&h->p)) {
		h->p.accounts[PROFILE_INTERRUPTIONS].ticks += ticks;
		h->p.last += ticks; /* and not booked again */
	} else {
		c->cost.ticks += ticks;
		c->cost.readings++;
	}
	c->worked++;
	h->p.readings += 2;
	return answer;
}

/* All that engine.c exports: two definitions of one name would not link. */
#define engine profiler
#define engine_new profiler_new
#define engine_free profiler_free
#define engine_detach profiler_detach
#define engine_match profiler_match
#define engine_forget_thread profiler_forget_thread
#define engine_wants profiler_wants
#include "rules/engine.c"

struct profile *profiler_profile(struct profiler *p)
{
	return &p->hooks.p;
}
