/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call collects afresh: constants, one snapshot of each board, /proc, outputs.
 *
 * What is common to a machine (state, kernel side, use of resources) is told of the first board
 * only, which is that of system calls where there are any; plugins of every board.
 */
#include "web/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "web/numbers.h"
#include "web/usage.h"

#define SECOND UINT64_C(1000000000)
/* How long the event threads are given to bring new figures. */
#define WAIT_MS 100
#define MAX_OUTPUTS 64

struct metrics {
	struct metrics_config config;
	uint64_t started_ns, boot_ts;
	struct board *boards[MAX_BOARDS];
	size_t nboards;
	pthread_mutex_t lock; /* of what follows */
	struct generation *generation;
	struct outputs *outputs;
};

struct metrics *metrics_new(const struct metrics_config *c, struct generation *g)
{
	struct metrics *m = mem_zalloc(sizeof(*m));

	m->config = *c;
	m->started_ns = monotonic_ns();
	m->boot_ts = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
	m->generation = generation_ref(g);
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nboards; i++)
		board_free(m->boards[i]);
	generation_unref(m->generation);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

struct board *metrics_add_board(struct metrics *m, const char *source, const char *engine)
{
	assert(m->nboards < MAX_BOARDS);
	m->boards[m->nboards] = board_new(source, engine, m->generation);
	return m->boards[m->nboards++];
}

size_t metrics_nboards(const struct metrics *m)
{
	return m->nboards;
}

struct board *metrics_board(struct metrics *m, size_t i)
{
	return m->boards[i];
}

void metrics_set_generation(struct metrics *m, struct generation *g)
{
	struct generation *old;

	pthread_mutex_lock(&m->lock);
	old = m->generation;
	m->generation = generation_ref(g);
	pthread_mutex_unlock(&m->lock);
	generation_unref(old);
}

struct generation *metrics_generation(struct metrics *m)
{
	struct generation *g;

	pthread_mutex_lock(&m->lock);
	g = generation_ref(m->generation);
	pthread_mutex_unlock(&m->lock);
	return g;
}

void metrics_set_outputs(struct metrics *m, struct outputs *o)
{
	pthread_mutex_lock(&m->lock);
	m->outputs = o;
	pthread_mutex_unlock(&m->lock);
}

/* Without the page's own subscription, which is not where alerts are meant to go. */
static size_t without_ours(struct output_stats *stats, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(stats[i].name, METRICS_PAGE_OUTPUT) != 0)
			stats[kept++] = stats[i];
	return kept;
}

size_t metrics_outputs(
	struct metrics *m, struct output_stats *ret, size_t max, uint64_t *ret_dropped)
{
	size_t n = 0;

	*ret_dropped = 0;
	pthread_mutex_lock(&m->lock);
	if (m->outputs) {
		n = MIN(outputs_stats(m->outputs, ret, max), max);
		n = without_ours(ret, n);
		*ret_dropped = outputs_dropped(m->outputs);
	}
	pthread_mutex_unlock(&m->lock);
	return n;
}

const struct metrics_config *metrics_config(const struct metrics *m)
{
	return &m->config;
}

uint64_t metrics_started_ns(const struct metrics *m)
{
	return m->started_ns;
}

/* ---- constants ---- */

static void put_files(struct samples *s, enum metric id, const struct generation_file *f, size_t n)
{
	for (; n--; f++) {
		struct buf key = {0}, labels = {0};

		put_name(&key, str_c(f->name), true);
		put_label(&labels, STR("file_name"), str_c(f->name));
		buf_char(&labels, ',');
		put_label(&labels, STR("sha256"), str_c(f->sha256));
		samples_put_info(s, id, buf_cstr(&key), buf_cstr(&labels), f->sha256);
		buf_done(&key);
		buf_done(&labels);
	}
}

static void put_engine(struct samples *s, const struct board *b)
{
	const char *engine = b->engine;
	struct buf labels = {0};

	put_label(&labels, STR("engine_name"), str_c(engine));
	buf_char(&labels, ',');
	put_label(&labels, STR("evt_source"), str_c(b->source));
	samples_put_info(s, METRIC_ENGINE_NAME, NULL, buf_cstr(&labels), engine);
	buf_done(&labels);
}

