/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our probe puts behind the last parameter of an open that succeeded, where the lengths of the
 * record do not reach, so that readers who know nothing of it do not look:
 *	u8 RESOLVED_TAG, u8 enum origin, the path as the kernel resolved it, with its NUL
 * up to the end of the record. All events of io_uring's requests have it, the path empty unless
 * they are such opens. For programs on both sides.
 */
#ifndef EVENT_RESOLVED_H
#define EVENT_RESOLVED_H

#define RESOLVED_TAG 0x52
#define RESOLVED_MAX 4096 /* bytes of the path, cut there */

/* The way by which a call was made. */
enum origin {
	ORIGIN_64, /* the machine's native one */
	ORIGIN_32,
	ORIGIN_URING, /* as a request of io_uring */
	ORIGIN_MAX
};

/*
 * Descriptors of io_uring's own tables (direct descriptors) are told as this and their number,
 * which no descriptor of a process reaches.
 */
#define FD_OF_RING 0x40000000
#endif
