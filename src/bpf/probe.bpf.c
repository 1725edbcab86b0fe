/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The probe: makes event records of what the processes of its scope do.
 *
 * One program at the end of all system calls finds out in two loads whether anybody wants the call,
 * and goes on into the program that makes its event (call.h).  Events of the scheduler and of
 * signals have tracepoints of their own (tasks.h).  Every program is loaded only if something needs
 * it, so whatever is dear in one costs nothing elsewhere.
 */
#include "bpf/call.h"
#include "bpf/scope.h"

#include "bpf/tasks.h"

#include "bpf/calls_files.h"
#include "bpf/calls_ids.h"
#include "bpf/calls_io.h"
#include "bpf/calls_memory.h"
#include "bpf/calls_messages.h"
#include "bpf/calls_misc.h"
#include "bpf/calls_mounts.h"
#include "bpf/calls_net.h"
#include "bpf/calls_open.h"
#include "bpf/calls_paths.h"

#include "bpf/uring_points.h"

/* Calls without an event of their own. */
CALL_FIXED(generic, SYSCALL_X, 4)
{
	__u32 nr = call_nr(c->regs) & (PROBE_MAX_NR - 1);

	put_u16(r, c->compat ? probe_code_compat[nr] : probe_code_native[nr]);
	put_u16(r, nr);
}

/*
 * On into the program of the call.  To those that are called often by a number that the verifier
 * knows: the kernel makes that a plain jump, where others go through the table by an indirect one,
 * which costs several times as much since processors are kept from guessing.
 */
static __always_inline void go_on(unsigned long long *ctx, __u32 code)
{
#define GO_ON(call)                                                                                \
	case SC_##call:                                                                            \
		bpf_tail_call_static(ctx, &probe_calls, SC_##call);                                \
		return
	switch (code) {
		GO_ON(CLOSE);
		GO_ON(OPENAT);
		GO_ON(READ);
		GO_ON(WRITE);
		GO_ON(SENDTO);
		GO_ON(RECVFROM);
		GO_ON(SENDMSG);
		GO_ON(RECVMSG);
		GO_ON(CONNECT);
		GO_ON(ACCEPT4);
		GO_ON(FCNTL);
		GO_ON(DUP2);
	}
#undef GO_ON
	bpf_tail_call(ctx, &probe_calls, code);
}

SEC("tp_btf/sys_exit")
int dispatch(unsigned long long *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx[0];
	unsigned long nr = call_nr(regs);
	struct runner who;
	__u8 wanted;
	__u32 code;

	if (nr >= PROBE_MAX_NR)
		return 0;
	wanted = probe_wanted_nr[nr];
	if (!wanted)
		return 0;
	who = runner_now();
	code = call_code(regs, nr, wanted, made_compat(who.task));
	if (code >= PROBE_MAX_CODE || !probe_wanted_code[code])
		return 0;
	if (probe_drop_failed && (long)ctx[1] < 0) {
		told_forget(who.ids);
		return 0;
	}
	if (!in_scope_as(&who))
		return 0;
	go_on(ctx, code);
	return 0;
}

char probe_license[] SEC("license") = "GPL";
