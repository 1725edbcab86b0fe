/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs with a spool: sinks that fail, die and come back get everything, in order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../lib/own_folder.h"
#include "../lib/raised.h"

static int begin(void **state)
{
	log_lines.n = 0;
	return folder_begin(state);
}

static struct outputs *start(struct outputs_config c)
{
	if (!c.timeout_ms)
		c.timeout_ms = PATIENCE_MS;
	if (!c.spool.path)
		c.spool.path = "spool";
	if (!c.spool.max_bytes)
		c.spool.max_bytes = 64 << 20;
	return open_outputs(c);
}

static const struct outputs_config file = {
	.file_enabled = true, .file_name = "sub/f", .file_keep_alive = true};

/* ---- tests ---- */

static void a_sink_comes_back(void **state)
{
	struct outputs_config c = file;
	struct outputs *o;

	c.program_enabled = c.program_keep_alive = true;
	c.program = "cat >> g";
	o = start(c);
	raise_alerts(o, 1, 100);
	await_alerts("g", 1, 100);
	outputs_flush(o); /* until the file has failed */
	for (int i = 0; i < PATIENCE_MS / 10 && stats_of(o, "program").lag_alerts; i++)
		pause_ms(10); /* until it is known that cat has read them */
	assert_int_equal(stats_of(o, "program").written, 100);
	assert_int_equal(stats_of(o, "program").lag_alerts, 0);
	assert_int_equal(stats_of(o, "file").lag_alerts, 100);
	assert_true(stats_of(o, "file").failing);
	assert_true(stats_of(o, "file").retried >= 1);
	assert_int_equal(stats_of(o, "file").written, 0);
	assert_int_equal(stats_of(o, "file").failed + stats_of(o, "file").dropped, 0);
	assert_int_equal(
		logged("file output: No such file or directory, it will be tried again"), 1);
	assert_int_equal(mkdir("sub", 0700), 0);
	raise_alerts(o, 101, 110);
	await_alerts("sub/f", 1, 110);
	outputs_flush(o); /* what is written is known to be */
	assert_int_equal(stats_of(o, "file").lag_alerts, 0);
	assert_int_equal(stats_of(o, "file").written, 110);
	assert_int_equal(logged("file output: works again"), 1);
	outputs_free(o);
	assert_true(has_exactly("g", 1, 110));
}

static void over_a_restart(void **state)
{
	for (int buffered = 0; buffered < 2; buffered++) {
		struct outputs_config c = file;
		struct outputs *o;

		c.buffered = buffered;
		o = start(c);
		raise_alerts(o, 1, 1000);
		outputs_free(o); /* does not wait for what fails */
		assert_int_equal(mkdir("sub", 0700), 0);
		o = start(c);
		raise_alerts(o, 1001, 2000);
		outputs_free(o);
		assert_true(has_exactly("sub/f", 1, 2000));
		o = start(c);
		outputs_free(o);
		assert_true(has_exactly("sub/f", 1, 2000));
		assert_int_equal(system("rm -r sub spool"), 0);
	}
}

/* What a program left unread when it went is given to the next one. */
static void programs_that_go(void **state)
{
	struct outputs *o = start((struct outputs_config){.program_enabled = true,
		.program_keep_alive = true,
		.program = "for i in 1 2 3; do read l; echo \"$l\" >> f; done"});

	raise_alerts(o, 1, 30);
	await_alerts("f", 1, 30);
	outputs_free(o);
	assert_true(has_exactly("f", 1, 30));
	assert_true(logged("program output: Broken pipe") > 0);
}

static void programs_that_can_not_be_run(void **state)
{
	struct outputs *o = start(
		(struct outputs_config){.program_enabled = true, .program = "./prog || exit $?"});
	FILE *f;

	raise_alerts(o, 1, 3);
	outputs_flush(o);
	assert_int_equal(logged("program output: exit status 127, it will be tried again"), 1);
	f = fopen("prog", "w");
	fputs("#!/bin/sh\ncat >> f\n", f);
	fclose(f);
	assert_int_equal(chmod("prog", 0700), 0);
	await_alerts("f", 1, 3);
	outputs_free(o);
}

/* A last line that a killed process left unfinished is not gone on with. */
static void a_torn_line(void **state)
{
	struct outputs *o;
	FILE *f;

	assert_int_equal(mkdir("sub", 0700), 0);
	f = fopen("sub/f", "w");
	fputs("22:13:20.000000000: Noti", f);
	fclose(f);
	o = start(file);
	raise_alerts(o, 1, 2);
	outputs_free(o);
	assert_string_equal(content("sub/f"), "22:13:20.000000000: Noti\n"
					      "22:13:20.000000000: Notice n1 ()\n"
					      "22:13:20.000000000: Notice n2 ()\n");
}

