/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash maps from a string or a 64-bit number to a pointer.  {0} is an empty map.
 * Keys of string maps are borrowed: they must live as long as their entry.
 * Open addressing with linear probing; deletion moves entries back, so there are no tombstones.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "base/str.h"

struct smap_slot {
	struct str key; /* key.p NULL: free */
	uint64_t hash;
	void *value;
};

struct smap {
	struct smap_slot *slots;
	size_t n, cap; /* cap is 0 or a power of two */
};

void smap_done(struct smap *m);
/* Makes room for n entries. */
void smap_reserve(struct smap *m, size_t n);
void *smap_get(const struct smap *m, struct str key);
/* Inserts or replaces; returns the value that was there before, or NULL. */
void *smap_put(struct smap *m, struct str key, void *value);
/* Removes; returns the value that was there, or NULL. */
void *smap_del(struct smap *m, struct str key);

struct imap_slot {
	uint64_t key;
	void *value; /* NULL: free */
};

struct imap {
	struct imap_slot *slots;
	size_t n, cap;
};

void imap_done(struct imap *m);
void *imap_put(struct imap *m, uint64_t key, void *value);
void *imap_del(struct imap *m, uint64_t key);

static inline size_t imap_hash(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return (size_t)(key >> 32);
}

static inline void *imap_get(const struct imap *m, uint64_t key)
{
	size_t mask = m->cap - 1;

	if (!m->cap)
		return NULL;
	for (size_t i = imap_hash(key) & mask; m->slots[i].value; i = (i + 1) & mask)
		if (m->slots[i].key == key)
			return m->slots[i].value;
	return NULL;
}

/* Visits every used slot in no particular order; the map must not change meanwhile. */
#define map_foreach(slot, map)                                                                     \
	for ((slot) = (map)->slots; (slot) && (slot) != (map)->slots + (map)->cap; (slot)++)       \
		if ((slot)->value)
#endif
