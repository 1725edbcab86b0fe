/* SPDX-License-Identifier: Apache-2.0 */
/* Calls about descriptors: every type of event, of a call that succeeds and of one that fails. */
#include "expect.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "base/mem.h"

#define NO_FD 777
#define N(i) ((int)live_noted(i))

static int file(void)
{
	return open("/proc/self/exe", O_RDONLY);
}

/* What the kernel said, of which kernels differ. */
static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* ---- closed and doubled ---- */

static void act_close(void)
{
	int fd = (int)live_note(0, file());

	close(fd);
	close(fd);
	syscall(SYS_close_range, 600, 601, 0);
	live_note(1, result(syscall(SYS_close_range, 602, ~0u, 4 | 2)));
	syscall(SYS_close_range, 20, 10, 0x41);
}

static void check_close(void)
{
	expect(EV_CLOSE_X, 0, "ii", 0, N(0));
	expect(EV_CLOSE_X, 1, "ii", -9, N(0));
	expect(EV_CLOSE_RANGE_X, 0, "iuuu", 0, 600, 601, 0);
	expect(EV_CLOSE_RANGE_X, 1, "iuuu", N(1), 602, ~0u, 6);
	expect(EV_CLOSE_RANGE_X, 2, "iuuu", -22, 20, 10, 0);
}

static void act_dup(void)
{
	int fd = (int)live_note(0, file());

	live_note(1, dup(fd));
	dup(NO_FD);
	syscall(SYS_dup2, fd, 500);
	syscall(SYS_dup2, NO_FD, 501);
	syscall(SYS_dup3, fd, 502, O_CLOEXEC);
	syscall(SYS_dup3, fd, 503, O_CLOEXEC | O_APPEND);
	syscall(SYS_dup3, fd, fd, 0);
	syscall(SYS_close_range, fd, 510, 0);
}

static void check_dup(void)
{
	expect(EV_DUP_X, 0, "ii", N(1), N(0));
	expect(EV_DUP_X, 1, "ii", -9, NO_FD);
	expect(EV_DUP2_X, 0, "iii", 500, N(0), 500);
	expect(EV_DUP2_X, 1, "iii", -9, NO_FD, 501);
	expect(EV_DUP3_X, 0, "iiiu", 502, N(0), 502, 0x1000);
	expect(EV_DUP3_X, 1, "iiiu", -22, N(0), 503, 0x1000);
	expect(EV_DUP3_X, 2, "iiiu", -22, N(0), N(0), 0);
}

/* Commands of fcntl() and what the parameter calls them. */
static const struct {
	int cmd;
	unsigned want;
} commands[] = {{F_GETFD, 2}, {F_GETFL, 4}, {F_GETLK, 6}, {F_SETLK, 8}, {F_SETLKW, 9},
	{F_GETOWN, 12}, {F_SETSIG, 13}, {F_GETSIG, 15}, {12, 17}, {13, 18}, {14, 19},
	{F_SETOWN_EX, 21}, {F_GETOWN_EX, 22}, {F_SETLEASE, 23}, {F_GETLEASE, 24}, {F_NOTIFY, 27},
	{F_SETPIPE_SZ, 28}, {F_GETPIPE_SZ, 29}, {F_OFD_GETLK, 30}, {F_OFD_SETLK, 31},
	{F_OFD_SETLKW, 32}, {17, 0}, {35, 0}, {39, 0}, {1023, 0}, {1033, 0}, {-1, 0}};

static void act_fcntl(void)
{
	int fd = (int)live_note(0, file());

	live_note(1, syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0x199));
	syscall(SYS_fcntl, fd, F_SETFD, 0x123456789abL);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		syscall(SYS_fcntl, NO_FD, commands[i].cmd, i);
	close(fd);
	close(0x199);
}

static void check_fcntl(void)
{
	expect(EV_FCNTL_X, 0, "iiul", 0x199, N(0), 0x1a, 0x199L);
	expect(EV_FCNTL_X, 1, "iiul", 0, N(0), 3, 0x123456789abL);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		expect(EV_FCNTL_X, 2 + i, "iiul", -9, NO_FD, commands[i].want, (long)i);
}

/* ---- turned and asked ---- */

