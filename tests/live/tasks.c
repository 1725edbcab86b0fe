/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New processes and threads, as both sides of a clone see them, and how they end; signals, switches
 * of the scheduler, page faults.  The suite runs itself anew with odd and long arguments, which
 * every child has then.
 */
#include "facts.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#define BAD ((void *)8)
#define RESIDENT                                                                                   \
	(16 << 20) /* bytes that are in memory, so that a count of pages means something           \
		    */
#define NS_PER_TICK 10000000LL
/* Numbers of i386. */
#define I386_FORK 2
#define I386_CLONE 120
#define I386_VFORK 190
#define I386_CLONE3 435
/* Flags of a clone as events have them. */
#define EVENT_CHILD_IN_PIDNS 0x20000000

static char arguments[2 * TEXTS_KEPT];
static size_t arguments_len;

/* ---- checks ---- */

/* The nth time that the task, itself a child, made one or failed to. */
static const struct event *made_by(uint16_t type, int64_t tid, size_t nth)
{
	for (size_t i = 0;; i++) {
		const struct event *ev = live_of(type, tid, i);

		if (event_i64(ev, 0) != 0 && nth-- == 0)
			return ev;
	}
}

/* When the first process of a pid namespace began: ns since boot, those asleep left out. */
static void check_start(const struct event *ev, const struct facts *init)
{
	struct timespec all, awake;
	int64_t asleep, began;

	clock_gettime(CLOCK_BOOTTIME, &all);
	clock_gettime(CLOCK_MONOTONIC, &awake);
	asleep = (all.tv_sec - awake.tv_sec) * 1000000000LL + all.tv_nsec - awake.tv_nsec;
	began = (int64_t)init->started * NS_PER_TICK - asleep;
	between(ev, 20, (uint64_t)(began - NS_PER_TICK), (uint64_t)(began + 2 * NS_PER_TICK));
}

/* All but res and the last one. */
static void check_clone(const struct event *ev, const struct facts *before,
	const struct facts *after, uint32_t flags)
{
	check_args(ev, arguments, arguments_len);
	check_task(ev, before, after);
	live_uint(ev, 15, flags);
	live_uint(ev, 16, after->euid);
	live_uint(ev, 17, after->egid);
	live_int(ev, 18, after->vtid);
	live_int(ev, 19, after->vpid);
}

static void check_maker(const struct event *ev, uint32_t flags)
{
	live_int(ev, 0, live_noted(0));
	check_clone(ev, facts_of(BEFORE), facts_of(AFTER), flags);
	live_uint(ev, 20, 0);
}

/* What a child is like at least that has just been made. */
static struct facts fresh(bool own_memory)
{
	struct facts f = *facts_of(BEFORE);

	f.majflt = f.minflt = 0;
	if (own_memory)
		f.vm_rss = RESIDENT >> 10;
	return f;
}

static void check_child(const struct event *ev, bool own_memory, uint32_t flags)
{
	struct facts before = fresh(own_memory);

	live_int(ev, 0, 0);
	check_clone(ev, &before, facts_of(CHILD), flags);
}

/* Where children do not come by the end of a call, all are told of as by clone(). */
static const struct event *told_by_child(uint16_t type, int64_t tid)
{
	for (size_t nth = 0; nth < live_count(type); nth++)
		if ((int64_t)live_nth(type, nth)->tid == tid)
			return live_nth(type, nth);
	return live_of(EV_CLONE_X, tid, 0);
}

/* Both sides, in the first pid namespace. */
static void check_sides(uint16_t type, bool own_memory, uint32_t flags)
{
	const struct event *child = told_by_child(type, facts_of(CHILD)->tid);

	assert_int_equal(live_noted(0), facts_of(CHILD)->tid);
	check_maker(made_by(type, facts_of(BEFORE)->tid, 0), flags);
	check_child(child, own_memory, flags);
	between(child, 20, 0, facts_of(CHILD)->started * NS_PER_TICK);
}

static void check_refused(uint16_t type, size_t nth, int64_t res, uint32_t flags)
{
	const struct event *ev = made_by(type, facts_of(AFTER)->tid, nth);

	live_int(ev, 0, res);
	live_empty(ev, 1);
	live_empty(ev, 2);
	check_task(ev, facts_of(BEFORE), facts_of(AFTER));
	live_uint(ev, 15, flags);
	live_uint(ev, 16, facts_of(AFTER)->euid);
	live_uint(ev, 17, facts_of(AFTER)->egid);
	live_int(ev, 18, facts_of(AFTER)->vtid);
	live_int(ev, 19, facts_of(AFTER)->vpid);
	live_uint(ev, 20, 0);
}

