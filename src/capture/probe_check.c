/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of checks.  Each looks or tries, and says what it found; none leaves anything behind.
 * What is tried are programs of two instructions that are never attached to anything that runs, a
 * ring buffer of one page, maps, and a perf event that counts nothing.
 */
#include "capture/probe_check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "capture/probe_log.h"
#include "capture/tracefs.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define LOCKDOWN_FILE "/sys/kernel/security/lockdown"
/* Inode of the namespace of users that the kernel starts with: include/linux/proc_ns.h. */
#define FIRST_USER_NS 0xEFFFFFFDU
#define FIRST_PID_NS 0xEFFFFFFCU
/* Bytes that maps take without the rings. */
#define SOME_MAPS (8 << 20)
#define MIN_MAJOR 5
#define MIN_MINOR 8

/* Says what was found; returns whether it is as it should be. */
typedef bool check_fn(char *found, size_t size);

/* ---- what this process may do ---- */

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static bool has_cap(unsigned cap)
{
	return effective_caps() >> cap & 1;
}

static bool report_cap(char *found, size_t size, const char *name, bool has)
{
	snprintf(found, size, has ? "%s is there" : "%s is missing", name);
	return has;
}

/* Until these two were split off, CAP_SYS_ADMIN allowed what they allow, and it still does. */
static bool check_cap_bpf(char *found, size_t size)
{
	return report_cap(found, size, "CAP_BPF", has_cap(CAP_BPF) || has_cap(CAP_SYS_ADMIN));
}

static bool check_cap_perfmon(char *found, size_t size)
{
	return report_cap(
		found, size, "CAP_PERFMON", has_cap(CAP_PERFMON) || has_cap(CAP_SYS_ADMIN));
}

static bool check_cap_ptrace(char *found, size_t size)
{
	return report_cap(found, size, "CAP_SYS_PTRACE", has_cap(CAP_SYS_PTRACE));
}

static bool check_cap_read(char *found, size_t size)
{
	return report_cap(found, size, "CAP_DAC_READ_SEARCH",
		has_cap(CAP_DAC_READ_SEARCH) || has_cap(CAP_DAC_OVERRIDE));
}

static bool check_cap_resource(char *found, size_t size)
{
	return report_cap(found, size, "CAP_SYS_RESOURCE", has_cap(CAP_SYS_RESOURCE));
}

static bool is_first_ns(const char *path, ino_t first)
{
	struct stat st;

	return stat(path, &st) < 0 || st.st_ino == first;
}

static bool check_user_ns(char *found, size_t size)
{
	bool first = is_first_ns("/proc/self/ns/user", FIRST_USER_NS);

	snprintf(found, size,
		first ? "Capabilities count for the whole machine"
		      : "Capabilities count only within a namespace of users");
	return first;
}

static bool check_pid_ns(char *found, size_t size)
{
	bool first = is_first_ns("/proc/self/ns/pid", FIRST_PID_NS);

	snprintf(found, size,
		first ? "/proc shows all processes of the machine"
		      : "Falco runs in a namespace of processes");
	return first;
}

/* ---- what the kernel is ---- */

static bool check_version(char *found, size_t size)
{
	struct utsname u;
	unsigned major = 0, minor = 0;

	uname(&u);
	snprintf(found, size, "The kernel is Linux %.60s", u.release);
	if (sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return true;
	return major > MIN_MAJOR || (major == MIN_MAJOR && minor >= MIN_MINOR);
}

static bool check_btf(char *found, size_t size)
{
	if (access(BTF_FILE, R_OK) == 0) {
		snprintf(found, size, "The kernel describes its types (BTF)");
		return true;
	}
	snprintf(found, size, "The kernel's description of its types (BTF), " BTF_FILE ": %s",
		strerror(errno));
	return false;
}

/* The word in brackets; "" if the kernel does not tell. */
static void read_lockdown(char *ret, size_t size)
{
	FILE *f = fopen(LOCKDOWN_FILE, "re");
	char text[128] = "", *from = NULL, *to = NULL;

	if (f && fgets(text, sizeof(text), f)) {
		from = strchr(text, '[');
		to = from ? strchr(from, ']') : NULL;
	}
	snprintf(ret, size, "%.*s", to ? (int)(to - from - 1) : 0, to ? from + 1 : "");
	if (f)
		fclose(f);
}

static bool check_lockdown(char *found, size_t size)
{
	char mode[32];

	read_lockdown(mode, sizeof(mode));
	if (mode[0])
		snprintf(found, size, "The kernel's lockdown is \"%s\"", mode);
	else
		snprintf(found, size, "The kernel tells of no lockdown");
	return strcmp(mode, "confidentiality") != 0;
}

static long seccomp_mode(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long mode = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Seccomp: %ld", &mode) == 1)
			break;
	if (f)
		fclose(f);
	return mode;
}

static bool report_try(char *found, size_t size, const char *what, int fd)
{
	int err = errno;

	if (fd >= 0) {
		close(fd);
		snprintf(found, size, "The kernel takes %s", what);
		return true;
	}
	snprintf(found, size, "The kernel refuses %s: %s%s", what, strerror(err),
		err == EPERM && seccomp_mode() ? " (a seccomp filter is in force)" : "");
	return false;
}

static bool check_bpf(char *found, size_t size)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 1, NULL);

	return report_try(found, size, "bpf()", fd);
}

