/* SPDX-License-Identifier: Apache-2.0 */
/* Data moved: one buffer and several, at a place, between descriptors and processes; waiting. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SNAPLEN 80 /* of live.c */
/* Numbers of i386. */
#define I386_PREAD64 180
#define I386_SENDFILE 187
#define I386_READV 145
#define I386_PPOLL 309

static char text[200];
/* No memory, which the compiler is not to know. */
static void *volatile bad = (void *)8;

/* 'a' to 'z' again and again, for child and parent. */
__attribute__((constructor)) static void fill_text(void)
{
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
}

static int file(void)
{
	char name[] = "/tmp/live-io-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (pwrite(fd, text, sizeof(text), 0) != sizeof(text))
		_exit(1);
	return fd;
}

static void act_one(void)
{
	int fd = (int)live_note(0, file());
	char b[256];

	live_note(1, read(fd, b, sizeof(b)));
	read(fd, bad, 1);
	read(fd, b, 10);
	write(fd, text, 5);
	write(fd, bad, 5);
	write(-1, text, 100);
	pread(fd, b, 3, 7);
	pread(fd, b, 3, -1);
	pwrite(fd, text, 4, 0x100000002);
	pwrite(-1, text, 4, 9);
}

static void check_one(void)
{
	const struct event *ev = live_event(EV_READ_X);

	live_int(ev, 0, 200);
	live_bytes(ev, 1, text, SNAPLEN);
	live_int(ev, 2, live_noted(0));
	live_uint(ev, 3, 256);
	live_int(live_nth(EV_READ_X, 1), 0, 0);
	live_empty(live_nth(EV_READ_X, 2), 1);
	ev = live_event(EV_WRITE_X);
	live_int(ev, 0, 5);
	live_bytes(ev, 1, "abcde", 5);
	live_empty(live_nth(EV_WRITE_X, 1), 1);
	live_int(live_nth(EV_WRITE_X, 1), 0, -EFAULT);
	live_bytes(live_nth(EV_WRITE_X, 2), 1, text, SNAPLEN);
	live_int(live_nth(EV_WRITE_X, 2), 0, -EBADF);
}

static void check_places(void)
{
	const struct event *ev = live_event(EV_PREAD_X);

	check_one();
	live_bytes(ev, 1, "hij", 3);
	live_uint(ev, 3, 3);
	live_uint(ev, 4, 7);
	live_int(live_nth(EV_PREAD_X, 1), 0, -EINVAL);
	live_uint(live_nth(EV_PREAD_X, 1), 4, UINT64_MAX);
	ev = live_nth(EV_PWRITE_X, 1);
	live_bytes(ev, 1, "abcd", 4);
	live_uint(ev, 4, 0x100000002);
	live_int(live_nth(EV_PWRITE_X, 2), 0, -EBADF);
	live_uint(live_nth(EV_PWRITE_X, 2), 4, 9);
}

/* An empty buffer in between, and one past what is kept. */
static void act_several(void)
{
	int fd = (int)live_note(0, file());
	char b[200];
	struct iovec in[4] = {{b, 3}, {b + 3, 0}, {b + 3, 7}, {b + 10, 190}};
	struct iovec out[3] = {{text, 2}, {text + 10, 100}, {text, 50}}, many[40];

	for (int i = 0; i < 40; i++)
		many[i] = (struct iovec){text + i, 1};
	readv(fd, in, 4);
	readv(-1, in, 4);
	preadv(fd, in, 3, 26);
	preadv(fd, bad, 3, 0);
	writev(fd, out, 3);
	writev(-1, out, 3);
	writev(fd, bad, 3);
	pwritev(fd, many, 40, 5);
	pwritev(fd, out, 1, -1);
}

