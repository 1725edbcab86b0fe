/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed captures that are large enough to be inflated ahead, in a thread, by the fast library.
 * What they are compared with is the same bytes from a feed, which zlib inflates on the spot: both
 * must say the same to the byte, whole, cut short or damaged.  Meant to run with sanitizers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "../lib/capture_log.h"
#include "../lib/scap_build.h"

#define IMAGE_SIZE (3u * 1024 * 1024)

static struct buf image, packed;
static struct capture_log ahead, fed;

/* ---- what is read ---- */

static unsigned random_below(unsigned n)
{
	static unsigned seed = 7;

	return (unsigned)rand_r(&seed) % n;
}

static void put_payload(size_t n)
{
	uint8_t *data = mem_alloc(n);

	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(random_below(4) ? i / 64 : random_below(256));
	put_event(&image, BLOCK_EV_V2_LARGE, image.n, 5, EV_PLUGINEVENT_E,
		PARAMS(U32(1), ((struct param){data, (uint32_t)n})));
	free(data);
}

/* Mostly small events; some larger than what goes over from one block to the next in place. */
static void put_events(size_t size)
{
	put_section(&image);
	while (image.n < size) {
		put_payload(1 + random_below(random_below(50) ? 300 : 150000));
		if (image.n / (size / 3) == 1 && random_below(1000) == 0)
			put_payload(1200000);
	}
}

/* Ends z. */
static void append_member(z_stream *z, const char *p, size_t n)
{
	buf_reserve(&packed, deflateBound(z, n));
	z->next_in = (Bytef *)p;
	z->avail_in = (uInt)n;
	z->next_out = (Bytef *)packed.p + packed.n;
	z->avail_out = (uInt)(packed.cap - packed.n);
	assert_int_equal(deflate(z, Z_FINISH), Z_STREAM_END);
	packed.n += z->total_out;
	deflateEnd(z);
}

/* The image in so many members, cut anywhere. */
static void pack(unsigned members)
{
	size_t from = 0;

	packed.n = 0;
	for (unsigned i = 1; i <= members; i++) {
		size_t to = i == members ? image.n : from + random_below(image.n / members);
		z_stream z = {0};

		deflateInit2(&z, 1 + (int)random_below(9), Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
		append_member(&z, image.p + from, to - from);
		from = to;
	}
}

/* ---- how it is read ---- */

struct memory {
	const char *p;
	size_t left;
};

static ssize_t read_memory(void *arg, void *buf, size_t n)
{
	struct memory *m = arg;

	n = MIN(n, m->left);
	memcpy(buf, m->p, n);
	m->p += n;
	m->left -= n;
	return (ssize_t)n;
}

static enum source_result finish(struct capture_log *l, struct source *s, const char *error)
{
	if (s)
		return log_events(l, s);
	buf_printf(&l->text, "refused %s\n", error);
	return SOURCE_ERROR;
}

/* From memory that ends where the bytes do, so that a step too far is seen. */
static enum source_result read_ahead(const struct buf *b, size_t n)
{
	struct machine_sink sink = log_sink(&ahead);
	void *copy = mem_alloc(n ? n : 1);
	enum source_result res;
	char error[512] = "";

	memcpy(copy, b->p, n);
	ahead.text.n = 0;
	res = finish(&ahead, scap_open_memory(copy, n, "test", &sink, error), error);
	free(copy);
	return res;
}

static enum source_result read_fed(const struct buf *b, size_t n)
{
	struct machine_sink sink = log_sink(&fed);
	struct memory memory = {b->p, n};
	struct scap_feed feed = {&memory, read_memory};
	char error[512] = "";

	fed.text.n = 0;
	return finish(&fed, scap_open_feed(&feed, "test", &sink, error), error);
}

static void assert_same(const char *what, size_t at)
{
	const char *a, *b;

	if (ahead.text.n == fed.text.n && memcmp(ahead.text.p, fed.text.p, fed.text.n) == 0)
		return;
	a = strstr(buf_cstr(&ahead.text), "error ");
	b = strstr(buf_cstr(&fed.text), "error ");
	fail_msg("%s at %zu: %zu bytes and %s, not %zu bytes and %s", what, at, ahead.text.n,
		a ? a : "no error", fed.text.n, b ? b : "no error");
}

/* ---- tests ---- */

static int setup(void **state)
{
	put_events(IMAGE_SIZE);
	return 0;
}

static int teardown(void **state)
{
	buf_done(&image);
	buf_done(&packed);
	buf_done(&ahead.text);
	buf_done(&fed.text);
	return 0;
}

static void test_whole(void **state)
{
	static const unsigned members[] = {1, 7, 500};

	assert_int_equal(read_fed(&image, image.n), SOURCE_EOF);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		pack(members[i]);
		assert_int_equal(read_ahead(&packed, packed.n), SOURCE_EOF);
		assert_same("members", members[i]);
	}
}

