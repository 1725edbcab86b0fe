/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes that the probe looks at where the scope is a process and its descendants
 * (bpf/scope.h): those that were there before it are made known here, once it is attached.
 */
#ifndef CAPTURE_PROBE_SCOPE_H
#define CAPTURE_PROBE_SCOPE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct probe_skel;

/*
 * Whether tasks can be marked. Needs numbers of processes that are the kernel's own: not in a pid
 * namespace.
 */
bool probe_scope_can_mark(void);
/*
 * A process is of the scope, with all of its threads, and the children that it will have. seen: by
 * the boot clock, when it was there at the latest: whoever has the number and started later is
 * another one. 0 or -errno.
 */
int probe_scope_add(const struct probe_skel *bpf, pid_t pid, uint64_t seen);
void probe_scope_remove(const struct probe_skel *bpf, pid_t pid);
/* Marks the tasks of all that were added, and forgets their numbers; these go on to count where a
 * task can not be marked. */
void probe_scope_mark(const struct probe_skel *bpf);
/* Whether the process is of the scope. started: by the boot clock, as its /proc/PID/stat says, cut
 * to whole ticks. */
bool probe_scope_has(const struct probe_skel *bpf, pid_t pid, uint64_t started);
#endif
