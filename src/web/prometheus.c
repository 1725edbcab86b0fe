/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples as Prometheus' text.
 *
 * A family is written in one piece whatever the order in which samples came: they are sorted by
 * their rows, which stand together in metrics.def, and where the family's name depends on the key,
 * by key. A sample whose name and labels were written before is left out, since one such pair makes
 * the whole text invalid to Prometheus.
 */
#include <assert.h>
#include <math.h>

#include "base/map.h"
#include "web/numbers.h"
#include "web/samples.h"

static void put_family(struct buf *out, const char *text, const char *key)
{
	const char *star = strchr(text, '*');

	if (!star) {
		buf_puts(out, text);
		return;
	}
	assert(key);
	buf_put(out, text, (size_t)(star - text));
	put_name(out, str_c(key), true);
	buf_puts(out, star + 1);
}

static void put_labels(struct buf *out, const struct sample *x)
{
	const char *labels = metric_table[x->id].labels;

	if (x->labels) {
		buf_printf(out, "{%s}", x->labels);
	} else if (strchr(labels, '*')) {
		size_t n = strcspn(labels, "=");

		buf_char(out, '{');
		put_label(out, str_n(labels, n), str_c(x->key ? x->key : x->text));
		buf_char(out, '}');
	} else if (*labels) {
		buf_printf(out, "{%s}", labels);
	}
}

static void put_value(struct buf *out, const struct sample *x)
{
	switch (metric_table[x->id].unit) {
	case METRIC_PERCENT:
		put_real(out, round((x->real ? x->d : (double)x->u) * 10) / 1000);
		break;
	case METRIC_KIB:
		buf_u64(out, x->u * 1024);
		break;
	default:
		if (x->real)
			put_real(out, x->d);
		else
			buf_u64(out, x->u);
	}
}

static int by_family(const void *a, const void *b)
{
	const struct sample *x = *(const struct sample *const *)a,
			    *y = *(const struct sample *const *)b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (strchr(metric_table[x->id].family, '*')) {
		int r = strcmp(x->key, y->key);

		if (r)
			return r;
	}
	return x < y ? -1 : x > y;
}

static void put_head(struct buf *out, const struct metric_info *m, const char *name)
{
	static const char *const types[] = {"counter", "gauge", "gauge"};

	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, m->help, name, types[m->type]);
}

struct writer {
	struct buf *out;
	struct buf family;	      /* name of the one that is being written */
	bool skipping;		      /* it was written before, as another row's */
	struct smap families, series; /* written; keys in arena */
	struct arena arena;
};

static bool first_time(struct writer *w, struct smap *seen, struct str name)
{
	if (smap_get(seen, name))
		return false;
	smap_put(seen, arena_str(&w->arena, name), w);
	return true;
}

static void begin_family(struct writer *w, const struct metric_info *m, struct str name)
{
	w->family.n = 0;
	buf_str(&w->family, name);
	w->skipping = !first_time(w, &w->families, name);
	if (!w->skipping)
		put_head(w->out, m, buf_cstr(&w->family));
}

static void put_sample(struct writer *w, const struct sample *x)
{
	const struct metric_info *m = &metric_table[x->id];
	struct buf series = {.arena = &w->arena};

	put_family(&series, m->family, x->key);
	if (!str_eq(buf_view(&series), buf_view(&w->family)))
		begin_family(w, m, buf_view(&series));
	put_labels(&series, x);
	if (w->skipping || !first_time(w, &w->series, buf_view(&series)))
		return;
	buf_str(w->out, buf_view(&series));
	buf_char(w->out, ' ');
	put_value(w->out, x);
	buf_char(w->out, '\n');
}

void samples_prometheus(struct buf *out, const struct samples *s)
{
	VEC(const struct sample *) order = {0};
	const struct sample *x, **it;
	struct writer w = {.out = out};

	arena_init(&w.arena, 0);
	vec_foreach (x, &s->list)
		if (*metric_table[x->id].family)
			vec_push(&order, x);
	if (order.n)
		qsort(order.v, order.n, sizeof(*order.v), by_family);
	vec_foreach (it, &order)
		put_sample(&w, *it);
	vec_done(&order);
	smap_done(&w.families);
	smap_done(&w.series);
	buf_done(&w.family);
	arena_done(&w.arena);
}
