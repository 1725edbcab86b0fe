/* SPDX-License-Identifier: Apache-2.0 */
/* Captures of every age and shape, and that what is written can be read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "../lib/capture_log.h"
#include "../lib/scap_build.h"

static struct buf image, body;
static struct capture_log out;

static int clean(void **state)
{
	buf_done(&image);
	buf_done(&body);
	buf_done(&out.text);
	return 0;
}

/* Reads the image into out. */
static enum source_result read_image(void)
{
	struct machine_sink sink = log_sink(&out);
	char error[512] = "";
	struct source *s;

	out.text.n = 0;
	s = scap_open_memory(image.p, image.n, "test", &sink, error);
	if (s)
		return log_events(&out, s);
	buf_printf(&out.text, "refused %s\n", error);
	return SOURCE_ERROR;
}

static void assert_says(const char *what)
{
	if (!strstr(buf_cstr(&out.text), what))
		fail_msg("no \"%s\" in:\n%s", what, buf_cstr(&out.text));
}

static void put_close(struct buf *b, uint64_t ts)
{
	put_event(b, BLOCK_EV_V2, ts, 5, EV_CLOSE_X, PARAMS(I64(0), I64(3)));
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *p = buf_cstr(&out.text); (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* ---- lists ---- */

static void test_process_lists(void **state)
{
	static const uint32_t types[] = {0, BLOCK_PL_V1, BLOCK_PL_V2, BLOCK_PL_V3, BLOCK_PL_V4,
		BLOCK_PL_V5, BLOCK_PL_V6, BLOCK_PL_V7, BLOCK_PL_V8, BLOCK_PL_V9};
	char want[200];

	put_section(&image);
	for (unsigned v = 1; v <= 9; v++) {
		put_proc(&body, v, v * 10, "", 0);
		put_proc(&body, v, v * 10 + 5, "", 0);
		put_block_of(&image, types[v], &body);
	}
	put_close(&image, 1);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_int_equal(count("proc "), 18);
	for (int v = 1; v <= 9; v++) {
		snprintf(want, sizeof(want),
			"proc %d pid=%d ptid=1 sid=%d vpgid=%d vtid=%d vpid=%d pgid=-1 "
			"fdlimit=1024 "
			"flags=7 uid=1000 gid=1001 vm=%s pf=%s pidns=0 tty=0 loginuid=4294967295",
			v * 10 + 5, v * 10 + 6, v >= 6 ? 60 : -1, v >= 8 ? 80 : -1,
			v >= 4 ? 41 : -1, v >= 4 ? 42 : -1, v >= 2 ? "20,21,22" : "0,0,0",
			v >= 2 ? "200,201" : "0,0");
		assert_says(want);
	}
	assert_says("\"comm\" \"/bin/exe\" \"\" \"a\\u0000b\\u0000\" \"/cwd/\" \"\" \"\" \"\"\n");
	assert_says("\"comm\" \"/bin/exe\" \"/bin/exepath\" \"a\\u0000b\\u0000\" \"/cwd/\" "
		    "\"E=1\\u0000F=2\\u0000\" \"cpu=/x\\u0000\" \"/root\"\n");
}

/* What came after 2018 is appended, but for two fields: the size tells. */
static void test_process_tails(void **state)
{
	struct buf tail = {0};

	put_section(&image);
	put_u32(&tail, 77);
	put_proc(&body, 9, 1, tail.p, tail.n); /* loginuid alone */
	put_u8(&tail, 1);
	put_u64(&tail, 0xa);
	put_u64(&tail, 0xb);
	put_u64(&tail, 0xc);
	assert_int_equal(tail.n, 29);
	put_proc(&body, 9, 2, tail.p, tail.n);
	tail.n = 0;
	put_u64(&tail, 5000);
	put_u32(&tail, 34816);
	put_u32(&tail, 78);
	put_u8(&tail, 0);
	put_u64(&tail, 0xa);
	put_u64(&tail, 0xb);
	put_u64(&tail, 0xc);
	put_u8(&tail, 1);
	put_u64(&tail, 901);
	put_u64(&tail, 902);
	put_u64(&tail, 903);
	put_u8(&tail, 1);
	put_u8(&tail, 1);
	put_u64(&tail, 321);
	put_proc(&body, 9, 3, tail.p, tail.n);
	put_u64(&tail, 42); /* from the future */
	put_proc(&body, 9, 4, tail.p, tail.n);
	put_block_of(&image, BLOCK_PL_V9, &body);
	put_close(&image, 1);
	buf_done(&tail);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_says("pidns=0 tty=0 loginuid=77 exe=0000 caps=0,0,0 ino=0,0,0");
	assert_says("pidns=0 tty=0 loginuid=77 exe=1000 caps=a,b,c ino=0,0,0");
	assert_says("proc 3 pid=4 ptid=1 sid=60 vpgid=80 vtid=41 vpid=42 pgid=321");
	assert_says("proc 4 pid=5 ptid=1 sid=60 vpgid=80 vtid=41 vpid=42 pgid=321");
	assert_int_equal(
		count("pidns=5000 tty=34816 loginuid=78 exe=0111 caps=a,b,c ino=901,902,903"), 2);
}

/* One descriptor; V2 lists have its length, which future bytes make longer. */
static void put_fd(
	unsigned version, int64_t fd, uint8_t type, const void *payload, size_t n, size_t future)
{
	if (version >= 2)
		put_u32(&body, (uint32_t)(4 + 17 + n + future));
	put_u64(&body, (uint64_t)fd);
	put_u64(&body, 99);
	put_u8(&body, type);
	buf_put(&body, payload, n);
	buf_pad(&body, 0x55, future);
}

static void put_fds(unsigned version)
{
	static const char v4[] = "\1\2\3\4\5\6\7\10\x50\0\xbb\1\2";
	static const char file[] = "\1\0\0\0\4\0/etc";
	static const char file_dev[] = "\1\0\0\0\4\0/etc\x11\0\0\0";
	static const char unix_sock[] = "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\2\0/s";
	char v6[37];

	memset(v6, 0x66, sizeof(v6));
	put_u64(&body, 700); /* tid */
	put_fd(version, 1, FD_IPV4_SOCK, v4, 13, 0);
	put_fd(version, 2, FD_IPV6_SOCK, v6, 37, 0);
	put_fd(version, 3, FD_IPV4_SERVSOCK, v4, 7, 0);
	put_fd(version, 4, FD_IPV6_SERVSOCK, v6, 19, 0);
	put_fd(version, 5, FD_UNIX_SOCK, unix_sock, 20, 0);
	put_fd(version, 6, FD_FILE_V2, file, 10, 0);
	put_fd(version, 7, FD_FIFO, "\4\0pipe", 6, 0);
	if (version < 2)
		return;
	put_fd(version, 8, FD_FILE_V2, file_dev, 14, 0);
	put_fd(version, 9, FD_FILE_V2, file_dev, 14, 5);
	put_fd(version, 10, 200, "?", 1, 7);
	put_fd(version, 11, FD_UNKNOWN, "", 0, 0);
}

static void expect_fds(void)
{
	assert_says(
		"fd 700 1 ino=99 type=3 flags=0 dev=0 l4=2 unix=0,0 "
		"inet=01020304000000000000000000000000:80>05060708000000000000000000000000:443");
	assert_says(
		"fd 700 2 ino=99 type=4 flags=0 dev=0 l4=102 unix=0,0 inet=6666666666666666666666"
		"6666666666:26214>66666666666666666666666666666666:26214 \"\"");
	assert_says(
		"fd 700 3 ino=99 type=5 flags=0 dev=0 l4=7 unix=0,0 "
		"inet=01020304000000000000000000000000:1541>00000000000000000000000000000000:0 ");
	assert_says("fd 700 4 ino=99 type=6 ");
	assert_says("fd 700 5 ino=99 type=8 flags=0 dev=0 l4=0 unix=1,2");
	assert_says("\"/s\"");
	assert_says("fd 700 6 ino=99 type=16 flags=1 dev=0 ");
	assert_says("fd 700 7 ino=99 type=7 ");
	assert_says("\"pipe\"");
}

static void test_descriptor_lists(void **state)
{
	put_section(&image);
	put_fds(1);
	put_block_of(&image, BLOCK_FDL_V1, &body);
	put_close(&image, 1);
	assert_int_equal(read_image(), SOURCE_EOF);
	expect_fds();
	image.n = 0;
	put_section(&image);
	put_fds(2);
	put_block_of(&image, BLOCK_FDL_V2, &body);
	put_close(&image, 1);
	assert_int_equal(read_image(), SOURCE_EOF);
	expect_fds();
	assert_says("fd 700 8 ino=99 type=16 flags=1 dev=17 ");
	assert_says("fd 700 9 ino=99 type=16 flags=1 dev=17 ");
	assert_says("fd 700 10 ino=99 type=10 ");
	assert_says("\"unknown-type:[200]\"");
	assert_says("fd 700 11 ino=99 type=0 ");
}

static void put_iface(bool sized, uint16_t type, const char *name, size_t future)
{
	bool v6 = type == IFACE_V6 || type == IFACE_V6_NO_SPEED;
	size_t start = body.n;
	uint32_t len;

	if (sized)
		put_u32(&body, 0);
	put_u16(&body, type);
	put_u16(&body, (uint16_t)strlen(name));
	buf_pad(&body, 0x11, v6 ? 16 : 4);
	buf_pad(&body, 0x22, v6 ? 16 : 4);
	buf_pad(&body, 0x33, v6 ? 16 : 4);
	if (type == IFACE_V4 || type == IFACE_V6)
		put_u64(&body, 1000);
	buf_puts(&body, name);
	buf_pad(&body, 0x55, future);
	len = (uint32_t)(body.n - start - 4);
	if (sized)
		memcpy(body.p + start, &len, 4);
}

static void test_interface_lists(void **state)
{
	put_section(&image);
	for (uint16_t type = 1; type <= 4; type++)
		put_iface(false, type, "eth0", 0);
	put_block_of(&image, BLOCK_IL_V1, &body);
	for (uint16_t type = 1; type <= 5; type++)
		put_iface(true, type, "wlan0", type);
	put_block_of(&image, BLOCK_IL_V2, &body);
	put_close(&image, 1);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_int_equal(
		count("iface v6=0 speed=1000 11111111000000000000000000000000/22222222"), 2);
	assert_int_equal(count("iface v6=0 speed=0 "), 2);
	assert_int_equal(count("iface v6=1 speed=1000 11111111111111111111111111111111/2222"), 2);
	assert_int_equal(count("iface v6=1 speed=0 "), 2);
	assert_int_equal(count("\"eth0\""), 4);
	assert_int_equal(count("\"wlan0\""), 4);
}

static void put_user(bool sized, bool group)
{
	size_t start = body.n;
	uint32_t len;

	if (sized)
		put_u32(&body, 0);
	put_u8(&body, group);
	if (!group)
		put_u32(&body, 33);
	put_u32(&body, 44);
	put_text(&body, "www");
	if (!group) {
		put_text(&body, "/home");
		put_text(&body, "/bin/sh");
	}
	if (sized)
		put_u64(&body, 1); /* from the future */
	len = (uint32_t)(body.n - start);
	if (sized)
		memcpy(body.p + start, &len, 4);
}

static void test_user_lists(void **state)
{
	put_section(&image);
	put_user(false, false);
	put_user(false, true);
	put_block_of(&image, BLOCK_UL_V1, &body);
	put_user(true, false);
	put_user(true, true);
	put_block_of(&image, BLOCK_UL_V2, &body);
	put_close(&image, 1);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_int_equal(count("user uid=33 gid=44 \"www\" \"/home\" \"/bin/sh\"\n"), 2);
	assert_int_equal(count("group uid=0 gid=44 \"www\" \"\" \"\"\n"), 2);
}

static void test_machine_info(void **state)
{
	put_section(&image);
	put_u32(&body, 4);
	put_u64(&body, 1 << 20);
	put_u64(&body, 32768);
	buf_puts(&body, "host");
	buf_pad(&body, 0, MACHINE_HOSTNAME - 4);
	put_block(&image, BLOCK_MI, body.p, body.n); /* short: no boot time */
	put_u64(&body, 123);
	put_u64(&body, 1);
	buf_pad(&body, 0, 16);
	assert_int_equal(body.n, MACHINE_INFO_BODY);
	put_block_of(&image, BLOCK_MI_OLD, &body);
	put_close(&image, 1);
	assert_int_equal(read_image(), SOURCE_EOF);
	assert_says("reset\ninfo cpus=4 memory=1048576 max_pid=32768 boot=0 flags=0 \"host\"\n"
		    "info cpus=4 memory=1048576 max_pid=32768 boot=123 flags=1 \"host\"\nready\n");
}

static void test_damaged_lists(void **state)
{
	static const uint32_t lens[] = {0, 3, 4, 20, 1 << 21, UINT32_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		image.n = 0;
		put_section(&image);
		put_proc(&body, 9, 1, "", 0);
		memcpy(body.p, &lens[i], 4);
		put_block_of(&image, BLOCK_PL_V9, &body);
		put_close(&image, 1);
		assert_int_equal(read_image(), SOURCE_ERROR);
		assert_says("refused test: damaged: list entry ");
		assert_says("at offset 36\n");
	}
	image.n = 0;
	put_section(&image);
	put_close(&image, 1);
	put_block(&image, 0x999, "????", 4);
	image.p[image.n - 2]++; /* the trailer */
	assert_int_equal(read_image(), SOURCE_ERROR);
	assert_says("event 1 close<");
	assert_says(
		"error test: damaged: a block of type 0x999 begins with length 16 and ends with");
}

/* ---- writing ---- */

static char *temporary(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "/tmp/falco-test-%d-%s", (int)getpid(), name);
	return path;
}

static void write_sample(struct scap_writer *w)
{
	struct machine_proc p = {.tid = 7,
		.pid = 7,
		.ptid = 1,
		.sid = 3,
		.vpgid = 4,
		.vtid = 5,
		.vpid = 6,
		.pgid = 8,
		.comm = STR("sh"),
		.exe = STR("-sh"),
		.exepath = STR("/bin/sh"),
		.cwd = STR("/"),
		.root = STR("/"),
		.args = STR("a\0b\0"),
		.env = STR("X=1\0"),
		.cgroups = STR("cpu=/\0"),
		.fdlimit = 1024,
		.flags = 1,
		.uid = 2,
		.gid = 3,
		.vmsize_kb = 4,
		.vmrss_kb = 5,
		.vmswap_kb = 6,
		.pfmajor = 7,
		.pfminor = 8,
		.pidns_init_start_ts = 9,
		.tty = 10,
		.loginuid = 11,
		.exe_writable = true,
		.exe_upper_layer = true,
		.exe_lower_layer = true,
		.exe_from_memfd = true,
		.cap_inheritable = 12,
		.cap_permitted = 13,
		.cap_effective = 14,
		.exe_ino = 15,
		.exe_ino_ctime = 16,
		.exe_ino_mtime = 17,
		.clone_ts = 18};
	struct machine_fd f = {.tid = 7,
		.name = STR("name"),
		.ino = 5,
		.open_flags = 3,
		.dev = 4,
		.unix_source = 1,
		.unix_dest = 2,
		.l4 = L4_TCP,
		.inet = {{1, 2}, {3, 4}, 5, 6}};
	struct machine_info m = {8, 1 << 30, 4194304, STR("box"), 1234, 1};
	struct machine_iface i = {STR("eth0"), false, {10}, {255}, {10, 255}, 100};
	struct machine_user u = {33, 34, STR("www"), STR("/var"), STR("/bin/sh"), false};

	scap_write_info(w, &m);
	scap_write_iface(w, &i);
	i.v6 = true;
	scap_write_iface(w, &i);
	scap_write_user(w, &u);
	u.is_group = true;
	scap_write_user(w, &u);
	scap_write_proc(w, &p);
	p.tid = 8;
	p.clone_ts = 0; /* not known */
	scap_write_proc(w, &p);
	for (f.tid = 7; f.tid <= 8; f.tid++)
		for (f.type = FD_UNINITIALIZED; f.type < FD_TYPE_MAX; f.type++)
			scap_write_fd(w, &f);
}

static void write_sample_event(struct scap_writer *w, uint32_t flags, uint16_t type,
	const struct param *params, unsigned n)
{
	struct event ev = {.cpu = 2, .flags = flags};
	size_t len;
	void *rec = make_record(55, 7, type, params, n, &len);

	event_view(&ev, rec, len);
	scap_write_event(w, &ev);
	free(rec);
}

static void read_path(const char *path)
{
	struct machine_sink sink = log_sink(&out);
	char error[512];
	struct source *s;

	out.text.n = 0;
	s = scap_open(path, &sink, error);
	assert_non_null(s);
	assert_int_equal(log_events(&out, s), SOURCE_EOF);
}

static void write_and_read(bool gzip)
{
	char *path = temporary("write.scap");
	struct scap_writer *w = scap_create(path, gzip);
	static uint8_t big[100000];

	assert_non_null(w);
	write_sample(w);
	write_sample_event(w, 0, EV_CLOSE_X, PARAMS(I64(0), I64(3)));
	write_sample_event(w, EVENT_STATE_ONLY, EV_CLOSE_X, PARAMS(I64(0), I64(4)));
	write_sample_event(
		w, EVENT_STATE_ONLY | EVENT_IMPLIED, EV_OPEN_E, PARAMS(TEXT("/x"), U32(1), U32(0)));
	write_sample_event(
		w, 0, EV_PLUGINEVENT_E, PARAMS(U32(1), ((struct param){big, sizeof(big)})));
	write_sample_event(w, EVENT_STATE_ONLY, EV_PLUGINEVENT_E, PARAMS(U32(2), NOTHING));
	assert_true(scap_written(w) > 100000);
	assert_int_equal(scap_close(w), 0);
	read_path(path);
	unlink(path);
	assert_says("info cpus=8 memory=1073741824 max_pid=4194304 boot=1234 flags=1 \"box\"\n");
	assert_says("iface v6=0 speed=100 0a000000000000000000000000000000/ff");
	assert_says("iface v6=1 speed=100 0a000000000000000000000000000000/ff");
	assert_says("user uid=33 gid=34 \"www\" \"/var\" \"/bin/sh\"\ngroup uid=0 gid=34 \"www\"");
	assert_says("proc 7 pid=7 ptid=1 sid=3 vpgid=4 vtid=5 vpid=6 pgid=8 fdlimit=1024 flags=1 "
		    "uid=2 gid=3 vm=4,5,6 pf=7,8 pidns=9 tty=10 loginuid=11 exe=1111 caps=c,d,e "
		    "ino=15,16,17 started=18 \"sh\" \"-sh\" \"/bin/sh\" \"a\\u0000b\\u0000\" \"/\" "
		    "\"X=1\\u0000\" \"cpu=/\\u0000\" \"/\"\nproc 8");
	assert_int_equal(count("started="), 1);
	assert_int_equal(count("fd 8 0 "), FD_TYPE_MAX);
	assert_says("type=16 flags=3 dev=4 l4=0");
	assert_says("event 1 close< cpu=2 flags=0 ");
	assert_says("event 2 close< cpu=2 flags=1 ");
	assert_says("event 3 open> cpu=2 flags=3 ");
	assert_says("event 4 pluginevent> cpu=2 flags=0 ");
	assert_says("event 5 pluginevent> cpu=2 flags=1 ");
}

static void test_write_plain(void **state)
{
	write_and_read(false);
}

static void test_write_gzip(void **state)
{
	write_and_read(true);
}

/* Strings longer than other readers take are cut; the last of several keeps its NUL. */
static void test_write_long_strings(void **state)
{
	char *path = temporary("long.scap"), *text = mem_alloc(60000);
	struct scap_writer *w = scap_create(path, false);
	struct str s = {text, 60000};
	struct machine_proc p = {.tid = 1,
		.comm = s,
		.exe = s,
		.args = s,
		.env = s,
		.cgroups = s,
		.cwd = s,
		.root = s,
		.exepath = s};
	struct machine_user u = {.name = s, .home = s, .shell = s};
	struct machine_fd f = {.type = FD_FILE, .name = s};

	memset(text, 'x', 60000);
	scap_write_user(w, &u);
	scap_write_proc(w, &p);
	scap_write_fd(w, &f);
	write_sample_event(w, 0, EV_CLOSE_X, PARAMS(I64(0), I64(3)));
	assert_int_equal(scap_close(w), 0);
	read_path(path);
	unlink(path);
	free(text);
	/* ... and the two in "exe=" and "unix=". */
	assert_int_equal(count("x"),
		3 * NAME_LIMIT + 5 * PATH_LIMIT + 3 * (ARGS_LIMIT - 1) + PATH_LIMIT - 1 + 2);
	assert_int_equal(count("x\\u0000\""), 3);
}

static void test_write_errors(void **state)
{
	struct scap_writer *w;

	assert_null(scap_create("/nonexistent/dir/x.scap", false));
	assert_int_equal(errno, ENOENT);
	for (int gzip = 0; gzip < 2; gzip++) {
		w = scap_create("/dev/full", gzip);
		assert_non_null(w);
		write_sample(w);
		for (int i = 0; i < 5000; i++)
			write_sample_event(w, 0, EV_CLOSE_X, PARAMS(I64(i), I64(3)));
		assert_int_equal(scap_close(w), -ENOSPC);
	}
}

#define TEST(f) cmocka_unit_test_teardown(f, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_process_lists),
		TEST(test_process_tails),
		TEST(test_descriptor_lists),
		TEST(test_interface_lists),
		TEST(test_user_lists),
		TEST(test_machine_info),
		TEST(test_damaged_lists),
		TEST(test_write_plain),
		TEST(test_write_gzip),
		TEST(test_write_long_strings),
		TEST(test_write_errors),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
