/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What happens to tasks outside of system calls: programs start, processes end, signals arrive. */
#ifndef BPF_TASKS_H
#define BPF_TASKS_H
#include "bpf/calls_tasks.h"
#include "bpf/scope.h"

#define TRACEPOINT_FIXED(r, TYPE, payload)                                                         \
	record_begin_fixed(                                                                        \
		r, current_ids(), EV_##TYPE, NPARAMS_##TYPE, FIXED_SIZE(NPARAMS_##TYPE, payload))

/* ---- the scope ---- */

/* started: when its process did, exactly. */
static __always_inline void scope_add_number(__u32 tgid, __u64 started)
{
	struct probe_counters *counters = counters_here();

	if (bpf_map_update_elem(&probe_scope_pids, &tgid, &started, BPF_ANY) == 0)
		return;
	if (counters)
		counters->events++;
	count_drop(DROP_SCOPE, EV_CLONE_X);
}

static __always_inline void scope_add(struct task_struct *task)
{
	if (probe_scope == SCOPE_TASKS &&
		bpf_task_storage_get(&probe_scope_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return;
	scope_add_number(task->tgid, task->group_leader->start_boottime);
	probe_scope_unmarked = 1;
	probe_scope_by_number = 1;
}

SEC("tp_btf/sched_process_fork")
int scope_fork(unsigned long long *ctx)
{
	if (in_scope())
		scope_add((struct task_struct *)ctx[1]);
	return 0;
}

/*
 * The kernel has done with the last thread of a process, after all of its events.  This happens in
 * an interrupt of whoever runs, where a kernel may leave out programs; what stays then is harmless,
 * as its number counts for nobody who starts later.
 */
SEC("tp_btf/sched_process_free")
int scope_free(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	__u32 tgid = task->tgid;
	__u64 *latest;

	if (probe_scope == SCOPE_TASKS && !probe_scope_by_number)
		return 0;
	if (task->pid != task->tgid)
		return 0;
	latest = bpf_map_lookup_elem(&probe_scope_pids, &tgid);
	if (latest && task->start_boottime <= *latest)
		bpf_map_delete_elem(&probe_scope_pids, &tgid);
	return 0;
}

/* Called for every task there is: marks those whose number is in. */
SEC("iter/task")
int scope_mark(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u64 *latest;
	__u32 tgid;

	if (!task)
		return 0;
	tgid = task->tgid;
	latest = bpf_map_lookup_elem(&probe_scope_pids, &tgid);
	if (latest && task->group_leader->start_boottime <= *latest)
		scope_add(task);
	return 0;
}

/* ---- children ---- */

static __always_inline const struct pt_regs *task_regs(
	struct task_struct *task, struct regs_copy *copy)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (const struct pt_regs *)bpf_task_pt_regs(task);
	return copied_regs(task, copy);
}

/*
 * The event of the call that makes the child, which its maker is still in; 0: nobody wants that, or
 * the kernel makes it for itself.  Where the registers can not be had (arm64 before Linux 5.15) all
 * count as clones.
 */
static __always_inline __u16 making_call(
	const struct runner *maker, struct task_struct *child, __u64 flags)
{
	struct call c = {.compat = made_compat(maker->task)};
	struct regs_copy copy;
	__u32 nr, code;

	c.regs = task_regs(maker->task, &copy);
	if (!c.regs)
		return BPF_CORE_READ(child, flags) & PF_IO_WORKER ? 0 : EV_CLONE_X;
	nr = call_nr(c.regs) & (PROBE_MAX_NR - 1);
	code = c.compat ? probe_code_compat[nr] : probe_code_native[nr];
	if (code >= PROBE_MAX_CODE || !probe_wanted_code[code])
		return 0;
	switch (code) {
	case SC_CLONE:
		return EV_CLONE_X;
	case SC_CLONE3:
		told_note_number(maker->ids, SC_CLONE3, c.compat, call_arg(&c, 0), flags);
		return EV_CLONE3_X;
	case SC_FORK:
		return EV_FORK_X;
	case SC_VFORK:
		return EV_VFORK_X;
	}
	return 0;
}

/* By number or mark it will be once it is there, if its maker is. */
static __always_inline bool child_in_scope(const struct runner *maker, struct task_struct *child)
{
	struct runner who = {.task = child};

	if (probe_scope == SCOPE_TASKS || probe_scope == SCOPE_PIDS)
		return in_scope_as(maker);
	who.ids = (__u64)(__u32)BPF_CORE_READ(child, tgid) << 32 | (__u32)BPF_CORE_READ(child, pid);
	return in_scope_as(&who);
}

/*
 * The child's side of a clone, told before the child runs: what flags it was made with nobody but
 * the kernel knows afterwards.  Those of clone3 lie in the memory of its maker, who shares it with
 * a thread and goes on.
 */
SEC("tp_btf/task_newtask")
int on_newtask(unsigned long long *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx[0];
	struct runner maker = runner_now();
	__u64 flags = ctx[1];
	struct record r;
	__u16 type;

	if (!BPF_CORE_READ(child, mm) || !child_in_scope(&maker, child))
		return 0;
	type = making_call(&maker, child, flags);
	if (!type || !record_begin(&r, maker.ids, EV_CLONE_X, NPARAMS_CLONE_X))
		return 0;
	r.type = type;
	r.tid = BPF_CORE_READ(child, pid);
	/* A function of its own takes numbers only: by way of memory the pointer becomes one. */
	r.scratch->parts[0] = (__u64)child;
	barrier();
	fill_clone_of(r.slot, r.scratch->parts[0], 0,
		type == EV_FORK_X || type == EV_VFORK_X ? 0 : flags);
	record_end(&r);
	return 0;
}

/* ---- programs ---- */

SEC("tp_btf/sched_process_exec")
int on_exec(unsigned long long *ctx)
{
	struct linux_binprm *bprm = (struct linux_binprm *)ctx[2];
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct record r;

	if (!in_scope() || !mm || !record_begin(&r, current_ids(), EV_EXECVE_X, NPARAMS_EXECVE_X))
		return 0;
	put_s64(&r, 0);
	put_args(&r, mm);
	fill_exec_task(r.slot, (__u64)task);
	r.n = 15;
	put_environment(&r, mm);
	fill_exec_file(r.slot, (__u64)task);
	r.n = 30;
	put_kernel_str(&r, BPF_CORE_READ(bprm, filename), PATH_MAX);
	record_end(&r);
	return 0;
}

/* ---- ends ---- */

#define THREADS_TRIED 30
#define ANCESTORS_TRIED 30

/* A thread of the process that goes on living: 0 if there is none, -1 if there are too many to
 * tell. */
static __always_inline __s64 living_thread(struct task_struct *of)
{
	struct signal_struct *signal = BPF_CORE_READ(of, signal);
	void *head = (void *)signal + bpf_core_field_offset(struct signal_struct, thread_head);
	void *node = BPF_CORE_READ(signal, thread_head.next);

	for (int i = 0; i < THREADS_TRIED; i++) {
		struct task_struct *t =
			node - bpf_core_field_offset(struct task_struct, thread_node);

		if (node == head)
			return 0;
		if (!(BPF_CORE_READ(t, flags) & PF_EXITING))
			return BPF_CORE_READ(t, pid);
		node = BPF_CORE_READ(t, thread_node.next);
	}
	return -1;
}

static __always_inline bool has_children(struct task_struct *task)
{
	void *head = (void *)task + bpf_core_field_offset(struct task_struct, children);

	return (void *)BPF_CORE_READ(task, children.next) != head;
}

/* Who inherits the children of a task that ends: 0 nobody, -1 unknown. */
static __always_inline __s64 reaper_of(struct task_struct *task)
{
	struct task_struct *init = BPF_CORE_READ(task_pidns(task), child_reaper), *t;
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	__u32 level = BPF_CORE_READ(task, thread_pid, level);
	__s64 heir = living_thread(task);

	if (heir)
		return heir;
	if (init == task)
		return 0;
	if (!BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper))
		return BPF_CORE_READ(init, pid);
	t = BPF_CORE_READ(task, real_parent);
	for (int i = 0; i < ANCESTORS_TRIED; i++) {
		if (t == init || BPF_CORE_READ(t, thread_pid, level) != level)
			return BPF_CORE_READ(init, pid);
		signal = BPF_CORE_READ(t, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper)) {
			heir = living_thread(t);
			if (heir)
				return heir;
		}
		t = BPF_CORE_READ(t, real_parent);
	}
	return -1;
}

