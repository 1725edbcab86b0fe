/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel's own structures, as far as the probe looks at them: only the members that are read.
 * Their places are found when a program is loaded (CO-RE), so order, gaps and versions do not
 * matter. A variant of a structure that some kernels have otherwise is called STRUCT___VARIANT.
 */
#ifndef BPF_KERNEL_H
#define BPF_KERNEL_H
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip,
		cs, flags, sp, ss;
};
struct thread_info {
	unsigned long flags;
	unsigned int status;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long long regs[31], sp, pc, pstate, orig_x0;
	int syscallno;
};
struct thread_info {
	unsigned long flags;
};
#else
#error "no description of registers for this architecture"
#endif

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	long long counter;
} atomic64_t;
typedef struct {
	long counter;
} atomic_long_t;
typedef struct {
	unsigned int val;
} kuid_t, kgid_t;

struct list_head {
	struct list_head *next, *prev;
};

struct qstr {
	unsigned int len;
	const unsigned char *name;
};

struct super_block {
	unsigned int s_dev;
	unsigned long s_magic, s_flags;
};

struct timespec64 {
	long long tv_sec;
	long tv_nsec;
};

struct inode {
	unsigned short i_mode;
	unsigned int i_flags;
	unsigned long i_ino;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	struct timespec64 i_ctime, i_mtime;
};
/* Since 6.6, and since 6.11. */
struct inode___v6_6 {
	struct timespec64 __i_ctime, __i_mtime;
};
struct inode___v6_11 {
	long long i_ctime_sec, i_mtime_sec;
	unsigned int i_ctime_nsec, i_mtime_nsec;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode, f_flags;
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct uid_gid_extent {
	unsigned int first, lower_first, count;
};

struct uid_gid_map {
	unsigned int nr_extents;
	struct uid_gid_extent extent[5];
};

struct user_namespace {
	struct uid_gid_map uid_map, gid_map;
};

typedef struct {
	unsigned long long val;
} kernel_cap_t;
/* Until 6.2: two words of 32 bits, as many bytes. */
struct kernel_cap_struct {
	unsigned int cap[2];
};

struct group_info {
	int ngroups;
	kgid_t gid[1];
};

struct pid_namespace {
	unsigned int level;
	struct task_struct *child_reaper;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct cred {
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	struct user_namespace *user_ns;
	struct group_info *group_info;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

struct tty_driver {
	int major, minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

struct signal_struct {
	struct pid *pids[4];
	struct rlimit rlim[16];
	struct tty_struct *tty;
	struct list_head thread_head;
	atomic_t live;
	unsigned int is_child_subreaper : 1, has_child_subreaper : 1;
};

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct {
	unsigned long total_vm, arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct mm_rss_stat rss_stat;
};
/* Since 6.2. */
struct percpu_counter {
	long long count;
};
struct mm_struct___v6_2 {
	struct percpu_counter rss_stat[4];
};

struct linux_binprm {
	const char *filename;
};

union __sifields {
	struct {
		int _pid;
	} _kill, _rt, _sigchld;
};

struct kernel_siginfo {
	int si_code;
	union __sifields _sifields;
};

enum cgroup_subsys_id {
	cpuset_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
};

struct kernfs_node {
	unsigned long long id;
	const char *name;
	struct kernfs_node *parent;
};
/* Since 6.15. */
struct kernfs_node___v6_15 {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
	struct cgroup *ancestors[1]; /* since 6.1: from the root on */
};

struct cgroup_subsys {
	const char *name;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct net *net_ns;
	struct pid_namespace *pid_ns_for_children;
};

#define PF_IO_WORKER 0x10 /* a thread that the kernel made to carry out requests of io_uring */

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	int pid, tgid, exit_code, exit_signal;
	char comm[16];
	struct task_struct *real_parent, *group_leader;
	struct list_head children, sibling, thread_node;
	struct pid *thread_pid;
	struct cred *cred, *real_cred;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct nsproxy *nsproxy;
	unsigned long min_flt, maj_flt;
	unsigned long long start_time, start_boottime;
	void *bpf_storage;
	kuid_t loginuid;
};

/* What an iterator over tasks is handed, one by one; 0 at the end. */
struct bpf_iter__task {
	struct task_struct *task;
};

#pragma clang attribute pop
#endif
