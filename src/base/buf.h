/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer for building text; {0} is an empty one.  With an arena set, e.g.
 * {.arena = a}, the bytes live there: they stay when the buffer goes, and buf_done() frees nothing.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/str.h"

struct arena;

struct buf {
	char *p;
	size_t n, cap;
	struct arena *arena;
};

void buf_done(struct buf *b);
/* Makes room for n more bytes. */
void buf_reserve(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_char(struct buf *b, char c);
void buf_pad(struct buf *b, char c, size_t n);
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A JSON string with quotes; invalid UTF-8 becomes U+FFFD. */
void buf_json(struct buf *b, struct str s);
/* Ends the content with a NUL that does not count, and returns it. */
const char *buf_cstr(struct buf *b);

static inline void buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

static inline void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

static inline struct str buf_view(const struct buf *b)
{
	return str_n(b->p ? b->p : "", b->n);
}
#endif
