/* SPDX-License-Identifier: Apache-2.0 */
#include "app/stats.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"

#define MAX_GONE 10000 /* who reloads for ever under new names is not counted for ever */

struct gone_rule {
	uint64_t matches;
	char name[];
};

static void make_counters(struct run_stats *s, const struct ruleset *r)
{
	s->nrules = 0;
	for (size_t i = 0; i < r->nrules; i++)
		s->nrules = MAX(s->nrules, (size_t)r->rules[i]->index + 1);
	s->by_rule = mem_zalloc(s->nrules * sizeof(*s->by_rule));
}

void run_stats_init(struct run_stats *s, const struct ruleset *r)
{
	*s = (struct run_stats){0};
	make_counters(s, r);
}

void run_stats_done(struct run_stats *s)
{
	const struct smap_slot *slot;

	map_foreach(slot, &s->gone) free(slot->value);
	smap_done(&s->gone);
	free(s->by_rule);
	*s = (struct run_stats){0};
}

static void put_away(struct run_stats *s, const struct rule *r)
{
	size_t length = strlen(r->name) + 1;
	struct gone_rule *g;

	if (!s->by_rule[r->index] || s->gone.n >= MAX_GONE)
		return;
	g = mem_alloc(sizeof(*g) + length);
	g->matches = s->by_rule[r->index];
	memcpy(g->name, r->name, length);
	smap_put(&s->gone, str_c(g->name), g);
}

void run_stats_carry(struct run_stats *s, const struct ruleset *from, const struct ruleset *to)
{
	struct gone_rule *g;

	for (size_t i = 0; i < from->nrules; i++)
		put_away(s, from->rules[i]);
	free(s->by_rule);
	make_counters(s, to);
	for (size_t i = 0; i < to->nrules; i++) {
		g = smap_del(&s->gone, str_c(to->rules[i]->name));
		if (g)
			s->by_rule[to->rules[i]->index] = g->matches;
		free(g);
	}
}

void run_stats_count(struct run_stats *s, const struct rule *r)
{
	s->total++;
	s->by_priority[r->priority]++;
	s->by_rule[r->index]++;
}

void run_stats_print(const struct run_stats *s, const struct ruleset *r, struct buf *out)
{
	const struct smap_slot *slot;

	buf_printf(out, "Events detected: %llu\n", (unsigned long long)s->total);
	buf_puts(out, "Rule counts by severity:\n");
	for (int p = 0; p <= PRIORITY_DEBUG; p++) {
		const char *name = p == PRIORITY_INFORMATIONAL ? "INFO" : priority_name(p);

		if (!s->by_priority[p])
			continue;
		buf_puts(out, "   ");
		for (; *name; name++)
			buf_char(out, (char)toupper((unsigned char)*name));
		buf_printf(out, ": %llu\n", (unsigned long long)s->by_priority[p]);
	}
	buf_puts(out, "Triggered rules by rule name:\n");
	for (size_t i = 0; i < r->nrules; i++) {
		uint64_t n = s->by_rule[r->rules[i]->index];

		if (n)
			buf_printf(out, "   %s: %llu\n", r->rules[i]->name, (unsigned long long)n);
	}
	map_foreach(slot, &s->gone)
	{
		const struct gone_rule *g = slot->value;

		buf_printf(out, "   %s: %llu\n", g->name, (unsigned long long)g->matches);
	}
}
