/* SPDX-License-Identifier: Apache-2.0 */
/* Files are small and read whole, a fresh look each time: this is asked for every few seconds. */
#include "web/usage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "web/numbers.h"

#define MAX_PROC_FILE (256 << 10)

static struct str read_small(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	size_t n = 0;

	if (fd < 0)
		return STR_NONE;
	while (n < size && (got = read(fd, text + n, size - n)) > 0)
		n += (size_t)got;
	close(fd);
	return str_n(text, n);
}

/* The number behind name at the start of a line. */
static bool find_number(struct str text, const char *name, uint64_t *ret)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		size_t digits = 0;

		if (!str_starts(line, str_c(name)))
			continue;
		line = str_trim(str_from(line, strlen(name)));
		while (digits < line.n && line.p[digits] >= '0' && line.p[digits] <= '9')
			digits++;
		return str_to_u64(str_head(line, digits), ret);
	}
	return false;
}

static void put_number(struct samples *s, enum metric id, struct str text, const char *name)
{
	uint64_t v;

	if (find_number(text, name, &v))
		samples_put(s, id, NULL, v);
}

static void put_memory(struct samples *s, char *text)
{
	struct str status = read_small("/proc/self/status", text, MAX_PROC_FILE);

	put_number(s, METRIC_MEMORY_RSS, status, "VmRSS:");
	put_number(s, METRIC_MEMORY_VSZ, status, "VmSize:");
	put_number(s, METRIC_MEMORY_PSS, read_small("/proc/self/smaps_rollup", text, MAX_PROC_FILE),
		"Pss:");
}

static void put_host_memory(struct samples *s, struct str meminfo)
{
	uint64_t total, unused, buffers, cached;

	if (find_number(meminfo, "MemTotal:", &total) &&
		find_number(meminfo, "MemFree:", &unused) &&
		find_number(meminfo, "Buffers:", &buffers) &&
		find_number(meminfo, "Cached:", &cached) && total >= unused + buffers + cached)
		samples_put(s, METRIC_HOST_MEMORY, NULL, total - unused - buffers - cached);
}

/* user nice system idle iowait irq softirq, in clock ticks since boot. */
static void put_host_cpu(struct samples *s, struct str stat)
{
	uint64_t sum = 0, idle = 0, v;
	struct str line = {0}, word;
	int i = 0;

	if (!str_split(&stat, '\n', &line) || !str_starts(line, STR("cpu ")))
		return;
	line = str_trim(str_from(line, 4));
	while (i < 7 && str_split(&line, ' ', &word) && str_to_u64(word, &v)) {
		sum += v;
		if (i++ == 3)
			idle = v;
	}
	if (sum)
		samples_put_real(s, METRIC_HOST_CPU_USAGE, NULL,
			one_decimal(100 - (double)idle * 100 / (double)sum));
}

static void put_host(struct samples *s, const char *root, char *text)
{
	char path[4096];
	struct str stat, files;

	snprintf(path, sizeof(path), "%s/proc/stat", root);
	stat = read_small(path, text, MAX_PROC_FILE);
	put_host_cpu(s, stat);
	put_number(s, METRIC_HOST_PROCS_RUNNING, stat, "procs_running ");
	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	put_host_memory(s, read_small(path, text, MAX_PROC_FILE));
	snprintf(path, sizeof(path), "%s/proc/sys/fs/file-nr", root);
	files = read_small(path, text, MAX_PROC_FILE);
	put_number(s, METRIC_HOST_OPEN_FDS, files, "");
}

static void put_container_memory(struct samples *s, char *text)
{
	const char *asked = getenv("FALCO_CGROUP_MEM_PATH");
	const char *paths[] = {asked && *asked && !strstr(asked, "..") ? asked : NULL,
		"/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory.current"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		uint64_t v;

		if (paths[i] && find_number(read_small(paths[i], text, MAX_PROC_FILE), "", &v)) {
			samples_put(s, METRIC_CONTAINER_MEMORY, NULL, v);
			return;
		}
	}
}

static void put_cpu(struct samples *s, uint64_t started_ns)
{
	struct tms used;
	double elapsed, seconds;

	elapsed = (double)(int64_t)(monotonic_ns() - started_ns) / 1e9;
	if (times(&used) == (clock_t)-1 || elapsed <= 0)
		return;
	seconds = (double)(used.tms_utime + used.tms_stime) / (double)sysconf(_SC_CLK_TCK);
	samples_put_real(s, METRIC_CPU_USAGE, NULL, one_decimal(100 * seconds / elapsed));
}

void usage_put(struct samples *s, const char *host_root, uint64_t started_ns)
{
	char *text;

	if (!(s->groups & METRIC_RESOURCES))
		return;
	text = mem_alloc(MAX_PROC_FILE);
	put_cpu(s, started_ns);
	put_memory(s, text);
	put_container_memory(s, text);
	put_host(s, host_root ? host_root : "", text);
	free(text);
}