SEC("tp_btf/sched_process_exit")
int on_exit(unsigned long long *ctx)
{
	struct task_struct *task = current_task();
	__s32 code = BPF_CORE_READ(task, exit_code);
	__s64 reaper;
	struct record r;

	if (!in_scope())
		return 0;
	told_forget(current_ids()); /* of a call that it was killed in */
	reaper = has_children(task) ? reaper_of(task) : 0;
	if (!TRACEPOINT_FIXED(&r, PROCEXIT_E, 26))
		return 0;
	put_s64(&r, code);
	put_s64(&r, code >> 8 & 0xff);
	put_u8(&r, code & 0x7f);
	put_u8(&r, (code & 0x80) != 0);
	put_s64(&r, reaper);
	record_end(&r);
	return 0;
}

/* ---- signals, the scheduler, page faults ---- */

#define SIGNAL_BIT(sig) (1ULL << (sig))
#define SIGCHLD_NR 17
#define SIGRTMIN_NR 32
/* HUP INT QUIT KILL TERM TSTP: whose sender is told. */
#define SIGNALS_OF_PROCESSES                                                                       \
	(SIGNAL_BIT(1) | SIGNAL_BIT(2) | SIGNAL_BIT(3) | SIGNAL_BIT(9) | SIGNAL_BIT(15) |          \
		SIGNAL_BIT(20))
