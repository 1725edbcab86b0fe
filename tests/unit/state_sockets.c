/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: their addresses, made, bound, connected and accepted. */
#include "state_sock.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_texts),
		world_test(test_socket),
		world_test(test_socketpair),
		world_test(test_bind),
		world_test(test_connect),
		world_test(test_connect_enter),
		world_test(test_reconnect),
		world_test(test_accept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
