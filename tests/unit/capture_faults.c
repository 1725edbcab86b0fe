/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can go wrong with the bytes of a capture: it ends anywhere, any byte is another, reads are
 * short or fail.  The reader never does more than it should: all events before the damage come,
 * then the end or one message with an offset.  Meant to run with sanitizers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "../lib/capture_log.h"
#include "../lib/scap_build.h"

static struct buf image, packed, whole; /* whole: what the image says */
static struct buf paused;		/* what a file says that is read without pauses */
static struct capture_log out;

static void put_lists(void)
{
	struct buf body = {0};

	put_proc(&body, 9, 5, "\1\0\0\0", 4);
	put_block_of(&image, BLOCK_PL_V9, &body);
	put_proc(&body, 5, 6, "", 0);
	put_block_of(&image, BLOCK_PL_V5, &body);
	put_u64(&body, 5);
	put_u32(&body, 4 + 17 + 3);
	put_u64(&body, 1);
	put_u64(&body, 2);
	put_u8(&body, FD_FILE);
	put_text(&body, "f");
	put_block_of(&image, BLOCK_FDL_V2, &body);
	put_u8(&body, GROUP_ENTRY);
	put_u32(&body, 7);
	put_text(&body, "wheel");
	put_block_of(&image, BLOCK_UL_V1, &body);
	buf_done(&body);
}

static void put_events(void)
{
	put_event(&image, BLOCK_EV_V2, 1, 5, EV_OPEN_X,
		PARAMS(I64(3), TEXT("/f"), U32(1), U32(0), U32(0), U64(1)));
	put_event(&image, BLOCK_EV_V1, 2, 5, EV_READ_E, PARAMS(I64(3), U32(10)));
	put_event(&image, BLOCK_EVF_V1, 3, 5, EV_READ_X, PARAMS(I64(2), TEXT("x")));
	put_event(&image, BLOCK_EVF_V2_LARGE, 4, 5, EV_CONTAINER_E, PARAMS(TEXT("{}")));
	put_event(&image, BLOCK_EV_V2, 5, 5, EV_EXECVE_8_X,
		PARAMS(I64(0), TEXT("sh"), TEXT("-c"), I64(5), I64(5), I64(1), TEXT("/"), U64(9)));
	put_event(&image, BLOCK_EV_V2, 6, 5, EV_CONTAINER_4_E,
		PARAMS(TEXT("id"), U32(0), TEXT("name"), TEXT("image")));
}

static void pack(void)
{
	z_stream z = {0};

	deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	buf_reserve(&packed, image.n + 1000);
	z.next_in = (Bytef *)image.p;
	z.avail_in = (uInt)image.n;
	z.next_out = (Bytef *)packed.p;
	z.avail_out = (uInt)packed.cap;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.n = z.total_out;
	deflateEnd(&z);
}

/* What the source says, or why it was refused, goes to out; *s is closed. */
static enum source_result finish(struct source *s, const char *error)
{
	if (s)
		return log_events(&out, s);
	buf_printf(&out.text, "error %s\n", error);
	return SOURCE_ERROR;
}

/* From memory that ends where the bytes do, so that a step too far is seen. */
static enum source_result read_exactly(const void *p, size_t n)
{
	struct machine_sink sink = log_sink(&out);
	void *copy = mem_alloc(n ? n : 1);
	enum source_result res;
	char error[512] = "";

	memcpy(copy, p, n);
	out.text.n = 0;
	res = finish(scap_open_memory(copy, n, "test", &sink, error), error);
	free(copy);
	return res;
}

/* The log is a beginning of the whole one, but for a last line with an error that has an offset. */
static void assert_beginning(size_t at)
{
	const char *text = buf_cstr(&out.text), *error = strstr(text, "error ");
	size_t n = error ? (size_t)(error - text) : out.text.n;

	assert_true(n <= whole.n);
	if (memcmp(text, whole.p, n) != 0)
		fail_msg("cut at %zu:\n%s", at, text);
	if (error && (!strstr(error, ", at offset ") || strchr(error, '\n')[1]))
		fail_msg("cut at %zu: %s", at, error);
}

