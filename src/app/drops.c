/* SPDX-License-Identifier: Apache-2.0 */
#include "app/drops.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "app/log.h"
#include "base/clock.h"

#define SECOND UINT64_C(1000000000)
#define RULE "Falco internal: syscall event drop"
#define SILENCE_RULE "Falco internal: timeouts notification"

void drop_monitor_init(
	struct drop_monitor *m, const struct config *c, struct outputs *o, struct source *s)
{
	*m = (struct drop_monitor){.outputs = o};
	s->stats(s, &m->last);
	drop_monitor_configure(m, c);
}

void drop_monitor_configure(struct drop_monitor *m, const struct config *c)
{
	if (m->bucket.rate != c->drops_rate || m->bucket.max != c->drops_max_burst)
		token_bucket_init(&m->bucket, c->drops_rate, c->drops_max_burst, 0);
	m->config = c;
	m->enabled = c->engine_kind != ENGINE_REPLAY || c->drops_simulate;
}

/* ---- alerts ---- */

#define MAX_FIELDS (DROP_KIND_MAX + 10)

/* Fields of an internal alert: names and numbers, both as JSON has them. */
struct fields {
	struct arena arena;
	const char *v[2 * MAX_FIELDS];
	size_t n;
};

static void add_field(struct fields *f, const char *name, uint64_t value)
{
	f->v[2 * f->n] = name;
	f->v[2 * f->n + 1] = arena_printf(&f->arena, "\"%" PRIu64 "\"", value).p;
	f->n++;
}

static void add_text(struct fields *f, const char *name, const char *text)
{
	f->v[2 * f->n] = name;
	f->v[2 * f->n + 1] = arena_printf(&f->arena, "\"%s\"", text).p;
	f->n++;
}

#define MAX_LOSERS (SOURCE_LOSERS * 64) /* bytes of their text */

/* Ours: "gcc[123] 4000, make[99] 17", "close 3000, openat 1017"; "" when nobody knows. */
static void put_losers(char out[MAX_LOSERS], struct source *s,
	unsigned (*losers)(struct source *s, struct source_loser ret[SOURCE_LOSERS]))
{
	struct source_loser top[SOURCE_LOSERS];
	unsigned n = losers ? losers(s, top) : 0;
	struct buf text = {0};

	for (unsigned i = 0; i < n; i++) {
		/* Names are whatever programs say: nothing of them may be more than a character. */
		for (char *c = top[i].name; *c; c++)
			if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
				*c = '?';
		buf_printf(&text, "%s%s", i ? ", " : "", top[i].name);
		if (top[i].pgid)
			buf_printf(&text, "[%u]", top[i].pgid);
		buf_printf(&text, " %" PRIu64, top[i].drops);
	}
	snprintf(out, MAX_LOSERS, "%s", buf_cstr(&text));
	buf_done(&text);
}

static void alert(struct drop_monitor *m, uint64_t ts, const struct source_stats *delta,
	const char *message, const char *groups, const char *calls)
{
	struct fields f = {.n = 0};

	arena_init(&f.arena, 0);
	add_field(&f, "ebpf_enabled", m->config->engine_kind == ENGINE_MODERN_EBPF);
	add_field(&f, "n_drops", delta->drops);
	add_field(&f, "n_drops_buffer_total", delta->drops_buffer);
	for (unsigned kind = DROP_KIND_NONE + 1; kind <= DROP_KIND_PROC_EXIT; kind++)
		add_field(&f, arena_printf(&f.arena, "n_drops_buffer_%s", drop_kind_names[kind]).p,
			delta->drops_by_kind[kind]);
	add_field(&f, "n_drops_scratch_map", delta->drops_scratch);
	add_field(&f, "n_drops_page_faults", 0);
	add_field(&f, "n_drops_bug", delta->drops_bug);
	add_field(&f, "n_evts", delta->events);
	if (groups[0])
		add_text(&f, "drops_by_group", groups);
	if (calls[0])
		add_text(&f, "drops_by_call", calls);
	outputs_internal(m->outputs, ts, PRIORITY_DEBUG, RULE, message, f.v, f.n);
	arena_done(&f.arena);
}

static bool act(
	struct drop_monitor *m, struct source *s, uint64_t ts, const struct source_stats *delta)
{
	unsigned actions = m->config->drop_actions;
	char message[160], groups[MAX_LOSERS], calls[MAX_LOSERS];

