/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "fd" about sockets: addresses, ports, protocols, roles.
 *
 * A connection's tuple has the client first, once it is known who that is; a listening socket has
 * only its own address, which counts as the server's.  "Local" is the side with an address of this
 * machine, or of the process's container.
 */
#include <arpa/inet.h>

#include "filter/extract.h"
#include "filter/host.h"

/* One end of a socket. */
enum side { CLIENT, SERVER, LOCAL, REMOTE };

struct endpoint {
	const uint8_t *addr;
	size_t size;
	uint16_t port;
};

static const struct fd *socket_of(const struct event_ctx *ctx)
{
	const struct fd *fd = ctx->fd;

	if (!fd || !ctx->thread ||
		!(ctx->ev->info->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD)))
		return NULL;
	return fd;
}

static struct endpoint endpoint_of(const struct fd *fd, bool source)
{
	const struct inet_tuple *t = fd->inet;

	return (struct endpoint){
		source ? t->sip : t->dip, fd_addr_size(fd), source ? t->sport : t->dport};
}

/* Of a process in a container the container's address counts, too, or any container's. */
static bool is_local(const struct event_ctx *ctx, const uint8_t *addr, size_t size)
{
	struct str id = ctx_container_id(ctx);
	const struct container *c;
	uint8_t ip[4];

	if (!id.n)
		return state_is_local_addr(ctx->state, addr, size == 16);
	if (size == 16)
		return false;
	c = state_container(ctx->state, id);
	if (!c || !istr_str(c->ip).n)
		return containers_have_ip(ctx->state, addr);
	if (inet_pton(AF_INET, c->ip->s, ip) == 1 && memcmp(ip, addr, 4) == 0)
		return true;
	return state_is_local_addr(ctx->state, addr, false);
}

/* False: the descriptor has no such side, or not yet. */
static bool side_of(const struct event_ctx *ctx, enum side side, struct endpoint *ret)
{
	const struct fd *fd = socket_of(ctx);
	bool source;

	if (fd && fd_is_ip_server(fd) && side == SERVER) {
		*ret = endpoint_of(fd, true);
		return true;
	}
	if (!fd || !fd_is_ip_sock(fd) || !fd_has_role(fd))
		return false;
	source = side == CLIENT;
	if (side == LOCAL || side == REMOTE)
		source = is_local(ctx, fd->inet->sip, fd_addr_size(fd)) == (side == LOCAL);
	*ret = endpoint_of(fd, source);
	return true;
}

static bool address(const struct event_ctx *ctx, enum side side, struct value *ret)
{
	struct endpoint e;

	if (!side_of(ctx, side, &e))
		return false;
	ret->type = PT_IPADDR;
	ret->s = str_n(e.addr, e.size);
	return true;
}

/* Listening sockets have a server's address only once they have a role, but always a port. */
static bool server_address(const struct event_ctx *ctx, struct value *ret)
{
	return ctx->fd && fd_has_role(ctx->fd) && address(ctx, SERVER, ret);
}

static bool port(const struct event_ctx *ctx, enum side side, struct value *ret)
{
	struct endpoint e;

	return side_of(ctx, side, &e) && value_u64(ret, e.port);
}

/* Ports as text: names of services are not looked up. */
static bool port_text(const struct event_ctx *ctx, enum side side, struct value *ret)
{
	struct buf text = {.arena = ctx->arena};
	struct endpoint e;

	if (!side_of(ctx, side, &e))
		return false;
	if (!fd_is_ip_server(ctx->fd))
		buf_u64(&text, e.port);
	return value_buf(ret, &text);
}

#define SIDE(sym, what, side)                                                                      \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		return what(ctx, side, ret);                                                       \
	}
SIDE(fd_cip, address, CLIENT)
SIDE(fd_lip, address, LOCAL)
SIDE(fd_rip, address, REMOTE)
SIDE(fd_cnet, address, CLIENT)
SIDE(fd_lnet, address, LOCAL)
SIDE(fd_rnet, address, REMOTE)
SIDE(fd_cport, port, CLIENT)
SIDE(fd_sport, port, SERVER)
SIDE(fd_lport, port, LOCAL)
SIDE(fd_rport, port, REMOTE)
SIDE(fd_sproto, port_text, SERVER)
SIDE(fd_lproto, port_text, LOCAL)
SIDE(fd_rproto, port_text, REMOTE)