static void act_asked(void)
{
	int fd = open("lock", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY | O_DIRECTORY);
	char data[512];
	long n;

	live_note(0, fd);
	live_note(1, dir);
	live_note(2, (long)&n);
	flock(fd, LOCK_EX | LOCK_NB);
	flock(NO_FD, LOCK_SH);
	ioctl(fd, FIONREAD, &n);
	ioctl(NO_FD, TCGETS, 0x123456789abL);
	lseek(fd, 0x123456789abL, SEEK_SET);
	lseek(fd, -1, SEEK_CUR);
	lseek(fd, 0, SEEK_END);
	lseek(NO_FD, 7, 99);
	syscall(SYS_fstat, fd, data);
	syscall(SYS_fstat, NO_FD, data);
	live_note(3, syscall(SYS_getdents64, dir, data, sizeof(data)));
	syscall(SYS_getdents64, fd, data, sizeof(data));
	syscall(SYS_getdents, dir, data, sizeof(data));
	syscall(SYS_getdents, NO_FD, data, sizeof(data));
	close(fd);
	close(dir);
}

static void check_asked(void)
{
	expect(EV_FLOCK_X, 0, "iiu", 0, N(0), 6);
	expect(EV_FLOCK_X, 1, "iiu", -9, NO_FD, 1);
	expect(EV_IOCTL_X, 0, "iiul", 0, N(0), FIONREAD, live_noted(2));
	expect(EV_IOCTL_X, 1, "iiul", -9, NO_FD, TCGETS, 0x123456789abL);
	expect(EV_LSEEK_X, 0, "lilu", 0x123456789abL, N(0), 0x123456789abL, 0);
	expect(EV_LSEEK_X, 1, "lilu", 0x123456789aaL, N(0), -1L, 1);
	expect(EV_LSEEK_X, 2, "lilu", 0L, N(0), 0L, 2);
	expect(EV_LSEEK_X, 3, "lilu", -9L, NO_FD, 7L, 0);
	expect(EV_FSTAT_X, 0, "ii", 0, N(0));
	expect(EV_FSTAT_X, 1, "ii", -9, NO_FD);
	expect(EV_GETDENTS64_X, 0, "ii", N(3), N(1));
	expect(EV_GETDENTS64_X, 1, "ii", -20, N(0));
	expect(EV_GETDENTS_X, 0, "ii", 0, N(1));
	expect(EV_GETDENTS_X, 1, "ii", -9, NO_FD);
}

static void act_copy(void)
{
	int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600);
	loff_t offset = 2;

	live_note(0, from);
	live_note(1, to);
	live_note(2, (long)&offset);
	if (write(from, "0123456789", 10) != 10)
		return;
	syscall(SYS_copy_file_range, from, &offset, to, NULL, 5L, 0);
	syscall(SYS_copy_file_range, from, NULL, NO_FD, &offset, 0x123456789aL, 0);
	close(from);
	close(to);
}

static void check_copy(void)
{
	expect(EV_COPY_FILE_RANGE_X, 0, "iilill", 5, N(1), 0L, N(0), live_noted(2), 5L);
	expect(EV_COPY_FILE_RANGE_X, 1, "iilill", -9, NO_FD, live_noted(2), N(0), 0L,
		0x123456789aL);
}

/* ---- made of other things ---- */

