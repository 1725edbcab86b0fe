/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: capture -> state -> match -> alert, in a straight line on one thread.
 *
 * Only what someone needs is touched: an event whose type changes no state and concerns no rule
 * is counted and passed over after a look at its header.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/app.h"
#include "app/capture.h"
#include "app/daemon.h"
#include "app/drops.h"
#include "app/log.h"
#include "app/notify.h"
#include "app/open_source.h"
#include "app/privileges.h"
#include "app/record.h"
#include "app/reload.h"
#include "app/service.h"
#include "app/signals.h"
#include "base/clock.h"
#include "state/state.h"

#define SECOND UINT64_C(1000000000)
#define UNWATCHED "Falco internal: unwatched host"

struct run {
	struct app *app;
	struct source *source;
	enum engine_kind kind; /* of the source; that of the configuration may differ */
	struct state *state;
	struct recorder *recorder; /* -w, or NULL */
	struct captures captures;
	struct reload *reload;
	struct drop_monitor drops;
	struct arena arena; /* of one event */
	struct event_ctx ctx;
	bool started; /* the first event that counts has been seen */
	uint64_t first_ts;
	uint64_t begun_ns;     /* monotonic: when the source was there */
	uint64_t max_duration; /* ns, 0: none */
	uint8_t needs[EV_MAX]; /* enum source_need, of state and rules */
	bool shows[EV_MAX];    /* rules see the type */
};

static void choose_types(struct run *r)
{
	for (uint16_t type = 0; type < EV_MAX; type++) {
		r->shows[type] = !event_type_state_only(type) && engine_wants(r->app->engine, type);
		r->needs[type] = (uint8_t)(r->shows[type] ? NEED_ALL : state_needs(r->state, type));
	}
}

static bool take(void *arg, const struct event_header *h)
{
	return state_absorb(arg, h);
}

static void match(struct run *r, struct event_ctx *ctx)
{
	const struct rule *const *rules;
	size_t n = engine_match(r->app->engine, ctx, &rules);

	for (size_t i = 0; i < n; i++) {
		run_stats_count(&r->app->stats, rules[i]);
		outputs_rule(r->app->outputs, rules[i], ctx);
		if (r->captures.on)
			captures_rule(&r->captures, rules[i], ctx->ev);
	}
}

static void handle(struct run *r, struct event *ev)
{
	if (r->needs[ev->type] == NEED_NONE && r->started)
		return;
	arena_reset(&r->arena);
	state_apply(r->state, ev, &r->ctx);
	if (r->shows[ev->type] && !(ev->flags & EVENT_STATE_ONLY))
		match(r, &r->ctx);
}

/*
 * From the first event that is no metaevent on, what nobody wants can be passed over, up to the
 * next time when something is to be done by the clock of the events.
 */
static void pace(struct run *r, const struct event *ev)
{
	uint64_t wake = UINT64_MAX;

	if (!r->started && ev->info) {
		r->started = !(ev->info->category & EC_METAEVENT);
		r->first_ts = ev->ts;
	}
	if (r->max_duration)
		wake = r->first_ts + r->max_duration;
	if (r->drops.enabled)
		wake = MIN(wake, r->drops.next_check_ts + 1);
	if (r->app->board)
		wake = MIN(wake, ev->ts + SECOND);
	r->source->wake_ts = r->started ? wake : 0;
}

/* ---- reload ---- */

#define SWAP(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) swapped = (a);                                                       \
                                                                                                   \
		(a) = (b);                                                                         \
		(b) = swapped;                                                                     \
	} while (0)

static void swap_generations(struct app *a, struct app *b)
{
	SWAP(a->config, b->config);
	SWAP(a->static_fields, b->static_fields);
	SWAP(a->loader, b->loader);
	SWAP(a->rules, b->rules);
	SWAP(a->engine, b->engine);
	SWAP(a->rules_files, b->rules_files);
	SWAP(a->rules_folders, b->rules_folders);
	SWAP(a->figures, b->figures);
}

static void log_lines(struct str text)
{
	struct str line;

	while (str_split(&text, '\n', &line))
		if (line.n)
			log_msg(LOG_LEVEL_INFO, "%.*s", STR_ARG(line));
}

static void warn_of_restart(const string_list *keys)
{
	struct buf out = {0};

	for (size_t i = 0; i < keys->n; i++)
		buf_printf(&out, i ? ", %s" : "%s", keys->v[i]);
	if (out.n)
		log_msg(LOG_LEVEL_WARNING, "Changed, but heeded by the next start only: %s",
			buf_cstr(&out));
	buf_done(&out);
}

/*
 * Uses another generation from event number first on. Nothing but conditions and formats knows
 * rules: what the state, the source and the outputs hold stays as it is.
 */