/* ---- clone, fork, vfork ---- */

static void act_setup(void)
{
	const struct rlimit files = {777, 7777};

	prctl(PR_SET_NAME, "odd\tname \xff\x01 123");
	setrlimit(RLIMIT_NOFILE, &files);
	if (mmap(NULL, RESIDENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		    -1, 0) == MAP_FAILED)
		_exit(1);
	note_facts(BEFORE);
}

static void check_setup(void)
{
	assert_int_equal(facts_of(BEFORE)->tid, live_pid());
	assert_int_equal(facts_of(BEFORE)->fdlimit, 777);
	assert_int_equal(strlen(facts_of(BEFORE)->comm), 15);
	assert_true(facts_of(BEFORE)->vm_rss > RESIDENT >> 10);
}

/* In a child: notes what it is and ends. */
static void end_child(long pid, int status)
{
	if (pid)
		return;
	note_facts(CHILD);
	_exit(status);
}

/* In its maker. */
static void end_maker(long pid)
{
	live_note(0, pid);
	note_facts(AFTER);
	waitpid((pid_t)pid, NULL, __WALL);
}

static void act_fork(void)
{
	long pid;

	note_facts(BEFORE);
	pid = syscall(SYS_fork);
	end_child(pid, 3);
	end_maker(pid);
}

static void check_fork(void)
{
	if (!live_makes(EV_FORK_X))
		return;
	check_sides(EV_FORK_X, true, 0);
	check_exit(live_noted(0), 3 << 8, 0);
}

static void act_vfork(void)
{
	pid_t pid;

	note_facts(BEFORE);
	pid = vfork();
	if (pid == 0) {
		note_facts(CHILD);
		_exit(200);
	}
	end_maker(pid);
}

static void check_vfork(void)
{
	if (!live_makes(EV_VFORK_X))
		return;
	check_sides(EV_VFORK_X, false, 0);
	check_exit(live_noted(0), 200 << 8, 0);
}

/* Flags that a process can have, and what events call them. */
#define SHARED_FLAGS                                                                               \
	(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_IO | CLONE_PARENT_SETTID |                 \
		CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_UNTRACED | CLONE_PTRACE)
#define SHARED_FLAGS_EVENT                                                                         \
	(0x2 | 0x1 | 0x1000 | 0x4 | 0x200 | 0x1000000 | 0x800000 | 0x4000 | 0x400)

static void act_clone(void)
{
	static int parent_tid, child_tid;
	long pid;

	note_facts(BEFORE);
	pid = syscall(SYS_clone, SHARED_FLAGS | SIGCHLD, NULL, &parent_tid, &child_tid, 0);
	end_child(pid, 0);
	end_maker(pid);
}

static void check_clone_flags(void)
{
	check_sides(EV_CLONE_X, true, SHARED_FLAGS_EVENT);
	check_exit(live_noted(0), 0, 0);
}

#define NEW_FLAGS (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP)
#define NEW_FLAGS_EVENT (0x20 | 0x80 | 0x8 | 0x10 | 0x10000000)

