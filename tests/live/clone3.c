/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags of clone3, which lie in memory of the program: events tell those that the child was made
 * with, whatever lies there when the call ends, or when a thread shares that memory and begins.
 */
#include "live.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 20
/* As events have them. */
#define EVENT_NEWUTS 0x80
#define EVENT_THREAD (0x8000 | 0x2 | 0x1 | 0x800 | 0x2000 | 0x1000 | 0x200 | 0x800000 | 0x2000000)

/* The event of the child's maker, and the child's own (by clone, where it is not known by what). */
static const struct event *by_maker(size_t nth)
{
	return live_of(EV_CLONE3_X, live_pid(), nth);
}

static const struct event *by_child(int64_t tid)
{
	for (size_t nth = 0; nth < live_count(EV_CLONE3_X); nth++)
		if ((int64_t)live_nth(EV_CLONE3_X, nth)->tid == tid)
			return live_nth(EV_CLONE3_X, nth);
	return live_of(EV_CLONE_X, tid, 0);
}

/* ---- threads: their maker uses the memory of the flags for something else ---- */

static void *end(void *unused)
{
	return unused;
}

static void overwrite_stack(void)
{
	volatile char stack[4096];

	memset((char *)stack, 0xff, sizeof(stack));
}

static void act_threads(void)
{
	pthread_t threads[CHILDREN];

	for (unsigned i = 0; i < CHILDREN; i++) {
		pthread_create(&threads[i], NULL, end, NULL);
		overwrite_stack();
	}
	for (unsigned i = 0; i < CHILDREN; i++)
		pthread_join(threads[i], NULL);
}

static void check_threads(void)
{
	for (unsigned i = 0; i < CHILDREN; i++) {
		int64_t tid = event_i64(by_maker(i), 0);

		assert_true(tid > 0);
		live_uint(by_maker(i), 15, EVENT_THREAD);
		live_int(by_child(tid), 0, 0);
		live_uint(by_child(tid), 15, EVENT_THREAD);
	}
}

/* ---- a thread changes them all the time ---- */

static struct clone_args args = {.exit_signal = SIGCHLD};
static volatile bool done;

static void *change(void *unused)
{
	while (!done)
		*(volatile unsigned long long *)&args.flags ^= CLONE_NEWUTS;
	return unused;
}

/* The namespace that its name tells. */
static bool own_namespace(const char *makers)
{
	char name[64] = "";

	return readlink("/proc/self/ns/uts", name, sizeof(name) - 1) > 0 &&
	       strcmp(name, makers) != 0;
}

static void act_changes(void)
{
	char makers[64] = "";
	pthread_t changer;
	int status;

	if (readlink("/proc/self/ns/uts", makers, sizeof(makers) - 1) < 0)
		return;
	pthread_create(&changer, NULL, change, NULL);
	for (unsigned i = 0; i < CHILDREN; i++) {
		long pid = syscall(SYS_clone3, &args, sizeof(args));

		if (pid == 0)
			_exit(own_namespace(makers));
		live_note(2 * i, pid);
		waitpid((pid_t)pid, &status, 0);
		live_note(2 * i + 1, status);
	}
	done = true;
	pthread_join(changer, NULL);
}

static void check_changes(void)
{
	for (unsigned i = 0; i < CHILDREN; i++) {
		/* The thread came first. */
		const struct event *maker = by_maker(1 + i), *child = by_child(live_noted(2 * i));
		uint32_t flags = live_noted(2 * i + 1) ? EVENT_NEWUTS : 0;

		live_int(maker, 0, live_noted(2 * i));
		live_uint(maker, 15, flags);
		live_int(child, 0, 0);
		live_uint(child, 15, flags);
	}
}

static const struct live_case cases[] = {
	{"threads", act_threads, check_threads},
	{"flags that change", act_changes, check_changes},
};
LIVE_MAIN(cases)
