/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, binding, connecting and accepting sockets.
 *
 * A pair of addresses is kept with the client first.  An IPv6 socket that talks to an IPv4-mapped
 * address is shown as an IPv4 one whose protocol is not known any more: that is what Falco shows,
 * and rules see it.  A connect() that is still in progress counts as connected, likewise.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "state/fd.h"

/* ---- forms of an IP socket ---- */

static void forget_addresses(struct state *s, struct fd *fd)
{
	*fd_inet(s, fd) = (struct inet_tuple){0};
}

void fd_make_v4(struct state *s, struct fd *fd, bool mapped)
{
	bool was_v6 = fd->type == FD_IPV6_SOCK || fd->type == FD_IPV6_SERVSOCK;

	if (fd->type != FD_IPV4_SOCK)
		forget_addresses(s, fd);
	if (was_v6 || (mapped && fd->type == FD_IPV4_SERVSOCK)) {
		fd->l4_v6 = fd->l4;
		fd->l4 = L4_UNKNOWN;
	}
	fd->type = FD_IPV4_SOCK;
}

void fd_make_v6(struct state *s, struct fd *fd)
{
	if (fd->type == FD_IPV4_SOCK || fd->type == FD_IPV4_SERVSOCK)
		fd->l4 = fd->l4_v6;
	if (fd->type != FD_IPV6_SOCK)
		forget_addresses(s, fd);
	fd->type = FD_IPV6_SOCK;
}

void inet_swap(struct inet_tuple *t)
{
	struct inet_tuple old = *t;

	memcpy(t->sip, old.dip, sizeof(t->sip));
	memcpy(t->dip, old.sip, sizeof(t->dip));
	t->sport = old.dport;
	t->dport = old.sport;
}

bool inet_same_ends(const struct inet_tuple *a, const struct inet_tuple *b)
{
	struct inet_tuple swapped = *b;

	inet_swap(&swapped);
	return memcmp(a, b, sizeof(*a)) == 0 || memcmp(a, &swapped, sizeof(*a)) == 0;
}

/* ---- socket, socketpair ---- */

static enum l4_proto protocol_of(uint32_t type, uint32_t protocol)
{
	switch (protocol) {
	case IPPROTO_IP:
		/* The type may carry SOCK_NONBLOCK and SOCK_CLOEXEC. */
		if ((type & 0xff) == SOCK_STREAM)
			return L4_TCP;
		return (type & 0xff) == SOCK_DGRAM ? L4_UDP : L4_UNKNOWN;
	case IPPROTO_TCP:
		return type == SOCK_RAW ? L4_RAW : L4_TCP;
	case IPPROTO_UDP:
		return type == SOCK_RAW ? L4_RAW : L4_UDP;
	case IPPROTO_ICMP:
		return type == SOCK_RAW ? L4_RAW : L4_ICMP;
	case IPPROTO_RAW:
		return L4_RAW;
	default:
		return L4_UNKNOWN;
	}
}

struct fd *fd_new_socket(struct state *s, uint32_t domain, uint32_t type, uint32_t protocol)
{
	struct fd *fd;

	switch (domain) {
	case FAMILY_UNIX:
		return fd_new(s, FD_UNIX_SOCK);
	case FAMILY_NETLINK:
		return fd_new(s, FD_NETLINK);
	case FAMILY_INET:
	case FAMILY_INET6:
		fd = fd_new(s, domain == FAMILY_INET ? FD_IPV4_SOCK : FD_IPV6_SOCK);
		fd->l4 = (uint8_t)protocol_of(type, protocol);
		fd_inet(s, fd);
		return fd;
	default:
		return fd_new(s, FD_UNKNOWN);
	}
}

void fd_on_socket(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	fd = fd_new_socket(s, (uint32_t)event_u64(ev, 1), (uint32_t)event_u64(ev, 2),
		(uint32_t)event_u64(ev, 3));
	fd->open_flags = (uint32_t)event_u64(ev, 4);
	fd_publish(s, ctx, fd_result(ctx), fd);
}

