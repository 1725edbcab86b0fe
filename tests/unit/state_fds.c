/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: opened and made, refused, and listed. */
#include "base/buf.h"
#include "state_world.h"

#define O_CLOEXEC_P 0x1000u
#define O_DIRECTORY_P 0x400u

/* ---- open ---- */

static void test_open(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_OPEN_X, I64(3), S("x/../notes"), U32(1), U32(0), U32(7), U64(42));
	assert_ptr_equal(w->ctx.fd, world_fd(w, 100, 3));
	assert_int_equal(w->ctx.fd_num, 3);
	assert_true(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 3, "/home/u/notes");
	assert_true(str_is(istr_str(w->ctx.fd->name_raw), "x/../notes"));
	assert_int_equal(w->ctx.fd->type, FD_FILE_V2);
	assert_int_equal(w->ctx.fd->dev, 7);
	assert_int_equal(w->ctx.fd->ino, 42);

	EMIT(w, 100, EV_OPEN_X, I64(-2), S("/nowhere"), U32(1), U32(0), U32(0), U64(0));
	assert_null(w->ctx.fd);
	assert_int_equal(w->ctx.fd_num, -1);
	assert_false(w->ctx.fd_name_changed);

	EMIT(w, 100, EV_OPEN_X, I64(4), S("/srv"), U32(O_DIRECTORY_P | 0x8000), U32(0), U32(0),
		U64(0));
	assert_int_equal(w->ctx.fd->type, FD_DIRECTORY);
	assert_int_equal(w->ctx.fd->flags, FDF_OVERLAY_UPPER);

	EMIT(w, 100, EV_CREAT_X, I64(5), S("new"), U32(0644), U32(7), U64(43), U16(2));
	assert_fd_name(w, 100, 5, "/home/u/new");
	assert_int_equal(w->ctx.fd->flags, FDF_OVERLAY_LOWER);

	EMIT(w, 100, EV_OPEN_BY_HANDLE_AT_X, I64(6), I64(4), U32(1), S("/srv/by-handle"), U32(7),
		U64(44));
	assert_fd_name(w, 100, 6, "/srv/by-handle");
	assert_int_equal(w->ctx.fd->ino, 44);

	/* Neither name nor device: the capture could not read them. */
	EMIT(w, 100, EV_OPEN_X, I64(7), NONE, U32(1), U32(0));
	assert_fd_name(w, 100, 7, "/home/u/<NA>");
}

static void test_openat(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), S("d"), U32(O_DIRECTORY_P), U32(0), U32(0),
		U64(0));
	assert_fd_name(w, 100, 3, "/home/u/d");
	EMIT(w, 100, EV_OPENAT_X, I64(4), I64(3), S("../f"), U32(1), U32(0), U32(0), U64(0));
	assert_fd_name(w, 100, 4, "/home/u/f");
	EMIT(w, 100, EV_OPENAT2_X, I64(5), I64(3), S("g"), U32(1), U32(0), U32(0), U32(8), U64(9));
	assert_fd_name(w, 100, 5, "/home/u/d/g");
	assert_int_equal(w->ctx.fd->dev, 8);
	assert_int_equal(w->ctx.fd->ino, 9);
	EMIT(w, 100, EV_OPENAT_X, I64(6), I64(77), S("f"), U32(1), U32(0), U32(0), U64(0));
	assert_fd_name(w, 100, 6, "<UNKNOWN>f");
	EMIT(w, 100, EV_OPENAT_X, I64(7), I64(77), S("/abs/f"), U32(1), U32(0), U32(0), U64(0));
	assert_fd_name(w, 100, 7, "/abs/f");
	EMIT(w, 100, EV_OPENAT_X, I64(8), NONE, S("f"), U32(1), U32(0), U32(0), U64(0));
	assert_fd_name(w, 100, 8, "f");
}

/* The limit on paths counts the folder they are relative to, so not that of an absolute one. */
static void test_openat_long(void **state)
{
	struct world *w = *state;
	char name[602];
	struct param p = {(const uint8_t *)name, sizeof(name)};

	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = 0;
	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), p, U32(O_DIRECTORY_P), U32(0), U32(0), U64(0));
	EMIT(w, 100, EV_OPENAT_X, I64(4), I64(3), p, U32(1), U32(0), U32(0), U64(0));
	assert_fd_name(w, 100, 4, name);
	p.p++;
	p.n--;
	EMIT(w, 100, EV_OPENAT_X, I64(5), I64(3), p, U32(1), U32(0), U32(0), U64(0));
	assert_fd_name(w, 100, 5, "/DIR_TOO_LONG/FILENAME_TOO_LONG");
}

