/* SPDX-License-Identifier: Apache-2.0 */
/* Calls about sockets by a number of their own, as old 32-bit programs make them. */
#include "addresses.h"

#include <errno.h>
#include <unistd.h>

#define I386_SOCKETCALL 102

static long socketcall(char *low, int what, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint32_t args[6] = {a, b, c, d};

	memcpy(low, args, sizeof(args));
	return CALL32(I386_SOCKETCALL, what, low);
}

/* What was sent to oneself: only here is recv a call of its own. */
static void receive_by_number(char *low)
{
	struct sockaddr_in a = local4(0);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	uint32_t at = (uint32_t)(uintptr_t)low;

	bind(s, (void *)&a, sizeof(a));
	a.sin_port = htons((uint16_t)live_note(3, port_of(s)));
	connect(s, (void *)&a, sizeof(a));
	live_note(2, s);
	socketcall(low + 256, 9, (uint32_t)s, at + 512, 9, 0);
	socketcall(low + 256, 10, (uint32_t)s, at + 600, 100, 0);
	socketcall(low + 256, 10, (uint32_t)s, at + 600, 77, MSG_DONTWAIT);
	socketcall(low + 256, 10, (uint32_t)-1, at + 600, 5, 0);
}

static void act_socketcall(void)
{
	struct sockaddr_in a = local4(1);
	char *low;
	uint32_t at;
	long fd;

	if (!live_32)
		return;
	low = low_page(&a);
	at = (uint32_t)(uintptr_t)low;
	memcpy(low + 512, "by number", 9);
	fd = live_note(0, socketcall(low + 256, 1, AF_INET, SOCK_DGRAM, 0, 0));
	socketcall(low + 256, 3, (uint32_t)fd, at, sizeof(a), 0);
	live_note(1, port_of((int)fd));
	socketcall(low + 256, 9, (uint32_t)fd, at + 512, 9, 0);
	socketcall(low + 256, 13, (uint32_t)fd, 1, 0, 0);
	socketcall(low + 256, 99, 0, 0, 0, 0);
	receive_by_number(low);
}

static void check_received(void)
{
	const struct event *ev = live_nth(EV_RECV_X, 0);

	live_int(ev, 0, 9);
	live_bytes(ev, 1, "by number", 9);
	live_int(ev, 2, live_noted(2));
	live_uint(ev, 3, 100);
	tuple4(ev, 4, (uint16_t)live_noted(3), (uint16_t)live_noted(3));
	ev = live_nth(EV_RECV_X, 1);
	live_int(ev, 0, -EAGAIN);
	live_empty(ev, 1);
	live_int(ev, 2, live_noted(2));
	live_uint(ev, 3, 77);
	live_empty(ev, 4);
	ev = live_nth(EV_RECV_X, 2);
	live_int(ev, 0, -EBADF);
	live_empty(ev, 1);
	live_int(ev, 2, -1);
	live_uint(ev, 3, 5);
	live_empty(ev, 4);
}

static void check_socketcall(void)
{
	const struct event *ev;

	if (!live_32)
		return;
	live_int(live_event(EV_SOCKET_X), 0, live_noted(0));
	live_uint(live_event(EV_SOCKET_X), 1, AF_INET);
	tuple4(live_event(EV_CONNECT_X), 1, (uint16_t)live_noted(1), 1);
	ev = live_event(EV_SEND_X);
	live_int(ev, 0, 9);
	live_bytes(ev, 1, "by number", 9);
	live_int(ev, 2, live_noted(0));
	live_uint(ev, 3, 9);
	tuple4(ev, 4, (uint16_t)live_noted(1), 1);
	live_uint(live_event(EV_SHUTDOWN_X), 2, 1);
	live_uint(live_event(EV_SYSCALL_X), 0, SC_SOCKETCALL);
	check_received();
}

static const struct live_case cases[] = {
	{"socketcall", act_socketcall, check_socketcall},
};
LIVE_MAIN(cases)
