/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for people, aligned, and for programs, as JSON. */
#include "app/app.h"
#include "app/doctor.h"
#include "app/json.h"

#define STATE_WIDTH 9

static const char *const colours[FINDING_STATES] = {"\033[32m", "\033[2m", "\033[33m", "\033[31m"};

static size_t name_width(const struct doctor *d)
{
	const struct finding *f;
	size_t width = 0;

	vec_foreach (f, &d->findings)
		width = MAX(width, strlen(f->name));
	return MIN(width, 30);
}

/* Lines after the first stand below it. */
static void put_lines(struct buf *out, struct str text, size_t indent)
{
	struct str line;
	bool first = true;

	while (str_split(&text, '\n', &line)) {
		if (!first)
			buf_pad(out, ' ', indent);
		buf_printf(out, "%.*s\n", STR_ARG(line));
		first = false;
	}
}

static void put_finding(struct buf *out, const struct finding *f, size_t width, bool colour)
{
	size_t indent = 2 + STATE_WIDTH + width + 2;

	buf_printf(out, "  %s%-*s%s%-*s  ", colour ? colours[f->state] : "", STATE_WIDTH,
		finding_state_name(f->state), colour ? "\033[0m" : "", (int)width, f->name);
	put_lines(out, str_c(f->found), indent);
	if (!*f->remedy)
		return;
	buf_pad(out, ' ', indent);
	buf_puts(out, "-> ");
	put_lines(out, str_c(f->remedy), indent + 3);
}

void doctor_text(struct buf *out, const struct doctor *d, bool colour)
{
	size_t width = name_width(d);
	const struct finding *f;
	const char *area = "";

	vec_foreach (f, &d->findings) {
		if (strcmp(area, f->area))
			buf_printf(out, "%s%s\n", *area ? "\n" : "", f->area);
		area = f->area;
		put_finding(out, f, width, colour);
	}
	buf_printf(out, "\n%zu broken, %zu warnings, %zu in order\n", d->count[FINDING_BROKEN],
		d->count[FINDING_WARNING], d->count[FINDING_OK]);
}

static void put_member(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "\"%s\":", name);
	buf_json(out, str_c(value));
	buf_char(out, ',');
}

void doctor_json(struct buf *out, const struct doctor *d)
{
	const struct finding *f;
	struct buf b = {0};

	buf_puts(&b, "{");
	put_member(&b, "falco_version", FALCO_VERSION);
	buf_printf(&b, "\"healthy\":%s,\"broken\":%zu,\"warnings\":%zu,\"findings\":[",
		d->count[FINDING_BROKEN] ? "false" : "true", d->count[FINDING_BROKEN],
		d->count[FINDING_WARNING]);
	vec_foreach (f, &d->findings) {
		buf_puts(&b, b.p[b.n - 1] == '[' ? "{" : ",{");
		put_member(&b, "area", f->area);
		put_member(&b, "check", f->name);
		put_member(&b, "state", finding_state_name(f->state));
		put_member(&b, "found", f->found);
		put_member(&b, "remedy", f->remedy);
		b.n--;
		buf_char(&b, '}');
	}
	buf_puts(&b, "]}");
	json_pretty(out, buf_view(&b));
	buf_done(&b);
}