/* What was passed on entry wins over what is read on exit, but not what the exit found out. */
static void test_open_enter(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_OPEN_E, S("/etc/shadow"), U32(1), U32(0));
	EMIT(w, 100, EV_OPEN_X, I64(3), S("/etc/motd"), U32(2 | 0x4000), U32(0), U32(7), U64(42));
	assert_fd_name(w, 100, 3, "/etc/shadow");
	assert_int_equal(w->ctx.fd->open_flags, 1 | 0x4000);
	assert_int_equal(w->ctx.fd->ino, 42);

	EMIT(w, 100, EV_OPENAT_X, I64(4), I64(-100), S("/srv"), U32(O_DIRECTORY_P), U32(0), U32(0),
		U64(0));
	EMIT(w, 100, EV_OPENAT_E, I64(4), S("f"), U32(1), U32(0));
	EMIT(w, 100, EV_OPENAT_X, I64(5), I64(-100), S("g"), U32(1), U32(0), U32(0), U64(0));
	assert_fd_name(w, 100, 5, "/srv/f");

	EMIT(w, 100, EV_OPENAT2_E, I64(4), S("h"), U32(1), U32(0), U32(0));
	EMIT(w, 100, EV_OPENAT2_X, I64(6), I64(-100), S("g"), U32(1), U32(0), U32(0), U32(0),
		U64(0));
	assert_fd_name(w, 100, 6, "/srv/h");

	EMIT(w, 100, EV_CREAT_E, S("c1"), U32(0644));
	EMIT(w, 100, EV_CREAT_X, I64(7), S("c2"), U32(0644), U32(7), U64(43), U16(0));
	assert_fd_name(w, 100, 7, "/home/u/c1");

	/* One enter event is for one exit, of the same call and thread. */
	EMIT(w, 100, EV_OPEN_X, I64(8), S("/etc/motd"), U32(1), U32(0), U32(7), U64(42));
	assert_fd_name(w, 100, 8, "/etc/motd");
	EMIT(w, 100, EV_OPEN_E, S("/etc/shadow"), U32(1), U32(0));
	EMIT(w, 1, EV_OPEN_X, I64(3), S("/etc/motd"), U32(1), U32(0), U32(7), U64(42));
	assert_fd_name(w, 1, 3, "/etc/motd");
	EMIT(w, 100, EV_READ_X, I64(1), B("x"), I64(3), U32(1));
	EMIT(w, 100, EV_OPEN_X, I64(9), S("/etc/motd"), U32(1), U32(0), U32(7), U64(42));
	assert_fd_name(w, 100, 9, "/etc/motd");
	/* Unreadable on entry: the exit's is all there is. */
	EMIT(w, 100, EV_OPEN_E, S("<NA>"), U32(1), U32(0));
	EMIT(w, 100, EV_OPEN_X, I64(10), S("/etc/motd"), U32(1), U32(0), U32(7), U64(42));
	assert_fd_name(w, 100, 10, "/etc/motd");
}

/* ---- other kinds ---- */

