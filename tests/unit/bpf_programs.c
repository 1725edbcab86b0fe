/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system call with an event of its own that some machine knows by a number has a program that
 * makes the event, and every program of a call is called as one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/probe.skel.h"
#include "tables/tables.h"

static struct probe_skel *skel;

static bool has_program(const char *call)
{
	char name[64];

	snprintf(name, sizeof(name), "call_%s", call);
	return bpf_object__find_program_by_name(skel->obj, name) != NULL;
}

static bool event_is_made(uint16_t event)
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (syscall_table[code].event == event && has_program(syscall_table[code].name))
			return true;
	return false;
}

static bool has_number(unsigned code)
{
	const struct syscall_info *s = &syscall_table[code];

	return s->nr_x86_64 >= 0 || s->nr_i386 >= 0 || s->nr_aarch64 >= 0;
}

static void test_every_call_has_one(void **state)
{
	unsigned missing = 0;

	for (unsigned code = 1; code < SC_MAX; code++) {
		const struct syscall_info *s = &syscall_table[code];

		if (s->event == EV_SYSCALL_X || !has_number(code) || event_is_made(s->event))
			continue;
		print_error("no program makes events of %s\n", s->name);
		missing++;
	}
	assert_int_equal(missing, 0);
}

static bool is_call(const char *name)
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (strcmp(syscall_table[code].name, name) == 0)
			return syscall_table[code].event != EV_SYSCALL_X;
	return strcmp(name, "generic") == 0;
}

static void test_every_one_has_a_call(void **state)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj)
	{
		const char *name = bpf_program__name(program);

		if (strncmp(name, "call_", 5) == 0 && !is_call(name + 5))
			fail_msg("%s is no system call with an event of its own", name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_has_one),
		cmocka_unit_test(test_every_one_has_a_call),
	};
	int status;

	skel = probe_skel__open();
	if (!skel)
		return 1;
	status = cmocka_run_group_tests(tests, NULL, NULL);
	probe_skel__destroy(skel);
	return status;
}
