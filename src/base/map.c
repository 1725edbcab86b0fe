/* SPDX-License-Identifier: Apache-2.0 */
/* Tables are at most three quarters full, so a probe is short and always ends at a free slot. */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

static bool too_full(size_t n, size_t cap)
{
	return (n + 1) * 4 > cap * 3;
}

void smap_done(struct smap *m)
{
	free(m->slots);
	*m = (struct smap){0};
}

static struct smap_slot *smap_slot(const struct smap *m, struct str key, uint64_t hash)
{
	size_t mask = m->cap - 1, i = hash & mask;

	while (m->slots[i].key.p && (m->slots[i].hash != hash || !str_eq(m->slots[i].key, key)))
		i = (i + 1) & mask;
	return &m->slots[i];
}

void *smap_get(const struct smap *m, struct str key)
{
	return m->cap ? smap_slot(m, key, str_hash(key))->value : NULL;
}

static void smap_resize(struct smap *m, size_t new_cap)
{
	struct smap_slot *old = m->slots;
	size_t cap = m->cap;

	m->cap = new_cap;
	m->slots = mem_zalloc(m->cap * sizeof(*m->slots));
	for (size_t i = 0; i < cap; i++)
		if (old[i].key.p)
			*smap_slot(m, old[i].key, old[i].hash) = old[i];
	free(old);
}

void smap_reserve(struct smap *m, size_t n)
{
	size_t cap = m->cap ? m->cap : 16;

	while (n && too_full(n - 1, cap))
		cap *= 2;
	if (cap > m->cap)
		smap_resize(m, cap);
}

void *smap_put(struct smap *m, struct str key, void *value)
{
	uint64_t hash = str_hash(key);
	struct smap_slot *slot;
	void *before;

	assert(value && key.p);
	if (too_full(m->n, m->cap))
		smap_resize(m, m->cap ? m->cap * 2 : 16);
	slot = smap_slot(m, key, hash);
	before = slot->value;
	m->n += !slot->key.p;
	*slot = (struct smap_slot){slot->key.p ? slot->key : key, hash, value};
	return before;
}

void *smap_del(struct smap *m, struct str key)
{
	size_t mask = m->cap - 1, hole, i, home;
	struct smap_slot *slot;
	void *before;

	if (!m->cap)
		return NULL;
	slot = smap_slot(m, key, str_hash(key));
	before = slot->value;
	if (!slot->key.p)
		return NULL;
	hole = (size_t)(slot - m->slots);
	for (i = (hole + 1) & mask; m->slots[i].key.p; i = (i + 1) & mask) {
		home = m->slots[i].hash & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole] = (struct smap_slot){0};
	m->n--;
	return before;
}

void imap_done(struct imap *m)
{
	free(m->slots);
	*m = (struct imap){0};
}

static struct imap_slot *imap_slot(const struct imap *m, uint64_t key)
{
	size_t mask = m->cap - 1, i = imap_hash(key) & mask;

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & mask;
	return &m->slots[i];
}

static void imap_grow(struct imap *m)
{
	struct imap_slot *old = m->slots;
	size_t cap = m->cap;

	m->cap = cap ? cap * 2 : 16;
	m->slots = mem_zalloc(m->cap * sizeof(*m->slots));
	for (size_t i = 0; i < cap; i++)
		if (old[i].value)
			*imap_slot(m, old[i].key) = old[i];
	free(old);
}

void *imap_put(struct imap *m, uint64_t key, void *value)
{
	struct imap_slot *slot;
	void *before;

	assert(value);
	if (too_full(m->n, m->cap))
		imap_grow(m);
	slot = imap_slot(m, key);
	before = slot->value;
	m->n += !before;
	*slot = (struct imap_slot){key, value};
	return before;
}

void *imap_del(struct imap *m, uint64_t key)
{
	size_t mask = m->cap - 1, hole, i, home;
	struct imap_slot *slot;
	void *before;

	if (!m->cap)
		return NULL;
	slot = imap_slot(m, key);
	before = slot->value;
	if (!before)
		return NULL;
	hole = (size_t)(slot - m->slots);
	for (i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
		home = imap_hash(m->slots[i].key) & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole] = (struct imap_slot){0};
	m->n--;
	return before;
}
