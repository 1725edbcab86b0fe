/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways to hold the bytes.  Uncompressed files and memory are looked at where they are: end
 * moves ahead a chunk at a time, and mapped pages that lie behind are given back, so that a large
 * capture does not stay in our memory.  Everything else passes through a window that is filled from
 * a feed, from an inflater or from both in a row, and grows only when it is full of bytes that
 * really came.
 *
 * Compressed files that are not small are inflated by a thread from the moment they are open, and
 * looked at in its blocks.  Pipes are not: whoever writes to them runs beside us already, and their
 * bytes should not wait until a block is full.
 *
 * A descriptor is only read when it has something to give.  So whoever drives us is never stuck: he
 * hears now and then that there is nothing, and at once when a signal comes.
 *
 * A mapped file that another process truncates under us cannot be told from a bug: the kernel sends
 * SIGBUS.  Captures are appended to, not truncated.
 */
#include "capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "capture/ahead.h"
#include "capture/inflate.h"

#define CHUNK (128u * 1024)
#define PACKED_CHUNK (512u * 1024) /* to give pages back interrupts the other core */
#define WINDOW (256u * 1024)
#define SMALL (32u * 1024) /* compressed: inflated before a thread for it would run */
#define PATIENCE_MS 100

struct stream_input {
	/* In place. */
	const uint8_t *data; /* NULL: not in place */
	size_t size;
	size_t released; /* bytes from the start given back to the kernel */
	bool mapped;	 /* data is ours to unmap */

	/* Through the window. */
	struct scap_feed feed; /* read NULL: there is none */
	int fd;		       /* what feed reads, -1: something else */
	bool own_fd;
	uint8_t *window;
	size_t window_size;
	bool feed_ended;

	/* gzip. */
	struct inflater *inflater; /* NULL: not compressed */
	struct ahead *ahead;	   /* has the inflater to itself, NULL: no thread */

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
}

/*
 * A pipe that nobody has opened for writing yet is at its end for read(), but not for poll().
 */
static ssize_t read_fd(void *arg, void *buf, size_t n)
{
	struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};
	int ready = poll(&p, 1, PATIENCE_MS);
	ssize_t got = ready > 0 ? read(p.fd, buf, n) : -1;

	if (!ready || (got < 0 && errno == EINTR))
		return -EAGAIN;
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
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
	return 0;
}

void stream_close(struct stream *s)
{
	struct stream_input *in = s->in;

	ahead_stop(in->ahead);
	inflate_close(in->inflater);
	if (in->mapped)
		munmap((void *)in->data, in->size);
	if (in->own_fd)
		close(in->fd);
	free(in->window);
	free(in);
	*s = (struct stream){0};
}

/* ---- in place ---- */

