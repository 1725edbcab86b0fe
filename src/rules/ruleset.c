/* SPDX-License-Identifier: Apache-2.0 */
/* Priorities, and rules switched on and off after they were loaded. */
#include "rules/ruleset.h"

static const char *const priorities[] = {
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"};

const char *priority_name(enum priority p)
{
	return (unsigned)p <= PRIORITY_DEBUG ? priorities[p] : NULL;
}

bool priority_parse(struct str s, enum priority *ret)
{
	for (unsigned i = 0; i <= PRIORITY_DEBUG; i++)
		if (str_eq_nocase(s, str_c(priorities[i])) ||
			(i == PRIORITY_INFORMATIONAL && str_eq_nocase(s, STR("info")))) {
			*ret = (enum priority)i;
			return true;
		}
	return false;
}

/* Only '*' is special: names of rules may have brackets and question marks in them. */
static bool matches_wildcard(struct str pattern, struct str s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, retry = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			retry = i;
		} else if (p < pattern.n && pattern.p[p] == s.p[i]) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++retry;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool has_tag(const struct rule *r, const char *tag)
{
	for (size_t i = 0; i < r->ntags; i++)
		if (!strcmp(r->tags[i], tag))
			return true;
	return false;
}

static bool matches(const struct rule *r, enum rule_match how, const char *what)
{
	switch (how) {
	case RULE_MATCH_EXACT:
		return !strcmp(r->name, what);
	case RULE_MATCH_SUBSTRING:
		return strstr(r->name, what) != NULL;
	case RULE_MATCH_WILDCARD:
		return matches_wildcard(str_c(what), str_c(r->name));
	case RULE_MATCH_TAG:
		return has_tag(r, what);
	}
	return false;
}

size_t ruleset_enable(struct ruleset *set, enum rule_match how, const char *what, bool enable)
{
	size_t n = 0;

	for (size_t i = 0; i < set->nrules; i++) {
		struct rule *r = set->rules[i];

		if (!matches(r, how, what))
			continue;
		r->enabled = enable && !r->below_minimum;
		n++;
	}
	return n;
}
