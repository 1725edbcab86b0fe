/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as far as we depend on it: host's files, control groups, clock, limits, memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "app/app.h"
#include "app/doctor.h"
#include "base/file.h"

#define MACHINE "machine"
#define ENOUGH_FILES 1024
#define YEAR_2024 1704067200
#define KERNEL_5_11 (5 * 1000 + 11)

static bool is_there(struct doctor *d, const char *path)
{
	return access(arena_printf(&d->arena, "%s%s", d->host_root, path).p, F_OK) == 0;
}

/* Where a container sees the host; without it our own root is the host's. */
static void check_host_root(struct doctor *d)
{
	static const char *const needed[] = {"/proc/stat", "/etc/passwd", "/etc/group"};

	for (size_t i = 0; *d->host_root && i < ARRAY_SIZE(needed); i++)
		doctor_add(d, MACHINE, "HOST_ROOT",
			is_there(d, needed[i]) ? FINDING_OK : FINDING_WARNING,
			"Mount the host's folders below HOST_ROOT, or unset it.", "%s%s is %sthere",
			d->host_root, needed[i], is_there(d, needed[i]) ? "" : "not ");
}

static void check_cgroups(struct doctor *d)
{
	bool scoped =
		d->config && str_starts(str_c(d->config->engine_modern_ebpf_scope), STR("cgroup:"));

	if (is_there(d, "/sys/fs/cgroup/cgroup.controllers"))
		doctor_add(d, MACHINE, "cgroups", FINDING_OK, NULL, "version 2");
	else if (is_there(d, "/sys/fs/cgroup/unified/cgroup.controllers"))
		doctor_add(d, MACHINE, "cgroups", FINDING_OK, NULL, "version 1, and 2 beside it");
	else if (is_there(d, "/sys/fs/cgroup/cpu") || is_there(d, "/sys/fs/cgroup/memory"))
		doctor_add(d, MACHINE, "cgroups", scoped ? FINDING_BROKEN : FINDING_OK,
			"Boot with systemd.unified_cgroup_hierarchy=1, or take another scope.",
			"version 1%s", scoped ? ": engine.modern_ebpf.scope needs version 2" : "");
	else
		doctor_add(d, MACHINE, "cgroups", FINDING_WARNING,
			"Mount /sys/fs/cgroup: containers are told by control groups.",
			"%s/sys/fs/cgroup has none", d->host_root);
}

/* Boot time, seconds since the epoch; 0 unknown. */
static int64_t boot_time(struct doctor *d)
{
	struct str text, line, path = arena_printf(&d->arena, "%s/proc/stat", d->host_root);
	int64_t t = 0;

	if (file_read(&d->arena, path.p, 16 << 20, &text))
		return 0;
	while (text.n && str_split(&text, '\n', &line))
		if (str_starts(line, STR("btime ")))
			str_to_i64(str_from(line, 6), &t);
	return t;
}

static void check_clock(struct doctor *d)
{
	struct timex tx = {0};
	int64_t now = time(NULL);
	int state = adjtimex(&tx);

	if (now < YEAR_2024 || now < boot_time(d))
		doctor_add(d, MACHINE, "clock", FINDING_WARNING, "Set the clock.",
			"it shows a time that can not be: alerts would carry it");
	else if (state == TIME_ERROR || (tx.status & STA_UNSYNC))
		doctor_add(d, MACHINE, "clock", FINDING_NONE, NULL,
			"the kernel knows of nobody that keeps it right");
	else
		doctor_add(d, MACHINE, "clock", FINDING_OK, NULL, "kept right, by up to %ld ms",
			tx.maxerror / 1000);
}

static unsigned kernel_version(void)
{
	unsigned major = 0, minor = 0;
	struct str text;
	struct arena arena;

	arena_init(&arena, 0);
	if (!file_read(&arena, "/proc/sys/kernel/osrelease", 4096, &text))
		sscanf(text.p, "%u.%u", &major, &minor);
	arena_done(&arena);
	return major * 1000 + minor;
}

static void check_limits(struct doctor *d)
{
	struct rlimit files, locked;

	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_MEMLOCK, &locked);
	/* The engine that needs many goes to the hard limit. */
	doctor_add(d, MACHINE, "RLIMIT_NOFILE",
		files.rlim_max >= ENOUGH_FILES ? FINDING_OK : FINDING_WARNING,
		"Raise it to 1024 or more: ulimit -Hn, LimitNOFILE= of systemd.",
		"%llu files may be open", (unsigned long long)files.rlim_max);
	if (kernel_version() >= KERNEL_5_11)
		doctor_add(d, MACHINE, "RLIMIT_MEMLOCK", FINDING_OK, NULL,
			"does not matter to this kernel: maps count as memory of the control "
			"group");
	else
		doctor_add(d, MACHINE, "RLIMIT_MEMLOCK",
			locked.rlim_cur == RLIM_INFINITY ? FINDING_OK : FINDING_WARNING,
			"Make it unlimited (ulimit -l, LimitMEMLOCK=infinity of systemd), or run "
			"with CAP_SYS_RESOURCE.",
			locked.rlim_cur == RLIM_INFINITY ? "unlimited" : "%llu bytes",
			(unsigned long long)locked.rlim_cur);
}

static uint64_t available_kib(struct doctor *d)
{
	struct str text, line;
	uint64_t kib = 0;

	if (file_read(&d->arena, "/proc/meminfo", 1 << 16, &text))
		return 0;
	while (text.n && str_split(&text, '\n', &line))
		if (str_starts(line, STR("MemAvailable:")))
			kib = strtoull(line.p + 13, NULL, 10);
	return kib;
}

/* The ring buffers of the kernel side are there from the beginning. */
static void check_memory(struct doctor *d)
{
	const struct config *c = d->config;
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF), rings = 1, mb;
	uint64_t available = available_kib(d) / 1024;

	if (!c || (c->engine_kind != ENGINE_MODERN_EBPF && c->engine_kind != ENGINE_KMOD))
		return;
	if (c->engine_modern_ebpf_cpus_for_each_buffer)
		rings = (cpus + (uint64_t)c->engine_modern_ebpf_cpus_for_each_buffer - 1) /
			(uint64_t)c->engine_modern_ebpf_cpus_for_each_buffer;
	mb = MAX(rings << (c->engine_modern_ebpf_buf_size_preset - 1), 1);
	doctor_add(d, MACHINE, "memory",
		!available || mb < available / 2 ? FINDING_OK
		: mb < available		 ? FINDING_WARNING
						 : FINDING_BROKEN,
		"Make engine.modern_ebpf.buf_size_preset smaller, or cpus_for_each_buffer larger.",
		"%llu buffers of the kernel side take %llu MB of %llu MB that are available",
		(unsigned long long)rings, (unsigned long long)mb, (unsigned long long)available);
}

void doctor_machine(struct doctor *d)
{
	check_host_root(d);
	check_cgroups(d);
	check_clock(d);
	check_limits(d);
	check_memory(d);
}
