/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/backlog.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

#define FIRST_SIZE 64

struct backlog {
	pthread_mutex_t lock;
	struct blob **ring;
	size_t size; /* of the ring, a power of two or 0 */
	size_t max, max_bytes, bytes;
	uint64_t first, end; /* numbers; a message is at its number modulo size */
	uint64_t begin;	     /* below it somebody has had them, or could have */
	uint64_t given, lost;
};

struct blob *blob_new(struct str bytes)
{
	struct blob *b = mem_alloc(sizeof(*b) + bytes.n);

	atomic_init(&b->refs, 1);
	b->n = bytes.n;
	memcpy(b->p, bytes.p, bytes.n);
	return b;
}

void blob_unref(struct blob *b)
{
	if (atomic_fetch_sub(&b->refs, 1) == 1)
		free(b);
}

struct backlog *backlog_new(size_t max, size_t max_bytes)
{
	struct backlog *b = mem_zalloc(sizeof(*b));

	pthread_mutex_init(&b->lock, NULL);
	b->max = max ? max : SIZE_MAX;
	b->max_bytes = max_bytes;
	return b;
}

static struct blob **at(struct backlog *b, uint64_t n)
{
	return &b->ring[n & (b->size - 1)];
}

static void drop_first(struct backlog *b)
{
	struct blob *x = *at(b, b->first++);

	b->bytes -= x->n;
	blob_unref(x);
}

void backlog_free(struct backlog *b)
{
	if (!b)
		return;
	while (b->first < b->end)
		drop_first(b);
	pthread_mutex_destroy(&b->lock);
	free(b->ring);
	free(b);
}

static void grow(struct backlog *b)
{
	size_t size = b->size ? 2 * b->size : FIRST_SIZE;
	struct blob **ring = mem_alloc(size * sizeof(struct blob *));

	for (uint64_t n = b->first; n < b->end; n++)
		ring[n & (size - 1)] = *at(b, n);
	free(b->ring);
	b->ring = ring;
	b->size = size;
}

void backlog_add(struct backlog *b, struct str bytes)
{
	struct blob *x = blob_new(bytes);

	pthread_mutex_lock(&b->lock);
	while (b->first < b->end && (b->end - b->first >= b->max || b->bytes + x->n > b->max_bytes))
		drop_first(b);
	if (b->end - b->first == b->size)
		grow(b);
	*at(b, b->end++) = x;
	b->bytes += x->n;
	pthread_mutex_unlock(&b->lock);
}

uint64_t backlog_end(struct backlog *b)
{
	uint64_t n;

	pthread_mutex_lock(&b->lock);
	n = b->end;
	pthread_mutex_unlock(&b->lock);
	return n;
}

uint64_t backlog_begin(struct backlog *b)
{
	uint64_t n;

	pthread_mutex_lock(&b->lock);
	n = b->begin;
	pthread_mutex_unlock(&b->lock);
	return n;
}

static struct blob *read_locked(struct backlog *b, uint64_t *cursor, uint64_t end, uint64_t *lost)
{
	uint64_t gone = b->first > *cursor ? b->first - *cursor : 0;
	struct blob *x;

	*cursor += gone;
	*lost += gone;
	b->lost += gone;
	b->begin = MAX(b->begin, *cursor);
	if (*cursor >= MIN(end, b->end))
		return NULL;
	x = *at(b, (*cursor)++);
	atomic_fetch_add(&x->refs, 1);
	b->given++;
	b->begin = MAX(b->begin, *cursor);
	return x;
}

struct blob *backlog_read(struct backlog *b, uint64_t *cursor, uint64_t end, uint64_t *lost)
{
	struct blob *x;

	pthread_mutex_lock(&b->lock);
	x = read_locked(b, cursor, end, lost);
	pthread_mutex_unlock(&b->lock);
	return x;
}

struct blob *backlog_claim(struct backlog *b, uint64_t end, uint64_t *lost)
{
	struct blob *x;

	pthread_mutex_lock(&b->lock);
	x = read_locked(b, &b->begin, end, lost);
	pthread_mutex_unlock(&b->lock);
	return x;
}

void backlog_get_stats(struct backlog *b, struct backlog_stats *ret)
{
	pthread_mutex_lock(&b->lock);
	*ret = (struct backlog_stats){
		.given = b->given, .lost = b->lost, .waiting = b->end - MAX(b->begin, b->first)};
	pthread_mutex_unlock(&b->lock);
}