static int setup(void **state)
{
	put_section(&image);
	put_lists();
	put_events();
	put_section(&image);
	put_events();
	pack();
	assert_int_equal(read_exactly(image.p, image.n), SOURCE_EOF);
	buf_put(&whole, out.text.p, out.text.n);
	return 0;
}

static int teardown(void **state)
{
	buf_done(&image);
	buf_done(&packed);
	buf_done(&whole);
	buf_done(&paused);
	buf_done(&out.text);
	return 0;
}

static void test_whole(void **state)
{
	assert_int_equal(read_exactly(packed.p, packed.n), SOURCE_EOF);
	assert_int_equal(out.text.n, whole.n);
	assert_memory_equal(out.text.p, whole.p, whole.n);
}

static void test_truncated(void **state)
{
	unsigned ends = 0;

	for (size_t n = 0; n < image.n; n++) {
		ends += read_exactly(image.p, n) == SOURCE_EOF;
		assert_beginning(n);
	}
	/* Only where a block ends behind an event: eleven are not the last, one section header is.
	 */
	assert_int_equal(ends, 11);
}

static void test_truncated_gzip(void **state)
{
	for (size_t n = 0; n < packed.n; n++) {
		assert_int_equal(read_exactly(packed.p, n), SOURCE_ERROR);
		assert_beginning(n);
		if (n > 2)
			assert_non_null(
				strstr(buf_cstr(&out.text), "the gzip data ends too early"));
	}
}

/* Every byte becomes other ones: nothing is promised but that it ends well. */
static void test_flipped(void **state)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xff, 0x10};

	for (size_t i = 0; i < image.n; i++) {
		for (size_t k = 0; k < sizeof(flips); k++) {
			image.p[i] ^= (char)flips[k];
			read_exactly(image.p, image.n);
			image.p[i] ^= (char)flips[k];
		}
	}
	for (size_t i = 0; i < packed.n; i++) {
		packed.p[i] ^= 0x55;
		read_exactly(packed.p, packed.n);
		packed.p[i] ^= 0x55;
	}
}

/* Two bytes at once, at random, and extreme values where lengths might be. */
static void test_flipped_more(void **state)
{
	static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xffff};
	struct buf b = {0};
	unsigned seed = 3;

	for (unsigned round = 0; round < 20000; round++) {
		uint32_t v = values[(unsigned)rand_r(&seed) % ARRAY_SIZE(values)];

		b.n = 0;
		buf_put(&b, image.p, image.n);
		memcpy(b.p + (unsigned)rand_r(&seed) % (b.n - 4), &v,
			1 + (unsigned)rand_r(&seed) % 4);
		b.p[(unsigned)rand_r(&seed) % b.n] ^= (char)rand_r(&seed);
		read_exactly(b.p, b.n);
	}
	buf_done(&b);
}

/* ---- reads ---- */

struct reads {
	const struct buf *from;
	size_t pos;
	unsigned most;	/* bytes at a time */
	unsigned calls; /* after which reads fail; 0: never */
	unsigned pause; /* every so many there is nothing for now; 0: never */
	unsigned done;
};

static ssize_t short_read(void *arg, void *buf, size_t n)
{
	struct reads *r = arg;
	size_t got = MIN(MIN(n, r->most), r->from->n - r->pos);

	if (r->calls && !--r->calls)
		return -EIO;
	if (r->pause && ++r->done % r->pause == 0)
		return -EAGAIN;
	if (got)
		memcpy(buf, r->from->p + r->pos, got);
	r->pos += got;
	return (ssize_t)got;
}

static enum source_result read_all(struct reads *reads)
{
	struct scap_feed feed = {reads, short_read};
	struct machine_sink sink = log_sink(&out);
	char error[512] = "";

	out.text.n = 0;
	return finish(scap_open_feed(&feed, "test", &sink, error), error);
}

