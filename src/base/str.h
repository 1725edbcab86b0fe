/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A string view: pointer and length, borrowed, not necessarily NUL-terminated.
 * The pointer is never NULL except in STR_NONE, which also has length 0.
 */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_n(const void *p, size_t n)
{
	return (struct str){p, n};
}

static inline struct str str_c(const char *s)
{
	return s ? (struct str){s, strlen(s)} : STR_NONE;
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (!a.n || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *b)
{
	return str_eq(a, str_c(b));
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (!prefix.n || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	       (!suffix.n || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

static inline struct str str_from(struct str s, size_t start)
{
	return start >= s.n ? (struct str){s.p + s.n, 0} : (struct str){s.p + start, s.n - start};
}

static inline struct str str_head(struct str s, size_t n)
{
	return n < s.n ? (struct str){s.p, n} : s;
}

/* memcmp order, shorter first; 0 when equal. */
int str_cmp(struct str a, struct str b);
/* Offset of the first occurrence, -1 if there is none; an empty needle is at 0. */
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_chr(struct str s, char c);
ptrdiff_t str_rchr(struct str s, char c);
bool str_eq_nocase(struct str a, struct str b);
/* Without leading and trailing blanks, tabs, CR and LF. */
struct str str_trim(struct str s);
/* Cuts *rest at the first sep: returns what is before, leaves what is behind; false at the end. */
bool str_split(struct str *rest, char sep, struct str *ret_part);
/* Whole string as a decimal number, with a sign for i64; false (out untouched) if it is none. */
bool str_to_u64(struct str s, uint64_t *ret);
bool str_to_i64(struct str s, int64_t *ret);
/* The candidate nearest to word (edit distance, at most a third of its length), or NULL. */
const char *str_nearest(struct str word, const char *const *candidates, size_t n);
/* Heap copy with a NUL behind it, caller frees. */
char *str_dup(struct str s);

/* ---- hashing ---- */

static inline uint64_t str_load8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t str_load4(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Both halves of a product: every bit of either factor reaches many of the result. */
static inline uint64_t str_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * One multiplication for sixteen bytes and no loop for the short keys that we have: the end is
 * taken as one piece that may overlap what came before.
 */
static inline uint64_t str_hash(struct str s)
{
	const uint64_t k1 = 0x9e3779b97f4a7c15u, k2 = 0xc4ceb9fe1a85ec53u;
	uint64_t h = k2 ^ s.n, a = 0, b = 0;
	const char *p = s.p ? s.p : "", *end = p + s.n;

	for (; end - p > 16; p += 16)
		h = str_fold(str_load8(p) ^ k1, str_load8(p + 8) ^ h);
	if (s.n >= 16) {
		a = str_load8(end - 16);
		b = str_load8(end - 8);
	} else if (s.n >= 8) {
		a = str_load8(p);
		b = str_load8(end - 8);
	} else if (s.n >= 4) {
		a = str_load4(p);
		b = str_load4(end - 4);
	} else if (s.n) {
		a = (uint8_t)p[0] | (uint64_t)(uint8_t)p[s.n / 2] << 8;
		b = (uint8_t)end[-1];
	}
	return str_fold(a ^ k1, b ^ h);
}
#endif