static void test_kinds(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_EVENTFD2_X, I64(3), U16(O_CLOEXEC_P), U64(0));
	assert_int_equal(world_fd(w, 100, 3)->type, FD_EVENT);
	assert_int_equal(world_fd(w, 100, 3)->open_flags, O_CLOEXEC_P);
	assert_false(w->ctx.fd_name_changed);
	EMIT(w, 100, EV_SIGNALFD4_X, I64(4), U16(0), I64(-1), U32(0));
	assert_int_equal(world_fd(w, 100, 4)->type, FD_SIGNALFD);
	EMIT(w, 100, EV_TIMERFD_CREATE_X, I64(5), U8(0), U8(0));
	assert_int_equal(world_fd(w, 100, 5)->type, FD_TIMERFD);
	EMIT(w, 100, EV_INOTIFY_INIT1_X, I64(6), U16(O_CLOEXEC_P));
	assert_int_equal(world_fd(w, 100, 6)->type, FD_INOTIFY);
	EMIT(w, 100, EV_EPOLL_CREATE1_X, I64(7), U32(1));
	assert_int_equal(world_fd(w, 100, 7)->type, FD_EVENTPOLL);
	assert_int_equal(world_fd(w, 100, 7)->open_flags, O_CLOEXEC_P);
	EMIT(w, 100, EV_USERFAULTFD_X, I64(8), U32(0));
	assert_int_equal(world_fd(w, 100, 8)->type, FD_USERFAULTFD);
	EMIT(w, 100, EV_IO_URING_SETUP_X, I64(9), U32(1));
	assert_int_equal(world_fd(w, 100, 9)->type, FD_IOURING);
	EMIT(w, 100, EV_MEMFD_CREATE_X, I64(10), S("payload"), U32(1));
	assert_fd_name(w, 100, 10, "payload");
	assert_true(w->ctx.fd_name_changed);
	EMIT(w, 100, EV_MEMFD_CREATE_X, I64(-14), S("payload"), U32(1));
	assert_int_equal(w->ctx.fd->type, FD_UNINITIALIZED);
	assert_int_equal(w->ctx.fd_num, -14);
	assert_null(world_fd(w, 100, -14));
	EMIT(w, 100, EV_PIPE2_X, I64(0), I64(11), I64(12), U64(77), U32(O_CLOEXEC_P));
	assert_int_equal(world_fd(w, 100, 11)->ino, 77);
	assert_int_equal(world_fd(w, 100, 12)->open_flags, O_CLOEXEC_P);
	assert_int_equal(w->ctx.fd_num, 12);
	assert_int_equal(fd_typechar(FD_PIDFD), 'P');
	assert_string_equal(fd_type_name(FD_FILE_V2), "file");
	assert_string_equal(fd_type_name(-1), "<NA>");
	assert_int_equal(fd_typechar(FD_TYPE_MAX), '?');
}

static void test_pidfd(void **state)
{
	struct world *w = *state;

	world_open(w, 1, 5, 1);
	EMIT(w, 100, EV_PIDFD_OPEN_X, I64(3), I64(1), U32(0));
	assert_fd_name(w, 100, 3, "/proc/1");
	EMIT(w, 100, EV_PIDFD_GETFD_X, I64(4), I64(3), I64(5), U32(0));
	assert_fd_name(w, 100, 4, "/etc/passwd");
	assert_int_equal(world_fd(w, 100, 4)->open_flags, O_CLOEXEC_P | 1);
	assert_int_equal(world_fd(w, 1, 5)->open_flags, 1);
	EMIT(w, 100, EV_PIDFD_GETFD_X, I64(6), I64(3), I64(99), U32(0));
	assert_null(world_fd(w, 100, 6));
	EMIT(w, 100, EV_PIDFD_GETFD_X, I64(6), I64(4), I64(5), U32(0));
	assert_null(world_fd(w, 100, 6));
	EMIT(w, 100, EV_PIDFD_GETFD_X, I64(-1), I64(3), I64(5), U32(0));
	assert_null(world_fd(w, 100, 6));
}

/* ---- limits ---- */

static void test_limit(void **unused)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct state_stats st;

	world_init(w, &(struct state_config){.max_fds = 20});
	world_ready(w);
	for (int64_t i = 0; i < 25; i++)
		world_open(w, 100, i, 1);
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 20);
	assert_null(w->ctx.fd);
	assert_int_equal(w->ctx.fd_num, 24);
	state_get_stats(w->s, &st);
	assert_int_equal(st.fds_added, 20);
	assert_int_equal(st.fds_refused, 5);

	/* What is there can still be replaced, and one place makes room for one. */
	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), S("/etc/hosts"), U32(1), U32(0), U32(0),
		U64(0));
	assert_fd_name(w, 100, 3, "/etc/hosts");
	world_close(w, 100, 4);
	world_open(w, 100, 24, 1);
	assert_non_null(world_fd(w, 100, 24));
	/* The limit is each process's own. */
	world_open(w, 1, 24, 1);
	assert_non_null(world_fd(w, 1, 24));
	world_done(w);
	free(w);
}