static void act_new(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	live_note(0, (long)memfd_create("a name", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	syscall(SYS_memfd_create, NULL, 0);
	syscall(SYS_memfd_create, "x", 0x41);
	live_note(1, syscall(SYS_eventfd, 3));
	live_note(2, syscall(SYS_eventfd2, 9L, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE));
	syscall(SYS_eventfd2, 1L, 0x40000000);
	live_note(3, syscall(SYS_inotify_init));
	live_note(4, syscall(SYS_inotify_init1, IN_NONBLOCK));
	syscall(SYS_inotify_init1, -1);
	live_note(5, syscall(SYS_signalfd, -1, &mask, 8));
	syscall(SYS_signalfd, NO_FD, &mask, 8);
	live_note(6, syscall(SYS_signalfd4, -1, &mask, 8, SFD_NONBLOCK | SFD_CLOEXEC));
	syscall(SYS_signalfd4, NO_FD, &mask, 8, 0);
	live_note(7, syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	syscall(SYS_timerfd_create, 99, 0);
	live_note(8, syscall(SYS_epoll_create, 5));
	syscall(SYS_epoll_create, -5);
	live_note(9, syscall(SYS_epoll_create1, EPOLL_CLOEXEC));
	syscall(SYS_epoll_create1, 1);
	live_note(10, result(syscall(SYS_userfaultfd, O_CLOEXEC | 1)));
	syscall(SYS_userfaultfd, 0xfff);
	syscall(SYS_close_range, 5, 100, 0);
}

static void check_new(void)
{
	expect(EV_MEMFD_CREATE_X, 0, "itu", N(0), "a name", 3);
	expect(EV_MEMFD_CREATE_X, 1, "itu", -14, NULL, 0);
	expect(EV_MEMFD_CREATE_X, 2, "itu", -22, "x", 1);
	expect(EV_EVENTFD_X, 0, "ilu", N(1), 3L, 0);
	expect(EV_EVENTFD2_X, 0, "iul", N(2), 0x1040, 9L);
	expect(EV_EVENTFD2_X, 1, "iul", -22, 0, 1L);
	expect(EV_INOTIFY_INIT_X, 0, "iu", N(3), 0);
	expect(EV_INOTIFY_INIT1_X, 0, "iu", N(4), 0x40);
	expect(EV_INOTIFY_INIT1_X, 1, "iu", -22, 0);
	expect(EV_SIGNALFD_X, 0, "iiuu", N(5), -1, 0, 0);
	expect(EV_SIGNALFD_X, 1, "iiuu", -9, NO_FD, 0, 0);
	expect(EV_SIGNALFD4_X, 0, "iuiu", N(6), 0x1040, -1, 0);
	expect(EV_SIGNALFD4_X, 1, "iuiu", -9, 0, NO_FD, 0);
	expect(EV_TIMERFD_CREATE_X, 0, "iuu", N(7), CLOCK_MONOTONIC, 0x40);
	expect(EV_TIMERFD_CREATE_X, 1, "iuu", -22, 99, 0);
	expect(EV_EPOLL_CREATE_X, 0, "ii", N(8), 5);
	expect(EV_EPOLL_CREATE_X, 1, "ii", -22, -5);
	expect(EV_EPOLL_CREATE1_X, 0, "iu", N(9), 1);
	expect(EV_EPOLL_CREATE1_X, 1, "iu", -22, 0);
	expect(EV_USERFAULTFD_X, 0, "iu", N(10), O_CLOEXEC | 1);
	expect(EV_USERFAULTFD_X, 1, "iu", -22, 0xfff);
}

static void act_pidfd(void)
{
	int fd = (int)live_note(0, syscall(SYS_pidfd_open, getpid(), 0));

	live_note(1, syscall(SYS_pidfd_open, getpid(), O_NONBLOCK));
	syscall(SYS_pidfd_open, -3, 0x41);
	live_note(2, syscall(SYS_pidfd_getfd, fd, fd, 0));
	syscall(SYS_pidfd_getfd, fd, NO_FD, 0);
	syscall(SYS_pidfd_getfd, NO_FD, 1, 7);
	syscall(SYS_close_range, fd, 100, 0);
}

static void check_pidfd(void)
{
	expect(EV_PIDFD_OPEN_X, 0, "iiu", N(0), (int)live_pid(), 0);
	expect(EV_PIDFD_OPEN_X, 1, "iiu", N(1), (int)live_pid(), 1);
	expect(EV_PIDFD_OPEN_X, 2, "iiu", -22, -3, 0);
	expect(EV_PIDFD_GETFD_X, 0, "iiiu", N(2), N(0), N(0), 0);
	expect(EV_PIDFD_GETFD_X, 1, "iiiu", -9, N(0), NO_FD, 0);
	expect(EV_PIDFD_GETFD_X, 2, "iiiu", -22, NO_FD, 1, 7);
}

static void act_pipe(void)
{
	int fd[2] = {70, 71};
	struct stat st;

	syscall(SYS_pipe2, fd, 0x41);
	syscall(SYS_pipe, NULL);
	if (syscall(SYS_pipe, fd) == 0) {
		live_note(0, fd[0]);
		live_note(1, fd[1]);
		fstat(fd[0], &st);
		live_note(2, (long)st.st_ino);
	}
	if (syscall(SYS_pipe2, fd, O_CLOEXEC | O_DIRECT | O_NONBLOCK) < 0)
		return;
	fstat(fd[1], &st);
	live_note(3, (long)st.st_ino);
	live_note(4, fd[0]);
	syscall(SYS_close_range, N(0) ? N(0) : N(4), 100, 0);
}

static void check_pipe(void)
{
	expect(EV_PIPE2_X, 0, "iiilu", -22, 70, 71, 0L, 0);
	expect(EV_PIPE_X, 0, "iiil", -14, -1, -1, 0L);
	expect(EV_PIPE_X, 1, "iiil", 0, N(0), N(1), live_noted(2));
	expect(EV_PIPE2_X, 1, "iiilu", 0, N(4), N(4) + 1, live_noted(3), 0x1240);
	assert_true(live_noted(3) != 0);
}

static void act_io_uring(void)
{
	struct io_uring_params p = {.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
		.cq_entries = 64,
		.sq_thread_cpu = 1,
		.sq_thread_idle = 2};
	long fd = live_note(0, syscall(SYS_io_uring_setup, 3, &p));

	live_note(1, p.sq_entries);
	live_note(2, p.cq_entries);
	live_note(3, p.features);
	syscall(SYS_io_uring_setup, 0, NULL);
	p = (struct io_uring_params){.flags = 0x7f};
	syscall(SYS_io_uring_setup, 4, &p);
	syscall(SYS_io_uring_enter, fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
	syscall(SYS_io_uring_enter, NO_FD, 1, 2, 0x2f, 0x1234567L, 0);
	syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE, 0x123456789aL, 0);
	syscall(SYS_io_uring_register, NO_FD, 77, NULL, 5);
	close((int)fd);
}

static void check_io_uring(void)
{
	if (N(0) < 0) /* the administrator may have switched it off */
		return;
	expect(EV_IO_URING_SETUP_X, 0, "iuuuuuuu", N(0), 3, N(1), N(2), 0x30, 1, 2, N(3) & 0x6ff);
	expect(EV_IO_URING_SETUP_X, 1, "iuuuuuuu", -14, 0, 0, 0, 0, 0, 0, 0);
	expect(EV_IO_URING_SETUP_X, 2, "iu__u___", -22, 4, 0xff);
	expect(EV_IO_URING_ENTER_X, 0, "iiuuuu", 0, N(0), 0, 0, 1, 0);
	expect(EV_IO_URING_ENTER_X, 1, "_iuuuu", NO_FD, 1, 2, 0xf, 0x1234567);
	expect(EV_IO_URING_REGISTER_X, 0, "_iulu", N(0), 8, 0x123456789aL, 0);
	expect(EV_IO_URING_REGISTER_X, 1, "_iulu", NO_FD, 77, 0L, 5);
}

/* ---- the 32-bit way ---- */

enum {
	I386_DUP = 41,
	I386_IOCTL = 54,
	I386_FCNTL = 55,
	I386_LSEEK = 19,
	I386_LLSEEK = 140,
	I386_FCNTL64 = 221,
	I386_FSTAT64 = 197,
	I386_PIPE = 42
};

static void act_32(void)
{
	loff_t *result = live_low("\0\0\0\0\0\0\0", 8);
	int *fds = live_low("\0\0\0\0\0\0\0", 8), fd;

	if (!live_32)
		return;
	fd = (int)live_note(0, open("lock", O_RDWR | O_CREAT, 0600));
	live_note(1, CALL32(I386_DUP, fd));
	CALL32(I386_IOCTL, fd, 0xfffffffe, 0xfffffffd);
	CALL32(I386_FCNTL, fd, F_SETFD, 1);
	CALL32(I386_FCNTL64, NO_FD, 12, 0xfffffff0);
	CALL32(I386_LSEEK, fd, 5, SEEK_SET);
	CALL32(I386_LLSEEK, fd, 0x12, 0x80000003, result, SEEK_SET);
	CALL32(I386_LLSEEK, NO_FD, 0, 1, result, SEEK_END);
	CALL32(I386_FSTAT64, NO_FD, result);
	CALL32(I386_PIPE, fds);
	live_note(2, fds[0]);
	live_note(3, fds[1]);
	syscall(SYS_close_range, fd, 100, 0);
}

static void check_32(void)
{
	if (!live_32)
		return;
	expect(EV_DUP_X, 0, "ii", N(1), N(0));
	expect(EV_IOCTL_X, 0, "iill", -25, N(0), 0xfffffffeL, 0xfffffffdL);
	expect(EV_FCNTL_X, 0, "iiul", 0, N(0), 3, 1L);
	expect(EV_FCNTL_X, 1, "iiul", -9, NO_FD, 17, 0xfffffff0L);
	expect(EV_LSEEK_X, 0, "iilu", 5, N(0), 5L, 0);
	expect(EV_LSEEK_X, 1, "iilu", 0, N(0), 0x1280000003L, 0);
	expect(EV_LSEEK_X, 2, "iilu", -9, NO_FD, 1L, 2);
	expect(EV_FSTAT_X, 0, "ii", -9, NO_FD);
	expect(EV_PIPE_X, 0, "iii_", 0, N(2), N(3));
}

static void check_nothing(void)
{
}

static const struct live_case cases[] = {
	{"begin", expect_enter, check_nothing},
	{"close, close_range", act_close, check_close},
	{"dup, dup2, dup3", act_dup, check_dup},
	{"fcntl", act_fcntl, check_fcntl},
	{"flock, ioctl, lseek, fstat, getdents", act_asked, check_asked},
	{"copy_file_range", act_copy, check_copy},
	{"memfd, eventfd, inotify, signalfd, timerfd, epoll, userfaultfd", act_new, check_new},
	{"pidfd_open, pidfd_getfd", act_pidfd, check_pidfd},
	{"pipe, pipe2", act_pipe, check_pipe},
	{"io_uring", act_io_uring, check_io_uring},
	{"the 32-bit way", act_32, check_32},
	{"end", expect_leave, check_nothing},
};
LIVE_MAIN(cases)
