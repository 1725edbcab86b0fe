/* SPDX-License-Identifier: Apache-2.0 */
/* Open files of processes out of the kernel's own iterator, without going through /proc. */
#ifndef CAPTURE_ITER_SCAN_H
#define CAPTURE_ITER_SCAN_H
#include "base/map.h"
#include "bpf/scan_shared.h"

/* Whether process numbers of the iterator are those of our /proc: not in a pid namespace. */
bool iter_scan_fits(const char *host_root);
/*
 * Calls fn for every open file of the processes that are keys of pids. With all set the kernel
 * looks at every process, and fn is called for every one; else at no other. 0, or -errno: the
 * kernel has no such iterator, or we have no right to it; then fn was not called.
 */
int iter_scan_files(const struct imap *pids, bool all,
	void (*fn)(void *arg, const struct scan_file *f), void *arg);
#endif
