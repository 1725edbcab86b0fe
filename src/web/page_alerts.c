/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recent alerts. Their texts hold command lines and paths, in which there may be secrets, so they
 * are shown to who is on this machine; to others only when, how grave, and which rule.
 */
#include <jansson.h>

#include "web/endpoints.h"
#include "web/html.h"

struct rows {
	struct buf *out;
	bool local;
	size_t n;
};

/* Behind "time: Priority ". */
static struct str without_prefix(struct str text, const char *priority)
{
	ptrdiff_t at = str_find(str_head(text, 80), str_c(priority));

	if (at >= 0)
		text = str_from(text, (size_t)at + strlen(priority));
	return str_trim(text);
}

/* What is before " | " or " (" says what happened, the fields behind it are there on demand. */
static void put_text(struct buf *out, struct str text, uint64_t seq)
{
	ptrdiff_t at = str_find(text, STR(" | "));
	size_t skip = 3;

	if (at < 0) {
		at = str_find(text, STR(" ("));
		skip = 1;
	}
	if (at < 0) {
		html_text(out, text);
		return;
	}
	buf_printf(out, "<details id=\"a%llu\"><summary>", (unsigned long long)seq);
	html_text(out, str_head(text, (size_t)at));
	buf_puts(out, "</summary><code>");
	html_text(out, str_from(text, (size_t)at + skip));
	buf_puts(out, "</code></details>");
}

static bool put_member(
	struct buf *out, json_t *alert, const char *key, const struct recent_alert *a)
{
	const char *text = json_string_value(json_object_get(alert, key));

	if (text)
		put_text(out, without_prefix(str_c(text), priority_name(a->priority)), a->seq);
	return text;
}

static void put_alert(struct buf *out, const struct recent_alert *a)
{
	struct str text = buf_view(&a->text);
	json_t *alert;

	if (!str_starts(text, STR("{"))) {
		put_text(out, without_prefix(text, priority_name(a->priority)), a->seq);
		return;
	}
	alert = json_loadb(text.p, text.n, JSON_DISABLE_EOF_CHECK, NULL);
	if (!put_member(out, alert, "output", a))
		put_member(out, alert, "message", a);
	json_decref(alert);
}

static void put_row(void *arg, const struct recent_alert *a)
{
	struct rows *r = arg;

	if (!r->n++)
		buf_printf(r->out,
			"<table class=\"alerts\"><thead><tr><th>Time (UTC)<th>Priority<th>Rule%s"
			"</thead><tbody>\n",
			r->local ? "<th>Alert" : "");
	buf_puts(r->out, "<tr><td>");
	html_time(r->out, a->ts);
	buf_printf(r->out, "<td><i class=\"dot f%d\"></i>%s<td>", (int)a->priority,
		priority_name(a->priority));
	html_text(r->out, str_c(a->rule));
	if (r->local) {
		buf_puts(r->out, "<td>");
		put_alert(r->out, a);
	}
	buf_char(r->out, '\n');
}

void page_alerts(struct buf *out, struct recent *w, bool local)
{
	struct rows r = {.out = out, .local = local};

	buf_printf(out, "<section class=\"card full\"><h2>Recent alerts<span>%s</span></h2>",
		local ? "" : "texts are shown to this machine only");
	buf_puts(out, "<div class=\"scroll\">");
	if (w)
		recent_alerts(w, put_row, &r);
	buf_puts(out, r.n ? "</table></div></section>\n"
			  : "<p class=\"empty\">None so far.</p></div></section>\n");
}
