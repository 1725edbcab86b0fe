/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: their addresses, who is client and who is server, and what they are called. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "state/tuples.h"
#include "state_world.h"

enum { INET = 2, INET6 = 10, UNIX = 1, STREAM = 1, DGRAM = 2, RAW = 3 };

/* ---- parameters ---- */

static uint8_t *param_room(void)
{
	static uint8_t rooms[16][300];
	static unsigned next;

	return rooms[next++ % 16];
}

static size_t put_ip(uint8_t *p, const char *ip, uint16_t port)
{
	bool v6 = strchr(ip, ':');
	size_t n = v6 ? 16 : 4;

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, ip, p), 1);
	memcpy(p + n, &port, 2);
	return n + 2;
}

static struct param addr(const char *ip, uint16_t port)
{
	uint8_t *p = param_room();

	p[0] = strchr(ip, ':') ? INET6 : INET;
	return (struct param){p, (uint32_t)(1 + put_ip(p + 1, ip, port))};
}

static struct param tuple(const char *sip, uint16_t sport, const char *dip, uint16_t dport)
{
	uint8_t *p = param_room();
	size_t n;

	p[0] = strchr(sip, ':') ? INET6 : INET;
	n = 1 + put_ip(p + 1, sip, sport);
	n += put_ip(p + n, dip, dport);
	return (struct param){p, (uint32_t)n};
}

static struct param unix_addr(const char *path)
{
	uint8_t *p = param_room();

	p[0] = UNIX;
	strcpy((char *)p + 1, path);
	return (struct param){p, (uint32_t)strlen(path) + 2};
}

static struct param unix_tuple(uint64_t source, uint64_t dest, const char *path)
{
	uint8_t *p = param_room();

	p[0] = UNIX;
	memcpy(p + 1, &source, 8);
	memcpy(p + 9, &dest, 8);
	strcpy((char *)p + 17, path);
	return (struct param){p, (uint32_t)strlen(path) + 18};
}

/* ---- events ---- */

static void ev_socket(struct world *w, int64_t num, uint32_t domain, uint32_t type)
{
	EMIT(w, 100, EV_SOCKET_X, I64(num), U32(domain), U32(type), U32(0), U32(0));
}

static void ev_bind(struct world *w, int64_t num, struct param at)
{
	EMIT(w, 100, EV_BIND_X, I64(0), at, I64(num));
}

static void ev_connect(struct world *w, int64_t res, int64_t num, struct param t, struct param to)
{
	EMIT(w, 100, EV_CONNECT_X, I64(res), t, I64(num), to);
}

static void ev_accept(struct world *w, int64_t num, struct param t)
{
	EMIT(w, 100, EV_ACCEPT4_X, I64(num), t, U8(0), U32(0), U32(0), U32(0));
}

static void ev_sendto(struct world *w, int64_t res, int64_t num, struct param t)
{
	EMIT(w, 100, EV_SENDTO_X, I64(res), B("x"), I64(num), U32(1), t);
}

static void ev_recvfrom(struct world *w, int64_t res, int64_t num, struct param t)
{
	EMIT(w, 100, EV_RECVFROM_X, I64(res), B("x"), t, I64(num), U32(1));
}

static int setup(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	world_init(w, &(struct state_config){0});
	world_ready(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	world_done(*state);
	free(*state);
	return 0;
}

static bool is_client(const struct fd *fd)
{
	return (fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER)) == FDF_ROLE_CLIENT;
}

static bool is_server(const struct fd *fd)
{
	return (fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER)) == FDF_ROLE_SERVER;
}

/* ---- parsing and texts ---- */

static void test_parse(void **unused)
{
	struct socktuple_view t;
	struct sockaddr_view a;
	struct param p = tuple("1.2.3.4", 5, "6.7.8.9", 10);

	assert_true(socktuple_parse(p, &t));
	assert_int_equal(t.family, INET);
	assert_int_equal(t.inet.sip[3], 4);
	assert_int_equal(t.inet.dport, 10);
	p.n--;
	assert_false(socktuple_parse(p, &t));
	p = tuple("::ffff:1.2.3.4", 5, "::ffff:6.7.8.9", 10);
	assert_true(socktuple_parse(p, &t));
	assert_int_equal(t.family, INET);
	assert_true(t.mapped);
	assert_int_equal(t.inet.dip[0], 6);
	p = tuple("fe80::1", 5, "::ffff:6.7.8.9", 10);
	assert_true(socktuple_parse(p, &t));
	assert_int_equal(t.family, INET6);
	p.n = 36;
	assert_false(socktuple_parse(p, &t));
	p = unix_tuple(1, 2, "/run/x");
	assert_true(socktuple_parse(p, &t));
	assert_true(str_is(t.path, "/run/x"));
	p.n--; /* no NUL at the end */
	assert_false(socktuple_parse(p, &t));
	assert_false(socktuple_parse((struct param){NULL, 0}, &t));
	assert_true(socktuple_parse((struct param)B("\x10"), &t));

	p = addr("::1", 80);
	assert_true(sockaddr_parse(p, &a));
	assert_int_equal(a.port, 80);
	for (p.n = 1; p.n < 19; p.n++)
		assert_false(sockaddr_parse(p, &a));
	p = unix_addr("");
	assert_true(sockaddr_parse(p, &a));
	assert_int_equal(a.path.n, 0);
}

