/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/probe_metrics.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "bpf/shared.h"

static void put_processors(const struct bpf_object *o, const struct metric_sink *to)
{
	int map = bpf_object__find_map_fd_by_name(o, "probe_counters");
	int ncpus = libbpf_num_possible_cpus();
	struct probe_counters *counters;
	unsigned zero = 0;
	char cpu[16];

	if (map < 0 || ncpus <= 0)
		return;
	counters = mem_zalloc((size_t)ncpus * sizeof(*counters));
	if (bpf_map_lookup_elem(map, &zero, counters) == 0) {
		for (int i = 0; i < ncpus; i++) {
			uint64_t drops = 0;

			for (unsigned cause = 0; cause < DROP_CAUSES; cause++)
				drops += counters[i].drops[cause];
			snprintf(cpu, sizeof(cpu), "%d", i);
			metric_put(to, METRIC_N_EVTS_CPU, cpu, counters[i].events);
			metric_put(to, METRIC_N_DROPS_CPU, cpu, drops);
		}
	}
	free(counters);
}

/* sysctl kernel.bpf_stats_enabled */
static bool stats_enabled(void)
{
	int fd = open("/proc/sys/kernel/bpf_stats_enabled", O_RDONLY | O_CLOEXEC);
	char c = '0';

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c == '1';
}

static void put_program(const struct bpf_program *program, const struct metric_sink *to)
{
	const char *name = bpf_program__name(program);
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_program__fd(program);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) != 0 || !info.run_cnt)
		return;
	metric_put(to, METRIC_BPF_RUN_CNT, name, info.run_cnt);
	metric_put(to, METRIC_BPF_RUN_TIME, name, info.run_time_ns);
	metric_put(to, METRIC_BPF_AVG_TIME, name, info.run_time_ns / info.run_cnt);
}

void probe_put_metrics(const struct bpf_object *o, const struct metric_sink *to)
{
	struct bpf_program *program;

	if (to->groups & METRIC_KERNEL_CPU)
		put_processors(o, to);
	if (!(to->groups & METRIC_LIBBPF) || !stats_enabled())
		return;
	bpf_object__for_each_program(program, o) put_program(program, to);
}