/* Descriptors that come and go, here and in a child. */
static void busy_round(struct world *w)
{
	for (int64_t i = 3; i < 12; i++)
		world_open(w, 100, i, 1);
	EMIT(w, 100, EV_SOCKET_X, I64(2000), U32(2), U32(1), U32(0), U32(0));
	EMIT(w, 100, EV_DUP2_X, I64(5), I64(2000), I64(5));
	world_fork(w, 100, 200);
	for (int64_t i = 3; i < 8; i++)
		world_close(w, 200, i);
	world_open(w, 200, 5000, 1);
	EMIT(w, 200, EV_PROCEXIT_E, I64(0), I64(0), U8(0), U8(0), I64(1));
	EMIT(w, 100, EV_CLOSE_RANGE_X, I64(0), U32(0), U32(UINT32_MAX), U32(0));
	world_next(w);
}

/* What is charged to the budget is given back. */
static void test_charges(void **state)
{
	struct world *w = *state;
	struct state_stats before, after;

	busy_round(w);
	state_get_stats(w->s, &before);
	for (int i = 0; i < 20; i++)
		busy_round(w);
	state_get_stats(w->s, &after);
	assert_int_equal(before.fds, 0);
	assert_int_equal(after.fds, 0);
	assert_int_equal(after.bytes, before.bytes);
}

/* Numbers come from outside: any of them may be huge or negative. */
static void test_numbers(void **state)
{
	struct world *w = *state;
	static const int64_t nums[] = {0, 15, 16, 1023, 1024, 1 << 20, INT32_MAX, INT64_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(nums); i++) {
		world_open(w, 100, nums[i], 1);
		EMIT(w, 100, EV_READ_X, I64(0), NONE, I64(nums[i]), U32(1));
		assert_non_null(w->ctx.fd);
	}
	EMIT(w, 100, EV_READ_X, I64(0), NONE, I64(-1), U32(1));
	assert_null(w->ctx.fd);
	assert_int_equal(w->ctx.fd_num, -1);
	EMIT(w, 100, EV_READ_X, I64(0), NONE, I64(INT64_MIN), U32(1));
	assert_null(w->ctx.fd);
	EMIT(w, 100, EV_PIPE_X, I64(0), I64(-1), I64(-2), U64(0));
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), ARRAY_SIZE(nums));
	for (size_t i = 0; i < ARRAY_SIZE(nums); i++)
		world_close(w, 100, nums[i]);
	world_next(w);
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 0);
}

/* ---- lists ---- */

static void add_file(struct world *w, int64_t tid, int64_t num, const char *name)
{
	struct machine_fd f = {.tid = tid,
		.fd = num,
		.type = FD_FILE_V2,
		.name = str_c(name),
		.open_flags = 3,
		.dev = 5,
		.ino = 6,
		.mnt_id = 2};

	w->sink.fd(w->sink.arg, &f);
}

static void collect_fd(void *arg, const struct machine_fd *f)
{
	struct buf *b = arg;

	buf_printf(b, "%d:%d:%d:%.*s;", (int)f->tid, (int)f->fd, f->type, STR_ARG(f->name));
}

static void test_lists(void **unused)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct buf got = {0};

	world_init(w, &(struct state_config){0});
	add_file(w, 100, 0, "/dev/null");
	add_file(w, 100, 1500, "/var/log/x");
	add_file(w, 777, 0, "/dev/null");
	w->sink.fd(w->sink.arg,
		&(struct machine_fd){.tid = 100, .fd = 4, .type = FD_UNKNOWN, .name = STR("?")});
	w->sink.fd(w->sink.arg,
		&(struct machine_fd){.tid = 100, .fd = -4, .type = FD_FIFO, .name = STR("pipe")});
	world_ready(w);
	assert_fd_name(w, 100, 0, "/dev/null");
	assert_int_equal(world_fd(w, 100, 0)->open_flags, 3);
	assert_int_equal(world_fd(w, 100, 0)->dev, 5);
	assert_int_equal(world_fd(w, 100, 0)->ino, 6);
	assert_null(world_fd(w, 100, 0)->name_raw);
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 2);

	state_dump(w->s, &(struct machine_sink){.arg = &got, .fd = collect_fd});
	assert_string_equal(buf_cstr(&got), "100:0:16:/dev/null;100:1500:16:/var/log/x;");
	buf_done(&got);
	world_done(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_open),
		world_test(test_openat),
		world_test(test_openat_long),
		world_test(test_open_enter),
		world_test(test_kinds),
		world_test(test_pidfd),
		cmocka_unit_test(test_limit),
		world_test(test_charges),
		world_test(test_numbers),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
