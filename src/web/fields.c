/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples as output_fields: pairs of key and JSON value, sorted, each key once (two rules whose
 * names differ in punctuation only have one key: the first one counts).
 */
#include <assert.h>

#include "web/numbers.h"
#include "web/samples.h"

#define MEBI (1024.0 * 1024.0)

static void put_starred(struct buf *out, const char *text, const char *key)
{
	size_t n = strcspn(text, "*");

	assert(!text[n] || key);
	buf_put(out, text, n);
	if (text[n]) {
		buf_puts(out, key);
		buf_puts(out, text + n + 1);
	}
}

static bool to_mb(const struct sample *x, const struct field_options *o)
{
	enum metric_unit unit = metric_table[x->id].unit;

	return o->memory_mb && (unit == METRIC_KIB || unit == METRIC_BYTES);
}

static void put_field_name(struct buf *out, const struct sample *x, bool mb)
{
	const char *field = metric_table[x->id].field;
	struct str name;

	put_starred(out, field, x->key);
	name = buf_view(out);
	if (!mb)
		return;
	assert(str_ends(name, STR("_kb")) || str_ends(name, STR("_bytes")));
	out->n = (size_t)str_rchr(name, '_');
	buf_puts(out, "_mb");
}

static void put_field_value(struct buf *out, const struct sample *x, bool mb)
{
	if (x->text)
		buf_json(out, str_c(x->text));
	else if (mb)
		put_real(out,
			one_decimal((double)x->u *
				    (metric_table[x->id].unit == METRIC_KIB ? 1024 : 1) / MEBI));
	else if (x->real)
		put_real(out, x->d);
	else
		buf_u64(out, x->u);
}

static bool shown(const struct sample *x, const struct field_options *o)
{
	const struct metric_info *m = &metric_table[x->id];

	if (!*m->field)
		return false;
	return o->with_zeroes || m->group & (METRIC_ALWAYS | METRIC_SHOWN) ||
	       (x->real ? x->d != 0 : x->u != 0);
}

struct pair {
	const char *key, *value;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

void field_pairs_done(struct field_pairs *p)
{
	vec_done(&p->list);
	arena_done(&p->arena);
}

void samples_fields(struct field_pairs *ret, const struct samples *s, const struct field_options *o)
{
	VEC(struct pair) pairs = {0};
	const struct sample *x;
	struct buf text = {0};

	*ret = (struct field_pairs){0};
	arena_init(&ret->arena, 0);
	vec_foreach (x, &s->list) {
		bool mb = to_mb(x, o);
		struct pair *p;

		if (!shown(x, o))
			continue;
		p = vec_add(&pairs);
		text.n = 0;
		put_field_name(&text, x, mb);
		p->key = arena_strdup(&ret->arena, buf_view(&text));
		text.n = 0;
		put_field_value(&text, x, mb);
		p->value = arena_strdup(&ret->arena, buf_view(&text));
	}
	if (pairs.n)
		qsort(pairs.v, pairs.n, sizeof(*pairs.v), by_key);
	for (size_t i = 0; i < pairs.n; i++) {
		if (i && strcmp(pairs.v[i].key, pairs.v[i - 1].key) == 0)
			continue;
		vec_push(&ret->list, pairs.v[i].key);
		vec_push(&ret->list, pairs.v[i].value);
	}
	vec_done(&pairs);
	buf_done(&text);
}
