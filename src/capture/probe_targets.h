/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which programs of the probe are needed for a set of system calls, and where each is attached.
 */
#ifndef CAPTURE_PROBE_TARGETS_H
#define CAPTURE_PROBE_TARGETS_H
#include <bpf/btf.h>

#include "base/vec.h"
#include "tables/tables.h"

enum target_kind {
	TARGET_CALL,	   /* the dispatcher's table */
	TARGET_TRACEPOINT, /* where the program says */
	TARGET_ENTER,	   /* where the program says, if that is there */
	TARGET_FUNCTION,   /* the end of a function of the kernel */
	TARGET_ITERATOR,   /* nowhere: run when needed */
};

struct target {
	char program[48];
	unsigned code; /* of the system call, 0: needed whatever is wanted */
	enum target_kind kind;
	char function[64]; /* TARGET_FUNCTION */
};

typedef VEC(struct target) target_list;

struct target_needs {
	const bool *wanted; /* system calls by code */
	bool inherit_scope; /* children enter the scope of their makers */
	bool mark_scope;    /* by a mark at their tasks */
	bool per_call;	    /* attach to the functions of calls, not to the end of all calls */
	const struct uring_facts *uring;
};

struct bpf_object;
/*
 * Adds what the object has for it. kernel: its types, to find functions in; NULL: it lets no
 * programs be attached to them. Programs are named by strings of the object or of this file.
 */
void targets_find(target_list *out, const struct target_needs *needs, struct bpf_object *object,
	const struct btf *kernel);
/* Whether a call is wanted that the program is for: what happens to tasks, several calls do. */
bool target_wanted(const struct target *t, const bool wanted[SC_MAX]);
/*
 * Whether the kernel's types do not describe, for some functions of system calls, the registers
 * that these are called with.
 */
bool targets_leave_regs(const struct btf *kernel);
/* Whether some call that socketcall(2) of i386 stands for is wanted, or itself. */
bool wants_socketcall(const bool wanted[SC_MAX]);
/* Number of a system call on this kind of machine, -1: none. */
int native_nr(unsigned code);
#endif
