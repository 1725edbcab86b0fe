/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input that lies in place goes through ISA-L, which is several times as fast as zlib, if it was
 * there when we were built.  It is trusted with sound data only: what it finds damaged or cut short
 * zlib goes over again from the start of the member, leaving out what was delivered before.  So the
 * last bytes that can be had, and the message, are zlib's whoever inflates.
 *
 * Input that is fed cannot be gone over again, and stays with zlib.
 */
#include "capture/inflate.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#if HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#include "base/mem.h"
#include "capture/scap_format.h"

#define INPUT (64u * 1024)
#define STEP_MAX (1u << 30) /* the libraries count in 32 bits */

struct inflater {
	const uint8_t *next; /* input at hand */
	size_t left;
	inflate_more *more; /* NULL: all of it is at hand */
	void *arg;
	uint8_t *input; /* what more() gave */
	bool starved;	/* it has no more for now */

	bool member_ended;
	bool plain; /* what follows is not compressed */
	const char *error;
	char message[128];

	const uint8_t *member;	    /* where it begins, in place */
	uint64_t delivered;	    /* bytes of it */
	uint64_t again;		    /* bytes to come that were delivered before */
	struct inflate_state *isal; /* NULL: zlib inflates */
	bool zlib;		    /* z is in use */
	z_stream z;
};

static void fail(struct inflater *f, const char *what, const char *detail)
{
	snprintf(f->message, sizeof(f->message), "%s%s%s", what, detail ? ": " : "",
		detail ? detail : "");
	f->error = f->message;
}

/* Tries to have n bytes of input. */
static void need(struct inflater *f, size_t n)
{
	if (f->left >= n || !f->more)
		return;
	memmove(f->input, f->next, f->left);
	f->next = f->input;
	f->starved = false;
	while (f->left < n) {
		ssize_t got = f->more(f->arg, f->input + f->left, INPUT - f->left);

		f->starved = got < 0;
		if (got <= 0)
			break;
		f->left += (size_t)got;
	}
}

static void advance(struct inflater *f, const uint8_t *next)
{
	f->left -= (size_t)(next - f->next);
	f->next = next;
}

/* ---- zlib ---- */

static void begin_zlib(struct inflater *f)
{
	if (f->zlib)
		inflateReset(&f->z);
	else if (inflateInit2(&f->z, 15 + 16) == Z_OK)
		f->zlib = true;
	else
		fail(f, "the gzip data cannot be read", f->z.msg);
}

/* Takes out the front of n bytes what was delivered before. Returns how many are left. */
static size_t drop_again(struct inflater *f, uint8_t *out, size_t n)
{
	size_t drop = (size_t)MIN(f->again, n);

	f->again -= drop;
	if (drop)
		memmove(out, out + drop, n - drop);
	return n - drop;
}

static size_t step_zlib(struct inflater *f, uint8_t *out, size_t n)
{
	int res;

	f->z.next_in = (Bytef *)f->next;
	f->z.avail_in = (uInt)MIN(f->left, STEP_MAX);
	f->z.next_out = out;
	f->z.avail_out = (uInt)n;
	res = inflate(&f->z, Z_NO_FLUSH);
	advance(f, f->z.next_in);
	f->member_ended = res == Z_STREAM_END;
	if (res == Z_BUF_ERROR)
		fail(f, "the gzip data ends too early", NULL);
	else if (res != Z_OK && res != Z_STREAM_END)
		fail(f, "the gzip data is damaged", f->z.msg);
	return drop_again(f, out, n - f->z.avail_out);
}

/* ---- ISA-L ---- */

#if HAVE_ISAL
static void open_isal(struct inflater *f)
{
	f->isal = mem_alloc(sizeof(*f->isal));
	isal_inflate_init(f->isal);
}

static void begin_isal(struct inflater *f)
{
	isal_inflate_reset(f->isal);
	f->isal->crc_flag = ISAL_GZIP;
	f->member = f->next;
	f->delivered = 0;
}

static void leave_to_zlib(struct inflater *f)
{
	f->left += (size_t)(f->next - f->member);
	f->next = f->member;
	f->again = f->delivered;
	free(f->isal);
	f->isal = NULL;
	begin_zlib(f);
}

static size_t step_isal(struct inflater *f, uint8_t *out, size_t n)
{
	struct inflate_state *z = f->isal;
	size_t got;
	int res;

	z->next_in = (uint8_t *)f->next;
	z->avail_in = (uint32_t)MIN(f->left, STEP_MAX);
	z->next_out = out;
	z->avail_out = (uint32_t)n;
	res = isal_inflate(z);
	got = n - z->avail_out;
	f->member_ended = z->block_state == ISAL_BLOCK_FINISH;
	if (res != ISAL_DECOMP_OK || (!got && !f->member_ended && z->next_in == f->next)) {
		f->member_ended = false;
		leave_to_zlib(f);
		return 0;
	}
	advance(f, z->next_in);
	f->delivered += got;
	return got;
}
#else
static void open_isal(struct inflater *f)
{
}

static void begin_isal(struct inflater *f)
{
}

static size_t step_isal(struct inflater *f, uint8_t *out, size_t n)
{
	return 0;
}
#endif

/* ---- members ---- */

static void begin_member(struct inflater *f)
{
	f->member_ended = false;
	if (f->isal)
		begin_isal(f);
	else
		begin_zlib(f);
}

/*
 * Behind a member: another one, an uncompressed capture, or nothing that we know. False, too, while
 * that can not be told.
 */
static bool next_member(struct inflater *f)
{
	uint32_t magic = 0;

	need(f, sizeof(magic));
	if (f->left < sizeof(magic) && f->starved)
		return false;
	memcpy(&magic, f->next, MIN(f->left, sizeof(magic)));
	if (f->left >= 2 && (magic & 0xffff) == (GZIP_MAGIC & 0xffff)) {
		begin_member(f);
		return true;
	}
	f->plain = magic == BLOCK_SHB;
	return f->plain;
}

static size_t pull_plain(struct inflater *f, uint8_t *out, size_t n)
{
	need(f, 1);
	n = MIN(f->left, n);
	memcpy(out, f->next, n);
	advance(f, f->next + n);
	return n;
}

size_t inflate_pull(struct inflater *f, void *out, size_t n)
{
	size_t got = 0;

	n = MIN(n, STEP_MAX);
	while (!got && !f->error) {
		if (!f->plain && f->member_ended && !next_member(f))
			break;
		if (f->plain)
			return pull_plain(f, out, n);
		need(f, 1);
		if (!f->left && f->starved)
			break;
		got = f->isal ? step_isal(f, out, n) : step_zlib(f, out, n);
	}
	return got;
}

const char *inflate_error(const struct inflater *f)
{
	return f->error;
}

const uint8_t *inflate_position(const struct inflater *f)
{
	return f->next;
}

struct inflater *inflate_open(const void *data, size_t n, inflate_more *more, void *arg)
{
	struct inflater *f = mem_zalloc(sizeof(*f));

	f->next = data;
	f->left = n;
	f->more = more;
	f->arg = arg;
	if (more) {
		f->input = mem_alloc(MAX(n, INPUT));
		memcpy(f->input, data, n);
		f->next = f->input;
	} else {
		open_isal(f);
	}
	begin_member(f);
	return f;
}

void inflate_close(struct inflater *f)
{
	if (!f)
		return;
	if (f->zlib)
		inflateEnd(&f->z);
	free(f->isal);
	free(f->input);
	free(f);
}
