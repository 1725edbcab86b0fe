/* SPDX-License-Identifier: Apache-2.0 */
/* Event blocks of all kinds, how events are numbered and marked, captures in a row, no captures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../lib/capture_log.h"
#include "../lib/scap_build.h"
#include "event/convert.h"

static struct buf image;
static struct capture_log out;

static int clean(void **state)
{
	buf_done(&image);
	buf_done(&out.text);
	return 0;
}

/* Reads n bytes into out. */
static enum source_result read_bytes(const void *p, size_t n)
{
	struct machine_sink sink = log_sink(&out);
	char error[512] = "";
	struct source *s;

	out.text.n = 0;
	s = scap_open_memory(p, n, "test", &sink, error);
	if (s)
		return log_events(&out, s);
	buf_printf(&out.text, "refused %s\n", error);
	return SOURCE_ERROR;
}

static enum source_result read_image(void)
{
	return read_bytes(image.p, image.n);
}

static void assert_text(const char *want)
{
	assert_string_equal(buf_cstr(&out.text), want);
}

static void assert_says(const char *what)
{
	if (!strstr(buf_cstr(&out.text), what))
		fail_msg("no \"%s\" in:\n%s", what, buf_cstr(&out.text));
}

static void put_close(struct buf *b, int64_t tid)
{
	put_event(b, BLOCK_EV_V2, 1, tid, EV_CLOSE_X, PARAMS(I64(0), I64(3)));
}

static void put_user_added(struct buf *b)
{
	put_event(b, BLOCK_EV_V2, 1, -1, EV_USERADDED_E, PARAMS(U32(0), U32(0), TEXT("root")));
}

#define CLOSE_HEX(tid)                                                                             \
	"0100000000000000" tid "000000000000002e000000050002000000"                                \
	"0800080000000000000000000300000000000000\n"

static void test_blocks(void **state)
{
	size_t len;
	void *rec = make_record(1, 5, EV_CLOSE_X, PARAMS(I64(0), I64(3)), &len);

	put_section(&image);
	put_event_block(&image, BLOCK_EV_V2, 0, rec, len);
	put_event_block(&image, BLOCK_EV_V1, 0, rec, len);
	put_event_block(&image, BLOCK_EV_V1_OLD, 0, rec, len);
	put_event_block(&image, BLOCK_EVF_V2, 1, rec, len);
	put_event_block(&image, BLOCK_EVF_V1, 1, rec, len);
	put_event_block(&image, BLOCK_EVF_V2, 6, rec, len); /* flags that are not the file's */
	put_event_block(&image, BLOCK_EV_V2_LARGE, 0, rec, len);
	put_event_block(&image, BLOCK_EVF_V2_LARGE, 1, rec, len);
	free(rec);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_text(
		"reset\nready\n"
		"event 1 close< cpu=3 flags=0 " CLOSE_HEX(
			"05") "event 2 close< cpu=3 "
			      "flags=0 " CLOSE_HEX(
				      "05") "event "
					    "3 "
					    "close< "
					    "cpu=3 "
					    "flags="
					    "0"
					    " " CLOSE_HEX("05") "event 4 close< cpu=3 "
								"flags=1 " CLOSE_HEX(
									"05") "event 5 "
									      "close< cpu=3 "
									      "flags="
									      "1 " CLOSE_HEX("05") "event 6 close< cpu=3 flags=0 " CLOSE_HEX(
										      "05") "event "
											    "7 "
											    "close<"
											    " "
											    "cpu=3 "
											    "flags="
											    "0"
											    " " CLOSE_HEX("05") "event 8 close< cpu=3 flags=1 " CLOSE_HEX(
												    "05"));
}

