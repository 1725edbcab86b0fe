/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function per family of types and operator, chosen when the condition is compiled.
 *
 * A right side is prepared once for all events: sets are hashed, patterns compiled. Texts are
 * interned later, by the thread that owns the pool of interned strings.
 * Lists that no set can hold (networks, patterns with a modifier) are an array of right sides.
 */
#include "filter/compare.h"

#include <stdio.h>

#include "base/utf8.h"

static bool match_icontains(const struct right *r, const struct value *v)
{
	return needle_in_nocase(&r->needle, v->s);
}

static bool match_glob(const struct right *r, const struct value *v)
{
	return glob_match(&r->glob, v->s);
}

static bool match_regex(const struct right *r, const struct value *v)
{
	return regex_match(r->regex, v->s.p, v->s.n);
}

static bool match_paths(const struct right *r, const struct value *v)
{
	return path_set_has(&r->paths, v->s);
}

static bool match_text_lt(const struct right *r, const struct value *v)
{
	return str_cmp(v->s, r->v.s) < 0;
}

static bool match_text_le(const struct right *r, const struct value *v)
{
	return str_cmp(v->s, r->v.s) <= 0;
}

static bool match_text_gt(const struct right *r, const struct value *v)
{
	return str_cmp(v->s, r->v.s) > 0;
}

static bool match_text_ge(const struct right *r, const struct value *v)
{
	return str_cmp(v->s, r->v.s) >= 0;
}

static bool match_double_eq(const struct right *r, const struct value *v)
{
	return v->d == r->v.d;
}

static bool match_double_ne(const struct right *r, const struct value *v)
{
	return v->d != r->v.d;
}

/* An address and a network. */
static bool match_net_eq(const struct right *r, const struct value *v)
{
	const struct ipnet *net = &r->v.net;
	unsigned bytes = net->bits / 8, bits = net->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> bits);

	if (v->s.n != (net->v6 ? 16 : 4) || memcmp(v->s.p, net->addr, bytes) != 0)
		return false;
	return !bits || (((uint8_t)v->s.p[bytes] ^ net->addr[bytes]) & mask) == 0;
}

static bool match_net_ne(const struct right *r, const struct value *v)
{
	return !match_net_eq(r, v);
}

/* ---- lists compared one by one ---- */

static bool match_oneof(const struct right *r, const struct value *v)
{
	unsigned hits = 0;

	for (size_t i = 0; i < r->nitems && hits < 2; i++)
		hits += r->match(&r->items[i], v);
	return hits == 1;
}

static bool match_anyof(const struct right *r, const struct value *v)
{
	for (size_t i = 0; i < r->nitems; i++)
		if (r->match(&r->items[i], v))
			return true;
	return false;
}

static bool match_allof(const struct right *r, const struct value *v)
{
	for (size_t i = 0; i < r->nitems; i++)
		if (!r->match(&r->items[i], v))
			return false;
	return r->nitems > 0;
}

static bool match_text_not_in(const struct right *r, const struct value *v)
{
	return !match_text_in(r, v);
}

static bool match_number_not_in(const struct right *r, const struct value *v)
{
	return !match_number_in(r, v);
}

/* ---- which function ---- */

#define ORDER(kind)                                                                                \
	[OP_LT] = match_##kind##_lt, [OP_LE] = match_##kind##_le, [OP_GT] = match_##kind##_gt,     \
	[OP_GE] = match_##kind##_ge
#define TEXT_OPS                                                                                   \
	[OP_EQ] = match_text_eq, [OP_EQ2] = match_text_eq, [OP_NE] = match_text_ne,                \
	[OP_CONTAINS] = match_contains, [OP_STARTSWITH] = match_startswith,                        \
	[OP_ENDSWITH] = match_endswith
#define NUMBER_OPS [OP_EQ] = match_number_eq, [OP_EQ2] = match_number_eq, [OP_NE] = match_number_ne

