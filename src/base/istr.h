/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interned strings: equal content is one object, so equality is pointer equality and whatever was
 * found out about a string once can be remembered by its id.  Reference counted; process state
 * (names, paths, arguments) is made of them.
 */
#ifndef BASE_ISTR_H
#define BASE_ISTR_H
#include "base/str.h"

struct istr {
	struct istr *next; /* in its hash bucket */
	uint64_t hash;
	uint32_t refs;
	uint32_t len;
	uint32_t id; /* small and dense: reused after the string is gone, with another generation */
	uint32_t gen; /* differs between two strings that had the same id; never 0 */
	char s[];     /* NUL-terminated */
};

/* The pool is the process's own: one engine per process (tests may reset it when it is empty). */
/* A reference to the string with this content. */
struct istr *istr_get(struct str s);
static inline struct istr *istr_ref(struct istr *i)
{
	if (i)
		i->refs++;
	return i;
}
/* Gives the reference back; NULL is fine. */
void istr_put(struct istr *i);
/* *slot = a reference to s, the old one given back. True when the content changed. */
bool istr_set(struct istr **slot, struct str s);
/* Same, sharing an interned string. */
bool istr_share(struct istr **slot, struct istr *i);

static inline struct str istr_str(const struct istr *i)
{
	return i ? str_n(i->s, i->len) : STR("");
}

size_t istr_bytes(void); /* memory held by the pool */
size_t istr_count(void);
#endif