void fd_on_socketpair(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	int64_t num1 = event_i64(ev, 1), num2 = event_i64(ev, 2);
	struct fd *fd, *first;

	if (!ctx->thread || fd_result(ctx) < 0 || num1 == num2)
		return;
	fd = fd_new(s, FD_UNIX_SOCK);
	fd->unix_source = event_u64(ev, 3);
	fd->unix_dest = event_u64(ev, 4);
	fd->refs++;
	fd_publish(s, ctx, num1, fd);
	first = ctx->fd;
	fd_publish(s, ctx, num2, fd);
	ctx->fd = first;
}

/* ---- bind ---- */

static void listen_at(struct state *s, struct fd *fd, const struct sockaddr_view *at)
{
	bool v6 = at->family == FAMILY_INET6, mapped = v6 && ip6_is_mapped(at->ip);
	struct inet_tuple *t = fd_inet(s, fd);

	if (mapped)
		fd->l4_v6 = fd->l4;
	fd->type = v6 && !mapped ? FD_IPV6_SERVSOCK : FD_IPV4_SERVSOCK;
	*t = (struct inet_tuple){.sport = at->port};
	if (mapped)
		memcpy(t->sip, at->ip + 12, 4);
	else
		memcpy(t->sip, at->ip, v6 ? 16 : 4);
	fd->flags |= FDF_ROLE_SERVER;
}

void fd_on_bind(struct state *s, struct event_ctx *ctx)
{
	struct param addr = event_param(ctx->ev, 1);
	struct sockaddr_view at;
	struct fd *old = ctx->fd, *fd;

	if (!old || fd_result(ctx) < 0 || !sockaddr_parse(addr, &at))
		return;
	old->refs++;
	fd = fd_own(s, ctx);
	if ((at.family == FAMILY_INET || at.family == FAMILY_INET6) && at.port)
		listen_at(s, fd, &at);
	fd_set_text(fd, sockaddr_text(ctx->arena, addr));
	ctx->fd_name_changed = !fd_name_same(old, fd);
	fd_put(s, old);
}

/* ---- connect ---- */

static bool same_addr(const uint8_t *a_ip, uint16_t a_port, const uint8_t *b_ip, uint16_t b_port)
{
	return a_port == b_port && memcmp(a_ip, b_ip, 16) == 0;
}

static bool parse_addr(const struct event *ev, unsigned i, struct sockaddr_view *ret)
{
	return sockaddr_parse(event_param(ev, i), ret);
}

/* An IPv6 address in the form that socktuple_parse() gives a mapped pair. */
static void unmap(struct sockaddr_view *a, const struct socktuple_view *t)
{
	if (!t->mapped || a->family != FAMILY_INET6 || !ip6_is_mapped(a->ip))
		return;
	memmove(a->ip, a->ip + 12, 4);
	memset(a->ip + 4, 0, 12);
	a->family = FAMILY_INET;
}

/*
 * The destination in t is the kernel's own, unless it equals what the exit side read from the
 * program's memory again: then it may be that, and what was passed on entry is to be trusted.
 */
static void trust_enter(const struct event_ctx *ctx, struct socktuple_view *t)
{
	struct sockaddr_view entered, left;
	struct event enter;

	if (!enter_of(ctx, &enter) || !parse_addr(&enter, 1, &entered) ||
		!parse_addr(ctx->ev, 3, &left))
		return;
	unmap(&entered, t);
	unmap(&left, t);
	if (entered.family != t->family || left.family != t->family)
		return;
	if (t->family == FAMILY_UNIX) {
		if (str_eq(t->path, left.path))
			t->path = entered.path;
	} else if (same_addr(t->inet.dip, t->inet.dport, left.ip, left.port)) {
		memcpy(t->inet.dip, entered.ip, sizeof(entered.ip));
		t->inet.dport = entered.port;
	}
}

static void connect_inet(struct state *s, struct fd *fd, const struct socktuple_view *t)
{
	bool changed;

	if (t->family == FAMILY_INET)
		fd_make_v4(s, fd, t->mapped);
	else
		fd_make_v6(s, fd);
	changed = !inet_same_ends(fd_inet(s, fd), &t->inet);
	if (changed) {
		*fd->inet = t->inet;
		/* A UDP server that connects to its client stays the server. */
		if (fd->flags & FDF_ROLE_SERVER && fd->type == FD_IPV4_SOCK && fd->l4 == L4_UDP)
			inet_swap(fd->inet);
	}
	fd_set_naming(fd, FDN_SOCKET);
}

