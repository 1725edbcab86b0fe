/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which processes the probe looks at, decided before anything is read of them. */
#ifndef BPF_SCOPE_H
#define BPF_SCOPE_H
#include "bpf/maps.h"

/* Whether the process that runs, which is tgid, is looked at. Where the scope is the host, only the
 * load of probe_self. */
static __always_inline bool in_scope_as(__u32 tgid)
{
	if (probe_scope == SCOPE_CGROUP)
		return bpf_get_current_ancestor_cgroup_id(probe_scope_level) == probe_scope_cgroup;
	if (probe_scope == SCOPE_PIDS)
		return bpf_map_lookup_elem(&probe_scope_pids, &tgid);
	return tgid != probe_self;
}

static __always_inline bool in_scope(void)
{
	return in_scope_as(probe_scope == SCOPE_CGROUP ? 0 : current_ids() >> 32);
}
#endif
