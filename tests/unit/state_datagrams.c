/* SPDX-License-Identifier: Apache-2.0 */
/* What messages tell about sockets, and what lists do: client or server, and the names of both
 * ends. */
#include "state_sock.h"

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
		world_test(test_udp_roles),
		world_test(test_udp6),
		world_test(test_tcp_messages),
		world_test(test_unix_messages),
		world_test(test_inferred),
		world_test(test_inherited),
		world_test(test_passed),
		cmocka_unit_test(test_local_addresses),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