void fd_set_unix(struct fd *fd, const struct socktuple_view *t)
{
	fd->type = FD_UNIX_SOCK;
	fd->unix_source = t->source;
	fd->unix_dest = t->dest;
	istr_set(&fd->unix_path, t->path);
	fd_set_naming(fd, FDN_UNIX);
}

static void connected(struct state *s, struct event_ctx *ctx, struct fd *fd)
{
	struct socktuple_view t;

	if (!socktuple_parse(event_param(ctx->ev, 1), &t))
		return;
	trust_enter(ctx, &t);
	if (t.family == FAMILY_INET || t.family == FAMILY_INET6)
		connect_inet(s, fd, &t);
	else if (t.family == FAMILY_UNIX && fd->type == FD_UNIX_SOCK)
		fd_set_unix(fd, &t);
	else
		return;
	if (!(fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER)))
		fd->flags |= FDF_ROLE_CLIENT;
}

/* The kernel gave no pair (TCP fast open): all that is known is where to. */
static void connected_to(struct state *s, struct event_ctx *ctx, struct fd *fd)
{
	struct sockaddr_view to;
	struct event enter;
	bool v6;

	if (!enter_of(ctx, &enter) || !parse_addr(&enter, 1, &to))
		return;
	if (to.family != FAMILY_INET && to.family != FAMILY_INET6) {
		fd_set_text(fd, sockaddr_text(ctx->arena, event_param(&enter, 1)));
		return;
	}
	v6 = to.family == FAMILY_INET6;
	if (v6 && ip6_is_mapped(to.ip)) {
		fd_make_v4(s, fd, true);
		memcpy(fd_inet(s, fd)->dip, to.ip + 12, 4);
	} else {
		v6 ? fd_make_v6(s, fd) : fd_make_v4(s, fd, false);
		memcpy(fd_inet(s, fd)->dip, to.ip, v6 ? 16 : 4);
	}
	fd->inet->dport = to.port;
}

void fd_on_connect(struct state *s, struct event_ctx *ctx)
{
	int64_t res = fd_result(ctx);
	struct fd *old = ctx->fd, *fd;

	if (!old || (res < 0 && res != -EINPROGRESS))
		return;
	old->refs++;
	fd = fd_own(s, ctx);
	fd->flags |= FDF_CONNECTED;
	if (event_param(ctx->ev, 1).n)
		connected(s, ctx, fd);
	else
		connected_to(s, ctx, fd);
	ctx->fd_name_changed = !fd_name_same(old, fd);
	fd_put(s, old);
}

/* ---- accept ---- */

static struct fd *accepted(struct state *s, const struct socktuple_view *t)
{
	struct fd *fd = fd_new(s, FD_UNIX_SOCK);

	if (t->family == FAMILY_UNIX) {
		fd_set_unix(fd, t);
	} else {
		fd->type = t->family == FAMILY_INET ? FD_IPV4_SOCK : FD_IPV6_SOCK;
		fd->l4 = L4_TCP;
		*fd_inet(s, fd) = t->inet;
		fd_set_naming(fd, FDN_TUPLE);
	}
	fd->flags = FDF_ROLE_SERVER | FDF_CONNECTED;
	return fd;
}

void fd_on_accept(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	int64_t res = fd_result(ctx);
	struct socktuple_view t;
	struct fd *fd;

	if (!ctx->thread || res < 0)
		return;
	ctx->fd_num = res;
	ctx->fd = thread_fd(ctx->thread, res);
	if (!socktuple_parse(event_param(ev, 1), &t) ||
		(t.family != FAMILY_UNIX && t.family != FAMILY_INET && t.family != FAMILY_INET6))
		return;
	fd = accepted(s, &t);
	if (ev->type == EV_ACCEPT4_X)
		fd->open_flags = (uint32_t)event_u64(ev, 5) & O_CLOEXEC_PARAM;
	fd_publish(s, ctx, res, fd);
}
