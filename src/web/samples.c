/* SPDX-License-Identifier: Apache-2.0 */
/* Samples own copies of their texts, all in one arena that goes with them. */
#include "web/samples.h"

#include "base/utf8.h"

void samples_init(struct samples *s, unsigned groups)
{
	*s = (struct samples){.groups = groups};
	arena_init(&s->arena, 0);
}

void samples_done(struct samples *s)
{
	vec_done(&s->list);
	arena_done(&s->arena);
}

static const char *copy(struct samples *s, const char *text)
{
	return text ? arena_strdup(&s->arena, str_c(text)) : NULL;
}

static struct sample *add(struct samples *s, enum metric id, const char *key)
{
	if (!(metric_table[id].group & s->groups & METRIC_GROUPS))
		return NULL;
	*vec_add(&s->list) = (struct sample){.id = id, .key = copy(s, key)};
	return &s->list.v[s->list.n - 1];
}

void samples_put(struct samples *s, enum metric id, const char *key, uint64_t value)
{
	struct sample *x = add(s, id, key);

	if (x)
		x->u = value;
}

void samples_put_real(struct samples *s, enum metric id, const char *key, double value)
{
	struct sample *x = add(s, id, key);

	if (!x)
		return;
	x->real = true;
	x->d = value;
}

void samples_put_info(
	struct samples *s, enum metric id, const char *key, const char *labels, const char *text)
{
	struct sample *x = add(s, id, key);

	if (!x)
		return;
	x->labels = copy(s, labels);
	x->text = copy(s, text);
	x->u = 1;
}

void samples_put_labelled(
	struct samples *s, enum metric id, const char *key, const char *labels, uint64_t value)
{
	struct sample *x = add(s, id, key);

	if (!x)
		return;
	x->labels = copy(s, labels);
	x->u = value;
}

static void sink_add(void *arg, enum metric m, const char *key, uint64_t value)
{
	samples_put(arg, m, key, value);
}

struct metric_sink samples_sink(struct samples *s)
{
	return (struct metric_sink){.add = sink_add, .arg = s, .groups = s->groups};
}

void samples_add_all(struct samples *s, const struct samples *from, unsigned groups)
{
	const struct sample *x;

	vec_foreach (x, &from->list) {
		struct sample *mine;

		if (!(metric_table[x->id].group & groups & METRIC_GROUPS))
			continue;
		mine = add(s, x->id, x->key);
		if (!mine)
			continue;
		mine->labels = copy(s, x->labels);
		mine->text = copy(s, x->text);
		mine->real = x->real;
		mine->u = x->u;
	}
}

const struct sample *samples_find(const struct samples *s, enum metric id)
{
	const struct sample *x;

	vec_foreach (x, &s->list)
		if (x->id == id)
			return x;
	return NULL;
}

/* ---- names ---- */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Runs of what a name may not have become one "_". */
static void put_clean(struct buf *out, struct str s, bool colons)
{
	size_t start = out->n;

	for (size_t i = 0; i < s.n; i++) {
		if (is_alnum(s.p[i]) || (colons && s.p[i] == ':'))
			buf_char(out, s.p[i]);
		else if (out->n == start || out->p[out->n - 1] != '_')
			buf_char(out, '_');
	}
}

void put_name(struct buf *out, struct str s, bool trim)
{
	size_t start = out->n;

	put_clean(out, s, true);
	if (trim && out->n > start && out->p[out->n - 1] == '_')
		out->n--;
}

static void put_escaped(struct buf *out, char c)
{
	if (c == '\\' || c == '"')
		buf_char(out, '\\');
	if (c == '\n')
		buf_puts(out, "\\n");
	else
		buf_char(out, c);
}

void put_label(struct buf *out, struct str key, struct str value)
{
	if (!key.n || (key.p[0] >= '0' && key.p[0] <= '9'))
		buf_char(out, '_');
	put_clean(out, key, false);
	buf_puts(out, "=\"");
	while (value.n) {
		size_t n = utf8_valid(value);

		if (n == 1)
			put_escaped(out, *value.p);
		else if (n)
			buf_put(out, value.p, n);
		else
			buf_puts(out, "\xef\xbf\xbd");
		value = str_from(value, n ? n : utf8_bad(value));
	}
	buf_char(out, '"');
}
