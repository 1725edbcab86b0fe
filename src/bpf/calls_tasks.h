/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* New processes and threads, and programs that are not run. */
#ifndef BPF_CALLS_TASKS_H
#define BPF_CALLS_TASKS_H
#include "bpf/call.h"
#include "bpf/flags_misc.h"
#include "bpf/task.h"

#define CLONE_CHILD_IN_PIDNS 0x20000000

/* Whether the task, or a child that it makes, is in a namespace below the first. */
static __always_inline __u32 pidns_flag(struct task_struct *task)
{
	struct pid_namespace *ns = task_pidns(task);

	if (PEEK(ns, level) || PEEK(task, nsproxy, pid_ns_for_children) != ns)
		return CLONE_CHILD_IN_PIDNS;
	return 0;
}

/*
 * Puts all of a clone, fork or vfork as task sees it: its maker with the child's number, or the
 * child with 0.
 */
__noinline int fill_clone_of(__u32 slot, __u64 of, __s64 ret, __u64 flags)
{
	struct task_struct *task = (void *)of;
	struct mm_struct *mm = PEEK_NUMBER(task->mm);
	struct record record, *r = &record;

	if (!record_resume(r, slot, 0))
		return 0;
	put_s64(r, ret);
	put_args(r, ret < 0 ? 0 : mm);
	put_s64(r, PEEK(task, pid));
	put_s64(r, PEEK(task, tgid));
	put_s64(r, PEEK(task, real_parent, pid));
	put_empty(r); /* cwd */
	put_u64(r, task_fdlimit(task));
	put_faults(r, task);
	put_memory(r, mm);
	put_kernel_str(r, task->comm, sizeof(task->comm));
	put_cgroups(r, task);
	put_u32(r, flags_clone(flags) | pidns_flag(task));
	put_u32(r, PEEK(task, cred, euid.val));
	put_u32(r, PEEK(task, cred, egid.val));
	put_s64(r, task_vnr(task, KIND_PID));
	put_s64(r, task_vnr(task, KIND_TGID));
	put_u64(r, ret ? 0 : task_pidns_start(task));
	return 0;
}

/* A child that comes by the end of the call was told of when it was made (on_newtask). */
#define CALL_OF_MAKER(name, TYPE) CALL_IF(name, TYPE, c->ret != 0)

CALL_OF_MAKER(clone, CLONE_X)
{
	fill_clone_of(r->slot, (__u64)current_task(), c->ret, call_arg(c, 0));
}

CALL_OF_MAKER(fork, FORK_X)
{
	fill_clone_of(r->slot, (__u64)current_task(), c->ret, 0);
}

CALL_OF_MAKER(vfork, VFORK_X)
{
	fill_clone_of(r->slot, (__u64)current_task(), c->ret, 0);
}

/* With the flags that the child was made with; if there is none, those that lie there now. */
CALL_OF_MAKER(clone3, CLONE3_X)
{
	unsigned long args = call_arg(c, 0);
	struct told *told = told_of(c->ids, SC_CLONE3, c->compat, args);
	__u64 flags = 0; /* first member of struct clone_args */

	if (told) {
		flags = told->text[0];
		told_release(told);
	} else {
		bpf_probe_read_user(&flags, sizeof(flags), (void *)args);
	}
	fill_clone_of(r->slot, (__u64)current_task(), c->ret, flags);
}

/* ---- exec ---- */

/* Pointers of an array that are followed. */
#define TEXTS_MAX 16

/* The pointer number i of an array that the caller made. */
static __always_inline long user_pointer(
	bool compat, unsigned long array, int i, unsigned long *ret)
{
	*ret = 0;
	return compat ? bpf_probe_read_user(ret, 4, (void *)(array + i * 4))
		      : bpf_probe_read_user(ret, 8, (void *)(array + i * 8));
}

/* Writes the texts of an array from number first on, at most max bytes; returns their length. */
__noinline int write_text_array(__u64 slot_and_at, __u64 array, bool compat, int first, __u32 max)
{
	__u32 slot = slot_and_at >> 32, at = slot_and_at, len = 0;
	struct scratch *s = scratch_at(slot);
	unsigned long text;

	if (!s)
		return 0;
	for (int i = 0; i < TEXTS_MAX; i++) {
		__u8 *to = s->bytes + ((at + len) & RECORD_MAX);

		if (user_pointer(compat, array, first + i, &text) || !text)
			break;
		*to = 0;
		len += text_len(bpf_probe_read_user_str(to, ARGS_MAX, (void *)text));
		len &= RECORD_MAX;
		if (len >= max)
			break;
	}
	if (len > max)
		len = max;
	if (len)
		s->bytes[(at + len - 1) & RECORD_MAX] = 0;
	return len;
}

