/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call is served by the program of its name, call_NAME, or by that of another call with
 * the same event; calls without an event of their own by call_generic.
 *
 * Attached call by call, a program ends the kernel's own function for it.  These are called as the
 * table of the architecture says, mostly by the call's name; where 32-bit programs have a function
 * of their own there is one more.  Functions are looked for in the kernel's types, none is taken
 * for granted.
 */
#include "capture/probe_targets.h"

#include <bpf/libbpf.h>
#include <stdio.h>

#include "base/mem.h"
#include "capture/enter.h"
#include "capture/probe_uring.h"

int native_nr(unsigned code)
{
#if defined(__aarch64__)
	return syscall_table[code].nr_aarch64;
#else
	return syscall_table[code].nr_x86_64;
#endif
}

/* ---- programs ---- */

static const struct bpf_program *program_named(const struct bpf_object *o, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "call_%s", name);
	return bpf_object__find_program_by_name(o, full);
}

static const struct bpf_program *program_of(const struct bpf_object *o, unsigned code)
{
	const struct syscall_info *call = &syscall_table[code];
	const struct bpf_program *program;

	if (call->event == EV_SYSCALL_X)
		return program_named(o, "generic");
	program = program_named(o, call->name);
	for (unsigned i = 1; !program && i < SC_MAX; i++)
		if (syscall_table[i].event == call->event)
			program = program_named(o, syscall_table[i].name);
	return program;
}

/* Programs with tracepoints of their own, and the codes that they are needed for. */
static const struct tracepoint {
	const char *program;
	unsigned code;
	enum { ALWAYS, IF_SCOPE, IF_MARKS } when;
} tracepoints[] = {
	{"scope_fork", 0, IF_SCOPE},
	{"scope_free", 0, IF_SCOPE},
	{"scope_mark", 0, IF_MARKS},
	{"on_newtask", SC_CLONE, ALWAYS},
	{"on_exec", SC_EXECVE, ALWAYS},
	{"on_exit", SC_SCHED_PROCESS_EXIT, ALWAYS},
	{"on_signal", SC_SIGNAL_DELIVER, ALWAYS},
	{"on_switch", SC_SCHED_SWITCH, ALWAYS},
	{"on_page_fault_user", SC_PAGE_FAULT_USER, ALWAYS},
	{"on_page_fault_kernel", SC_PAGE_FAULT_KERNEL, ALWAYS},
};

bool target_wanted(const struct target *t, const bool wanted[SC_MAX])
{
	if (!t->code)
		return true;
	if (t->kind == TARGET_TRACEPOINT && t->code == SC_EXECVE)
		return wanted[SC_EXECVE] || wanted[SC_EXECVEAT];
	if (t->kind == TARGET_TRACEPOINT && t->code == SC_CLONE)
		return wanted[SC_CLONE] || wanted[SC_CLONE3] || wanted[SC_FORK] || wanted[SC_VFORK];
	return wanted[t->code];
}

static bool called_for(const struct tracepoint *t, const struct target_needs *needs)
{
	switch (t->when) {
	case IF_SCOPE:
		return needs->inherit_scope;
	case IF_MARKS:
		return needs->mark_scope;
	default:
		return true;
	}
}

static struct target target_of(const char *program, unsigned code, enum target_kind kind)
{
	struct target t = {.code = code, .kind = kind};

	snprintf(t.program, sizeof(t.program), "%s", program);
	return t;
}

static void add_tracepoints(
	target_list *out, const struct target_needs *needs, const struct bpf_object *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		const struct tracepoint *t = &tracepoints[i];
		struct target target = target_of(t->program, t->code,
			t->when == IF_MARKS ? TARGET_ITERATOR : TARGET_TRACEPOINT);

		if (called_for(t, needs) && target_wanted(&target, needs->wanted) &&
			bpf_object__find_program_by_name(o, t->program))
			vec_push(out, target);
	}
}

