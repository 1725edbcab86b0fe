/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of metrics.def, and how whoever has figures hands them over. */
#ifndef TABLES_METRICS_H
#define TABLES_METRICS_H
#include <stddef.h>
#include <stdint.h>

/* Switches of figures, as bits. */
enum metric_group {
	METRIC_ALWAYS = 1 << 0,
	METRIC_RULES = 1 << 1,
	METRIC_RESOURCES = 1 << 2,
	METRIC_STATE = 1 << 3,
	METRIC_KERNEL = 1 << 4,
	METRIC_KERNEL_CPU = 1 << 5,
	METRIC_ITER = 1 << 6,
	METRIC_LIBBPF = 1 << 7,
	METRIC_PLUGINS = 1 << 8,
	METRIC_GROUPS = (1 << 9) - 1,
	METRIC_SHOWN = 1 << 9, /* no switch: shown even when it is 0 */
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_INFO };

/* Of samples; texts may show them in others. */
enum metric_unit {
	METRIC_COUNT,
	METRIC_PERCENT,
	METRIC_BYTES,
	METRIC_KIB,
	METRIC_NS,
	METRIC_SECONDS,
	METRIC_TIMESTAMP_NS,
};

enum metric {
#define METRIC(symbol, ...) METRIC_##symbol,
#include "tables/metrics.def"
#undef METRIC
	METRIC_MAX
};

struct metric_info {
	const char *symbol;
	unsigned group;
	const char *field, *family, *labels;
	enum metric_type type;
	enum metric_unit unit;
	const char *help;
};
extern const struct metric_info metric_table[METRIC_MAX];

/*
 * Takes figures one by one; key is borrowed for the call: a processor's number, the name of a
 * program..., NULL for rows without "*".
 */
struct metric_sink {
	void (*add)(void *arg, enum metric m, const char *key, uint64_t value);
	void *arg;
	unsigned groups; /* the others need not be asked for */
};

static inline void metric_put(
	const struct metric_sink *s, enum metric m, const char *key, uint64_t value)
{
	if (metric_table[m].group & s->groups)
		s->add(s->arg, m, key, value);
}
#endif