/* Of operators with one operand. */
static const match_fn single[FAMILY_MAX][OP_MAX] = {
	[FAMILY_SIGNED] = {NUMBER_OPS, ORDER(signed)},
	[FAMILY_UNSIGNED] = {NUMBER_OPS, ORDER(unsigned)},
	[FAMILY_DOUBLE] = {[OP_EQ] = match_double_eq,
		[OP_EQ2] = match_double_eq,
		[OP_NE] = match_double_ne,
		ORDER(double)},
	[FAMILY_BOOL] =
		{[OP_EQ] = match_bool_eq, [OP_EQ2] = match_bool_eq, [OP_NE] = match_bool_ne},
	[FAMILY_TEXT] = {TEXT_OPS, ORDER(text), [OP_ICONTAINS] = match_icontains,
		[OP_GLOB] = match_glob, [OP_IGLOB] = match_glob, [OP_REGEX] = match_regex},
	[FAMILY_BYTES] =
		{TEXT_OPS, [OP_BCONTAINS] = match_contains, [OP_BSTARTSWITH] = match_startswith},
	[FAMILY_IP] = {[OP_EQ] = match_text_eq, [OP_EQ2] = match_text_eq, [OP_NE] = match_text_ne},
	[FAMILY_NET] = {[OP_EQ] = match_net_eq, [OP_EQ2] = match_net_eq, [OP_NE] = match_net_ne},
};

static bool has_number_set(enum family f)
{
	return f == FAMILY_SIGNED || f == FAMILY_UNSIGNED;
}

static bool has_text_set(enum family f)
{
	return f == FAMILY_TEXT || f == FAMILY_BYTES || f == FAMILY_IP;
}

static void init_texts(struct right *r, struct arena *a, const struct value *items, size_t n)
{
	struct str *texts = arena_alloc(a, n * sizeof(*texts));

	for (size_t i = 0; i < n; i++)
		texts[i] = items[i].s;
	text_set_init(&r->texts, a, texts, n);
}

static void init_numbers(struct right *r, struct arena *a, const struct value *items, size_t n)
{
	uint64_t *numbers = arena_alloc(a, n * sizeof(*numbers));

	for (size_t i = 0; i < n; i++)
		numbers[i] = items[i].u;
	number_set_init(&r->numbers, a, numbers, n);
}

static void init_paths(struct right *r, struct arena *a, const struct value *items, size_t n)
{
	struct str *paths = arena_alloc(a, n * sizeof(*paths));

	for (size_t i = 0; i < n; i++)
		paths[i] = items[i].s;
	path_set_init(&r->paths, a, paths, n);
}

static match_fn init_single(struct right *r, enum op op, enum family family, const struct value *v,
	char *err, size_t err_size)
{
	char why[256];

	r->v = *v;
	if (op == OP_GLOB || op == OP_IGLOB)
		glob_init(&r->glob, v->s.p, op == OP_IGLOB);
	if (op == OP_CONTAINS || op == OP_ICONTAINS || op == OP_BCONTAINS)
		needle_init(&r->needle, v->s);
	if (op == OP_REGEX) {
		r->regex = regex_new(v->s.p, v->s.n, why, sizeof(why));
		if (!r->regex) {
			snprintf(err, err_size, "invalid regex pattern: %s", why);
			return NULL;
		}
	}
	return single[family][op];
}

static match_fn init_items(struct right *r, struct arena *a, enum op op, enum family family,
	const struct value *items, size_t n, char *err, size_t err_size)
{
	struct right *all = arena_zalloc(a, n * sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		if (init_single(&all[i], op, family, &items[i], err, err_size))
			continue;
		while (i)
			right_done(&all[--i], single[family][op]);
		return NULL;
	}
	r->items = all;
	r->nitems = n;
	return r->match = single[family][op];
}

/* Membership: `in`, and what modifiers make of equality. */
static match_fn init_set(struct right *r, struct arena *a, enum family family,
	const struct value *items, size_t n, bool negated)
{
	if (has_text_set(family)) {
		init_texts(r, a, items, n);
		return negated ? match_text_not_in : match_text_in;
	}
	if (has_number_set(family)) {
		init_numbers(r, a, items, n);
		return negated ? match_number_not_in : match_number_in;
	}
	init_items(r, a, negated ? OP_NE : OP_EQ, family, items, n, NULL, 0);
	return negated ? match_allof : match_anyof;
}

static match_fn init_modified(struct right *r, struct arena *a, enum op op, enum modifier mod,
	enum family family, const struct value *items, size_t n, char *err, size_t err_size)
{
	bool equal = op == OP_EQ || op == OP_EQ2;

