/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan over a made-up /proc below HOST_ROOT: what is broken in it, what must not be touched.
 * inotify tells of every file and folder outside the scope that is opened.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/machine_log.h"
#include "base/buf.h"
#include "capture/proc_scan.h"
#include "capture/proc_text.h"

#define STAT(comm, ppid)                                                                           \
	"1 (" comm ") S " #ppid " 41 42 34816 -1 4194304 11 0 12 0 1 2 0 0 20 0 1 0 500 1 2"
#define STATUS(tgid, ppid)                                                                         \
	"Name:\tx\nTgid:\t" #tgid "\nPPid:\t" #ppid "\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n"

struct world {
	char root[64];
	struct machine_log log;
	struct proc_scan_stats stats;
};

/* ---- making it ---- */

static void make_folders(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
}

static void put_bytes(const struct world *w, const char *name, const void *bytes, size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->root, name);
	make_folders(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void put(const struct world *w, const char *name, const char *text)
{
	put_bytes(w, name, text, strlen(text));
}

static void put_link(const struct world *w, const char *name, const char *to)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", w->root, name);
	make_folders(path);
	assert_int_equal(symlink(to, path), 0);
}

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));

	strcpy(w->root, "/tmp/fake.XXXXXX");
	assert_non_null(mkdtemp(w->root));
	machine_log_init(&w->log);
	put(w, "proc/stat", "cpu 1 2\nbtime 1700000000\n");
	put(w, "proc/sys/kernel/pid_max", "4242\n");
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	machine_log_done(&w->log);
	free(w);
	return 0;
}

static void scan(struct world *w, const struct proc_pids *pids)
{
	struct machine_sink sink = machine_log_sink(&w->log);
	struct proc_scan *ps =
		proc_scan_new(&(struct proc_scan_config){.host_root = w->root, .pids = pids});

	assert_non_null(ps);
	assert_int_equal(proc_scan_all(ps, &sink, &w->stats), 0);
	proc_scan_free(ps);
}

static const struct machine_proc *proc(const struct world *w, int64_t tid)
{
	const struct machine_proc *p = machine_log_find(&w->log, tid);

	if (!p)
		fail_msg("process %d is missing", (int)tid);
	return p;
}

static void assert_str(struct str s, const char *text)
{
	if (!str_is(s, text))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s), text);
}

/* ---- what is read ---- */

static void test_names(void **state)
{
	struct world *w = *state;

	put(w, "proc/300/stat", STAT("a) S 9 (b\n)c", 7));
	put(w, "proc/300/status", STATUS(300, 7) "CapEff:\t00000000000000ff\nVmSize:\t  12 kB\n");
	put(w, "proc/300/loginuid", "1000");
	put(w, "proc/300/limits",
		"Limit  Soft Limit  Hard Limit  Units\n"
		"Max open files            1024                 4096                 files     \n");
	put_bytes(w, "proc/300/cmdline", "x\0y", 3);
	scan(w, NULL);
	assert_str(proc(w, 300)->comm, "a) S 9 (b\n)c");
	assert_int_equal(proc(w, 300)->ptid, 7);
	assert_int_equal(proc(w, 300)->pgid, 41);
	assert_int_equal(proc(w, 300)->sid, 42);
	assert_int_equal(proc(w, 300)->tty, 34816);
	assert_int_equal(proc(w, 300)->pfminor, 11);
	assert_int_equal(proc(w, 300)->pfmajor, 12);
	assert_int_equal(proc(w, 300)->uid, 2);
	assert_int_equal(proc(w, 300)->gid, 6);
	assert_int_equal(proc(w, 300)->cap_effective, 0xff);
	assert_int_equal(proc(w, 300)->vmsize_kb, 12);
	assert_int_equal(proc(w, 300)->loginuid, 1000);
	assert_int_equal(proc(w, 300)->fdlimit, 1024);
	assert_int_equal(proc(w, 300)->vtid, 300);
	assert_str(proc(w, 300)->exe, "x");
	assert_int_equal(proc(w, 300)->args.n, 2);
	assert_memory_equal(proc(w, 300)->args.p, "y", 2);
	assert_int_equal(w->log.info.boot_ts, 1700000000000000000u);
	assert_int_equal(w->log.info.max_pid, 4242);
}

