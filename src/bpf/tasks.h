/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Processes come and go. */
#ifndef BPF_TASKS_H
#define BPF_TASKS_H
#include "bpf/record.h"
#include "bpf/scope.h"

/* The scope goes over to children; it ends with the last thread of a process. */
SEC("tp_btf/sched_process_fork")
int scope_fork(unsigned long long *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx[1];
	__u32 tgid = child->tgid;
	__u8 one = 1;

	if (probe_scope == SCOPE_PIDS && in_scope())
		bpf_map_update_elem(&probe_scope_pids, &tgid, &one, BPF_ANY);
	return 0;
}
#endif