static enum source_result read_feed(const struct buf *from, unsigned most, unsigned calls)
{
	return read_all(&(struct reads){from, 0, most, calls, 0, 0});
}

static void test_short_reads(void **state)
{
	const struct buf *both[] = {&image, &packed};

	for (int i = 0; i < 2; i++) {
		for (unsigned most = 1; most < 50; most++) {
			assert_int_equal(read_feed(both[i], most, 0), SOURCE_EOF);
			assert_int_equal(out.text.n, whole.n);
			assert_memory_equal(out.text.p, whole.p, whole.n);
		}
	}
}

static void test_failing_reads(void **state)
{
	const struct buf *both[] = {&image, &packed};

	for (int i = 0; i < 2; i++) {
		unsigned calls = (unsigned)both[i]->n / 5;

		for (unsigned k = 1; k <= calls; k++) {
			assert_int_equal(read_feed(both[i], 5, k), SOURCE_ERROR);
			assert_beginning(k);
			assert_non_null(
				strstr(buf_cstr(&out.text), "cannot be read: Input/output error"));
		}
	}
}

/* Wherever bytes cease to come, what was read before is neither lost nor read again. */
static void test_pauses(void **state)
{
	struct buf file = {0};

	for (unsigned kind = 0; kind < 4; kind++) {
		const struct buf *part = kind & 1 ? &packed : &image;

		file.n = 0;
		buf_put(&file, part->p, part->n);
		if (kind & 2)
			buf_put(&file, part->p, part->n);
		assert_int_equal(read_feed(&file, 4096, 0), SOURCE_EOF);
		paused.n = 0;
		buf_put(&paused, out.text.p, out.text.n);
		for (unsigned most = 1; most < 50; most++) {
			assert_int_equal(read_all(&(struct reads){&file, 0, most, 0, 2, most % 2}),
				SOURCE_EOF);
			assert_true(out.timeouts > file.n / most / 2);
			assert_int_equal(out.text.n, paused.n);
			assert_memory_equal(out.text.p, paused.p, paused.n);
		}
	}
	buf_done(&file);
}

/* What comes late may still turn out to be no capture, or half of one. */
static void test_pauses_before_faults(void **state)
{
	struct buf file = {0};

	for (size_t n = 0; n < image.n; n += 1 + n / 40) {
		file.n = 0;
		buf_put(&file, image.p, n);
		read_feed(&file, 4096, 0);
		paused.n = 0;
		buf_put(&paused, out.text.p, out.text.n);
		read_all(&(struct reads){&file, 0, 3, 0, 2, 0});
		/* Refused at once or later on: the reason is the same. */
		if (memcmp(paused.p, "refused ", 8) == 0) {
			assert_non_null(strstr(buf_cstr(&out.text), buf_cstr(&paused) + 8));
			continue;
		}
		assert_int_equal(out.text.n, paused.n);
		assert_memory_equal(out.text.p, paused.p, paused.n);
	}
	buf_done(&file);
}

/* "-" is standard input, here a pipe. */
static void test_standard_input(void **state)
{
	struct machine_sink sink = log_sink(&out);
	int ends[2], saved = dup(STDIN_FILENO);
	char error[512] = "";
	struct source *s;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		for (size_t i = 0; i < packed.n; i += 100)
			if (write(ends[1], packed.p + i, MIN(packed.n - i, 100)) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	out.text.n = 0;
	s = scap_open("-", &sink, error);
	assert_int_equal(finish(s, error), SOURCE_EOF);
	assert_memory_equal(out.text.p, whole.p, whole.n);
	dup2(saved, STDIN_FILENO);
	close(saved);
	waitpid(child, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_truncated_gzip),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_flipped_more),
		cmocka_unit_test(test_short_reads),
		cmocka_unit_test(test_failing_reads),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_pauses_before_faults),
		cmocka_unit_test(test_standard_input),
	};

	return cmocka_run_group_tests_name("capture_faults", tests, setup, teardown);
}
