/* SPDX-License-Identifier: Apache-2.0 */
/* The scan of /proc over a process of our own that has one of everything. */
#include "../lib/scan_child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sysmacros.h>
#include <time.h>

#include <cmocka.h>

#include "capture/proc_scan.h"
#include "../lib/machine_log.h"

#define LONG_ARG 9000

struct world {
	struct scan_child child;
	struct machine_log log;
	struct proc_scan_stats stats;
	char long_arg[LONG_ARG + 1];
	time_t before;
};

static void scan(struct world *w)
{
	struct proc_scope scope = {.kind = PROC_SCOPE_PID, .pid = w->child.pid};
	struct machine_sink sink = machine_log_sink(&w->log);
	struct proc_pids pids;
	struct proc_scan *ps;

	assert_int_equal(proc_scope_pids(NULL, &scope, &pids), 0);
	ps = proc_scan_new(&(struct proc_scan_config){.pids = &pids, .hostname = "here"});
	assert_non_null(ps);
	assert_int_equal(proc_scan_all(ps, &sink, &w->stats), 0);
	proc_scan_free(ps);
	proc_pids_done(&pids);
}

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	char *argv[] = {"odd name", "--child", w->child.dir, "", "two words", w->long_arg, NULL};
	char *envp[] = {"A=1", "B=", NULL};

	memset(w->long_arg, 'x', LONG_ARG);
	machine_log_init(&w->log);
	scan_child_dir(&w->child);
	w->before = time(NULL);
	scan_child_start(&w->child, false, argv, envp);
	scan(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	scan_child_stop(&w->child);
	machine_log_done(&w->log);
	free(w);
	return 0;
}

static const struct machine_proc *leader(const struct world *w)
{
	const struct machine_proc *p = machine_log_find(&w->log, w->child.pid);

	assert_non_null(p);
	return p;
}

#define assert_str(s, text) assert_str_at(s, text, __LINE__)

static void assert_str_at(struct str s, const char *text, int line)
{
	if (!str_is(s, text))
		fail_msg("line %d: \"%.*s\" is not \"%s\"", line, STR_ARG(s), text);
}

/* ---- processes ---- */

static void test_machine(void **state)
{
	const struct world *w = *state;

	assert_int_equal(w->log.resets, 1);
	assert_int_equal(w->log.readies, 1);
	assert_int_equal(w->log.infos, 1);
	assert_str(w->log.info.hostname, "here");
	assert_int_equal(w->log.info.num_cpus, sysconf(_SC_NPROCESSORS_ONLN));
	assert_true(w->log.info.max_pid >= 32768);
	assert_true(w->log.info.boot_ts > 1000000000000000000u);
	assert_true(w->log.ifaces >= 1);
	assert_true(w->log.users >= 2);
}

static void test_scope_is_kept(void **state)
{
	const struct world *w = *state;

	assert_int_equal(w->stats.processes, 1);
	assert_int_equal(w->stats.threads, 1 + CHILD_THREADS);
	assert_int_equal(w->log.procs.n, 1 + CHILD_THREADS);
	for (size_t i = 0; i < w->log.procs.n; i++)
		assert_int_equal(w->log.procs.v[i].pid, w->child.pid);
	for (size_t i = 0; i < w->log.fds.n; i++)
		assert_int_equal(w->log.fds.v[i].tid, w->child.pid);
}

static void test_ids(void **state)
{
	const struct world *w = *state;
	const struct machine_proc *p = leader(w);

	assert_int_equal(p->tid, w->child.pid);
	assert_int_equal(p->pid, w->child.pid);
	assert_int_equal(p->ptid, getpid());
	assert_int_equal(p->sid, w->child.pid);
	assert_int_equal(p->pgid, w->child.pid);
	assert_true(p->vtid > 0 && p->vtid <= w->child.pid);
	assert_int_equal(p->vpid, p->vtid);
	assert_int_equal(p->vpgid, p->vpid);
	assert_int_equal(p->uid, geteuid());
	assert_int_equal(p->gid, getegid());
	assert_int_equal(p->flags, 0);
	assert_int_equal(p->tty, 0);
	assert_int_equal(p->fdlimit, CHILD_FDLIMIT);
}

