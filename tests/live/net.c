/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: made, named, connected, written to and read from, asked and closed. */
#include "addresses.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD ((void *)8)
/* Numbers of i386. */
#define I386_SOCKET 359
#define I386_CONNECT 362
#define I386_SENDMSG 370
#define I386_RECVMSG 372
#define I386_SETSOCKOPT 366

static struct sockaddr_in6 local6(void)
{
	return (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
}

static struct sockaddr_un abstract(const char *name)
{
	struct sockaddr_un u = {.sun_family = AF_UNIX};

	snprintf(u.sun_path + 1, sizeof(u.sun_path) - 1, "%s-%d", name, getpid());
	return u;
}

/* As long as its name: no NUL behind it. */
static socklen_t abstract_len(const struct sockaddr_un *u)
{
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(u->sun_path + 1));
}

/* ---- what parameters look like ---- */

static void tuple6(const struct event *ev, unsigned i, uint16_t from, uint16_t to)
{
	uint8_t want[37] = {AF_INET6};

	want[16] = want[34] = 1;
	memcpy(want + 17, &from, 2);
	memcpy(want + 35, &to, 2);
	live_bytes(ev, i, want, sizeof(want));
}

static void addr4(const struct event *ev, unsigned i, uint16_t port)
{
	uint8_t want[7] = {AF_INET, 127, 0, 0, 1};

	memcpy(want + 5, &port, 2);
	live_bytes(ev, i, want, sizeof(want));
}

/* The ends of a unix tuple are addresses of the kernel's: in no order, but not both 0. */
static void tuple_unix(const struct event *ev, unsigned i, const char *path)
{
	struct param p = event_param(ev, i);
	uint64_t ends[2];

	assert_int_equal(p.n, 17 + strlen(path) + 1);
	assert_int_equal(p.p[0], AF_UNIX);
	memcpy(ends, p.p + 1, sizeof(ends));
	assert_true(ends[0] || ends[1]);
	assert_string_equal((const char *)p.p + 17, path);
}

/* ---- cases ---- */