static void check_several(void)
{
	const struct event *ev = live_event(EV_READV_X);
	char want[SNAPLEN];

	live_int(ev, 0, 200);
	live_uint(ev, 1, 200);
	live_bytes(ev, 2, text, SNAPLEN);
	live_int(ev, 3, live_noted(0));
	live_int(live_nth(EV_READV_X, 1), 0, -EBADF);
	live_empty(live_nth(EV_READV_X, 1), 2);
	ev = live_event(EV_PREADV_X);
	live_int(ev, 0, 10);
	live_bytes(ev, 2, "abcdefghij", 10);
	live_uint(ev, 4, 26);
	live_int(live_nth(EV_PREADV_X, 1), 0, -EFAULT);
	memcpy(want, text, 2);
	memcpy(want + 2, text + 10, SNAPLEN - 2);
	ev = live_event(EV_WRITEV_X);
	live_int(ev, 0, 152);
	live_bytes(ev, 1, want, SNAPLEN);
	live_int(ev, 2, live_noted(0));
	live_uint(ev, 3, 152);
	live_bytes(live_nth(EV_WRITEV_X, 1), 1, want, SNAPLEN);
	live_uint(live_nth(EV_WRITEV_X, 1), 3, 152);
	live_empty(live_nth(EV_WRITEV_X, 2), 1);
	live_uint(live_nth(EV_WRITEV_X, 2), 3, 0);
	ev = live_event(EV_PWRITEV_X);
	live_int(ev, 0, 40);
	live_bytes(ev, 1, text, 32);
	live_uint(ev, 3, 40);
	live_uint(ev, 4, 5);
	live_int(live_nth(EV_PWRITEV_X, 1), 0, -EINVAL);
}