/* Each is left out, and does not keep the others from being told of. */
static void test_broken(void **state)
{
	static const char *const stats[] = {"", "400", "400 (x", "400 (x)", "400 x) S 1",
		"400 (x) S 1 2 3 4 5 6 7 8 9",
		"400 (x) S one 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"};
	struct world *w = *state;
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(stats); i++) {
		snprintf(name, sizeof(name), "proc/%zu/stat", 400 + i);
		put(w, name, stats[i]);
		snprintf(name, sizeof(name), "proc/%zu/status", 400 + i);
		put(w, name, STATUS(400, 1));
	}
	put(w, "proc/450/stat", STAT("no status", 1));
	put(w, "proc/451/stat", STAT("no ids", 1));
	put(w, "proc/451/status", "Tgid:\t451\nPPid:\t1\nUid:\t1\n");
	put(w, "proc/452/cmdline", "no stat");
	put(w, "proc/453/stat", "453 (kernel) S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0");
	put(w, "proc/453/status", STATUS(453, 2));
	put(w, "proc/12x/stat", STAT("no number", 1));
	put(w, "proc/99999999999/stat", STAT("too large", 1));
	put(w, "proc/460/stat", STAT("good", 1));
	put(w, "proc/460/status", STATUS(460, 1));
	scan(w, NULL);
	assert_int_equal(w->log.procs.n, 1);
	assert_str(proc(w, 460)->comm, "good");
	assert_int_equal(proc(w, 460)->loginuid, UINT32_MAX);
	assert_int_equal(proc(w, 460)->fdlimit, UINT64_MAX);
	assert_int_equal(w->stats.skipped, ARRAY_SIZE(stats) + 4);
	assert_int_equal(w->log.readies, 1);
}

static void test_long_cmdline(void **state)
{
	struct world *w = *state;
	static char bytes[65536];

	memset(bytes, 'a', sizeof(bytes));
	put(w, "proc/500/stat", STAT("long", 1));
	put(w, "proc/500/status", STATUS(500, 1));
	put_bytes(w, "proc/500/cmdline", bytes, sizeof(bytes));
	put_bytes(w, "proc/500/environ", bytes, sizeof(bytes));
	memset(bytes, 0, sizeof(bytes));
	put(w, "proc/501/stat", STAT("zeros", 1));
	put(w, "proc/501/status", STATUS(501, 1));
	put_bytes(w, "proc/501/cmdline", bytes, sizeof(bytes));
	scan(w, NULL);
	assert_int_equal(proc(w, 500)->exe.n, 4095);
	assert_int_equal(proc(w, 500)->args.n, 0);
	assert_int_equal(proc(w, 500)->env.n, 4096);
	assert_int_equal(proc(w, 501)->exe.n, 0);
	assert_int_equal(proc(w, 501)->args.n, 4095);
}

static void test_many_groups(void **state)
{
	struct world *w = *state;
	struct buf b = {0};

	buf_puts(&b, STATUS(510, 1) "Groups:\t");
	for (unsigned i = 0; i < 65536; i++)
		buf_printf(&b, "%u ", 1000000 + i);
	buf_puts(&b, "\nNStgid:\t510\t3\nNSpid:\t510\t4\nNSpgid:\t510\t5\n");
	put(w, "proc/510/stat", STAT("groups", 1));
	put_bytes(w, "proc/510/status", b.p, b.n);
	scan(w, NULL);
	assert_int_equal(proc(w, 510)->vtid, 4);
	assert_int_equal(proc(w, 510)->vpid, 3);
	assert_int_equal(proc(w, 510)->vpgid, 5);
	buf_done(&b);
}

