/* SPDX-License-Identifier: Apache-2.0 */
/* How often rules matched, and the summary at the end of a run. */
#ifndef APP_STATS_H
#define APP_STATS_H
#include "base/map.h"
#include "rules/ruleset.h"

struct run_stats {
	uint64_t total;
	uint64_t by_priority[PRIORITY_DEBUG + 1];
	uint64_t *by_rule; /* by rule->index */
	size_t nrules;
	struct smap gone; /* of rules that matched and that reloads removed: struct gone_rule */
};

void run_stats_init(struct run_stats *s, const struct ruleset *r);
void run_stats_done(struct run_stats *s);
/* After a reload: rules that stay, by their names, keep their counts. */
void run_stats_carry(struct run_stats *s, const struct ruleset *from, const struct ruleset *to);
void run_stats_count(struct run_stats *s, const struct rule *r);
/* "Events detected: N", counts by severity and by rule. */
void run_stats_print(const struct run_stats *s, const struct ruleset *r, struct buf *out);
#endif