static void add_urings(target_list *out, const struct target_needs *needs)
{
	for (unsigned i = 0; uring_wanted(needs->wanted) && i < needs->uring->nprograms; i++)
		vec_push(out, target_of(needs->uring->programs[i], 0, TARGET_TRACEPOINT));
}

/* ---- functions of system calls ---- */

/* Whether socketcall(2) of i386 stands for the call. */
static bool by_socketcall(unsigned code)
{
	static const uint16_t types[] = {EV_SOCKET_X, EV_BIND_X, EV_CONNECT_X, EV_LISTEN_X,
		EV_ACCEPT_X, EV_GETSOCKNAME_X, EV_GETPEERNAME_X, EV_SOCKETPAIR_X, EV_SEND_X,
		EV_RECV_X, EV_SENDTO_X, EV_RECVFROM_X, EV_SHUTDOWN_X, EV_SETSOCKOPT_X,
		EV_GETSOCKOPT_X, EV_SENDMSG_X, EV_RECVMSG_X, EV_ACCEPT4_X, EV_RECVMMSG_X,
		EV_SENDMMSG_X};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (syscall_table[code].event == types[i])
			return true;
	return false;
}

bool wants_socketcall(const bool wanted[SC_MAX])
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (wanted[code] && by_socketcall(code))
			return true;
	return wanted[SC_SOCKETCALL];
}

/* Calls whose function has another name: table of system calls of the kernel. */
static const struct other_name {
	unsigned code;
	const char *name;
} renamed[] = {
	{SC_STAT, "newstat"},
	{SC_LSTAT, "newlstat"},
	{SC_FSTAT, "newfstat"},
	{SC_UNAME, "newuname"},
	{SC_SENDFILE, "sendfile64"},
	{SC_UMOUNT2, "umount"},
};

static const char *function_name(unsigned code)
{
	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
		if (renamed[i].code == code)
			return renamed[i].name;
	return syscall_table[code].name;
}

bool targets_leave_regs(const struct btf *kernel)
{
	return btf__find_by_name_kind(kernel, "pt_regs", BTF_KIND_FWD) > 0;
}

/* Whether it takes the registers of the program, as functions that the table calls do. */
static bool takes_registers(const struct btf *kernel, const struct btf_type *function)
{
	const struct btf_type *t = btf__type_by_id(kernel, function->type);

	if (!t || btf_vlen(t) != 1)
		return false;
	t = btf__type_by_id(kernel, btf_params(t)->type);
	if (!t || !btf_is_ptr(t))
		return false;
	t = btf__type_by_id(kernel, t->type);
	if (t && btf_is_const(t))
		t = btf__type_by_id(kernel, t->type);
	return t && strcmp(btf__name_by_offset(kernel, t->name_off), "pt_regs") == 0;
}

static bool has_function(const struct btf *kernel, const char *name)
{
	int id = btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC);

	return id > 0 && takes_registers(kernel, btf__type_by_id(kernel, (unsigned)id));
}

static bool is_there(const target_list *list, const struct target *t)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].function, t->function) == 0 &&
			strcmp(list->v[i].program, t->program) == 0)
			return true;
	return false;
}

/* What functions of a call are looked for with. */
struct function_search {
	target_list *out;
	const struct btf *kernel;
	const char *program;
	unsigned code;
};

/* Adds the function, if the kernel has it. Several names of a call may lead to it. */
static void add_function(
	const struct function_search *f, const char *prefix, const char *name, const char *suffix)
{
	struct target t = target_of(f->program, f->code, TARGET_FUNCTION);

	snprintf(t.function, sizeof(t.function), "%s%s%s", prefix, name, suffix);
	if (has_function(f->kernel, t.function) && !is_there(f->out, &t))
		vec_push(f->out, t);
}

#if defined(__x86_64__)
/*
 * Functions for 32-bit programs. Those without arguments have one function for all programs, which
 * the kernel's types know by its inner name only.
 */
static const char *const compat_prefixes[] = {"__ia32_compat_sys_", "__ia32_sys_",
	"__ia32_compat_sys_ia32_", "__ia32_sys_ia32_", "__ia32_compat_sys_x86_", "__do_sys_"};
