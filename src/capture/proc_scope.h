/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which processes a live source looks at: all of the host, one process and its descendants, or a
 * control group.  To decide it, of processes outside nothing but their numbers is read: children
 * are found downwards from the process, members from the group's own lists, and to tell whether a
 * thread is of the scope, its process and when that started.
 */
#ifndef CAPTURE_PROC_SCOPE_H
#define CAPTURE_PROC_SCOPE_H
#include <sys/types.h>

#include "base/map.h"
#include "base/vec.h"

struct proc_scope {
	enum { PROC_SCOPE_HOST, PROC_SCOPE_PID, PROC_SCOPE_CGROUP } kind;
	pid_t pid;
	/* A folder of a control group file system (v1 or v2), or a path below /sys/fs/cgroup. */
	const char *cgroup;
};

/* Numbers of processes, ascending, each once. */
struct proc_pids {
	VEC(pid_t) list;
	struct imap seen;
};

/*
 * The processes of a scope that is not the whole host. host_root: NULL or where the host's / is.
 * 0; -ESRCH when the process, -ENOENT when the group is not there.
 */
int proc_scope_pids(const char *host_root, const struct proc_scope *scope, struct proc_pids *ret);

/* The process of a thread, and when it started: by the boot clock, cut to whole ticks. */
struct proc_identity {
	pid_t pid;
	uint64_t started; /* ns */
};

/* 0 or -ESRCH. */
int proc_identify(const char *host_root, pid_t tid, struct proc_identity *ret);
bool proc_pids_has(const struct proc_pids *pids, pid_t pid);
void proc_pids_done(struct proc_pids *pids);
#endif