static void put_process(const struct metrics *m, struct samples *s, const struct generation *g)
{
	uint64_t running = monotonic_ns() - m->started_ns;
	struct utsname u;

	samples_put_info(s, METRIC_VERSION, NULL, NULL, m->config.version);
	put_files(s, METRIC_SHA256_RULES, g->rules_files.v, g->rules_files.n);
	put_files(s, METRIC_SHA256_CONFIG, g->config_files.v, g->config_files.n);
	if (uname(&u) == 0)
		samples_put_info(s, METRIC_KERNEL_RELEASE, NULL, NULL, u.release);
	samples_put_info(s, METRIC_HOSTNAME, NULL, NULL, m->config.hostname);
	samples_put(s, METRIC_START_TS, NULL, m->config.start_ts);
	samples_put(s, METRIC_RELOAD_TS, NULL, g->loaded_ts);
	samples_put(s, METRIC_DURATION_SEC, NULL, running / SECOND);
	samples_put(s, METRIC_HOST_BOOT_TS, NULL, m->boot_ts);
	samples_put(s, METRIC_HOST_NUM_CPUS, NULL, (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	samples_put(s, METRIC_RULES_LOADED, NULL, g->nrules);
}

static void put_outputs(struct metrics *m, struct samples *s)
{
	struct output_stats stats[MAX_OUTPUTS];
	uint64_t dropped;
	size_t n = metrics_outputs(m, stats, MAX_OUTPUTS, &dropped);

	samples_put(s, METRIC_OUTPUTS_QUEUE_NUM_DROPS, NULL, dropped);
	for (size_t i = 0; i < n; i++) {
		samples_put(s, METRIC_OUTPUT_WRITTEN, stats[i].name, stats[i].written);
		samples_put(s, METRIC_OUTPUT_DROPPED, stats[i].name, stats[i].dropped);
		samples_put(s, METRIC_OUTPUT_FAILED, stats[i].name, stats[i].failed);
		samples_put(s, METRIC_OUTPUT_WAITING, stats[i].name, stats[i].lag_alerts);
		samples_put_real(s, METRIC_OUTPUT_LAG_SECONDS, stats[i].name,
			(double)stats[i].lag_ms / 1000);
	}
}

/* ---- snapshots ---- */

/* Rules of the board's source; those that never matched only with zeroes. */
static void put_rules(struct samples *s, const struct snapshot *x, const char *source, bool zeroes)
{
	const struct generation *g = x->generation;

	for (size_t i = 0; i < g->nrules; i++) {
		const struct generation_rule *r = &g->rules[i];

		if (strcmp(r->source, source) == 0 && (zeroes || x->by_rule[r->index]))
			samples_put_labelled(
				s, METRIC_RULES_MATCHES, r->key, r->labels, x->by_rule[r->index]);
	}
}

static unsigned groups_of(size_t board, const struct generation *g)
{
	return g->groups & (board ? METRIC_PLUGINS : METRIC_GROUPS);
}

void metrics_prometheus(struct metrics *m, struct buf *out)
{
	struct generation *g = metrics_generation(m);
	struct samples s;

	samples_init(&s, g->groups);
	put_process(m, &s, g);
	put_outputs(m, &s);
	usage_put(&s, m->config.host_root, m->started_ns);
	for (size_t i = 0; i < m->nboards; i++) {
		struct snapshot *x = board_read(m->boards[i], WAIT_MS);

		put_engine(&s, m->boards[i]);
		put_rules(&s, x, m->boards[i]->source, false);
		samples_add_all(&s, &x->samples, groups_of(i, g));
		snapshot_unref(x);
	}
	samples_prometheus(out, &s);
	samples_done(&s);
	generation_unref(g);
}

/* ---- differences ---- */

/* Counts start again when their source is opened again. */
static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static double per_second(uint64_t now, uint64_t before, double seconds)
{
	return seconds > 0 ? one_decimal((double)grown(now, before) / seconds) : 0;
}

static void put_handled(struct samples *s, const struct snapshot *x,
	const struct metrics_before *before, double seconds)
{
	if (before->events && seconds > 0)
		samples_put_real(
			s, METRIC_EVTS_RATE, NULL, per_second(x->events, before->events, seconds));
	samples_put(s, METRIC_NUM_EVTS, NULL, x->events);
	samples_put(s, METRIC_NUM_EVTS_PREV, NULL, before->events);
	samples_put(s, METRIC_RULES_TOTAL, NULL, x->matches);
}

static void put_captured(struct samples *s, const struct snapshot *x,
	const struct metrics_before *before, double seconds)
{
	uint64_t events = grown(x->captured, before->captured);
	uint64_t drops = grown(x->dropped, before->dropped);

	samples_put_real(
		s, METRIC_SCAP_EVTS_RATE, NULL, per_second(x->captured, before->captured, seconds));
	samples_put(s, METRIC_SCAP_N_EVTS_PREV, NULL, before->captured);
	samples_put_real(
		s, METRIC_SCAP_DROP_RATE, NULL, per_second(x->dropped, before->dropped, seconds));
	samples_put(s, METRIC_SCAP_N_DROPS_PREV, NULL, before->dropped);
	samples_put_real(s, METRIC_SCAP_N_DROPS_PERC, NULL,
		events ? 100.0 * (double)drops / (double)events : 0);
}

void metrics_fields(struct metrics *m, size_t board, uint64_t ts, struct metrics_before *before,
	struct field_pairs *ret)
{
	struct snapshot *x = board_read(m->boards[board], WAIT_MS);
	const struct generation *g = x->generation;
	uint64_t now = monotonic_ns();
	double seconds = before->taken_ns ? (double)(now - before->taken_ns) / (double)SECOND : 0;
	struct samples s;

	samples_init(&s, g->groups);
	samples_put(&s, METRIC_EVT_TIME, NULL, ts);
	samples_put_info(&s, METRIC_EVT_SOURCE, NULL, NULL, m->boards[board]->source);
	put_process(m, &s, g);
	netinfo_put(&s);
	put_engine(&s, m->boards[board]);
	put_outputs(m, &s);
	put_handled(&s, x, before, seconds);
	put_rules(&s, x, m->boards[board]->source, true);
	usage_put(&s, m->config.host_root, m->started_ns);
	if (board == 0)
		put_captured(&s, x, before, seconds);
	samples_add_all(&s, &x->samples, groups_of(board, g));
	*before = (struct metrics_before){now, x->events, x->captured, x->dropped};
	samples_fields(ret, &s, &g->fields);
	samples_done(&s);
	snapshot_unref(x);
}
