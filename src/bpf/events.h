/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The numbers of event types and system calls, from the tables, for programs in the kernel. */
#ifndef BPF_EVENTS_H
#define BPF_EVENTS_H

enum event_type {
#define EVENT(id, sym, name, cat, source, flags, nparams, ...) EV_##sym = id,
#include "tables/events.def"
#undef EVENT
	EV_MAX
};

/* How many parameters a type has. */
enum event_nparams {
#define EVENT(id, sym, name, cat, source, flags, nparams, ...) NPARAMS_##sym = nparams,
#include "tables/events.def"
#undef EVENT
};

enum syscall_code {
#define SYSCALL(code, sym, name, x86_64, i386, aarch64, event) SC_##sym = code,
#include "tables/syscalls.def"
#undef SYSCALL
	SC_MAX
};
#endif
