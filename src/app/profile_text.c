/* SPDX-License-Identifier: Apache-2.0 */
/* The profile as tables: figures in front, names and what is long behind them. */
#include <inttypes.h>

#include "app/profile.h"

#define TYPES_SHOWN 4
#define CHECK_SHOWN 110 /* bytes of a check's text */

static void put_line(struct buf *out, const struct profile_report *r, const char *name, double ns)
{
	buf_printf(out, "%12.3f %6.1f %%  %s\n", ns / 1e6, profile_share(ns, r->work), name);
}

static void put_line_beside(struct buf *out, const char *name, double ns)
{
	buf_printf(out, "%12.3f           %s\n", ns / 1e6, name);
}

static void put_summary(struct buf *out, const struct profile_report *r)
{
	uint64_t n = r->census->events;

	buf_printf(out, "%s: %" PRIu64 " events, %" PRIu64 " matches, %.0f ns per event\n\n",
		r->capture, n, r->matches, n ? r->work / (double)n : 0);
	buf_puts(out, "          ms    share  what\n");
	put_line(out, r, "reading and state", r->accounts[PROFILE_READING]);
	put_line(out, r, "choosing rules", r->accounts[PROFILE_CHOOSING]);
	put_line(out, r, "rules", r->rules_ns);
	put_line(out, r, "outputs", r->accounts[PROFILE_OUTPUTS]);
	put_line(out, r, "all of these", r->work);
	put_line_beside(out, "measuring itself", r->measuring);
	put_line_beside(out, "interrupted by other processes", r->accounts[PROFILE_INTERRUPTIONS]);
	put_line_beside(out, "sum", r->sum);
	buf_printf(out, "%12.3f           measured around it (the sum is %.1f %% of it)\n",
		r->measured / 1e6, profile_share(r->sum, r->measured));
}

/* ---- rules ---- */

static void put_types(struct buf *out, const struct forced *f)
{
	size_t n = MIN(f->types.n, TYPES_SHOWN);

	if (f->every) {
		buf_puts(out, "every type");
		return;
	}
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s%s", i ? ", " : "", f->types.v[i].name,
			f->types.v[i].only ? "*" : "");
	if (n < f->types.n)
		buf_printf(out, " and %zu more", f->types.n - n);
}

static void put_rule(
	struct buf *out, const struct profile_report *r, const struct profile_row *row, int width)
{
	double events = (double)r->census->events;
	struct forced f;

	census_forced(r->census, row->rule, &f);
	buf_printf(out,
		"%10.3f %5.1f %% %8" PRIu64 " %9" PRIu64 " %9" PRIu64 " %5.1f %% %5.1f %%  %-*s  ",
		row->ns / 1e6, profile_share(row->ns, r->work), row->counts.matches,
		row->counts.evaluated, row->counts.learned, profile_share((double)f.events, events),
		profile_share((double)f.only, events), width, row->rule->name);
	put_types(out, &f);
	buf_char(out, '\n');
	forced_done(&f);
}

/* Rules from there on in one row. */
static void put_other_rules(struct buf *out, const struct profile_report *r, size_t from)
{
	struct profile_rule sum = {0};
	double ns = 0;

	for (size_t i = from; i < r->rules.n; i++) {
		ns += r->rules.v[i].ns;
		sum.matches += r->rules.v[i].counts.matches;
		sum.evaluated += r->rules.v[i].counts.evaluated;
		sum.learned += r->rules.v[i].counts.learned;
	}
	buf_printf(out,
		"%10.3f %5.1f %% %8" PRIu64 " %9" PRIu64 " %9" PRIu64 "%18s%zu more rules\n",
		ns / 1e6, profile_share(ns, r->work), sum.matches, sum.evaluated, sum.learned, "",
		r->rules.n - from);
}

static void put_rules(struct buf *out, const struct profile_report *r)
{
	size_t n = MIN(r->rules.n, r->most);
	int width = 4;

	for (size_t i = 0; i < n; i++)
		width = MAX(width, (int)strlen(r->rules.v[i].rule->name));
	buf_puts(out,
		"\nRules, the dearest first. Work that several share is booked on the one that "
		"asked "
		"first.\n"
		"  learned  times that it was worked out whether process or file rule it out for "
		"good\n"
		"  forces   share of all events that are of the types it makes us capture\n"
		"  only     of these, what neither other rules nor the state need (types with *):\n"
		"           without the rule they need not be captured\n\n");
	buf_printf(out, "%10s %7s %8s %9s %9s %7s %7s  %-*s  %s\n", "ms", "share", "matches",
		"evaluated", "learned", "forces", "only", width, "rule", "event types");
	for (size_t i = 0; i < n; i++)
		put_rule(out, r, &r->rules.v[i], width);
	if (n < r->rules.n)
		put_other_rules(out, r, n);
}

/* ---- checks ---- */

/* On one line, and no wider than the table's last column may be. */
static void put_check_text(struct buf *out, const struct node *check)
{
	struct buf text = {0};
	size_t n;

	ast_print(&text, check);
	n = text.n;
	if (n > CHECK_SHOWN)
		for (n = CHECK_SHOWN; n && (text.p[n] & 0xc0) == 0x80; n--)
			;
	for (size_t i = 0; i < n; i++)
		buf_char(out, (unsigned char)text.p[i] < ' ' ? ' ' : text.p[i]);
	if (n < text.n)
		buf_puts(out, "...");
	buf_done(&text);
}

static void put_check(struct buf *out, const struct profile_report *r, const struct check_row *row)
{
	const struct profile_check *c = row->check;

	buf_printf(out, "%10.3f %5.1f %% %9" PRIu64 " %8.1f %% %5.1f %% %6" PRIu32 "  %-10s ",
		row->ns / 1e6, profile_share(row->ns, r->work), c->asked,
		profile_share((double)(c->asked - c->worked), (double)c->asked),
		profile_share((double)c->yes, (double)c->asked), c->rules,
		profile_scope_name(c->scope));
	put_check_text(out, c->check);
	buf_char(out, '\n');
}

static void put_checks(struct buf *out, const struct profile_report *r)
{
	size_t n = 0, asked = 0;
	double ns = 0;

	while (asked < r->nchecks && r->checks[asked].check->asked)
		asked++;
	n = MIN(asked, r->most);
	buf_puts(out, "\nChecks, the dearest first; their time is part of that of the rules.\n\n");
	buf_printf(out, "%10s %7s %9s %10s %7s %6s  %-10s %s\n", "ms", "share", "asked",
		"remembered", "true", "rules", "depends on", "check");
	for (size_t i = 0; i < n; i++)
		put_check(out, r, &r->checks[i]);
	for (size_t i = n; i < asked; i++)
		ns += r->checks[i].ns;
	if (n < asked)
		buf_printf(out, "%10.3f %5.1f %%%50s%zu more checks\n", ns / 1e6,
			profile_share(ns, r->work), "", asked - n);
	if (asked < r->nchecks)
		buf_printf(out, "%68s%zu checks that were never asked on an event\n", "",
			r->nchecks - asked);
}

void profile_text(struct buf *out, const struct profile_report *r)
{
	put_summary(out, r);
	put_rules(out, r);
	put_checks(out, r);
}
