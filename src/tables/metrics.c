/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of metrics.def as an array. */
#include "tables/metrics.h"

enum {
	SHOWN = METRIC_SHOWN,
	ALWAYS = METRIC_ALWAYS,
	RULES = METRIC_RULES,
	RESOURCES = METRIC_RESOURCES,
	STATE = METRIC_STATE,
	KERNEL = METRIC_KERNEL,
	KERNEL_CPU = METRIC_KERNEL_CPU,
	ITER = METRIC_ITER,
	LIBBPF = METRIC_LIBBPF,
	PLUGINS = METRIC_PLUGINS
};

#define METRIC(symbol, group, field, family, labels, type, unit, help)                             \
	[METRIC_##symbol] = {                                                                      \
		#symbol, group, field, family, labels, METRIC_##type, METRIC_##unit, help},
const struct metric_info metric_table[METRIC_MAX] = {
#include "tables/metrics.def"
};
