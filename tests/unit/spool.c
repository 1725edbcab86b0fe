/* SPDX-License-Identifier: Apache-2.0 */
/* The spool by itself: what is put comes out, in order and whole, or is known to be lost. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/spool.h"
#include "../lib/own_folder.h"

#define SMALL (1u << 20) /* bytes of a spool with segments of 64 KiB */

static const char *const one[] = {"one"};
static const char *const two[] = {"one", "two"};

static struct spool *open_as(const char *const *readers, unsigned n, enum spool_fsync fsync)
{
	struct spool_config c = {.path = "s", .max_bytes = SMALL, .fsync = fsync, .fsync_ms = 5};
	struct spool *s = NULL;

	assert_int_equal(spool_open(&c, readers, n, &s), 0);
	return s;
}

static struct spool *open_one(void)
{
	return open_as(one, 1, SPOOL_FSYNC_NEVER);
}

/* Alert number n, with about fill bytes of text. */
static int append(struct spool *s, unsigned n, size_t fill)
{
	struct outputs_config c = {.json = true, .hostname = "host"};
	struct alert_box box = {0};
	char message[64], number[16];
	const char *fields[] = {"n", number};
	struct buf text = {0};
	int r;

	snprintf(number, sizeof(number), "%u", n);
	snprintf(message, sizeof(message), "message %u", n);
	buf_puts(&text, message);
	buf_pad(&text, '.', fill);
	alert_render_internal(
		&box, &c, 1000 + n, PRIORITY_WARNING, "a rule", buf_cstr(&text), fields, 1);
	r = spool_append(s, &box);
	alert_box_done(&box);
	buf_done(&text);
	return r;
}

static void append_many(struct spool *s, unsigned first, unsigned last, size_t fill)
{
	for (unsigned n = first; n <= last; n++)
		assert_int_equal(append(s, n, fill), 0);
}

/* The number of the next one, 0: there is none; adds to *lost what is gone. */
static unsigned next(struct spool *s, unsigned reader, uint64_t *lost)
{
	const struct spooled *got;
	char want[32];
	uint64_t gone;
	unsigned n;
	int r = spool_read(s, reader, &got, &gone);

	*lost += gone;
	assert_true(r == 0 || r == 1);
	if (!r)
		return 0;
	n = (unsigned)(got->alert.ts - 1000);
	snprintf(want, sizeof(want), "\"n\":%u", n);
	assert_true(str_is(got->alert.fields, want));
	assert_int_equal(got->seq, spool_next(s, reader) - 1);
	return n;
}

static void assert_next(struct spool *s, unsigned reader, unsigned first, unsigned last)
{
	uint64_t lost = 0;

	for (unsigned n = first; n <= last; n++)
		assert_int_equal(next(s, reader, &lost), n);
	assert_int_equal(lost, 0);
}

static void assert_end(struct spool *s, unsigned reader)
{
	uint64_t lost = 0;

	assert_int_equal(next(s, reader, &lost), 0);
	assert_int_equal(lost, 0);
}

static unsigned count_segments(char last[64])
{
	DIR *d = opendir("s");
	struct dirent *e;
	unsigned n = 0;

	last[0] = '\0';
	while ((e = readdir(d)))
		if (str_ends(str_c(e->d_name), STR(".seg"))) {
			n++;
			if (strcmp(e->d_name, last + (last[0] ? 2 : 0)) > 0)
				snprintf(last, 64, "s/%.60s", e->d_name);
		}
	closedir(d);
	return n;
}

/* ---- in good order ---- */

static void all_of_an_alert(void **state)
{
	static const char *tags[] = {"b", "a"};
	struct alert_box box = {.alert = {.ts = 5,
					.priority = PRIORITY_DEBUG,
					.rule = "rule \"x\"",
					.source = "",
					.tags = tags,
					.ntags = 2,
					.text = STR("plain text")}};
	struct spool *s = open_one();
	const struct spooled *got;
	uint64_t lost;

	assert_int_equal(spool_append(s, &box), 0);
	assert_int_equal(spool_read(s, 0, &got, &lost), 1);
	assert_int_equal(got->alert.ts, 5);
	assert_int_equal(got->alert.priority, PRIORITY_DEBUG);
	assert_string_equal(got->alert.rule, "rule \"x\"");
	assert_string_equal(got->alert.source, "");
	assert_int_equal(got->alert.ntags, 2);
	assert_string_equal(got->alert.tags[0], "b");
	assert_string_equal(got->alert.tags[1], "a");
	assert_string_equal(got->alert.text.p, "plain text"); /* no place for an id */
	assert_int_equal(got->alert.fields.n, 0);
	assert_true(got->spooled_ns > UINT64_C(1600000000000000000));
	spool_close(s);
}

