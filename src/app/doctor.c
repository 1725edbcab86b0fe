/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line for each check of capture/probe_check.h, and the remedy below those that failed.  It
 * reads no configuration: whether this machine can be watched does not depend on one.
 */
#include "app/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/log.h"
#include "capture/probe_check.h"

#define USAGE                                                                                      \
	"Usage:\n"                                                                                 \
	"  falco doctor\n\n"                                                                       \
	"Tells what live capture needs, whether it is there, and what to do if it is not. The "    \
	"exit status\nis 0 where nothing that is required is missing.\n"

static const char *verdict(const struct probe_check *c)
{
	static const char *const words[] = {[CHECK_REQUIRED] = "MISSING",
		[CHECK_USEFUL] = "missing",
		[CHECK_OPTIONAL] = "without"};

	return c->ok ? "ok" : words[c->need];
}

static bool print_checks(void)
{
	struct probe_check checks[PROBE_CHECKS_MAX];
	size_t n = probe_check(checks);
	bool works = true;

	for (size_t i = 0; i < n; i++) {
		const struct probe_check *c = &checks[i];

		printf("%-8s %-20s %s.\n", verdict(c), c->name, c->found);
		if (!c->ok)
			printf("%-29s %s\n", "", c->remedy);
		works &= c->ok || c->need != CHECK_REQUIRED;
	}
	return works;
}

int app_doctor(int argc, char **argv)
{
	bool works;

	if (argc == 1 && (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))) {
		fputs(USAGE, stdout);
		return EXIT_SUCCESS;
	}
	if (argc) {
		app_error("falco doctor takes no arguments. Try falco doctor --help.");
		return EXIT_FAILURE;
	}
	works = print_checks();
	puts(works ? "Live capture works here." : "Live capture does not work here.");
	return works ? EXIT_SUCCESS : EXIT_FAILURE;
}
