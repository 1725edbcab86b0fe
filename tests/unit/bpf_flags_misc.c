/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe makes of the kernel's values has the names that the kernel's headers give them. */
#include "bpf/flags_misc.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/quota.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tables/tables.h"

struct named {
	const char *name;
	uint64_t kernel;
};
#define N(name)                                                                                    \
	{                                                                                          \
#name, name                                                                        \
	}

static uint32_t value_of(const struct flag_value *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table->value;
	fail_msg("no value is called %s", name);
	return 0;
}

#define CHECK(convert, table, ...)                                                                 \
	do {                                                                                       \
		static const struct named all[] = {__VA_ARGS__};                                   \
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {                                     \
			uint32_t got = convert(all[i].kernel);                                     \
			if (got != value_of(table, all[i].name))                                   \
				fail_msg("%s becomes %#x", all[i].name, got);                      \
		}                                                                                  \
	} while (0)

static void test_memory(void **state)
{
	CHECK(flags_prot, flags_prot_flags, N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC),
		N(PROT_GROWSDOWN), N(PROT_GROWSUP), N(PROT_NONE), {"PROT_SEM", 0x8});
	assert_int_equal(flags_prot(0x40 | 0x1000), 0);
	CHECK(flags_mmap, flags_mmap_flags, N(MAP_SHARED), N(MAP_PRIVATE), N(MAP_FIXED),
		N(MAP_ANONYMOUS), N(MAP_NORESERVE), N(MAP_POPULATE), N(MAP_NONBLOCK),
		N(MAP_GROWSDOWN), N(MAP_DENYWRITE), N(MAP_EXECUTABLE), N(MAP_LOCKED));
#ifdef __x86_64__
	CHECK(flags_mmap, flags_mmap_flags, N(MAP_32BIT));
#endif
	assert_int_equal(flags_mmap(MAP_HUGETLB | MAP_STACK), 0);
	assert_int_equal(flags_mmap(MAP_SHARED_VALIDATE), 0x3);
	CHECK(flags_mlockall, flags_mlockall_flags, N(MCL_CURRENT), N(MCL_FUTURE), N(MCL_ONFAULT));
	CHECK(flags_mlock2, flags_mlock2_flags, {"MLOCK_ONFAULT", 1});
	assert_int_equal(flags_mlockall(0x98) | flags_mlock2(0x62), 0);
}

static void test_processes(void **state)
{
	CHECK(flags_clone, flags_clone_flags, N(CLONE_FILES), N(CLONE_FS), N(CLONE_IO),
		N(CLONE_NEWIPC), N(CLONE_NEWNET), N(CLONE_NEWNS), N(CLONE_NEWPID), N(CLONE_NEWUTS),
		N(CLONE_PARENT), N(CLONE_PARENT_SETTID), N(CLONE_PTRACE), N(CLONE_SIGHAND),
		N(CLONE_SYSVSEM), N(CLONE_THREAD), N(CLONE_UNTRACED), N(CLONE_VM), N(CLONE_NEWUSER),
		N(CLONE_CHILD_CLEARTID), N(CLONE_CHILD_SETTID), N(CLONE_SETTLS), N(CLONE_VFORK),
		N(CLONE_NEWCGROUP));
	assert_int_equal(flags_clone(CLONE_PIDFD | CLONE_CLEAR_SIGHAND | 0x11), 0);
	CHECK(value_rlimit, flags_rlimit_resources, N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA),
		N(RLIMIT_STACK), N(RLIMIT_CORE), N(RLIMIT_RSS), N(RLIMIT_NPROC), N(RLIMIT_NOFILE),
		N(RLIMIT_MEMLOCK), N(RLIMIT_AS), N(RLIMIT_LOCKS), N(RLIMIT_SIGPENDING),
		N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE), N(RLIMIT_RTPRIO), N(RLIMIT_RTTIME),
		{"RLIMIT_UNKNOWN", 16}, {"RLIMIT_UNKNOWN", 1u << 31});
	CHECK(flags_futex, flags_futex_operations, N(FUTEX_WAIT), N(FUTEX_WAKE), N(FUTEX_FD),
		N(FUTEX_REQUEUE), N(FUTEX_CMP_REQUEUE), N(FUTEX_WAKE_OP), N(FUTEX_LOCK_PI),
		N(FUTEX_UNLOCK_PI), N(FUTEX_TRYLOCK_PI), N(FUTEX_WAIT_BITSET), N(FUTEX_WAKE_BITSET),
		N(FUTEX_WAIT_REQUEUE_PI), N(FUTEX_CMP_REQUEUE_PI), N(FUTEX_PRIVATE_FLAG),
		N(FUTEX_CLOCK_REALTIME), {"FUTEX_WAIT", 99});
}