static const char *const compat_suffixes[] = {
	"16", "32", "64", "_64", "_pgoff", "_time32", "_time64"};

/* Further ones, by names that are not made so. */
static const struct other_name compat_names[] = {
	{SC_CLOCK_ADJTIME, "clock_adjtime32"},
	{SC_GETRLIMIT, "old_getrlimit"},
	{SC_LSEEK, "llseek"},
	{SC_MMAP, "mmap"},
	{SC_NEWFSTATAT, "fstatat64"},
	{SC_NEWFSTATAT, "fstatat"},
	{SC_PREAD64, "pread"},
	{SC_PWRITE64, "pwrite"},
	{SC_SELECT, "old_select"},
	{SC_SENDFILE, "sendfile"},
	{SC_STAT, "stat64"},
	{SC_UGETRLIMIT, "getrlimit"},
	{SC_LSTAT, "lstat64"},
	{SC_FSTAT, "fstat64"},
	{SC_UMOUNT2, "oldumount"},
};

static void add_compat(const struct function_search *f, const char *name, const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(compat_prefixes); i++)
		add_function(f, compat_prefixes[i], name, suffix);
}

/* getdents64 is no getdents for other programs: both calls are there for all. */
static bool is_another_call(const char *name, const char *suffix)
{
	char both[64];

	snprintf(both, sizeof(both), "%s%s", name, suffix);
	for (unsigned code = 1; code < SC_MAX; code++)
		if (native_nr(code) >= 0 && strcmp(syscall_table[code].name, both) == 0)
			return true;
	return false;
}

static void add_functions(const struct function_search *f)
{
	const char *name = function_name(f->code);

	add_function(f, "__x64_sys_", name, "");
	add_compat(f, name, "");
	for (size_t i = 0; i < ARRAY_SIZE(compat_suffixes); i++)
		if (!is_another_call(name, compat_suffixes[i]))
			add_compat(f, name, compat_suffixes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(compat_names); i++)
		if (compat_names[i].code == f->code)
			add_compat(f, compat_names[i].name, "");
	if (by_socketcall(f->code))
		add_compat(f, "socketcall", "");
}
#else
static void add_functions(const struct function_search *f)
{
	add_function(f, "__arm64_sys_", function_name(f->code), "");
	add_function(f, "__arm64_compat_sys_", function_name(f->code), "");
	add_function(f, "__do_sys_", function_name(f->code), "");
}
#endif

/* The functions of calls that never return have no end, and newer kernels refuse programs there. */
static void add_call(target_list *out, const struct target_needs *needs, unsigned code,
	const struct bpf_program *program, const struct btf *kernel)
{
	const struct function_search f = {
		.out = out, .kernel = kernel, .program = bpf_program__name(program), .code = code};

	if (!needs->per_call)
		vec_push(out, target_of(f.program, code, TARGET_CALL));
	else if ((native_nr(code) >= 0 || syscall_table[code].nr_i386 >= 0 ||
			 by_socketcall(code)) &&
		 code != SC_EXIT && code != SC_EXIT_GROUP)
		add_functions(&f);
}

static void add_enters(target_list *out, const struct target_needs *needs, struct bpf_object *o,
	const struct btf *kernel)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, o)
	{
		unsigned code = enter_serves(kernel, program, needs->wanted);

		if (code)
			vec_push(out, target_of(bpf_program__name(program), code, TARGET_ENTER));
	}
}

void targets_find(target_list *out, const struct target_needs *needs, struct bpf_object *object,
	const struct btf *kernel)
{
	struct target dispatch = target_of("dispatch", 0, TARGET_TRACEPOINT);

	add_tracepoints(out, needs, object);
	add_urings(out, needs);
	for (unsigned code = 1; code < SC_MAX; code++) {
		const struct bpf_program *program =
			needs->wanted[code] ? program_of(object, code) : NULL;

		if (program)
			add_call(out, needs, code, program, kernel);
	}
	add_enters(out, needs, object, kernel);
	if (!needs->per_call)
		vec_push(out, dispatch);
}
