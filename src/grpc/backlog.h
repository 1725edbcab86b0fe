/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts as messages, for any number of readers: each is there once, in a ring that keeps the
 * newest ones within its bounds.  A reader is a cursor, the number of the next message it wants;
 * what is gone by the time it asks is lost for it alone, and counted.
 *
 * Besides, the backlog knows what has been given to somebody: a new reader begins behind that, so
 * that what came while there was none is not lost, and nothing is told twice.  Any thread.
 */
#ifndef GRPC_BACKLOG_H
#define GRPC_BACKLOG_H
#include <stdatomic.h>

#include "base/str.h"

/* One message, as long as somebody has a reference. */
struct blob {
	_Atomic unsigned refs;
	size_t n;
	char p[];
};

struct blob *blob_new(struct str bytes); /* with one reference */
void blob_unref(struct blob *b);

struct backlog_stats {
	uint64_t given; /* messages, once for each reader that got one */
	uint64_t lost;	/* likewise */
	uint64_t waiting;
};

struct backlog;
/* Keeps at most max messages (0: any number) of max_bytes in all, and in any case the last. */
struct backlog *backlog_new(size_t max, size_t max_bytes);
void backlog_free(struct backlog *b); /* NULL is fine */
void backlog_add(struct backlog *b, struct str bytes);
/* The number of the message that comes next. */
uint64_t backlog_end(struct backlog *b);
/* Where a new reader begins: behind what somebody has had. */
uint64_t backlog_begin(struct backlog *b);
/*
 * The message at *cursor, or the oldest one that is still there, if it is below end, with a
 * reference; *cursor moves behind it and *lost grows by what was gone. NULL: none.
 */
struct blob *backlog_read(struct backlog *b, uint64_t *cursor, uint64_t end, uint64_t *lost);
/* The same for the next one that nobody has had: each is given to one caller. */
struct blob *backlog_claim(struct backlog *b, uint64_t end, uint64_t *lost);
void backlog_get_stats(struct backlog *b, struct backlog_stats *ret);
#endif