static void test_texts(void **unused)
{
	struct arena a;

	arena_init(&a, 0);
	assert_true(str_is(sockaddr_text(&a, addr("1.2.3.4", 80)), "1.2.3.4:80"));
	assert_true(str_is(sockaddr_text(&a, addr("::ffff:1.2.3.4", 80)), "::ffff:1.2.3.4:80"));
	assert_true(str_is(sockaddr_text(&a, unix_addr("/run/x")), "/run/x"));
	assert_true(str_is(sockaddr_text(&a, (struct param)NONE), "<NA>"));
	assert_true(str_is(sockaddr_text(&a, (struct param)B("\x10")), "family 16"));
	assert_true(str_is(sockaddr_text(&a, (struct param)B("\x02\x7f")), "INVALID IPv4"));
	assert_true(str_is(
		socktuple_text(&a, tuple("::1", 1, "fe80::2", 65535)), "::1:1->fe80::2:65535"));
	assert_true(str_is(
		socktuple_text(&a, tuple("::", 1, "::ffff:9.9.9.9", 2)), "0.0.0.0:1->9.9.9.9:2"));
	assert_true(str_is(socktuple_text(&a, unix_tuple(0xabc, 0, "/run/x")), "abc->0 /run/x"));
	assert_true(str_is(socktuple_text(&a, (struct param)NONE), "NULL"));
	assert_true(str_is(socktuple_text(&a, (struct param)B("\x01zz")), "INVALID PATH"));
	arena_done(&a);
}

/* ---- making ---- */

static void test_socket(void **state)
{
	static const struct {
		uint32_t domain, type, protocol;
		int fd_type, l4;
	} kinds[] = {
		{INET, STREAM, 0, FD_IPV4_SOCK, L4_TCP},
		{INET, DGRAM | 04000, 0, FD_IPV4_SOCK, L4_UDP},
		{INET6, STREAM, 6, FD_IPV6_SOCK, L4_TCP},
		{INET6, DGRAM, 17, FD_IPV6_SOCK, L4_UDP},
		{INET, DGRAM, 1, FD_IPV4_SOCK, L4_ICMP},
		{INET, RAW, 1, FD_IPV4_SOCK, L4_RAW},
		{INET, RAW, 255, FD_IPV4_SOCK, L4_RAW},
		{INET, RAW, 99, FD_IPV4_SOCK, L4_UNKNOWN},
		{UNIX, STREAM, 0, FD_UNIX_SOCK, L4_UNKNOWN},
		{16, RAW, 0, FD_NETLINK, L4_UNKNOWN},
		{17, RAW, 3, FD_UNKNOWN, L4_UNKNOWN},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		EMIT(w, 100, EV_SOCKET_X, I64(3), U32(kinds[i].domain), U32(kinds[i].type),
			U32(kinds[i].protocol), U32(0x1000));
		assert_int_equal(w->ctx.fd->type, kinds[i].fd_type);
		assert_int_equal(w->ctx.fd->l4, kinds[i].l4);
		assert_int_equal(w->ctx.fd->open_flags, 0x1000);
		assert_false(w->ctx.fd_name_changed);
	}
	EMIT(w, 100, EV_SOCKET_X, I64(-1), U32(INET), U32(STREAM), U32(0), U32(0));
	assert_null(w->ctx.fd);
}

static void test_socketpair(void **state)
{
	struct world *w = *state;

	EMIT(w, 100, EV_SOCKETPAIR_X, I64(0), I64(3), I64(4), U64(0xa), U64(0xb), U32(UNIX),
		U32(STREAM), U32(0));
	assert_ptr_equal(w->ctx.fd, world_fd(w, 100, 3));
	assert_int_equal(world_fd(w, 100, 4)->unix_dest, 0xb);
	assert_fd_name(w, 100, 4, "");
	EMIT(w, 100, EV_SOCKETPAIR_X, I64(0), I64(-1), I64(-1), U64(0), U64(0), U32(UNIX),
		U32(STREAM), U32(0));
	assert_null(w->ctx.fd);
}

