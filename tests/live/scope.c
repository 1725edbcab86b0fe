/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scope holds its processes in whatever way they come and go, and nobody else: not once they have
 * ended, and not whoever gets the number of one of them.  Tried with marks at tasks and with
 * numbers of processes.  Each process and thread that is to be seen closes a descriptor that tells
 * where it comes from.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/iter_scan.h"
#include "capture/live.h"
#include "capture/probe_scope.h"
#include "live.h"

#define SKIPPED 77
#define ROUNDS 300
#define THREADS_BEFORE 3
#define MARK 100000
#define PATIENCE_MS 20000

enum shape {
	OLD_THREAD, /* of threads that there were before the probe, and what they make */
	OLD_CHILD,
	FORKED,
	EXECUTED,
	ORPHAN,
	THREAD_EXECUTED,
	WITHOUT_LEADER,
	KILLED,
	SIBLING,
	OF_THREAD,
	THREAD,
	SHAPES,
	OUTSIDER,
	END,
	ALL
};

static const unsigned expected[SHAPES] = {
	[OLD_THREAD] = THREADS_BEFORE * 3,
	[OLD_CHILD] = THREADS_BEFORE * 3,
	[FORKED] = ROUNDS,
	[EXECUTED] = ROUNDS,
	[ORPHAN] = ROUNDS,
	[THREAD_EXECUTED] = ROUNDS,
	[WITHOUT_LEADER] = ROUNDS * 2,
	[KILLED] = ROUNDS,
	[SIBLING] = ROUNDS,
	[OF_THREAD] = ROUNDS * 2,
	[THREAD] = ROUNDS,
};

static void mark(enum shape shape)
{
	close(-MARK - (int)shape);
}

/* ---- what comes and goes ---- */

static int go[2], stop[2];
static volatile pid_t *some_thread; /* shared with the parent */

static void *thread_marks(void *shape)
{
	mark(*(enum shape *)shape);
	return NULL;
}

static void start_thread(void *(*fn)(void *), void *arg, bool join)
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, arg) != 0)
		_exit(1);
	if (join)
		pthread_join(t, NULL);
}

