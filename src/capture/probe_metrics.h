/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of the kernel side, one by one. */
#ifndef CAPTURE_PROBE_METRICS_H
#define CAPTURE_PROBE_METRICS_H
#include "tables/metrics.h"

struct bpf_object;

/*
 * Events and drops of every processor (KERNEL_CPU), and, when the kernel keeps them
 * (kernel.bpf_stats_enabled), runs of every program that ran (LIBBPF).
 */
void probe_put_metrics(const struct bpf_object *o, const struct metric_sink *to);
#endif
