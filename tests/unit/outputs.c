/* SPDX-License-Identifier: Apache-2.0 */
/* The queue, its worker, and what becomes of alerts when outputs are slow, broken or blocked. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/vec.h"
#include "../lib/own_folder.h"
#include "../lib/raised.h"

static int begin(void **state)
{
	log_lines.n = 0;
	return folder_begin(state);
}

static const char *line(unsigned n)
{
	static char text[64];

	snprintf(text, sizeof(text), "22:13:20.000000000: Notice n%u ()\n", n);
	return text;
}

/* path has exactly the alerts from first to last, in order. */
static void assert_lines(const char *path, unsigned first, unsigned last)
{
	struct buf expected = {0};

	for (unsigned i = first; i <= last; i++)
		buf_puts(&expected, line(i));
	assert_string_equal(content(path), buf_cstr(&expected));
	buf_done(&expected);
}

/* ---- where they go ---- */

static void nowhere(void **state)
{
	char err[512];

	assert_null(outputs_new(&(struct outputs_config){0}, take_log, err));
	assert_non_null(strstr(err, "No output configured"));
	outputs_free(NULL);
}

static void to_file(void **state)
{
	for (int keep = 0; keep < 2; keep++)
		for (int buffered = 0; buffered < 2; buffered++) {
			struct outputs *o =
				open_outputs((struct outputs_config){.file_enabled = true,
					.file_name = "f",
					.file_keep_alive = keep,
					.buffered = buffered});

			unlink("f");
			for (unsigned i = 1; i <= 3000; i++)
				raise_alert(o, i);
			outputs_free(o);
			assert_lines("f", 1, 3000);
		}
	assert_int_equal(log_lines.n, 0);
}

static void no_alert_makes_no_file(void **state)
{
	outputs_free(open_outputs((struct outputs_config){
		.file_enabled = true, .file_name = "f", .file_keep_alive = true}));
	assert_int_equal(access("f", F_OK), -1);
}

static void appends(void **state)
{
	FILE *f = fopen("f", "w");

	fputs(line(1), f);
	fclose(f);
	struct outputs *o =
		open_outputs((struct outputs_config){.file_enabled = true, .file_name = "f"});
	raise_alert(o, 2);
	outputs_free(o);
	assert_lines("f", 1, 2);
}

static void to_stdout(void **state)
{
	int saved = dup(STDOUT_FILENO), fd = open("out", O_WRONLY | O_CREAT, 0600);
	struct outputs *o;

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	o = open_outputs((struct outputs_config){.stdout_enabled = true});
	raise_alert(o, 1);
	raise_alert(o, 2);
	outputs_flush(o);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_lines("out", 1, 2);
	outputs_free(o);
}

static void to_program(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){
		.program_enabled = true, .program = "echo started >> s; cat >> f"});

	for (unsigned i = 1; i <= 3; i++)
		raise_alert(o, i);
	outputs_flush(o);
	assert_lines("f", 1, 3);
	assert_string_equal(content("s"), "started\nstarted\nstarted\n");
	outputs_free(o);
	unlink("f");
	unlink("s");
	o = open_outputs((struct outputs_config){.program_enabled = true,
		.program_keep_alive = true,
		.program = "echo started >> s; cat >> f"});
	for (unsigned i = 1; i <= 3; i++)
		raise_alert(o, i);
	outputs_free(o); /* waits for it to end */
	assert_lines("f", 1, 3);
	assert_string_equal(content("s"), "started\n");
}

static void programs_have_default_signals(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){.program_enabled = true,
		.program = "grep -E '^Sig(Blk|Ign)' /proc/self/status > f"});
	unsigned long long blocked, ignored;

	raise_alert(o, 1);
	outputs_flush(o);
	assert_int_equal(sscanf(content("f"), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & 0x7fffffff, 0); /* 32 and 33 are the C library's */
	outputs_free(o);
}

/* A socket at "log", as a daemon has it. */
static int listen_log(int type)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "log"};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	unlink("log");
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* "<13>Nov 14 22:13:20 name: text": level and facility, date, name, text. */
static void assert_logged_to(int fd, const char *text)
{
	char message[256] = "", name[64];
	char month[4];
	int level, day, used = 0;

	assert_true(recv(fd, message, sizeof(message) - 1, 0) > 0);
	assert_true(sscanf(message, "<%d>%3s %d %*d:%*d:%*d %63[^:]: %n", &level, month, &day, name,
			    &used) == 4);
	assert_int_equal(level, LOG_USER | LOG_NOTICE);
	assert_string_equal(name, program_invocation_short_name);
	assert_string_equal(message + used, text);
}

