/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts as text and as JSON, byte for byte as Falco 0.44 prints them: JSON keys sorted, no
 * blanks; times of JSON alerts in UTC, those of internal text alerts in local time.
 */
#include "output/alert.h"

#include <inttypes.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)

void alert_box_done(struct alert_box *b)
{
	buf_done(&b->text);
	buf_done(&b->names);
	buf_done(&b->scratch);
	buf_done(&b->fields);
	vec_done(&b->tags);
}

size_t alert_box_bytes(const struct alert_box *b)
{
	return sizeof(*b) + b->text.cap + b->names.cap + b->scratch.cap + b->fields.cap +
	       b->tags.cap * sizeof(*b->tags.v);
}

/* ---- names ---- */

static void keep(struct buf *names, const char *s)
{
	buf_put(names, s, strlen(s) + 1);
}

/* Copies what the alert is about: rules may be gone when it is written. */
static void keep_names(struct alert_box *b, const char *rule, const char *source,
	const char *const *tags, size_t ntags)
{
	const char *p;

	b->names.n = 0;
	keep(&b->names, rule);
	keep(&b->names, source);
	for (size_t i = 0; i < ntags; i++)
		keep(&b->names, tags[i]);
	p = b->names.p;
	b->alert.rule = p;
	p += strlen(p) + 1;
	b->alert.source = p;
	vec_clear(&b->tags);
	for (size_t i = 0; i < ntags; i++) {
		p += strlen(p) + 1;
		vec_push(&b->tags, p);
	}
	b->alert.tags = b->tags.v;
	b->alert.ntags = ntags;
}

/* ---- JSON ---- */

/* "2016-08-04T16:17:57.881781397Z" with quotes. */
static void put_time(struct buf *out, uint64_t ts)
{
	time_t seconds = (time_t)(ts / SECOND);
	char date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%FT%T", &tm);
	buf_printf(out, "\"%s.%09" PRIu64 "Z\"", date, ts % SECOND);
}

static void put_tags(struct buf *out, const struct alert *a)
{
	buf_puts(out, ",\"tags\":[");
	for (size_t i = 0; i < a->ntags; i++) {
		if (i)
			buf_char(out, ',');
		buf_json(out, str_c(a->tags[i]));
	}
	buf_char(out, ']');
}

/* The parts of a JSON alert that callers have: absent ones have p NULL. */
struct json_parts {
	struct str message, output, fields;
	bool tags;
};

static void put_json(struct alert_box *b, const struct outputs_config *c, struct json_parts parts)
{
	struct buf *out = &b->text;
	size_t fields_at = 0;

	buf_puts(out, "{\"hostname\":");
	buf_json(out, str_c(c->hostname));
	b->id_at = out->n;
	if (parts.message.p) {
		buf_puts(out, ",\"message\":");
		buf_json(out, parts.message);
	}
	if (parts.output.p) {
		buf_puts(out, ",\"output\":");
		buf_json(out, parts.output);
	}
	if (parts.fields.p) {
		buf_puts(out, ",\"output_fields\":{");
		fields_at = out->n;
		buf_str(out, parts.fields);
		buf_char(out, '}');
	}
	buf_printf(out, ",\"priority\":\"%s\",\"rule\":", priority_name(b->alert.priority));
	buf_json(out, str_c(b->alert.rule));
	buf_puts(out, ",\"source\":");
	buf_json(out, str_c(b->alert.source));
	if (parts.tags)
		put_tags(out, &b->alert);
	buf_puts(out, ",\"time\":");
	put_time(out, b->alert.ts);
	buf_char(out, '}');
	b->alert.fields = str_n(out->p + fields_at, parts.fields.n);
}

/* ---- output_fields ---- */

/* Length of the JSON member that s starts with, up to the comma behind it or the end. */
static size_t member_length(struct str s)
{
	unsigned depth = 0;
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
		else if (!quoted && c == ',' && !depth)
			break;
	}
	return MIN(i, s.n);
}

/* The key of a member, without its quotes. */
static struct str member_key(struct str member)
{
	size_t i = 1;

	while (i < member.n && member.p[i] != '"')
		i += member.p[i] == '\\' ? 2 : 1;
	return str_head(str_from(member, 1), i - 1);
}

static void put_member(struct buf *out, struct str member)
{
	if (out->n)
		buf_char(out, ',');
	buf_str(out, member);
}

/* Puts member where its key belongs among the sorted ones of fields, in place of an equal one. */
static void insert_member(struct alert_box *b, struct str member)
{
	struct buf merged = {0};
	struct str rest = buf_view(&b->fields), key = member_key(member), next;
	bool placed = false;

	while (rest.n) {
		int order;

		next = str_head(rest, member_length(rest));
		rest = str_from(rest, next.n + 1);
		order = str_cmp(key, member_key(next));
		if (order <= 0 && !placed) {
			put_member(&merged, member);
			placed = true;
		}
		if (order)
			put_member(&merged, next);
	}
	if (!placed)
		put_member(&merged, member);
	buf_done(&b->fields);
	b->fields = merged;
}

