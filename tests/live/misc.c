/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, namespaces, tracing, limits, keys and what else is no file. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAD ((void *)-1L)
#define NOBODY 4000000 /* no process has this number */

static void check_int_2(uint16_t type, size_t nth, int64_t a, int64_t b)
{
	live_int(live_nth(type, nth), 0, a);
	live_int(live_nth(type, nth), 1, b);
}

/* ---- signals ---- */

static void act_signals(void)
{
	signal(SIGUSR1, SIG_IGN);
	syscall(SYS_kill, getpid(), 0);
	syscall(SYS_kill, -NOBODY, SIGTERM);
	syscall(SYS_tkill, getpid(), SIGUSR1);
	syscall(SYS_tkill, NOBODY, 99);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	syscall(SYS_tgkill, 1, NOBODY, SIGHUP);
}

static void check_signals(void)
{
	check_int_2(EV_KILL_X, 0, 0, live_pid());
	live_uint(live_nth(EV_KILL_X, 0), 2, 0);
	check_int_2(EV_KILL_X, 1, -ESRCH, -NOBODY);
	live_uint(live_nth(EV_KILL_X, 1), 2, SIGTERM);
	check_int_2(EV_TKILL_X, 0, 0, live_pid());
	live_uint(live_nth(EV_TKILL_X, 0), 2, SIGUSR1);
	check_int_2(EV_TKILL_X, 1, -ESRCH, NOBODY);
	live_uint(live_nth(EV_TKILL_X, 1), 2, 99);
	check_int_2(EV_TGKILL_X, 0, 0, live_pid());
	live_int(live_nth(EV_TGKILL_X, 0), 2, live_pid());
	live_uint(live_nth(EV_TGKILL_X, 0), 3, SIGUSR1);
	check_int_2(EV_TGKILL_X, 1, -ESRCH, 1);
	live_int(live_nth(EV_TGKILL_X, 1), 2, NOBODY);
	live_uint(live_nth(EV_TGKILL_X, 1), 3, SIGHUP);
}

/* ---- namespaces ---- */