static bool check_ring(char *found, size_t size)
{
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);

	return report_try(found, size, "BPF ring buffers",
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, page, NULL));
}

/* Kernels before 5.11 count maps as locked memory, and have none of them beyond its limit. */
static bool check_locked_memory(char *found, size_t size)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4096, SOME_MAPS / 4096, NULL);
	bool ret = fd >= 0 || errno != EPERM;
	struct rlimit limit = {0};

	if (fd >= 0)
		close(fd);
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (ret)
		snprintf(found, size, "There may be as many maps as it takes");
	else
		snprintf(found, size, "The limit of locked memory, %llu bytes, is too low for maps",
			(unsigned long long)limit.rlim_cur);
	return ret;
}

/* ---- programs: r0 = 0; exit ---- */

static int try_program(enum bpf_prog_type type, enum bpf_attach_type attach, const char *target)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int id = target ? libbpf_find_vmlinux_btf_id(target, attach) : 0;

	if (id < 0) {
		errno = -id;
		return -1;
	}
	opts.attach_btf_id = (uint32_t)id;
	return bpf_prog_load(type, "falco_check", "GPL", insns, ARRAY_SIZE(insns), &opts);
}

static bool check_tp_btf(char *found, size_t size)
{
	return report_try(found, size, "programs at typed tracepoints",
		try_program(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sys_exit"));
}

static bool check_iter(char *found, size_t size)
{
	return report_try(found, size, "iterators over processes",
		try_program(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "task"));
}

/* Attached for a moment to a function that only the kernel's own tests call. */
static int try_trampoline(void)
{
	int fd = try_program(BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "bpf_fentry_test1");
	int link = -1, err;

	if (fd >= 0) {
		link = bpf_raw_tracepoint_open(NULL, fd);
		err = errno;
		close(fd);
		errno = err;
	}
	return link;
}

static bool check_trampoline(char *found, size_t size)
{
	return report_try(
		found, size, "programs at the ends of its functions (fexit)", try_trampoline());
}

/* As the beginnings of system calls are watched without trampolines: on a processor, everybody's.
 */
static int try_perf_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY};

	return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool check_perf_events(char *found, size_t size)
{
	return report_try(found, size, "perf events", try_perf_event());
}

#define A_BEGINNING "syscalls/sys_enter_openat"

static bool check_tracefs(char *found, size_t size)
{
	int status = tracefs_find();

	if (status) {
		snprintf(found, size, "tracefs is not mounted, and may not be");
		return false;
	}
	status = tracefs_tracepoint(A_BEGINNING);
	if (status < 0)
		snprintf(found, size, "The kernel does not tell of tracepoints (tracefs): %s",
			strerror(-status));
	else
		snprintf(found, size, "The kernel tells of tracepoints (tracefs)");
	return status >= 0;
}

static bool check_cgroup(char *found, size_t size)
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (statfs(roots[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
			snprintf(found, size, "Control groups of version 2 are at %s", roots[i]);
			return true;
		}
	snprintf(found, size, "Control groups of version 2 are not mounted");
	return false;
}

/* ---- the table ---- */

static const struct row {
	const char *name;
	enum check_need need;
	bool capability;
	check_fn *check;
	const char *remedy;
} rows[] = {
	{"kernel", CHECK_REQUIRED, false, check_version, "Live capture takes Linux 5.8 or later."},
	{"user namespace", CHECK_REQUIRED, false, check_user_ns,
		"Start Falco outside of it: not in a rootless container."},
	{"CAP_BPF", CHECK_REQUIRED, true, check_cap_bpf,
		"It allows to load eBPF programs: run as root, or give it (docs/privileges.md)."},
	{"CAP_PERFMON", CHECK_REQUIRED, true, check_cap_perfmon,
		"It allows eBPF programs to look at the kernel: run as root, or give it "
		"(docs/privileges.md)."},
	{"BTF", CHECK_REQUIRED, false, check_btf,
		"Take a kernel built with CONFIG_DEBUG_INFO_BTF; in a container, mount /sys."},
	{"lockdown", CHECK_REQUIRED, false, check_lockdown,
		"With \"confidentiality\" no program may look at the kernel: start the kernel with "
		"lockdown=integrity, or without."},
	{"bpf()", CHECK_REQUIRED, false, check_bpf,
		"Take a kernel built with CONFIG_BPF_SYSCALL; in a container, a seccomp profile "
		"that allows bpf()."},
	{"locked memory", CHECK_REQUIRED, false, check_locked_memory,
		"Raise it (ulimit -l unlimited; LimitMEMLOCK=infinity of systemd), or give "
		"CAP_SYS_RESOURCE; Linux 5.11 and later have no such limit."},
	{"ring buffer", CHECK_REQUIRED, false, check_ring,
		"Events come through one: take Linux 5.8 or later. If it is memory that is short, "
		"raise the limit of locked memory (ulimit -l) or give CAP_SYS_RESOURCE."},
	{"typed tracepoints", CHECK_REQUIRED, false, check_tp_btf,
		"All events are made there: take a kernel built with CONFIG_BPF_EVENTS and "
		"CONFIG_DEBUG_INFO_BTF."},
	{"CAP_SYS_PTRACE", CHECK_USEFUL, true, check_cap_ptrace,
		"Without it programs, folders and descriptors of processes that run before Falco "
		"does stay unknown."},
	{"CAP_DAC_READ_SEARCH", CHECK_USEFUL, true, check_cap_read,
		"Without it descriptors and environments of other users' processes that run before "
		"Falco does stay unknown."},
	{"process namespace", CHECK_USEFUL, false, check_pid_ns,
		"Processes that run before Falco does are seen in the host's /proc only: mount it "
		"and set HOST_ROOT, or share the host's namespace (hostPID: true, --pid=host)."},
	{"control groups", CHECK_USEFUL, false, check_cgroup,
		"engine.modern_ebpf.scope: cgroup:PATH takes them: mount cgroup2."},
	{"tracefs", CHECK_USEFUL, false, check_tracefs,
		"Where there are no trampolines, what system calls were told is else read at their "
		"end, when a program may have changed it: mount tracefs at /sys/kernel/tracing or "
		"give CAP_SYS_ADMIN, and give CAP_DAC_READ_SEARCH."},
	{"perf events", CHECK_USEFUL, false, check_perf_events,
		"They are taken for the same: give CAP_SYS_ADMIN, or set "
		"kernel.perf_event_paranoid to 2."},
	{"CAP_SYS_RESOURCE", CHECK_OPTIONAL, true, check_cap_resource,
		"Only kernels before 5.11 ask for it, to lock the memory of maps; ulimit -l "
		"unlimited does as well."},
	{"iterators", CHECK_OPTIONAL, false, check_iter,
		"Without them running processes are read from /proc, which takes longer."},
	{"trampolines", CHECK_OPTIONAL, false, check_trampoline,
		"Without them (engine.modern_ebpf.attach) one program at the end of all system "
		"calls finds those that are watched, so that all of them pay a little."},
};

static void run(const struct row *row, struct probe_check *ret)
{
	*ret = (struct probe_check){.name = row->name, .need = row->need, .remedy = row->remedy};
	ret->ok = row->check(ret->found, sizeof(ret->found));
}

size_t probe_check(struct probe_check ret[PROBE_CHECKS_MAX])
{
	struct probe_log log;

	_Static_assert(
		ARRAY_SIZE(rows) <= PROBE_CHECKS_MAX, "more rows than callers have room for");
	probe_log_begin(&log);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run(&rows[i], &ret[i]);
	probe_log_end(&log);
	return ARRAY_SIZE(rows);
}

bool probe_check_explain(char *ret, size_t size)
{
	struct probe_check c;
	struct probe_log log;
	size_t n = 0;

	ret[0] = '\0';
	probe_log_begin(&log);
	for (size_t i = 0; i < ARRAY_SIZE(rows) && n < size; i++) {
		if (rows[i].need != CHECK_REQUIRED || (n && !rows[i].capability))
			continue;
		run(&rows[i], &c);
		if (c.ok)
			continue;
		n += (size_t)snprintf(
			ret + n, size - n, "%s%s. %s", n ? " " : "", c.found, c.remedy);
		if (!rows[i].capability)
			break;
	}
	probe_log_end(&log);
	return n;
}

bool probe_check_beginnings(void)
{
	struct probe_log log;
	int fd;

	probe_log_begin(&log);
	fd = try_trampoline();
	if (fd < 0 && tracefs_tracepoint(A_BEGINNING) >= 0)
		fd = try_perf_event();
	probe_log_end(&log);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void probe_check_warn(void (*warn)(const char *text))
{
	struct probe_check c;
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].need != CHECK_USEFUL || !rows[i].capability)
			continue;
		run(&rows[i], &c);
		if (c.ok)
			continue;
		snprintf(text, sizeof(text), "%s. %s", c.found, c.remedy);
		warn(text);
	}
}