/* A leader that ended before its threads is told of as closed, with what a thread knows. */
static void test_dead_leader(void **state)
{
	struct world *w = *state;

	put(w, "proc/520/stat", "520 (lead) Z 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 5 0");
	put(w, "proc/520/status", STATUS(520, 1));
	put(w, "proc/520/task/520/stat", "x");
	put(w, "proc/520/task/521/stat", STAT("second", 1));
	put(w, "proc/520/task/521/status", STATUS(520, 1));
	put_bytes(w, "proc/520/task/521/cmdline", "prog\0", 5);
	put(w, "proc/530/stat", "530 (zombie) Z 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0");
	put(w, "proc/530/status", STATUS(530, 1));
	put(w, "proc/530/task/530/stat", "x");
	scan(w, NULL);
	assert_int_equal(w->log.procs.n, 2);
	assert_int_equal(proc(w, 520)->flags, 1u << 18);
	assert_str(proc(w, 520)->exe, "prog");
	assert_str(proc(w, 521)->comm, "second");
	assert_int_equal(proc(w, 521)->flags, 1u << 0 | 1u << 13);
}

static void test_groups(void **state)
{
	struct world *w = *state;

	put(w, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
	put(w, "sys/fs/cgroup/a.slice/cgroup.controllers", "cpu memory pids\n");
	put(w, "sys/fs/cgroup/a.slice/b.scope/cgroup.controllers", "memory\n");
	put(w, "proc/600/stat", STAT("v2", 1));
	put(w, "proc/600/status", STATUS(600, 1));
	put(w, "proc/600/cgroup", "0::/a.slice/b.scope\n");
	put(w, "proc/601/stat", STAT("both", 1));
	put(w, "proc/601/status", STATUS(601, 1));
	put(w, "proc/601/cgroup",
		"nonsense\n3:cpu,cpuacct:/x:y\n1:name=systemd:/\n7::/no\n0::/gone/"
		"by:now\n5:bad:\n");
	scan(w, NULL);
	assert_int_equal(proc(w, 600)->cgroups.p[proc(w, 600)->cgroups.n - 1], '\0');
	assert_memory_equal(proc(w, 600)->cgroups.p,
		"memory=/a.slice/b.scope\0cpu=/a.slice\0pids=/a.slice\0cpuset=/\0io=/",
		proc(w, 600)->cgroups.n);
	assert_memory_equal(proc(w, 601)->cgroups.p,
		"cpu=/x:y\0cpuacct=/x:y\0name=systemd=/\0cpuset=/gone/by:now\0io=/gone/by:now\0"
		"memory=/gone/by:now\0pids=/gone/by:now",
		proc(w, 601)->cgroups.n);
}

static void test_sockets(void **state)
{
	struct world *w = *state;
	const struct machine_fd *f;

	put(w, "proc/700/stat", STAT("net", 1));
	put(w, "proc/700/status", STATUS(700, 1));
	put_link(w, "proc/700/fd/3", "socket:[55]");
	put_link(w, "proc/700/fd/4", "socket:[56]");
	put_link(w, "proc/700/fd/5", "socket:[57]");
	put_link(w, "proc/700/fd/6", "socket:[58]");
	put_link(w, "proc/700/fd/7", "pipe:[59]");
	put_link(w, "proc/700/fd/8", "/no/such/file");
	put(w, "proc/700/fd/9", "not a link");
	put(w, "proc/700/net/tcp",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid\n"
		"   0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 0 0 55 1 x 100 0 0 10 0\n"
		"   1: 0100007F:1F90\n"
		"   2: 0100007F:1F90 0200007F:FFFFF 0A 0:0 00:0 0 0 0 56 1\n"
		"   3: 0100007:1F90 00000000:0000 0A 0:0 00:0 0 0 0 56 1\n"
		"   4: 0100007F:1F90 0200007F:0050 01 0:0 00:0 0 0 0 57");
	put(w, "proc/700/net/unix",
		"Num RefCount\n00000000000000ab: 2 0 10000 1 1 58 /with blank\nzz: 1 1 1 1 1 56 "
		"/x\n");
	scan(w, NULL);
	assert_int_equal(w->log.fds.n, 4);
	f = machine_log_find_fd(&w->log, 700, 3);
	assert_int_equal(f->type, FD_IPV4_SERVSOCK);
	assert_int_equal(f->inet.sport, 8080);
	f = machine_log_find_fd(&w->log, 700, 5);
	assert_int_equal(f->type, FD_IPV4_SOCK);
	assert_int_equal(f->inet.dport, 80);
	assert_int_equal(f->inet.dip[0], 127);
	assert_int_equal(f->inet.dip[3], 2);
	f = machine_log_find_fd(&w->log, 700, 6);
	assert_int_equal(f->unix_source, 0xab);
	assert_str(f->name, "/with blank");
	assert_int_equal(machine_log_find_fd(&w->log, 700, 7)->type, FD_FIFO);
	assert_int_equal(w->stats.unnamed, 1);
}

/* ---- what is not ---- */

static void put_process(const struct world *w, unsigned pid, const char *children)
{
	static const char *const files[] = {"cmdline", "environ", "comm", "cgroup", "loginuid",
		"limits", "mountinfo", "net/tcp", "net/unix", "fdinfo/0"};
	char name[64], text[128];

	snprintf(name, sizeof(name), "proc/%u/stat", pid);
	put(w, name, STAT("one", 1));
	snprintf(name, sizeof(name), "proc/%u/status", pid);
	snprintf(text, sizeof(text), "Tgid:\t%u\nPPid:\t1\nUid:\t1 1 1 1\nGid:\t1 1 1 1\n", pid);
	put(w, name, text);
	snprintf(name, sizeof(name), "proc/%u/task/%u/children", pid, pid);
	put(w, name, children);
	snprintf(name, sizeof(name), "proc/%u/fd/0", pid);
	put_link(w, name, "/dev/null");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(name, sizeof(name), "proc/%u/%s", pid, files[i]);
		put(w, name, "");
	}
}