static void test_bind(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET, STREAM);
	ev_bind(w, 3, addr("127.0.0.1", 8080));
	assert_true(w->ctx.fd_name_changed);
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SERVSOCK);
	assert_int_equal(w->ctx.fd->inet->sport, 8080);
	assert_int_equal(w->ctx.fd->l4, L4_TCP);
	assert_true(is_server(w->ctx.fd));
	assert_fd_name(w, 100, 3, "127.0.0.1:8080");

	ev_socket(w, 4, INET6, DGRAM);
	ev_bind(w, 4, addr("fe80::1", 53));
	assert_int_equal(w->ctx.fd->type, FD_IPV6_SERVSOCK);
	assert_fd_name(w, 100, 4, "fe80::1:53");

	/* All addresses of both families count as IPv4. */
	ev_socket(w, 5, INET6, STREAM);
	ev_bind(w, 5, addr("::", 443));
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SERVSOCK);
	assert_fd_name(w, 100, 5, ":::443");

	/* Any port: not a server, but named. */
	ev_socket(w, 6, INET, DGRAM);
	ev_bind(w, 6, addr("10.0.0.1", 0));
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SOCK);
	assert_int_equal(w->ctx.fd->flags, 0);
	assert_fd_name(w, 100, 6, "10.0.0.1:0");

	ev_socket(w, 7, UNIX, STREAM);
	ev_bind(w, 7, unix_addr("/run/s"));
	assert_fd_name(w, 100, 7, "/run/s");
	ev_bind(w, 7, unix_addr("/run/s"));
	assert_false(w->ctx.fd_name_changed);
	ev_bind(w, 7, (struct param)NONE);
	assert_fd_name(w, 100, 7, "/run/s");
	EMIT(w, 100, EV_BIND_X, I64(-98), addr("127.0.0.1", 1), I64(3));
	assert_fd_name(w, 100, 3, "127.0.0.1:8080");
	ev_bind(w, 99, addr("127.0.0.1", 1));
	assert_null(w->ctx.fd);
}

/* ---- connect ---- */

static void test_connect(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET, STREAM);
	ev_connect(w, 0, 3, tuple("10.0.0.1", 40000, "10.0.0.2", 80), addr("10.0.0.2", 80));
	assert_true(w->ctx.fd_name_changed);
	assert_true(is_client(w->ctx.fd));
	assert_true(w->ctx.fd->flags & FDF_CONNECTED);
	assert_null(w->ctx.fd->name); /* nobody asked yet */
	assert_fd_name(w, 100, 3, "10.0.0.1:40000->10.0.0.2:80");

	ev_socket(w, 4, INET6, STREAM);
	ev_connect(w, -EINPROGRESS, 4, tuple("fe80::1", 40000, "fe80::2", 80), addr("fe80::2", 80));
	assert_true(w->ctx.fd->flags & FDF_CONNECTED);
	assert_fd_name(w, 100, 4, "fe80::1:40000->fe80::2:80");

	ev_socket(w, 5, INET, STREAM);
	ev_connect(w, -ECONNREFUSED, 5, (struct param)NONE, addr("10.0.0.2", 80));
	assert_int_equal(world_fd(w, 100, 5)->flags, 0);
	assert_fd_name(w, 100, 5, "");

	/* An IPv6 socket to an IPv4 address: IPv4, of a protocol not known. */
	ev_socket(w, 6, INET6, STREAM);
	ev_connect(w, 0, 6, tuple("::ffff:10.0.0.1", 40000, "::ffff:10.0.0.2", 80),
		addr("::ffff:10.0.0.2", 80));
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SOCK);
	assert_int_equal(w->ctx.fd->l4, L4_UNKNOWN);
	assert_int_equal(w->ctx.fd->inet->dport, 80);
	assert_fd_name(w, 100, 6, "<unknown>");

	ev_socket(w, 7, UNIX, STREAM);
	ev_connect(w, 0, 7, unix_tuple(0xffff0001, 0xffff0002, "/run/s"), unix_addr("/run/s"));
	assert_fd_name(w, 100, 7, "ffff0001->ffff0002 /run/s");
	assert_int_equal(w->ctx.fd->unix_dest, 0xffff0002);

	/* No longer than it is: a ping socket has no ports. */
	EMIT(w, 100, EV_SOCKET_X, I64(8), U32(INET), U32(DGRAM), U32(1), U32(0));
	ev_connect(w, 0, 8, tuple("10.0.0.1", 1, "10.0.0.2", 0), addr("10.0.0.2", 0));
	assert_fd_name(w, 100, 8, "10.0.0.1->10.0.0.2");
	ev_connect(w, 0, 99, tuple("10.0.0.1", 1, "10.0.0.2", 0), addr("10.0.0.2", 0));
	assert_null(w->ctx.fd);
}