static void ids(void **state)
{
	struct spool *s = open_one();
	const struct spooled *got;
	char id[40], id2[40];
	unsigned seq;
	uint64_t lost;

	append_many(s, 1, 2, 0);
	assert_int_equal(spool_read(s, 0, &got, &lost), 1);
	assert_int_equal(sscanf(got->alert.text.p,
				 "{\"hostname\":\"host\",\"id\":\"%36[0-9a-f-]-%u\",\"output\":\"",
				 id, &seq),
		2);
	assert_int_equal(strlen(id), 36);
	assert_int_equal(seq, 1);
	spool_close(s);
	s = open_one();
	append_many(s, 3, 3, 0);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(spool_read(s, 0, &got, &lost), 1);
		assert_int_equal(
			sscanf(got->alert.text.p, "{%*[^,],\"id\":\"%36[0-9a-f-]-%u\"", id2, &seq),
			2);
		assert_string_equal(id, id2);
		assert_int_equal(seq, i);
	}
	spool_close(s);
	/* After a restart of the machine: another prefix. */
	FILE *f = fopen("s/id", "w");
	fprintf(f, "%s another-boot\n", id);
	fclose(f);
	s = open_one();
	append_many(s, 4, 4, 0);
	for (unsigned i = 1; i <= 4; i++)
		assert_int_equal(spool_read(s, 0, &got, &lost), 1);
	sscanf(got->alert.text.p, "{%*[^,],\"id\":\"%36[0-9a-f-]-%u\"", id2, &seq);
	assert_string_not_equal(id, id2);
	assert_int_equal(seq, 4);
	spool_close(s);
}

