/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules are compared by what was compiled, not by their text: a changed list changes the rules
 * that use it, a comment changes none.
 */
#include "rules/diff.h"

#include "base/map.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_tags(const struct rule *a, const struct rule *b)
{
	if (a->ntags != b->ntags)
		return false;
	for (size_t i = 0; i < a->ntags; i++)
		if (strcmp(a->tags[i], b->tags[i]) != 0)
			return false;
	return true;
}

static bool same_extra(const struct rule *a, const struct rule *b)
{
	if (a->nextra != b->nextra)
		return false;
	for (size_t i = 0; i < a->nextra; i++)
		if (strcmp(a->extra[i].name, b->extra[i].name) != 0 ||
			!same_text(a->extra[i].text, b->extra[i].text))
			return false;
	return true;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	return a->enabled == b->enabled && a->priority == b->priority && a->capture == b->capture &&
	       a->capture_duration_ms == b->capture_duration_ms && !strcmp(a->source, b->source) &&
	       same_text(a->output_compiled, b->output_compiled) && same_tags(a, b) &&
	       same_extra(a, b) && ast_equal(a->ast, b->ast);
}

static void rules_by_name(const struct ruleset *set, struct smap *ret)
{
	smap_reserve(ret, set->nrules);
	for (size_t i = 0; i < set->nrules; i++)
		smap_put(ret, str_c(set->rules[i]->name), set->rules[i]);
}

static void wanted_calls(const struct ruleset *set, struct syscall_set *ret)
{
	for (size_t i = 0; i < set->nrules; i++)
		for (size_t w = 0; set->rules[i]->enabled && w < ARRAY_SIZE(ret->bits); w++)
			ret->bits[w] |= set->rules[i]->syscalls.bits[w];
}

static void diff_calls(
	const struct ruleset *from, const struct ruleset *to, struct ruleset_diff *ret)
{
	struct syscall_set before = {{0}}, after = {{0}};

	wanted_calls(from, &before);
	wanted_calls(to, &after);
	for (size_t w = 0; w < ARRAY_SIZE(before.bits); w++) {
		ret->wanted.bits[w] = after.bits[w] & ~before.bits[w];
		ret->unwanted.bits[w] = before.bits[w] & ~after.bits[w];
	}
}

void ruleset_diff(const struct ruleset *from, const struct ruleset *to, struct ruleset_diff *ret)
{
	struct smap old = {0}, new = {0};

	*ret = (struct ruleset_diff){.added = {0}};
	rules_by_name(from, &old);
	rules_by_name(to, &new);
	for (size_t i = 0; i < to->nrules; i++) {
		const struct rule *now = to->rules[i], *was = smap_get(&old, str_c(now->name));

		if (!was)
			vec_push(&ret->added, now);
		else if (!same_rule(was, now))
			vec_push(&ret->changed, now);
	}
	for (size_t i = 0; i < from->nrules; i++)
		if (!smap_get(&new, str_c(from->rules[i]->name)))
			vec_push(&ret->removed, from->rules[i]);
	diff_calls(from, to, ret);
	smap_done(&old);
	smap_done(&new);
}

void ruleset_diff_done(struct ruleset_diff *d)
{
	vec_done(&d->added);
	vec_done(&d->removed);
	vec_done(&d->changed);
}