/* The address on entry is trusted more than one read from the program's memory on exit. */
static void test_connect_enter(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET, STREAM);
	EMIT(w, 100, EV_CONNECT_E, I64(3), addr("10.6.6.6", 666));
	assert_ptr_equal(w->ctx.fd, world_fd(w, 100, 3));
	ev_connect(w, -EINPROGRESS, 3, tuple("10.0.0.1", 4, "10.0.0.2", 80), addr("10.0.0.2", 80));
	assert_fd_name(w, 100, 3, "10.0.0.1:4->10.6.6.6:666");
	/* The kernel's own knowledge, different from both, is better. */
	EMIT(w, 100, EV_CONNECT_E, I64(3), addr("10.6.6.6", 666));
	ev_connect(w, 0, 3, tuple("10.0.0.1", 4, "10.0.0.3", 81), addr("10.0.0.2", 80));
	assert_fd_name(w, 100, 3, "10.0.0.1:4->10.0.0.3:81");

	ev_socket(w, 4, INET6, STREAM);
	EMIT(w, 100, EV_CONNECT_E, I64(4), addr("fe80::6", 666));
	ev_connect(w, 0, 4, tuple("fe80::1", 4, "fe80::2", 80), addr("fe80::2", 80));
	assert_fd_name(w, 100, 4, "fe80::1:4->fe80::6:666");

	ev_socket(w, 5, UNIX, STREAM);
	EMIT(w, 100, EV_CONNECT_E, I64(5), unix_addr("/run/true"));
	ev_connect(w, 0, 5, unix_tuple(1, 2, "/run/false"), unix_addr("/run/false"));
	assert_fd_name(w, 100, 5, "1->2 /run/true");

	/* No pair at all: what was passed on entry is kept, a name there is none. */
	ev_socket(w, 6, INET, STREAM);
	EMIT(w, 100, EV_CONNECT_E, I64(6), addr("10.0.0.9", 99));
	ev_connect(w, 0, 6, (struct param)NONE, (struct param)NONE);
	assert_int_equal(w->ctx.fd->inet->dport, 99);
	assert_fd_name(w, 100, 6, "");
	/* One of another family says nothing. */
	ev_socket(w, 7, INET, STREAM);
	EMIT(w, 100, EV_CONNECT_E, I64(7), unix_addr("/run/true"));
	ev_connect(w, 0, 7, tuple("10.0.0.1", 4, "10.0.0.2", 80), addr("10.0.0.2", 80));
	assert_fd_name(w, 100, 7, "10.0.0.1:4->10.0.0.2:80");
}

static void test_reconnect(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET, DGRAM);
	ev_connect(w, 0, 3, tuple("10.0.0.1", 4, "10.0.0.2", 53), addr("10.0.0.2", 53));
	assert_fd_name(w, 100, 3, "10.0.0.1:4->10.0.0.2:53");
	ev_connect(w, 0, 3, tuple("10.0.0.1", 4, "10.0.0.3", 53), addr("10.0.0.3", 53));
	assert_true(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 3, "10.0.0.1:4->10.0.0.3:53");
	ev_connect(w, 0, 3, tuple("10.0.0.1", 4, "10.0.0.3", 53), addr("10.0.0.3", 53));
	assert_false(w->ctx.fd_name_changed);
	/* Both ends swapped are the same connection. */
	ev_connect(w, 0, 3, tuple("10.0.0.3", 53, "10.0.0.1", 4), addr("10.0.0.3", 53));
	assert_fd_name(w, 100, 3, "10.0.0.1:4->10.0.0.3:53");

	/* Shown as IPv4 without a protocol, so always by the same name, and as what it is again. */
	ev_socket(w, 4, INET6, STREAM);
	ev_connect(w, 0, 4, tuple("::ffff:10.0.0.1", 4, "::ffff:10.0.0.2", 80), addr("::1", 80));
	ev_connect(w, 0, 4, tuple("::ffff:10.0.0.1", 4, "::ffff:10.0.0.3", 80), addr("::1", 80));
	assert_false(w->ctx.fd_name_changed);
	assert_int_equal(w->ctx.fd->inet->dip[3], 3);
	ev_connect(w, 0, 4, tuple("fe80::1", 4, "fe80::2", 80), addr("fe80::2", 80));
	assert_true(w->ctx.fd_name_changed);
	assert_int_equal(w->ctx.fd->l4, L4_TCP);
}

/* ---- accept ---- */

static void test_accept(void **state)
{
	struct world *w = *state;

	ev_accept(w, 4, tuple("10.0.0.9", 50000, "10.0.0.1", 80));
	assert_int_equal(w->ctx.fd_num, 4);
	assert_true(w->ctx.fd_name_changed);
	assert_true(is_server(w->ctx.fd));
	assert_int_equal(w->ctx.fd->l4, L4_TCP);
	assert_true(w->ctx.fd->flags & FDF_CONNECTED);
	assert_fd_name(w, 100, 4, "10.0.0.9:50000->10.0.0.1:80");
	ev_accept(w, 5, tuple("fe80::9", 50000, "fe80::1", 80));
	assert_int_equal(w->ctx.fd->type, FD_IPV6_SOCK);
	assert_fd_name(w, 100, 5, "fe80::9:50000->fe80::1:80");
	ev_accept(w, 6, tuple("::ffff:10.0.0.9", 50000, "::ffff:10.0.0.1", 80));
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SOCK);
	assert_fd_name(w, 100, 6, "10.0.0.9:50000->10.0.0.1:80");
	ev_accept(w, 7, unix_tuple(1, 2, "/run/s"));
	assert_fd_name(w, 100, 7, "1->2 /run/s");
	EMIT(w, 100, EV_ACCEPT4_X, I64(8), tuple("10.0.0.9", 1, "10.0.0.1", 2), U8(0), U32(0),
		U32(0), U32(0x1000));
	assert_int_equal(w->ctx.fd->open_flags, 0x1000);
	EMIT(w, 100, EV_ACCEPT_X, I64(-EAGAIN), NONE, U8(0), U32(0), U32(0));
	assert_null(w->ctx.fd);
	/* Nothing said about the peer: the number is known, and what it was before. */
	ev_accept(w, 4, (struct param)NONE);
	assert_int_equal(w->ctx.fd_num, 4);
	assert_fd_name(w, 100, 4, "10.0.0.9:50000->10.0.0.1:80");
	assert_false(w->ctx.fd_name_changed);
}

