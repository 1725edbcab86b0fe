/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storm: processes, threads and descriptors that come and go by the thousand, and marks with
 * numbers between them, by which whoever watches can tell what it missed.
 *
 * usage: storm SECONDS PER_SECOND BURST
 * Every second PER_SECOND processes, as many threads and ten times as many descriptors, and
 * PER_SECOND marks; every fifth second BURST marks as fast as can be.  A mark is fchmod(-N, 0), N
 * from 1 on, which fails.  Before and after the storm it is quiet for three seconds.  Prints how
 * many of each there were, as JSON.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUIET_SECONDS 3
#define BEFORE_FIRST 1000 /* small ones are shown as errors */
#define STEPS 20	  /* of a second */

static const char *self;
static long marks, processes, threads, descriptors;

static void mark(void)
{
	syscall(SYS_fchmod, -(int)++marks - BEFORE_FIRST, 0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what comes and goes ---- */

static void *nothing(void *arg)
{
	return arg;
}

static void some_threads(long n)
{
	pthread_t t[64];

	for (long i = 0; i < n; i += 64) {
		long m = n - i < 64 ? n - i : 64, made = 0;

		for (; made < m; made++)
			if (pthread_create(&t[made], NULL, nothing, NULL) != 0)
				break;
		for (long k = 0; k < made; k++)
			pthread_join(t[k], NULL);
		threads += made;
	}
}

/* Of five kinds; close_all: or leave them to the end of the process. */
static void some_descriptors(long n, int close_all)
{
	int fds[4];

	for (long i = 0; i < n; i += 7) {
		int first = open("/dev/null", O_RDWR), copy = fcntl(first, F_DUPFD, 0);
		int event = eventfd(0, 0);

		if (pipe(fds) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds + 2) != 0)
			exit(1);
		descriptors += 7;
		if (!close_all && i < 200)
			continue;
		close(first);
		close(copy);
		close(event);
		for (int k = 0; k < 4; k++)
			close(fds[k]);
	}
}

/* Ends at once, is another program, leaves an orphan, threads and open descriptors, or is killed.
 */
static void child(long kind)
{
	switch (kind % 5) {
	case 0:
		_exit(0);
	case 1:
		execl(self, self, "end", (char *)NULL);
		_exit(1);
	case 2:
		if (fork() == 0) {
			usleep(1000);
			_exit(0);
		}
		_exit(0);
	case 3:
		some_threads(4);
		some_descriptors(70, 0);
		exit(0);
	default:
		raise(SIGKILL);
	}
}

/* After vfork memory is the parent's: nothing but another program. */
static __attribute__((noinline)) pid_t another_program(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, self, "end", (char *)NULL);
		_exit(1);
	}
	return pid;
}

static void some_processes(long n)
{
	for (long i = 0; i < n; i++) {
		pid_t pid = i % 4 ? fork() : another_program();

		if (pid == 0)
			child(processes + i / 4);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		processes++;
	}
}

/* ---- the storm ---- */

static void step(long per_second)
{
	long n = per_second / STEPS > 0 ? per_second / STEPS : 1;

	some_processes(n);
	some_threads(n);
	some_descriptors(10 * n, 1);
	for (long i = 0; i < n; i++)
		mark();
}

int main(int argc, char **argv)
{
	double start, end;
	long burst;

	if (argc != 4)
		return argc == 2 ? 0 : 2;
	self = argv[0];
	burst = atol(argv[3]);
	sleep(QUIET_SECONDS);
	start = now();
	end = start + atof(argv[1]);
	for (long i = 0; now() < end; i++) {
		double due = start + (double)(i + 1) / STEPS - now();

		step(atol(argv[2]));
		if (i % (5 * STEPS) == 0)
			for (long k = 0; k < burst; k++)
				mark();
		if (due > 0)
			usleep((useconds_t)(due * 1e6));
	}
	/* What ends is forgotten with the next event: one comes when the last orphans are gone. */
	sleep(1);
	mark();
	sleep(QUIET_SECONDS);
	printf("{\"marks\": %ld, \"processes\": %ld, \"threads\": %ld, \"descriptors\": %ld}\n",
		marks, processes, threads, descriptors);
	return 0;
}
