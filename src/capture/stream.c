/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways to hold the bytes.  Uncompressed files and memory are looked at where they are: end
 * moves ahead a chunk at a time, and mapped pages that lie behind are given back, so that a large
 * capture does not stay in our memory.  Everything else passes through a window that is filled from
 * a feed, directly or by way of zlib, and grows only when it is full of bytes that really came.
 *
 * A mapped file that another process truncates under us cannot be told from a bug: the kernel sends
 * SIGBUS.  Captures are appended to, not truncated.
 */
#include "capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "capture/scap_format.h"

#define CHUNK (1024u * 1024)
#define WINDOW (256u * 1024)
#define GZIP_INPUT (64u * 1024)

struct stream_input {
	/* In place. */
	const uint8_t *data; /* NULL: not in place */
	size_t size;
	size_t released; /* bytes from the start given back to the kernel */
	bool mapped;	 /* data is ours to unmap */

	/* Through the window. */
	struct scap_feed feed; /* read NULL: all input is in zin */
	int fd;		       /* what feed reads, -1: something else */
	bool own_fd;
	uint8_t *window;
	size_t window_size;
	bool feed_ended;

	/* gzip. */
	bool inflating; /* through zlib */
	bool member_ended;
	bool plain_again; /* what follows the last member is an uncompressed capture */
	z_stream z;
	uint8_t *zin; /* our input buffer, NULL while next_in is data */

	char error[128];
};

/* ---- opening ---- */

static void stream_init(struct stream *s)
{
	*s = (struct stream){.in = mem_zalloc(sizeof(*s->in))};
	s->in->fd = -1;
}

static bool gzip_magic(const uint8_t *p, size_t n)
{
	return n >= 2 && p[0] == 0x1f && p[1] == 0x8b;
}

static void in_place(struct stream *s, const void *data, size_t n)
{
	s->in->data = data;
	s->in->size = n;
	s->cur = s->end = data;
	if (gzip_magic(data, n))
		stream_inflate(s);
}

void stream_open_memory(struct stream *s, const void *data, size_t n)
{
	stream_init(s);
	in_place(s, n ? data : "", n);
}

void stream_open_feed(struct stream *s, const struct scap_feed *feed)
{
	stream_init(s);
	s->in->feed = *feed;
	if (stream_fetch(s, 2) && gzip_magic(s->cur, 2))
		stream_inflate(s);
}

