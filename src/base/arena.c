/* SPDX-License-Identifier: Apache-2.0 */
/* A list of chunks; allocation bumps a pointer.  An oversized request gets a chunk of its own. */
#include "base/arena.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* of data */
	char data[];
};

#define DEFAULT_CHUNK (16 * 1024 - sizeof(struct arena_chunk))

void arena_init(struct arena *a, size_t chunk_size)
{
	*a = (struct arena){.chunk_size = chunk_size ? chunk_size : DEFAULT_CHUNK};
}

void arena_done(struct arena *a)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct arena){.chunk_size = a->chunk_size};
}

void arena_restart(struct arena *a)
{
	struct arena_chunk *keep = a->chunks, *next;

	for (struct arena_chunk *c = keep->next; c; c = next) {
		next = c->next;
		a->used -= c->size;
		free(c);
	}
	keep->next = NULL;
	a->cur = a->base = keep->data;
	a->end = keep->data + keep->size;
}

void arena_rewind(struct arena *a, const struct arena *before)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->chunks; c != before->chunks; c = next) {
		next = c->next;
		free(c);
	}
	*a = *before;
}

void *arena_grow(struct arena *a, size_t size)
{
	size_t room = MAX(size, a->chunk_size);
	struct arena_chunk *c = mem_alloc(sizeof(*c) + room);

	c->size = room;
	c->next = a->chunks;
	a->chunks = c;
	a->used += room;
	a->base = c->data;
	a->cur = c->data + size;
	a->end = c->data + room;
	return c->data;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

void *arena_regrow(struct arena *a, void *p, size_t old, size_t size)
{
	size_t held = (old + 7) & ~(size_t)7, need = (size + 7) & ~(size_t)7;
	void *grown;

	assert(size >= old);
	if (p && (char *)p + held == a->cur && need - held <= (size_t)(a->end - a->cur)) {
		a->cur = (char *)p + need;
		return p;
	}
	grown = arena_alloc(a, size);
	if (old)
		memcpy(grown, p, old);
	return grown;
}

char *arena_strdup(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	return str_n(arena_strdup(a, s), s.n);
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return str_n(p, (size_t)n);
}