static void act_namespaces(void)
{
	int ns = open("/proc/self/ns/uts", O_RDONLY);
	pid_t pid = fork();

	if (pid == 0) {
		syscall(SYS_unshare, CLONE_NEWUTS | CLONE_NEWIPC | CLONE_FS);
		syscall(SYS_unshare, 0x7);
		live_note(0, ns);
		syscall(SYS_setns, ns, CLONE_NEWUTS);
		syscall(SYS_setns, 999, 0);
		syscall(SYS_setns, ns, CLONE_NEWNET);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	close(ns);
}

static void check_namespaces(void)
{
	check_int_2(EV_UNSHARE_X, 0, 0, 0x80 | 0x8 | 0x2);
	check_int_2(EV_UNSHARE_X, 1, -EINVAL, 0);
	check_int_2(EV_SETNS_X, 0, 0, live_noted(0));
	live_uint(live_nth(EV_SETNS_X, 0), 2, 0x80);
	check_int_2(EV_SETNS_X, 1, -EBADF, 999);
	live_uint(live_nth(EV_SETNS_X, 1), 2, 0);
	check_int_2(EV_SETNS_X, 2, -EINVAL, live_noted(0));
	live_uint(live_nth(EV_SETNS_X, 2), 2, 0x10);
}

/* ---- tracing ---- */

static long word = 0x1122334455667788;

static void traced(void)
{
	syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	_exit(0);
}

static void act_ptrace(void)
{
	long seen = 0;
	pid_t pid = fork();
	int *narrow;

	if (pid == 0)
		traced();
	waitpid(pid, NULL, 0);
	live_note(0, pid);
	live_note(1, (long)&word);
	syscall(SYS_ptrace, PTRACE_PEEKDATA, pid, &word, &seen);
	if (live_32) {
		narrow = live_low("\1\2\3\4\5\6\7", 8);
		CALL32(26, PTRACE_PEEKDATA, pid, narrow, narrow);
	}
	syscall(SYS_ptrace, PTRACE_POKEDATA, pid, &word, 5);
	syscall(SYS_ptrace, PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL);
	syscall(SYS_ptrace, PTRACE_CONT, pid, 0, SIGUSR1);
	waitpid(pid, NULL, 0);
	syscall(SYS_ptrace, PTRACE_ATTACH, NOBODY, 1, 2);
	syscall(SYS_ptrace, 9999, NOBODY, 1, 2);
}

/* Parameters of several kinds: a byte that tells which, and the value. */
static void check_tagged(const struct event *ev, unsigned i, uint64_t want)
{
	uint8_t bytes[9] = {0};

	memcpy(bytes + 1, &want, sizeof(want));
	live_bytes(ev, i, bytes, sizeof(bytes));
}

static void check_traced(
	size_t nth, int64_t res, uint16_t request, int64_t pid, uint64_t addr, uint64_t data)
{
	const struct event *ev = live_nth(EV_PTRACE_X, nth);

	live_int(ev, 0, res);
	check_tagged(ev, 1, addr);
	check_tagged(ev, 2, data);
	live_uint(ev, 3, request);
	live_int(ev, 4, pid);
}

static void check_ptrace(void)
{
	size_t n = 0;
	int64_t pid = live_noted(0);
	uint64_t at = (uint64_t)live_noted(1);

	check_traced(n++, 0, 1, 0, 0, 0);
	check_traced(n++, 0, 3, pid, at, 0x1122334455667788);
	if (live_32)
		n++; /* the word lies where this process alone has mapped something */
	check_traced(n++, 0, 6, pid, at, 5);
	check_traced(n++, 0, 14, pid, 0, PTRACE_O_EXITKILL);
	live_uint(live_nth(EV_PTRACE_X, n), 3, 8);
	live_bytes(live_nth(EV_PTRACE_X, n++), 2, "\1\12", 2);
	check_traced(n++, -ESRCH, 11, NOBODY, 0, 0);
	check_traced(n++, -ESRCH, 0, NOBODY, 0, 0);
}

/* ---- prctl, seccomp, bpf ---- */

static void act_control(void)
{
	char name[16];
	int reaper = 5;

	syscall(SYS_prctl, PR_SET_NAME, "a name that is longer than sixteen");
	syscall(SYS_prctl, PR_GET_NAME, name);
	syscall(SYS_prctl, PR_SET_NAME, BAD);
	syscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, &reaper);
	syscall(SYS_prctl, 9999, -2L);
	syscall(SYS_seccomp, 2, 0, "\0\0\0\0");
	syscall(SYS_seccomp, 77, 88, NULL);
	syscall(SYS_bpf, 5, BAD, 64);
	syscall(SYS_bpf, 9999, NULL, 0);
}

static void check_prctl(size_t nth, int64_t res, uint32_t option, const char *text, int64_t number)
{
	const struct event *ev = live_nth(EV_PRCTL_X, nth);

	live_int(ev, 0, res);
	live_uint(ev, 1, option);
	if (text)
		live_text(ev, 2, text);
	else
		live_empty(ev, 2);
	live_int(ev, 3, number);
}

static void check_control(void)
{
	check_prctl(0, 0, 15, "a name that is longer than sixteen", 0);
	check_prctl(1, 0, 16, "a name that is ", 0);
	check_prctl(2, -EFAULT, 15, NULL, 0);
	check_prctl(3, 0, 36, NULL, 1);
	check_prctl(4, 0, 37, NULL, 1);
	check_prctl(5, -EINVAL, 9999, NULL, -2);
	check_int_2(EV_SECCOMP_X, 0, 0, 2);
	live_uint(live_nth(EV_SECCOMP_X, 0), 2, 0);
	check_int_2(EV_SECCOMP_X, 1, -EINVAL, 77);
	live_uint(live_nth(EV_SECCOMP_X, 1), 2, 88);
	check_int_2(EV_BPF_X, 0, -EFAULT, 5);
	check_int_2(EV_BPF_X, 1, -EINVAL, 9999);
}

/* ---- keys ---- */

static void act_keys(void)
{
	live_note(0, syscall(SYS_keyctl, 1, "a-session"));
	live_note(1, syscall(SYS_keyctl, 10, -3L, "user", "k", 7));
	syscall(SYS_keyctl, 6, -3L, 0x111, 0, 4);
	syscall(SYS_keyctl, 29, NOBODY, "ring", NULL, 4);
	syscall(SYS_keyctl, 999, 1, 2, 3, 4);
}

