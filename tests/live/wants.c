/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wanted changes while a process is watched.  What cannot be loaded then is an error that
 * costs nothing else, and another try may succeed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/live.h"
#include "live.h"

#define SKIPPED 77
#define QUIET 50 /* reads without an event: nothing more comes */

static const int no_fd = -4711;

/* Makes both calls for each byte that comes. */
static void work(int orders)
{
	char byte;

	while (read(orders, &byte, 1) == 1) {
		close(no_fd);
		dup(no_fd);
	}
	_exit(0);
}

static void warn(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static struct source *open_source(pid_t pid, const bool wanted[SC_MAX])
{
	const char *mode = getenv("FALCO_LIVE_ATTACH");
	struct live_config c = {
		.probe = {.scope = PROBE_PID,
			.cpus_per_ring = 1,
			.ring_bytes = 1 << 20,
			.per_call = mode && strcmp(mode, "per_call") == 0 ? PER_CALL : PER_KERNEL,
			.warn = warn},
		.scope = {.kind = PROC_SCOPE_PID, .pid = pid}};
	const struct machine_sink sink = {0};
	struct source *s;
	char err[512];

	s = live_open(&c, wanted, &sink, err);
	if (!s)
		fail_msg("%s", err);
	return s;
}

/* Has the process work once; which of its calls were told. */
static void told(struct source *s, int orders, bool *ret_close, bool *ret_dup)
{
	struct event ev;

	*ret_close = *ret_dup = false;
	assert_int_equal(write(orders, "", 1), 1);
	for (int quiet = 0; quiet < QUIET;) {
		if (source_next(s, &ev) != SOURCE_EVENT) {
			quiet++;
			continue;
		}
		if (event_decode(&ev) != 0)
			continue;
		*ret_close |= ev.type == EV_CLOSE_X && event_i64(&ev, 1) == no_fd;
		*ret_dup |= ev.type == EV_DUP_X && event_i64(&ev, 1) == no_fd;
	}
}

/* Of descriptors, what there are now is all that there may be. */
static struct rlimit take_descriptors(void)
{
	struct rlimit before, none;
	int last = dup(0);

	assert_true(last >= 0);
	close(last);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)last;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	return before;
}

static void test_more_than_can_be_loaded(void **state)
{
	bool wanted[SC_MAX] = {[SC_CLOSE] = true}, close_told, dup_told;
	struct rlimit limit;
	struct source *s;
	int orders[2];
	pid_t pid;

	assert_int_equal(pipe(orders), 0);
	pid = fork();
	if (pid == 0) {
		close(orders[1]);
		work(orders[0]);
	}
	s = open_source(pid, wanted);
	told(s, orders[1], &close_told, &dup_told);
	assert_true(close_told);
	assert_false(dup_told);

	wanted[SC_DUP] = true;
	limit = take_descriptors();
	assert_false(live_want(s, wanted));
	assert_non_null(strstr(s->error, "descriptors"));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	told(s, orders[1], &close_told, &dup_told);
	assert_true(close_told);
	assert_false(dup_told);

	assert_true(live_want(s, wanted));
	told(s, orders[1], &close_told, &dup_told);
	assert_true(close_told);
	assert_true(dup_told);

	wanted[SC_CLOSE] = false;
	assert_true(live_want(s, wanted));
	told(s, orders[1], &close_told, &dup_told);
	assert_false(close_told);
	assert_true(dup_told);

	source_close(s);
	close(orders[1]);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_more_than_can_be_loaded)};

	if (geteuid() != 0 || access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
		printf("SKIPPED: live capture takes root and a kernel with BTF\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