static int watched;

static int watch_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type == FTW_F || type == FTW_D)
		assert_true(inotify_add_watch(watched, path, IN_OPEN | IN_ACCESS) >= 0);
	return 0;
}

/* From here on every opening below proc/PID is noticed. */
static void watch(const struct world *w, unsigned pid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/proc/%u", w->root, pid);
	assert_int_equal(nftw(path, watch_one, 16, FTW_PHYS), 0);
}

static void drain(void)
{
	char bytes[4096];

	while (read(watched, bytes, sizeof(bytes)) > 0)
		;
}

static bool was_opened(void)
{
	char bytes[4096];

	return read(watched, bytes, sizeof(bytes)) > 0;
}

static void test_scope_opens_nothing_else(void **state)
{
	struct world *w = *state;
	struct proc_scope scope = {.kind = PROC_SCOPE_PID, .pid = 802};
	struct proc_pids pids;

	put_process(w, 800, "801 802 ");
	put_process(w, 801, "");
	put_process(w, 802, "803 802 ");
	put_process(w, 803, "");
	watched = inotify_init1(IN_NONBLOCK);
	watch(w, 800);
	watch(w, 801);
	drain();
	assert_int_equal(proc_scope_pids(w->root, &scope, &pids), 0);
	assert_int_equal(pids.list.n, 2);
	scan(w, &pids);
	assert_false(was_opened());
	assert_int_equal(w->log.procs.n, 2);
	assert_int_equal(w->stats.fds, 2);
	assert_non_null(proc(w, 802));
	assert_non_null(proc(w, 803));
	proc_pids_done(&pids);
	scan(w, NULL); /* the watch does work */
	assert_true(was_opened());
	close(watched);
}

static bool only_803(void *arg, pid_t pid)
{
	return pid == 803;
}

static void test_predicate_opens_nothing_else(void **state)
{
	struct world *w = *state;
	struct proc_scan_config c = {.host_root = w->root, .in_scope = only_803};
	struct machine_sink sink = machine_log_sink(&w->log);
	struct proc_scan *ps;

	put_process(w, 802, "");
	put_process(w, 803, "");
	watched = inotify_init1(IN_NONBLOCK);
	watch(w, 802);
	drain();
	ps = proc_scan_new(&c);
	assert_int_equal(proc_scan_all(ps, &sink, NULL), 0);
	assert_int_equal(proc_scan_thread(ps, 802, &sink), -ESRCH);
	assert_int_equal(proc_scan_fd(ps, 802, 0, &sink), -ESRCH);
	assert_false(was_opened());
	assert_int_equal(w->log.procs.n, 1);
	assert_int_equal(proc_scan_fd(ps, 803, 0, &sink), 0);
	proc_scan_free(ps);
	close(watched);
}