static void add_extra(struct alert_box *b, const struct extra_field *x, struct event_ctx *ctx)
{
	struct buf member = {0};

	if (x->plain) {
		format_json(x->format, ctx, false, &member);
	} else {
		b->scratch.n = 0;
		format_text(x->format, ctx, &b->scratch);
		buf_json(&member, str_c(x->name));
		buf_char(&member, ':');
		buf_json(&member, buf_view(&b->scratch));
	}
	if (member.n)
		insert_member(b, buf_view(&member));
	buf_done(&member);
}

/* Fields of the output and those that configuration adds. */
static void render_fields(struct alert_box *b, const struct rule *r, struct event_ctx *ctx)
{
	b->fields.n = 0;
	format_json(r->format, ctx, false, &b->fields);
	for (size_t i = 0; i < r->nextra; i++)
		add_extra(b, &r->extra[i], ctx);
}

/* ---- alerts ---- */

static void begin(struct alert_box *b, uint64_t ts, enum priority p)
{
	b->alert = (struct alert){.ts = ts, .priority = p, .fields = STR("")};
	b->text.n = 0;
	b->id_at = 0;
}

static void render_rule_json(struct alert_box *b, const struct outputs_config *c,
	const struct rule *r, struct event_ctx *ctx)
{
	struct json_parts parts = {.tags = c->json_tags_property};
	size_t message_at;

	if (c->json_fields_property || c->subscribers)
		render_fields(b, r, ctx);
	if (c->json_fields_property)
		parts.fields = buf_view(&b->fields);
	b->scratch.n = 0;
	if (c->json_output_property)
		format_text(r->format, ctx, &b->scratch);
	message_at = b->scratch.n;
	if (c->json_message_property)
		format_text_behind(r->format, ctx, &b->scratch);
	if (c->json_output_property)
		parts.output = str_head(buf_view(&b->scratch), message_at);
	if (c->json_message_property)
		parts.message = str_from(buf_view(&b->scratch), message_at);
	put_json(b, c, parts);
}

static void render_rule_text(struct alert_box *b, const struct outputs_config *c,
	const struct rule *r, struct event_ctx *ctx)
{
	format_text(r->format, ctx, &b->text);
	if (c->subscribers)
		render_fields(b, r, ctx);
}

void alert_render_rule(struct alert_box *b, const struct outputs_config *c, const struct rule *r,
	struct event_ctx *ctx)
{
	begin(b, ctx->ev->ts, r->priority);
	keep_names(b, r->name, r->source, r->tags, r->ntags);
	if (c->json)
		render_rule_json(b, c, r, ctx);
	else
		render_rule_text(b, c, r, ctx);
	b->alert.text = buf_view(&b->text);
	if (c->subscribers)
		b->alert.fields = buf_view(&b->fields);
}

/* ---- internal alerts ---- */

/* The pair with the smallest key that is larger than after (NULL: any); npairs: none. */
static size_t next_pair(const char *const *fields, size_t npairs, const char *after)
{
	size_t best = npairs;

	for (size_t i = 0; i < npairs; i++) {
		const char *key = fields[2 * i];

		if (after && strcmp(key, after) <= 0)
			continue;
		if (best == npairs || strcmp(key, fields[2 * best]) < 0)
			best = i;
	}
	return best;
}

/* Every pair in order: key, between, value, with a separator between two of them. */
static void put_pairs(struct buf *out, const char *const *fields, size_t npairs, bool json)
{
	const char *last = NULL;
	size_t i;

	while ((i = next_pair(fields, npairs, last)) < npairs) {
		if (last)
			buf_char(out, json ? ',' : ' ');
		last = fields[2 * i];
		if (json)
			buf_json(out, str_c(last));
		else
			buf_puts(out, last);
		buf_char(out, json ? ':' : '=');
		buf_puts(out, fields[2 * i + 1]);
	}
}

static void put_local_time(struct buf *out, uint64_t ts)
{
	time_t seconds = (time_t)(ts / SECOND);
	char text[32];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%T", &tm);
	buf_printf(out, "%s.%09" PRIu64, text, ts % SECOND);
}

void alert_render_internal(struct alert_box *b, const struct outputs_config *c, uint64_t ts,
	enum priority p, const char *rule, const char *message, const char *const *fields,
	size_t npairs)
{
	begin(b, ts, p);
	keep_names(b, rule, "internal", NULL, 0);
	b->fields.n = 0;
	if (c->json || c->subscribers)
		put_pairs(&b->fields, fields, npairs, true);
	if (c->json) {
		put_json(b, c,
			(struct json_parts){
				.output = str_c(message), .fields = buf_view(&b->fields)});
	} else {
		put_local_time(&b->text, ts);
		buf_printf(&b->text, ": %s %s (", priority_name(p), message);
		put_pairs(&b->text, fields, npairs, false);
		buf_char(&b->text, ')');
	}
	b->alert.text = buf_view(&b->text);
	if (c->subscribers)
		b->alert.fields = buf_view(&b->fields);
}