static void check_keys(void)
{
	const struct event *ev = live_nth(EV_KEYCTL_X, 0);

	check_int_2(EV_KEYCTL_X, 0, live_noted(0) < 0 ? -EDQUOT : live_noted(0), 1);
	live_bytes(ev, 2, "\1a-session", 11);
	for (unsigned i = 3; i < 6; i++)
		check_tagged(ev, i, 0);
	ev = live_nth(EV_KEYCTL_X, 1);
	live_uint(ev, 1, 10);
	check_tagged(ev, 2, (uint64_t)-3);
	live_bytes(ev, 3, "\1user", 6);
	live_bytes(ev, 4, "\1k", 3);
	check_tagged(ev, 5, 7);
	ev = live_nth(EV_KEYCTL_X, 2);
	check_tagged(ev, 2, (uint64_t)-3);
	check_tagged(ev, 3, 0x111);
	check_tagged(ev, 5, 0);
	ev = live_nth(EV_KEYCTL_X, 3);
	live_bytes(ev, 3, "\1ring", 6);
	live_bytes(ev, 4, "\1", 1);
	check_int_2(EV_KEYCTL_X, 4, -EOPNOTSUPP, 999);
	check_tagged(live_nth(EV_KEYCTL_X, 4), 2, 0);
}

/* ---- limits ---- */

static void act_limits(void)
{
	struct rlimit l = {500, 1000};
	uint64_t wide[2] = {700, 1 << 16}, old[2];
	uint32_t *narrow = live_low("\1\0\0\0\xff\xff\xff\xff", 8);

	syscall(SYS_setrlimit, RLIMIT_CORE, &l);
	syscall(SYS_getrlimit, RLIMIT_CORE, &l);
	syscall(SYS_setrlimit, RLIMIT_CPU, BAD);
	syscall(SYS_getrlimit, 99, &l);
	wide[1] = 900;
	syscall(SYS_prlimit64, 0, RLIMIT_CORE, wide, old);
	syscall(SYS_prlimit64, NOBODY, RLIMIT_AS, wide, old);
	if (live_32) {
		CALL32(75, 99, narrow);
		CALL32(191, RLIMIT_CORE, narrow);
	}
}

static void check_limits_of(
	uint16_t type, size_t nth, int64_t res, int64_t cur, int64_t max, uint8_t resource)
{
	const struct event *ev = live_nth(type, nth);

	live_int(ev, 0, res);
	live_int(ev, 1, cur);
	live_int(ev, 2, max);
	live_uint(ev, 3, resource);
}

static void check_prlimit(size_t nth, const int64_t want[7])
{
	for (unsigned i = 0; i < 6; i++)
		live_int(live_nth(EV_PRLIMIT_X, nth), i, want[i]);
	live_uint(live_nth(EV_PRLIMIT_X, nth), 6, (uint64_t)want[6]);
}

static void check_limits(void)
{
	check_limits_of(EV_SETRLIMIT_X, 0, 0, 500, 1000, 4);
	check_limits_of(EV_GETRLIMIT_X, 0, 0, 500, 1000, 4);
	check_limits_of(EV_SETRLIMIT_X, 1, -EFAULT, 0, 0, 0);
	check_limits_of(EV_GETRLIMIT_X, 1, -EINVAL, -1, -1, 255);
	check_prlimit(0, (int64_t[]){0, 700, 900, 500, 1000, 0, 4});
	check_prlimit(1, (int64_t[]){-ESRCH, 700, 900, -1, -1, NOBODY, 9});
	if (!live_32)
		return;
	check_limits_of(EV_SETRLIMIT_X, 2, -EINVAL, 1, -1, 255);
	check_limits_of(EV_GETRLIMIT_X, 2, 0, 700, 900, 4);
}

/* ---- time ---- */

static void act_time(void)
{
	struct timespec t = {0, 1234}, bad = {-1, 5};
	int word = 0;

	syscall(SYS_nanosleep, &t, NULL);
	syscall(SYS_nanosleep, &bad, NULL);
	syscall(SYS_nanosleep, BAD, NULL);
	if (live_32)
		CALL32(162, live_low("\0\0\0\0\7\0\0\0", 8), 0);
	live_note(0, (long)&word);
	syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 3, NULL, NULL, 0);
	syscall(SYS_futex, &word, FUTEX_WAIT, 7, NULL, NULL, 0);
	syscall(SYS_futex, &word, 99, 7, NULL, NULL, 0);
}

static void check_futex(size_t nth, int64_t res, uint16_t op, uint64_t val)
{
	const struct event *ev = live_nth(EV_FUTEX_X, nth);

	live_int(ev, 0, res);
	live_uint(ev, 1, (uint64_t)live_noted(0));
	live_uint(ev, 2, op);
	live_uint(ev, 3, val);
}

