/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status page: one document that needs nothing else, drawn anew for every request and replaced
 * in place by a few lines of script (without it, by the browser). It only shows; nothing
 * can be changed through it.
 *
 * The policy allows this very style and script (by a number used once) and requests to where the
 * page came from, so that text that slipped through would still be only text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/clock.h"
#include "web/endpoints.h"
#include "web/html.h"
#include "web/page_assets.h"
#include "web/usage.h"

#define MAX_OUTPUTS 64
#define TOP_RULES 15
/* An output whose oldest alert waits longer than this is behind. */
#define LATE_MS 2000

struct view {
	struct endpoints *e;
	struct buf *out;
	bool local;
	struct generation *g;
	struct snapshot *boards[MAX_BOARDS];
	struct recent_point sum; /* now, over all boards */
	uint64_t by_priority[PRIORITY_DEBUG + 1];
	struct recent_point points[RECENT_POINTS];
	size_t npoints;
	struct output_stats outputs[MAX_OUTPUTS];
	size_t noutputs;
	uint64_t outputs_dropped;
	double dropping; /* events lost a second, lately */
};

/* ---- what is to be shown ---- */

static uint64_t value_of(const struct recent_point *p, size_t offset)
{
	return *(const uint64_t *)((const char *)p + offset);
}

/* Growth a second from one point to the next; returns how many. */
static size_t rates(const struct view *v, size_t offset, double ret[RECENT_POINTS])
{
	size_t n = 0;

	for (size_t i = 1; i < v->npoints; i++) {
		const struct recent_point *a = &v->points[i - 1], *b = &v->points[i];
		uint64_t before = value_of(a, offset), now = value_of(b, offset);
		double seconds = (double)(b->taken_ns - a->taken_ns) / 1e9;

		ret[n++] = now > before && seconds > 0 ? (double)(now - before) / seconds : 0;
	}
	return n;
}

static double last_of(const double *v, size_t n)
{
	return n ? v[n - 1] : 0;
}

static void take_boards(struct view *v)
{
	struct metrics *m = v->e->metrics;

	for (size_t i = 0; i < metrics_nboards(m); i++) {
		struct snapshot *s = board_read(metrics_board(m, i), 100);

		v->boards[i] = s;
		v->sum.events += s->events;
		v->sum.dropped += s->dropped;
		v->sum.matches += s->matches;
		for (size_t p = 0; p < ARRAY_SIZE(v->by_priority); p++)
			v->by_priority[p] += s->by_priority[p];
	}
}

static void take(struct view *v)
{
	double dropping[RECENT_POINTS];

	v->g = metrics_generation(v->e->metrics);
	take_boards(v);
	v->noutputs = metrics_outputs(v->e->metrics, v->outputs, MAX_OUTPUTS, &v->outputs_dropped);
	if (v->e->recent)
		v->npoints = recent_points(v->e->recent, v->points);
	v->dropping = last_of(dropping, rates(v, offsetof(struct recent_point, dropped), dropping));
}

static void release(struct view *v)
{
	for (size_t i = 0; i < metrics_nboards(v->e->metrics); i++)
		snapshot_unref(v->boards[i]);
	generation_unref(v->g);
}

/* ---- outputs ---- */

enum health { GOOD, WARN, BAD };
static const char *const health_class[] = {"good", "warn", "bad"};

static enum health output_health(const struct output_stats *o, const char **ret_word)
{
	if (o->failing) {
		*ret_word = "failing";
		return BAD;
	}
	if (o->lag_ms > LATE_MS || o->busy_ms > LATE_MS) {
		*ret_word = o->busy_ms > LATE_MS ? "blocked" : "behind";
		return WARN;
	}
	*ret_word = "ok";
	return GOOD;
}

static void put_cell(struct buf *out, uint64_t n, bool alarm)
{
	buf_puts(
		out, alarm && n ? "<td class=\"n\"><span class=\"pill bad\">" : "<td class=\"n\">");
	html_count(out, n);
	if (alarm && n)
		buf_puts(out, "</span>");
}

static void put_lag(struct buf *out, const struct output_stats *o)
{
	buf_puts(out, "<td class=\"n\">");
	html_count(out, o->lag_alerts);
	if (o->lag_ms >= 1000)
		buf_printf(out, ", %.1f s", (double)o->lag_ms / 1000);
	else if (o->lag_alerts)
		buf_printf(out, ", %" PRIu64 " ms", o->lag_ms);
}

