/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a live source tells of the machine before its first event, out of /proc: the machine,
 * interfaces, accounts of the host's files, every process with its threads and descriptors.
 *
 * With a scope, nothing of a process outside it is opened.  A process that ends while it is looked
 * at, or whose files make no sense, is left out: events tell of it, or ask for it by
 * proc_scan_thread().  What may not be read (no privileges) is left empty.
 */
#ifndef CAPTURE_PROC_SCAN_H
#define CAPTURE_PROC_SCAN_H
#include "capture/machine.h"
#include "capture/proc_scope.h"

struct proc_scan;

struct proc_scan_config {
	const char *host_root; /* where the host's / is; NULL or "": here */
	const char *hostname;  /* NULL: the machine's own */
	/* The processes to tell of; NULL: all that in_scope lets through. Only used by _all(). */
	const struct proc_pids *pids;
	/* Asked before a process (or thread) of this number is opened. NULL: everything is in. */
	bool (*in_scope)(void *arg, pid_t pid);
	void *in_scope_arg;
	uint32_t max_fds; /* of a process, 0: all */
	bool no_fds;
	bool no_iterators; /* descriptors out of /proc, even where the kernel would list them */
	uint32_t iterator_from; /* processes for which the kernel's list is worth it; 0: 100 */
};

struct proc_scan_stats {
	uint64_t processes, threads, fds;
	uint64_t fds_by_type[FD_TYPE_MAX]; /* those of which something is known */
	uint64_t skipped;		   /* kernel's own, ended meanwhile, or making no sense */
	bool by_iterator;		   /* the kernel listed the descriptors */
	uint64_t unnamed;		   /* sockets of which the kernel's tables tell nothing */
};

/* NULL and errno when there is no /proc. Strings and pids of the configuration stay the caller's.
 */
struct proc_scan *proc_scan_new(const struct proc_scan_config *c);
void proc_scan_free(struct proc_scan *ps);
/* reset() to ready(). 0, or -errno when /proc itself cannot be read. ret_stats may be NULL. */
int proc_scan_all(
	struct proc_scan *ps, const struct machine_sink *sink, struct proc_scan_stats *ret_stats);
/*
 * Tells of one thread, and of its descriptors when it is its process's leader, as it is now.
 * 0; -ESRCH: not there or not in scope.
 */
int proc_scan_thread(struct proc_scan *ps, int64_t tid, const struct machine_sink *sink);
/* Tells of one descriptor. 0; -ESRCH: no such process; -EBADF: no such descriptor. */
int proc_scan_fd(struct proc_scan *ps, int64_t pid, int64_t num, const struct machine_sink *sink);
#endif
