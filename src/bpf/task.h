/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a task is: its numbers, memory, credentials, the file that it runs. */
#ifndef BPF_TASK_H
#define BPF_TASK_H
#include "bpf/overlay.h"
#include "bpf/path.h"

#define PAGE_KB_SHIFT (probe_page_shift - 10)
#define CAPS_KNOWN ((1ULL << 41) - 1)
#define ARGS_MAX 4096 /* bytes of arguments, and of environment, that are kept */
#define PF_EXITING 0x4

enum pid_kind { KIND_PID, KIND_TGID, KIND_PGID, KIND_SID };

static __always_inline struct pid *task_pid(struct task_struct *task, enum pid_kind kind)
{
	struct signal_struct *signal = PEEK_NUMBER(task->signal);

	return kind == KIND_PID ? PEEK_NUMBER(task->thread_pid) : PEEK_NUMBER(signal->pids[kind]);
}

static __always_inline __s64 task_nr(struct task_struct *task, enum pid_kind kind)
{
	return PEEK(task_pid(task, kind), numbers[0].nr);
}

/* The number of a pid in its own namespace, and that namespace. */
static __always_inline struct upid *pid_inner(struct pid *pid)
{
	__u32 level = PEEK(pid, level);

	return (void *)pid + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

static __always_inline __s64 task_vnr(struct task_struct *task, enum pid_kind kind)
{
	return PEEK(pid_inner(task_pid(task, kind)), nr);
}

static __always_inline struct pid_namespace *task_pidns(struct task_struct *task)
{
	return PEEK(pid_inner(task_pid(task, KIND_PID)), ns);
}

/* Boot time of the namespace's first process, ns. */
static __always_inline __u64 task_pidns_start(struct task_struct *task)
{
	return PEEK(task_pidns(task), child_reaper, start_time);
}

static __always_inline __u64 task_fdlimit(struct task_struct *task)
{
	return PEEK(task, signal, rlim[7].rlim_cur);
}

/* One of the counts of resident pages. A macro: the place of element i is found when loading. */
#define MM_PAGES(mm, i)                                                                            \
	(bpf_core_type_exists(struct mm_rss_stat)                                                  \
			? (__s64)PEEK(mm, rss_stat.count[i].counter)                               \
			: (__s64)PEEK(((struct mm_struct___v6_2 *)(mm)), rss_stat[i].count))
#define PAGES_OF_FILES 0
#define PAGES_ANONYMOUS 1
#define PAGES_SWAPPED 2
#define PAGES_SHARED 3

static __always_inline __u64 mm_resident(struct mm_struct *mm)
{
	return MM_PAGES(mm, PAGES_OF_FILES) + MM_PAGES(mm, PAGES_ANONYMOUS) +
	       MM_PAGES(mm, PAGES_SHARED);
}

/* vm_size, vm_rss, vm_swap of a memory, 0 where there is none. */
static __always_inline void put_memory(struct record *r, struct mm_struct *mm)
{
	put_u32(r, PEEK(mm, total_vm) << PAGE_KB_SHIFT);
	put_u32(r, mm_resident(mm) << PAGE_KB_SHIFT);
	put_u32(r, MM_PAGES(mm, PAGES_SWAPPED) << PAGE_KB_SHIFT);
}

static __always_inline void put_faults(struct record *r, struct task_struct *task)
{
	put_u64(r, PEEK(task, maj_flt));
	put_u64(r, PEEK(task, min_flt));
}

/* Device number of the terminal, 0: none. */
static __always_inline __u32 task_tty(struct task_struct *task)
{
	struct tty_struct *tty = PEEK(task, signal, tty);
	__u32 major, minor;

	if (!tty)
		return 0;
	major = PEEK(tty, driver, major);
	minor = PEEK(tty, driver, minor_start) + PEEK(tty, index);
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* A set of capabilities. Until 6.2 the structure had two members of half the size. */
#define CAPS_OF(cred, set) (PEEK_NUMBER(*(__u64 *)&(cred)->set) & CAPS_KNOWN)

static __always_inline void put_caps(struct record *r, struct task_struct *task)
{
	struct cred *cred = PEEK_NUMBER(task->cred);

	put_u64(r, CAPS_OF(cred, cap_inheritable));
	put_u64(r, CAPS_OF(cred, cap_permitted));
	put_u64(r, CAPS_OF(cred, cap_effective));
}

/* ---- the file that runs ---- */

#define EXE_WRITABLE 1
#define EXE_UPPER_LAYER 2
#define EXE_FROM_MEMFD 4
#define EXE_LOWER_LAYER 8
#define SB_READONLY 1
#define INODE_IMMUTABLE 8
#define CAP_DAC_OVERRIDE_BIT 1
#define CAP_FOWNER_BIT 3
#define MODE_OTHERS_WRITE 02

/* A file made by memfd_create: its entry has no folder, and a name that says so. */
static __always_inline bool dentry_is_memfd(struct dentry *dentry)
{
	static const char prefix[] = "memfd:";
	char name[sizeof(prefix)] = "";

	if (PEEK_NUMBER(dentry->d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(name, sizeof(prefix) - 1, PEEK_NUMBER(dentry->d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' &&
	       name[4] == 'd' && name[5] == ':';
}

/* Whether a user or group of the machine is known in a namespace. */
__noinline int id_mapped(__u64 uid_gid_map, __u32 id)
{
	struct uid_gid_map *map = (void *)uid_gid_map;
	__u32 n = BPF_CORE_READ(map, nr_extents);

	for (__u32 i = 0; i < 5; i++) {
		__u32 first, count;

		if (i >= n)
			break;
		first = BPF_CORE_READ(map, extent[i].lower_first);
		count = BPF_CORE_READ(map, extent[i].count);
		if (id >= first && id < first + count)
			return true;
	}
	/* More extents than that are kept elsewhere: whoever has so many maps whatever matters. */
	return n > 5;
}

__noinline int in_groups(__u64 group_info, __u32 gid)
{
	struct group_info *groups = (void *)group_info;
	__u32 n = BPF_CORE_READ(groups, ngroups);

	for (__u32 i = 0; i < 64; i++) {
		__u32 have = 0;

		if (i >= n)
			break;
		bpf_probe_read_kernel(&have, sizeof(have),
			(void *)groups + bpf_core_field_offset(struct group_info, gid) +
				i * sizeof(have));
		if (have == gid)
			return true;
	}
	return false;
}

static __always_inline bool has_group(struct cred *cred, __u32 gid)
{
	return PEEK(cred, fsgid.val) == gid || in_groups((__u64)PEEK_NUMBER(cred->group_info), gid);
}

/* Whether who runs could write to the file, by owner, mode and capabilities. */
static __always_inline bool inode_writable(struct cred *cred, struct inode *inode)
{
	__u32 uid = PEEK(inode, i_uid.val), gid = PEEK(inode, i_gid.val);
	__u32 mode = PEEK(inode, i_mode);
	struct user_namespace *ns = PEEK_NUMBER(cred->user_ns);
	__u64 caps = CAPS_OF(cred, cap_effective);
	bool uid_known, gid_known;

	if (PEEK(inode, i_sb, s_flags) & SB_READONLY)
		return false;
	if ((PEEK(inode, i_flags) & INODE_IMMUTABLE) || uid == (__u32)-1 || gid == (__u32)-1)
		return false;
	if (PEEK(cred, fsuid.val) == uid)
		return true;
	if (mode & (has_group(cred, gid) ? MODE_OTHERS_WRITE << 3 : MODE_OTHERS_WRITE))
		return true;
	uid_known = id_mapped((__u64)&ns->uid_map, uid);
	gid_known = id_mapped((__u64)&ns->gid_map, gid);
	if ((caps >> CAP_DAC_OVERRIDE_BIT & 1) && uid_known && gid_known)
		return true;
	return (caps >> CAP_FOWNER_BIT & 1) && uid_known;
}

/* Flags of the file that a task runs. */
__noinline int exe_flags(__u64 cred, __u64 exe)
{
	struct dentry *dentry = PEEK_NUMBER(((struct file *)exe)->f_path.dentry);
	struct inode *inode = PEEK_NUMBER(((struct file *)exe)->f_inode);
	enum file_layer layer = inode_layer(inode, PEEK(inode, i_sb));
	__u32 flags = 0;

	if (inode_writable((struct cred *)cred, inode))
		flags |= EXE_WRITABLE;
	if (dentry_is_memfd(dentry))
		flags |= EXE_FROM_MEMFD;
	if (layer == FILE_UPPER)
		flags |= EXE_UPPER_LAYER;
	else if (layer == FILE_LOWER)
		flags |= EXE_LOWER_LAYER;
	return flags;
}

#define NS_PER_S 1000000000ULL
/* Where somebody has asked for a change time since the last change: of its nanoseconds, since 6.13.
 */
#define CTIME_QUERIED (1u << 31)

static __always_inline __u64 inode_ctime(struct inode *inode)
{
	struct inode___v6_11 *v6_11 = (void *)inode;
	struct inode___v6_6 *v6_6 = (void *)inode;

	if (bpf_core_field_exists(v6_11->i_ctime_sec))
		return PEEK(v6_11, i_ctime_sec) * NS_PER_S +
		       (PEEK(v6_11, i_ctime_nsec) & ~CTIME_QUERIED);
	if (bpf_core_field_exists(v6_6->__i_ctime))
		return PEEK(v6_6, __i_ctime.tv_sec) * NS_PER_S + PEEK(v6_6, __i_ctime.tv_nsec);
	return PEEK(inode, i_ctime.tv_sec) * NS_PER_S + PEEK(inode, i_ctime.tv_nsec);
}

static __always_inline __u64 inode_mtime(struct inode *inode)
{
	struct inode___v6_11 *v6_11 = (void *)inode;

	if (bpf_core_field_exists(v6_11->i_mtime_sec))
		return PEEK(v6_11, i_mtime_sec) * NS_PER_S + PEEK(v6_11, i_mtime_nsec);
	return PEEK(inode, i_mtime.tv_sec) * NS_PER_S + PEEK(inode, i_mtime.tv_nsec);
}

/* ---- control groups ---- */

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___v6_15 *new = (void *)kn;

	if (bpf_core_field_exists(kn->parent))
		return PEEK_NUMBER(kn->parent);
	return PEEK_NUMBER(new->__parent);
}

/* Notes the parts of a group's path; returns their number. */
static __always_inline __u32 note_cgroup(struct scratch *s, struct kernfs_node *kn)
{
	struct kernfs_node *parent;
	__u32 n = 0;

	for (int i = 0; i < CGROUP_PARTS; i++) {
		parent = kernfs_parent(kn);
		if (!parent)
			break;
		s->parts[n & (SCRATCH_PARTS - 1)] = (__u64)PEEK_NUMBER(kn->name);
		n++;
		kn = parent;
	}
	return n;
}

/* Writes "NAME=/PATH" of a group; returns the place behind its NUL. */
__noinline int write_cgroup(__u32 slot, __u32 at, __u64 state)
{
	struct cgroup_subsys_state *css = (void *)state;
	const char *name = PEEK(css, ss, name);
	struct scratch *s = scratch_at(slot);
	__u32 n, end;

	if (!s || !name)
		return at;
	at = write_text(s, at, name);
	s->bytes[at & RECORD_MAX] = '=';
	at++;
	n = note_cgroup(s, PEEK(css, cgroup, kn));
	end = write_parts(slot, at, n);
	if (!n) {
		s->bytes[at & RECORD_MAX] = '/';
		end = at + 1;
		s->bytes[end & RECORD_MAX] = 0;
	}
	return end + 1;
}

#define WRITE_CGROUP(subsystem)                                                                    \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, subsystem)) {                        \
		i = bpf_core_enum_value(enum cgroup_subsys_id, subsystem);                         \
		css = (__u64)PEEK_NUMBER(*(&groups->subsys[0] + i));                               \
		at = write_cgroup(r->slot, at, css);                                               \
	}

static __always_inline void put_cgroups(struct record *r, struct task_struct *task)
{
	struct css_set *groups = PEEK_NUMBER(task->cgroups);
	__u32 at = record_pos(r), i;
	__u64 css;

	WRITE_CGROUP(cpuset_cgrp_id)
	WRITE_CGROUP(cpu_cgrp_id)
	WRITE_CGROUP(cpuacct_cgrp_id)
	WRITE_CGROUP(io_cgrp_id)
	WRITE_CGROUP(memory_cgrp_id)
	put_len(r, (at - record_pos(r)) & RECORD_MAX);
}

/* ---- arguments and environment, as they lie in the memory of a program ---- */

/* n bytes of text after text, at most max of them, ended even where they are cut. */
static __always_inline void put_user_texts(struct record *r, unsigned long from, __u64 n, __u32 max)
{
	__u32 at = record_pos(r);

	if (n > max)
		n = max;
	n = bounded(n, 2 * ARGS_MAX - 1);
	n = at_least_0(bpf_probe_read_user(r->p + (at & RECORD_MAX), n, (void *)from) | n);
	if (n)
		r->p[(at + n - 1) & RECORD_MAX] = 0;
	put_len(r, n);
}

/* exe and args. */
static __always_inline void put_args(struct record *r, struct mm_struct *mm)
{
	unsigned long start = PEEK(mm, arg_start), end = PEEK(mm, arg_end);
	__u32 before = record_pos(r), exe;

	put_user_str(r, (void *)start, ARGS_MAX);
	exe = (record_pos(r) - before) & (2 * ARGS_MAX - 1);
	put_user_texts(r, start + exe, end - start - exe, exe < ARGS_MAX ? ARGS_MAX - exe : 0);
}
#endif