static void test_program(void **state)
{
	const struct world *w = *state;
	const struct machine_proc *p = leader(w);
	struct stat st;
	struct str args = p->args;

	assert_str(p->comm, CHILD_COMM);
	assert_str(p->exe, "odd name");
	assert_str(p->exepath, w->child.program);
	assert_str(p->cwd, w->child.dir);
	assert_str(p->root, "/");
	assert_int_equal(p->env.n, 4 + 3);
	assert_memory_equal(p->env.p, "A=1\0B=\0", 7);
	assert_int_equal(p->exe.n + 1 + args.n, 4096);
	assert_int_equal(args.p[args.n - 1], '\0');
	assert_str(str_c(args.p), "--child");
	args = str_from(args, strlen("--child") + 1);
	assert_str(str_c(args.p), w->child.dir);
	args = str_from(args, strlen(w->child.dir) + 1);
	assert_str(str_c(args.p), "");
	assert_str(str_c(args.p + 1), "two words");
	assert_int_equal(stat(w->child.program, &st), 0);
	assert_int_equal(p->exe_ino, st.st_ino);
	assert_int_equal(p->exe_ino_mtime,
		(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec);
	assert_true(p->exe_ino_ctime >= p->exe_ino_mtime);
	assert_true(p->exe_writable);
	assert_false(p->exe_from_memfd);
	assert_false(p->exe_upper_layer && p->exe_lower_layer);
}

static void test_amounts(void **state)
{
	const struct world *w = *state;
	const struct machine_proc *p = leader(w);
	uint64_t second = 1000000000u;

	assert_true(p->vmsize_kb > p->vmrss_kb && p->vmrss_kb > 100);
	assert_true(p->pfminor > 10);
	assert_true(p->clone_ts / second + 2 >= (uint64_t)w->before);
	assert_true(p->clone_ts / second <= (uint64_t)time(NULL));
	assert_true(p->pidns_init_start_ts == 0 || p->pidns_init_start_ts < p->clone_ts);
	assert_true(p->pidns_init_start_ts > second);
	if (!geteuid())
		assert_true(p->cap_effective && p->cap_effective == p->cap_permitted);
}

static void test_own_groups(void **state)
{
	const struct world *w = *state;
	struct str list = leader(w)->cgroups, one;
	size_t n = 0;

	assert_true(!list.n || list.p[list.n - 1] == '\0');
	for (; list.n && str_split(&list, '\0', &one); n++)
		assert_true(str_chr(one, '=') > 0 && str_find(one, STR("=/")) > 0);
	assert_true(n || access("/sys/fs/cgroup/cgroup.procs", F_OK));
}

static void test_threads(void **state)
{
	const struct world *w = *state;

	for (unsigned i = 0; i < CHILD_THREADS; i++) {
		const struct machine_proc *t = machine_log_find(&w->log, w->child.facts.tids[i]);
		char name[16];

		assert_non_null(t);
		snprintf(name, sizeof(name), "worker-%u", i);
		assert_str(t->comm, name);
		assert_int_equal(t->pid, w->child.pid);
		assert_int_equal(t->ptid, getpid());
		assert_int_equal(t->flags, 1u << 0 | 1u << 13);
		assert_int_equal(t->fdlimit, CHILD_FDLIMIT);
		assert_str(t->exepath, w->child.program);
		assert_true(str_eq(t->cgroups, leader(w)->cgroups));
		assert_int_equal(t->exe_ino, leader(w)->exe_ino);
	}
}

/* ---- descriptors ---- */

static const struct machine_fd *fd_of(const struct world *w, int64_t num)
{
	const struct machine_fd *f = machine_log_find_fd(&w->log, w->child.pid, num);

	if (!f)
		fail_msg("descriptor %d is missing", (int)num);
	return f;
}

static void test_kinds(void **state)
{
	static const struct {
		enum child_fd fd;
		enum fd_type type;
		const char *name; /* NULL: not checked here; first '%': the child's folder */
	} rows[] = {
		{CFD_FILE, FD_FILE_V2, "%/file"},
		{CFD_DELETED, FD_FILE_V2, "%/deleted (deleted)"},
		{CFD_FOLDER, FD_DIRECTORY, "%"},
		{CFD_DEVICE, FD_FILE_V2, "/dev/null"},
		{CFD_FIFO, FD_FIFO, "%/fifo"},
		{CFD_PIPE_IN, FD_FIFO, NULL},
		{CFD_PIPE_OUT, FD_FIFO, NULL},
		{CFD_MEMFD, FD_MEMFD, "/memfd:mine (deleted)"},
		{CFD_EVENT, FD_EVENT, ""},
		{CFD_EPOLL, FD_EVENTPOLL, ""},
		{CFD_TIMER, FD_TIMERFD, ""},
		{CFD_SIGNAL, FD_SIGNALFD, ""},
		{CFD_INOTIFY, FD_INOTIFY, ""},
		{CFD_PIDFD, FD_PIDFD, ""},
		{CFD_NETLINK, FD_NETLINK, ""},
		{CFD_TCP_SERVER, FD_IPV4_SERVSOCK, NULL},
		{CFD_TCP_CLIENT, FD_IPV4_SOCK, NULL},
		{CFD_TCP_ACCEPTED, FD_IPV4_SOCK, NULL},
		{CFD_TCP6_SERVER, FD_IPV6_SERVSOCK, NULL},
		{CFD_TCP6_CLIENT, FD_IPV6_SOCK, NULL},
		{CFD_UDP_BOUND, FD_IPV4_SERVSOCK, NULL},
		{CFD_UDP_CONNECTED, FD_IPV4_SOCK, NULL},
		{CFD_UDP6_BOUND, FD_IPV6_SERVSOCK, NULL},
		{CFD_UNIX_SERVER, FD_UNIX_SOCK, "server sock"},
		{CFD_UNIX_ABSTRACT, FD_UNIX_SOCK, NULL},
		{CFD_UNIX_PAIR, FD_UNIX_SOCK, ""},
	};
	const struct world *w = *state;

	assert_int_equal(ARRAY_SIZE(rows) + 1, CFD_END - CFD_FILE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct machine_fd *f = fd_of(w, rows[i].fd);
		const char *name = rows[i].name;
		char text[256];

		if (f->type != rows[i].type)
			fail_msg("descriptor %d is of type %d", rows[i].fd, f->type);
		assert_int_equal(f->ino, w->child.facts.ino[rows[i].fd - CFD_FILE]);
		if (!name)
			continue;
		snprintf(text, sizeof(text), "%s%s", *name == '%' ? w->child.dir : "",
			*name == '%' ? name + 1 : name);
		assert_str(f->name, text);
	}
}

static void test_pipe(void **state)
{
	const struct world *w = *state;
	char text[64];

	snprintf(text, sizeof(text), "pipe:[%lu]",
		(unsigned long)w->child.facts.ino[CFD_PIPE_IN - CFD_FILE]);
	assert_str(fd_of(w, CFD_PIPE_IN)->name, text);
	assert_int_equal(fd_of(w, CFD_PIPE_IN)->ino, fd_of(w, CFD_PIPE_OUT)->ino);
}

/* As parameters of opens: read-write 3, append 8, non-blocking 64, close-on-exec 4096, ... */
static void test_open_flags(void **state)
{
	const struct world *w = *state;
	const struct machine_fd *f = fd_of(w, CFD_FILE);
	dev_t dev = w->child.facts.dev[0];

	assert_int_equal(f->open_flags, 3 | 8 | 64);
	assert_true(f->mnt_id > 0);
	if (major(dev)) /* else a file system that makes numbers up */
		assert_int_equal(f->dev, minor(dev) | major(dev) << 8);
	assert_int_equal(fd_of(w, CFD_DELETED)->open_flags, 2 | 16 | 128 | 4096);
	assert_int_equal(fd_of(w, CFD_DEVICE)->open_flags, 1 | 4096);
}

static void assert_inet(
	const struct machine_fd *f, enum l4_proto l4, uint16_t sport, uint16_t dport, bool v6)
{
	static const uint8_t loop4[16] = {127, 0, 0, 1}, loop6[16] = {[15] = 1}, none[16];
	const uint8_t *loop = v6 ? loop6 : loop4;

	assert_int_equal(f->l4, l4);
	assert_memory_equal(f->inet.sip, loop, 16);
	assert_memory_equal(f->inet.dip, dport ? loop : none, 16);
	assert_int_equal(f->inet.sport, sport);
	assert_int_equal(f->inet.dport, dport);
}

static void test_inet(void **state)
{
	const struct world *w = *state;
	const struct child_facts *c = &w->child.facts;

	assert_inet(fd_of(w, CFD_TCP_SERVER), L4_TCP, c->tcp_port, 0, false);
	assert_inet(fd_of(w, CFD_TCP_CLIENT), L4_TCP, c->client_port, c->tcp_port, false);
	assert_inet(fd_of(w, CFD_TCP_ACCEPTED), L4_TCP, c->tcp_port, c->client_port, false);
	assert_inet(fd_of(w, CFD_TCP6_SERVER), L4_TCP, c->tcp6_port, 0, true);
	assert_inet(fd_of(w, CFD_TCP6_CLIENT), L4_TCP, c->client6_port, c->tcp6_port, true);
	assert_inet(fd_of(w, CFD_UDP_BOUND), L4_UDP, c->udp_port, 0, false);
	assert_inet(fd_of(w, CFD_UDP_CONNECTED), L4_UDP, c->udp_own_port, c->udp_port, false);
	assert_inet(fd_of(w, CFD_UDP6_BOUND), L4_UDP, c->udp6_port, 0, true);
}

static void test_unix(void **state)
{
	const struct world *w = *state;
	char text[64];

	snprintf(text, sizeof(text), "@scan-%d", w->child.pid);
	assert_str(fd_of(w, CFD_UNIX_ABSTRACT)->name, text);
	assert_int_equal(fd_of(w, CFD_UNIX_PAIR)->l4, L4_NA);
}

/* No table has a socket that is neither bound nor connected, as in Falco. */
static void test_unnamed_socket(void **state)
{
	const struct world *w = *state;

	assert_null(machine_log_find_fd(&w->log, w->child.pid, CFD_TCP_FRESH));
	assert_int_equal(w->stats.unnamed, 1);
	assert_int_equal(w->stats.fds, w->log.fds.n);
}

/* ---- on demand ---- */

static void test_one_thread(void **state)
{
	struct world *w = *state;
	struct proc_scan *ps = proc_scan_new(&(struct proc_scan_config){0});
	struct machine_log log;
	struct machine_sink sink;

	machine_log_init(&log);
	sink = machine_log_sink(&log);
	assert_int_equal(proc_scan_thread(ps, w->child.facts.tids[3], &sink), 0);
	assert_int_equal(log.procs.n, 1);
	assert_int_equal(log.fds.n, 0);
	assert_str(log.procs.v[0].comm, "worker-3");
	assert_str(log.procs.v[0].exe, "odd name");
	assert_int_equal(log.procs.v[0].pid, w->child.pid);
	assert_int_equal(proc_scan_thread(ps, w->child.pid, &sink), 0);
	assert_int_equal(log.procs.n, 2);
	assert_int_equal(log.fds.n, w->log.fds.n);
	assert_int_equal(proc_scan_fd(ps, w->child.pid, CFD_EVENT, &sink), 0);
	assert_int_equal(log.fds.n, w->log.fds.n + 1);
	assert_int_equal(log.fds.v[log.fds.n - 1].type, FD_EVENT);
	assert_int_equal(proc_scan_fd(ps, w->child.pid, 99, &sink), -EBADF);
	assert_int_equal(proc_scan_thread(ps, 0x7ffffff0, &sink), -ESRCH);
	assert_int_equal(log.resets + log.readies, 0);
	machine_log_done(&log);
	proc_scan_free(ps);
}

static bool never(void *arg, pid_t pid)
{
	(*(unsigned *)arg)++;
	return false;
}

static void test_predicate(void **state)
{
	struct world *w = *state;
	unsigned asked = 0;
	struct proc_pids pids = {0};
	struct proc_scan_config c = {.in_scope = never, .in_scope_arg = &asked, .pids = &pids};
	struct proc_scan *ps = proc_scan_new(&c);
	struct machine_log log;
	struct machine_sink sink;

	machine_log_init(&log);
	sink = machine_log_sink(&log);
	vec_push(&pids.list, w->child.pid);
	assert_int_equal(proc_scan_all(ps, &sink, NULL), 0);
	assert_int_equal(asked, 1);
	assert_int_equal(log.procs.n + log.fds.n, 0);
	assert_int_equal(proc_scan_thread(ps, w->child.pid, &sink), -ESRCH);
	assert_int_equal(proc_scan_fd(ps, w->child.pid, CFD_EVENT, &sink), -ESRCH);
	machine_log_done(&log);
	proc_scan_free(ps);
	proc_pids_done(&pids);
}

/* ---- a program that is gone, or never had a file ---- */

static void test_deleted_program(void **state)
{
	struct world w = {0};
	char *argv[] = {"p", "--child", w.child.dir, NULL};
	char *envp[] = {NULL};
	char text[256];

	machine_log_init(&w.log);
	scan_child_dir(&w.child);
	scan_child_start(&w.child, false, argv, envp);
	unlink(w.child.program);
	scan(&w);
	snprintf(text, sizeof(text), "%s (deleted)", w.child.program);
	assert_str(leader(&w)->exepath, text);
	assert_true(leader(&w)->exe_ino > 0);
	assert_int_equal(leader(&w)->env.n, 0);
	scan_child_stop(&w.child);
	machine_log_done(&w.log);
}

static void test_memfd_program(void **state)
{
	struct world w = {0};
	char *argv[] = {"p", "--child", w.child.dir, NULL};
	char *envp[] = {NULL};

	machine_log_init(&w.log);
	scan_child_dir(&w.child);
	scan_child_start(&w.child, true, argv, envp);
	scan(&w);
	assert_str(leader(&w)->exepath, "/memfd:prog (deleted)");
	assert_true(leader(&w)->exe_from_memfd);
	scan_child_stop(&w.child);
	machine_log_done(&w.log);
}

/* A process of the list that has ended, and one that is not reaped yet. */
static void test_ended(void **state)
{
	struct proc_pids pids = {0};
	struct machine_log log;
	struct machine_sink sink;
	struct proc_scan_stats stats;
	struct proc_scan *ps;
	pid_t gone = fork(), zombie;

	if (!gone)
		_exit(0);
	waitpid(gone, NULL, 0);
	zombie = fork();
	if (!zombie)
		_exit(0);
	waitid(P_PID, (id_t)zombie, NULL, WEXITED | WNOWAIT);
	machine_log_init(&log);
	sink = machine_log_sink(&log);
	vec_push(&pids.list, gone);
	vec_push(&pids.list, zombie);
	ps = proc_scan_new(&(struct proc_scan_config){.pids = &pids});
	assert_int_equal(proc_scan_all(ps, &sink, &stats), 0);
	assert_int_equal(log.procs.n, 0);
	assert_int_equal(stats.skipped, 2);
	waitpid(zombie, NULL, 0);
	machine_log_done(&log);
	proc_scan_free(ps);
	proc_pids_done(&pids);
}

/* ---- trees ---- */

static void test_descendants(void **state)
{
	struct proc_scope scope = {.kind = PROC_SCOPE_PID};
	struct proc_pids pids;
	int hold[2], tell[2];
	pid_t top, below[2];
	char c;

	assert_int_equal(pipe(hold) | pipe(tell), 0);
	top = fork();
	if (!top) {
		close(hold[1]);
		for (int i = 0; i < 2; i++) {
			below[i] = fork();
			if (!below[i])
				_exit(read(hold[0], &c, 1) != 0);
		}
		c = write(tell[1], below, sizeof(below)) > 0;
		_exit(read(hold[0], &c, 1) != 0);
	}
	close(hold[0]);
	assert_int_equal(read(tell[0], below, sizeof(below)), sizeof(below));
	scope.pid = top;
	assert_int_equal(proc_scope_pids("", &scope, &pids), 0);
	assert_int_equal(pids.list.n, 3);
	assert_true(proc_pids_has(&pids, top) && proc_pids_has(&pids, below[0]) &&
		    proc_pids_has(&pids, below[1]));
	assert_false(proc_pids_has(&pids, getpid()));
	proc_pids_done(&pids);
	close(hold[1]);
	waitpid(top, NULL, 0);
	assert_int_equal(proc_scope_pids("", &scope, &pids), -ESRCH);
	proc_pids_done(&pids);
	close(tell[0]);
	close(tell[1]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_scope_is_kept),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_own_groups),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_open_flags),
		cmocka_unit_test(test_inet),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unnamed_socket),
		cmocka_unit_test(test_one_thread),
		cmocka_unit_test(test_predicate),
		cmocka_unit_test(test_deleted_program),
		cmocka_unit_test(test_memfd_program),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_descendants),
	};

	if (argc > 2 && strcmp(argv[1], "--child") == 0)
		child_main(argv[2]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
