/* SPDX-License-Identifier: Apache-2.0 */
/* Grows by doubling; formatted numbers are written without printf, they are on the alert path. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/utf8.h"

void buf_done(struct buf *b)
{
	if (!b->arena)
		free(b->p);
	*b = (struct buf){.arena = b->arena};
}

void buf_reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 128;

	if (b->cap - b->n >= n)
		return;
	while (cap - b->n < n)
		cap *= 2;
	b->p = b->arena ? arena_regrow(b->arena, b->p, b->cap, cap) : mem_realloc(b->p, cap);
	b->cap = cap;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (!n)
		return;
	buf_reserve(b, n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_char(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->p[b->n++] = c;
}

void buf_pad(struct buf *b, char c, size_t n)
{
	if (!n)
		return;
	buf_reserve(b, n);
	memset(b->p + b->n, c, n);
	b->n += n;
}

void buf_u64(struct buf *b, uint64_t v)
{
	char text[20];
	size_t i = sizeof(text);

	do {
		text[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_put(b, text + i, sizeof(text) - i);
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_char(b, '-');
	buf_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	buf_reserve(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

static void json_escape(struct buf *b, unsigned char c)
{
	static const char names[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (const char *p = names; *p; p += 2) {
		if ((unsigned char)p[0] == c) {
			buf_char(b, '\\');
			buf_char(b, p[1]);
			return;
		}
	}
	buf_printf(b, "\\u%04x", c);
}

void buf_json(struct buf *b, struct str s)
{
	size_t i = 0, run = 0;

	buf_char(b, '"');
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c < 0x80 ? 1 : utf8_valid(str_from(s, i));

		if (n && c >= 0x20 && c != '"' && c != '\\') {
			i += n;
			continue;
		}
		buf_put(b, s.p + run, i - run);
		if (!n) {
			i += utf8_bad(str_from(s, i));
			buf_puts(b, "\xef\xbf\xbd");
		} else {
			json_escape(b, c);
			i++;
		}
		run = i;
	}
	buf_put(b, s.p + run, i - run);
	buf_char(b, '"');
}

const char *buf_cstr(struct buf *b)
{
	buf_reserve(b, 1);
	b->p[b->n] = '\0';
	return b->p;
}
