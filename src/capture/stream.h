/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a capture, in order: a mapped file, memory, a pipe, any of them gzip-compressed.
 * Readers look at cur..end directly, after stream_need() has made enough of it; what they looked at
 * stays in place until the next stream_need() that has to fetch more.
 */
#ifndef CAPTURE_STREAM_H
#define CAPTURE_STREAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/scap_read.h"

struct stream {
	const uint8_t *cur, *end; /* bytes at hand */
	uint64_t end_offset;	  /* of end, from the start, uncompressed */
	const char *error;	  /* why there is no more; NULL at a proper end */
	bool gzip;		  /* compressed, at least in part: offsets are not the file's */
	bool waiting;		  /* the last fetch came short, but there may be more later on */
	struct stream_input *in;
};

/* 0, or -errno. Never waits: neither for who opens the other end of a pipe, nor for bytes. */
int stream_open_path(struct stream *s, const char *path);
/* The memory must outlive the stream. */
void stream_open_memory(struct stream *s, const void *data, size_t n);
void stream_open_feed(struct stream *s, const struct scap_feed *feed);
void stream_close(struct stream *s);

/*
 * Fetches until n bytes are at hand; false when the stream ends or fails before (see error), or
 * when bytes do not come for a moment, or a signal does: then it is waiting, nothing is lost, and
 * the same can be asked for again.
 */
bool stream_fetch(struct stream *s, size_t n);
/* Whether the two bytes at cur begin gzip data. */
bool stream_is_gzip(const struct stream *s);
/* Takes all that follows cur for gzip data. 0, or -errno. */
int stream_inflate(struct stream *s);
/* Goes *n bytes ahead; false when there are fewer: *n is what is left to skip then. */
bool stream_skip(struct stream *s, uint64_t *n);

static inline size_t stream_left(const struct stream *s)
{
	return (size_t)(s->end - s->cur);
}

static inline bool stream_need(struct stream *s, size_t n)
{
	return stream_left(s) >= n || stream_fetch(s, n);
}

static inline uint64_t stream_offset(const struct stream *s)
{
	return s->end_offset - stream_left(s);
}
#endif