static void adopt(struct run *r, struct next *n, const struct event *ev, uint64_t first)
{
	struct app *a = r->app;

	ruleset_intern(n->app.rules);
	run_stats_carry(&a->stats, a->rules, n->app.rules);
	swap_generations(a, &n->app);
	engine_detach(n->app.engine);
	ruleset_unintern(n->app.rules);
	app_apply_settings(a->config);
	outputs_apply(a->outputs, n->outputs);
	n->outputs = NULL;
	drop_monitor_configure(&r->drops, a->config);
	choose_types(r);
	captures_configure(&r->captures, a->config, r->source);
	pace(r, ev);
	if (r->source->needs_changed)
		r->source->needs_changed(r->source);
	if (!source_serve(r->source, r->kind, a->config, a->rules))
		log_msg(LOG_LEVEL_WARNING,
			"Some of the system calls that the new rules need were "
			"not loaded at the start: they are seen after a restart");
	service_reloaded(a);
	log_msg(LOG_LEVEL_INFO, "Configuration reloaded at event %" PRIu64, first);
	log_lines(buf_view(&n->report));
	warn_of_restart(&n->restart_keys);
	notify_status("Matching %zu rules since the last reload", a->rules->nrules);
	notify_ready();
	reload_give_back(r->reload, n);
}

/* What signals asked for, ev: the next event, or, before a pause, the last. False: it is over. */
static bool heed_signals(struct run *r, const struct event *ev, bool is_next)
{
	struct next *next;

	signal_any = 0;
	if (signal_alive) {
		signal_alive = 0;
		notify_alive();
	}
	if (signal_reopen) {
		signal_reopen = 0;
		log_msg(LOG_LEVEL_INFO, "SIGUSR1 received, reopening outputs...");
		outputs_reopen(r->app->outputs);
	}
	if (signal_terminate) {
		log_msg(LOG_LEVEL_INFO, "SIGINT received, exiting...");
		return false;
	}
	if (signal_restart) {
		signal_restart = 0;
		log_msg(LOG_LEVEL_INFO, "SIGHUP received, reloading...");
		reload_ask(r->reload);
	}
	next = reload_take(r->reload);
	if (next)
		adopt(r, next, ev, ev->num + !is_next);
	return true;
}

/* Without events, the machine's own clock says when the time of -M is over. */
static bool idle_too_long(const struct run *r)
{
	return r->max_duration && monotonic_ns() - r->begun_ns >= r->max_duration;
}

/*
 * The source has nothing for now. False: the run is over. Who writes the capture that is replayed
 * may take his time: its events have their own clock, and nothing is missed.
 */
static bool heed_silence(struct run *r, const struct event *last)
{
	if (r->kind == ENGINE_REPLAY)
		return true;
	drop_monitor_silence(&r->drops, r->source, last->ts);
	return !idle_too_long(r);
}

/* What is to be done by the clock. False: the run is over, *ret_status tells how. */
static bool heed_clock(struct run *r, const struct event *ev, int *ret_status)
{
	*ret_status = 0;
	if (r->started && r->max_duration && ev->ts >= r->first_ts + r->max_duration)
		return false;
	if (r->drops.enabled && drop_monitor_due(&r->drops, ev->ts) &&
		!drop_monitor_check(&r->drops, r->source, ev->ts)) {
		app_error("Drop manager internal error");
		*ret_status = 1;
		return false;
	}
	pace(r, ev);
	return true;
}

/* Exit status. */
static int loop(struct run *r)
{
	struct event ev = {.num = 0};
	int status;

	for (;;) {
		enum source_result result = source_next(r->source, &ev);

		if (signal_any && !heed_signals(r, &ev, result == SOURCE_EVENT))
			return 0;
		if (board_wanted(r->app->board))
			service_publish(r->app, r->source, r->state);
		if (result == SOURCE_EVENT) {
			drop_monitor_heard(&r->drops);
			if (ev.ts >= r->source->wake_ts && !heed_clock(r, &ev, &status))
				return status;
			if (r->recorder)
				recorder_event(r->recorder, &ev);
			if (r->captures.on)
				captures_event(&r->captures, &ev);
			handle(r, &ev);
			if (r->captures.on)
				captures_after(&r->captures, &ev);
		} else if (result == SOURCE_EOF) {
			return 0;
		} else if (result == SOURCE_TIMEOUT) {
			if (!heed_silence(r, &ev))
				return 0;
		} else {
			app_error("%s", r->source->error);
			return 1;
		}
	}
}

static void print_verbose(struct run *r, double seconds)
{
	struct source_stats stats;

	r->source->stats(r->source, &stats);
	if (r->kind != ENGINE_REPLAY)
		fprintf(stderr, "Driver Events:%" PRIu64 "\nDriver Drops:%" PRIu64 "\n",
			stats.events, stats.drops);
	fprintf(stderr, "Elapsed time: %.3f, Captured Events: %" PRIu64 ", %.2f eps\n", seconds,
		stats.received, seconds > 0 ? (double)stats.received / seconds : 0.0);
}

