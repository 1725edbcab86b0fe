/* SPDX-License-Identifier: Apache-2.0 */
/* Each test in a folder of its own, which is the current one. After cmocka.h. */
#ifndef TESTS_OWN_FOLDER_H
#define TESTS_OWN_FOLDER_H
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char own_folder[64];

static inline int folder_begin(void **state)
{
	snprintf(own_folder, sizeof(own_folder), "%s/falco-test-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(own_folder));
	assert_int_equal(chdir(own_folder), 0);
	return 0;
}

/* Whoever was left behind may put something there until it is gone. */
static inline int folder_end(void **state)
{
	char command[256];

	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command),
		"for i in 1 2 3 4 5; do rm -rf '%s' 2>/dev/null && exit; sleep 1; done; exit 1",
		own_folder);
	return system(command);
}
#endif
