/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command for which a system call fails, as on a kernel that refuses it.
 * usage: without_call CALL ERRNO COMMAND [ARGUMENT...]
 */
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int status = -1;

	if (filter && argc > 3)
		status = seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)atoi(argv[2])),
			seccomp_syscall_resolve_name(argv[1]), 0);
	if (!status)
		status = seccomp_load(filter);
	if (status) {
		fprintf(stderr, "without_call: %s can not be refused\n", argc > 3 ? argv[1] : "?");
		return 1;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}
