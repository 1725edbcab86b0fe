/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gzip file holds: the bytes of its members, one after the other, then those of an
 * uncompressed capture that may follow.  Anything else behind a member is ignored, as gzip does.
 */
#ifndef CAPTURE_INFLATE_H
#define CAPTURE_INFLATE_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Compressed bytes from elsewhere: 1 to n of them, 0 at their end, -EAGAIN: none for now. */
typedef ssize_t inflate_more(void *arg, void *buf, size_t n);

/*
 * The input is n bytes of data and then what more() gives.  Without it data is the whole input, is
 * read in place and must stay; with it data is copied.
 */
struct inflater *inflate_open(const void *data, size_t n, inflate_more *more, void *arg);
/*
 * 1 to n bytes to out; 0 at the end, when more() has none for now, or when the data is damaged:
 * then inflate_error() says how.
 */
size_t inflate_pull(struct inflater *f, void *out, size_t n);
/* NULL at a proper end. Belongs to f. */
const char *inflate_error(const struct inflater *f);
/* Input that is read in place: the first byte that has not been looked at. */
const uint8_t *inflate_position(const struct inflater *f);
void inflate_close(struct inflater *f);
#endif