static __always_inline void put_text_array(
	const struct call *c, struct record *r, unsigned long array, int first, __u32 max)
{
	__u64 where = (__u64)r->slot << 32 | record_pos(r);

	put_len(r, write_text_array(where, array, c->compat, first, max) & RECORD_MAX);
}

/* exe and args of a program that was not run: as the caller gave them. */
static __always_inline void put_asked_args(
	const struct call *c, struct record *r, unsigned long argv)
{
	unsigned long text;
	__u32 before = record_pos(r), exe;

	if (!argv) {
		*room(r) = 0;
		put_len(r, 1);
		put_empty(r);
		return;
	}
	user_pointer(c->compat, argv, 0, &text);
	put_user_str(r, (void *)text, ARGS_MAX);
	exe = (record_pos(r) - before) & (2 * ARGS_MAX - 1);
	put_text_array(c, r, argv, 1, exe < ARGS_MAX ? ARGS_MAX - exe : 0);
}

static __always_inline void put_environment(struct record *r, struct mm_struct *mm)
{
	unsigned long start = PEEK(mm, env_start);

	put_user_texts(r, start, PEEK(mm, env_end) - start, ARGS_MAX);
}

/* Parameters 4 to 15. */
__noinline int fill_exec_task(__u32 slot, __u64 of)
{
	struct task_struct *task = (void *)of;
	struct record record, *r = &record;

	if (!record_resume(r, slot, 3))
		return 0;
	put_s64(r, PEEK(task, pid));
	put_s64(r, PEEK(task, tgid));
	put_s64(r, PEEK(task, real_parent, pid));
	put_empty(r); /* cwd */
	put_u64(r, task_fdlimit(task));
	put_faults(r, task);
	put_memory(r, PEEK(task, mm));
	put_kernel_str(r, task->comm, sizeof(task->comm));
	put_cgroups(r, task);
	return 0;
}

/* Parameters 17 to 30. */
__noinline int fill_exec_file(__u32 slot, __u64 of)
{
	struct task_struct *task = (void *)of;
	struct mm_struct *mm = PEEK_NUMBER(task->mm);
	struct file *exe = PEEK_NUMBER(mm->exe_file);
	struct inode *inode = PEEK_NUMBER(exe->f_inode);
	struct record record, *r = &record;

	if (!record_resume(r, slot, 16))
		return 0;
	put_u32(r, task_tty(task));
	put_s64(r, task_vnr(task, KIND_PGID));
	put_u32(r, PEEK(task, loginuid.val));
	put_u32(r, exe_flags((__u64)PEEK_NUMBER(task->cred), (__u64)exe));
	put_caps(r, task);
	put_u64(r, PEEK(inode, i_ino));
	put_u64(r, inode_ctime(inode));
	put_u64(r, inode_mtime(inode));
	put_u32(r, PEEK(task, cred, euid.val));
	put_path(r, &exe->f_path);
	put_s64(r, task_nr(task, KIND_PGID));
	put_u32(r, PEEK(task, cred, egid.val));
	return 0;
}

/* A program that runs is told of by on_exec (tasks.h); here are those that could not be run. */
CALL_IF(execve, EXECVE_X, c->ret != 0)
{
	put_s64(r, c->ret);
	put_asked_args(c, r, call_arg(c, 1));
	fill_exec_task(r->slot, (__u64)current_task());
	r->n = 15;
	put_text_array(c, r, call_arg(c, 2), 0, ARGS_MAX);
	fill_exec_file(r->slot, (__u64)current_task());
	r->n = 30;
	put_user_path(r, call_arg(c, 0));
}

CALL_IF(execveat, EXECVEAT_X, c->ret != 0)
{
	put_s64(r, c->ret);
	put_asked_args(c, r, call_arg(c, 2));
	fill_exec_task(r->slot, (__u64)current_task());
	r->n = 15;
	put_text_array(c, r, call_arg(c, 3), 0, ARGS_MAX);
	fill_exec_file(r->slot, (__u64)current_task());
}
#endif
