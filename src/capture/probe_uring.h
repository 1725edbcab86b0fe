/* SPDX-License-Identifier: Apache-2.0 */
/* How this kernel tells of the requests of io_uring: found in its types. */
#ifndef CAPTURE_PROBE_URING_H
#define CAPTURE_PROBE_URING_H
#include <bpf/btf.h>

#include "bpf/shared.h"
#include "tables/tables.h"

struct uring_facts {
	const char *programs[3]; /* that there is something for, NULL: none at all */
	unsigned nprograms;
	enum uring_told told;
};

/* kernel: NULL tells nothing. */
void uring_find(struct uring_facts *ret, const struct btf *kernel);
/* Whether operations stand for some call that is wanted. */
bool uring_wanted(const bool wanted[SC_MAX]);
#endif
