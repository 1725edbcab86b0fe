/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring buffers of the kernel, one or more, read as one stream in the order of time.
 */
#ifndef CAPTURE_RINGS_H
#define CAPTURE_RINGS_H
#include "base/str.h"

struct rings;

/*
 * n rings of size bytes each (a power of two, at least a page), made and mapped. NULL: errno says
 * why.
 */
struct rings *rings_new(unsigned n, size_t size);
void rings_free(struct rings *r);
/* Descriptor of the map of ring i, which programs are given. */
int rings_fd(const struct rings *r, unsigned i);
/*
 * The next record: its address, valid until the next call, and in *ret_ring where it comes from.
 * NULL: there is none for now. now_ns: the clock that records are stamped with; a record is handed
 * out when no earlier one can turn up in another ring any more.
 */
const void *rings_next(
	struct rings *r, uint64_t (*now_ns)(void *arg), void *arg, unsigned *ret_ring);
/* How full the fullest ring was when it was last looked at, in thousandths. */
unsigned rings_load(const struct rings *r);
#endif