/* ---- datagrams ---- */

/* A server: bound, hears first. A client: speaks first. The client's end is named first. */
static void test_udp_roles(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET, DGRAM);
	ev_bind(w, 3, addr("10.0.0.1", 53));
	ev_recvfrom(w, 1, 3, tuple("10.0.0.9", 5000, "10.0.0.1", 53));
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SOCK);
	assert_true(is_server(w->ctx.fd));
	assert_true(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 3, "10.0.0.9:5000->10.0.0.1:53");
	ev_sendto(w, 1, 3, tuple("10.0.0.1", 53, "10.0.0.9", 5000));
	assert_false(w->ctx.fd_name_changed);
	/* Another client of the same server. */
	ev_recvfrom(w, 1, 3, tuple("10.0.0.8", 6000, "10.0.0.1", 53));
	assert_true(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 3, "10.0.0.8:6000->10.0.0.1:53");
	ev_sendto(w, 1, 3, tuple("10.0.0.1", 53, "10.0.0.9", 5000));
	assert_fd_name(w, 100, 3, "10.0.0.9:5000->10.0.0.1:53");

	ev_socket(w, 4, INET, DGRAM);
	ev_sendto(w, 1, 4, tuple("10.0.0.1", 7000, "10.0.0.2", 53));
	assert_true(is_client(w->ctx.fd));
	assert_true(w->ctx.fd->flags & FDF_CONNECTED);
	ev_recvfrom(w, 1, 4, tuple("10.0.0.2", 53, "10.0.0.1", 7000));
	assert_false(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 4, "10.0.0.1:7000->10.0.0.2:53");
	ev_recvfrom(w, 1, 4, tuple("10.0.0.3", 53, "10.0.0.1", 7000));
	assert_fd_name(w, 100, 4, "10.0.0.1:7000->10.0.0.3:53");

	/* Neither bound nor heard of before. */
	ev_socket(w, 5, INET, DGRAM);
	ev_recvfrom(w, 1, 5, tuple("10.0.0.9", 5000, "10.0.0.1", 7001));
	assert_true(is_server(w->ctx.fd));
	assert_fd_name(w, 100, 5, "10.0.0.9:5000->10.0.0.1:7001");

	/* In vain, and without addresses. */
	ev_socket(w, 6, INET, DGRAM);
	ev_recvfrom(w, -EAGAIN, 6, tuple("10.0.0.9", 5000, "10.0.0.1", 7001));
	assert_int_equal(w->ctx.fd->flags, 0);
	ev_recvfrom(w, 1, 6, (struct param)NONE);
	assert_int_equal(w->ctx.fd->flags, FDF_CONNECTED);
	assert_fd_name(w, 100, 6, "");
}

static void test_udp6(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET6, DGRAM);
	ev_sendto(w, 1, 3, tuple("fe80::1", 7000, "fe80::2", 53));
	assert_true(is_client(w->ctx.fd));
	assert_int_equal(w->ctx.fd->l4, L4_UDP);
	ev_recvfrom(w, 1, 3, tuple("fe80::2", 53, "fe80::1", 7000));
	assert_fd_name(w, 100, 3, "fe80::1:7000->fe80::2:53");
	/* The same socket turns to IPv4 and back. */
	ev_sendto(w, 1, 3, tuple("::ffff:10.0.0.1", 7000, "::ffff:10.0.0.2", 53));
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SOCK);
	assert_int_equal(w->ctx.fd->l4, L4_UDP);
	assert_fd_name(w, 100, 3, "10.0.0.1:7000->10.0.0.2:53");
	ev_sendto(w, 1, 3, tuple("fe80::1", 7000, "fe80::3", 53));
	assert_int_equal(w->ctx.fd->type, FD_IPV6_SOCK);
	assert_fd_name(w, 100, 3, "fe80::1:7000->fe80::3:53");

	/* A bound one stays a server socket whose port is not shown. */
	ev_socket(w, 4, INET6, DGRAM);
	ev_bind(w, 4, addr("::1", 20001));
	ev_recvfrom(w, 1, 4, tuple("::1", 52534, "::1", 20001));
	assert_int_equal(w->ctx.fd->type, FD_IPV6_SERVSOCK);
	assert_int_equal(w->ctx.fd->inet->sport, 0);
	assert_int_equal(w->ctx.fd->l4, L4_UNKNOWN);
	assert_fd_name(w, 100, 4, "::1:52534->::1:20001");
	ev_sendto(w, 1, 4, tuple("::1", 20001, "::1", 52534));
	assert_fd_name(w, 100, 4, "::1:20001->::1:52534");
}

