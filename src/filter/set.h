/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of constants, for `in`: built once in an arena, then only asked. */
#ifndef FILTER_SET_H
#define FILTER_SET_H
#include "base/arena.h"
#include "base/istr.h"

struct text_set {
	struct text_slot {
		uint64_t hash;
		struct str text;   /* p NULL: free */
		struct istr *istr; /* the same text, interned, or NULL */
	} * slots;
	size_t mask;
	uint64_t lengths; /* bit n % 64 is set when there is a text of length n */
	bool interned;	  /* all of them are */
};

/* Of these texts, which are borrowed. */
void text_set_init(struct text_set *set, struct arena *a, const struct str *texts, size_t n);
/* Shares its texts with the pool of interned strings, or no longer. */
void text_set_intern(struct text_set *set);
void text_set_unintern(struct text_set *set);
bool text_set_find(const struct text_set *set, struct str s);
/* Of a set of interned texts. */
bool text_set_find_istr(const struct text_set *set, const struct istr *istr);

/* istr: the interned string that s is, or NULL. */
static inline bool text_set_has(const struct text_set *set, struct str s, const struct istr *istr)
{
	if (!(set->lengths >> (s.n % 64) & 1))
		return false;
	return istr && set->interned ? text_set_find_istr(set, istr) : text_set_find(set, s);
}

struct number_set {
	uint64_t *v; /* ascending */
	size_t n;
};

void number_set_init(struct number_set *set, struct arena *a, const uint64_t *v, size_t n);
bool number_set_has(const struct number_set *set, uint64_t v);
#endif