/* Kernels without lists of children: parents are read, and nothing else. */
static void test_scope_by_parents(void **state)
{
	struct world *w = *state;
	struct proc_scope scope = {.kind = PROC_SCOPE_PID, .pid = 810};
	struct proc_pids pids;

	put(w, "proc/810/stat", STAT("top", 1));
	put(w, "proc/810/task/810/stat", "x");
	put(w, "proc/811/stat", STAT("child", 810));
	put(w, "proc/812/stat", STAT("grandchild", 811));
	put(w, "proc/813/stat", STAT("other", 1));
	assert_int_equal(proc_scope_pids(w->root, &scope, &pids), 0);
	assert_int_equal(pids.list.n, 3);
	assert_true(proc_pids_has(&pids, 812));
	proc_pids_done(&pids);
	scope.pid = 900;
	assert_int_equal(proc_scope_pids(w->root, &scope, &pids), -ESRCH);
	proc_pids_done(&pids);
}

static void test_scope_of_group(void **state)
{
	struct world *w = *state;
	struct proc_scope scope = {.kind = PROC_SCOPE_CGROUP, .cgroup = "/job"};
	struct proc_pids pids;
	char path[128];

	put(w, "sys/fs/cgroup/job/cgroup.procs", "30\n10\n0\n10\n99999999999999999999\n");
	put(w, "sys/fs/cgroup/job/inner/cgroup.procs", "20\n");
	put(w, "sys/fs/cgroup/other/cgroup.procs", "40\n");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(proc_scope_pids(w->root, &scope, &pids), 0);
		assert_int_equal(pids.list.n, 3);
		assert_int_equal(pids.list.v[0], 10);
		assert_int_equal(pids.list.v[1], 20);
		assert_int_equal(pids.list.v[2], 30);
		proc_pids_done(&pids);
		snprintf(path, sizeof(path), "/sys/fs/cgroup/job");
		scope.cgroup = path;
	}
	scope.cgroup = "/none";
	assert_int_equal(proc_scope_pids(w->root, &scope, &pids), -ENOENT);
	proc_pids_done(&pids);
}

static void test_no_proc(void **state)
{
	assert_null(proc_scan_new(&(struct proc_scan_config){.host_root = "/no/such/root"}));
	assert_int_equal(errno, ENOENT);
}

/* ---- texts by themselves ---- */

static void test_mounts(void **state)
{
	struct str text =
		STR("36 35 98:3 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n"
		    "bad\n37 35 0:300 / /o rw - overlay overlay rw,upperdir=/u,workdir=/w\n"
		    "38 35 0:9 / /x rw no dash\n39 35 9 / /x rw - t s\n");
	struct proc_mount m;

	assert_true(proc_mountinfo_next(&text, &m));
	assert_int_equal(m.id, 36);
	assert_int_equal(m.dev, 98 << 8 | 3);
	assert_str(m.point, "/mnt2");
	assert_true(proc_mountinfo_next(&text, &m));
	assert_str(m.type, "overlay");
	assert_int_equal(m.dev, (300 & 0xff) | (300 & ~0xff) << 12);
	assert_str(proc_mount_option(m.options, STR("upperdir=")), "/u");
	assert_null(proc_mount_option(m.options, STR("lowerdir=")).p);
	assert_false(proc_mountinfo_next(&text, &m));
}

static void test_links(void **state)
{
	static const char *const bad[] = {"socket:[]", "socket:[", "socket:[1", "socket:1]",
		"socket:[1x]", "pipe:[1]", "", "socket:[99999999999999999999]"};
	uint64_t ino = 0;

	assert_true(proc_link_ino(STR("socket:[12]"), STR("socket"), &ino));
	assert_int_equal(ino, 12);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(proc_link_ino(str_c(bad[i]), STR("socket"), &ino));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_broken),
		TEST(test_long_cmdline),
		TEST(test_many_groups),
		TEST(test_dead_leader),
		TEST(test_groups),
		TEST(test_sockets),
		TEST(test_scope_opens_nothing_else),
		TEST(test_predicate_opens_nothing_else),
		TEST(test_scope_by_parents),
		TEST(test_scope_of_group),
		TEST(test_no_proc),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