static void over_restarts(void **state)
{
	for (int fsync = SPOOL_FSYNC_NEVER; fsync <= SPOOL_FSYNC_ALWAYS; fsync++) {
		struct spool *s = open_as(two, 2, (enum spool_fsync)fsync);
		struct stat st;

		append_many(s, 1, 1000, 300);
		assert_next(s, 0, 1, 1000);
		assert_end(s, 0);
		spool_ack(s, 0, 501);
		assert_next(s, 1, 1, 10);
		spool_close(s);
		s = open_as(two, 2, (enum spool_fsync)fsync);
		append_many(s, 1001, 1500, 300);
		assert_next(s, 0, 501, 1500);
		assert_next(s, 1, 1, 1500);
		assert_end(s, 1);
		spool_ack(s, 0, 1400);
		spool_rewind(s, 0);
		assert_next(s, 0, 1400, 1500);
		assert_int_equal(stat("s", &st), 0);
		assert_int_equal(st.st_mode & 0777, 0700);
		assert_int_equal(stat("s/one.cursor", &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		spool_close(s);
		assert_int_equal(system("rm -rf s"), 0);
	}
}

static void readers_come_and_go(void **state)
{
	struct spool *s = open_one();

	append_many(s, 1, 5, 0);
	spool_close(s);
	s = open_as(two, 2, SPOOL_FSYNC_NEVER);
	append_many(s, 6, 7, 0);
	assert_next(s, 0, 1, 7);
	assert_next(s, 1, 6, 7); /* only what came after it */
	spool_close(s);
	s = open_one();
	assert_int_equal(access("s/two.cursor", F_OK), -1);
	spool_close(s);
}

static void what_all_have_goes(void **state)
{
	struct spool *s = open_as(two, 2, SPOOL_FSYNC_NEVER);
	char last[64];

	append_many(s, 1, 700, 1000);
	assert_true(count_segments(last) >= 10);
	spool_ack(s, 0, 701);
	assert_true(count_segments(last) >= 10);
	spool_ack(s, 1, 701);
	assert_int_equal(count_segments(last), 1);
	assert_true(spool_has_room(s));
	spool_close(s);
}

static void the_oldest_go(void **state)
{
	struct spool *s = open_as(two, 2, SPOOL_FSYNC_NEVER);
	uint64_t lost = 0;
	unsigned n, first;
	char last[64];

	append_many(s, 1, 100, 1000);
	assert_next(s, 1, 1, 20); /* has its segment open, and may finish it */
	append_many(s, 101, 3000, 1000);
	assert_false(spool_has_room(s));
	assert_in_range(count_segments(last), 12, 17);
	first = next(s, 0, &lost);
	assert_in_range(first, 1900, 2300);
	assert_int_equal(lost, first - 1);
	assert_next(s, 0, first + 1, 3000);
	for (n = 21, lost = 0; next(s, 1, &lost) == n && !lost; n++)
		;
	assert_in_range(n, 40, 100);
	assert_int_equal(spool_next(s, 1), first + 1);
	assert_int_equal(lost, first - n);
	spool_close(s);
	s = open_as(two, 2, SPOOL_FSYNC_NEVER); /* nothing was acknowledged */
	lost = 0;
	assert_int_equal(next(s, 0, &lost), first);
	assert_int_equal(lost, first - 1);
	spool_close(s);
}

static void one_at_a_time(void **state)
{
	struct spool_config c = {.path = "s", .max_bytes = SMALL};
	struct spool *s = open_one(), *other = NULL;

	assert_int_equal(spool_open(&c, one, 1, &other), -EWOULDBLOCK);
	spool_close(s);
	c.path = "no/folder";
	assert_int_equal(spool_open(&c, one, 1, &other), -ENOENT);
	assert_null(other);
}

/* ---- in bad order ---- */

/* Wherever the last record is cut, the others stay, and the next gets its number. */
static void torn_tails(void **state)
{
	char last[64];
	struct stat st;
	off_t full;
	struct spool *s = open_one();

	append_many(s, 1, 9, 0);
	spool_close(s);
	count_segments(last);
	assert_int_equal(stat(last, &st), 0);
	full = st.st_size;
	s = open_one();
	append_many(s, 10, 10, 0);
	spool_close(s);
	assert_int_equal(stat(last, &st), 0);
	for (off_t size = st.st_size - 1; size >= full; size--) {
		assert_int_equal(truncate(last, size), 0);
		s = open_one();
		assert_int_equal(spool_end(s), 10);
		append_many(s, 10, 10, 0);
		assert_next(s, 0, 1, 10);
		assert_end(s, 0);
		spool_close(s);
	}
}

/* Even the head of the segment may be gone, and more than the cursor knew. */
static void numbers_are_given_once(void **state)
{
	uint64_t lost = 0;
	char last[64];
	struct spool *s = open_as(two, 2, SPOOL_FSYNC_NEVER);

	append_many(s, 1, 20, 0);
	spool_ack(s, 0, 16);
	spool_close(s);
	count_segments(last);
	assert_int_equal(truncate(last, 500), 0);
	s = open_as(two, 2, SPOOL_FSYNC_NEVER);
	assert_int_equal(spool_end(s), 16);
	append_many(s, 16, 17, 0);
	assert_next(s, 0, 16, 17);
	assert_next(s, 1, 1, 1);
	assert_int_equal(next(s, 1, &lost), 16);
	assert_int_equal(lost, 14);
	spool_close(s);
	count_segments(last);
	assert_int_equal(truncate(last, 3), 0);
	s = open_as(two, 2, SPOOL_FSYNC_NEVER);
	assert_int_equal(spool_end(s), 16);
	spool_close(s);
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char c;

	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 0x10;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

/* A turned bit costs the rest of a segment at most; nothing wrong is read, nothing goes uncounted.
 */
static void turned_bits(void **state)
{
	struct spool *s = open_one();
	char last[64], path[64];

	append_many(s, 1, 150, 1000);
	assert_int_equal(count_segments(last), 3);
	snprintf(path, sizeof(path), "s/%020d.seg", 1);
	for (off_t at = 0; at < 6000; at += 7) {
		uint64_t lost = 0;
		unsigned n, before = 0, got = 0;

		flip(path, at + (off_t)sizeof(char[24]));
		spool_rewind(s, 0);
		while ((n = next(s, 0, &lost))) {
			assert_true(n > before);
			before = n;
			got++;
		}
		assert_int_equal(got + lost, 150);
		assert_true(lost > 0 && lost < 75);
		flip(path, at + (off_t)sizeof(char[24]));
	}
	spool_rewind(s, 0);
	assert_next(s, 0, 1, 150);
	spool_close(s);
}

/* In the segment that is being written: what comes afterwards can be read again. */
static void turned_bits_at_the_end(void **state)
{
	struct spool *s = open_one();
	uint64_t lost = 0;
	char last[64];

	append_many(s, 1, 10, 100);
	count_segments(last);
	flip(last, 100);
	assert_int_equal(next(s, 0, &lost), 0);
	assert_int_equal(lost, 10);
	append_many(s, 11, 12, 100);
	assert_next(s, 0, 11, 12);
	spool_close(s);
}

static void segments_that_vanish(void **state)
{
	struct spool *s = open_one();
	uint64_t lost = 0;
	char last[64];

	append_many(s, 1, 100, 1000);
	assert_int_equal(system("rm s/*1.seg"), 0);
	assert_int_equal(count_segments(last), 1);
	assert_in_range(next(s, 0, &lost), 40, 70);
	assert_in_range(lost, 39, 69);
	assert_int_equal(system("rm s/*.seg"), 0);
	spool_rewind(s, 0);
	lost = 0;
	assert_int_equal(next(s, 0, &lost), 0);
	assert_int_equal(lost, 100);
	append_many(s, 101, 101, 1000);
	assert_next(s, 0, 101, 101);
	spool_close(s);
}

static void cursors_of_garbage(void **state)
{
	struct spool *s = open_one();

	append_many(s, 1, 5, 0);
	spool_ack(s, 0, 4);
	spool_close(s);
	flip("s/one.cursor", 1);
	s = open_one();
	assert_next(s, 0, 1, 5); /* rather twice than never */
	spool_close(s);
	assert_int_equal(truncate("s/one.cursor", 3), 0);
	s = open_one();
	assert_next(s, 0, 1, 5);
	spool_close(s);
}

/* No room: as on a full disk, writing fails in the middle of a record. */
static void a_full_disk(void **state)
{
	struct rlimit old, low;
	struct spool *s = open_one();

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	append_many(s, 1, 5, 1000);
	low = old;
	low.rlim_cur = 7000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	append_many(s, 6, 6, 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(append(s, 7, 3000), -EFBIG);
	assert_next(s, 0, 1, 6);
	assert_end(s, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	append_many(s, 7, 8, 3000);
	assert_next(s, 0, 7, 8);
	spool_rewind(s, 0);
	assert_next(s, 0, 1, 8);
	spool_close(s);
	s = open_one();
	assert_next(s, 0, 1, 8);
	spool_close(s);
}

static void too_large(void **state)
{
	struct spool *s = open_one();
	uint64_t lost = 0;

	append_many(s, 1, 1, 0);
	assert_int_equal(append(s, 2, SPOOL_MAX_RECORD), -EMSGSIZE);
	append_many(s, 2, 2, SPOOL_MAX_RECORD - 1000); /* more than the spool is to hold */
	assert_int_equal(next(s, 0, &lost), 2);
	assert_int_equal(lost, 1); /* had to go */
	append_many(s, 3, 3, 0);
	assert_next(s, 0, 3, 3);
	spool_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_an_alert),
		TEST(ids),
		TEST(over_restarts),
		TEST(readers_come_and_go),
		TEST(what_all_have_goes),
		TEST(the_oldest_go),
		TEST(one_at_a_time),
		TEST(torn_tails),
		TEST(numbers_are_given_once),
		TEST(turned_bits),
		TEST(turned_bits_at_the_end),
		TEST(segments_that_vanish),
		TEST(cursors_of_garbage),
		TEST(a_full_disk),
		TEST(too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