static void to_syslog(void **state)
{
	int fd = listen_log(SOCK_DGRAM), client;
	struct outputs *o = open_outputs(
		(struct outputs_config){.syslog_enabled = true, .syslog_socket = "log"});

	raise_alert(o, 1);
	assert_logged_to(fd, "22:13:20.000000000: Notice n1 ()");
	close(fd);
	raise_alert(o, 2); /* nobody is there */
	outputs_flush(o);
	assert_int_equal(logged("3 syslog output: Connection refused"), 1);
	fd = listen_log(SOCK_STREAM); /* another daemon */
	raise_alert(o, 3);
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_logged_to(client, "22:13:20.000000000: Notice n3 ()");
	outputs_free(o);
	assert_int_equal(logged("5 syslog output: works again"), 1);
	close(client);
	close(fd);
}

static void all_at_once(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){.file_enabled = true,
		.file_name = "f",
		.program_enabled = true,
		.program_keep_alive = true,
		.program = "cat > g",
		.json = true,
		.hostname = "h"});

	raise_alert(o, 1);
	outputs_free(o);
	assert_non_null(strstr(content("f"), "{\"hostname\":\"h\",\"output\":\"n1\""));
	assert_string_equal(content("f"), content("g"));
}

/* ---- time ---- */

static void buffered_alerts_wait(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){
		.file_enabled = true, .file_name = "f", .file_keep_alive = true, .buffered = true});

	raise_alert(o, 1);
	pause_ms(200);
	assert_string_equal(content("f"), "");
	outputs_flush(o);
	assert_lines("f", 1, 1);
	raise_alert(o, 2);
	for (int i = 0; i < 6000 && !strstr(content("f"), "n2"); i++)
		pause_ms(10); /* nothing else comes: it is written after a while */
	assert_lines("f", 1, 2);
	outputs_free(o);
}

static void reopen(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){
		.file_enabled = true, .file_name = "f", .file_keep_alive = true});

	raise_alert(o, 1);
	outputs_flush(o);
	assert_int_equal(rename("f", "old"), 0);
	raise_alert(o, 2);
	outputs_flush(o);
	outputs_reopen(o);
	outputs_flush(o);
	raise_alert(o, 3);
	outputs_free(o);
	assert_lines("old", 1, 2);
	assert_lines("f", 3, 3);
}

/* ---- trouble ---- */

static void a_broken_output_is_reported_once(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){.file_enabled = true,
		.file_name = "sub/f",
		.program_enabled = true,
		.program_keep_alive = true,
		.program = "cat > g"});

	raise_alert(o, 1);
	raise_alert(o, 2);
	outputs_flush(o);
	assert_int_equal(logged("3 file output: No such file or directory"), 1);
	assert_int_equal(mkdir("sub", 0700), 0);
	raise_alert(o, 3);
	outputs_free(o);
	assert_int_equal(logged("5 file output: works again"), 1);
	assert_lines("sub/f", 3, 3);
	assert_lines("g", 1, 3);
}

static void a_full_disk(void **state)
{
	struct outputs *o = open_outputs(
		(struct outputs_config){.file_enabled = true, .file_name = "/dev/full"});

	raise_alert(o, 1);
	raise_alert(o, 2);
	outputs_free(o);
	assert_int_equal(logged("3 file output: No space left on device"), 1);
}

static void a_program_that_goes_away(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){.program_enabled = true,
		.program_keep_alive = true,
		.program = "echo x >> s; read l; echo $l >> f; exec <&-"});

	raise_alert(o, 1);
	for (int i = 0; i < 6000 && !strstr(content("f"), "n1"); i++)
		pause_ms(10);
	pause_ms(50);
	raise_alert(o, 2); /* nobody reads it */
	outputs_flush(o);
	assert_int_equal(logged("program output: Broken pipe"), 1);
	raise_alert(o, 3);
	outputs_free(o);
	assert_string_equal(content("s"), "x\nx\n");
	assert_non_null(strstr(content("f"), "n3"));
}

/* What a program has not read when it goes is lost, and counted. */
static void unread_alerts_are_counted(void **state)
{
	struct output_stats s = {0};
	struct outputs *o = open_outputs((struct outputs_config){.program_enabled = true,
		.program_keep_alive = true,
		.program = "while ! [ -e go ]; do sleep 0.01; done; [ -e f ] && exec cat >> g; "
			   "read l; echo \"$l\" >> f"});

	for (unsigned i = 1; i <= 10; i++)
		raise_alert(o, i);
	outputs_flush(o); /* all are in the pipe */
	close(open("go", O_CREAT | O_WRONLY, 0600));
	for (int i = 0; i < 6000 && !strstr(content("f"), "n1"); i++)
		pause_ms(10);
	pause_ms(50);
	raise_alert(o, 11); /* notices that it is gone */
	raise_alert(o, 12);
	outputs_flush(o);
	assert_int_equal(outputs_stats(o, &s, 1), 1);
	assert_int_equal(s.written, 2);
	assert_int_equal(s.failed, 10);
	outputs_free(o);
	assert_lines("f", 1, 1);
	assert_lines("g", 12, 12);
}