static void act_clone_new(void)
{
	struct clone_args args = {.flags = NEW_FLAGS | CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid;

	note_facts(BEFORE);
	pid = syscall(SYS_clone, NEW_FLAGS | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0);
	end_child(pid, 255);
	end_maker(pid);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	live_note(1, pid);
	waitpid((pid_t)pid, NULL, 0);
}

static void check_clone_new(void)
{
	const struct event *ev = live_of(EV_CLONE3_X, facts_of(BEFORE)->tid, 0);

	/* The child is in a new namespace of groups, where its own is the first. */
	memcpy(facts_of(CHILD)->cgroups, facts_of(BEFORE)->cgroups,
		sizeof(facts_of(CHILD)->cgroups));
	check_sides(EV_CLONE_X, true, NEW_FLAGS_EVENT | 0x8000000);
	check_exit(live_noted(0), 255 << 8, 0);
	live_int(ev, 0, live_noted(1));
	live_uint(ev, 15, NEW_FLAGS_EVENT | 0x100000);
	live_uint(told_by_child(EV_CLONE3_X, live_noted(1)), 15, NEW_FLAGS_EVENT | 0x100000);
}

static void act_clone3(void)
{
	struct clone_args args = {
		.flags = CLONE_FS | CLONE_VFORK | CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	long pid;

	note_facts(BEFORE);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	end_child(pid, 1);
	end_maker(pid);
}

static void check_clone3(void)
{
	check_sides(EV_CLONE3_X, true, 0x2 | 0x8000000);
	check_exit(live_noted(0), 1 << 8, 0);
}

/* ---- threads ---- */

#define THREAD_FLAGS_EVENT (0x8000 | 0x2 | 0x1 | 0x800 | 0x2000 | 0x1000)

static int run_thread(void *unused)
{
	note_facts(CHILD);
	syscall(SYS_exit, 9);
	return 0;
}

static void make_thread(void)
{
	live_note(0, start_thread(run_thread, NULL));
	await_thread();
	note_facts(AFTER);
}

static void act_thread(void)
{
	in_child(make_thread);
}

static void check_thread(void)
{
	check_sides(EV_CLONE_X, false, THREAD_FLAGS_EVENT | 0x800000);
	assert_int_equal(facts_of(CHILD)->pid, facts_of(BEFORE)->pid);
	assert_true(facts_of(CHILD)->tid != facts_of(CHILD)->pid);
	check_exit(live_noted(0), 9 << 8, 0);
	check_exit(facts_of(BEFORE)->pid, 0, 0);
}

/* ---- clones that fail ---- */

static void be_refused(void)
{
	const struct rlimit none = {0, 0};
	struct clone_args args = {.flags = CLONE_NEWNS | CLONE_FS};

	note_facts(BEFORE);
	syscall(SYS_clone, CLONE_THREAD, NULL, NULL, NULL, 0);
	syscall(SYS_clone3, &args, sizeof(args));
	syscall(SYS_clone3, &args, 8);
	syscall(SYS_clone3, BAD, sizeof(args));
	setrlimit(RLIMIT_NPROC, &none);
	if (setgid(12346) < 0 || setuid(12345) < 0)
		_exit(1);
	syscall(SYS_fork);
	syscall(SYS_vfork);
	if (live_32) {
		CALL32(I386_FORK, 0);
		CALL32(I386_VFORK, 0);
	}
	note_facts(AFTER);
}

static void act_refused(void)
{
	in_child(be_refused);
}

static void check_refusals(void)
{
	const struct facts changed = *facts_of(AFTER);

	facts_of(AFTER)->euid = facts_of(AFTER)->egid = 0;
	check_refused(EV_CLONE_X, 0, -EINVAL, 0x2000);
	check_refused(EV_CLONE3_X, 0, -EINVAL, 0x22);
	check_refused(EV_CLONE3_X, 1, -EINVAL, 0x22);
	check_refused(EV_CLONE3_X, 2, -EFAULT, 0);
	*facts_of(AFTER) = changed;
	assert_int_equal(changed.euid, 12345);
	assert_int_equal(changed.egid, 12346);
	for (size_t i = 0; live_makes(EV_FORK_X) && i < (live_32 ? 2 : 1); i++) {
		check_refused(EV_FORK_X, i, -EAGAIN, 0);
		check_refused(EV_VFORK_X, i, -EAGAIN, 0);
	}
}

static void act_32(void)
{
	struct clone_args *args;
	long pid;

	if (!live_32)
		return;
	args = live_low(
		&(struct clone_args){.flags = CLONE_FILES, .exit_signal = SIGCHLD}, sizeof(*args));
	note_facts(BEFORE);
	pid = CALL32(I386_FORK, 0);
	end_child(pid, 0);
	end_maker(pid);
	CALL32(I386_CLONE, CLONE_THREAD, 0, 0, 0, 0);
	pid = CALL32(I386_CLONE3, args, sizeof(*args));
	if (pid == 0)
		_exit(0);
	live_note(1, pid);
	waitpid((pid_t)pid, NULL, 0);
	pid = CALL32(I386_CLONE, CLONE_FS | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	live_note(2, pid);
	waitpid((pid_t)pid, NULL, 0);
}

static void check_32(void)
{
	if (!live_32)
		return;
	check_sides(EV_FORK_X, true, 0);
	live_int(live_nth(EV_CLONE_X, 0), 0, -EINVAL);
	live_uint(live_nth(EV_CLONE_X, 0), 15, 0x2000);
	live_int(live_of(EV_CLONE3_X, live_pid(), 0), 0, live_noted(1));
	live_uint(live_of(EV_CLONE3_X, live_pid(), 0), 15, 0x1);
	live_uint(live_of(EV_CLONE3_X, live_noted(1), 0), 15, 0x1);
	live_int(live_of(EV_CLONE_X, live_pid(), 1), 0, live_noted(2));
	live_uint(live_of(EV_CLONE_X, live_noted(2), 0), 15, 0x2);
}

/* ---- pid namespaces ---- */

/* The first process of a namespace makes another, and is its reaper. */
static void be_init(void)
{
	long pid;

	note_facts(CHILD);
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0) {
		note_facts(SECOND);
		if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0) == 0) {
			note_facts(THIRD);
			pause();
		}
		while (!*(volatile int64_t *)&facts_of(THIRD)->started)
			usleep(1000);
		_exit(2);
	}
	live_note(1, pid);
	waitpid((pid_t)pid, NULL, 0);
	_exit(4);
}