/* Messages on a known TCP connection say nothing new, even when they carry other addresses. */
static void test_tcp_messages(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET, STREAM);
	ev_connect(w, 0, 3, tuple("10.0.0.1", 4, "10.0.0.2", 80), addr("10.0.0.2", 80));
	ev_sendto(w, 1, 3, tuple("10.0.0.7", 7, "10.0.0.8", 8));
	assert_fd_name(w, 100, 3, "10.0.0.1:4->10.0.0.2:80");
	assert_false(w->ctx.fd_name_changed);
	/* The connect was missed: the message says who it is. */
	ev_socket(w, 4, INET, STREAM);
	ev_sendto(w, 1, 4, tuple("10.0.0.1", 5, "10.0.0.2", 80));
	assert_true(is_client(w->ctx.fd));
	assert_fd_name(w, 100, 4, "10.0.0.1:5->10.0.0.2:80");
}

static void test_unix_messages(void **state)
{
	struct world *w = *state;
	struct fd *fd;

	ev_socket(w, 3, UNIX, DGRAM);
	ev_sendto(w, 1, 3, unix_tuple(1, 2, "/dev/log"));
	assert_true(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 3, "1->2 /dev/log");
	fd = world_fd(w, 100, 3);
	ev_sendto(w, 1, 3, unix_tuple(1, 2, "/dev/log"));
	assert_false(w->ctx.fd_name_changed);
	assert_ptr_equal(world_fd(w, 100, 3), fd);
	ev_sendto(w, 1, 3, unix_tuple(1, 3, "/dev/log"));
	assert_true(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 3, "1->3 /dev/log");
}

/* The socket() was missed: sending to an address tells that there is one. */
static void test_inferred(void **state)
{
	struct world *w = *state;

	ev_sendto(w, 1, 9, tuple("10.0.0.1", 7000, "10.0.0.2", 53));
	assert_int_equal(w->ctx.fd->type, FD_IPV4_SOCK);
	assert_int_equal(w->ctx.fd->l4, L4_UDP);
	assert_true(w->ctx.fd_name_changed);
	assert_fd_name(w, 100, 9, "10.0.0.1:7000->10.0.0.2:53");
	ev_sendto(w, 1, 10, tuple("fe80::1", 7000, "fe80::2", 53));
	assert_int_equal(w->ctx.fd->type, FD_IPV6_SOCK);
	ev_sendto(w, 1, 11, unix_tuple(1, 2, "/dev/log"));
	assert_null(w->ctx.fd);
	ev_sendto(w, -EPIPE, 12, tuple("10.0.0.1", 7000, "10.0.0.2", 53));
	assert_null(w->ctx.fd);
	ev_sendto(w, 1, 13, (struct param)NONE);
	assert_null(w->ctx.fd);
	ev_recvfrom(w, 1, 14, tuple("10.0.0.1", 7000, "10.0.0.2", 53));
	assert_null(w->ctx.fd);
	EMIT(w, 100, EV_SENDMMSG_X, I64(1), I64(15), U32(1), B("x"),
		tuple("10.0.0.1", 7000, "10.0.0.2", 53));
	assert_null(w->ctx.fd);
	EMIT(w, 100, EV_SENDMMSG_X, NONE, NONE, NONE, NONE, NONE);
	assert_null(w->ctx.fd);
}

/* What a child does with an inherited socket does not change the parent's. */
static void test_inherited(void **state)
{
	struct world *w = *state;

	ev_socket(w, 3, INET, DGRAM);
	world_fork(w, 100, 200);
	EMIT(w, 200, EV_SENDTO_X, I64(1), B("x"), I64(3), U32(1),
		tuple("10.0.0.1", 7000, "10.0.0.2", 53));
	assert_fd_name(w, 200, 3, "10.0.0.1:7000->10.0.0.2:53");
	assert_fd_name(w, 100, 3, "");
	assert_int_equal(world_fd(w, 100, 3)->flags, 0);
	EMIT(w, 100, EV_WRITE_X, I64(1), B("x"), I64(3), U32(1));
	assert_int_equal(world_fd(w, 100, 3)->flags, FDF_CONNECTED);
}

/* ---- descriptors in messages ---- */

