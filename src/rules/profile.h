/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that keeps account of where time goes, and of what is asked how often.  It matches as
 * the one of engine.h does: it is that source, compiled once more (engine_profile.c).
 *
 * There is one stopwatch.  Whatever passed since it was last read is booked on one account, so
 * that the accounts add up to all the time since the stopwatch was set.  A rule pays for what was
 * evaluated when it was looked at; what other rules share with it is not evaluated again.
 */
#ifndef RULES_PROFILE_H
#define RULES_PROFILE_H

#include "base/clock.h"
#include "rules/ruleset.h"

/* Ticks of profile_clock(), and how often reading it is part of them. */
struct profile_cost {
	uint64_t ticks, readings;
};

struct profile_rule {
	uint64_t matches;
	uint64_t evaluated; /* times that its condition was evaluated on an event */
	uint64_t learned;   /* times that it was found out whether a fact rules it out */
	struct profile_cost cost;
};

/* A check, shared by all rules that have it. */
struct profile_check {
	const struct node *check;
	uint8_t scope;		  /* enum field_scope */
	uint32_t rules;		  /* that have it */
	uint64_t asked;		  /* the others of these were remembered: */
	uint64_t worked;	  /* evaluated */
	uint64_t yes;		  /* of those asked */
	struct profile_cost cost; /* also in that of the rules */
};

/*
 * What is not the work of one rule.  Where a long time passed in which another process had the
 * processor, all of it is booked as interruption: it would hide what little is to be seen.
 */
enum profile_account {
	PROFILE_READING,  /* of events, and keeping the state */
	PROFILE_CHOOSING, /* which rules have to be evaluated; folding conditions per event type */
	PROFILE_OUTPUTS,
	PROFILE_INTERRUPTIONS,
	PROFILE_ACCOUNTS
};

struct profile {
	struct profile_rule *rules; /* by struct rule's index */
	struct profile_check *checks;
	size_t nrules, nchecks;
	struct profile_cost accounts[PROFILE_ACCOUNTS];
	uint64_t long_time; /* ticks from which on an interruption is thought possible */
	long interruptions; /* so far */
	uint64_t last;	    /* reading of the stopwatch */
	uint64_t readings;  /* of the clock, since then */
};

/* Monotonic; the cheapest there is, in a unit of its own. */
static inline uint64_t profile_clock(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return monotonic_ns();
#endif
}

/* Whether another process had the processor since this was last asked. */
bool profile_interrupted(struct profile *p);

/* Books what passed since the last time. */
static inline void profile_book(struct profile *p, struct profile_cost *cost)
{
	uint64_t now = profile_clock();

	if (now - p->last > p->long_time && profile_interrupted(p))
		cost = &p->accounts[PROFILE_INTERRUPTIONS];
	cost->ticks += now - p->last;
	cost->readings += 1 + p->readings;
	p->last = now;
	p->readings = 0;
}

/* As in engine.h. */
struct profiler;
struct profiler *profiler_new(const struct ruleset *r, const char *source, bool all);
void profiler_free(struct profiler *p);
size_t profiler_match(struct profiler *p, struct event_ctx *ctx, const struct rule *const **ret);
void profiler_forget_thread(struct thread *t);
bool profiler_wants(const struct profiler *p, uint16_t type);

/* The accounts; they are the profiler's. The caller books what is not matching. */
struct profile *profiler_profile(struct profiler *p);
/* Ticks that one reading of the clock takes. */
double profile_reading_cost(void);
#endif
