/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes are rounded up to a class: steps of 16 bytes up to SMALL, then powers of two up to LARGE;
 * what is larger comes from the heap and goes back there.  A class has a list of spare blocks, and
 * blocks are cut from chunks that are never given back: what all classes hold together is bounded
 * by the sum of what each of them once needed.
 *
 * Every thread has spare blocks of its own, so nothing is locked.  A block may be freed by another
 * thread than the one that got it.
 *
 * Sanitizers see every object only when it comes from the heap, so there it does.
 */
#include "base/slab.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define STEP 16u
#define SMALL 1024u
#define LARGE 65536u
#define CHUNK (64u * 1024)
#define NSMALL (SMALL / STEP + 1)
#define NCLASSES (NSMALL + 6) /* 2048 to LARGE */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_ONLY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define HEAP_ONLY 1
#endif
#endif
#ifndef HEAP_ONLY
#define HEAP_ONLY 0
#endif

struct spare {
	struct spare *next;
};

static _Thread_local struct {
	struct spare *spare[NCLASSES];
	uint8_t *cur, *end; /* of the newest chunk */
} slab;

static inline unsigned class_of(size_t n)
{
	if (n <= SMALL)
		return (unsigned)((n + STEP - 1) / STEP);
	return NSMALL + (unsigned)(63 - 10 - __builtin_clzll(n - 1));
}

static inline size_t class_size(unsigned c)
{
	return c < NSMALL ? (size_t)c * STEP : (size_t)SMALL << (c - NSMALL + 1);
}

/* Cuts a block off the newest chunk, or off a new one: what is left of that before is lost. */
static __attribute__((noinline)) void *cut(size_t n)
{
	uint8_t *p;

	if (n > CHUNK / 4)
		return mem_alloc(n);
	if (n > (size_t)(slab.end - slab.cur)) {
		slab.cur = mem_alloc(CHUNK);
		slab.end = slab.cur + CHUNK;
	}
	p = slab.cur;
	slab.cur += n;
	return p;
}

void *slab_alloc(size_t n)
{
	struct spare *p;
	unsigned c;

	n += !n;
	if (HEAP_ONLY || n > LARGE)
		return mem_alloc(n);
	c = class_of(n);
	p = slab.spare[c];
	if (!p)
		return cut(class_size(c));
	slab.spare[c] = p->next;
	return p;
}

void *slab_zalloc(size_t n)
{
	return memset(slab_alloc(n), 0, n);
}

void slab_free(void *p, size_t n)
{
	struct spare *s = p;
	unsigned c;

	n += !n;
	if (HEAP_ONLY || n > LARGE) {
		free(p);
		return;
	}
	if (!p)
		return;
	c = class_of(n);
	s->next = slab.spare[c];
	slab.spare[c] = s;
}

void *slab_regrow(void *p, size_t old, size_t n)
{
	void *grown;

	if (p && n <= LARGE && class_of(n) == class_of(old) && !HEAP_ONLY)
		return p;
	grown = slab_alloc(n);
	if (p)
		memcpy(grown, p, MIN(old, n));
	slab_free(p, old);
	return grown;
}
