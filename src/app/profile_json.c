/* SPDX-License-Identifier: Apache-2.0 */
/* The profile in full, for programs. Times are nanoseconds, shares percent. */
#include <inttypes.h>

#include "app/profile.h"

static void put_cost(struct buf *out, const struct profile_report *r, double ns)
{
	buf_printf(out, "\"ns\":%.0f,\"share\":%.3f", ns, profile_share(ns, r->work));
}

static void put_account(
	struct buf *out, const struct profile_report *r, const char *name, double ns)
{
	buf_printf(out, "\"%s\":{", name);
	put_cost(out, r, ns);
	buf_puts(out, "},");
}

static void put_work(struct buf *out, const struct profile_report *r)
{
	buf_puts(out, "\"work\":{");
	put_account(out, r, "reading_and_state", r->accounts[PROFILE_READING]);
	put_account(out, r, "choosing_rules", r->accounts[PROFILE_CHOOSING]);
	put_account(out, r, "rules", r->rules_ns);
	put_account(out, r, "outputs", r->accounts[PROFILE_OUTPUTS]);
	buf_printf(out, "\"ns\":%.0f},\"measuring_ns\":%.0f,\"interrupted_ns\":%.0f,", r->work,
		r->measuring, r->accounts[PROFILE_INTERRUPTIONS]);
	buf_printf(out, "\"sum_ns\":%.0f,\"measured_ns\":%.0f", r->sum, r->measured);
}

/* ---- rules ---- */

static void put_forced(struct buf *out, const struct profile_report *r, const struct forced *f)
{
	double events = (double)r->census->events;

	buf_printf(out, "\"forces\":{\"events\":%" PRIu64 ",\"share\":%.3f,\"types\":[", f->events,
		profile_share((double)f->events, events));
	for (size_t i = 0; i < f->types.n; i++) {
		const struct forced_type *t = &f->types.v[i];

		buf_printf(out, "%s{\"name\":\"%s\",\"events\":%" PRIu64 ",\"only\":%s}",
			i ? "," : "", t->name, t->events, t->only ? "true" : "false");
	}
	buf_printf(out, "]},\"only\":{\"events\":%" PRIu64 ",\"share\":%.3f}", f->only,
		profile_share((double)f->only, events));
}

static void put_rule(struct buf *out, const struct profile_report *r, const struct profile_row *row)
{
	struct forced f;

	census_forced(r->census, row->rule, &f);
	buf_puts(out, "{\"rule\":");
	buf_json(out, str_c(row->rule->name));
	buf_printf(out,
		",\"matches\":%" PRIu64 ",\"evaluated\":%" PRIu64 ",\"learned\":%" PRIu64 ",",
		row->counts.matches, row->counts.evaluated, row->counts.learned);
	put_cost(out, r, row->ns);
	buf_char(out, ',');
	put_forced(out, r, &f);
	buf_char(out, '}');
	forced_done(&f);
}

/* ---- checks ---- */

static void put_check(struct buf *out, const struct profile_report *r, const struct check_row *row)
{
	const struct profile_check *c = row->check;
	struct buf text = {0};

	ast_print(&text, c->check);
	buf_puts(out, "{\"check\":");
	buf_json(out, buf_view(&text));
	buf_printf(out,
		",\"depends_on\":\"%s\",\"rules\":%" PRIu32 ",\"asked\":%" PRIu64
		",\"remembered\":%" PRIu64 ",\"true\":%" PRIu64 ",",
		profile_scope_name(c->scope), c->rules, c->asked, c->asked - c->worked, c->yes);
	put_cost(out, r, row->ns);
	buf_char(out, '}');
	buf_done(&text);
}

void profile_json(struct buf *out, const struct profile_report *r)
{
	buf_puts(out, "{\"capture\":");
	buf_json(out, str_c(r->capture));
	buf_printf(out, ",\"events\":%" PRIu64 ",\"matches\":%" PRIu64 ",", r->census->events,
		r->matches);
	put_work(out, r);
	buf_puts(out, ",\"rules\":[");
	for (size_t i = 0; i < r->rules.n; i++) {
		buf_puts(out, i ? "," : "");
		put_rule(out, r, &r->rules.v[i]);
	}
	buf_puts(out, "],\"checks\":[");
	for (size_t i = 0; i < r->nchecks; i++) {
		buf_puts(out, i ? "," : "");
		put_check(out, r, &r->checks[i]);
	}
	buf_puts(out, "]}\n");
}
