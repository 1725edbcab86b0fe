/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls for bench/live to watch.  Commands come line by line on standard input, answers go
 * line by line to standard output:
 *
 *	KIND N			N times; answer: ns for each, the least and the median of 20 parts
 *	rate KIND N SECONDS	N times a second; answer: how often, seconds it took
 *	run COMMAND		by a shell, in the folder where we are; answer: ns it took, its
 *status
 *
 * Calls that are counted are made on one processor: whether two threads that talk share one would
 *be chance otherwise, and costs three times as much where they do not.
 *
 * With the argument "floor": the least that watching can cost. An empty program hangs at the same
 * tracepoint as ours until standard input ends.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PARTS 20

static int null_fd, zero_fd, listener, talk[2];
static struct sockaddr_in local;
static char buf[64];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* The calling thread stays on the first of the processors that we may use, or goes where it likes.
 */
static void stay(bool on_first)
{
	static cpu_set_t all;
	cpu_set_t set = all;

	if (!CPU_COUNT(&all)) {
		must(sched_getaffinity(0, sizeof(all), &all) == 0, "sched_getaffinity");
		set = all;
	}
	for (int cpu = 0, found = 0; on_first && cpu < CPU_SETSIZE; cpu++) {
		if (found)
			CPU_CLR(cpu, &set);
		found |= CPU_ISSET(cpu, &set);
	}
	must(sched_setaffinity(0, sizeof(set), &set) == 0, "sched_setaffinity");
}

/* ---- what is measured ---- */

static void do_getpid(void)
{
	syscall(SYS_getpid);
}

static void do_close(void)
{
	close(-1);
}

static void do_open(void)
{
	close(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static void do_read(void)
{
	must(read(zero_fd, buf, sizeof(buf)) == sizeof(buf), "read");
}

static void do_write(void)
{
	must(write(null_fd, buf, sizeof(buf)) == sizeof(buf), "write");
}

/* Ends without TIME_WAIT, so that there are always ports. */
static void do_connect(void)
{
	const struct linger at_once = {1, 0};
	int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), s;

	must(connect(c, (struct sockaddr *)&local, sizeof(local)) == 0, "connect");
	s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	setsockopt(c, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(c);
	close(s);
}

static void do_exec(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void do_talk(void)
{
	must(send(talk[0], buf, sizeof(buf), 0) == sizeof(buf), "send");
	must(recv(talk[0], buf, sizeof(buf), 0) == sizeof(buf), "recv");
}

static void *answer(void *arg)
{
	char b[sizeof(buf)];

	stay(true);
	while (recv(talk[1], b, sizeof(b), 0) == sizeof(b))
		must(send(talk[1], b, sizeof(b), 0) == sizeof(b), "send");
	return arg;
}

static const struct {
	const char *name;
	void (*act)(void);
} kinds[] = {
	{"getpid", do_getpid},
	{"close", do_close},
	{"openat+close", do_open},
	{"read", do_read},
	{"write", do_write},
	{"connect+accept", do_connect},
	{"fork+exec", do_exec},
	{"ping-pong", do_talk},
};

/* ---- how ---- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(void (*act)(void), long n)
{
	double each[PARTS];

	stay(true);
	for (int part = 0; part < PARTS; part++) {
		uint64_t start = now_ns();

		for (long i = 0; i < n / PARTS; i++)
			act();
		each[part] = (double)(now_ns() - start) / (double)(n / PARTS);
	}
	stay(false);
	qsort(each, PARTS, sizeof(*each), by_size);
	printf("%.1f %.1f\n", each[0], each[PARTS / 2]);
}

/* A burst every millisecond. What could not be done in time is not made up for. */
static void pace(void (*act)(void), long rate, long seconds)
{
	uint64_t start = now_ns(), end = start + (uint64_t)seconds * 1000000000u, next = start;
	long done = 0;

	while (now_ns() < end) {
		for (long i = 0; i < rate / 1000; i++)
			act();
		done += rate / 1000;
		next += 1000000;
		if (now_ns() < next) {
			struct timespec t = {.tv_nsec = (long)(next - now_ns())};

			nanosleep(&t, NULL);
		} else {
			next = now_ns();
		}
	}
	printf("%ld %.3f\n", done, (double)(now_ns() - start) / 1e9);
}

static void run(const char *command)
{
	uint64_t start = now_ns();
	int status = system(command);

	printf("%.1f %d\n", (double)(now_ns() - start), status);
}

static void (*find_kind(const char *name))(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].act;
	exit(2);
}

static void obey(const char *line)
{
	char name[32];
	long n, seconds;

	if (strncmp(line, "run ", 4) == 0)
		run(line + 4);
	else if (sscanf(line, "rate %31s %ld %ld", name, &n, &seconds) == 3)
		pace(find_kind(name), n, seconds);
	else if (sscanf(line, "%31s %ld", name, &n) == 2 && n >= PARTS)
		measure(find_kind(name), n);
	else
		exit(2);
}

static void prepare(void)
{
	socklen_t n = sizeof(local);
	pthread_t thread;

	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	local.sin_family = AF_INET;
	local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(listener, (struct sockaddr *)&local, sizeof(local)) == 0, "bind");
	must(listen(listener, 16) == 0, "listen");
	getsockname(listener, (struct sockaddr *)&local, &n);
	talk[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(connect(talk[0], (struct sockaddr *)&local, sizeof(local)) == 0, "connect");
	talk[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	for (int i = 0; i < 2; i++)
		setsockopt(talk[i], IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	must(pthread_create(&thread, NULL, answer, NULL) == 0, "pthread_create");
}

static void hang_floor(void)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct bpf_prog_load_opts opts = {
		.sz = sizeof(opts), .expected_attach_type = BPF_TRACE_RAW_TP};
	int id = libbpf_find_vmlinux_btf_id("sys_exit", BPF_TRACE_RAW_TP), fd;

	opts.attach_btf_id = (uint32_t)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "floor", "GPL", nothing, 2, &opts);
	must(id > 0 && fd >= 0 && bpf_raw_tracepoint_open(NULL, fd) >= 0, "an empty program");
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

int main(int argc, char **argv)
{
	char line[1024];

	if (argc > 1 && strcmp(argv[1], "floor") == 0) {
		hang_floor();
		return 0;
	}
	prepare();
	while (fgets(line, sizeof(line), stdin)) {
		obey(line);
		fflush(stdout);
	}
	return 0;
}
