/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed all at once: one arena per ruleset, per configuration, per event.
 * Allocations are aligned to 8 bytes.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdarg.h>

#include "base/str.h"

struct arena_chunk;

struct arena {
	char *cur, *end;
	char *base;		    /* where the newest chunk begins */
	struct arena_chunk *chunks; /* newest first */
	size_t chunk_size;
	size_t used; /* bytes held by chunks */
};

/* chunk_size: bytes asked from the heap at a time; 0 for a sensible default. */
void arena_init(struct arena *a, size_t chunk_size);
void arena_done(struct arena *a);
/* Forgets what was allocated since *a was copied to *before. */
void arena_rewind(struct arena *a, const struct arena *before);
void *arena_grow(struct arena *a, size_t size);
void arena_restart(struct arena *a);

/* Forgets all allocations, keeps one chunk for the next round. */
static inline void arena_reset(struct arena *a)
{
	if (a->cur != a->base)
		arena_restart(a);
}

static inline void *arena_alloc(struct arena *a, size_t size)
{
	size_t need = (size + !size + 7) & ~(size_t)7; /* nothing is something too */
	char *p = a->cur;

	if (need > (size_t)(a->end - p))
		return arena_grow(a, need);
	a->cur = p + need;
	return p;
}

void *arena_zalloc(struct arena *a, size_t size);
/* p, an allocation of old bytes (NULL: 0), grown to size: in place when it is the newest. */
void *arena_regrow(struct arena *a, void *p, size_t old, size_t size);
/* Copies with a NUL behind. */
char *arena_strdup(struct arena *a, struct str s);
struct str arena_str(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#endif
