/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: buffers and control data of one, and several in one call. */
#include "live.h"

#include <errno.h>
#include <sys/socket.h>

#define BAD ((void *)8)

static void act_messages(void)
{
	char x[] = "abcdefgh", y[16], control[64] = {0};
	struct iovec out[3] = {{x, 3}, {x + 3, 0}, {x + 3, 4}}, in[2] = {{y, 2}, {y + 2, 10}};
	struct msghdr m = {.msg_iov = out, .msg_iovlen = 3}, r = {.msg_iov = in, .msg_iovlen = 2};
	struct mmsghdr mm[2] = {{.msg_hdr = m}, {.msg_hdr = m}}, rr[3];
	int fds[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, fds);
	setsockopt(fds[1], SOL_SOCKET, SO_PASSCRED, &(int){1}, 4);
	live_note(0, fds[0]);
	live_note(1, fds[1]);
	r.msg_control = control;
	r.msg_controllen = sizeof(control);
	sendmsg(fds[0], &m, 0);
	recvmsg(fds[1], &r, 0);
	live_note(2, (long)r.msg_controllen);
	sendmsg(-1, BAD, 0);
	recvmsg(fds[1], &r, MSG_DONTWAIT);
	sendmmsg(fds[0], mm, 2, 0);
	for (int i = 0; i < 3; i++)
		rr[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = in, .msg_iovlen = 2}};
	recvmmsg(fds[1], rr, 3, MSG_DONTWAIT, NULL);
	sendmmsg(-1, mm, 2, 0);
	recvmmsg(-1, rr, 2, 0, NULL);
}

/* Between sockets without a name: two addresses, and an empty path that ends. */
static void check_nameless(const struct event *ev, unsigned tuple)
{
	struct param p = event_param(ev, tuple);

	assert_int_equal(p.n, 1 + 8 + 8 + 1);
	assert_int_equal(p.p[0], AF_UNIX);
	assert_int_equal(p.p[p.n - 1], '\0');
}

static void check_one_message(void)
{
	const struct event *ev = live_event(EV_SENDMSG_X);

	live_int(ev, 0, 7);
	live_bytes(ev, 1, "abcdefg", 7);
	live_int(ev, 2, live_noted(0));
	live_uint(ev, 3, 7);
	check_nameless(ev, 4);
	ev = live_nth(EV_SENDMSG_X, 1);
	live_int(ev, 0, -EBADF);
	live_empty(ev, 1);
	live_empty(ev, 3);
	live_empty(ev, 4);
	ev = live_event(EV_RECVMSG_X);
	live_int(ev, 0, 7);
	live_uint(ev, 1, 7);
	live_bytes(ev, 2, "abcdefg", 7);
	check_nameless(ev, 3);
	assert_int_equal(event_param(ev, 4).n, live_noted(2));
	live_int(ev, 5, live_noted(1));
	ev = live_nth(EV_RECVMSG_X, 1);
	live_int(ev, 0, -EAGAIN);
	live_uint(ev, 1, 0);
	live_empty(ev, 2);
	live_empty(ev, 4);
}

static void check_messages(void)
{
	const struct event *ev;

	check_one_message();
	assert_int_equal(live_count(EV_SENDMMSG_X), 3);
	assert_int_equal(live_count(EV_RECVMMSG_X), 3);
	for (size_t i = 0; i < 2; i++) {
		ev = live_nth(EV_SENDMMSG_X, i);
		live_int(ev, 0, 7);
		live_int(ev, 1, live_noted(0));
		live_uint(ev, 2, 7);
		live_bytes(ev, 3, "abcdefg", 7);
		ev = live_nth(EV_RECVMMSG_X, i);
		live_int(ev, 0, 7);
		live_int(ev, 1, live_noted(1));
		live_uint(ev, 2, 7);
		live_empty(ev, 5);
	}
	live_bytes(ev, 3, "abcdefg", 7);
	live_int(live_nth(EV_SENDMMSG_X, 2), 0, -EBADF);
	live_int(live_nth(EV_SENDMMSG_X, 2), 1, -1);
	live_int(live_nth(EV_RECVMMSG_X, 2), 0, -EBADF);
	live_empty(live_nth(EV_RECVMMSG_X, 2), 3);
}

static const struct live_case cases[] = {
	{"messages", act_messages, check_messages},
};
LIVE_MAIN(cases)