static bool tell_fd(void *arg, int64_t tid, int64_t num, const struct machine_sink *sink)
{
	unsigned *asked = arg;
	struct machine_fd f = {.tid = tid, .fd = num, .type = FD_FILE_V2, .name = STR("/passed")};

	++*asked;
	sink->fd(sink->arg, &f);
	return true;
}

/* A control message of this type and length that has these numbers behind it. */
static struct param control(int type, size_t len, const int *nums, size_t n)
{
	uint8_t *p = param_room();
	struct cmsghdr h = {.cmsg_len = len, .cmsg_level = SOL_SOCKET, .cmsg_type = type};

	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), nums, n * sizeof(*nums));
	return (struct param){p, (uint32_t)(sizeof(h) + n * sizeof(*nums))};
}

static void ev_recvmsg(struct world *w, int64_t num, struct param c)
{
	EMIT(w, 100, EV_RECVMSG_X, I64(1), U32(1), B("x"), NONE, c, I64(num));
}

static void test_passed(void **state)
{
	struct world *w = *state;
	const int nums[] = {20, 21, 22};
	struct param twice;
	unsigned asked = 0;

	state_on_missing_fd(w->s, tell_fd, &asked);
	ev_socket(w, 3, UNIX, STREAM);
	ev_socket(w, 4, INET, STREAM);
	ev_recvmsg(w, 3, control(SCM_RIGHTS, 24, nums, 2));
	assert_int_equal(asked, 2);
	assert_fd_name(w, 100, 21, "/passed");
	assert_null(world_fd(w, 100, 22));

	/* Two messages, the first padded to eight bytes. */
	twice = control(SCM_RIGHTS, 20, nums, 2);
	memcpy((uint8_t *)twice.p + 24, control(SCM_RIGHTS, 20, nums + 2, 1).p, 20);
	twice.n = 44;
	ev_recvmsg(w, 3, twice);
	assert_int_equal(asked, 4);
	assert_non_null(world_fd(w, 100, 22));

	/* Something else, broken, cut off, or not of a unix socket. */
	ev_recvmsg(w, 3, control(2, 24, nums, 2));
	ev_recvmsg(w, 3, control(SCM_RIGHTS, 15, nums, 2));
	ev_recvmsg(w, 3, control(SCM_RIGHTS, 23, nums, 2));
	ev_recvmsg(w, 3, control(SCM_RIGHTS, 400, nums, 2));
	ev_recvmsg(w, 3, control(SCM_RIGHTS, SIZE_MAX, nums, 2));
	ev_recvmsg(w, 3, (struct param)NONE);
	ev_recvmsg(w, 4, control(SCM_RIGHTS, 24, nums, 2));
	assert_int_equal(asked, 4);
	EMIT(w, 100, EV_RECVMMSG_X, I64(1), I64(3), U32(1), B("x"), NONE,
		control(SCM_RIGHTS, 20, nums, 1));
	assert_int_equal(asked, 5);
	/* The number of the socket itself. */
	ev_recvmsg(w, 3, control(SCM_RIGHTS, 20, (int[]){3}, 1));
	assert_ptr_equal(w->ctx.fd, world_fd(w, 100, 3));
	assert_int_equal(w->ctx.fd->type, FD_FILE_V2);
}

/* ---- interfaces and lists ---- */

static void add_iface(struct world *w, const char *ip, const char *mask)
{
	struct machine_iface i = {.name = STR("if"), .v6 = strchr(ip, ':')};

	inet_pton(i.v6 ? AF_INET6 : AF_INET, ip, i.addr);
	if (!i.v6)
		inet_pton(AF_INET, mask, i.netmask);
	w->sink.iface(w->sink.arg, &i);
}

static void add_sock(struct world *w, int64_t num, enum fd_type type, struct param p)
{
	struct machine_fd f = {.tid = 100, .fd = num, .type = type, .l4 = L4_TCP, .name = STR("")};
	struct socktuple_view t;

	assert_true(socktuple_parse(p, &t));
	f.inet = t.inet;
	w->sink.fd(w->sink.arg, &f);
}

