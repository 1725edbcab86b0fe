/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raises numbered alerts into five outputs, for tests that kill it, or them.
 *
 * usage: raise_alerts FOLDER LAST PAUSE_US HTTP_URL PROGRAM SPOOL QUEUE
 *        raise_alerts take FILE CHUNKS
 * The number of the last alert raised is in FOLDER/progress, in a shared page, so that the next
 * run goes on behind it whatever becomes of this one. At the end it waits until every sink has
 * everything or is given up on, and leaves what the counters say in FOLDER/stats.
 * "take" is a program for alerts: appends what it reads to FILE, CHUNKS reads long (0: for ever).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "output/outputs.h"

#define PATIENCE 3000 /* times 100 ms */
#define MAX_SINKS 8

static void print_log(int level, const char *text)
{
	fprintf(stderr, "%d %s\n", level, text);
}

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static volatile uint64_t *map_progress(void)
{
	int fd = open("progress", O_RDWR | O_CREAT, 0600);
	void *p;

	if (fd < 0 || ftruncate(fd, 8))
		fail("progress");
	p = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		fail("progress");
	close(fd);
	return p;
}

static void raise_alert(struct outputs *o, uint64_t n)
{
	char number[32];
	const char *fields[] = {"number", number};

	snprintf(number, sizeof(number), "%" PRIu64, n);
	outputs_internal(o, n, PRIORITY_WARNING, "A rule", "Something happened", fields, 1);
}

static bool is_idle(struct outputs *o)
{
	struct output_stats s[MAX_SINKS];
	size_t n = outputs_stats(o, s, MAX_SINKS);

	for (size_t i = 0; i < n; i++)
		if (s[i].lag_alerts)
			return false;
	return true;
}

static void await_all(struct outputs *o)
{
	for (int i = 0; i < PATIENCE && !is_idle(o); i++)
		usleep(100000);
	outputs_flush(o);
}

static void save_stats(struct outputs *o)
{
	struct output_stats s[MAX_SINKS];
	size_t n = outputs_stats(o, s, MAX_SINKS);
	FILE *f = fopen("stats", "w");

	if (!f)
		fail("stats");
	for (size_t i = 0; i < n; i++)
		fprintf(f,
			"%s written=%" PRIu64 " dropped=%" PRIu64 " failed=%" PRIu64
			" retried=%" PRIu64 " lag=%" PRIu64 "\n",
			s[i].name, s[i].written, s[i].dropped, s[i].failed, s[i].retried,
			s[i].lag_alerts);
	fprintf(f, "total dropped=%" PRIu64 "\n", outputs_dropped(o));
	fclose(f);
}

static int raise_all(char **args)
{
	uint64_t last = strtoull(args[1], NULL, 10);
	unsigned pause_us = (unsigned)strtoul(args[2], NULL, 10);
	struct outputs_config c = {.json = true,
		.json_fields_property = true,
		.hostname = "host",
		.queue_capacity = strtoul(args[6], NULL, 10),
		.stdout_enabled = true,
		.file_enabled = true,
		.file_keep_alive = true,
		.file_name = "file",
		.syslog_enabled = true,
		.syslog_socket = "log",
		.program_enabled = true,
		.program_keep_alive = true,
		.program = args[4],
		.http_enabled = true,
		.http = {.url = args[3], .user_agent = "test", .ca_path = "/etc/ssl/certs"},
		.spool = {.path = args[5], .max_bytes = UINT64_C(1) << 30}};
	volatile uint64_t *progress;
	struct outputs *o;
	char err[512];

	if (chdir(args[0]))
		fail(args[0]);
	progress = map_progress();
	o = outputs_new(&c, print_log, err);
	if (!o) {
		fprintf(stderr, "%s\n", err);
		return 2;
	}
	while (*progress < last) {
		raise_alert(o, *progress + 1);
		*progress += 1;
		if (pause_us && *progress % 64 == 0)
			usleep(pause_us * 64);
	}
	await_all(o);
	save_stats(o);
	outputs_free(o);
	return 0;
}

static int take(const char *path, unsigned chunks)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	static char bytes[16384];
	ssize_t n;

	/* Behind a line that one before us left unfinished. */
	if (fd < 0 || write(fd, "\n", 1) != 1)
		return 2;
	for (unsigned i = 0; !chunks || i < chunks; i++) {
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n <= 0)
			return 0;
		if (write(fd, bytes, (size_t)n) != n)
			return 2;
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "take"))
		return take(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
	if (argc == 8)
		return raise_all(argv + 1);
	fputs("usage: raise_alerts FOLDER LAST PAUSE_US HTTP_URL PROGRAM SPOOL QUEUE\n", stderr);
	return 2;
}