static void put_output(struct view *v, const struct output_stats *o)
{
	const char *word;
	enum health health = output_health(o, &word);

	buf_puts(v->out, "<tr><td>");
	html_text(v->out, str_c(o->name));
	buf_printf(v->out, "<td><span class=\"pill %s\"%s", health_class[health],
		v->local && *o->last_error ? " title=\"" : "");
	if (v->local && *o->last_error) {
		html_text(v->out, str_c(o->last_error));
		buf_char(v->out, '"');
	}
	buf_printf(v->out, ">%s</span>", word);
	put_cell(v->out, o->written, false);
	put_lag(v->out, o);
	put_cell(v->out, o->dropped, true);
	put_cell(v->out, o->failed, true);
	buf_char(v->out, '\n');
}

static void put_outputs(struct view *v)
{
	buf_puts(v->out, "<section class=\"card\"><h2>Outputs</h2><div class=\"scroll\"><table>"
			 "<thead><tr><th>Output<th>State<th class=\"n\">Written<th class=\"n\">"
			 "Waiting<th class=\"n\">Dropped<th class=\"n\">Failed</thead><tbody>\n");
	for (size_t i = 0; i < v->noutputs; i++)
		put_output(v, &v->outputs[i]);
	buf_puts(v->out, "</table></div></section>\n");
}

/* ---- what we take, what we know ---- */

static void put_fact(struct view *v, const char *name, const struct sample *x)
{
	const struct metric_info *m;

	if (!x)
		return;
	m = &metric_table[x->id];
	buf_printf(v->out, "<tr><td>%s<td class=\"n\">", name);
	if (m->unit == METRIC_PERCENT)
		buf_printf(v->out, "%.1f %%", x->d);
	else if (m->unit == METRIC_BYTES || m->unit == METRIC_KIB)
		html_bytes(v->out, x->u * (m->unit == METRIC_KIB ? 1024 : 1));
	else
		html_count(v->out, x->u);
	buf_char(v->out, '\n');
}

static void put_facts(struct view *v)
{
	static const struct {
		enum metric id;
		const char *name;
	} rows[] = {{METRIC_CPU_USAGE, "Processor time, of one processor"},
		{METRIC_MEMORY_RSS, "Memory"},
		{METRIC_STATE_MEMORY, "of it for what is known of the machine"},
		{METRIC_N_THREADS, "Threads known"}, {METRIC_N_FDS, "Descriptors known"},
		{METRIC_PLUGIN_GAUGE, "Containers known"},
		{METRIC_STATE_EVICTED, "Threads forgotten for want of room"},
		{METRIC_HOST_CPU_USAGE, "Processors of the machine, since its start"}};
	struct samples s;

	samples_init(&s, v->g->groups);
	usage_put(&s, metrics_config(v->e->metrics)->host_root, metrics_started_ns(v->e->metrics));
	if (metrics_nboards(v->e->metrics))
		samples_add_all(&s, &v->boards[0]->samples, METRIC_GROUPS);
	buf_puts(v->out, "<section class=\"card\"><h2>Resources</h2><table><tbody>\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put_fact(v, rows[i].name, samples_find(&s, rows[i].id));
	buf_puts(v->out, "</table></section>\n");
	samples_done(&s);
}

/* ---- head ---- */

static enum health verdict(const struct view *v, const char **ret_text)
{
	enum health worst = GOOD;
	const char *word;

	*ret_text = "All is well";
	for (size_t i = 0; i < v->noutputs; i++) {
		enum health h = output_health(&v->outputs[i], &word);

		if (h > worst) {
			worst = h;
			*ret_text = h == BAD ? "An output fails" : "An output is behind";
		}
	}
	if (v->dropping > 0) {
		worst = BAD;
		*ret_text = "Events are being lost";
	}
	return worst;
}

static void put_header(struct view *v)
{
	const struct metrics_config *c = metrics_config(v->e->metrics);
	const char *text;
	enum health h = verdict(v, &text);

	buf_puts(v->out, "<header><h1>Falco<small>");
	html_text(v->out, str_c(c->version));
	buf_puts(v->out, " on ");
	html_text(v->out, str_c(c->hostname));
	buf_printf(v->out,
		"</small></h1><span class=\"pill %s\" id=\"verdict\">%s</span></header>\n",
		health_class[h], text);
}

static void begin_tile(struct view *v, const char *title)
{
	buf_printf(v->out, "<section class=\"card tile\"><h2>%s</h2><b>", title);
}

static void put_rate_tile(struct view *v, const char *title, const char *id, uint64_t total,
	size_t offset, bool alarm)
{
	double r[RECENT_POINTS];
	size_t n = rates(v, offset, r);

	begin_tile(v, title);
	buf_printf(v->out, "<span id=\"%s\">", id);
	html_count(v->out, total);
	buf_puts(v->out, "</span></b><p>");
	html_short(v->out, last_of(r, n));
	buf_puts(v->out, " a second</p>");
	html_sparkline(v->out, r, n, alarm && total);
	buf_puts(v->out, "</section>\n");
}

static const char *reads_as(const char *engine)
{
	static const char *const names[][2] = {{"modern_bpf", "Live, eBPF"},
		{"kmod", "Live, module"}, {"savefile", "Replay"}, {"nodriver", "No driver"},
		{"source_plugin", "Plugin"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i][0], engine) == 0)
			return names[i][1];
	return engine;
}

