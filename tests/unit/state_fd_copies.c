/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: closed, copied, inherited, and shared. */
#include "state_world.h"

#define O_CLOEXEC_P 0x1000u

static void note_num(void *arg, int64_t num, struct fd *fd)
{
	int64_t **at = arg;

	*(*at)++ = num;
}

/* ---- close ---- */

static void test_close(void **state)
{
	struct world *w = *state;

	world_open(w, 100, 3, 1);
	world_close(w, 100, 3);
	assert_non_null(w->ctx.fd);
	assert_fd_name(w, 100, 3, "/etc/passwd");
	world_next(w);
	assert_null(world_fd(w, 100, 3));

	world_open(w, 100, 3, 1);
	EMIT(w, 100, EV_CLOSE_X, I64(-5), I64(3));
	world_next(w);
	assert_non_null(world_fd(w, 100, 3));
	world_close(w, 100, 99);
	assert_null(w->ctx.fd);
	assert_int_equal(w->ctx.fd_num, 99);
	world_next(w);
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 1);
}

/* A number used again after a close that was missed is what it was opened as last. */
static void test_missed_close(void **state)
{
	struct world *w = *state;

	world_open(w, 100, 3, 1);
	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), S("/etc/hosts"), U32(1), U32(0), U32(0),
		U64(0));
	assert_fd_name(w, 100, 3, "/etc/hosts");
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 1);
	EMIT(w, 100, EV_PIPE_X, I64(0), I64(3), I64(4), U64(11));
	assert_int_equal(world_fd(w, 100, 3)->type, FD_FIFO);
	assert_fd_name(w, 100, 3, "");
}

/* The number may be taken again by the very next event. */
static void test_close_then_reuse(void **state)
{
	struct world *w = *state;

	world_open(w, 100, 3, 1);
	world_close(w, 100, 3);
	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), S("/etc/hosts"), U32(1), U32(0), U32(0),
		U64(0));
	assert_fd_name(w, 100, 3, "/etc/hosts");
	world_next(w);
	assert_fd_name(w, 100, 3, "/etc/hosts");
}

static void test_close_range(void **state)
{
	struct world *w = *state;
	int64_t nums[16], *end = nums;

	for (int64_t i = 0; i < 8; i++)
		world_open(w, 100, i, 0);
	world_open(w, 100, 5000, 0);
	world_open(w, 100, 70000, 0);
	EMIT(w, 100, EV_CLOSE_RANGE_X, I64(0), U32(3), U32(5), U32(0));
	EMIT(w, 100, EV_CLOSE_RANGE_X, I64(0), U32(6000), U32(UINT32_MAX), U32(0));
	fd_table_each(state_thread(w->s, 100)->group->fds, note_num, &end);
	assert_int_equal(end - nums, 6);
	assert_int_equal(nums[3], 6);
	assert_int_equal(nums[5], 5000);

	EMIT(w, 100, EV_CLOSE_RANGE_X, I64(0), U32(6), U32(6), U32(4));
	assert_int_equal(world_fd(w, 100, 6)->open_flags, O_CLOEXEC_P);
	assert_int_equal(world_fd(w, 100, 7)->open_flags, 0);
	EMIT(w, 100, EV_CLOSE_RANGE_X, I64(-22), U32(0), U32(UINT32_MAX), U32(0));
	assert_non_null(world_fd(w, 100, 0));
	EMIT(w, 100, EV_CLOSE_RANGE_X, I64(0), U32(0), U32(UINT32_MAX), U32(0));
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 0);
}

/* ---- copies ---- */