/* Blocks may hold more than the record (comments), and there may be blocks that we do not know. */
static void test_skipped(void **state)
{
	size_t len;
	char *rec = make_record(1, 5, EV_CLOSE_X, PARAMS(I64(0), I64(3)), &len);

	rec = mem_realloc(rec, len + 20);
	memset(rec + len, 'c', 20);
	put_section(&image);
	put_block(&image, 0x777, "before", 6);
	put_event_block(&image, BLOCK_EV_V2, 0, rec, len + 20);
	put_block(&image, 0x777, "", 0);
	put_event_block(&image, BLOCK_EV_V2, 0, rec, len);
	((struct event_header *)rec)->type = EV_MAX;
	put_event_block(&image, BLOCK_EV_V2, 0, rec, len);
	((struct event_header *)rec)->type = 65535;
	put_event_block(&image, BLOCK_EV_V1, 0, rec, len);
	put_close(&image, 6);
	free(rec);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_text(
		"reset\nready\n"
		"event 1 close< cpu=3 flags=0 " CLOSE_HEX(
			"05") "event 2 close< cpu=3 flags=0 " CLOSE_HEX("05") "event 3 close< "
									      "cpu=3 "
									      "flags="
									      "0 " CLOSE_HEX("0"
											     "6"));
}

/* Without nparams in the header their number follows from the lengths, whatever they are. */
static void test_inference(void **state)
{
	static uint8_t data[300];
	struct param params[EVENT_MAX_PARAMS];
	unsigned seed = 7, n = 0;

	for (uint16_t type = 0; type < EV_MAX; type++) {
		const struct event_info *info = &event_table[type];

		if (convert_current[type] != CONVERT_ANY || info->flags & EF_LARGE_PAYLOAD ||
			type == EV_NOTIFICATION_E || type == EV_INFRA_E)
			continue;
		for (unsigned k = 0; k <= info->nparams; k++, n++) {
			char want[40];

			for (unsigned i = 0; i < k; i++)
				params[i] = (struct param){data, (uint32_t)rand_r(&seed) % 300};
			image.n = 0;
			put_section(&image);
			put_event(&image, BLOCK_EV_V1, 1, 5, type, params, k);
			assert_int_equal(read_image(), SOURCE_EOF);
			snprintf(want, sizeof(want), "%02x%02x%02x000000", type & 0xff, type >> 8,
				k);
			assert_says(want);
		}
	}
	assert_true(n > 400);
}

/* Two types whose old writers gave three bytes too many as their length. */
static void test_wrong_old_length(void **state)
{
	size_t len;
	char *rec = make_record(1, 5, EV_NOTIFICATION_E, PARAMS(TEXT("id"), TEXT("text")), &len);

	rec = mem_realloc(rec, len + 3);
	memset(rec + len, 0, 3);
	((struct event_header *)rec)->len += 3;
	put_section(&image);
	put_event_block(&image, BLOCK_EV_V1, 0, rec, len + 3);
	free(rec);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_says("event 1 notification> cpu=3 flags=0 "
		    "010000000000000005000000000000002600000018010200"
		    "0000030005006964007465787400\n");
}

static void test_numbers_and_marks(void **state)
{
	put_section(&image);
	put_user_added(&image);
	put_user_added(&image);
	put_event(&image, BLOCK_EV_V2, 1, 5, EV_CLOSE_E, PARAMS(I64(9)));
	put_user_added(&image);
	put_event(&image, BLOCK_EV_V2, 1, 5, EV_CLOSE_X, PARAMS(I64(0)));
	put_event(&image, BLOCK_EV_V2, 1, 5, EV_OPENAT_E,
		PARAMS(I64(-100), TEXT("/"), U32(0), U32(0)));
	put_event(&image, BLOCK_EV_V2, 1, 5, EV_CLONE_11_E, NULL, 0);
	put_close(&image, 5);
	assert_int_equal(read_image(), SOURCE_EOF);
	/* State at the start is marked as such; the stored close ends the start but has no number.
	 */
	assert_says("event 1 useradded> cpu=3 flags=3 ");
	assert_says("event 2 useradded> cpu=3 flags=3 ");
	assert_says("event 3 useradded> cpu=3 flags=0 ");
	assert_says("event 4 close< cpu=3 flags=0 0100000000000000050000000000000"
		    "02e0000000500020000000800080000000000000000000900000000000000\n");
	assert_says("event 5 openat> cpu=3 flags=3 ");
	assert_says("event 6 close< cpu=3 flags=0 ");
}

