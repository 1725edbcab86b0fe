/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One chained hash table.  Ids are handed out densely and recycled, so that a table indexed by id
 * stays as large as the number of live strings; gen tells a recycled id from the string before.
 *
 * A string to which nobody refers any more stays for a while, if it is short: the same files are
 * opened and the same programs run again and again, and what was found out about their names stays
 * with them.  The last KEPT_MAX are in a ring; one that is in use again when it leaves the ring
 * will be put there anew.
 */
#include "base/istr.h"

#include <assert.h>
#include <stdlib.h>

#include "base/slab.h"
#include "base/vec.h"

#define KEPT_MAX 4096 /* strings, a power of two */
#define KEPT_LEN 256  /* bytes of one */

static struct {
	struct istr **buckets;
	size_t nbuckets, n;
	uint32_t next_id, next_gen;
	VEC(uint32_t) free_ids;
	struct istr *kept[KEPT_MAX]; /* ISTR_KEPT, NULL: none */
	size_t kept_at, nkept;
} pool = {.next_gen = 1};

size_t istr_held;

static void pool_grow(void)
{
	size_t n = pool.nbuckets ? pool.nbuckets * 2 : 1024;
	struct istr **buckets = mem_zalloc(n * sizeof(*buckets)), *i, *next;

	for (size_t b = 0; b < pool.nbuckets; b++) {
		for (i = pool.buckets[b]; i; i = next) {
			next = i->next;
			i->next = buckets[i->hash & (n - 1)];
			buckets[i->hash & (n - 1)] = i;
		}
	}
	free(pool.buckets);
	istr_held += (n - pool.nbuckets) * sizeof(*buckets);
	pool.buckets = buckets;
	pool.nbuckets = n;
}

static struct istr *pool_add(struct str s, uint32_t hash)
{
	struct istr *i = slab_alloc(sizeof(*i) + s.n + 1), **bucket;

	if (pool.n >= pool.nbuckets)
		pool_grow();
	bucket = &pool.buckets[hash & (pool.nbuckets - 1)];
	*i = (struct istr){.next = *bucket, .hash = hash, .refs = 1, .len = (uint32_t)s.n};
	i->id = pool.free_ids.n ? vec_pop(&pool.free_ids) : pool.next_id++;
	i->gen = pool.next_gen++;
	if (!pool.next_gen)
		pool.next_gen = 1;
	if (s.n)
		memcpy(i->s, s.p, s.n);
	i->s[s.n] = '\0';
	*bucket = i;
	pool.n++;
	istr_held += sizeof(*i) + s.n + 1;
	return i;
}

/* memcmp() without a call; the last piece may overlap what came before. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i + 8 < n; i += 8)
		if (str_load8(a + i) != str_load8(b + i))
			return false;
	if (n >= 8)
		return str_load8(a + n - 8) == str_load8(b + n - 8);
	for (i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static inline struct istr *pool_find(struct str s, uint32_t hash)
{
	struct istr *i = pool.nbuckets ? pool.buckets[hash & (pool.nbuckets - 1)] : NULL;

	while (i && (i->hash != hash || i->len != s.n || !same_bytes(i->s, s.p, s.n)))
		i = i->next;
	return i;
}

struct istr *istr_find(struct str s)
{
	return pool_find(s, (uint32_t)str_hash(s));
}

struct istr *istr_get(struct str s)
{
	uint32_t hash = (uint32_t)str_hash(s);
	struct istr *i = pool_find(s, hash);

	assert(s.n <= UINT32_MAX);
	return i ? istr_ref(i) : pool_add(s, hash);
}

static void pool_del(struct istr *i)
{
	struct istr **at = &pool.buckets[i->hash & (pool.nbuckets - 1)];

	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	vec_push(&pool.free_ids, i->id);
	pool.n--;
	istr_held -= sizeof(*i) + i->len + 1;
	slab_free(i, sizeof(*i) + i->len + 1);
}

/* Takes a string out of the ring. */
static void unkeep(struct istr **slot)
{
	struct istr *i = *slot;

	if (!i)
		return;
	*slot = NULL;
	pool.nkept--;
	i->notes &= ~(uint32_t)ISTR_KEPT;
	if (!i->refs)
		pool_del(i);
}

void istr_unused(struct istr *i)
{
	struct istr **slot;

	if (i->notes & ISTR_KEPT)
		return;
	if (i->len > KEPT_LEN) {
		pool_del(i);
		return;
	}
	slot = &pool.kept[pool.kept_at++ % KEPT_MAX];
	unkeep(slot);
	*slot = i;
	pool.nkept++;
	i->notes |= ISTR_KEPT;
}

void istr_trim(void)
{
	for (size_t k = 0; pool.nkept && k < KEPT_MAX; k++)
		unkeep(&pool.kept[k]);
}

bool istr_set(struct istr **slot, struct str s)
{
	struct istr *old = *slot;

	if (old && str_eq(istr_str(old), s))
		return false;
	*slot = istr_get(s);
	istr_put(old);
	return true;
}

bool istr_share(struct istr **slot, struct istr *i)
{
	struct istr *old = *slot;

	if (old == i)
		return false;
	*slot = istr_ref(i);
	istr_put(old);
	return true;
}

size_t istr_count(void)
{
	size_t n = pool.n;

	for (size_t k = 0; k < KEPT_MAX; k++)
		n -= pool.kept[k] && !pool.kept[k]->refs;
	return n;
}