static void test_dup(void **state)
{
	struct world *w = *state;

	world_open(w, 100, 3, O_CLOEXEC_P | 1);
	EMIT(w, 100, EV_DUP_X, I64(4), I64(3));
	assert_fd_name(w, 100, 4, "/etc/passwd");
	assert_int_equal(w->ctx.fd_num, 4);
	assert_false(w->ctx.fd_name_changed);
	assert_int_equal(world_fd(w, 100, 4)->open_flags, 1);
	assert_int_equal(world_fd(w, 100, 3)->open_flags, O_CLOEXEC_P | 1);

	EMIT(w, 100, EV_PIPE2_X, I64(0), I64(5), I64(6), U64(11), U32(0));
	EMIT(w, 100, EV_DUP2_X, I64(5), I64(3), I64(5));
	assert_fd_name(w, 100, 5, "/etc/passwd");
	assert_int_equal(world_fd(w, 100, 6)->type, FD_FIFO);
	EMIT(w, 100, EV_DUP3_X, I64(7), I64(6), I64(7), U32(O_CLOEXEC_P));
	assert_int_equal(world_fd(w, 100, 7)->open_flags, O_CLOEXEC_P);
	assert_int_equal(world_fd(w, 100, 6)->open_flags, 0);

	/* Onto itself, from nothing, and in vain. */
	EMIT(w, 100, EV_DUP2_X, I64(3), I64(3), I64(3));
	assert_fd_name(w, 100, 3, "/etc/passwd");
	EMIT(w, 100, EV_DUP2_X, I64(9), I64(88), I64(9));
	assert_null(world_fd(w, 100, 9));
	EMIT(w, 100, EV_DUP2_X, I64(-9), I64(3), I64(9));
	assert_null(world_fd(w, 100, 9));

	/* The copy stays when the original goes. */
	world_close(w, 100, 3);
	world_next(w);
	assert_fd_name(w, 100, 5, "/etc/passwd");
}

static void test_fcntl(void **state)
{
	struct world *w = *state;

	world_open(w, 100, 3, 1);
	EMIT(w, 100, EV_FCNTL_X, I64(10), I64(3), U8(1), U64(10));
	assert_fd_name(w, 100, 10, "/etc/passwd");
	EMIT(w, 100, EV_FCNTL_X, I64(11), I64(3), U8(26), U64(10));
	assert_int_equal(world_fd(w, 100, 11)->open_flags, O_CLOEXEC_P | 1);
	EMIT(w, 100, EV_FCNTL_X, I64(0), I64(10), U8(3), U64(1));
	assert_int_equal(world_fd(w, 100, 10)->open_flags, O_CLOEXEC_P | 1);
	assert_int_equal(world_fd(w, 100, 3)->open_flags, 1);
	EMIT(w, 100, EV_FCNTL_X, I64(0), I64(10), U8(3), U64(0));
	assert_int_equal(world_fd(w, 100, 10)->open_flags, 1);
	EMIT(w, 100, EV_FCNTL_X, I64(0), I64(10), U8(4), U64(0));
	assert_int_equal(w->ctx.fd_num, 10);
	EMIT(w, 100, EV_FCNTL_X, I64(-22), I64(10), U8(1), U64(0));
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 3);
}

/* A changed copy leaves the other number alone. */
static void test_copies_are_independent(void **state)
{
	struct world *w = *state;
	static const char addr[] = "\2\x7f\0\0\1\x50\0"; /* 127.0.0.1:80 */

	EMIT(w, 100, EV_SOCKET_X, I64(3), U32(2), U32(1), U32(0), U32(0));
	EMIT(w, 100, EV_DUP_X, I64(4), I64(3));
	EMIT(w, 100, EV_BIND_X, I64(0), B(addr), I64(4));
	assert_fd_name(w, 100, 4, "127.0.0.1:80");
	assert_fd_name(w, 100, 3, "");
	assert_int_equal(world_fd(w, 100, 3)->type, FD_IPV4_SOCK);
}

/* ---- fork and exec ---- */

static void test_fork(void **state)
{
	struct world *w = *state;
	struct state_stats st;

	world_open(w, 100, 3, 1);
	world_open(w, 100, 2000, 1);
	world_fork(w, 100, 200);
	assert_ptr_equal(state_thread(w->s, 200)->group->fds, state_thread(w->s, 100)->group->fds);
	state_get_stats(w->s, &st);
	assert_int_equal(st.fds, 4);

	/* The child closes: the parent keeps. */
	world_close(w, 200, 3);
	world_next(w);
	assert_null(world_fd(w, 200, 3));
	assert_fd_name(w, 200, 2000, "/etc/passwd");
	assert_fd_name(w, 100, 3, "/etc/passwd");
	state_get_stats(w->s, &st);
	assert_int_equal(st.fds, 3);

	/* The parent opens, twice removed: the child does not see it. */
	world_fork(w, 100, 300);
	EMIT(w, 100, EV_OPENAT_X, I64(3), I64(-100), S("/etc/hosts"), U32(1), U32(0), U32(0),
		U64(0));
	assert_fd_name(w, 100, 3, "/etc/hosts");
	assert_fd_name(w, 300, 3, "/etc/passwd");
	EMIT(w, 300, EV_FCNTL_X, I64(0), I64(2000), U8(3), U64(1));
	assert_int_equal(world_fd(w, 100, 2000)->open_flags, 1);
	assert_int_equal(world_fd(w, 200, 2000)->open_flags, 1);
	assert_int_equal(world_fd(w, 300, 2000)->open_flags, O_CLOEXEC_P | 1);
}