static void test_ptrace(void **state)
{
	CHECK(value_ptrace, flags_ptrace_requests, N(PTRACE_TRACEME), N(PTRACE_PEEKTEXT),
		N(PTRACE_PEEKDATA), N(PTRACE_PEEKUSR), N(PTRACE_POKETEXT), N(PTRACE_POKEDATA),
		N(PTRACE_POKEUSR), N(PTRACE_CONT), N(PTRACE_KILL), N(PTRACE_SINGLESTEP),
		N(PTRACE_ATTACH), N(PTRACE_DETACH), N(PTRACE_SYSCALL), N(PTRACE_SETOPTIONS),
		N(PTRACE_GETEVENTMSG), N(PTRACE_GETSIGINFO), N(PTRACE_SETSIGINFO),
		N(PTRACE_GETREGSET), N(PTRACE_SETREGSET), N(PTRACE_SEIZE), N(PTRACE_INTERRUPT),
		N(PTRACE_LISTEN), N(PTRACE_PEEKSIGINFO), N(PTRACE_GETSIGMASK), N(PTRACE_SETSIGMASK),
		{"PTRACE_UNKNOWN", PTRACE_SECCOMP_GET_FILTER}, {"PTRACE_UNKNOWN", 10},
		{"PTRACE_UNKNOWN", 34}, {"PTRACE_UNKNOWN", ~0ull});
#ifdef __x86_64__
	CHECK(value_ptrace, flags_ptrace_requests, N(PTRACE_GETREGS), N(PTRACE_SETREGS),
		N(PTRACE_GETFPREGS), N(PTRACE_SETFPREGS), N(PTRACE_GETFPXREGS),
		N(PTRACE_SETFPXREGS), N(PTRACE_OLDSETOPTIONS), N(PTRACE_GET_THREAD_AREA),
		N(PTRACE_SET_THREAD_AREA), {"PTRACE_ARCH_PRCTL", 30}, N(PTRACE_SYSEMU),
		N(PTRACE_SYSEMU_SINGLESTEP), N(PTRACE_SINGLEBLOCK));
#endif
}

static void test_semaphores(void **state)
{
	CHECK(flags_semget, flags_semget_flags, N(IPC_CREAT), N(IPC_EXCL));
	CHECK(flags_semop, flags_semop_flags, N(IPC_NOWAIT), N(SEM_UNDO));
	CHECK(value_semctl, flags_semctl_commands, N(IPC_STAT), N(IPC_SET), N(IPC_RMID),
		N(IPC_INFO), N(SEM_INFO), N(SEM_STAT), N(GETALL), N(GETNCNT), N(GETPID), N(GETVAL),
		N(GETZCNT), N(SETALL), N(SETVAL));
	assert_int_equal(value_semctl(4) | value_semctl(10) | value_semctl(20), 0);
	assert_int_equal(flags_semget(0777), 0);
}

#define SHIFTED(x) ((uint32_t)(x) << SUBCMDSHIFT)
#define COMMAND(name)                                                                              \
	{                                                                                          \
#name, SHIFTED(name)                                                               \
	}
#define XFS(name, n)                                                                               \
	{                                                                                          \
		name, SHIFTED(('X' << 8) + (n))                                                    \
	}

static void test_quotas(void **state)
{
	CHECK(value_quota_cmd, flags_quotactl_cmds, COMMAND(Q_QUOTAON), COMMAND(Q_QUOTAOFF),
		COMMAND(Q_GETFMT), COMMAND(Q_GETINFO), COMMAND(Q_SETINFO), COMMAND(Q_GETQUOTA),
		COMMAND(Q_SETQUOTA), COMMAND(Q_SYNC), XFS("Q_XQUOTAON", 1), XFS("Q_XQUOTAOFF", 2),
		XFS("Q_XGETQUOTA", 3), XFS("Q_XSETQLIM", 4), XFS("Q_XGETQSTAT", 5),
		XFS("Q_XQUOTARM", 6), XFS("Q_XQUOTASYNC", 7));
	assert_int_equal(value_quota_cmd(0) | value_quota_cmd(SHIFTED(0x800009)), 0);
	assert_int_equal(value_quota_cmd(SHIFTED(0x5808)) | value_quota_cmd(~0u), 0);
	CHECK(value_quota_type, flags_quotactl_types, N(USRQUOTA), N(GRPQUOTA));
	assert_int_equal(value_quota_type(SHIFTED(Q_SYNC) | 2), 0);
	CHECK(value_quota_fmt, flags_quotactl_quota_fmts, N(QFMT_VFS_OLD), N(QFMT_VFS_V0),
		N(QFMT_VFS_V1), {"QFMT_NOT_USED", 0}, {"QFMT_NOT_USED", QFMT_OCFS2},
		{"QFMT_NOT_USED", 5});
}

static void test_modules(void **state)
{
	CHECK(flags_finit_module, flags_finit_module_flags, N(MODULE_INIT_IGNORE_MODVERSIONS),
		N(MODULE_INIT_IGNORE_VERMAGIC), N(MODULE_INIT_COMPRESSED_FILE));
	CHECK(flags_delete_module, flags_delete_module_flags, N(O_NONBLOCK), N(O_TRUNC));
	assert_int_equal(flags_finit_module(8) | flags_delete_module(O_CREAT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_ptrace),
		cmocka_unit_test(test_semaphores),
		cmocka_unit_test(test_quotas),
		cmocka_unit_test(test_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
