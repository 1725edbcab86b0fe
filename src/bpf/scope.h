/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which processes the probe looks at, decided before anything is read of them. */
#ifndef BPF_SCOPE_H
#define BPF_SCOPE_H
#include "bpf/maps.h"

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

/* Whether who runs is looked at. Where the scope is the host, only the load of probe_self. */
static __always_inline bool in_scope_as(const struct runner *who)
{
	__u32 tgid = who->ids >> 32;

	if (probe_scope == SCOPE_CGROUP)
		return in_scope_group(who->task);
	if (probe_scope == SCOPE_PIDS)
		return bpf_map_lookup_elem(&probe_scope_pids, &tgid);
	return tgid != probe_self;
}

static __always_inline bool in_scope(void)
{
	struct runner who = runner_now();

	return in_scope_as(&who);
}
#endif