static void print_stats(struct run *r)
{
	struct buf out = {0};

	outputs_flush(r->app->outputs);
	run_stats_print(&r->app->stats, r->app->rules, &out);
	fflush(stdout);
	fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	buf_done(&out);
}

static bool open_recorder(struct run *r, struct machine_sink *sink)
{
	const char *path = r->app->options.write_file;

	if (!path)
		return true;
	r->recorder = recorder_new(path);
	if (r->recorder)
		*sink = recorder_sink(r->recorder, sink);
	else
		app_error("Could not write a capture to %s: %s", path, strerror(errno));
	return r->recorder;
}

static bool close_recorder(struct run *r)
{
	int err = recorder_close(r->recorder);

	if (err)
		app_error("Could not write all of the capture %s: %s", r->app->options.write_file,
			strerror(-err));
	return !err;
}

/* Goes on without the events of a host that can not be watched, if that is asked for. */
static bool fall_back(struct run *r, const char *why)
{
	const struct config *c = r->app->config;
	char text[700];

	if (c->engine_fallback != FALLBACK_NODRIVER || !engine_is_live(r->kind))
		return false;
	snprintf(text, sizeof(text),
		UNWATCHED ": the system calls of this host are not seen (engine.fallback). %s",
		why);
	log_msg(LOG_LEVEL_ERROR, "%s", text);
	outputs_internal(r->app->outputs, clock_ns(CLOCK_REALTIME), PRIORITY_CRITICAL, UNWATCHED,
		text, NULL, 0);
	r->kind = ENGINE_NODRIVER;
	service_set_engine(r->app, r->kind);
	return true;
}

static bool open_source(struct run *r)
{
	struct machine_sink sink = state_sink(r->state);
	const struct app *a = r->app;
	char error[512];

	captures_init(&r->captures, r->state, a->outputs);
	sink = captures_sink(&r->captures, &sink);
	if (!open_recorder(r, &sink))
		return false;
	r->source = open_source_of(r->kind, a->config, a->rules, a->capture, &sink, error);
	r->app->capture = NULL;
	if (!r->source && fall_back(r, error))
		r->source = open_source_of(r->kind, a->config, a->rules, NULL, &sink, error);
	if (!r->source)
		app_error("%s", error);
	return r->source;
}

/* One that fails before its first event could as well not have been opened. */
static bool has_begun(struct source *s)
{
	struct source_stats stats;

	s->stats(s, &stats);
	return stats.received;
}

static int run_source(struct run *r)
{
	clock_t start = clock();
	int status;

	choose_types(r);
	drop_monitor_init(&r->drops, r->app->config, r->app->outputs, r->source);
	if (!r->recorder)
		r->source->needs = r->needs;
	r->source->take = take;
	r->source->take_arg = r->state;
	if (r->source->look_up_thread)
		state_on_missing_thread(r->state, r->source->look_up_thread, r->source);
	if (r->source->look_up_fd)
		state_on_missing_fd(r->state, r->source->look_up_fd, r->source);
	captures_configure(&r->captures, r->app->config, r->source);
	r->reload = reload_new(r->app);
	if (!r->reload) {
		app_error("Could not start the thread that reloads: %s", strerror(errno));
		return 1;
	}
	notify_status("Matching %zu rules", r->app->rules->nrules);
	notify_ready();
	daemon_ready();
	privileges_seal(r->app->config);
	r->begun_ns = monotonic_ns();
	status = loop(r);
	captures_done(&r->captures);
	if (r->app->board)
		service_publish(r->app, r->source, r->state);
	notify_stopping();
	reload_free(r->reload);
	if (status && !has_begun(r->source))
		return status;
	if (r->app->options.verbose)
		print_verbose(r, (double)(clock() - start) / CLOCKS_PER_SEC);
	drop_monitor_print(&r->drops);
	print_stats(r);
	return status;
}

int app_run(struct app *a)
{
	struct state_config sc = {
		.max_threads = (size_t)a->config->thread_table_size,
		.live = engine_is_live((enum engine_kind)a->config->engine_kind),
		.own_accounts = true,
		.host_root = getenv("HOST_ROOT"),
	};
	struct run r = {
		.app = a,
		.kind = (enum engine_kind)a->config->engine_kind,
		.state = state_new(&sc),
		.max_duration = (uint64_t)a->duration_seconds * SECOND,
	};
	int status = 1;

	arena_init(&r.arena, 64 * 1024);
	r.ctx.arena = &r.arena;
	state_on_thread_gone(r.state, engine_forget_thread);
	if (open_source(&r))
		status = run_source(&r);
	source_close(r.source);
	if (!close_recorder(&r))
		status = 1;
	state_free(r.state);
	arena_done(&r.arena);
	return status;
}
