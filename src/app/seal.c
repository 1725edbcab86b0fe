/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is refused is named, not what is allowed: the libraries that write alerts, and those of the
 * C library that look up names, make other calls with every version of them.
 */
#include "app/seal.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/vec.h"

static const char *const refused[] = {
	/* other programs */
	"execve", "execveat",
	/* other processes */
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd",
	"pidfd_send_signal", "tkill", "kcmp", "setpriority", "sched_setscheduler", "sched_setattr",
	"move_pages", "migrate_pages",
	/* who this one is */
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid",
	"setfsgid", "setgroups", "capset", "personality", "add_key", "request_key", "keyctl",
	/* where it is */
	"setns", "chroot", "pivot_root", "mount", "umount", "umount2", "move_mount", "open_tree",
	"fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
	/* files of others, and by other ways than their paths */
	"chown", "fchown", "lchown", "fchownat", "mknod", "mknodat", "setxattr", "lsetxattr",
	"fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "open_by_handle_at", "quotactl",
	"quotactl_fd",
	/* the machine */
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"swapon", "swapoff", "acct", "syslog", "sethostname", "setdomainname", "settimeofday",
	"clock_settime", "clock_adjtime", "adjtimex", "stime", "iopl", "ioperm", "modify_ldt",
	"vm86", "vm86old", "vhangup", "nfsservctl", "lookup_dcookie",
	/* ways around this filter, or into the kernel */
	"io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd"};

/* Their first argument is a process. */
static const char *const to_self[] = {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"};

/* Flags of clone() and unshare(), their first argument. */
static const unsigned long namespaces[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET};

/* Names that the library or the processor does not know refuse nothing. */
static int call_number(const char *name)
{
	return seccomp_syscall_resolve_name(name);
}

static int refuse_all(scmp_filter_ctx filter, int *n)
{
	int status = 0, number;

	for (size_t i = 0; i < ARRAY_SIZE(refused) && !status; i++) {
		number = call_number(refused[i]);
		if (number < 0)
			continue;
		status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
		++*n;
	}
	return status;
}

static int refuse_for_others(scmp_filter_ctx filter, int *n)
{
	const struct scmp_arg_cmp other = {.op = SCMP_CMP_NE, .datum_a = (scmp_datum_t)getpid()};
	int status = 0;

	for (size_t i = 0; i < ARRAY_SIZE(to_self) && !status; i++, ++*n)
		status = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(EPERM), call_number(to_self[i]), 1, other);
	return status;
}

/* Of clone3() the flags can not be seen; where it is not there, libraries call clone(). */
static int refuse_namespaces(scmp_filter_ctx filter, int *n)
{
	int status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	for (size_t i = 0; i < ARRAY_SIZE(namespaces) && !status; i++) {
		const struct scmp_arg_cmp has = {.op = SCMP_CMP_MASKED_EQ,
			.datum_a = namespaces[i],
			.datum_b = namespaces[i]};

		status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, has);
		if (!status)
			status = seccomp_rule_add(
				filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1, has);
	}
	*n += 3;
	return status;
}

/*
 * A call made another way than this program makes them can only be meant to get around the filter.
 * Mitigations that kernels before 5.16 switch on for whoever has a filter would slow us down: they
 * are against programs that run code of others.
 */
static int set_up(scmp_filter_ctx filter)
{
	int status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!status)
		status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!status)
		status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	if (!status) /* the kernel's own errors */
		status = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	return status;
}

int seal(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int status, n = 0;

	if (!filter)
		return -ENOMEM;
	status = set_up(filter);
	if (!status)
		status = refuse_all(filter, &n);
	if (!status)
		status = refuse_for_others(filter, &n);
	if (!status)
		status = refuse_namespaces(filter, &n);
	if (!status)
		status = seccomp_load(filter);
	seccomp_release(filter);
	return status ? status : n;
}
