/* SPDX-License-Identifier: Apache-2.0 */
#include "output/spool_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <zlib.h>

#define MAX_TAGS 4096

struct body_head {
	uint64_t seq, spooled_ns, ts;
	uint32_t priority, ntags, fields_at, fields_n, text_n;
} __attribute__((packed));

static uint32_t checksum(struct str s)
{
	return (uint32_t)crc32(0, (const Bytef *)s.p, (uInt)s.n);
}

static void put_name(struct buf *out, const char *s)
{
	buf_put(out, s, strlen(s) + 1);
}

/* Where in the text the fields are, once the id is in it; nowhere when they are not part of it. */
static size_t fields_at(const struct alert_box *b, size_t id_n)
{
	const char *p = b->alert.fields.p;
	size_t at;

	if (!b->alert.fields.n || p < b->text.p || p > b->text.p + b->text.n)
		return 0;
	at = (size_t)(p - b->text.p);
	return at >= b->id_at ? at + id_n : at;
}

static void put_body(struct buf *out, const struct alert_box *b, struct body_head h, struct str id)
{
	struct str text = b->alert.text;

	h.ntags = (uint32_t)b->alert.ntags;
	h.fields_at = (uint32_t)fields_at(b, id.n);
	h.fields_n = h.fields_at ? (uint32_t)b->alert.fields.n : 0;
	h.text_n = (uint32_t)(text.n + id.n);
	buf_put(out, &h, sizeof(h));
	put_name(out, b->alert.rule);
	put_name(out, b->alert.source);
	for (size_t i = 0; i < b->alert.ntags; i++)
		put_name(out, b->alert.tags[i]);
	buf_str(out, str_head(text, b->id_at));
	buf_str(out, id);
	buf_str(out, str_from(text, b->id_at));
	buf_char(out, '\0');
}

bool spool_encode(
	struct buf *out, const struct alert_box *b, uint64_t seq, uint64_t now_ns, const char *id)
{
	struct body_head h = {
		.seq = seq, .spooled_ns = now_ns, .ts = b->alert.ts, .priority = b->alert.priority};
	size_t start = out->n;
	uint32_t frame[2] = {0};
	char member[128] = "";
	struct str body;

	if (b->alert.text.n > SPOOL_MAX_RECORD || b->alert.ntags > MAX_TAGS)
		return false;
	if (b->id_at)
		snprintf(member, sizeof(member), ",\"id\":\"%.64s-%" PRIu64 "\"", id, seq);
	buf_put(out, frame, sizeof(frame));
	put_body(out, b, h, str_c(member));
	body = str_from(buf_view(out), start + sizeof(frame));
	if (body.n > SPOOL_MAX_RECORD) {
		out->n = start;
		return false;
	}
	frame[0] = (uint32_t)body.n;
	frame[1] = checksum(body);
	memcpy(out->p + start, frame, sizeof(frame));
	return true;
}

int spool_frame(struct str bytes, struct str *ret_body, size_t *ret_need)
{
	uint32_t frame[2];

	*ret_need = sizeof(frame);
	if (bytes.n < sizeof(frame))
		return 0;
	memcpy(frame, bytes.p, sizeof(frame));
	if (frame[0] < sizeof(struct body_head) || frame[0] > SPOOL_MAX_RECORD)
		return -EBADMSG;
	*ret_need += frame[0];
	if (bytes.n < *ret_need)
		return 0;
	*ret_body = str_n(bytes.p + sizeof(frame), frame[0]);
	return checksum(*ret_body) == frame[1] ? 1 : -EBADMSG;
}

/* Cuts a name with its NUL off *rest. */
static bool take_name(struct str *rest, const char **ret)
{
	const char *end = memchr(rest->p, '\0', rest->n);

	*ret = rest->p;
	if (end)
		*rest = str_from(*rest, (size_t)(end - rest->p) + 1);
	return end;
}

static bool take_tags(struct str *rest, uint32_t n, struct spooled *ret)
{
	const char *tag;

	vec_clear(&ret->tags);
	for (; n && take_name(rest, &tag); n--)
		vec_push(&ret->tags, tag);
	return !n;
}

bool spool_decode(struct str body, struct spooled *ret)
{
	struct alert *a = &ret->alert;
	struct body_head h;
	struct str rest;

	if (body.n < sizeof(h))
		return false;
	memcpy(&h, body.p, sizeof(h));
	rest = str_from(body, sizeof(h));
	if (h.priority > PRIORITY_DEBUG || h.ntags > MAX_TAGS || !take_name(&rest, &a->rule) ||
		!take_name(&rest, &a->source) || !take_tags(&rest, h.ntags, ret))
		return false;
	if (rest.n != (size_t)h.text_n + 1 || rest.p[h.text_n] || h.fields_at > h.text_n ||
		h.fields_n > h.text_n - h.fields_at)
		return false;
	ret->seq = h.seq;
	ret->spooled_ns = h.spooled_ns;
	a->ts = h.ts;
	a->priority = (enum priority)h.priority;
	a->tags = ret->tags.v;
	a->ntags = ret->tags.n;
	a->text = str_n(rest.p, h.text_n);
	a->fields = str_n(rest.p + h.fields_at, h.fields_n);
	return true;
}
