/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /proc tells of a task, beside which events of new processes and programs are held.  It is
 * kept in memory that all processes of a suite share, programs that are run included.
 */
#ifndef TESTS_LIVE_FACTS_H
#define TESTS_LIVE_FACTS_H
#include "live.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FACTS_FD 200 /* the shared memory, in programs too */
#define CASES_MAX 32
#define FACTS_MAX 5	/* of each case */
#define TEXTS_KEPT 4096 /* bytes of arguments, and of environment, that an event holds */
/* Inode numbers of the first namespaces: include/linux/proc_ns.h. */
#define FIRST_CGROUP_NS "cgroup:[4026531835]"
#define FIRST_PID_NS "pid:[4026531836]"

struct facts {
	int64_t tid, pid, ptid, pgid, vtid, vpid, vpgid;
	uint64_t fdlimit, majflt, minflt;
	uint64_t started;		    /* clock ticks since boot */
	uint32_t vm_size, vm_rss, vm_swap;  /* kB, of which events have the low 32 bits */
	uint32_t euid, egid, loginuid, tty; /* tty: device number */
	uint64_t caps[3];		    /* inheritable, permitted, effective */
	char comm[16], cgroups[1024];
};

struct shared {
	struct facts facts[CASES_MAX][FACTS_MAX];
	size_t program; /* the case whose CHILD is a program that runs */
	long numbers[4];
};

static struct shared *shared;

/* Of this suite, or, in a program, of the one that ran it. */
static inline void facts_share(void)
{
	int fd = fcntl(FACTS_FD, F_GETFD) < 0 ? memfd_create("facts", 0) : FACTS_FD;

	if (fd != FACTS_FD && (ftruncate(fd, sizeof(*shared)) < 0 || dup2(fd, FACTS_FD) < 0))
		_exit(1);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, FACTS_FD, 0);
	if (shared == MAP_FAILED)
		_exit(1);
}

/* The same, for a suite; ends it where events have other numbers and groups than it can know of. */
static inline void facts_here(void)
{
	char pid[32] = "", cgroup[32] = "";

	if (readlink("/proc/self/ns/pid", pid, sizeof(pid) - 1) < 0 ||
		readlink("/proc/self/ns/cgroup", cgroup, sizeof(cgroup) - 1) < 0 ||
		strcmp(pid, FIRST_PID_NS) != 0 || strcmp(cgroup, FIRST_CGROUP_NS) != 0) {
		printf("SKIPPED: events tell what tasks are in the first namespaces\n");
		exit(77);
	}
	facts_share();
}

