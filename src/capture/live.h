/* SPDX-License-Identifier: Apache-2.0 */
/* The source that watches this host through the eBPF probe. */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H
#include "capture/probe.h"
#include "capture/proc_scope.h"
#include "capture/source.h"

struct live_config {
	struct probe_config probe;
	struct proc_scope scope;
	const char *host_root; /* where the host's / is, NULL: here */
	bool no_iterators;     /* at the start descriptors come out of /proc */
};

/* NULL: err says why and what would help. wanted: system calls by code. Strings stay the caller's.
 */
struct source *live_open(const struct live_config *c, const bool wanted[SC_MAX],
	const struct machine_sink *sink, char err[512]);
/* Other system calls are wanted from now on. */
bool live_want(struct source *s, const bool wanted[SC_MAX]);
/* Events tell this from now on. */
void live_tell(struct source *s, const struct probe_detail *detail);
void live_stats(struct source *s, struct probe_stats *ret);
#endif
