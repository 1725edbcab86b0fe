/* SPDX-License-Identifier: Apache-2.0 */
/* String views: searching, comparing, reading numbers.  Nothing here allocates but str_dup(). */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

int str_cmp(struct str a, struct str b)
{
	size_t n = MIN(a.n, b.n);
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	const char *hit;

	if (!needle.n)
		return 0;
	if (needle.n > s.n)
		return -1;
	hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit ? hit - s.p : -1;
}

ptrdiff_t str_chr(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? hit - s.p : -1;
}

ptrdiff_t str_rchr(struct str s, char c)
{
	const char *hit = s.n ? memrchr(s.p, c, s.n) : NULL;

	return hit ? hit - s.p : -1;
}

bool str_eq_nocase(struct str a, struct str b)
{
	return a.n == b.n && (!a.n || strncasecmp(a.p, b.p, a.n) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n && is_blank(s.p[0]))
		s = str_from(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_split(struct str *rest, char sep, struct str *ret_part)
{
	ptrdiff_t at;

	if (!rest->p)
		return false;
	at = str_chr(*rest, sep);
	if (at < 0) {
		*ret_part = *rest;
		*rest = STR_NONE;
	} else {
		*ret_part = str_head(*rest, (size_t)at);
		*rest = str_from(*rest, (size_t)at + 1);
	}
	return true;
}

bool str_to_u64(struct str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]) || __builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *ret)
{
	bool neg = s.n && s.p[0] == '-';
	uint64_t v;

	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_from(s, 1);
	if (!str_to_u64(s, &v) || v > (uint64_t)INT64_MAX + neg)
		return false;
	*ret = neg ? (int64_t)-v : (int64_t)v;
	return true;
}

static size_t edit_distance(struct str a, struct str b)
{
	size_t row[65], diag, up;

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		diag = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			up = row[j];
			row[j] = MIN(MIN(up, row[j - 1]) + 1, diag + (a.p[i - 1] != b.p[j - 1]));
			diag = up;
		}
	}
	return row[b.n];
}

const char *str_nearest(struct str word, const char *const *candidates, size_t n)
{
	size_t best = MAX(word.n / 3, 1) + 1, d;
	const char *hit = NULL;

	for (size_t i = 0; i < n; i++) {
		struct str c = str_c(candidates[i]);

		if (c.n > 64)
			continue;
		d = edit_distance(word, c);
		if (d < best) {
			best = d;
			hit = candidates[i];
		}
	}
	return hit;
}

char *str_dup(struct str s)
{
	char *p = mem_alloc(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}