/* The file's text, as far as there is room for it; "" where there is none. */
static inline const char *proc_text(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

/* The number that stands last, or as number `column`, in the line of a status file. */
static inline uint64_t status_number(const char *text, const char *key, int base, int column)
{
	const char *at = strstr(text, key);
	uint64_t n = 0;

	if (!at)
		return 0;
	for (at += strlen(key); column-- && *at && *at != '\n';) {
		char *end;
		uint64_t next = strtoull(at, &end, base);

		if (end == at || memchr(at, '\n', (size_t)(end - at)))
			break;
		n = next;
		at = end;
	}
	return n;
}

static inline void facts_of_status(struct facts *f)
{
	const char *text = proc_text("/proc/thread-self/status");

	f->tid = (int64_t)status_number(text, "\nPid:", 10, 1);
	f->pid = (int64_t)status_number(text, "\nTgid:", 10, 1);
	f->ptid = (int64_t)status_number(text, "\nPPid:", 10, 1);
	f->vtid = (int64_t)status_number(text, "\nNSpid:", 10, -1);
	f->vpid = (int64_t)status_number(text, "\nNStgid:", 10, -1);
	f->vpgid = (int64_t)status_number(text, "\nNSpgid:", 10, -1);
	f->vm_size = (uint32_t)status_number(text, "\nVmSize:", 10, 1);
	f->vm_rss = (uint32_t)status_number(text, "\nVmRSS:", 10, 1);
	f->vm_swap = (uint32_t)status_number(text, "\nVmSwap:", 10, 1);
	f->euid = (uint32_t)status_number(text, "\nUid:", 10, 2);
	f->egid = (uint32_t)status_number(text, "\nGid:", 10, 2);
	f->caps[0] = status_number(text, "\nCapInh:", 16, 1);
	f->caps[1] = status_number(text, "\nCapPrm:", 16, 1);
	f->caps[2] = status_number(text, "\nCapEff:", 16, 1);
}

/* Of the task that calls. */
static inline void facts_read(struct facts *f)
{
	struct rlimit files;
	int pgid = 0, tty = 0;
	const char *text;

	facts_of_status(f);
	text = proc_text("/proc/thread-self/loginuid");
	f->loginuid = *text ? (uint32_t)strtoul(text, NULL, 10) : (uint32_t)-1;
	snprintf(f->cgroups, sizeof(f->cgroups), "\n%s", proc_text("/proc/thread-self/cgroup"));
	getrlimit(RLIMIT_NOFILE, &files);
	f->fdlimit = files.rlim_cur;
	prctl(PR_GET_NAME, f->comm);
	text = strrchr(proc_text("/proc/thread-self/stat"), ')');
	if (!text || sscanf(text,
			     ") %*c %*d %d %*d %d %*d %*u %lu %*u %lu %*u %*u %*u %*d %*d %*d %*d "
			     "%*d %*d %lu",
			     &pgid, &tty, &f->minflt, &f->majflt, &f->started) != 5)
		_exit(1);
	f->pgid = pgid;
	f->tty = (uint32_t)tty;
}

/* ---- tasks of a case ---- */

/* Which facts are whose. */
enum { BEFORE, AFTER, CHILD, SECOND, THIRD };

static inline struct facts *facts_of(unsigned i)
{
	return &shared->facts[live_current()][i];
}

static inline void note_facts(unsigned i)
{
	facts_read(facts_of(i));
}

/* The child is gone only when its threads are: all of their events have been made then. */
static inline void in_child(void (*run)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		run();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
static int thread_ends;

/* Threads of our own, on stacks of their own; they share what the C library has for a thread. */
static inline long start_thread(int (*run)(void *), void *arg)
{
	const size_t size = 256 << 10;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	thread_ends = 1;
	note_facts(BEFORE);
	return clone(run, stack + size, THREAD_FLAGS | CLONE_CHILD_CLEARTID, arg, NULL, NULL,
		&thread_ends);
}

static inline void await_thread(void)
{
	while (__atomic_load_n(&thread_ends, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &thread_ends, FUTEX_WAIT, 1, NULL, NULL, 0);
}

/* ---- checks ---- */

static inline void between(const struct event *ev, unsigned i, uint64_t least, uint64_t most)
{
	uint64_t v = event_u64(ev, i);

	if (v < least || v > most)
		fail_msg("%s.%s is %llu, not between %llu and %llu", ev->info->name,
			ev->info->params[i].name, (unsigned long long)v, (unsigned long long)least,
			(unsigned long long)most);
}

/* A count of resident pages, kB: each processor keeps some of each of four kinds to itself. */
static inline void check_resident(
	const struct event *ev, unsigned i, const struct facts *before, const struct facts *after)
{
	uint64_t slack = 4 * 64 * (uint64_t)sysconf(_SC_NPROCESSORS_CONF) * 4;

	between(ev, i, before->vm_rss > slack ? before->vm_rss - slack : 0, after->vm_rss + slack);
}

/* Where the hierarchy that this controller has of its own has a task; NULL: it has none. */
static inline const char *group_path(const char *groups, const char *controller)
{
	size_t n = strlen(controller);

	for (const char *line = groups; (line = strchr(line, '\n')); line++) {
		const char *at = strchr(line, ':'), *end = at ? strchr(at + 1, ':') : NULL;

		while (end && at && at < end) {
			if (strncmp(at + 1, controller, n) == 0 && strchr(",:", at[1 + n]))
				return end + 1;
			at = strpbrk(at + 1, ",:");
		}
	}
	return NULL;
}

/* A group of the unified hierarchy may be one above the task's: that one has the controller. */
static inline void check_cgroup(const char *name, const char *path, const char *groups)
{
	const char *own = group_path(groups, strcmp(name, "io") == 0 ? "blkio" : name);
	const char *unified = strstr(groups, "\n0::");
	size_t n = strlen(path);
	bool right = strcmp(path, "/") == 0;

	if (own)
		right = strncmp(own, path, n) == 0 && own[n] == '\n';
	else if (!right)
		right = unified && strncmp(unified + 4, path, n) == 0 &&
			strchr("/\n", unified[4 + n]);
	if (!right)
		fail_msg("%s=%s is not in%s", name, path, groups);
}

static inline void check_cgroups(const struct event *ev, unsigned i, const char *groups)
{
	static const char *const order[] = {"cpuset", "cpu", "cpuacct", "io", "memory"};
	struct param p = event_param(ev, i);
	const char *at = (const char *)p.p, *end = at + p.n;
	size_t next = 0;

	assert_true(p.n > 0);
	assert_int_equal(end[-1], 0);
	for (; at < end; at += strlen(at) + 1) {
		char name[32] = "";
		const char *is = strchr(at, '=');

		assert_non_null(is);
		memcpy(name, at, (size_t)(is - at) < sizeof(name) - 1 ? (size_t)(is - at) : 0);
		while (next < 5 && strcmp(order[next], name) != 0)
			next++;
		if (next++ >= 5)
			fail_msg("no group %s is wanted here", at);
		check_cgroup(name, is + 1, groups);
	}
}

/* exe and args of what has these arguments, back to back with their NULs. */
static inline void check_args(const struct event *ev, const char *texts, size_t n)
{
	char kept[TEXTS_KEPT];
	size_t exe = strlen(texts) + 1;

	if (n > TEXTS_KEPT)
		n = TEXTS_KEPT;
	if (exe > n)
		exe = n;
	memcpy(kept, texts, n);
	kept[n - 1] = kept[exe - 1] = 0;
	live_bytes(ev, 1, kept, exe);
	live_bytes(ev, 2, kept + exe, n - exe);
}

/* Parameters 4 to 15 of a clone or exec, which are one and the same. */
static inline void check_task(
	const struct event *ev, const struct facts *before, const struct facts *after)
{
	live_int(ev, 3, after->tid);
	live_int(ev, 4, after->pid);
	live_int(ev, 5, after->ptid);
	live_empty(ev, 6);
	live_uint(ev, 7, after->fdlimit);
	between(ev, 8, before->majflt, after->majflt);
	between(ev, 9, before->minflt, after->minflt);
	between(ev, 10, before->vm_size, after->vm_size);
	check_resident(ev, 11, before, after);
	between(ev, 12, before->vm_swap, after->vm_swap);
	live_text(ev, 13, after->comm);
	check_cgroups(ev, 14, after->cgroups);
}

/* status: as of waitpid(). */
static inline void check_exit(int64_t tid, int64_t status, int64_t reaper)
{
	const struct event *ev = live_of(EV_PROCEXIT_E, tid, 0);

	live_int(ev, 0, status);
	live_int(ev, 1, status >> 8 & 0xff);
	live_uint(ev, 2, status & 0x7f);
	live_uint(ev, 3, status >> 7 & 1);
	live_int(ev, 4, reaper);
}
#endif