/* Codes of signals that say which process sent them: what others have there is not its number. */
#define SI_USER 0
#define SI_QUEUE (-1)
#define SI_MESGQ (-3)
#define SI_TKILL (-6)

static __always_inline bool has_sender(__s32 code)
{
	return code == SI_USER || code == SI_QUEUE || code == SI_MESGQ || code == SI_TKILL;
}

/* Who sent it, 0: unknown, or the kernel. */
static __always_inline __s64 sender_of(struct kernel_siginfo *info, __u32 sig)
{
	if (sig == SIGCHLD_NR)
		return BPF_CORE_READ(info, _sifields._sigchld._pid);
	if (sig < SIGRTMIN_NR && !(SIGNALS_OF_PROCESSES >> sig & 1))
		return 0;
	return has_sender(BPF_CORE_READ(info, si_code)) ? BPF_CORE_READ(info, _sifields._kill._pid)
							: 0;
}

SEC("tp_btf/signal_deliver")
int on_signal(unsigned long long *ctx)
{
	struct kernel_siginfo *info = (struct kernel_siginfo *)ctx[1];
	__u32 sig = ctx[0] & 0x7f;
	struct record r;

	if (!in_scope() || !TRACEPOINT_FIXED(&r, SIGNALDELIVER_E, 17))
		return 0;
	put_s64(&r, info ? sender_of(info, sig) : 0);
	put_s64(&r, (__u32)bpf_get_current_pid_tgid());
	put_u8(&r, sig);
	record_end(&r);
	return 0;
}

SEC("tp_btf/sched_switch")
int on_switch(unsigned long long *ctx)
{
	struct task_struct *prev = (struct task_struct *)ctx[1],
			   *next = (struct task_struct *)ctx[2];
	struct record r;

	if (!in_scope() || !TRACEPOINT_FIXED(&r, SWITCH_E, 36))
		return 0;
	put_s64(&r, BPF_CORE_READ(next, pid));
	put_faults(&r, prev);
	put_memory(&r, BPF_CORE_READ(prev, mm));
	record_end(&r);
	return 0;
}

#if defined(__TARGET_ARCH_x86)
/* Each bit of the processor's says one of two things. */
static __always_inline __u32 fault_flags(__u64 error)
{
	return (error & 1 ? 0x1 : 0x2) | (error & 2 ? 0x4 : 0x8) | (error & 4 ? 0x10 : 0x20) |
	       (error & 8 ? 0x40 : 0) | (error & 16 ? 0x80 : 0);
}

static __always_inline int page_fault(unsigned long long *ctx)
{
	struct record r;

	if (!in_scope() || !TRACEPOINT_FIXED(&r, PAGE_FAULT_E, 20))
		return 0;
	put_u64(&r, ctx[0]);
	put_u64(&r, ((const struct pt_regs *)ctx[1])->ip);
	put_u32(&r, fault_flags(ctx[2]));
	record_end(&r);
	return 0;
}

SEC("tp_btf/page_fault_user")
int on_page_fault_user(unsigned long long *ctx)
{
	return page_fault(ctx);
}

SEC("tp_btf/page_fault_kernel")
int on_page_fault_kernel(unsigned long long *ctx)
{
	return page_fault(ctx);
}
#endif
#endif