/* A second capture starts anew; its initial state does not count, numbers go on. */
static void test_captures_in_a_row(void **state)
{
	for (int i = 0; i < 2; i++) {
		put_section(&image);
		put_user_added(&image);
		put_close(&image, 5 + i);
	}
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_says("reset\nready\nevent 1 useradded> cpu=3 flags=3 ");
	assert_says(
		"event 2 close< cpu=3 flags=0 " CLOSE_HEX("05") "reset\nready\nevent 1 useradded>");
	assert_says("event 3 close< cpu=3 flags=0 " CLOSE_HEX("06"));
	/* The last one has no events. */
	put_section(&image);
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says(CLOSE_HEX("06") "reset\nerror test: no events in file, at offset ");
}

static void put_gzip(struct buf *b, const struct buf *plain)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	buf_reserve(b, plain->n + 1000);
	z.next_in = (Bytef *)plain->p;
	z.avail_in = (uInt)plain->n;
	z.next_out = (Bytef *)b->p + b->n;
	z.avail_out = (uInt)(b->cap - b->n);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b->n += z.total_out;
	deflateEnd(&z);
}

/* Plain and compressed captures follow each other in any way that files are put together. */
static void test_compressed(void **state)
{
	static const char *const ways[] = {"p", "g", "pp", "gg", "pg", "gp", "ggg", "gpp"};
	struct buf one = {0}, all = {0};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		unsigned n = 0, ready = 0;

		one.n = all.n = 0;
		put_section(&one);
		put_close(&one, 5);
		for (const char *way = ways[i]; *way; way++)
			if (*way == 'g')
				put_gzip(&all, &one);
			else
				buf_put(&all, one.p, one.n);
		assert_int_equal(read_bytes(all.p, all.n), SOURCE_EOF);
		for (const char *p = buf_cstr(&out.text); (p = strstr(p, CLOSE_HEX("05"))); p++)
			n++;
		for (const char *p = buf_cstr(&out.text); (p = strstr(p, "reset\nready\n")); p++)
			ready++;
		assert_int_equal(n, strlen(ways[i]));
		assert_int_equal(ready, n);
	}
	/* Padding behind the last member is ignored, as gzip does. */
	all.n = 0;
	put_gzip(&all, &one);
	buf_pad(&all, 0, 100);
	assert_int_equal(read_bytes(all.p, all.n), SOURCE_EOF);
	buf_done(&one);
	buf_done(&all);
}

/* A record larger than any window that was there before, out of a compressed stream. */
static void test_large_compressed(void **state)
{
	size_t n = 3 * 1024 * 1024;
	uint8_t *data = mem_zalloc(n);
	struct buf all = {0};

	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	put_section(&image);
	put_close(&image, 5);
	put_event(&image, BLOCK_EV_V2_LARGE, 1, 5, EV_PLUGINEVENT_E,
		PARAMS(U32(1), ((struct param){data, (uint32_t)n})));
	put_close(&image, 6);
	put_gzip(&all, &image);
	assert_int_equal(read_image(), SOURCE_EOF);
	buf_char(&out.text, '\0');
	image.n = 0;
	buf_put(&image, out.text.p, out.text.n);
	assert_int_equal(read_bytes(all.p, all.n), SOURCE_EOF);
	assert_int_equal(out.text.n + 1, image.n);
	assert_memory_equal(out.text.p, image.p, out.text.n);
	free(data);
	buf_done(&all);
}

/* ---- what is no capture ---- */

static void refused(const char *why)
{
	assert_int_equal(read_image(), SOURCE_ERROR);
	if (!strstr(buf_cstr(&out.text), why) || !strstr(out.text.p, "refused test: "))
		fail_msg("no \"%s\" in:\n%s", why, out.text.p);
}

