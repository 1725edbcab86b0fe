/* SPDX-License-Identifier: Apache-2.0 */
/*
 * falco profile: the capture is read twice, once to count its events by type, and once as every run
 * does, through an engine that keeps account and outputs that lead nowhere.
 *
 * The loop is that of run.c without what has to do with signals and the clock, and books what is
 * not matching: the stopwatch runs on from one account to the next, so that nothing is lost.
 */
#include "app/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/app.h"
#include "capture/scap_read.h"
#include "state/state.h"

/* ---- the run ---- */

/* By both clocks, to tell how long a tick is. */
struct instant {
	struct timespec time;
	uint64_t ticks;
};

struct profiling {
	struct app *app;
	struct source *source;
	struct state *state;
	struct profiler *profiler;
	struct profile *profile;
	struct arena arena; /* of one event */
	bool started;
	uint8_t needs[EV_MAX]; /* as in run.c */
	bool shows[EV_MAX];
	bool state_needs[EV_MAX];
	struct event_census census;
	struct profile_report report;
	struct instant start; /* before anything */
	double measured;      /* ns around the loop */
};

static struct instant instant_now(void)
{
	struct instant ret;

	clock_gettime(CLOCK_MONOTONIC, &ret.time);
	ret.ticks = profile_clock();
	return ret;
}

static double ns_between(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) * 1e9 + (double)(to->tv_nsec - from->tv_nsec);
}

static void choose_types(struct profiling *p)
{
	for (uint16_t type = 0; type < EV_MAX; type++) {
		p->state_needs[type] = state_needs(p->state, type) != NEED_NONE;
		p->shows[type] = !event_type_state_only(type) && profiler_wants(p->profiler, type);
		p->needs[type] = (uint8_t)(p->shows[type] ? NEED_ALL : state_needs(p->state, type));
	}
}

static void book(struct profiling *p, enum profile_account account)
{
	profile_book(p->profile, &p->profile->accounts[account]);
}

static void match(struct profiling *p, struct event_ctx *ctx)
{
	const struct rule *const *rules;
	size_t n;

	book(p, PROFILE_READING);
	n = profiler_match(p->profiler, ctx, &rules);
	book(p, PROFILE_CHOOSING);
	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		outputs_rule(p->app->outputs, rules[i], ctx);
	p->report.matches += n;
	book(p, PROFILE_OUTPUTS);
}

static void handle(struct profiling *p, struct event *ev)
{
	struct event_ctx ctx = {.arena = &p->arena};

	if (!p->started) {
		p->started = !(ev->info->category & EC_METAEVENT);
		p->source->wake_ts = p->started ? UINT64_MAX : 0;
	}
	if (p->needs[ev->type] == NEED_NONE && p->started)
		return;
	arena_reset(&p->arena);
	state_apply(p->state, ev, &ctx);
	if (p->shows[ev->type] && !(ev->flags & EVENT_STATE_ONLY) && event_decode(ev) == 0)
		match(p, &ctx);
}

static void loop(struct profiling *p)
{
	enum source_result result;
	struct timespec began, ended;
	struct event ev;

	p->source->needs = p->needs;
	clock_gettime(CLOCK_MONOTONIC, &began);
	p->profile->last = profile_clock();
	while ((result = source_next(p->source, &ev)) != SOURCE_EOF && result != SOURCE_ERROR)
		if (result == SOURCE_EVENT)
			handle(p, &ev);
	book(p, PROFILE_READING);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	p->measured = ns_between(&began, &ended);
}

/* ---- from ticks to a report ---- */

static int by_ns(const void *pa, const void *pb)
{
	const struct profile_row *a = pa, *b = pb;

	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	return a->rule->index < b->rule->index ? -1 : a->rule->index > b->rule->index;
}

static int by_use(const void *pa, const void *pb)
{
	const struct check_row *a = pa, *b = pb;

	if (!a->check->asked != !b->check->asked)
		return a->check->asked ? -1 : 1;
	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	return a->check < b->check ? -1 : a->check > b->check;
}

/* How ticks become nanoseconds. */
struct rate {
	double ns_per_tick, reading; /* reading: ticks that a look at the clock takes */
};

/* Nanoseconds of a cost; *measuring grows by what of it was looking at the clock. */
static double net(const struct rate *rate, const struct profile_cost *cost, double *measuring)
{
	double ticks = (double)cost->ticks;
	double own = MIN(ticks, (double)cost->readings * rate->reading);

	*measuring += own * rate->ns_per_tick;
	return (ticks - own) * rate->ns_per_tick;
}

