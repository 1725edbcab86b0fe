/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text sets are open hash tables at most half full.  Most values that are looked up are interned
 * strings, which carry their hash and are found by pointer; most that are not in the set are
 * turned away by their length alone.
 */
#include "filter/set.h"

#include <stdlib.h>

static void text_set_add(struct text_set *set, struct str text)
{
	uint64_t hash = str_hash(text);
	size_t i = hash & set->mask;

	while (set->slots[i].text.p) {
		if (set->slots[i].hash == hash && str_eq(set->slots[i].text, text))
			return;
		i = (i + 1) & set->mask;
	}
	set->slots[i] = (struct text_slot){hash, text, NULL};
	set->lengths |= UINT64_C(1) << (text.n % 64);
}

void text_set_init(struct text_set *set, struct arena *a, const struct str *texts, size_t n)
{
	size_t cap = 4;

	while (cap < n * 2)
		cap *= 2;
	set->slots = arena_zalloc(a, cap * sizeof(*set->slots));
	set->mask = cap - 1;
	set->lengths = 0;
	set->interned = false;
	for (size_t i = 0; i < n; i++)
		text_set_add(set, texts[i]);
}

void text_set_intern(struct text_set *set)
{
	for (size_t i = 0; !set->interned && i <= set->mask; i++)
		if (set->slots[i].text.p)
			set->slots[i].istr = istr_get(set->slots[i].text);
	set->interned = true;
}

void text_set_unintern(struct text_set *set)
{
	for (size_t i = 0; set->interned && i <= set->mask; i++) {
		istr_put(set->slots[i].istr);
		set->slots[i].istr = NULL;
	}
	set->interned = false;
}

bool text_set_find(const struct text_set *set, struct str s)
{
	uint64_t hash = str_hash(s);
	const struct text_slot *slot;

	for (size_t i = hash & set->mask;; i = (i + 1) & set->mask) {
		slot = &set->slots[i];
		if (!slot->text.p)
			return false;
		if (slot->hash == hash && str_eq(slot->text, s))
			return true;
	}
}

bool text_set_find_istr(const struct text_set *set, const struct istr *istr)
{
	const struct text_slot *slot;

	for (size_t i = istr->hash & set->mask;; i = (i + 1) & set->mask) {
		slot = &set->slots[i];
		if (slot->istr == istr)
			return true;
		if (!slot->text.p)
			return false;
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void number_set_init(struct number_set *set, struct arena *a, const uint64_t *v, size_t n)
{
	set->v = arena_alloc(a, n * sizeof(*v));
	set->n = n;
	if (!n)
		return;
	memcpy(set->v, v, n * sizeof(*v));
	qsort(set->v, n, sizeof(*v), by_value);
}

bool number_set_has(const struct number_set *set, uint64_t v)
{
	size_t low = 0, high = set->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (set->v[mid] < v)
			low = mid + 1;
		else
			high = mid;
	}
	return low < set->n && set->v[low] == v;
}
