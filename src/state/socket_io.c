/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading from and writing to descriptors, which is most of what happens on a machine: a known
 * descriptor costs a test of its flags.  Messages carry the addresses they went between; a socket
 * of datagrams takes them over when they differ from what is known of it.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "state/fd.h"

/* A socket over which data went is connected. */
static inline void mark_connected(struct state *s, struct event_ctx *ctx)
{
	const struct fd *fd = ctx->fd;

	if (fd_is_inet(fd->type) && !(fd->flags & FDF_CONNECTED))
		fd_own(s, ctx)->flags |= FDF_CONNECTED;
}

void fd_on_io(struct state *s, struct event_ctx *ctx)
{
	if (ctx->fd && fd_is_inet(ctx->fd->type) && fd_result(ctx) >= 0)
		mark_connected(s, ctx);
}

/* Whether the message says nothing new about the socket. */
static bool already_known(const struct fd *fd, const struct socktuple_view *t)
{
	switch (t->family) {
	case FAMILY_UNIX:
		return fd->type == FD_UNIX_SOCK && fd->naming == FDN_UNIX &&
		       fd->unix_source == t->source && fd->unix_dest == t->dest &&
		       str_eq(istr_str(fd->unix_path), t->path);
	case FAMILY_INET:
		return fd->type == FD_IPV4_SOCK && inet_same_ends(fd->inet, &t->inet);
	case FAMILY_INET6:
		return fd->type == FD_IPV6_SOCK && inet_same_ends(fd->inet, &t->inet);
	default:
		return fd_is_inet(fd->type);
	}
}

/* The client of a first datagram is who sent it. */
static void take_addresses(
	struct state *s, struct fd *fd, const struct inet_tuple *t, bool incoming)
{
	*fd_inet(s, fd) = *t;
	if (fd->l4 == L4_UNKNOWN)
		fd->l4 = L4_UDP;
	ifaces_complete(s, fd->type, fd->inet);
	if (!(fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER)))
		fd->flags |= incoming ? FDF_ROLE_SERVER : FDF_ROLE_CLIENT;
	if (fd->flags & (incoming ? FDF_ROLE_CLIENT : FDF_ROLE_SERVER))
		inet_swap(fd->inet);
	fd_set_naming(fd, FDN_SOCKET);
}

/*
 * A bound IPv6 socket stays a server socket, the only kind that does, and Falco then shows the
 * peer's address as its own and neither port nor protocol.
 */
static void server6_addresses(struct fd *fd, const struct inet_tuple *t, struct str text)
{
	memcpy(fd->inet->sip, t->sip, sizeof(t->sip));
	fd->inet->sport = 0;
	fd->l4 = L4_UNKNOWN;
	fd_set_text(fd, text);
}

static void learn(struct state *s, struct event_ctx *ctx, struct fd *fd, struct param tuple,
	const struct socktuple_view *t, bool incoming)
{
	switch (t->family) {
	case FAMILY_UNIX:
		fd_set_unix(fd, t);
		return;
	case FAMILY_INET:
		fd_make_v4(s, fd, t->mapped);
		take_addresses(s, fd, &t->inet, incoming);
		return;
	case FAMILY_INET6:
		if (fd->type == FD_IPV6_SERVSOCK) {
			server6_addresses(fd, &t->inet, socktuple_text(ctx->arena, tuple));
			return;
		}
		if (fd_is_inet(fd->type) || fd->type == FD_IPV4_SERVSOCK) {
			fd_make_v6(s, fd);
			take_addresses(s, fd, &t->inet, incoming);
			return;
		}
		break;
	}
	fd_set_text(fd, socktuple_text(ctx->arena, tuple));
}

static void take_message(struct state *s, struct event_ctx *ctx, unsigned param, bool incoming)
{
	struct param tuple = event_param(ctx->ev, param);
	struct fd *old = ctx->fd, *fd;
	struct socktuple_view t;

	if (!socktuple_parse(tuple, &t) || already_known(old, &t))
		return;
	old->refs++;
	fd = fd_own(s, ctx);
	learn(s, ctx, fd, tuple, &t, incoming);
	ctx->fd_name_changed = !fd_name_same(old, fd);
	fd_put(s, old);
}

/* Takes over the addresses of a message, unless they are those of a connection we know. */
static inline void note_addresses(
	struct state *s, struct event_ctx *ctx, unsigned param, bool incoming)
{
	if (!fd_is_known_tcp(ctx->fd))
		take_message(s, ctx, param, incoming);
}

/* Where events of receiving have the addresses, and ancillary data (0: they have none). */
static const struct {
	uint8_t tuple, control;
} recv_params[] = {
	[EV_RECV_X] = {4, 0},
	[EV_RECVFROM_X] = {2, 0},
	[EV_RECVMSG_X] = {3, 4},
	[EV_RECVMMSG_X] = {4, 5},
};

void fd_on_recv(struct state *s, struct event_ctx *ctx)
{
	uint8_t control = recv_params[ctx->ev->type].control;

	/* Captures of old have recvmmsg without parameters. */
	if (!ctx->fd || !event_param(ctx->ev, 0).n || fd_result(ctx) < 0)
		return;
	mark_connected(s, ctx);
	note_addresses(s, ctx, recv_params[ctx->ev->type].tuple, true);
	if (control && ctx->fd->type == FD_UNIX_SOCK)
		fd_passed(s, ctx, event_param(ctx->ev, control));
}

/* The socket() of a descriptor that something is sent over was missed: most likely it is UDP. */
static void infer_socket(struct state *s, struct event_ctx *ctx)
{
	struct param tuple = event_param(ctx->ev, 4);
	uint32_t family = tuple.n ? tuple.p[0] : 0;

	if (ctx->ev->type == EV_SENDMMSG_X || ctx->fd_num < 0)
		return;
	if (family == FAMILY_INET || family == FAMILY_INET6)
		fd_publish(s, ctx, ctx->fd_num, fd_new_socket(s, family, SOCK_DGRAM, IPPROTO_UDP));
}

void fd_on_send(struct state *s, struct event_ctx *ctx)
{
	if (!ctx->thread || !event_param(ctx->ev, 0).n || fd_result(ctx) < 0)
		return;
	if (!ctx->fd)
		infer_socket(s, ctx);
	if (!ctx->fd)
		return;
	mark_connected(s, ctx);
	note_addresses(s, ctx, 4, false);
}
