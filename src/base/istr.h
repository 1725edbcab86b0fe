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
	uint32_t hash;	   /* low half of str_hash() */
	uint32_t refs;
	uint32_t len;
	uint32_t id; /* small and dense: reused after the string is gone, with another generation */
	uint32_t gen;	/* differs between two strings that had the same id; never 0 */
	uint32_t notes; /* enum istr_note */
	char s[];	/* NUL-terminated */
};

/* What was found out about a text, once. */
enum istr_note {
	ISTR_KEPT = 1 << 0,	  /* for the pool: stays when nobody refers to it */
	ISTR_PATH_PLAIN = 1 << 1, /* an absolute path, nothing in it to resolve (state/paths.c) */
};

/* The pool is the process's own: one engine per process (tests may reset it when it is empty). */
/* A reference to the string with this content. */
struct istr *istr_get(struct str s);
/* The string with this content if there is one, without a reference; else NULL. */
struct istr *istr_find(struct str s);
static inline struct istr *istr_ref(struct istr *i)
{
	if (i)
		i->refs++;
	return i;
}

void istr_unused(struct istr *i);
/* Gives the reference back; NULL is fine. */
static inline void istr_put(struct istr *i)
{
	if (i && !--i->refs)
		istr_unused(i);
}

/* *slot = a reference to s, the old one given back. True when the content changed. */
bool istr_set(struct istr **slot, struct str s);
/* Same, sharing an interned string. */
bool istr_share(struct istr **slot, struct istr *i);

static inline struct str istr_str(const struct istr *i)
{
	return i ? str_n(i->s, i->len) : STR("");
}

extern size_t istr_held; /* for istr_bytes() alone */

/* Memory held by the pool. */
static inline size_t istr_bytes(void)
{
	return istr_held;
}

size_t istr_count(void); /* strings that somebody refers to */
/* Forgets the strings that nobody refers to. */
void istr_trim(void);
#endif