static ssize_t read_fd(void *arg, void *buf, size_t n)
{
	ssize_t got;

	do
		got = read(*(int *)arg, buf, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static bool map_file(struct stream *s, int fd, const struct stat *st)
{
	void *p;

	if (!S_ISREG(st->st_mode) || st->st_size <= 0 || (uint64_t)st->st_size > SIZE_MAX)
		return false;
	p = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	madvise(p, (size_t)st->st_size, MADV_SEQUENTIAL);
	s->in->mapped = true;
	in_place(s, p, (size_t)st->st_size);
	return true;
}

int stream_open_path(struct stream *s, const char *path)
{
	bool from_stdin = strcmp(path, "-") == 0;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stream_input *in;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
		int err = S_ISDIR(st.st_mode) ? -EISDIR : -errno;

		if (!from_stdin)
			close(fd);
		return err;
	}
	stream_init(s);
	/* Standard input may stand in the middle of a file: it is read from there. */
	if (!from_stdin && map_file(s, fd, &st)) {
		close(fd);
		return 0;
	}
	in = s->in;
	in->fd = fd;
	in->own_fd = !from_stdin;
	in->feed = (struct scap_feed){&in->fd, read_fd};
	if (stream_fetch(s, 2) && gzip_magic(s->cur, 2))
		stream_inflate(s);
	return 0;
}

void stream_close(struct stream *s)
{
	struct stream_input *in = s->in;

	if (in->inflating)
		inflateEnd(&in->z);
	if (in->mapped)
		munmap((void *)in->data, in->size);
	if (in->own_fd)
		close(in->fd);
	free(in->zin);
	free(in->window);
	free(in);
	*s = (struct stream){0};
}

/* ---- in place ---- */

/* Gives back mapped pages that lie behind pos. */
static void release_behind(struct stream_input *in, const uint8_t *pos)
{
	size_t upto = (size_t)(pos - in->data) & ~(size_t)(CHUNK - 1);

	if (!in->mapped || upto <= in->released)
		return;
	madvise((void *)(in->data + in->released), upto - in->released, MADV_DONTNEED);
	in->released = upto;
}

static bool fetch_in_place(struct stream *s, size_t n)
{
	struct stream_input *in = s->in;
	size_t rest = in->size - (size_t)(s->end - in->data);
	size_t lack = n - stream_left(s), more = MIN(MAX(lack, CHUNK), rest);

	release_behind(in, s->cur);
	s->end += more;
	s->end_offset += more;
	return lack <= more;
}

/* ---- feed and zlib ---- */

static void fail(struct stream *s, const char *what, const char *detail)
{
	snprintf(s->in->error, sizeof(s->in->error), "%s%s%s", what, detail ? ": " : "",
		detail ? detail : "");
	s->error = s->in->error;
}

/* Up to n bytes; 0 at the end or on failure. */
static size_t feed(struct stream *s, void *buf, size_t n)
{
	struct stream_input *in = s->in;
	ssize_t got;

	if (in->feed_ended || !in->feed.read)
		return 0;
	got = in->feed.read(in->feed.arg, buf, n);
	if (got > 0)
		return (size_t)got;
	in->feed_ended = true;
	if (got < 0)
		fail(s, "cannot be read", strerror((int)-got));
	return 0;
}

/* Tries to have at least n bytes of compressed input. */
static size_t feed_zlib(struct stream *s, size_t n)
{
	struct stream_input *in = s->in;
	size_t left = in->z.avail_in, got;

	if (left >= n || !in->feed.read)
		return left;
	memmove(in->zin, in->z.next_in, left);
	in->z.next_in = in->zin;
	while (left < n) {
		got = feed(s, in->zin + left, GZIP_INPUT - left);
		if (!got)
			break;
		left += got;
	}
	in->z.avail_in = (uInt)left;
	return left;
}

/* In place: input is handed to zlib a chunk at a time. */
static void refill_in_place(struct stream_input *in)
{
	if (!in->data || in->z.avail_in)
		return;
	in->z.avail_in = (uInt)MIN((size_t)(in->data + in->size - in->z.next_in), CHUNK);
	release_behind(in, in->z.next_in);
}

/* Behind a member: another one, an uncompressed capture, or nothing that we know. */
static bool next_member(struct stream *s)
{
	struct stream_input *in = s->in;
	uint32_t magic = 0;
	size_t n;

	refill_in_place(in);
	n = feed_zlib(s, sizeof(magic));
	if (in->data)
		n = (size_t)(in->data + in->size - in->z.next_in);
	memcpy(&magic, in->z.next_in, MIN(n, sizeof(magic)));
	if (gzip_magic(in->z.next_in, n)) {
		inflateReset(&in->z);
		in->member_ended = false;
		return true;
	}
	in->plain_again = magic == BLOCK_SHB;
	return in->plain_again;
}

static size_t pull_plain(struct stream *s, uint8_t *out, size_t n)
{
	struct stream_input *in = s->in;
	size_t take;

	refill_in_place(in);
	take = MIN(feed_zlib(s, 1), n);
	memcpy(out, in->z.next_in, take);
	in->z.next_in += take;
	in->z.avail_in -= (uInt)take;
	return take;
}

static size_t pull_gzip(struct stream *s, uint8_t *out, size_t n)
{
	struct stream_input *in = s->in;
	int res;

	n = MIN(n, CHUNK);
	in->z.next_out = out;
	in->z.avail_out = (uInt)n;
	while (in->z.avail_out == n) {
		if (in->member_ended && !next_member(s))
			return 0;
		if (in->plain_again)
			return pull_plain(s, out, n);
		refill_in_place(in);
		if (!feed_zlib(s, 1)) {
			if (!s->error)
				fail(s, "the gzip data ends too early", NULL);
			break;
		}
		res = inflate(&in->z, Z_NO_FLUSH);
		in->member_ended = res == Z_STREAM_END;
		if (res != Z_OK && res != Z_STREAM_END) {
			fail(s, "the gzip data is damaged", in->z.msg);
			break;
		}
	}
	return n - in->z.avail_out;
}

/* More bytes behind those in the window; 0 at the end. */
static size_t pull(struct stream *s, uint8_t *out, size_t n)
{
	if (s->error)
		return 0;
	return s->in->inflating ? pull_gzip(s, out, n) : feed(s, out, n);
}

static bool fetch_window(struct stream *s, size_t n)
{
	struct stream_input *in = s->in;
	size_t have = stream_left(s), got;

	if (have)
		memmove(in->window, s->cur, have);
	while (have < n) {
		if (have == in->window_size) {
			in->window_size = MAX(in->window_size * 2, WINDOW);
			in->window = mem_realloc(in->window, in->window_size);
		}
		got = pull(s, in->window + have, in->window_size - have);
		if (!got)
			break;
		have += got;
		s->end_offset += got;
	}
	s->cur = in->window;
	s->end = in->window + have;
	return have >= n;
}

bool stream_fetch(struct stream *s, size_t n)
{
	if (s->in->data && !s->in->inflating)
		return fetch_in_place(s, n);
	return fetch_window(s, n);
}

int stream_inflate(struct stream *s)
{
	struct stream_input *in = s->in;
	size_t left = stream_left(s);

	if (in->inflating || inflateInit2(&in->z, 15 + 16) != Z_OK)
		return -EINVAL;
	if (in->data) {
		in->z.next_in = (Bytef *)s->cur;
	} else {
		in->zin = mem_alloc(MAX(left, GZIP_INPUT));
		memcpy(in->zin, s->cur, left);
		in->z.next_in = in->zin;
		in->z.avail_in = (uInt)left;
	}
	in->inflating = true;
	s->gzip = true;
	s->end_offset -= left;
	s->cur = s->end = in->window;
	return 0;
}

bool stream_skip(struct stream *s, uint64_t n)
{
	while (n > stream_left(s)) {
		n -= stream_left(s);
		s->cur = s->end;
		if (!stream_need(s, 1))
			return false;
	}
	s->cur += n;
	return true;
}
