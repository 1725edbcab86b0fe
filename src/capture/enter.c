/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call's beginning is seen best by a trampoline, which needs the function in the kernel's type
 * information and a kernel with direct calls of ftrace.  Else the call's tracepoint serves, and a
 * kprobe for the 32-bit way: exactly one program for each way.  The names tell everything: the
 * program's the call and the kind, its section's the place.
 */
#include "capture/enter.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define PREFIX "enter_"
static bool has_function(const struct btf *kernel, const char *name)
{
	return kernel && btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC) > 0;
}

static bool enter_is(const struct bpf_program *program)
{
	return strncmp(bpf_program__name(program), PREFIX, sizeof(PREFIX) - 1) == 0;
}

/* The end of a program's name that tells its kind; "": the native way, by trampoline. */
static const char *kind_of(const struct bpf_program *program)
{
	static const char *const kinds[] = {"_32", "_tp", "_kp"};
	const char *name = bpf_program__name(program);
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(name + n - 3, kinds[i]) == 0)
			return kinds[i];
	return "";
}

static unsigned code_of(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program) + sizeof(PREFIX) - 1;
	size_t n = strlen(name) - strlen(kind_of(program));

	for (unsigned code = 1; code < SC_MAX; code++)
		if (strlen(syscall_table[code].name) == n &&
			strncmp(syscall_table[code].name, name, n) == 0)
			return code;
	return 0;
}

static const char *place_of(const struct bpf_program *program)
{
	return strchr(bpf_program__section_name(program), '/') + 1;
}

/* The native function of a call begins like any other's. */
static bool has_native(const struct btf *kernel, unsigned code)
{
#if defined(__aarch64__)
	static const char begin[] = "__arm64_sys_";
#else
	static const char begin[] = "__x64_sys_";
#endif
	char name[64];

	snprintf(name, sizeof(name), "%s%s", begin, syscall_table[code].name);
	return has_function(kernel, name);
}

static bool is_taken(const struct btf *kernel, const struct bpf_program *program, unsigned code)
{
	const char *kind = kind_of(program);

	if (strcmp(kind, "_tp") == 0)
		return !has_native(kernel, code);
	if (strcmp(kind, "_kp") == 0)
		return !has_function(kernel, place_of(program));
	return has_function(kernel, place_of(program));
}

unsigned enter_serves(
	const struct btf *kernel, const struct bpf_program *program, const bool wanted[SC_MAX])
{
	unsigned code = enter_is(program) ? code_of(program) : 0;

	return code && wanted[code] && is_taken(kernel, program, code) ? code : 0;
}