static void put_engine_tile(struct view *v)
{
	struct metrics *m = v->e->metrics;

	begin_tile(v, "Engine");
	for (size_t i = 0; i < metrics_nboards(m); i++) {
		buf_puts(v->out, i ? ", " : "");
		html_text(v->out, str_c(reads_as(metrics_board(m, i)->engine)));
	}
	buf_puts(v->out, "</b><p>running for ");
	html_duration(v->out, (monotonic_ns() - metrics_started_ns(m)) / 1000000000);
	buf_puts(v->out, "<br>");
	html_count(v->out, v->g->nrules);
	buf_puts(v->out, " rules</p></section>\n");
}

static void put_tiles(struct view *v)
{
	buf_puts(v->out, "<div class=\"tiles\">\n");
	put_engine_tile(v);
	put_rate_tile(
		v, "Events", "events", v->sum.events, offsetof(struct recent_point, events), false);
	put_rate_tile(v, "Events lost", "drops", v->sum.dropped,
		offsetof(struct recent_point, dropped), true);
	put_rate_tile(v, "Alerts", "alerts", v->sum.matches, offsetof(struct recent_point, matches),
		false);
	buf_puts(v->out, "</div>\n");
}

/* ---- rules ---- */

static void put_levels(struct view *v)
{
	double x = 0;

	if (!v->sum.matches)
		return;
	buf_puts(v->out, "<div class=\"levels\"><svg aria-hidden=\"true\">");
	for (size_t p = 0; p < ARRAY_SIZE(v->by_priority); p++) {
		double share = 100.0 * (double)v->by_priority[p] / (double)v->sum.matches;

		if (share > 0)
			buf_printf(v->out,
				"<rect class=\"f%zu\" x=\"%.3f%%\" width=\"%.3f%%\" "
				"height=\"100%%\"/>",
				p, x, share);
		x += share;
	}
	buf_puts(v->out, "</svg><ul>");
	for (size_t p = 0; p < ARRAY_SIZE(v->by_priority); p++) {
		if (!v->by_priority[p])
			continue;
		buf_printf(v->out, "<li><i class=\"dot f%zu\"></i>%s <b>", p,
			priority_name((enum priority)p));
		html_count(v->out, v->by_priority[p]);
		buf_puts(v->out, "</b>");
	}
	buf_puts(v->out, "</ul></div>\n");
}

struct hit {
	const struct generation_rule *rule;
	uint64_t n;
};

static int by_count(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->rule->index < y->rule->index ? -1 : x->rule->index > y->rule->index;
}

static void put_hit(struct view *v, const struct hit *h, uint64_t most)
{
	buf_printf(v->out, "<tr title=\"%s\"><td><i class=\"dot f%d\"></i>",
		priority_name(h->rule->priority), (int)h->rule->priority);
	html_text(v->out, str_c(h->rule->name));
	buf_printf(v->out,
		"<td class=\"bar\"><svg aria-hidden=\"true\"><rect class=\"f%d\" width=\"%.2f%%\" "
		"height=\"100%%\" rx=\"4\"/></svg><td class=\"n\">",
		(int)h->rule->priority, 100.0 * (double)h->n / (double)most);
	html_count(v->out, h->n);
	buf_char(v->out, '\n');
}

