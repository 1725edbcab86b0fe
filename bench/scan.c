/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long it takes to tell of processes and descriptors, out of /proc and by the kernel's
 * iterators, and to write them down as the tables of a capture: least of some runs, milliseconds.
 * Only processes that it started itself are looked at.
 *
 * usage: build/bench_scan PROCESSES DESCRIPTORS
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/capture_ring.h"
#include "capture/proc_scan.h"

#define RUNS 5

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void child(int descriptors)
{
	for (int i = 0; i < descriptors; i++)
		(void)!open(i % 2 ? "/etc/passwd" : "/dev/null", O_RDONLY);
	pause();
	_exit(0);
}

/* One process above the others, which end with it. */
static pid_t start(int processes, int descriptors)
{
	int ready[2];
	pid_t top;
	char c;

	if (pipe(ready))
		exit(1);
	top = fork();
	if (!top) {
		setpgid(0, 0);
		for (int i = 1; i < processes; i++)
			if (!fork())
				child(descriptors);
		usleep(1000 * 1000);
		(void)!write(ready[1], "", 1);
		pause();
	}
	(void)!read(ready[0], &c, 1);
	return top;
}

static double scan(
	struct state *s, const struct proc_pids *pids, bool by_proc, struct proc_scan_stats *ret)
{
	struct proc_scan_config c = {.pids = pids, .no_iterators = by_proc, .iterator_from = 1};
	struct machine_sink sink = state_sink(s);
	struct proc_scan *ps = proc_scan_new(&c);
	double start = now();

	proc_scan_all(ps, &sink, ret);
	start = now() - start;
	proc_scan_free(ps);
	return start;
}

static double write_tables(const struct state *s, size_t *ret_bytes)
{
	struct known_containers none = {0};
	struct buf out = {0};
	struct scap_writer *w = scap_create_memory(&out);
	double start = now();

	capture_write_tables(w, s, &none);
	scap_into(w, NULL);
	start = now() - start;
	*ret_bytes = out.n;
	scap_close(w);
	buf_done(&out);
	return start;
}

static void measure(const struct proc_pids *pids)
{
	double least[3] = {1e9, 1e9, 1e9};
	struct proc_scan_stats stats = {0};
	size_t bytes = 0;

	for (int i = 0; i < RUNS; i++) {
		struct state *s = state_new(&(struct state_config){0});

		least[0] = MIN(least[0], scan(s, pids, true, &stats));
		least[1] = MIN(least[1], scan(s, pids, false, &stats));
		least[2] = MIN(least[2], write_tables(s, &bytes));
		state_free(s);
	}
	printf("%lu processes, %lu descriptors\n", stats.processes, stats.fds);
	printf("/proc      %8.2f ms\n", least[0]);
	printf("iterators  %8.2f ms%s\n", least[1], stats.by_iterator ? "" : " (none here: /proc)");
	printf("tables     %8.2f ms, %zu bytes\n", least[2], bytes);
}

int main(int argc, char **argv)
{
	struct proc_scope scope = {.kind = PROC_SCOPE_PID};
	struct proc_pids pids;
	double begin;

	if (argc != 3) {
		fprintf(stderr, "usage: bench_scan PROCESSES DESCRIPTORS\n");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	scope.pid = start(atoi(argv[1]), atoi(argv[2]));
	begin = now();
	proc_scope_pids(NULL, &scope, &pids);
	printf("descendants %7.2f ms\n", now() - begin);
	measure(&pids);
	kill(-scope.pid, SIGKILL);
	while (wait(NULL) > 0)
		;
	proc_pids_done(&pids);
	return 0;
}
