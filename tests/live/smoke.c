/* SPDX-License-Identifier: Apache-2.0 */
/* The probe at all: events of several kinds, both ways to make a call, in their order. */
#include "live.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void act_read(void)
{
	char data[8] = "";
	int fd[2];

	if (pipe(fd) < 0)
		return;
	live_note(0, fd[0]);
	live_note(1, fd[1]);
	live_note(2, write(fd[1], "hello", 5));
	live_note(3, read(fd[0], data, sizeof(data)));
	close(fd[0]);
	close(fd[1]);
}

static void check_read(void)
{
	const struct event *w = live_event(EV_WRITE_X), *r = live_event(EV_READ_X);

	assert_true(w->ts < r->ts);
	assert_int_equal(w->tid, live_pid());
	live_int(w, 0, 5);
	live_bytes(w, 1, "hello", 5);
	live_int(w, 2, live_noted(1));
	live_uint(w, 3, 5);
	live_int(r, 0, 5);
	live_bytes(r, 1, "hello", 5);
	live_int(r, 2, live_noted(0));
	live_uint(r, 3, 8);
	assert_int_equal(live_count(EV_CLOSE_X), 2);
	live_int(live_nth(EV_CLOSE_X, 0), 1, live_noted(0));
	live_int(live_nth(EV_CLOSE_X, 1), 0, 0);
}

static void act_generic(void)
{
	syscall(SYS_getppid);
}

static void check_generic(void)
{
	const struct event *ev = live_event(EV_SYSCALL_X);

	live_uint(ev, 0, SC_GETPPID);
	live_uint(ev, 1, SYS_getppid);
}

static void act_32(void)
{
	char *data = live_low("abc", 4);

	if (!live_32)
		return;
	live_note(0, CALL32(6, -7));
	live_note(1, CALL32(4, 999, data, 3));
}

static void check_32(void)
{
	if (!live_32)
		return;
	live_int(live_event(EV_CLOSE_X), 0, -9);
	live_int(live_event(EV_CLOSE_X), 1, -7);
	live_int(live_event(EV_WRITE_X), 0, -9);
	live_bytes(live_event(EV_WRITE_X), 1, "abc", 3);
	live_int(live_event(EV_WRITE_X), 2, 999);
}

static const struct live_case cases[] = {
	{"read and write", act_read, check_read},
	{"a call without an event of its own", act_generic, check_generic},
	{"the 32-bit way", act_32, check_32},
};
LIVE_MAIN(cases)