	snprintf(message, sizeof(message),
		RULE ". %" PRIu64 " system calls dropped in last second.", delta->drops);
	put_losers(groups, s, s->losers);
	put_losers(calls, s, s->lost_calls);
	if (actions & DROP_LOG)
		log_msg(LOG_LEVEL_DEBUG, "%s", message);
	if (actions & DROP_LOG && groups[0])
		log_msg(LOG_LEVEL_DEBUG, "Most of them by these process groups: %s.", groups);
	if (actions & DROP_LOG && calls[0])
		log_msg(LOG_LEVEL_DEBUG, "Most of them of these system calls: %s.", calls);
	if (actions & DROP_ALERT)
		alert(m, ts, delta, message, groups, calls);
	if (!(actions & DROP_EXIT))
		return true;
	log_msg(LOG_LEVEL_CRITICAL, "%s", message);
	log_msg(LOG_LEVEL_CRITICAL, "Exiting.");
	return false;
}

/* ---- drops ---- */

static struct source_stats since_last(struct drop_monitor *m, struct source *s)
{
	struct source_stats now, delta;

	s->stats(s, &now);
	delta = (struct source_stats){
		.events = now.events - m->last.events,
		.drops = now.drops - m->last.drops,
		.drops_buffer = now.drops_buffer - m->last.drops_buffer,
		.drops_scratch = now.drops_scratch - m->last.drops_scratch,
		.drops_bug = now.drops_bug - m->last.drops_bug,
	};
	for (unsigned kind = 0; kind < DROP_KIND_MAX; kind++)
		delta.drops_by_kind[kind] = now.drops_by_kind[kind] - m->last.drops_by_kind[kind];
	m->last = now;
	return delta;
}

bool drop_monitor_check(struct drop_monitor *m, struct source *s, uint64_t ts)
{
	bool simulate = m->config->drops_simulate;
	double threshold = simulate ? 0 : m->config->drops_threshold;
	struct source_stats delta;

	if (!drop_monitor_due(m, ts))
		return true;
	if (!m->next_check_ts) {
		m->next_check_ts = ts + SECOND;
		return true;
	}
	m->next_check_ts = ts + SECOND;
	delta = since_last(m, s);
	if (simulate) {
		log_msg(LOG_LEVEL_INFO, "Simulating syscall event drop");
		delta.drops++;
	}
	if (!delta.drops ||
		(delta.events && (double)delta.drops / (double)delta.events <= threshold))
		return true;
	m->detected++;
	if (!token_bucket_claim(&m->bucket, ts)) {
		log_msg(LOG_LEVEL_DEBUG,
			"Syscall event drop but token bucket depleted, skipping actions");
		return true;
	}
	m->actions++;
	return act(m, s, ts, &delta);
}

/* ---- silence ---- */

/* Local time of day with nanoseconds, as a JSON text. */
static void put_time(char *out, size_t size, uint64_t ts)
{
	time_t seconds = (time_t)(ts / SECOND);
	char day[16];
	struct tm tm;

	strftime(day, sizeof(day), "%H:%M:%S", localtime_r(&seconds, &tm));
	snprintf(out, size, "\"%s.%09" PRIu64 "\"", day, ts % SECOND);
}

void drop_monitor_silence(struct drop_monitor *m, struct source *s, uint64_t last_ts)
{
	int64_t limit = m->config->syscall_event_timeouts_max_consecutives;
	char message[128], last[64] = "\"none\"";
	const char *fields[] = {"last_event_time", last};
	struct source_stats now;

	if ((int64_t)++m->silences <= limit)
		return;
	m->silences = 0;
	/* Events that nobody needs are heard by the source alone; to ask it often is too dear. */
	s->stats(s, &now);
	if (now.events != m->silent_events) {
		m->silent_events = now.events;
		return;
	}
	if (last_ts)
		put_time(last, sizeof(last), last_ts);
	snprintf(message, sizeof(message),
		SILENCE_RULE ". %" PRId64 " consecutive timeouts without event.", limit);
	outputs_internal(m->outputs, clock_ns(CLOCK_REALTIME), PRIORITY_DEBUG, SILENCE_RULE,
		message, fields, 1);
}

void drop_monitor_print(const struct drop_monitor *m)
{
	fprintf(stderr, "Syscall event drop monitoring:\n");
	fprintf(stderr, "   - event drop detected: %" PRIu64 " occurrences\n", m->detected);
	fprintf(stderr, "   - num times actions taken: %" PRIu64 "\n", m->actions);
}