bool field_fd_sip(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return server_address(ctx, ret);
}

bool field_fd_snet(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return server_address(ctx, ret);
}

/* Empty for connected sockets that are not of the Internet. */
bool field_fd_cproto(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct fd *fd = socket_of(ctx);

	if (fd && fd_has_role(fd) && !fd_is_ip_sock(fd))
		return value_text(ret, STR(""));
	return port_text(ctx, CLIENT, ret);
}

/* ---- host names: conditions compare the address, outputs show a name that rules mention ---- */

static bool host_of(const struct field *f, struct event_ctx *ctx, enum side side, struct value *ret)
{
	struct endpoint e;
	struct str name;

	if (!ctx->fd || !fd_has_role(ctx->fd) || !side_of(ctx, side, &e))
		return false;
	ret->type = PT_IPADDR;
	ret->s = str_n(e.addr, e.size);
	return f->compare || (host_name(ctx->arena, ret->s, &name) && value_text(ret, name));
}

#define HOST(sym, side)                                                                            \
	bool field_fd_##sym##_name(struct field *f, struct event_ctx *ctx, struct value *ret)      \
	{                                                                                          \
		return host_of(f, ctx, side, ret);                                                 \
	}
HOST(cip, CLIENT)
HOST(sip, SERVER)
HOST(lip, LOCAL)
HOST(rip, REMOTE)

/* ---- both sides, for conditions: true when either matches ---- */

static bool both(const struct field *f, struct event_ctx *ctx, uint8_t type, struct value *ret)
{
	const struct fd *fd = f->compare ? socket_of(ctx) : NULL;
	unsigned n = 0;

	if (fd && fd_is_ip_sock(fd))
		n = 2;
	else if (fd && fd_is_ip_server(fd))
		n = 1;
	else
		return false;
	ret->list = true;
	ret->n = n;
	ret->v = arena_zalloc(ctx->arena, n * sizeof(*ret->v));
	for (unsigned i = 0; i < n; i++) {
		struct endpoint e = endpoint_of(fd, i == 0);

		ret->v[i].type = type;
		if (type == PT_PORT)
			ret->v[i].u = e.port;
		else
			ret->v[i].s = str_n(e.addr, e.size);
	}
	return true;
}

bool field_fd_ip(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return both(f, ctx, PT_IPADDR, ret);
}

bool field_fd_net(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return both(f, ctx, PT_IPADDR, ret);
}

bool field_fd_port(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return both(f, ctx, PT_PORT, ret);
}

bool field_fd_proto(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return both(f, ctx, PT_PORT, ret);
}

/* ---- kind and state ---- */

bool field_fd_l4proto(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	static const char *const names[] = {
		[L4_TCP] = "tcp", [L4_UDP] = "udp", [L4_ICMP] = "icmp", [L4_RAW] = "raw"};
	const struct fd *fd = socket_of(ctx);
	unsigned l4 = fd ? fd_l4(fd) : L4_NA;

	if (!fd)
		return false;
	return value_text(
		ret, l4 < ARRAY_SIZE(names) && names[l4] ? str_c(names[l4]) : STR("<NA>"));
}

bool field_fd_sockfamily(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct fd *fd = socket_of(ctx);

	if (fd && fd->type >= FD_IPV4_SOCK && fd->type <= FD_IPV6_SERVSOCK)
		return value_text(ret, STR("ip"));
	return fd && fd->type == FD_UNIX_SOCK && value_text(ret, STR("unix"));
}

bool field_fd_is_server(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct fd *fd = socket_of(ctx);

	if (!fd)
		return false;
	if (fd->type == FD_IPV4_SERVSOCK || fd->type == FD_IPV6_SERVSOCK)
		return value_bool(ret, true);
	return value_bool(ret, fd_is_ip_sock(fd) && is_local(ctx, fd->inet->dip, fd_addr_size(fd)));
}

bool field_fd_connected(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct fd *fd = socket_of(ctx);

	return fd && value_bool(ret, fd->flags & FDF_CONNECTED);
}