static void use_namespace(void)
{
	long pid;

	if (unshare(CLONE_NEWPID) < 0)
		_exit(1);
	note_facts(BEFORE);
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0)
		be_init();
	end_maker(pid);
}

static void act_pidns(void)
{
	memset(facts_of(THIRD), 0, sizeof(struct facts));
	in_child(use_namespace);
}

static void check_pidns(void)
{
	const struct facts *init = facts_of(CHILD), *second = facts_of(SECOND),
			   *third = facts_of(THIRD);
	const struct event *ev = live_of(EV_CLONE_X, init->tid, 0);
	struct facts before = fresh(true);

	check_maker(made_by(EV_CLONE_X, facts_of(BEFORE)->tid, 0), EVENT_CHILD_IN_PIDNS);
	check_child(ev, true, EVENT_CHILD_IN_PIDNS);
	check_start(ev, init);
	assert_int_equal(init->vtid, 1);
	assert_true(init->tid > 1);
	/* The number of a child is that which its maker has for it. */
	assert_int_equal(live_noted(1), second->vtid);
	live_int(live_of(EV_CLONE_X, init->tid, 1), 0, live_noted(1));
	live_int(live_of(EV_CLONE_X, init->tid, 1), 18, 1);
	ev = live_of(EV_CLONE_X, second->tid, 0);
	live_int(ev, 0, 0);
	check_clone(ev, &before, second, EVENT_CHILD_IN_PIDNS);
	check_start(ev, init);
	check_start(live_of(EV_CLONE_X, third->tid, 0), init);
	/* It leaves a child to the first process, which takes all others along. */
	check_exit(second->tid, 2 << 8, init->tid);
	check_exit(third->tid, SIGKILL, 0);
	check_exit(init->tid, 4 << 8, 0);
}

static void act_newpid(void)
{
	long pid;

	note_facts(BEFORE);
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
	end_child(pid, 0);
	end_maker(pid);
}

static void check_newpid(void)
{
	const struct event *ev = live_of(EV_CLONE_X, facts_of(CHILD)->tid, 0);

	check_maker(live_of(EV_CLONE_X, live_pid(), 0), 0x40);
	check_child(ev, true, 0x40 | EVENT_CHILD_IN_PIDNS);
	check_start(ev, facts_of(CHILD));
	assert_int_equal(facts_of(CHILD)->vpid, 1);
}

/* ---- the suite ---- */

static const struct live_case cases[] = {
	{"what all children have", act_setup, check_setup},
	{"fork", act_fork, check_fork},
	{"vfork", act_vfork, check_vfork},
	{"clone", act_clone, check_clone_flags},
	{"clone into new namespaces", act_clone_new, check_clone_new},
	{"clone3", act_clone3, check_clone3},
	{"a thread", act_thread, check_thread},
	{"clones that fail", act_refused, check_refusals},
	{"the 32-bit way", act_32, check_32},
	{"in a pid namespace", act_pidns, check_pidns},
	{"into a pid namespace", act_newpid, check_newpid},
};

static char long_argument[TEXTS_KEPT + 1000];
static char *const odd[] = {"odd \xff\x01 exe", "", "two\nlines", "\xc3\xa9", long_argument, NULL};

static void keep_arguments(char **argv)
{
	for (; *argv; argv++) {
		size_t n = strlen(*argv) + 1;

		assert_true(arguments_len + n <= sizeof(arguments));
		memcpy(arguments + arguments_len, *argv, n);
		arguments_len += n;
	}
}

int main(int argc, char **argv)
{
	if (argc == 1) {
		memset(long_argument, 'x', sizeof(long_argument) - 1);
		execv("/proc/self/exe", odd);
		return 1;
	}
	keep_arguments(argv);
	facts_here();
	return live_run(cases, sizeof(cases) / sizeof(cases[0]));
}