static void no_spool_to_be_had(void **state)
{
	struct outputs_config c = file;
	struct outputs *o;

	assert_int_equal(mkdir("sub", 0700), 0);
	c.spool.path = "no/such/folder";
	o = start(c);
	raise_alerts(o, 1, 10);
	outputs_free(o);
	assert_true(has_exactly("sub/f", 1, 10));
	assert_int_equal(logged("outputs_spool: no/such/folder: No such file or directory, alerts "
				"are not kept"),
		1);
	o = start(file);
	c.spool.path = "spool";
	outputs_free(start(c));
	assert_int_equal(logged("another process uses it"), 1);
	outputs_free(o);
}

static int numbers_at(int fd, unsigned first, unsigned last)
{
	char text[256];
	unsigned n;

	for (unsigned i = first; i <= last; i++) {
		ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

		assert_true(len > 0);
		text[len] = '\0';
		assert_non_null(strstr(text, "Notice n"));
		assert_int_equal(sscanf(strstr(text, "Notice n"), "Notice n%u", &n), 1);
		if (n != i)
			return (int)n;
	}
	return 0;
}

/* What does not go to the disk goes straight to the sinks, between the others. */
static void a_full_disk(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "log"};
	struct timeval patience = {.tv_sec = 10};
	struct rlimit old, low;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct outputs *o;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	signal(SIGXFSZ, SIG_IGN);
	o = start((struct outputs_config){.syslog_enabled = true, .syslog_socket = "log"});
	raise_alerts(o, 1, 5);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	raise_alerts(o, 6, 50);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	raise_alerts(o, 51, 60);
	assert_int_equal(numbers_at(fd, 1, 60), 0);
	outputs_free(o);
	assert_int_equal(logged("outputs_spool: File too large, going on without it"), 1);
	assert_int_equal(logged("outputs_spool: works again"), 1);
	close(fd);
}

/* A spool that overflows is a loss, which is counted; a capture waits instead. */
static void an_overflow(void **state)
{
	struct outputs_config c = {.program_enabled = true,
		.program_keep_alive = true,
		.program = "sleep 0.3; cat >> f",
		.wait = true,
		.spool = {.max_bytes = 1 << 20}};
	struct outputs *o = start(c);
	struct output_stats s;
	char last[32];

	raise_alerts(o, 1, 20000);
	outputs_free(o);
	assert_true(has_exactly("f", 1, 20000));
	assert_int_equal(unlink("f"), 0);
	c.wait = false;
	c.program = "exit 127";
	c.program_keep_alive = false;
	o = start(c);
	raise_alerts(o, 1, 20000);
	for (int i = 0; i < PATIENCE_MS / 10 && !stats_of(o, "program").dropped; i++)
		pause_ms(10);
	s = stats_of(o, "program");
	assert_true(s.dropped > 0);
	outputs_free(o);
	c.program = "cat >> f";
	c.program_keep_alive = true;
	o = start(c);
	snprintf(last, sizeof(last), "n%d ", 20000);
	for (int i = 0; i < PATIENCE_MS / 10 && !strstr(content("f"), last); i++)
		pause_ms(10);
	s = stats_of(o, "program");
	assert_true(s.dropped > 0);
	outputs_free(o);
	assert_true(has_exactly("f", (unsigned)s.dropped + 1, 20000));
}

/* One that hangs does not keep the others, nor the end, and has lost nothing the next time. */
static void a_sink_that_hangs(void **state)
{
	struct outputs_config c = file;
	struct outputs *o;

	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(mkfifo("log", 0600), 0);
	c.timeout_ms = 100;
	c.program_enabled = c.program_keep_alive = true;
	c.program = "exec cat < log > g"; /* waits for a writer of log */
	o = start(c);
	raise_alerts(o, 1, 5000); /* more than a pipe holds */
	await_alerts("sub/f", 1, 5000);
	assert_int_equal(stats_of(o, "program").dropped, 0);
	assert_true(stats_of(o, "program").lag_alerts >= 1);
	outputs_free(o); /* leaves its thread behind, and the spool with it */
	assert_true(logged("output channels still blocked") == 1);
	assert_int_equal(system(": > log"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, folder_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sink_comes_back),
		TEST(over_a_restart),
		TEST(programs_that_go),
		TEST(programs_that_can_not_be_run),
		TEST(a_torn_line),
		TEST(no_spool_to_be_had),
		TEST(a_full_disk),
		TEST(an_overflow),
		TEST(a_sink_that_hangs),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
