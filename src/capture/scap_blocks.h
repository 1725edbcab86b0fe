/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the lists of a capture: machine, processes, descriptors, users, interfaces. */
#ifndef CAPTURE_SCAP_BLOCKS_H
#define CAPTURE_SCAP_BLOCKS_H
#include "base/buf.h"
#include "capture/machine.h"
#include "capture/stream.h"

struct blocks {
	struct stream *stream;
	const struct machine_sink *sink;
	struct buf scratch; /* a text that needs its NUL */
	char error[160];    /* what is wrong with the list */
	uint64_t error_offset;
};

/*
 * Reads the body of a list: n bytes at the stream's cur, entry by entry, into the sink.
 * 1: done; 0: type is no list, nothing was read; -EBADMSG: damaged, see error; -ENODATA: the stream
 * ended before the body did.
 */
int blocks_read(struct blocks *b, uint32_t type, uint32_t n);
#endif
