/* SPDX-License-Identifier: Apache-2.0 */
#include "app/stats.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"

void run_stats_init(struct run_stats *s, const struct ruleset *r)
{
	*s = (struct run_stats){0};
	for (size_t i = 0; i < r->nrules; i++)
		s->nrules = MAX(s->nrules, (size_t)r->rules[i]->index + 1);
	s->by_rule = mem_zalloc(s->nrules * sizeof(*s->by_rule));
}

void run_stats_done(struct run_stats *s)
{
	free(s->by_rule);
	*s = (struct run_stats){0};
}

void run_stats_count(struct run_stats *s, const struct rule *r)
{
	s->total++;
	s->by_priority[r->priority]++;
	s->by_rule[r->index]++;
}

void run_stats_print(const struct run_stats *s, const struct ruleset *r, struct buf *out)
{
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
}