static void report_rules(
	struct profile_report *r, const struct ruleset *set, const struct rate *rate)
{
	for (size_t i = 0; i < set->nrules; i++) {
		const struct rule *rule = set->rules[i];
		struct profile_row *row;

		if (!rule->enabled)
			continue;
		row = vec_add(&r->rules);
		row->rule = rule;
		row->counts = r->profile->rules[rule->index];
		row->ns = net(rate, &row->counts.cost, &r->measuring);
		r->rules_ns += row->ns;
	}
	if (r->rules.n)
		qsort(r->rules.v, r->rules.n, sizeof(*r->rules.v), by_ns);
}

static void report_checks(struct profile_report *r, const struct rate *rate)
{
	double counted_with_rules = 0;

	r->nchecks = r->profile->nchecks;
	r->checks = mem_zalloc(MAX(r->nchecks, 1) * sizeof(*r->checks));
	for (size_t i = 0; i < r->nchecks; i++) {
		r->checks[i].check = &r->profile->checks[i];
		r->checks[i].ns = net(rate, &r->profile->checks[i].cost, &counted_with_rules);
	}
	qsort(r->checks, r->nchecks, sizeof(*r->checks), by_use);
}

static void make_report(struct profiling *p)
{
	struct profile_report *r = &p->report;
	struct rate rate = {.reading = profile_reading_cost()};
	struct instant now = instant_now();

	r->capture = p->app->profile.capture;
	r->most = p->app->profile.most;
	r->census = &p->census;
	r->profile = p->profile;
	r->measured = p->measured;
	rate.ns_per_tick =
		ns_between(&p->start.time, &now.time) / (double)MAX(now.ticks - p->start.ticks, 1);
	report_rules(r, p->app->rules, &rate);
	for (int i = 0; i < PROFILE_ACCOUNTS; i++)
		r->accounts[i] = net(&rate, &p->profile->accounts[i], &r->measuring);
	r->work = r->rules_ns + r->accounts[PROFILE_READING] + r->accounts[PROFILE_CHOOSING] +
		  r->accounts[PROFILE_OUTPUTS];
	r->sum = r->work + r->measuring + r->accounts[PROFILE_INTERRUPTIONS];
	report_checks(r, &rate);
	census_needs(&p->census, p->app->rules, p->state_needs);
}

const char *profile_scope_name(uint8_t scope)
{
	static const char *const names[] = {
		[SCOPE_RUN] = "nothing",
		[SCOPE_TYPE] = "event type",
		[SCOPE_PROC] = "process",
		[SCOPE_KIND] = "kind",
		[SCOPE_FD_NAME] = "fd name",
		[SCOPE_EVENT] = "event",
	};

	return names[scope];
}

static void print(struct profiling *p)
{
	struct buf out = {0};

	make_report(p);
	if (p->app->profile.json)
		profile_json(&out, &p->report);
	else
		profile_text(&out, &p->report);
	fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	buf_done(&out);
}

/* ---- all of it ---- */

static bool can_be_read_twice(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 && strcmp(path, "-") != 0) {
		app_error("%s: %s", path, strerror(errno));
		return false;
	}
	if (strcmp(path, "-") != 0 && S_ISREG(st.st_mode))
		return true;
	app_error("%s: profile reads the capture twice, so it has to be a file", path);
	return false;
}

static void profiling_init(struct profiling *p, struct app *a)
{
	struct state_config sc = {
		.max_threads = (size_t)a->config->thread_table_size,
		.own_accounts = true,
		.host_root = getenv("HOST_ROOT"),
	};

	p->app = a;
	p->state = state_new(&sc);
	state_on_thread_gone(p->state, profiler_forget_thread);
	ruleset_intern(a->rules);
	p->profiler =
		profiler_new(a->rules, "syscall", a->config->rule_matching == RULE_MATCHING_ALL);
	p->profile = profiler_profile(p->profiler);
	arena_init(&p->arena, 64 * 1024);
}

static void profiling_done(struct profiling *p)
{
	source_close(p->source);
	state_free(p->state);
	profiler_free(p->profiler);
	arena_done(&p->arena);
	vec_done(&p->report.rules);
	free(p->report.checks);
	census_done(&p->census);
	free(p);
}

bool app_profile(struct app *a)
{
	const char *capture = a->profile.capture;
	struct machine_sink sink;
	struct profiling *p;
	char err[512], ignored[512]; /* what the first reading said counts */
	bool whole;

	if (!can_be_read_twice(capture))
		return false;
	p = mem_zalloc(sizeof(*p));
	p->start = instant_now();
	profiling_init(p, a);
	whole = census_take(&p->census, capture, err);
	sink = state_sink(p->state);
	if (whole || p->census.events)
		p->source = scap_open(capture, &sink, whole ? err : ignored);
	if (p->source) {
		choose_types(p);
		loop(p);
		print(p);
	}
	whole &= p->source != NULL;
	if (!whole)
		app_error("%s", err);
	profiling_done(p);
	return whole;
}
