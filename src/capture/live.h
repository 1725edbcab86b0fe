/* SPDX-License-Identifier: Apache-2.0 */
/* The source that watches this host through the eBPF probe. */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H
#include "capture/probe.h"
#include "capture/source.h"

/* NULL: err says why and what would help. wanted: system calls by code. */
struct source *live_open(const struct probe_config *c, const bool wanted[SC_MAX],
	const struct machine_sink *sink, char err[512]);
/* Other system calls are wanted from now on. */
bool live_want(struct source *s, const bool wanted[SC_MAX]);
void live_stats(struct source *s, struct probe_stats *ret);
#endif
