/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base_syscalls decides: all calls; or those of the rules and what the state needs of them.
 */
#include "app/watch.h"

static void add_rules(bool ret[SC_MAX], const struct ruleset *rules)
{
	for (size_t i = 0; i < rules->nrules; i++) {
		const struct rule *r = rules->rules[i];

		if (!r->enabled || strcmp(r->source, "syscall") != 0)
			continue;
		for (uint16_t code = 1; code < SC_MAX; code++)
			ret[code] |= syscall_set_has(&r->syscalls, code);
	}
}

static void add_state(bool ret[SC_MAX])
{
	for (unsigned code = 1; code < SC_MAX; code++)
		ret[code] |=
			(event_table[syscall_table[code].event].flags & EF_MODIFIES_STATE) != 0;
}

void watch_calls(bool ret[SC_MAX], const struct config *c, const struct ruleset *rules)
{
	memset(ret, 0, SC_MAX * sizeof(*ret));
	if (c->base_syscalls_all)
		memset(ret + 1, true, (SC_MAX - 1) * sizeof(*ret));
	add_rules(ret, rules);
	add_state(ret);
}