static void put_rules(struct view *v)
{
	VEC(struct hit) hits = {0};

	for (size_t b = 0; b < metrics_nboards(v->e->metrics); b++) {
		const struct snapshot *s = v->boards[b];

		for (size_t i = 0; i < s->generation->nrules; i++) {
			const struct generation_rule *r = &s->generation->rules[i];

			if (s->by_rule[r->index])
				vec_push(&hits, ((struct hit){r, s->by_rule[r->index]}));
		}
	}
	if (hits.n)
		qsort(hits.v, hits.n, sizeof(*hits.v), by_count);
	buf_printf(v->out,
		"<section class=\"card half\"><h2>Rules by matches<span>%zu of %zu matched</span>"
		"</h2>\n",
		hits.n, v->g->nrules);
	put_levels(v);
	if (!hits.n)
		buf_puts(v->out, "<p class=\"empty\">No rule has matched so far.</p>");
	else
		buf_puts(v->out, "<table><tbody>\n");
	for (size_t i = 0; i < MIN(hits.n, (size_t)TOP_RULES); i++)
		put_hit(v, &hits.v[i], hits.v[0].n);
	buf_puts(v->out, hits.n ? "</table></section>\n" : "</section>\n");
	vec_done(&hits);
}

/* ---- the page ---- */

static void put_files(struct view *v, const char *title, const struct generation_file *f, size_t n)
{
	if (!n)
		return;
	buf_printf(v->out, "<p>%s:", title);
	for (size_t i = 0; i < n; i++) {
		buf_puts(v->out, i ? ", " : " ");
		html_text(v->out, str_c(f[i].name));
		buf_printf(v->out, " <code title=\"sha256 %s\">%.12s</code>", f[i].sha256,
			f[i].sha256);
	}
	buf_puts(v->out, "</p>\n");
}

static void put_footer(struct view *v)
{
	buf_puts(v->out, "<footer><p>Loaded ");
	html_time(v->out, v->g->loaded_ts);
	buf_puts(v->out, ", drawn ");
	html_time(v->out, clock_ns(CLOCK_REALTIME));
	buf_puts(v->out, " (UTC)</p>\n");
	put_files(v, "Rules", v->g->rules_files.v, v->g->rules_files.n);
	put_files(v, "Configuration", v->g->config_files.v, v->g->config_files.n);
	buf_puts(v->out, "</footer>\n");
}

static void put_page(struct view *v, const char *nonce)
{
	buf_puts(v->out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			 "<meta name=\"viewport\" content=\"width=device-width\"><title>Falco on ");
	html_text(v->out, str_c(metrics_config(v->e->metrics)->hostname));
	buf_printf(v->out,
		"</title><noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"
		"<style nonce=\"%s\">\n%s</style></head><body><main>\n",
		nonce, page_css);
	put_header(v);
	put_tiles(v);
	buf_puts(v->out, "<div class=\"grid\">\n");
	put_rules(v);
	buf_puts(v->out, "<div class=\"half stack\">\n");
	put_outputs(v);
	put_facts(v);
	buf_puts(v->out, "</div>\n");
	page_alerts(v->out, v->e->recent, v->local);
	buf_puts(v->out, "</div>\n");
	put_footer(v);
	buf_printf(v->out,
		"</main><div id=\"lost\" class=\"bad\">No answer from Falco: what you see is "
		"old.</div><script nonce=\"%s\">\n%s</script></body></html>\n",
		nonce, page_js);
}

/* 16 random bytes in hexadecimal, and the policy that knows them. */
static bool make_nonce(char nonce[33], char csp[256])
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
	snprintf(csp, 256,
		"default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s'; connect-src "
		"'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		nonce, nonce);
	return true;
}

void page_handler(void *endpoints, const struct server_request *q, struct server_response *ret)
{
	struct view v = {.e = endpoints, .out = &ret->body, .local = q->local};
	char nonce[33];

	if (!make_nonce(nonce, ret->csp)) {
		ret->status = 503;
		return;
	}
	ret->type = "text/html; charset=utf-8";
	take(&v);
	put_page(&v, nonce);
	release(&v);
}
