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
	struct buf scratch;	 /* a text that needs its NUL */
	const struct list *list; /* the one that is being read */
	uint32_t left;		 /* bytes of its body behind the stream's cur */
	int64_t tid;		 /* whose descriptors they are, */
	bool tid_read;		 /* if that is known */
	char error[160];	 /* what is wrong with the list */
	uint64_t error_offset;
};

/* The body of a block, n bytes at the stream's cur, is to be read. False: type is no list. */
bool blocks_begin(struct blocks *b, uint32_t type, uint32_t n);
/*
 * Reads it, entry by entry, into the sink. 0: done; -EBADMSG: damaged, see error; -ENODATA: the
 * stream came short. Called again, it goes on where it was.
 */
int blocks_read(struct blocks *b);
#endif
