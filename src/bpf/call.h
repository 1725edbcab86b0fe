/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A system call at its end: registers, result, who made it.
 *
 *	CALL(openat, OPENAT_X)
 *	{
 *		put_s64(r, c->ret);
 *		...
 *	}
 *
 * defines the program call_openat, which the source finds by the name of the system call.  Its
 *context is that of the tracepoint sys_exit, registers and result; a trampoline at the end of the
 *kernel's own function for the call hands over the same, so one program serves both ways to attach.
 */
#ifndef BPF_CALL_H
#define BPF_CALL_H
#include "bpf/record.h"
#include "bpf/scope.h"
#include "bpf/told.h"

struct call {
	const struct pt_regs *regs;
	long ret;
	bool compat; /* made the 32-bit way */
	struct task_struct *task;
	__u64 ids; /* of who made it, as of bpf_get_current_pid_tgid() */
};

#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 2
#define NR_SOCKETCALL 102 /* of i386: calls about sockets by a number of their own */

/* Whether the call that ends was made the 32-bit way. */
static __always_inline bool made_compat(struct task_struct *task)
{
	if (TASK_LOADS)
		return task->thread_info.status & TS_COMPAT;
	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}

static __always_inline long call_nr(const struct pt_regs *regs)
{
	return regs->orig_ax;
}

#define STACK_SIZE 16384 /* of a task, in the kernel */
#define REGS_SIZE 168	 /* of all registers; of them those from this one on are looked at */
#define FIRST_REG 32

/* Registers from bp to orig_ax: where they lie has always been the same. */
struct regs_copy {
	unsigned long regs[12];
};

/* Of the program that the task runs, which are at the top of its stack in the kernel. */
static __always_inline const struct pt_regs *copied_regs(
	struct task_struct *task, struct regs_copy *copy)
{
	bpf_probe_read_kernel(copy, sizeof(*copy),
		BPF_CORE_READ(task, stack) + STACK_SIZE - REGS_SIZE + FIRST_REG);
	return (void *)copy - FIRST_REG;
}

/*
 * The caller's registers, which a program attached to a function gets first.  Where the kernel's
 * types do not describe them there (Debian's 5.10), nobody may look at them in place.
 */
static __always_inline const struct pt_regs *call_regs(
	unsigned long long *ctx, struct regs_copy *copy)
{
	if (probe_copies_regs)
		return copied_regs((struct task_struct *)bpf_get_current_task(), copy);
	return (const struct pt_regs *)ctx[0];
}

/* Argument i (a constant) as the caller put it into its register. */
static __always_inline unsigned long call_arg(const struct call *c, int i)
{
	const struct pt_regs *regs = c->regs;

	if (c->compat) {
		switch (i) {
		case 0:
			return (__u32)regs->bx;
		case 1:
			return (__u32)regs->cx;
		case 2:
			return (__u32)regs->dx;
		case 3:
			return (__u32)regs->si;
		case 4:
			return (__u32)regs->di;
		default:
			return (__u32)regs->bp;
		}
	}
	switch (i) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}
#elif defined(__TARGET_ARCH_arm64)
#define TIF_32BIT 22

struct regs_copy {
};

/* Not known how where the kernel does not help: 0. */
static __always_inline const struct pt_regs *copied_regs(
	struct task_struct *task, struct regs_copy *copy)
{
	return 0;
}

static __always_inline bool made_compat(struct task_struct *task)
{
	if (TASK_LOADS)
		return task->thread_info.flags >> TIF_32BIT & 1;
	return BPF_CORE_READ(task, thread_info.flags) >> TIF_32BIT & 1;
}

static __always_inline long call_nr(const struct pt_regs *regs)
{
	return (__u32)regs->syscallno; /* -1: it was no call */
}

static __always_inline const struct pt_regs *call_regs(
	unsigned long long *ctx, struct regs_copy *copy)
{
	return (const struct pt_regs *)ctx[0];
}

static __always_inline unsigned long call_arg(const struct call *c, int i)
{
	return i == 0 ? c->regs->orig_x0 : c->regs->regs[i];
}
#endif

/* A number to the verifier, which may be handed to functions of their own. */
static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline void call_begin(struct call *c, const struct pt_regs *regs, long ret)
{
	struct runner who = runner_now();

	c->regs = regs;
	c->ret = ret;
	c->task = who.task;
	c->ids = who.ids;
	c->compat = made_compat(who.task);
}

#if defined(__TARGET_ARCH_x86)
/* What socketcall(2) was asked for: numbers of include/uapi/linux/net.h. */
static __always_inline __u32 socketcall_code(const struct pt_regs *regs)
{
	static const __u16 codes[] = {SC_SOCKETCALL, SC_SOCKET, SC_BIND, SC_CONNECT, SC_LISTEN,
		SC_ACCEPT, SC_GETSOCKNAME, SC_GETPEERNAME, SC_SOCKETPAIR, SC_SEND, SC_RECV,
		SC_SENDTO, SC_RECVFROM, SC_SHUTDOWN, SC_SETSOCKOPT, SC_GETSOCKOPT, SC_SENDMSG,
		SC_RECVMSG, SC_ACCEPT4, SC_RECVMMSG, SC_SENDMMSG};
	__u32 asked = regs->bx;

	return codes[asked < sizeof(codes) / sizeof(*codes) ? asked : 0];
}
#endif

