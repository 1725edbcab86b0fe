/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tracepoints of io_uring have changed over time; the types of the functions that the kernel
 * gives them (btf_trace_NAME, whose first argument is the kernel's own) tell which ones are there.
 * Before Linux 5.13 (5.10 with io_uring of 5.15, as maintained since 2023, aside) none tells
 * enough.
 */
#include "capture/probe_uring.h"

#include <stdio.h>

#include "base/mem.h"

/* Arguments of a tracepoint, -1: there is none. */
static int arguments_of(const struct btf *kernel, const char *tracepoint)
{
	const struct btf_type *t;
	char name[64];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(kernel, name, BTF_KIND_TYPEDEF);
	t = id > 0 ? btf__type_by_id(kernel, (uint32_t)id) : NULL;
	if (t && (t = btf__type_by_id(kernel, t->type)) && btf_is_ptr(t))
		t = btf__type_by_id(kernel, t->type);
	return t && btf_is_func_proto(t) ? (int)btf_vlen(t) - 1 : -1;
}

static void add_program(struct uring_facts *f, const char *name)
{
	f->programs[f->nprograms++] = name;
}

void uring_find(struct uring_facts *ret, const struct btf *kernel)
{
	int complete = kernel ? arguments_of(kernel, "io_uring_complete") : -1;
	int sqe = kernel ? arguments_of(kernel, "io_uring_submit_sqe") : -1;

	*ret = (struct uring_facts){0};
	ret->told = complete == 3   ? URING_BY_ENTRY
		    : complete == 4 ? URING_BY_NAME
				    : URING_BY_REQUEST;
	/* An older one told the number of the operation instead of the request. */
	if (complete < 3 || (sqe >= 0 && sqe != 2 && sqe < 6))
		return;
	if (kernel && arguments_of(kernel, "io_uring_submit_req") > 0)
		add_program(ret, "on_uring_submit");
	else if (sqe > 0)
		add_program(ret, sqe > 2 ? "on_uring_submit_second" : "on_uring_submit_sqe");
	else
		return;
	add_program(ret, "on_uring_complete");
	if (arguments_of(kernel, "io_uring_cqe_overflow") > 0)
		add_program(ret, "on_uring_overflow");
}

bool uring_wanted(const bool wanted[SC_MAX])
{
#define URING_OP(number, call, here)                                                               \
	if (wanted[SC_##call] || wanted[SC_##here])                                                \
		return true;
#include "bpf/uring_ops.def"
#undef URING_OP
	return false;
}