/* Gives back mapped pages that lie behind pos. */
static void release_behind(struct stream_input *in, const uint8_t *pos)
{
	size_t chunk = in->inflater ? PACKED_CHUNK : CHUNK;
	size_t upto = (size_t)(pos - in->data) & ~(chunk - 1);

	if (!in->mapped || upto == in->released)
		return;
	if (upto < in->released) {
		in->released = upto; /* damaged gzip data is read a second time */
		return;
	}
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

/* ---- through the window ---- */

static void fail(struct stream *s, int err)
{
	snprintf(s->in->error, sizeof(s->in->error), "cannot be read: %s", strerror(err));
	s->error = s->in->error;
}

/* Up to n bytes; 0 at the end, on failure, or while it is waiting. */
static size_t feed(struct stream *s, void *buf, size_t n)
{
	struct stream_input *in = s->in;
	ssize_t got;

	if (in->feed_ended || !in->feed.read)
		return 0;
	got = in->feed.read(in->feed.arg, buf, n);
	if (got > 0)
		return (size_t)got;
	s->waiting = got == -EAGAIN;
	if (s->waiting)
		return 0;
	in->feed_ended = true;
	if (got < 0)
		fail(s, (int)-got);
	return 0;
}

/* Compressed bytes, and inflated ones. */
static ssize_t feed_inflater(void *arg, void *buf, size_t n)
{
	struct stream *s = arg;
	size_t got = feed(s, buf, n);

	return !got && s->waiting ? -EAGAIN : (ssize_t)got;
}

static size_t pull_inflater(void *arg, uint8_t *out, size_t n)
{
	struct stream_input *in = arg;
	size_t got = inflate_pull(in->inflater, out, n);

	release_behind(in, inflate_position(in->inflater));
	return got;
}

static void take_error(struct stream *s)
{
	if (!s->error)
		s->error = inflate_error(s->in->inflater);
}

/* More bytes behind those in the window; 0 at the end, or while it is waiting. */
static size_t pull(struct stream *s, uint8_t *out, size_t n)
{
	struct stream_input *in = s->in;
	size_t got;

	if (!in->inflater)
		return feed(s, out, n);
	got = pull_inflater(in, out, n);
	if (!got)
		take_error(s);
	return got;
}

static void grow_window(struct stream_input *in, size_t n)
{
	if (n <= in->window_size)
		return;
	in->window_size = MAX(MAX(in->window_size * 2, WINDOW), n);
	in->window = mem_realloc(in->window, in->window_size);
}

static bool fetch_window(struct stream *s, size_t n)
{
	struct stream_input *in = s->in;
	size_t have = stream_left(s), got;

	s->waiting = false;
	if (have)
		memmove(in->window, s->cur, have);
	while (have < n) {
		if (have == in->window_size)
			grow_window(in, have + 1);
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

/* ---- reading ahead ---- */

/* Appends n bytes of a block to those at hand, in the window. */
static void gather(struct stream *s, const uint8_t *block, size_t n)
{
	struct stream_input *in = s->in;
	size_t have = stream_left(s);

	if (in->window && s->cur >= in->window && s->cur < in->window + in->window_size) {
		memmove(in->window, s->cur, have);
		grow_window(in, have + n);
	} else {
		grow_window(in, have + n);
		memcpy(in->window, s->cur, have);
	}
	memcpy(in->window + have, block, n);
	s->cur = in->window;
	s->end = in->window + have + n;
	ahead_give_back(in->ahead, 0);
}

/* What is left of a block moves to before the next one, or both to the window if it is much. */
static bool fetch_ahead(struct stream *s, size_t n)
{
	struct stream_input *in = s->in;
	size_t have, got;
	uint8_t *block;

	while ((have = stream_left(s)) < n) {
		block = ahead_next(in->ahead, &got);
		if (!got) {
			take_error(s);
			return false;
		}
		s->end_offset += got;
		if (have > AHEAD_ROOM) {
			gather(s, block, got);
			continue;
		}
		if (have)
			memcpy(block - have, s->cur, have);
		s->cur = block - have;
		s->end = block + got;
		ahead_give_back(in->ahead, 1);
	}
	return true;
}

bool stream_fetch(struct stream *s, size_t n)
{
	if (s->in->data && !s->in->inflater)
		return fetch_in_place(s, n);
	if (s->in->ahead)
		return fetch_ahead(s, n);
	return fetch_window(s, n);
}

bool stream_is_gzip(const struct stream *s)
{
	return gzip_magic(s->cur, stream_left(s));
}

int stream_inflate(struct stream *s)
{
	struct stream_input *in = s->in;
	size_t left = stream_left(s), rest;

	if (in->inflater)
		return -EINVAL;
	if (in->data) {
		rest = (size_t)(in->data + in->size - s->cur);
		in->inflater = inflate_open(s->cur, rest, NULL, NULL);
		if (rest > SMALL)
			in->ahead = ahead_start(pull_inflater, in);
	} else {
		in->inflater = inflate_open(s->cur, left, feed_inflater, s);
	}
	s->gzip = true;
	s->end_offset -= left;
	s->cur = s->end = in->window;
	return 0;
}

bool stream_skip(struct stream *s, uint64_t *n)
{
	while (*n > stream_left(s)) {
		*n -= stream_left(s);
		s->cur = s->end;
		if (!stream_need(s, 1))
			return false;
	}
	s->cur += *n;
	*n = 0;
	return true;
}