static void test_refused(void **state)
{
	refused("the file is empty, at offset 0");
	buf_puts(&image, "\n\r");
	refused("not a capture file");
	buf_puts(&image, "- rule: x\n  desc: y\n");
	refused("not a capture file: it does not begin with a section header, at offset 0");
	image.n = 0;
	put_section(&image);
	refused("no events in file, at offset 28");
	image.p[8] ^= 1;
	refused("no magic number");
	memcpy(image.p + 8, &(uint32_t){SHB_MAGIC_SWAPPED}, 4);
	refused("other byte order");
	memcpy(image.p + 8, &(uint32_t){SHB_MAGIC}, 4);
	image.p[12] = 2;
	refused("capture format 2 is newer than 1");
	image.p[12] = 1;
	memcpy(image.p + 4, &(uint32_t){27}, 4);
	refused("section header of 27 bytes");
}

static void test_refused_paths(void **state)
{
	char error[512];

	assert_null(scap_open("/nonexistent.scap", NULL, error));
	assert_string_equal(error, "/nonexistent.scap: No such file or directory");
	assert_null(scap_open("/tmp", NULL, error));
	assert_string_equal(error, "/tmp: Is a directory");
	assert_null(scap_open("/dev/null", NULL, error));
	assert_string_equal(error, "/dev/null: the file is empty, at offset 0");
}

/* An event block that cannot be one, and an event that does not fit in its block. */
static void test_damaged_events(void **state)
{
	size_t at;

	put_section(&image);
	put_close(&image, 5);
	at = image.n;
	put_close(&image, 6);
	memcpy(image.p + at + 4, &(uint32_t){20}, 4);
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says(CLOSE_HEX("05") "error test: damaged: event block of 20 bytes, at offset 88\n");
	memcpy(image.p + at + 4, &(uint32_t){EVENT_BLOCK_MAX + 1}, 4);
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says("error test: damaged: event block of 16842753 bytes, at offset 88\n");
	memcpy(image.p + at + 4, &(uint32_t){60}, 4);
	image.p[at + 10 + 16]++; /* the record's length */
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says("error test: damaged: event of type 5 and 47 bytes does not fit its block, at "
		    "offset 88");
	image.p[at + 10 + 16] = 46;
	image.p[at + 10 + 26]++; /* the length of its first parameter */
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says("does not fit its block, at offset 88");
	image.p[at + 10 + 26]--;
	image.p[at + 10 + 22] = 3; /* number of parameters, the third one's length is 0 */
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says("error test: damaged: event of type 5");
}

static void test_too_many_parameters(void **state)
{
	put_section(&image);
	put_event(&image, BLOCK_EV_V2, 1, 5, EV_CLOSE_X, PARAMS(I64(0), I64(1), I64(2)));
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says("error test: damaged: event of type 5 (close) with 3 parameters and 56 bytes "
		    "fits no "
		    "schema, at offset 28\n");
}

/* After the end and after an error there is nothing more. */
static void test_stays_ended(void **state)
{
	char error[512];
	struct source_stats stats;
	struct source *s;
	struct event ev;

	put_section(&image);
	put_close(&image, 5);
	s = scap_open_memory(image.p, image.n, "test", NULL, error);
	assert_int_equal(source_next(s, &ev), SOURCE_EVENT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(source_next(s, &ev), SOURCE_EOF);
	s->stats(s, &stats);
	assert_int_equal(stats.events, 1);
	assert_int_equal(stats.drops, 0);
	source_close(s);
	s = scap_open_memory(image.p, image.n - 1, "test", NULL, error);
	for (int i = 0; i < 3; i++)
		assert_int_equal(source_next(s, &ev), SOURCE_ERROR);
	assert_string_equal(s->error, "test: truncated within a block of 60 bytes, at offset 87");
	source_close(s);
}

#define TEST(f) cmocka_unit_test_teardown(f, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_blocks),
		TEST(test_skipped),
		TEST(test_inference),
		TEST(test_wrong_old_length),
		TEST(test_numbers_and_marks),
		TEST(test_captures_in_a_row),
		TEST(test_compressed),
		TEST(test_large_compressed),
		TEST(test_refused),
		TEST(test_refused_paths),
		TEST(test_damaged_events),
		TEST(test_too_many_parameters),
		TEST(test_stays_ended),
	};

	return cmocka_run_group_tests_name("capture_events", tests, NULL, NULL);
}
