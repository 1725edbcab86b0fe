/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A system call at its beginning, for what a call was told: when it ends, the program may have put
 * something else in its memory.
 *
 *	ENTER(openat, OPENAT, __ia32_compat_sys_) { ... put_...() ... }
 *
 * defines the programs that make OPENAT_E, each for a place that they can be attached to:
 *	enter_openat	 a trampoline at the kernel's function for the call: no other call pays
 *	enter_openat_32	 the same for the call made the 32-bit way: the third argument of ENTER
 *			 and the name are that function
 *	enter_openat_tp	 the tracepoint of the call, for kernels without trampolines
 *	enter_openat_kp	 a probe at the function of the 32-bit way, for such kernels
 * The source takes what there is (capture/enter.c).
 *
 *	ENTER_TEXT(openat, OPENAT, __ia32_compat_sys_, 1) { ... }
 *
 * is for a call of which argument 1 is a text and the others are no addresses: the text is noted
 * (told.h), and the event made only if there is no place for it.
 */
#ifndef BPF_ENTER_H
#define BPF_ENTER_H
#include "bpf/call.h"
#include "bpf/scope.h"

/* Arguments that a call may have here. */
#define ENTER_ARGS 4

struct enter {
	unsigned long arg[ENTER_ARGS];
	bool compat; /* made the 32-bit way */
};

/* A tracepoint of a system call: format in /sys/kernel/tracing/events/syscalls. */
struct enter_tracepoint {
	__u64 common;
	int nr;
	unsigned long arg[ENTER_ARGS];
};

/* regs: those of the program, at its call; they lie in the kernel, but may not be trusted to. */
static __always_inline void enter_read(struct enter *e, const struct pt_regs *regs, bool compat)
{
	struct call c = {.regs = regs, .compat = compat};

	for (int i = 0; i < ENTER_ARGS; i++)
		e->arg[i] = call_arg(&c, i);
	e->compat = compat;
}

static __always_inline bool enter_wanted(__u32 code, const struct runner *who)
{
	return probe_wanted_code[code] && in_scope_as(who);
}

#if defined(__TARGET_ARCH_x86)
#define ENTER_NATIVE "__x64_sys_"
#define ENTER_32(name, function)                                                                   \
	SEC("fentry/" #function #name) int enter_##name##_32(unsigned long long *ctx)              \
	{                                                                                          \
		struct regs_copy copy;                                                             \
		struct enter e;                                                                    \
                                                                                                   \
		enter_read(&e, call_regs(ctx, &copy), true);                                       \
		return make_##name(&e);                                                            \
	}                                                                                          \
	SEC("kprobe/" #function #name) int enter_##name##_kp(struct pt_regs *ctx)                  \
	{                                                                                          \
		struct pt_regs regs;                                                               \
		struct enter e;                                                                    \
                                                                                                   \
		if (bpf_probe_read_kernel(&regs, sizeof(regs), (void *)ctx->di))                   \
			return 0;                                                                  \
		enter_read(&e, &regs, true);                                                       \
		return make_##name(&e);                                                            \
	}
#elif defined(__TARGET_ARCH_arm64)
#define ENTER_NATIVE "__arm64_sys_"
#define ENTER_32(name, function)
#endif

/* Each place that a call's beginning can be seen at. */
#define ENTER_PLACES(name, function)                                                               \
	SEC("fentry/" ENTER_NATIVE #name) int enter_##name(unsigned long long *ctx)                \
	{                                                                                          \
		struct regs_copy copy;                                                             \
		struct enter e;                                                                    \
                                                                                                   \
		enter_read(&e, call_regs(ctx, &copy), false);                                      \
		return make_##name(&e);                                                            \
	}                                                                                          \
	SEC("tracepoint/syscalls/sys_enter_" #name)                                                \
	int enter_##name##_tp(struct enter_tracepoint *ctx)                                        \
	{                                                                                          \
		struct enter e = {.compat = false};                                                \
                                                                                                   \
		for (int i = 0; i < ENTER_ARGS; i++)                                               \
			e.arg[i] = ctx->arg[i];                                                    \
		return make_##name(&e);                                                            \
	}                                                                                          \
	ENTER_32(name, function)

/* The event is made if the condition holds, in which e is a pointer to a struct enter. */
#define ENTER_IF(name, TYPE, function, condition)                                                  \
	static __always_inline void enter_fill_##name(const struct enter *e, struct record *r);    \
	static __always_inline int make_##name(const struct enter *e)                              \
	{                                                                                          \
		struct runner who = runner_now();                                                  \
		struct record r;                                                                   \
                                                                                                   \
		if (!enter_wanted(SC_##TYPE, &who) || !(condition) ||                              \
			!record_begin(&r, who.ids, EV_##TYPE##_E, NPARAMS_##TYPE##_E))             \
			return 0;                                                                  \
		enter_fill_##name(e, &r);                                                          \
		record_end(&r);                                                                    \
		return 0;                                                                          \
	}                                                                                          \
	ENTER_PLACES(name, function)                                                               \
	static __always_inline void enter_fill_##name(const struct enter *e, struct record *r)

#define ENTER(name, TYPE, function) ENTER_IF(name, TYPE, function, true)

#define ENTER_TEXT(name, TYPE, function, i)                                                        \
	ENTER_IF(name, TYPE, function, !told_note(who.ids, SC_##TYPE, e->compat, e->arg[i]))
#endif