static void check_time(void)
{
	check_int_2(EV_NANOSLEEP_X, 0, 0, 1234);
	check_int_2(EV_NANOSLEEP_X, 1, -EINVAL, -1000000000 + 5);
	check_int_2(EV_NANOSLEEP_X, 2, -EFAULT, 0);
	if (live_32)
		check_int_2(EV_NANOSLEEP_X, 3, 0, 7);
	check_futex(0, 0, 0x81, 3);
	check_futex(1, -EAGAIN, 0, 7);
	check_futex(2, -ENOSYS, 0, 7);
}

/* ---- semaphores ---- */

static void act_semaphores(void)
{
	struct sembuf ops[3] = {{0, 2, SEM_UNDO}, {1, 2, 0}, {0, -1, IPC_NOWAIT}};
	int id = (int)live_note(0, syscall(SYS_semget, IPC_PRIVATE, 2, IPC_CREAT | 0600));

	syscall(SYS_semget, 0x7fedcb, 0, IPC_EXCL);
	syscall(SYS_semop, id, ops, 3);
	syscall(SYS_semop, id, ops + 2, 1);
	syscall(SYS_semop, -1, ops, 2);
	syscall(SYS_semctl, id, 1, SETVAL, 5);
	syscall(SYS_semctl, id, 1, GETVAL, 6);
	syscall(SYS_semctl, id, 0, IPC_RMID, 0);
	syscall(SYS_semctl, id, 3, 99, 0);
}

static void check_semget(size_t nth, const int64_t want[4])
{
	for (unsigned i = 0; i < 4; i++)
		live_int(live_nth(EV_SEMGET_X, nth), i, want[i]);
}

static void check_semop(size_t nth, const int64_t want[9])
{
	for (unsigned i = 0; i < 9; i++)
		live_int(live_nth(EV_SEMOP_X, nth), i, want[i]);
}

static void check_semctl(size_t nth, const int64_t want[5])
{
	for (unsigned i = 0; i < 5; i++)
		live_int(live_nth(EV_SEMCTL_X, nth), i, want[i]);
}

static void check_semaphores(void)
{
	int64_t id = live_noted(0);

	check_semget(0, (int64_t[]){id, 0, 2, 0x2000});
	check_semget(1, (int64_t[]){-ENOENT, 0x7fedcb, 0, 0x4000});
	check_semop(0, (int64_t[]){0, 3, 0, 2, 2, 1, 2, 0, id});
	check_semop(1, (int64_t[]){0, 1, 0, -1, 1, 0, 0, 0, id});
	check_semop(2, (int64_t[]){-EINVAL, 2, 0, 0, 0, 0, 0, 0, -1});
	check_semctl(0, (int64_t[]){0, id, 1, 0x1000, 5});
	check_semctl(1, (int64_t[]){5, id, 1, 0x200, 0});
	check_semctl(2, (int64_t[]){0, id, 0, 0x4, 0});
	check_semctl(3, (int64_t[]){-EINVAL, id, 3, 0, 0});
}

/* ---- quotas, whether there are any or not: what is told is what was asked ---- */

static void act_quotas(void)
{
	struct dqblk block = {.dqb_bhardlimit = 1,
		.dqb_bsoftlimit = 2,
		.dqb_ihardlimit = 3,
		.dqb_isoftlimit = 4,
		.dqb_curspace = 5,
		.dqb_btime = 6,
		.dqb_itime = 7,
		.dqb_valid = 1 | 2 | 4 | 16};
	struct dqinfo info = {8, 9, 1, 1 | 2 | 4};
	uint32_t fmt = 2;

	live_note(0, syscall(SYS_quotactl, (int)QCMD((unsigned)Q_SETQUOTA, USRQUOTA), "/dev/none",
			     1000, &block));
	syscall(SYS_quotactl, (int)QCMD((unsigned)Q_SETINFO, GRPQUOTA), "/dev/none", 1000, &info);
	syscall(SYS_quotactl, (int)QCMD((unsigned)Q_GETFMT, 2), "/dev/none", 0, &fmt);
	syscall(SYS_quotactl, (int)QCMD((unsigned)Q_QUOTAON, USRQUOTA), "/dev/none", 4, "/aquota");
	syscall(SYS_quotactl, 0x5804 << 8, "/dev/none", 77, BAD);
}

