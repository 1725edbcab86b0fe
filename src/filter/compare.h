/* SPDX-License-Identifier: Apache-2.0 */
/* Comparison of one value with what stands on the right of an operator. */
#ifndef FILTER_COMPARE_H
#define FILTER_COMPARE_H
#include "filter/check.h"
#include "filter/glob.h"
#include "filter/host.h"
#include "filter/needle.h"
#include "filter/pathset.h"
#include "filter/re2_shim.h"
#include "filter/set.h"
#include "filter/value.h"

struct right;
typedef bool (*match_fn)(const struct right *r, const struct value *v);

/* The right-hand side, made ready for its operator. */
struct right {
	struct value v; /* the constant, of operators that have one; its istr: right_intern() */
	union {
		struct text_set texts;
		struct number_set numbers;
		struct path_set paths;
		struct glob glob;
		struct needle needle;
		struct regex *regex;
		struct host *host;
		/* of lists whose elements are compared one by one */
		struct {
			struct right *items;
			size_t nitems;
			match_fn match;
		};
	};
};

/*
 * Prepares *r for an operator with these constants, already parsed; items is an array of n in
 * a. Returns what compares, NULL with err when a pattern is wrong.
 */
match_fn right_init(struct right *r, struct arena *a, enum op op, enum modifier mod, uint8_t type,
	struct value *items, size_t n, char *err, size_t err_size);
void right_done(struct right *r, match_fn match);
/*
 * Shares the texts that match compares as wholes with the pool of interned strings, so that most
 * comparisons are of pointers, or no longer. To be undone before right_done().
 */
void right_intern(struct right *r, match_fn match);
void right_unintern(struct right *r, match_fn match);
/*
 * The same for a value that is known only now: op is not in, intersects, pmatch or regex. Nothing
 * is to be freed.
 */
match_fn right_init_dynamic(
	struct right *r, struct arena *a, enum op op, uint8_t type, const struct value *v);
/*
 * Whether match gives the same answer for a text and for its cleaned form: when constants are
 * clean themselves, and no pattern counts bytes or characters.
 */
bool right_takes_raw(const struct right *r, match_fn match);

/* ---- comparisons, visible so that atoms can have them inlined ---- */

static inline bool match_text_eq(const struct right *r, const struct value *v)
{
	return v->istr && r->v.istr ? v->istr == r->v.istr : str_eq(v->s, r->v.s);
}

static inline bool match_text_ne(const struct right *r, const struct value *v)
{
	return !match_text_eq(r, v);
}

static inline bool match_text_in(const struct right *r, const struct value *v)
{
	return text_set_has(&r->texts, v->s, v->istr);
}

static inline bool match_startswith(const struct right *r, const struct value *v)
{
	return str_starts(v->s, r->v.s);
}

static inline bool match_endswith(const struct right *r, const struct value *v)
{
	return str_ends(v->s, r->v.s);
}

static inline bool match_contains(const struct right *r, const struct value *v)
{
	return needle_in(&r->needle, v->s);
}

static inline bool match_number_eq(const struct right *r, const struct value *v)
{
	return v->u == r->v.u;
}

static inline bool match_number_ne(const struct right *r, const struct value *v)
{
	return v->u != r->v.u;
}

static inline bool match_number_in(const struct right *r, const struct value *v)
{
	return number_set_has(&r->numbers, v->u);
}

#define MATCH_ORDER(kind, member)                                                                  \
	static inline bool match_##kind##_lt(const struct right *r, const struct value *v)         \
	{                                                                                          \
		return v->member < r->v.member;                                                    \
	}                                                                                          \
	static inline bool match_##kind##_le(const struct right *r, const struct value *v)         \
	{                                                                                          \
		return v->member <= r->v.member;                                                   \
	}                                                                                          \
	static inline bool match_##kind##_gt(const struct right *r, const struct value *v)         \
	{                                                                                          \
		return v->member > r->v.member;                                                    \
	}                                                                                          \
	static inline bool match_##kind##_ge(const struct right *r, const struct value *v)         \
	{                                                                                          \
		return v->member >= r->v.member;                                                   \
	}
MATCH_ORDER(signed, i)
MATCH_ORDER(unsigned, u)
MATCH_ORDER(double, d)
#undef MATCH_ORDER

static inline bool match_bool_eq(const struct right *r, const struct value *v)
{
	return v->b == r->v.b;
}

static inline bool match_bool_ne(const struct right *r, const struct value *v)
{
	return v->b != r->v.b;
}
#endif
