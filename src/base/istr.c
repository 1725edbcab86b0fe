/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One chained hash table.  Ids are handed out densely and recycled, so that a table indexed by id
 * stays as large as the number of live strings; gen tells a recycled id from the string before.
 */
#include "base/istr.h"

#include <assert.h>
#include <stdlib.h>

#include "base/vec.h"

static struct {
	struct istr **buckets;
	size_t nbuckets, n, bytes;
	uint32_t next_id, next_gen;
	VEC(uint32_t) free_ids;
} pool = {.next_gen = 1};

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
	pool.buckets = buckets;
	pool.nbuckets = n;
}

static struct istr *pool_add(struct str s, uint64_t hash)
{
	struct istr *i = mem_alloc(sizeof(*i) + s.n + 1), **bucket;

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
	pool.bytes += sizeof(*i) + s.n + 1;
	return i;
}

struct istr *istr_get(struct str s)
{
	uint64_t hash = str_hash(s);

	assert(s.n <= UINT32_MAX);
	if (pool.nbuckets) {
		for (struct istr *i = pool.buckets[hash & (pool.nbuckets - 1)]; i; i = i->next) {
			if (i->hash == hash && str_eq(istr_str(i), s)) {
				i->refs++;
				return i;
			}
		}
	}
	return pool_add(s, hash);
}

void istr_put(struct istr *i)
{
	struct istr **at;

	if (!i || --i->refs)
		return;
	for (at = &pool.buckets[i->hash & (pool.nbuckets - 1)]; *at != i; at = &(*at)->next)
		;
	*at = i->next;
	vec_push(&pool.free_ids, i->id);
	pool.n--;
	pool.bytes -= sizeof(*i) + i->len + 1;
	free(i);
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

size_t istr_bytes(void)
{
	return pool.bytes + pool.nbuckets * sizeof(*pool.buckets);
}

size_t istr_count(void)
{
	return pool.n;
}
