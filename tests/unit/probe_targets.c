/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where programs are attached when calls are attached one by one: every call with an event of its
 * own has a function for 64-bit programs, and one for 32-bit programs if they know it, and no
 * program is attached twice to the same.  Of this machine's kernel, or of $FALCO_BTF: the types of
 * another one, a file of types or a vmlinux.
 */
#include "capture/probe_targets.h"

#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/probe.skel.h"
#include "capture/probe_uring.h"

static target_list targets;

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Calls of the same event share functions. */
static bool has_function(uint16_t event, const char *prefix)
{
	for (size_t i = 0; i < targets.n; i++) {
		const struct target *t = &targets.v[i];

		if (t->kind == TARGET_FUNCTION && syscall_table[t->code].event == event &&
			(begins(t->function, prefix) || begins(t->function, "__do_sys_")))
			return true;
	}
	return false;
}

static void test_every_call_has_a_function(void **state)
{
	unsigned missing = 0, seen = 0;

	for (unsigned code = 1; code < SC_MAX; code++) {
		const struct syscall_info *call = &syscall_table[code];

		if (call->event == EV_SYSCALL_X)
			continue;
		if (call->nr_x86_64 >= 0 && ++seen && !has_function(call->event, "__x64_sys_")) {
			print_error("no function of %s\n", call->name);
			missing++;
		}
		if (call->nr_i386 >= 0 && ++seen && !has_function(call->event, "__ia32_")) {
			print_error("no function of %s for 32-bit programs\n", call->name);
			missing++;
		}
	}
	print_message("%u calls looked for\n", seen);
	assert_int_equal(missing, 0);
}

/* That of socketcall has the programs of all the calls that are made by it, each of them once. */
static void test_none_twice(void **state)
{
	for (size_t i = 0; i < targets.n; i++)
		for (size_t j = 0; j < i; j++) {
			const struct target *a = &targets.v[i], *b = &targets.v[j];

			if (a->kind != TARGET_FUNCTION || strcmp(a->function, b->function) != 0)
				continue;
			if (!strstr(a->function, "socketcall") ||
				strcmp(a->program, b->program) == 0)
				fail_msg("%s: %s and %s", a->function, a->program, b->program);
		}
}

static int find_targets(void **state)
{
	const char *path = getenv("FALCO_BTF");
	struct btf *kernel = btf__parse(path ? path : "/sys/kernel/btf/vmlinux", NULL);
	struct probe_skel *skel = probe_skel__open();
	const struct uring_facts uring = {0};
	static bool wanted[SC_MAX];

	if (!kernel || !skel)
		return -1;
	memset(wanted, true, sizeof(wanted));
	targets_find(&targets,
		&(struct target_needs){.wanted = wanted, .per_call = true, .uring = &uring},
		skel->obj, kernel);
	probe_skel__destroy(skel);
	btf__free(kernel);
	return 0;
}

static int drop_targets(void **state)
{
	vec_done(&targets);
	return 0;
}

#if defined(__x86_64__)
#define LOOKED_AT true
#else
#define LOOKED_AT false
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_has_a_function),
		cmocka_unit_test(test_none_twice),
	};

	if (!LOOKED_AT) {
		printf("SKIPPED: the functions of x86_64 are looked at\n");
		return 77;
	}
	if (getenv("FALCO_BTF") || access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		return cmocka_run_group_tests(tests, find_targets, drop_targets);
	printf("SKIPPED: this kernel does not tell its types (BTF)\n");
	return 77;
}