static void act_between(void)
{
	int fd = (int)live_note(0, file()), p[2], status;
	struct iovec here = {text, 5};
	off_t at = 3;
	pid_t pid;

	if (pipe(p) < 0)
		_exit(1);
	live_note(1, p[1]);
	sendfile(p[1], fd, &at, 20);
	sendfile(-1, fd, NULL, 10);
	lseek(fd, 0, SEEK_SET);
	splice(fd, NULL, p[1], NULL, 30, SPLICE_F_MOVE | SPLICE_F_MORE);
	splice(-1, NULL, p[1], NULL, 5, 0);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	live_note(2, pid);
	process_vm_writev(pid, &here, 1, &here, 1, 0);
	process_vm_readv(pid, &here, 1, &here, 1, 0);
	process_vm_readv(-5, &here, 1, &here, 1, 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void check_between(void)
{
	const struct event *ev = live_event(EV_SENDFILE_X);

	live_int(ev, 0, 20);
	live_uint(ev, 1, 23);
	live_int(ev, 2, live_noted(1));
	live_int(ev, 3, live_noted(0));
	live_uint(ev, 4, 20);
	live_int(live_nth(EV_SENDFILE_X, 1), 0, -EBADF);
	live_uint(live_nth(EV_SENDFILE_X, 1), 1, 0);
	ev = live_event(EV_SPLICE_X);
	live_int(ev, 0, 30);
	live_int(ev, 1, live_noted(0));
	live_int(ev, 2, live_noted(1));
	live_uint(ev, 3, 30);
	live_uint(ev, 4, 5);
	live_int(live_nth(EV_SPLICE_X, 1), 0, -EBADF);
	ev = live_event(EV_PROCESS_VM_WRITEV_X);
	live_int(ev, 0, 5);
	live_int(ev, 1, live_noted(2));
	live_bytes(ev, 2, "abcde", 5);
	live_bytes(live_event(EV_PROCESS_VM_READV_X), 2, "abcde", 5);
	ev = live_nth(EV_PROCESS_VM_READV_X, 1);
	live_int(ev, 0, -ESRCH);
	live_int(ev, 1, -5);
	live_empty(ev, 2);
}

static void act_wait(void)
{
	struct timespec t = {1, 2};
	struct timeval none = {0, 0};
	struct pollfd set[2];
	struct epoll_event ev;
	sigset_t mask;
	int p[2];

	if (pipe(p) < 0 || write(p[1], "x", 1) != 1)
		_exit(1);
	live_note(0, p[0]);
	live_note(1, p[1]);
	set[0] = (struct pollfd){.fd = p[0], .events = POLLIN | POLLRDNORM};
	set[1] = (struct pollfd){.fd = 999, .events = POLLOUT};
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	syscall(SYS_poll, set, 2, -1);
	syscall(SYS_poll, bad, 1, 0);
	syscall(SYS_ppoll, set, 1, &t, &mask, 8);
	syscall(SYS_ppoll, bad, 1, NULL, NULL, 8);
	syscall(SYS_select, 0, NULL, NULL, NULL, &none);
	syscall(SYS_select, -1, NULL, NULL, NULL, &none);
	syscall(SYS_epoll_wait, -1, &ev, 3, 0);
}

static void check_wait(void)
{
	uint8_t want[2 + 2 * 10] = {2};
	uint16_t in = 0x81, invalid = 0x40;
	int64_t fds[2] = {live_noted(0), 999};
	const struct event *ev;

	memcpy(want + 2, &fds[0], 8);
	memcpy(want + 10, &in, 2);
	memcpy(want + 12, &fds[1], 8);
	memcpy(want + 20, &invalid, 2);
	if (live_makes(EV_POLL_X)) {
		ev = live_event(EV_POLL_X);
		live_int(ev, 0, 2);
		live_bytes(ev, 1, want, sizeof(want));
		live_int(ev, 2, UINT32_MAX);
		live_int(live_nth(EV_POLL_X, 1), 0, -EFAULT);
		live_bytes(live_nth(EV_POLL_X, 1), 1, "\0", 2);
	}
	ev = live_event(EV_PPOLL_X);
	want[0] = 1;
	live_bytes(ev, 1, want, 12);
	live_uint(ev, 3, 1u << (SIGUSR1 - 1));
	live_uint(live_nth(EV_PPOLL_X, 1), 2, 0);
	live_uint(live_nth(EV_PPOLL_X, 1), 3, 0);
	if (live_makes(EV_SELECT_X)) {
		live_int(live_event(EV_SELECT_X), 0, 0);
		live_int(live_nth(EV_SELECT_X, 1), 0, -EINVAL);
	}
	if (live_makes(EV_EPOLL_WAIT_X)) {
		live_int(live_event(EV_EPOLL_WAIT_X), 0, -EBADF);
		live_int(live_event(EV_EPOLL_WAIT_X), 1, 3);
	}
}

static void act_32(void)
{
	int fd = (int)live_note(0, file()), p[2];
	uint32_t iov[2], at = 3;
	int32_t time[2] = {0, 5};
	char *low;

	if (!live_32 || pipe(p) < 0)
		return;
	low = live_low(text, sizeof(text));
	iov[0] = (uint32_t)(uintptr_t)low + 100;
	iov[1] = 6;
	memcpy(low, iov, sizeof(iov));
	memcpy(low + 16, &at, sizeof(at));
	memset(low + 20, 0xff, 4);
	memcpy(low + 32, time, sizeof(time));
	CALL32(I386_READV, fd, low, 1);
	CALL32(I386_PREAD64, fd, low + 100, 3, 5, 1);
	CALL32(I386_SENDFILE, p[1], fd, low + 16, 4);
	CALL32(I386_PPOLL, 0, 0, low + 32, 0, 8);
}

static void check_32(void)
{
	if (!live_32)
		return;
	live_int(live_event(EV_READV_X), 0, 6);
	live_bytes(live_event(EV_READV_X), 2, "abcdef", 6);
	live_int(live_event(EV_PREAD_X), 0, 0);
	live_uint(live_event(EV_PREAD_X), 4, 0x100000005);
	live_int(live_event(EV_SENDFILE_X), 0, 4);
	live_uint(live_event(EV_SENDFILE_X), 1, 7);
	live_int(live_event(EV_PPOLL_X), 0, 0);
}

static const struct live_case cases[] = {
	{"one buffer", act_one, check_places},
	{"several buffers", act_several, check_several},
	{"between descriptors and processes", act_between, check_between},
	{"waiting", act_wait, check_wait},
	{"the 32-bit way", act_32, check_32},
};
LIVE_MAIN(cases)