struct reader {
	pthread_t thread;
	unsigned delay_ms, lines;
};

static void *read_fifo(void *arg)
{
	struct reader *r = arg;
	char text[256];
	FILE *f;

	pause_ms(r->delay_ms);
	f = fopen("fifo", "r");
	while (fgets(text, sizeof(text), f))
		r->lines++;
	fclose(f);
	return NULL;
}

static void start_reader(struct reader *r, unsigned delay_ms)
{
	r->delay_ms = delay_ms;
	r->lines = 0;
	assert_int_equal(pthread_create(&r->thread, NULL, read_fifo, r), 0);
}

static void a_full_queue_drops_and_counts(void **state)
{
	struct reader r;
	struct outputs *o;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	o = open_outputs((struct outputs_config){.file_enabled = true,
		.file_name = "fifo",
		.file_keep_alive = true,
		.queue_capacity = 5});
	raise_alert(o, 0); /* the worker takes it and waits for a reader */
	pause_ms(100);
	for (unsigned i = 1; i <= 20; i++)
		raise_alert(o, i);
	assert_int_equal(outputs_dropped(o), 15);
	assert_int_equal(
		logged("3 Outputs queue out of memory. Drop event and continue on ..."), 1);
	start_reader(&r, 0);
	outputs_free(o);
	pthread_join(r.thread, NULL);
	assert_int_equal(r.lines, 6);
}

static void captures_wait_for_room(void **state)
{
	struct reader r;
	struct outputs *o;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	o = open_outputs((struct outputs_config){.file_enabled = true,
		.file_name = "fifo",
		.file_keep_alive = true,
		.queue_capacity = 5,
		.wait = true,
		.timeout_ms = 50});
	start_reader(&r, 300);
	for (unsigned i = 1; i <= 20; i++)
		raise_alert(o, i);
	outputs_flush(o);
	assert_int_equal(outputs_dropped(o), 0);
	outputs_free(o);
	pthread_join(r.thread, NULL);
	assert_int_equal(r.lines, 20);
}

static void a_blocked_output_is_reported(void **state)
{
	struct reader r;
	struct outputs *o;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	o = open_outputs((struct outputs_config){.file_enabled = true,
		.file_name = "fifo",
		.file_keep_alive = true,
		.timeout_ms = 100});
	raise_alert(o, 1);
	await_log("2 \"file\" output timeout, it is blocked; other outputs go on");
	outputs_flush(o); /* comes back without success */
	pause_ms(300);
	assert_int_equal(logged("output timeout"), 1);
	start_reader(&r, 0);
	outputs_free(o);
	pthread_join(r.thread, NULL);
	assert_int_equal(r.lines, 1);
}

/* Must be the last one: its worker stays behind, as it would until the process exits. */
static void the_end_does_not_wait_for_ever(void **state)
{
	struct outputs *o;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	o = open_outputs((struct outputs_config){
		.file_enabled = true, .file_name = "fifo", .timeout_ms = 100});
	for (unsigned i = 1; i <= 3; i++)
		raise_alert(o, i);
	outputs_free(o);
	assert_int_equal(logged("5 output channels still blocked, discarding all remaining "
				"notifications"),
		1);
	close(open("fifo", O_RDONLY | O_NONBLOCK));
}

/* ---- many producers ---- */

static void *raise_many(void *arg)
{
	for (unsigned i = 0; i < 2000; i++)
		raise_alert(arg, 1);
	return NULL;
}

static void from_several_threads(void **state)
{
	struct outputs *o = open_outputs((struct outputs_config){
		.file_enabled = true, .file_name = "f", .file_keep_alive = true, .buffered = true});
	pthread_t threads[4];
	size_t size = 4 * 2000 * strlen(line(1));

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_create(&threads[i], NULL, raise_many, o);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	outputs_free(o);
	assert_int_equal(strlen(content("f")), size);
	for (const char *p = content("f"); *p; p += strlen(line(1)))
		assert_int_equal(strncmp(p, line(1), strlen(line(1))), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, folder_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nowhere),
		TEST(to_file),
		TEST(no_alert_makes_no_file),
		TEST(appends),
		TEST(to_stdout),
		TEST(to_program),
		TEST(programs_have_default_signals),
		TEST(to_syslog),
		TEST(all_at_once),
		TEST(buffered_alerts_wait),
		TEST(reopen),
		TEST(a_broken_output_is_reported_once),
		TEST(a_full_disk),
		TEST(a_program_that_goes_away),
		TEST(unread_alerts_are_counted),
		TEST(a_full_queue_drops_and_counts),
		TEST(captures_wait_for_room),
		TEST(a_blocked_output_is_reported),
		TEST(from_several_threads),
		TEST(the_end_does_not_wait_for_ever),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