static void check_quota(size_t nth, uint16_t cmd, uint8_t type, uint32_t id)
{
	const struct event *ev = live_nth(EV_QUOTACTL_X, nth);

	assert_true(event_i64(ev, 0) < 0);
	live_text(ev, 1, "/dev/none");
	live_uint(ev, 14, cmd);
	live_uint(ev, 15, type);
	live_uint(ev, 16, id);
}

static void check_quota_numbers(size_t nth, unsigned first, unsigned n, const uint64_t *want)
{
	for (unsigned i = 0; i < n; i++)
		live_uint(live_nth(EV_QUOTACTL_X, nth), first + i, want[i]);
}

static void check_quotas(void)
{
	check_quota(0, 0x40, 1, 1000);
	live_empty(live_nth(EV_QUOTACTL_X, 0), 2);
	check_quota_numbers(0, 3, 7, (uint64_t[]){1, 2, 5, 3, 4, 6, 0});
	check_quota_numbers(0, 10, 4, (uint64_t[]){0, 0, 0, 1});
	check_quota(1, 0x10, 2, 0);
	check_quota_numbers(1, 3, 11, (uint64_t[]){0, 0, 0, 0, 0, 0, 0, 8, 9, 1, 1});
	check_quota(2, 0x4, 0, 0);
	live_uint(live_nth(EV_QUOTACTL_X, 2), 13, 4);
	check_quota(3, 0x1, 1, 0);
	live_text(live_nth(EV_QUOTACTL_X, 3), 2, "/aquota");
	live_uint(live_nth(EV_QUOTACTL_X, 3), 17, 8);
	check_quota(4, 0x800, 1, 77);
}

/* ---- modules: refused, they are none ---- */

#define IMAGE_SIZE 100000
#define IMAGE_KEPT 60000

static void act_modules(void)
{
	char image_args[] = "x";
	char *image =
		mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(image, 'm', IMAGE_SIZE);
	live_note(0, syscall(SYS_init_module, "not a module", 12, "param=1") < 0 ? -errno : 0);
	live_note(1, syscall(SYS_init_module, BAD, 100, BAD) < 0 ? -errno : 0);
	syscall(SYS_init_module, image, IMAGE_SIZE, image_args);
	live_note(2, syscall(SYS_finit_module, 999, "a=b", 3) < 0 ? -errno : 0);
	live_note(3, syscall(SYS_delete_module, "no_such", O_NONBLOCK | O_TRUNC) < 0 ? -errno : 0);
	munmap(image, IMAGE_SIZE);
}

static void check_modules(void)
{
	const struct event *ev = live_nth(EV_INIT_MODULE_X, 0);

	live_int(ev, 0, live_noted(0));
	live_bytes(ev, 1, "not a module", 12);
	live_uint(ev, 2, 12);
	live_text(ev, 3, "param=1");
	ev = live_nth(EV_INIT_MODULE_X, 1);
	live_int(ev, 0, live_noted(1));
	live_empty(ev, 1);
	live_uint(ev, 2, 100);
	live_empty(ev, 3);
	ev = live_nth(EV_INIT_MODULE_X, 2);
	assert_int_equal(event_param(ev, 1).n, IMAGE_KEPT);
	live_uint(ev, 2, IMAGE_SIZE);
	live_text(ev, 3, "x");
	ev = live_event(EV_FINIT_MODULE_X);
	check_int_2(EV_FINIT_MODULE_X, 0, live_noted(2), 999);
	live_text(ev, 2, "a=b");
	live_uint(ev, 3, 3);
	ev = live_event(EV_DELETE_MODULE_X);
	live_int(ev, 0, live_noted(3));
	live_text(ev, 1, "no_such");
	live_uint(ev, 2, 3);
}

static const struct live_case cases[] = {
	{"signals", act_signals, check_signals},
	{"namespaces", act_namespaces, check_namespaces},
	{"ptrace", act_ptrace, check_ptrace},
	{"prctl, seccomp, bpf", act_control, check_control},
	{"keys", act_keys, check_keys},
	{"limits", act_limits, check_limits},
	{"nanosleep and futex", act_time, check_time},
	{"semaphores", act_semaphores, check_semaphores},
	{"quotas", act_quotas, check_quotas},
	{"modules", act_modules, check_modules},
};
LIVE_MAIN(cases)