	/* Of an empty list nothing is true, not even "all of it". */
	if (n && mod == MOD_ANYOF && equal)
		return init_set(r, a, family, items, n, false);
	if (n && mod == MOD_ALLOF && op == OP_NE)
		return init_set(r, a, family, items, n, true);
	r->match = NULL;
	if (n && !init_items(r, a, op, family, items, n, err, err_size))
		return NULL;
	return mod == MOD_ONEOF ? match_oneof : mod == MOD_ANYOF ? match_anyof : match_allof;
}

match_fn right_init(struct right *r, struct arena *a, enum op op, enum modifier mod, uint8_t type,
	struct value *items, size_t n, char *err, size_t err_size)
{
	enum family family = type_family(type);

	*r = (struct right){0};
	if (mod)
		return init_modified(r, a, op, mod, family, items, n, err, err_size);
	if (op == OP_IN || op == OP_INTERSECTS)
		return init_set(r, a, family, items, n, false);
	if (op != OP_PMATCH)
		return init_single(r, op, family, &items[0], err, err_size);
	init_paths(r, a, items, n);
	return match_paths;
}

static bool is_item_match(match_fn match)
{
	return match == match_oneof || match == match_anyof || match == match_allof;
}

void right_done(struct right *r, match_fn match)
{
	if (match == match_regex)
		regex_free(r->regex);
	for (size_t i = 0; is_item_match(match) && i < r->nitems; i++)
		right_done(&r->items[i], r->match);
}

static bool is_equality(match_fn match)
{
	return match == match_text_eq || match == match_text_ne;
}

static bool is_text_set(match_fn match)
{
	return match == match_text_in || match == match_text_not_in;
}

void right_intern(struct right *r, match_fn match)
{
	if (is_text_set(match))
		text_set_intern(&r->texts);
	else if (is_equality(match) && !r->v.istr)
		r->v.istr = istr_get(r->v.s);
	for (size_t i = 0; is_item_match(match) && i < r->nitems; i++)
		right_intern(&r->items[i], r->match);
}

void right_unintern(struct right *r, match_fn match)
{
	if (is_text_set(match)) {
		text_set_unintern(&r->texts);
	} else if (is_equality(match)) {
		istr_put(r->v.istr);
		r->v.istr = NULL;
	}
	for (size_t i = 0; is_item_match(match) && i < r->nitems; i++)
		right_unintern(&r->items[i], r->match);
}

match_fn right_init_dynamic(
	struct right *r, struct arena *a, enum op op, uint8_t type, const struct value *v)
{
	if (op == OP_IN || op == OP_INTERSECTS)
		op = OP_EQ;
	r->v = *v;
	if (op == OP_GLOB || op == OP_IGLOB)
		glob_init(&r->glob, arena_strdup(a, v->s), op == OP_IGLOB);
	if (op == OP_CONTAINS || op == OP_ICONTAINS || op == OP_BCONTAINS)
		needle_init(&r->needle, v->s);
	return single[type_family(type)][op];
}

/* ---- texts that are not clean ---- */

/* A clean text that no cleaned one has in it by accident. */
static bool is_plain(struct str s)
{
	return utf8_printable(s) && str_find(s, STR("\xef\xbf\xbd")) < 0;
}

static bool set_is_plain(const struct text_set *set)
{
	for (size_t i = 0; i <= set->mask; i++)
		if (set->slots[i].text.p && !is_plain(set->slots[i].text))
			return false;
	return true;
}

static bool paths_are_plain(const struct path_set *paths)
{
	for (size_t i = 0; i <= paths->mask; i++)
		if (paths->edges[i].name.p && !is_plain(paths->edges[i].name))
			return false;
	return paths->plain;
}

bool right_takes_raw(const struct right *r, match_fn match)
{
	if (is_text_set(match))
		return set_is_plain(&r->texts);
	if (match == match_paths)
		return paths_are_plain(&r->paths);
	if (match == match_glob)
		return r->glob.bytewise && is_plain(r->v.s);
	for (size_t i = 0; is_item_match(match) && i < r->nitems; i++)
		if (!right_takes_raw(&r->items[i], r->match))
			return false;
	if (is_item_match(match))
		return true;
	return (match == match_text_eq || match == match_text_ne || match == match_contains ||
		       match == match_icontains || match == match_startswith ||
		       match == match_endswith) &&
	       is_plain(r->v.s);
}