static void act_socket(void)
{
	live_note(0, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
	live_note(1, socket(AF_VSOCK + 200, SOCK_DGRAM, 0));
}

static void check_socket(void)
{
	const struct event *ev = live_nth(EV_SOCKET_X, 0);

	live_int(ev, 0, live_noted(0));
	live_uint(ev, 1, AF_INET);
	live_uint(ev, 2, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
	live_uint(ev, 3, IPPROTO_TCP);
	live_uint(ev, 4, 0x1040);
	ev = live_nth(EV_SOCKET_X, 1);
	live_int(ev, 0, -EAFNOSUPPORT);
	live_uint(ev, 1, 0);
	live_uint(ev, 4, 0);
}

/* A listener and a client: 0 listening port, 1 client's port, 2..4 descriptors. */
static void act_tcp(void)
{
	struct sockaddr_in a = local4(0);
	int s = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
	char buf[16];

	bind(s, (void *)&a, sizeof(a));
	bind(999, (void *)&a, sizeof(a));
	listen(s, 7);
	listen(-1, 1);
	a.sin_port = htons((uint16_t)live_note(0, port_of(s)));
	connect(c, (void *)&a, sizeof(a));
	connect(c, BAD, sizeof(a));
	live_note(1, port_of(c));
	live_note(2, s);
	live_note(3, c);
	live_note(4, accept(s, NULL, NULL));
	accept4(s, NULL, NULL, 0777);
	send(c, "hello", 5, 0);
	recv((int)live_noted(4), buf, 8, 0);
	send(-1, "lost", 4, 0);
	recv((int)live_noted(4), buf, 9, MSG_DONTWAIT);
	shutdown(c, SHUT_WR);
	shutdown(-1, 9);
}

static void check_tcp_calls(void)
{
	uint16_t server = (uint16_t)live_noted(0), client = (uint16_t)live_noted(1);
	const struct event *ev = live_event(EV_BIND_X);

	live_int(ev, 0, 0);
	addr4(ev, 1, 0);
	live_int(ev, 2, live_noted(2));
	live_int(live_nth(EV_BIND_X, 1), 0, -EBADF);
	ev = live_event(EV_LISTEN_X);
	live_int(ev, 1, live_noted(2));
	live_int(ev, 2, 7);
	live_int(live_nth(EV_LISTEN_X, 1), 0, -EBADF);
	ev = live_event(EV_CONNECT_X);
	live_int(ev, 0, 0);
	tuple4(ev, 1, client, server);
	live_int(ev, 2, live_noted(3));
	addr4(ev, 3, server);
	ev = live_nth(EV_CONNECT_X, 1);
	live_int(ev, 0, -EFAULT);
	live_empty(ev, 1);
	live_empty(ev, 3);
	ev = live_event(EV_ACCEPT_X);
	live_int(ev, 0, live_noted(4));
	tuple4(ev, 1, client, server);
	live_uint(ev, 4, 7);
	ev = live_event(EV_ACCEPT4_X);
	live_int(ev, 0, -EINVAL);
	live_empty(ev, 1);
	live_uint(ev, 4, 0);
}

static void check_tcp(void)
{
	uint16_t server = (uint16_t)live_noted(0), client = (uint16_t)live_noted(1);
	const struct event *ev = live_event(EV_SENDTO_X);

	check_tcp_calls();
	live_int(ev, 0, 5);
	live_bytes(ev, 1, "hello", 5);
	live_int(ev, 2, live_noted(3));
	live_uint(ev, 3, 5);
	tuple4(ev, 4, client, server);
	ev = live_nth(EV_SENDTO_X, 1);
	live_int(ev, 0, -EBADF);
	live_bytes(ev, 1, "lost", 4);
	live_empty(ev, 4);
	ev = live_event(EV_RECVFROM_X);
	live_int(ev, 0, 5);
	live_bytes(ev, 1, "hello", 5);
	tuple4(ev, 2, client, server);
	live_int(ev, 3, live_noted(4));
	live_uint(ev, 4, 8);
	ev = live_nth(EV_RECVFROM_X, 1);
	live_int(ev, 0, -EAGAIN);
	live_empty(ev, 1);
	live_empty(ev, 2);
	live_int(live_event(EV_SHUTDOWN_X), 1, live_noted(3));
	live_uint(live_event(EV_SHUTDOWN_X), 2, SHUT_WR);
	live_uint(live_nth(EV_SHUTDOWN_X, 1), 2, 0xff);
}

/* Unconnected: the peer is known from the call only. */
static void act_udp6(void)
{
	struct sockaddr_in6 a = local6(), from;
	int s = socket(AF_INET6, SOCK_DGRAM, 0), c = socket(AF_INET6, SOCK_DGRAM, 0);
	socklen_t n = sizeof(from);
	char buf[8];

	bind(s, (void *)&a, sizeof(a));
	bind(c, (void *)&a, sizeof(a));
	live_note(0, port_of(s));
	live_note(1, port_of(c));
	a.sin6_port = htons((uint16_t)live_noted(0));
	sendto(c, "six", 3, 0, (void *)&a, sizeof(a));
	recvfrom(s, buf, sizeof(buf), 0, (void *)&from, &n);
}

static void check_udp6(void)
{
	const struct event *ev = live_event(EV_SENDTO_X);
	uint16_t server = (uint16_t)live_noted(0), client = (uint16_t)live_noted(1);

	live_bytes(ev, 1, "six", 3);
	tuple6(ev, 4, client, server);
	tuple6(live_event(EV_RECVFROM_X), 2, client, server);
	live_bytes(live_event(EV_BIND_X), 1, "\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0", 19);
}

static void act_unix(void)
{
	struct sockaddr_un a = abstract("live"), p = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	int d = socket(AF_UNIX, SOCK_DGRAM, 0), e = socket(AF_UNIX, SOCK_DGRAM, 0);
	char buf[4];

	bind(s, (void *)&a, abstract_len(&a));
	listen(s, 3);
	connect(c, (void *)&a, abstract_len(&a));
	live_note(0, accept4(s, NULL, NULL, SOCK_CLOEXEC));
	snprintf(p.sun_path, sizeof(p.sun_path), "/tmp/live-%d.sock", getpid());
	bind(d, (void *)&p, sizeof(p));
	sendto(e, "un", 2, 0, (void *)&p, sizeof(p));
	recv(d, buf, sizeof(buf), 0);
	unlink(p.sun_path);
	/* Without a name the kernel chooses one: NUL and five digits. */
	bind(e, (void *)&p, 2);
	bind(999, (void *)&p, sizeof(p));
}

static void check_unix(void)
{
	char name[64], path[64];
	const struct event *ev = live_event(EV_BIND_X);
	struct param p = event_param(ev, 1);

	snprintf(name, sizeof(name), "live-%d", live_pid());
	snprintf(path, sizeof(path), "/tmp/live-%d.sock", live_pid());
	assert_int_equal(p.n, 1 + strlen(name) + 1);
	assert_string_equal((const char *)p.p + 1, name);
	p = event_param(live_nth(EV_BIND_X, 1), 1);
	assert_string_equal((const char *)p.p + 1, path);
	p = event_param(live_nth(EV_BIND_X, 2), 1);
	assert_int_equal(p.n, 1 + 5 + 1);
	assert_int_equal(strspn((const char *)p.p + 1, "0123456789abcdef"), 5);
	p = event_param(live_nth(EV_BIND_X, 3), 1);
	assert_string_equal((const char *)p.p + 1, path);
	tuple_unix(live_event(EV_CONNECT_X), 1, name);
	ev = live_event(EV_ACCEPT4_X);
	live_int(ev, 0, live_noted(0));
	tuple_unix(ev, 1, name);
	live_uint(ev, 5, 0x1000);
	tuple_unix(live_event(EV_SENDTO_X), 4, path);
	tuple_unix(live_event(EV_RECVFROM_X), 2, path);
}

/* The name is another one by the time that the call ends: it waits until there is room for it. */
static void act_change(void)
{
	struct sockaddr_un a = abstract("wait");
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	int d = socket(AF_UNIX, SOCK_STREAM, 0), status;
	struct sockaddr_un *given =
		mmap(NULL, sizeof(a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	socklen_t n = abstract_len(&a);
	pid_t pid;

	bind(s, (void *)&a, n);
	listen(s, 0);
	connect(c, (void *)&a, n);
	*given = a;
	pid = fork();
	if (!pid) {
		usleep(50000);
		memcpy(given->sun_path + 1, "none", 4);
		accept(s, NULL, NULL);
		_exit(0);
	}
	live_note(0, connect(d, (void *)given, n));
	live_note(1, d);
	waitpid(pid, &status, 0);
}

static bool have_beginnings;

static void check_change(void)
{
	const struct event *begin, *end = live_nth(EV_CONNECT_X, 1);
	char name[64], other[64];

	if (!have_beginnings) {
		print_message("calls can not be seen at their beginning here\n");
		return;
	}
	begin = live_nth(EV_CONNECT_E, 1);
	snprintf(name, sizeof(name), "wait-%d", live_pid());
	snprintf(other, sizeof(other), "none-%d", live_pid());
	live_int(begin, 0, live_noted(1));
	assert_string_equal((const char *)event_param(begin, 1).p + 1, name);
	live_int(end, 0, 0);
	assert_string_equal((const char *)event_param(end, 3).p + 1, other);
	assert_true(begin->ts < end->ts);
}

static void act_pair(void)
{
	int fds[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, fds);
	live_note(0, fds[0]);
	live_note(1, fds[1]);
	socketpair(AF_INET, SOCK_STREAM, 0, fds);
}

static void check_pair(void)
{
	const struct event *ev = live_event(EV_SOCKETPAIR_X);

	live_int(ev, 0, 0);
	live_int(ev, 1, live_noted(0));
	live_int(ev, 2, live_noted(1));
	assert_true(event_u64(ev, 3) && event_u64(ev, 4));
	live_uint(ev, 5, AF_UNIX);
	live_uint(ev, 6, SOCK_DGRAM);
	ev = live_nth(EV_SOCKETPAIR_X, 1);
	live_int(ev, 0, -EOPNOTSUPP);
	live_int(ev, 1, -1);
	live_uint(ev, 3, 0);
}

/* ---- options ---- */

static void act_options(void)
{
	int s = (int)live_note(0, socket(AF_INET, SOCK_STREAM, 0)), v = 1;
	struct timeval t = {3, 5};
	struct linger l = {1, 2};
	uint64_t cookie = 0;
	socklen_t n = sizeof(cookie);

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, sizeof(v));
	setsockopt(s, IPPROTO_TCP, 1, &v, sizeof(v));
	setsockopt(-1, 77, 88, BAD, 3);
	getsockopt(s, SOL_SOCKET, SO_COOKIE, &cookie, &n);
	live_note(1, (long)cookie);
	n = sizeof(v);
	getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &n);
	getsockopt(s, SOL_SOCKET, SO_TYPE, &v, BAD);
	getpeername(s, NULL, NULL);
	getsockname(s, NULL, NULL);
}

static void option(const struct event *ev, int res, unsigned level, unsigned name, uint8_t kind,
	const void *value, size_t n)
{
	uint8_t want[32] = {kind};

	memcpy(want + 1, value, n);
	live_int(ev, 0, res);
	live_uint(ev, 2, level);
	live_uint(ev, 3, name);
	live_bytes(ev, 4, want, 1 + n);
}

static void check_options(void)
{
	uint64_t time = 3000005000, cookie = (uint64_t)live_noted(1);
	const struct event *ev = live_event(EV_SETSOCKOPT_X);

	live_int(ev, 1, live_noted(0));
	live_uint(ev, 5, sizeof(struct timeval));
	option(ev, 0, 1, 20, 4, &time, 8);
	option(live_nth(EV_SETSOCKOPT_X, 1), 0, 1, 13, 0, &(struct linger){1, 2}, 8);
	option(live_nth(EV_SETSOCKOPT_X, 2), 0, 1, 9, 2, &(int){1}, 4);
	option(live_nth(EV_SETSOCKOPT_X, 3), 0, 2, 0, 0, &(int){1}, 4);
	option(live_nth(EV_SETSOCKOPT_X, 4), -EBADF, 0, 0, 0, "", 0);
	live_uint(live_nth(EV_SETSOCKOPT_X, 4), 5, 3);
	ev = live_event(EV_GETSOCKOPT_X);
	option(ev, 0, 1, 53, 3, &cookie, 8);
	live_uint(ev, 5, 8);
	option(live_nth(EV_GETSOCKOPT_X, 1), 0, 1, 4, 1, &(int64_t){0}, 8);
	live_int(live_nth(EV_GETSOCKOPT_X, 2), 0, -EFAULT);
	live_uint(live_nth(EV_GETSOCKOPT_X, 2), 5, 0);
	live_event(EV_GETPEERNAME_X);
	live_event(EV_GETSOCKNAME_X);
}

/* ---- 32 bits ---- */

struct iovec_32 {
	uint32_t base, len;
};

struct msghdr_32 {
	uint32_t name, namelen, iov, iovlen, control, controllen, flags;
};

static void act_32(void)
{
	struct sockaddr_in a = local4(1);
	struct iovec_32 iov;
	struct msghdr_32 m = {0};
	int32_t timeout[2] = {3, 5};
	char *low, *text;

	if (!live_32)
		return;
	low = low_page(&a);
	text = low + 512;
	memcpy(text, "narrow", 6);
	iov = (struct iovec_32){(uint32_t)(uintptr_t)text, 6};
	memcpy(low + 256, &iov, sizeof(iov));
	m.iov = (uint32_t)(uintptr_t)(low + 256);
	m.iovlen = 1;
	memcpy(low + 128, &m, sizeof(m));
	memcpy(low + 64, timeout, sizeof(timeout));
	live_note(0, CALL32(I386_SOCKET, AF_INET, SOCK_DGRAM, 0));
	CALL32(I386_CONNECT, live_noted(0), low, sizeof(a));
	live_note(1, port_of((int)live_noted(0)));
	CALL32(I386_SENDMSG, live_noted(0), low + 128, 0);
	CALL32(I386_SETSOCKOPT, live_noted(0), SOL_SOCKET, 20, low + 64, 8);
}

static void check_32(void)
{
	uint16_t port = (uint16_t)live_noted(1);
	uint64_t time = 3000005000;
	const struct event *ev;

	if (!live_32)
		return;
	live_int(live_event(EV_SOCKET_X), 0, live_noted(0));
	live_uint(live_event(EV_SOCKET_X), 2, SOCK_DGRAM);
	ev = live_event(EV_CONNECT_X);
	live_int(ev, 0, 0);
	tuple4(ev, 1, port, 1);
	addr4(ev, 3, 1);
	ev = live_event(EV_SENDMSG_X);
	live_int(ev, 0, 6);
	live_bytes(ev, 1, "narrow", 6);
	live_uint(ev, 3, 6);
	tuple4(ev, 4, port, 1);
	option(live_event(EV_SETSOCKOPT_X), 0, 1, 20, 4, &time, 8);
}

static const struct live_case cases[] = {
	{"socket", act_socket, check_socket},
	{"a connection over TCP", act_tcp, check_tcp},
	{"datagrams over IPv6", act_udp6, check_udp6},
	{"unix sockets", act_unix, check_unix},
	{"an address that changes", act_change, check_change},
	{"socketpair", act_pair, check_pair},
	{"options", act_options, check_options},
	{"the 32-bit way", act_32, check_32},
};

int main(void)
{
	have_beginnings = live_sees_beginnings();
	return live_run(cases, sizeof(cases) / sizeof(cases[0]));
}