/* The thread begins when the file is opened, whenever it is read, if ever. */
static void test_file(void **state)
{
	struct machine_sink sink = log_sink(&ahead);
	char path[] = "/tmp/capture_ahead.XXXXXX", error[512] = "";
	int fd = mkstemp(path);
	struct scap *begun;

	pack(3);
	assert_int_equal(write(fd, packed.p, packed.n), packed.n);
	close(fd);
	ahead.text.n = 0;
	begun = scap_begin(path, error);
	scap_abandon(scap_begin(path, error));
	unlink(path);
	assert_int_equal(finish(&ahead, scap_read(begun, &sink, error), error), SOURCE_EOF);
	assert_int_equal(read_fed(&image, image.n), SOURCE_EOF);
	assert_same("file", 0);
}

/* An uncompressed capture, padding, bytes that are nothing, half a magic number. */
static void test_behind(void **state)
{
	static const char *const tails[] = {"\0\0\0\0", "x", "\x1f", "\x1f\x8b", "\x1f\x8b\x08xyz"};

	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		pack(1);
		buf_put(&packed, tails[i], MAX(strlen(tails[i]), 1));
		assert_int_equal(read_ahead(&packed, packed.n), i < 3 ? SOURCE_EOF : SOURCE_ERROR);
		read_fed(&packed, packed.n);
		assert_same("tail", i);
	}
	pack(2);
	buf_put(&packed, image.p, image.n);
	assert_int_equal(read_ahead(&packed, packed.n), SOURCE_EOF);
	read_fed(&packed, packed.n);
	assert_same("plain", 0);
}

static void test_cut(void **state)
{
	pack(2);
	for (unsigned i = 0; i < 24; i++) {
		size_t n = i < 12 ? packed.n - 1 - i : random_below((unsigned)packed.n);

		assert_int_equal(read_ahead(&packed, n), SOURCE_ERROR);
		read_fed(&packed, n);
		assert_same("cut", n);
	}
}

static void test_damaged(void **state)
{
	for (unsigned i = 0; i < 40; i++) {
		size_t at;
		char was;

		if (i % 10 == 0)
			pack(1 + i / 20);
		at = i < 8 ? packed.n - 1 - i : random_below((unsigned)packed.n);
		was = packed.p[at];
		packed.p[at] ^= (char)(1 + random_below(255));
		read_ahead(&packed, packed.n);
		read_fed(&packed, packed.n);
		packed.p[at] = was;
		assert_same("damage", at);
	}
}

/* A header with all that it may have, every bit of the file the other way round. */
static void test_every_bit(void **state)
{
	gz_header header = {.text = 1,
		.time = 1,
		.os = 3,
		.extra = (Bytef *)"ab\2\0xy",
		.extra_len = 6,
		.name = (Bytef *)"name",
		.comment = (Bytef *)"comment",
		.hcrc = 1};
	z_stream z = {0};

	image.n = packed.n = 0;
	put_section(&image);
	for (unsigned i = 0; i < 5; i++)
		put_payload(100);
	deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	deflateSetHeader(&z, &header);
	append_member(&z, image.p, image.n);
	for (size_t i = 0; i < packed.n * 8; i++) {
		packed.p[i / 8] ^= (char)(1 << i % 8);
		read_ahead(&packed, packed.n);
		read_fed(&packed, packed.n);
		packed.p[i / 8] ^= (char)(1 << i % 8);
		assert_same("bit", i);
	}
}

/* The thread may be waiting, filling a block, or done. */
static void test_closed_early(void **state)
{
	struct machine_sink sink = log_sink(&ahead);
	char error[512] = "";

	pack(1);
	for (unsigned events = 0; events < 20000; events += 1 + events / 4) {
		struct source *s = scap_open_memory(packed.p, packed.n, "test", &sink, error);
		struct event ev;

		assert_non_null(s);
		for (unsigned i = 0; i < events; i++)
			if (source_next(s, &ev) != SOURCE_EVENT)
				break;
		source_close(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_closed_early),
		cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests_name("capture_ahead", tests, setup, teardown);
}
