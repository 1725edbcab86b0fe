/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other outputs while alerts are on their way: each comes once, where it belongs, in order, whoever
 * is slow meanwhile.  What is slow here is a pipe, as a file, that nobody reads yet.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "../lib/own_folder.h"
#include "../lib/raised.h"

/* More than a pipe holds. */
#define MANY 3000u

static struct outputs_config in_use;

static int begin(void **state)
{
	log_lines.n = 0;
	return folder_begin(state);
}

static struct outputs_config to_file(const char *path, bool keep_alive)
{
	return (struct outputs_config){.hostname = "h",
		.file_enabled = true,
		.file_keep_alive = keep_alive,
		.file_name = path,
		.timeout_ms = PATIENCE_MS};
}

static struct outputs *start(struct outputs_config c)
{
	in_use = c;
	return open_outputs(c);
}

static void change(struct outputs *o, struct outputs_config to)
{
	char err[512];
	struct outputs_change *c = outputs_prepare(&in_use, &to, err);

	if (!c)
		fail_msg("%s", err);
	outputs_apply(o, c);
	in_use = to;
}

struct reader {
	pthread_t thread;
	unsigned lines; /* to come out of the pipe, and into a file */
};

static void *copy(void *arg)
{
	struct reader *r = arg;
	char buf[65536];
	int from = open("pipe", O_RDWR | O_CLOEXEC); /* never at its end */
	int to = open("read", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	while (r->lines) {
		ssize_t n = read(from, buf, sizeof(buf));

		if (n <= 0 || write(to, buf, (size_t)n) != n)
			break;
		for (ssize_t i = 0; i < n; i++)
			r->lines -= buf[i] == '\n';
	}
	close(from);
	close(to);
	return NULL;
}

static void start_reading(struct reader *r, unsigned lines)
{
	r->lines = lines;
	assert_int_equal(pthread_create(&r->thread, NULL, copy, r), 0);
}

static struct output_stats the_one(struct outputs *o)
{
	struct output_stats v[2];

	assert_int_equal(outputs_stats(o, v, 2), 1);
	return v[0];
}

/* ---- tests ---- */

static void to_another_file(void **state)
{
	struct outputs *o = start(to_file("a", true));

	raise_alerts(o, 1, MANY);
	change(o, to_file("b", true));
	raise_alerts(o, MANY + 1, 2 * MANY);
	outputs_free(o);
	assert_true(has_exactly("a", 1, MANY));
	assert_true(has_exactly("b", MANY + 1, 2 * MANY));
	assert_int_equal(log_lines.n, 0);
}

/* It goes away and comes back before it has written what it had. */
static void there_and_back(void **state)
{
	struct reader reader;
	struct outputs *o;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	o = start(to_file("pipe", true));
	raise_alerts(o, 1, MANY);
	change(o, to_file("b", true));
	raise_alert(o, 1);
	change(o, to_file("pipe", true));
	raise_alerts(o, MANY + 1, 2 * MANY);
	change(o, to_file("b", true));
	raise_alert(o, 2);
	change(o, to_file("pipe", true));
	raise_alerts(o, 2 * MANY + 1, 3 * MANY);
	assert_true(the_one(o).lag_alerts > 2 * MANY);
	start_reading(&reader, 3 * MANY);
	outputs_free(o);
	pthread_join(reader.thread, NULL);
	assert_true(has_exactly("read", 1, 3 * MANY));
	assert_true(has_exactly("b", 1, 2));
	assert_int_equal(log_lines.n, 0);
}

/* Other settings for the same file: one writer after the other, and its counts go on. */
static void same_place(void **state)
{
	struct outputs *o = start(to_file("a", true));

	for (unsigned i = 0; i < 50; i++) {
		raise_alerts(o, 100 * i + 1, 100 * i + 100);
		change(o, to_file("a", i % 2));
	}
	outputs_flush(o);
	assert_int_equal(the_one(o).written, 5000);
	outputs_free(o);
	assert_true(has_exactly("a", 1, 5000));
}

/* Several changes for the same place while it is stuck: only the last one counts. */
static void many_for_a_stuck_one(void **state)
{
	struct reader reader;
	struct outputs *o;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	o = start(to_file("pipe", true));
	for (unsigned i = 0; i < 20; i++) {
		raise_alerts(o, 100 * i + 1, 100 * i + 100);
		change(o, to_file("pipe", i % 2));
	}
	start_reading(&reader, 2000);
	outputs_free(o);
	pthread_join(reader.thread, NULL);
	assert_true(has_exactly("read", 1, 2000));
}

/* Turns as fast as they come, under whatever else the machine does. */
static void in_turn(void **state)
{
	struct outputs *o = start(to_file("0", true));
	const char *names[] = {"0", "1", "2"};
	unsigned n[3] = {0}, which = 0;

	for (unsigned i = 0; i < 3000; i++) {
		for (unsigned k = 0; k < i % 7; k++)
			raise_alert(o, ++n[which]);
		which = (which + 1 + i / 3 % 2) % 3;
		change(o, to_file(names[which], i % 3));
	}
	outputs_free(o);
	for (unsigned i = 0; i < 3; i++)
		assert_true(has_exactly(names[i], 1, n[i]));
	assert_int_equal(log_lines.n, 0);
}

static void gone_and_back(void **state)
{
	struct outputs_config none = to_file("pipe", true);
	struct reader reader;
	struct outputs *o;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	o = start(to_file("pipe", true));
	raise_alerts(o, 1, MANY);
	none.file_enabled = false;
	none.subscribers = true;
	in_use.subscribers = true;
	change(o, none);
	raise_alert(o, 0);
	change(o, to_file("pipe", false));
	raise_alerts(o, MANY + 1, MANY + 10);
	start_reading(&reader, MANY + 10);
	outputs_flush(o);
	outputs_free(o);
	pthread_join(reader.thread, NULL);
	assert_true(has_exactly("read", 1, MANY + 10));
}

/* Whoever moves on need not wait for what is stuck where he was. */
static void away_from_a_stuck_one(void **state)
{
	struct outputs_config c = to_file("pipe", true);
	struct outputs *o;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	c.timeout_ms = 200;
	o = start(c);
	raise_alerts(o, 1, 10);
	c.file_name = "b";
	change(o, c);
	raise_alerts(o, 11, 20);
	await_alerts("b", 11, 20);
	/* Its thread is in open(), and is left there; a reader lets it go. */
	outputs_free(o);
	assert_true(open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC) >= 0);
}

static void refused(void **state)
{
	struct outputs_config to = to_file("a", true);
	struct outputs *o = start(to);
	char err[512];

	to.file_enabled = false;
	assert_null(outputs_prepare(&in_use, &to, err));
	assert_non_null(strstr(err, "No output configured"));
	outputs_change_free(NULL);
	to = to_file("b", true);
	outputs_change_free(outputs_prepare(&in_use, &to, err));
	raise_alert(o, 1);
	outputs_free(o);
	assert_true(has_exactly("a", 1, 1));
	assert_int_equal(access("b", F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, folder_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(to_another_file),
		TEST(there_and_back),
		TEST(same_place),
		TEST(many_for_a_stuck_one),
		TEST(in_turn),
		TEST(gone_and_back),
		TEST(away_from_a_stuck_one),
		TEST(refused),
	};

	return cmocka_run_group_tests_name("outputs_change", tests, NULL, NULL);
}
