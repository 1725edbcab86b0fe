/* SPDX-License-Identifier: Apache-2.0 */
/* What changed from one ruleset to another. */
#ifndef RULES_DIFF_H
#define RULES_DIFF_H
#include "base/vec.h"
#include "rules/ruleset.h"

typedef VEC(const struct rule *) rule_list;

struct ruleset_diff {
	rule_list added, removed, changed; /* changed: as they are now */
	/* System calls that enabled rules want now and did not, or no longer do. */
	struct syscall_set wanted, unwanted;
};

/*
 * Rules are the same by name; changed is one that matches or says something else, because of its
 * own text, of what it refers to, or of the configuration. Both rulesets outlive *ret.
 */
void ruleset_diff(const struct ruleset *from, const struct ruleset *to, struct ruleset_diff *ret);
void ruleset_diff_done(struct ruleset_diff *d);
#endif
