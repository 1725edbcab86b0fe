/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real captures of 2016 to today: all are read without an error, what Falco shows of them (number,
 * time, thread, type of every event) is what the reader shows, and each is the same after it was
 * written and read again.  They are not part of the project: skipped where they are not at hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "../lib/capture_log.h"
#include "base/map.h"
#include "base/mem.h"

/* Larger ones would keep the test busy with text. */
#define SIZE_LIMIT (1024 * 1024)

static glob_t captures;
static char shared[PATH_MAX];

static void find(const char *pattern)
{
	char path[PATH_MAX + 100];

	snprintf(path, sizeof(path), "%s/%s", shared, pattern);
	glob(path, captures.gl_pathc ? GLOB_APPEND : 0, NULL, &captures);
}

static int setup(void **state)
{
	const char *dir = getenv("FALCO_SHARED");

	snprintf(shared, sizeof(shared), "%s", dir ? dir : SOURCE_ROOT "/../shared");
	find("oracle/captures/*.scap*");
	find("conformance/*/captures/*.scap");
	find("conformance/*/*/*.scap");
	find("conformance/*/*/*/*.scap");
	return 0;
}

static int teardown(void **state)
{
	globfree(&captures);
	return 0;
}

static void need_captures(void)
{
	if (captures.gl_pathc)
		return;
	print_message("SKIPPED: no captures below %s (set FALCO_SHARED)\n", shared);
	skip();
}

static struct source *open_capture(const char *path, const struct machine_sink *sink)
{
	char error[512];
	struct source *s = scap_open(path, sink, error);

	if (!s)
		fail_msg("%s", error);
	return s;
}

static void test_all_readable(void **state)
{
	need_captures();
	for (size_t i = 0; i < captures.gl_pathc; i++) {
		struct source *s = open_capture(captures.gl_pathv[i], NULL);
		enum source_result res;
		uint64_t last = 0;
		struct event ev;

		while ((res = source_next(s, &ev)) == SOURCE_EVENT) {
			assert_int_equal(event_decode(&ev), 0);
			assert_int_equal(ev.num, last + 1);
			last = ev.num;
		}
		if (res != SOURCE_EOF)
			fail_msg("%s", s->error);
		assert_true(last > 0);
		source_close(s);
	}
}

/* ---- what Falco shows ---- */

struct shown {
	struct shown *next;
	int64_t num, time, tid;
	char type[32];
};

/* The value behind "key": in a line of JSON, NULL when it is not there. */
static const char *value(const char *line, const char *key)
{
	char quoted[64];
	const char *p;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	p = strstr(line, quoted);
	return p ? p + strlen(quoted) : NULL;
}

static int64_t number(const char *line, const char *key)
{
	const char *p = value(line, key);

	assert_non_null(p);
	return strtoll(p, NULL, 10);
}

static struct shown *read_shown(const char *path, struct imap *by_num)
{
	static char line[1 << 20];
	gzFile f = gzopen(path, "rb");
	struct shown *all = NULL, *s;

	assert_non_null(f);
	while (gzgets(f, line, sizeof(line))) {
		s = mem_zalloc(sizeof(*s));
		s->num = number(line, "evt.num");
		s->time = number(line, "evt.rawtime");
		s->tid = number(line, "thread.tid");
		assert_int_equal(sscanf(value(line, "evt.type"), "\"%31[^\"]\"", s->type), 1);
		s->next = all;
		all = s;
		imap_put(by_num, (uint64_t)s->num, s);
	}
	gzclose(f);
	return all;
}

/* The name shown is the event's own; the system call's of a generic one; an async event's. */
static bool same_type(const struct event *ev, const char *type)
{
	uint64_t code = event_u64(ev, 0);

	if (ev->type != EV_SYSCALL_X)
		return strcmp(ev->info->name, type) == 0 || ev->type == EV_ASYNCEVENT_E;
	/* A call that its producer did not know is told by its number. */
	if (!code)
		code = (uint64_t)syscall_by_nr((int)event_u64(ev, 1));
	return code < SC_MAX && strcmp(syscall_table[code].name, type) == 0;
}

static void compare_shown(const char *capture, const char *golden)
{
	struct imap by_num = {0};
	struct shown *all = read_shown(golden, &by_num), *s;
	struct source *source = open_capture(capture, NULL);
	size_t left = by_num.n;
	struct event ev;

	while (source_next(source, &ev) == SOURCE_EVENT) {
		s = imap_get(&by_num, ev.num);
		if (!s)
			continue;
		event_decode(&ev);
		if (ev.flags & EVENT_STATE_ONLY || (int64_t)ev.ts != s->time || ev.tid != s->tid ||
			!same_type(&ev, s->type))
			fail_msg("%s: event %lu is %s of %ld, not %s of %ld", capture, ev.num,
				ev.info->name, ev.tid, s->type, s->tid);
		left--;
	}
	assert_int_equal(left, 0);
	source_close(source);
	imap_done(&by_num);
	while ((s = all)) {
		all = s->next;
		free(s);
	}
}

static void test_as_falco_shows(void **state)
{
	char golden[PATH_MAX + 300];
	unsigned compared = 0;

	need_captures();
	for (size_t i = 0; i < captures.gl_pathc; i++) {
		const char *name = strrchr(captures.gl_pathv[i], '/') + 1;

		snprintf(golden, sizeof(golden), "%s/oracle/fields/%.*s.jsonl.gz", shared,
			(int)strcspn(name, "."), name);
		if (access(golden, R_OK) != 0)
			continue;
		compare_shown(captures.gl_pathv[i], golden);
		compared++;
	}
	assert_true(compared > 0);
}

/* ---- write and read again ---- */

static void read_log(const char *path, struct buf *ret, struct scap_writer *w)
{
	struct capture_log log = {.writer = w};
	struct machine_sink sink = log_sink(&log);

	assert_int_equal(log_events(&log, open_capture(path, &sink)), SOURCE_EOF);
	*ret = log.text;
}

static void rewrite(const char *path, bool gzip)
{
	struct buf before = {0}, after = {0};
	struct scap_writer *w;
	char copy[100];

	snprintf(copy, sizeof(copy), "/tmp/falco-test-%d-copy.scap", (int)getpid());
	w = scap_create(copy, gzip);
	assert_non_null(w);
	read_log(path, &before, w);
	assert_int_equal(scap_close(w), 0);
	read_log(copy, &after, NULL);
	unlink(copy);
	assert_int_equal(before.n, after.n);
	assert_memory_equal(before.p, after.p, before.n);
	buf_done(&before);
	buf_done(&after);
}

static void test_written_again(void **state)
{
	need_captures();
	for (size_t i = 0; i < captures.gl_pathc; i++) {
		FILE *f = fopen(captures.gl_pathv[i], "rb");

		assert_non_null(f);
		fseek(f, 0, SEEK_END);
		if (ftell(f) <= SIZE_LIMIT)
			rewrite(captures.gl_pathv[i], i % 2);
		fclose(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_readable),
		cmocka_unit_test(test_as_falco_shows),
		cmocka_unit_test(test_written_again),
	};

	return cmocka_run_group_tests_name("capture_shared", tests, setup, teardown);
}
