/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns without brackets and backslashes, which is nearly all, are matched here, in time
 * proportional to pattern times text at worst; the rest is left to fnmatch().
 */
#include "filter/glob.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/mem.h"

/* Longer texts are copied to the heap for fnmatch(). */
#define STACK_TEXT 4096

void glob_init(struct glob *g, const char *pattern, bool nocase)
{
	*g = (struct glob){.pattern = pattern, .n = strlen(pattern), .nocase = nocase};
	g->simple = !strpbrk(pattern, "[\\");
	g->bytewise = !strpbrk(pattern, "?[");
}

static inline unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool same(const struct glob *g, char pattern, char c)
{
	return pattern == '?' || pattern == c || (g->nocase && fold(pattern) == fold(c));
}

/* On a mismatch, the last * takes one byte more. */
static bool match_simple(const struct glob *g, struct str s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, resume = 0;

	while (i < s.n) {
		if (p < g->n && g->pattern[p] == '*') {
			star = ++p;
			resume = i;
		} else if (p < g->n && same(g, g->pattern[p], s.p[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star;
			i = ++resume;
		} else {
			return false;
		}
	}
	while (p < g->n && g->pattern[p] == '*')
		p++;
	return p == g->n;
}

bool glob_match(const struct glob *g, struct str s)
{
	char stack[STACK_TEXT], *copy = stack;
	bool ret;

	if (g->simple)
		return match_simple(g, s);
	if (s.n >= sizeof(stack))
		copy = mem_alloc(s.n + 1);
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	ret = fnmatch(g->pattern, copy, g->nocase ? FNM_CASEFOLD : 0) == 0;
	if (copy != stack)
		free(copy);
	return ret;
}
