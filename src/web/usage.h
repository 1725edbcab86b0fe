/* SPDX-License-Identifier: Apache-2.0 */
/* What we use of the machine, and how busy it is. */
#ifndef WEB_USAGE_H
#define WEB_USAGE_H
#include "web/samples.h"

/*
 * Puts the figures of group RESOURCES, those that can be had: from /proc/self, from the proc of the
 * host (HOST_ROOT), and from the control group's file (FALCO_CGROUP_MEM_PATH, else that of cgroup
 * v1, else of v2). proc(5), cgroups(7). started_ns: monotonic clock, when we did.
 */
void usage_put(struct samples *s, const char *host_root, uint64_t started_ns);
/* Addresses of the interfaces but lo, as NETINFO. getifaddrs(3). */
void netinfo_put(struct samples *s);
#endif