static void test_local_addresses(void **unused)
{
	struct world *w = mem_alloc(sizeof(*w));
	uint8_t ip[16];

	world_init(w, &(struct state_config){0});
	add_iface(w, "127.0.0.1", "255.0.0.0");
	add_iface(w, "10.1.2.3", "255.255.255.0");
	add_iface(w, "192.168.7.1", "255.255.0.0");
	add_iface(w, "::1", NULL);
	add_iface(w, "2001:db8::5", NULL);
	world_ready(w);

	inet_pton(AF_INET, "10.1.2.3", ip);
	assert_true(state_is_local_addr(w->s, ip, false));
	inet_pton(AF_INET, "10.1.2.4", ip);
	assert_false(state_is_local_addr(w->s, ip, false));
	inet_pton(AF_INET6, "2001:db8::99", ip);
	assert_true(state_is_local_addr(w->s, ip, true));
	inet_pton(AF_INET6, "2001:db8:0:1::5", ip);
	assert_false(state_is_local_addr(w->s, ip, true));

	/* A source that is left open: of the same network, or of the first real interface. */
	ev_socket(w, 3, INET, DGRAM);
	ev_sendto(w, 1, 3, tuple("0.0.0.0", 7000, "192.168.9.9", 53));
	assert_fd_name(w, 100, 3, "192.168.7.1:7000->192.168.9.9:53");
	ev_socket(w, 4, INET, DGRAM);
	ev_sendto(w, 1, 4, tuple("0.0.0.0", 7000, "8.8.8.8", 53));
	assert_fd_name(w, 100, 4, "10.1.2.3:7000->8.8.8.8:53");
	ev_socket(w, 5, INET, DGRAM);
	ev_sendto(w, 1, 5, tuple("0.0.0.0", 7000, "127.0.0.1", 53));
	assert_fd_name(w, 100, 5, "127.0.0.1:7000->127.0.0.1:53");
	/* To itself: that cannot be. */
	ev_socket(w, 6, INET, DGRAM);
	ev_sendto(w, 1, 6, tuple("0.0.0.0", 53, "127.0.0.1", 53));
	assert_fd_name(w, 100, 6, "0.0.0.0:53->127.0.0.1:53");
	ev_socket(w, 7, INET, DGRAM);
	ev_recvfrom(w, 1, 7, tuple("10.1.2.9", 7000, "0.0.0.0", 53));
	assert_fd_name(w, 100, 7, "10.1.2.9:7000->10.1.2.3:53");
	ev_socket(w, 8, INET6, DGRAM);
	ev_sendto(w, 1, 8, tuple("::", 7000, "2001:db8::9", 53));
	assert_fd_name(w, 100, 8, "2001:db8::5:7000->2001:db8::9:53");
	world_done(w);
	free(w);
}

static void collect(void *arg, const struct machine_fd *f)
{
	struct machine_fd *got = arg;

	if (f->fd < 8)
		got[f->fd] = *f;
}

static void test_lists(void **unused)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct machine_fd unix_sock = {.tid = 100,
		.fd = 5,
		.type = FD_UNIX_SOCK,
		.name = STR("/run/s"),
		.unix_source = 1,
		.unix_dest = 2};
	struct machine_fd got[8] = {0};

	world_init(w, &(struct state_config){0});
	add_sock(w, 0, FD_IPV4_SERVSOCK, tuple("0.0.0.0", 22, "0.0.0.0", 0));
	add_sock(w, 1, FD_IPV4_SOCK, tuple("10.0.0.1", 22, "10.0.0.9", 50000));
	add_sock(w, 2, FD_IPV4_SOCK, tuple("10.0.0.1", 40000, "10.0.0.8", 443));
	add_sock(w, 3, FD_IPV6_SOCK, tuple("fe80::1", 22, "fe80::9", 50000));
	add_sock(w, 4, FD_IPV6_SERVSOCK, tuple("fe80::1", 80, "::1", 0));
	w->sink.fd(w->sink.arg, &unix_sock);
	unix_sock.fd = 6;
	unix_sock.name = STR("");
	w->sink.fd(w->sink.arg, &unix_sock);
	world_ready(w);

	assert_fd_name(w, 100, 0, "0.0.0.0:22");
	assert_fd_name(w, 100, 1, "10.0.0.9:50000->10.0.0.1:22");
	assert_true(is_server(world_fd(w, 100, 1)));
	assert_true(world_fd(w, 100, 1)->flags & FDF_CONNECTED);
	assert_fd_name(w, 100, 2, "10.0.0.1:40000->10.0.0.8:443");
	assert_true(is_client(world_fd(w, 100, 2)));
	assert_fd_name(w, 100, 3, "fe80::1:22->fe80::9:50000");
	assert_int_equal(world_fd(w, 100, 3)->flags, FDF_CONNECTED);
	assert_fd_name(w, 100, 4, "fe80::1:80");
	assert_fd_name(w, 100, 5, "/run/s");
	assert_true(is_server(world_fd(w, 100, 5)));
	assert_true(is_client(world_fd(w, 100, 6)));

	/* Written out as they came in. */
	state_dump(w->s, &(struct machine_sink){.arg = got, .fd = collect});
	assert_int_equal(got[1].inet.sport, 22);
	assert_int_equal(got[1].inet.dport, 50000);
	assert_int_equal(got[2].inet.sport, 40000);
	assert_int_equal(got[0].inet.sport, 22);
	assert_int_equal(got[5].unix_dest, 2);
	world_done(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_texts),
		cmocka_unit_test_setup_teardown(test_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_socketpair, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connect_enter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reconnect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_accept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_udp_roles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_udp6, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tcp_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unix_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inferred, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inherited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passed, setup, teardown),
		cmocka_unit_test(test_local_addresses),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
