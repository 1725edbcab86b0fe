/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Which processes the probe looks at, decided before anything is read of them.
 *
 * A process and its descendants are told by a mark at each of their tasks, which the kernel keeps
 * and frees with the task: nothing has to be taken back, and no number can stand for another.  A
 * child gets it before it runs.  Where tasks can not be marked (before Linux 6.2, and in a pid
 * namespace) processes are told by number, and by when they have started: whoever comes by a
 * number later has started later.
 *
 * Those that are there at the start are found by user space (capture/probe_scope.c).  It puts their
 * numbers in, which count from then on, children included, and lets scope_mark mark the tasks; then
 * the numbers are no longer needed.
 */
#ifndef BPF_SCOPE_H
#define BPF_SCOPE_H
#include "bpf/maps.h"

/* ---- a process and its descendants ---- */

static __always_inline __u64 process_started(struct task_struct *task)
{
	if (TASK_LOADS)
		return task->group_leader->start_boottime;
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline bool in_scope_by_number(const struct runner *who)
{
	__u32 tgid = who->ids >> 32;
	__u64 *latest = bpf_map_lookup_elem(&probe_scope_pids, &tgid);

	return latest && process_started(who->task) <= *latest;
}

/* Whoever has nothing at all kept at its task, as most of the host, needs no look for the mark. */
static __always_inline bool in_scope_by_mark(const struct runner *who)
{
	return who->task->bpf_storage && bpf_task_storage_get(&probe_scope_tasks, who->task, 0, 0);
}

/* ---- a control group ---- */

/* The group, as deep as that, that a task is in or below. 0: its own is not so deep. */
static __always_inline __u64 group_above(struct task_struct *task, __u32 level)
{
	struct cgroup *group = PEEK(task, cgroups, dfl_cgrp);
	struct list_head *at = (void *)group + bpf_core_field_offset(struct cgroup, ancestors) +
			       level * sizeof(void *);

	if ((__u32)PEEK(group, level) < level)
		return 0;
	group = (struct cgroup *)PEEK(at, next);
	return PEEK(group, kn, id);
}

static __always_inline bool in_scope_group(struct task_struct *task)
{
	struct cgroup *group = 0;

	if (CAST_LOADS && bpf_core_field_exists(group->ancestors))
		return group_above(task, probe_scope_level) == probe_scope_cgroup;
	return bpf_get_current_ancestor_cgroup_id(probe_scope_level) == probe_scope_cgroup;
}

/* ---- */

/* Whether who runs is looked at. Where the scope is the host, only the load of probe_self. */
static __always_inline bool in_scope_as(const struct runner *who)
{
	if (probe_scope == SCOPE_CGROUP)
		return in_scope_group(who->task);
	if (probe_scope == SCOPE_TASKS)
		return in_scope_by_mark(who) || (probe_scope_by_number && in_scope_by_number(who));
	if (probe_scope == SCOPE_PIDS)
		return in_scope_by_number(who);
	return who->ids >> 32 != probe_self;
}

static __always_inline bool in_scope(void)
{
	struct runner who = runner_now();

	return in_scope_as(&who);
}
#endif
