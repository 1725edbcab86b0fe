/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures put together by hand, of any age: what our writer does not write, and what is wrong on
 * purpose.  For tests and for the seeds of the fuzzer.
 */
#ifndef TESTS_SCAP_BUILD_H
#define TESTS_SCAP_BUILD_H
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "capture/scap_format.h"

static inline void put_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, sizeof(v));
}

static inline void put_u16(struct buf *b, uint16_t v)
{
	buf_put(b, &v, sizeof(v));
}

static inline void put_u32(struct buf *b, uint32_t v)
{
	buf_put(b, &v, sizeof(v));
}

static inline void put_u64(struct buf *b, uint64_t v)
{
	buf_put(b, &v, sizeof(v));
}

/* u16 length and the bytes. */
static inline void put_text(struct buf *b, const char *s)
{
	put_u16(b, (uint16_t)strlen(s));
	buf_puts(b, s);
}

static inline void put_strn(struct buf *b, const char *s, size_t n)
{
	put_u16(b, (uint16_t)n);
	buf_put(b, s, n);
}

static inline void put_block(struct buf *b, uint32_t type, const void *body, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;

	put_u32(b, type);
	put_u32(b, (uint32_t)(padded + BLOCK_OVERHEAD));
	buf_put(b, body, n);
	buf_pad(b, 0, padded - n);
	put_u32(b, (uint32_t)(padded + BLOCK_OVERHEAD));
}

/* The body is emptied for the next block. */
static inline void put_block_of(struct buf *b, uint32_t type, struct buf *body)
{
	put_block(b, type, body->p, body->n);
	body->n = 0;
}

static inline void put_section(struct buf *b)
{
	struct buf body = {0};

	put_u32(&body, SHB_MAGIC);
	put_u16(&body, SCAP_MAJOR);
	put_u16(&body, SCAP_MINOR);
	put_u64(&body, UINT64_MAX);
	put_block_of(b, BLOCK_SHB, &body);
	buf_done(&body);
}

/* An event block of any type: the V1 types lose the record's nparams. */
static inline void put_event_block(
	struct buf *b, uint32_t type, uint32_t flags, const void *rec, size_t n)
{
	bool v1 = type == BLOCK_EV_V1 || type == BLOCK_EVF_V1 || type == BLOCK_EV_V1_OLD;
	struct event_header h;
	struct buf body = {0};

	memcpy(&h, rec, sizeof(h));
	put_u16(&body, 3); /* cpu */
	if (type == BLOCK_EVF_V1 || type == BLOCK_EVF_V2 || type == BLOCK_EVF_V2_LARGE)
		put_u32(&body, flags);
	if (v1) {
		h.len -= 4;
		buf_put(&body, &h, EVENT_V1_HEADER_SIZE);
		buf_put(&body, (const char *)rec + EVENT_HEADER_SIZE, n - EVENT_HEADER_SIZE);
	} else {
		buf_put(&body, rec, n);
	}
	put_block_of(b, type, &body);
	buf_done(&body);
}

#define I64(v) ((struct param){(const uint8_t *)&(int64_t){v}, 8})
#define U64(v) ((struct param){(const uint8_t *)&(uint64_t){v}, 8})
#define U32(v) ((struct param){(const uint8_t *)&(uint32_t){v}, 4})
#define U16(v) ((struct param){(const uint8_t *)&(uint16_t){v}, 2})
#define U8(v) ((struct param){(const uint8_t *)&(uint8_t){v}, 1})
/* Text with its NUL. */
#define TEXT(s) ((struct param){(const uint8_t *)("" s), sizeof(s)})
#define NOTHING ((struct param){NULL, 0})
#define PARAMS(...)                                                                                \
	(const struct param[]){__VA_ARGS__},                                                       \
		sizeof((struct param[]){__VA_ARGS__}) / sizeof(struct param)

/* A record on the heap; *ret_len is its length. */
static inline void *make_record(uint64_t ts, int64_t tid, uint16_t type, const struct param *params,
	unsigned n, size_t *ret_len)
{
	void *rec = mem_alloc(event_size(type, params, n));

	*ret_len = event_encode(rec, ts, tid, type, params, n);
	return rec;
}

static inline void put_event(struct buf *b, uint32_t block, uint64_t ts, int64_t tid, uint16_t type,
	const struct param *params, unsigned n)
{
	size_t len;
	void *rec = make_record(ts, tid, type, params, n, &len);

	put_event_block(b, block, 0, rec, len);
	free(rec);
}

/* A process as list version 1 to 9 has it; V9 entries get tail_n bytes of tail behind root. */
static inline void put_proc(
	struct buf *body, unsigned version, int64_t tid, const void *tail, size_t tail_n)
{
	size_t start = body->n;
	uint32_t len;

	if (version >= 9)
		put_u32(body, 0);
	put_u64(body, (uint64_t)tid);
	put_u64(body, (uint64_t)tid + 1);
	put_u64(body, 1);
	if (version >= 6)
		put_u64(body, 60);
	if (version >= 8)
		put_u64(body, 80);
	put_text(body, "comm");
	put_text(body, "/bin/exe");
	if (version >= 7)
		put_text(body, "/bin/exepath");
	put_strn(body, "a\0b", 4);
	put_text(body, "/cwd/");
	put_u64(body, 1024);
	put_u32(body, 7);
	put_u32(body, 1000);
	put_u32(body, 1001);
	for (unsigned i = 0; i < 3 && version >= 2; i++)
		put_u32(body, 20 + i);
	for (unsigned i = 0; i < 2 && version >= 2; i++)
		put_u64(body, 200 + i);
	if (version >= 3)
		put_strn(body, "E=1\0F=2", 7); /* no NUL at the end */
	if (version >= 4) {
		put_u64(body, 41);
		put_u64(body, 42);
		put_strn(body, "cpu=/x\0", 7);
	}
	if (version >= 5)
		put_text(body, "/root");
	buf_put(body, tail, tail_n);
	len = (uint32_t)(body->n - start);
	if (version >= 9)
		memcpy(body->p + start, &len, sizeof(len));
}
#endif