static void fork_marks(enum shape shape)
{
	pid_t pid = fork();

	if (pid == 0) {
		mark(shape);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* Waits for the probe, marks, has a child and a thread of its own. */
static void *old_thread(void *shape)
{
	char c;

	*some_thread = (pid_t)syscall(SYS_gettid);
	if (read(go[0], &c, 1) != 1)
		return NULL;
	mark(*(enum shape *)shape);
	fork_marks(*(enum shape *)shape);
	start_thread(thread_marks, shape, true);
	return NULL;
}

static void *execute(void *name)
{
	execl("/proc/self/exe", "scope", "mark", name, (char *)NULL);
	_exit(1);
}

static void *wait_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *outlive(void *arg)
{
	char path[64], text[256];
	FILE *f;

	/* Until the leader is a zombie. */
	snprintf(path, sizeof(path), "/proc/%d/stat", getpid());
	for (int i = 0; i < 1000; i++) {
		f = fopen(path, "re");
		if (f && fgets(text, sizeof(text), f) && strstr(text, ") Z "))
			i = 1000;
		if (f)
			fclose(f);
		usleep(100);
	}
	mark(WITHOUT_LEADER);
	fork_marks(WITHOUT_LEADER);
	_exit(0);
	return arg;
}

static void *have_child(void *arg)
{
	mark(OF_THREAD);
	fork_marks(OF_THREAD);
	return arg;
}

static void child_executed(void)
{
	execute((char[]){(char)('a' + EXECUTED), 0});
}

static void child_orphan(void)
{
	pid_t parent = getpid();

	if (fork() != 0)
		_exit(0);
	while (getppid() == parent)
		usleep(100);
	mark(ORPHAN);
}

static void child_thread_executes(void)
{
	static char name[] = {'a' + THREAD_EXECUTED, 0};

	start_thread(execute, name, false);
	wait_forever(NULL);
}

static void child_without_leader(void)
{
	start_thread(outlive, NULL, false);
	syscall(SYS_exit, 0);
}

static void child_killed(void)
{
	start_thread(wait_forever, NULL, false);
	start_thread(wait_forever, NULL, false);
	mark(KILLED);
	kill(getpid(), SIGKILL);
}

static void child_sibling(void)
{
	if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0)
		mark(SIBLING);
}

static void child_of_thread(void)
{
	start_thread(have_child, NULL, true);
}

static void child_forked(void)
{
	mark(FORKED);
}

static void one_round(void)
{
	static void (*const children[])(void) = {child_forked, child_orphan, child_thread_executes,
		child_without_leader, child_killed, child_sibling, child_of_thread};
	static const enum shape in_thread = THREAD;
	pid_t pid;

	for (size_t i = 0; i < sizeof(children) / sizeof(*children); i++) {
		if (fork() == 0) {
			children[i]();
			_exit(0);
		}
	}
	pid = vfork();
	if (pid == 0)
		child_executed();
	start_thread(thread_marks, (void *)&in_thread, true);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

/* The first process of the scope. What is left of it holds the writing end of done open. */
static void run_first(int done[2])
{
	static enum shape old = OLD_THREAD, of_child = OLD_CHILD;
	pthread_t t[THREADS_BEFORE];
	pid_t child;
	char c;

	close(done[0]);
	close(go[1]);
	close(stop[1]);
	child = fork();
	for (int i = 0; i < THREADS_BEFORE; i++)
		pthread_create(&t[i], NULL, old_thread, child ? &old : &of_child);
	for (int i = 0; i < THREADS_BEFORE; i++)
		pthread_join(t[i], NULL);
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	for (int i = 0; i < ROUNDS; i++)
		one_round();
	close(done[1]);
	if (read(stop[0], &c, 1) == 1)
		mark(END);
	_exit(0);
}

/* Nobody of the scope; does its part at each byte. */
static void run_outsider(int start)
{
	char c;

	while (read(start, &c, 1) == 1) {
		mark(OUTSIDER);
		fork_marks(OUTSIDER);
		mark(OUTSIDER);
		(void)!write(go[1], "", 1);
	}
	_exit(0);
}

/* ---- who watches ---- */

static void warn(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static struct source *open_source(pid_t pid, bool by_number)
{
	const char *mode = getenv("FALCO_LIVE_ATTACH");
	struct live_config c = {
		.probe = {.scope = PROBE_PID,
			.cpus_per_ring = 1,
			.ring_bytes = 8 << 20,
			.per_call = mode && strcmp(mode, "per_call") == 0 ? PER_CALL : PER_KERNEL,
			.warn = warn},
		.scope = {.kind = PROC_SCOPE_PID, .pid = pid},
		.no_iterators = by_number};
	const struct machine_sink sink = {0};
	bool wanted[SC_MAX] = {[SC_CLOSE] = true};
	struct source *s;
	char err[512];

	s = live_open(&c, wanted, &sink, err);
	if (!s)
		fail_msg("%s", err);
	return s;
}

/* A map of the probe among our own descriptors, -1: it is not there. */
static int find_map(const char *name)
{
	for (int fd = 3; fd < 1024; fd++) {
		struct bpf_map_info info = {0};
		uint32_t size = sizeof(info);

		if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
			strncmp(info.name, name, strlen(name)) == 0)
			return fd;
	}
	return -1;
}

/* Reads events until there were n of a shape, or nothing came for a while. */
static void count(
	struct source *s, unsigned seen[ALL], enum shape last, unsigned n, unsigned patience_ms)
{
	struct timespec t;
	struct event ev;
	uint64_t now, came = 0;

	do {
		enum source_result r = source_next(s, &ev);

		clock_gettime(CLOCK_MONOTONIC, &t);
		now = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
		if (r == SOURCE_EVENT || !came)
			came = now;
		if (r != SOURCE_EVENT || ev.type != EV_CLOSE_X || event_decode(&ev) != 0)
			continue;
		for (unsigned i = 0; i < ALL; i++)
			seen[i] += event_i64(&ev, 1) == -MARK - (int64_t)i;
	} while (seen[last] < n && now < came + patience_ms);
}

static unsigned gone(int map, unsigned *ret_all)
{
	uint32_t key = 0, next;
	unsigned n = 0;

	*ret_all = 0;
	for (void *at = NULL; bpf_map_get_next_key(map, at, &next) == 0; at = &key) {
		key = next;
		n += kill((pid_t)key, 0) != 0;
		(*ret_all)++;
	}
	return n;
}

/*
 * The kernel forgets processes in its own time, and need not run the program by which numbers are
 * forgotten: some may stay, but of marks nothing has a number.
 */
static void check_forgotten(bool by_number)
{
	int map = find_map("probe_scope_pid");
	unsigned all, left = 0;

	assert_true(map >= 0);
	for (int i = 0; i < 50; i++) {
		left = gone(map, &all);
		if (!left)
			break;
		usleep(100000);
	}
	printf("%u numbers are in the scope, %u of processes that are gone\n", all, left);
	if (by_number)
		assert_true(all >= 1 && left <= ROUNDS * SHAPES / 4);
	else
		assert_int_equal(all, 0);
}

/* What the outsider does, when its number has been that of a process of the scope until then. */
static unsigned outsider_seen(struct source *s, pid_t pid, int start, uint64_t until)
{
	int map = find_map("probe_scope_pid");
	uint32_t key = (uint32_t)pid;
	unsigned seen[ALL] = {0};
	char c;

	assert_return_code(bpf_map_update_elem(map, &key, &until, BPF_ANY), errno);
	assert_int_equal(write(start, "", 1), 1);
	assert_int_equal(read(go[0], &c, 1), 1);
	count(s, seen, END, 1, 200);
	bpf_map_delete_elem(map, &key);
	return seen[OUTSIDER];
}

static void check_outsider(struct source *s, pid_t pid, int start, bool by_number)
{
	const struct machine_sink sink = {0};
	struct proc_identity id;

	assert_int_equal(proc_identify(NULL, pid, &id), 0);
	assert_int_equal(outsider_seen(s, pid, start, id.started - 1), 0);
	assert_int_equal(outsider_seen(s, pid, start, UINT64_MAX), by_number ? 3 : 0);
	assert_false(s->look_up_thread(s, pid, &sink));
}

static void start_all(pid_t *first, pid_t *outsider, int outside[2], int done[2])
{
	some_thread = mmap(NULL, sizeof(*some_thread), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(some_thread != MAP_FAILED && pipe(go) == 0 && pipe(stop) == 0 &&
		    pipe(outside) == 0 && pipe(done) == 0);
	*first = fork();
	if (*first == 0) {
		close(outside[1]);
		run_first(done);
	}
	close(done[1]);
	*outsider = fork();
	if (*outsider == 0) {
		close(stop[1]);
		close(outside[1]);
		run_outsider(outside[0]);
	}
	while (!*some_thread)
		usleep(1000);
}

static void end_all(int outside[2], int done[2])
{
	int fds[] = {go[0], go[1], stop[0], stop[1], outside[0], outside[1], done[0]};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		close(fds[i]);
	while (waitpid(-1, NULL, 0) > 0)
		;
	munmap((void *)some_thread, sizeof(*some_thread));
}

static void watch_all(bool by_number)
{
	const struct machine_sink sink = {0};
	unsigned seen[ALL] = {0};
	pid_t first, outsider;
	int outside[2], done[2];
	struct source *s;

	start_all(&first, &outsider, outside, done);
	s = open_source(first, by_number);
	assert_true(s->look_up_thread(s, *some_thread, &sink));
	for (int i = 0; i < 2 * THREADS_BEFORE; i++)
		assert_int_equal(write(go[1], "", 1), 1);
	count(s, seen, THREAD, ROUNDS, PATIENCE_MS);
	/* Orphans may be later than the rounds. */
	count(s, seen, END, 1, 1000);
	for (int i = 0; i < SHAPES; i++)
		if (seen[i] != expected[i])
			fail_msg("shape %d: %u seen of %u", i, seen[i], expected[i]);
	check_forgotten(by_number);
	check_outsider(s, outsider, outside[1], by_number);
	assert_int_equal(write(stop[1], "", 1), 1);
	count(s, seen, END, 1, PATIENCE_MS);
	assert_int_equal(seen[END], 1);
	source_close(s);
	end_all(outside, done);
}

/* Where tasks can not be marked it is the other test once more. */
static void test_marks(void **state)
{
	watch_all(!probe_scope_can_mark() || !iter_scan_fits(""));
}

static void test_numbers(void **state)
{
	watch_all(true);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_numbers),
	};

	if (argc == 3) {
		mark((enum shape)(argv[2][0] - 'a'));
		_exit(0);
	}
	if (geteuid() != 0 || access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
		printf("SKIPPED: live capture takes root and a kernel with BTF\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