/* The code of the call with this number, which the tables of wanted numbers say may be wanted. */
static __always_inline __u32 call_code(
	const struct pt_regs *regs, unsigned long nr, __u8 wanted, bool compat)
{
	if (!(wanted & (compat ? WANTED_COMPAT : WANTED_NATIVE)))
		return PROBE_MAX_CODE;
#if defined(__TARGET_ARCH_x86)
	if (compat && nr == NR_SOCKETCALL)
		return socketcall_code(regs);
#endif
	return compat ? probe_code_compat[nr] : probe_code_native[nr];
}

/* A descriptor, or a result: 32 bits with a sign. */
static __always_inline __s64 call_fd(const struct call *c, int i)
{
	return (__s32)call_arg(c, i);
}

#define SOCKETCALLS 20
#define SOCKETCALL_NONE (SOCKETCALLS + 1)

/*
 * What socketcall(2) calls the call of a program, SOCKETCALL_NONE: what it does not know.  0: the
 * program has nothing to do with it.  Known when this is compiled.
 */
static __always_inline __u32 socketcall_nr(const char *name)
{
#define IS_CALL(nr, call)                                                                          \
	if (__builtin_strcmp(name, call) == 0)                                                     \
	return nr
	IS_CALL(1, "socket");
	IS_CALL(2, "bind");
	IS_CALL(3, "connect");
	IS_CALL(4, "listen");
	IS_CALL(5, "accept");
	IS_CALL(6, "getsockname");
	IS_CALL(7, "getpeername");
	IS_CALL(8, "socketpair");
	IS_CALL(9, "send");
	IS_CALL(10, "recv");
	IS_CALL(11, "sendto");
	IS_CALL(12, "recvfrom");
	IS_CALL(13, "shutdown");
	IS_CALL(14, "setsockopt");
	IS_CALL(15, "getsockopt");
	IS_CALL(16, "sendmsg");
	IS_CALL(17, "recvmsg");
	IS_CALL(18, "accept4");
	IS_CALL(19, "recvmmsg");
	IS_CALL(SOCKETCALLS, "sendmmsg");
	IS_CALL(SOCKETCALL_NONE, "generic");
#undef IS_CALL
	return 0;
}

/*
 * What the dispatcher has found out before it goes on, when there is none. socketcall: the number
 * by which socketcall(2) asks for the call; there all programs of such calls are attached.
 */
static __always_inline bool call_passes(const struct pt_regs *regs, long ret, __u32 socketcall)
{
	if (!probe_per_call)
		return true;
#if defined(__TARGET_ARCH_x86)
	if (socketcall && call_nr(regs) == NR_SOCKETCALL) {
		__u32 asked = regs->bx;

		if ((asked && asked <= SOCKETCALLS ? asked : SOCKETCALL_NONE) != socketcall)
			return false;
	}
#endif
	if (probe_drop_failed && ret < 0) {
		told_forget(current_ids());
		return false;
	}
	return in_scope();
}

/* The program of a call: then() goes on with c, a struct call. */
#define CALL_PROGRAM(name, then)                                                                   \
	SEC("tp_btf/sys_exit") int call_##name(unsigned long long *ctx)                            \
	{                                                                                          \
		struct regs_copy copy;                                                             \
		const struct pt_regs *regs =                                                       \
			probe_per_call ? call_regs(ctx, &copy) : (const struct pt_regs *)ctx[0];   \
		struct call c;                                                                     \
                                                                                                   \
		if (!call_passes(regs, ctx[1], socketcall_nr(#name)))                              \
			return 0;                                                                  \
		call_begin(&c, regs, ctx[1]);                                                      \
		then(&c);                                                                          \
		return 0;                                                                          \
	}

/* A record, if begun, in which c is a pointer to a struct call and r to the record. */
#define CALL_RECORD(name, begun)                                                                   \
	static __always_inline void fill_##name(const struct call *c, struct record *r);           \
	static __always_inline void record_##name(const struct call *c)                            \
	{                                                                                          \
		struct record here, *r = &here;                                                    \
                                                                                                   \
		if (!(begun))                                                                      \
			return;                                                                    \
		fill_##name(c, r);                                                                 \
		record_end(r);                                                                     \
	}                                                                                          \
	CALL_PROGRAM(name, record_##name)                                                          \
	static __always_inline void fill_##name(const struct call *c, struct record *r)

/* The call is told of if the condition holds, in which c is a pointer to a struct call. */
#define CALL_IF(name, TYPE, condition)                                                             \
	CALL_RECORD(name, (condition) && record_begin(r, c->ids, EV_##TYPE, NPARAMS_##TYPE))

#define CALL(name, TYPE) CALL_IF(name, TYPE, true)

/* The parameters have payload bytes, always: the record is written in place. */
#define CALL_FIXED(name, TYPE, payload)                                                            \
	CALL_RECORD(name, record_begin_fixed(r, c->ids, EV_##TYPE, NPARAMS_##TYPE,                 \
				  FIXED_SIZE(NPARAMS_##TYPE, payload)))

/* Makes any number of records, and begins and ends them itself. */
#define CALL_SEVERAL(name)                                                                         \
	static __always_inline void make_##name(const struct call *c);                             \
	CALL_PROGRAM(name, make_##name)                                                            \
	static __always_inline void make_##name(const struct call *c)

/* ---- calls that are told alike ---- */

/* A result and a descriptor. */
#define CALL_OF_FD(name, TYPE)                                                                     \
	CALL_FIXED(name, TYPE, 16)                                                                 \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		put_s64(r, call_fd(c, 0));                                                         \
	}

/* A result and a path. */
#define CALL_OF_PATH(name, TYPE)                                                                   \
	CALL(name, TYPE)                                                                           \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		put_user_path(r, call_arg(c, 0));                                                  \
	}
#endif