/* Reading what was inherited does not copy anything. */
static void test_fork_is_shared_while_reading(void **state)
{
	struct world *w = *state;
	struct thread *child;

	world_open(w, 100, 3, 1);
	world_fork(w, 100, 200);
	child = state_thread(w->s, 200);
	for (int i = 0; i < 10; i++) {
		EMIT(w, 200, EV_READ_X, I64(1), B("x"), I64(3), U32(1));
		assert_non_null(w->ctx.fd);
		EMIT(w, 100, EV_WRITE_X, I64(1), B("x"), I64(3), U32(1));
	}
	assert_ptr_equal(child->group->fds, state_thread(w->s, 100)->group->fds);
}

static void exec(struct world *w, int64_t pid)
{
	EMIT(w, pid, EV_EXECVE_X, I64(0), S("/bin/sh"), S("-c"), I64(pid), I64(pid), I64(1), S(""),
		U64(1024), U64(0), U64(0), U32(0), U32(0), U32(0), S("sh"), S(""), S("A=b"), U32(0),
		I64(pid), U32(0), U32(0), U64(0), U64(0), U64(0), U64(0), U64(0), U64(0), U32(0),
		S("/bin/sh"), I64(pid), U32(0), S("sh"));
}

static void test_exec(void **state)
{
	struct world *w = *state;

	world_open(w, 100, 3, 1);
	world_open(w, 100, 4, O_CLOEXEC_P);
	EMIT(w, 100, EV_MEMFD_CREATE_X, I64(5), S("m"), U32(1));
	EMIT(w, 100, EV_EPOLL_CREATE1_X, I64(6), U32(1));
	EMIT(w, 100, EV_DUP_X, I64(7), I64(5));
	EMIT(w, 100, EV_OPENAT_X, I64(3000), I64(-100), S("/a"), U32(O_CLOEXEC_P), U32(0), U32(0),
		U64(0));
	world_fork(w, 100, 200);
	exec(w, 200);
	assert_int_equal(fd_table_count(state_thread(w->s, 200)->group->fds), 2);
	assert_non_null(world_fd(w, 200, 3));
	assert_fd_name(w, 200, 7, "m");
	assert_int_equal(fd_table_count(state_thread(w->s, 100)->group->fds), 6);
}

/* Threads share, and the last one to go takes everything with it. */
static void test_threads(void **state)
{
	struct world *w = *state;
	struct state_stats st;

	EMIT(w, 101, EV_CLONE_X, I64(0), S("/bin/proc"), S(""), I64(101), I64(100), I64(1), S(""),
		I64(1024), U64(0), U64(0), U32(0), U32(0), U32(0), S("proc"), S(""),
		U32(CL_THREAD | CL_FILES | CL_FS | CL_VM | CL_SIGHAND), U32(0), U32(0), I64(101),
		I64(100));
	world_open(w, 101, 3, 1);
	assert_fd_name(w, 100, 3, "/etc/passwd");
	world_close(w, 100, 3);
	world_next(w);
	assert_null(world_fd(w, 101, 3));
	world_open(w, 101, 3, 1);
	world_fork(w, 100, 200);
	EMIT(w, 200, EV_PROCEXIT_E, I64(0), I64(0), U8(0), U8(0), I64(1));
	world_next(w);
	assert_null(state_thread(w->s, 200));
	state_get_stats(w->s, &st);
	assert_int_equal(st.fds, 1);
	assert_fd_name(w, 100, 3, "/etc/passwd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_close),
		world_test(test_missed_close),
		world_test(test_close_then_reuse),
		world_test(test_close_range),
		world_test(test_dup),
		world_test(test_fcntl),
		world_test(test_copies_are_independent),
		world_test(test_fork),
		world_test(test_fork_is_shared_while_reading),
		world_test(test_exec),
		world_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
