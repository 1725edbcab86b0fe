/* SPDX-License-Identifier: Apache-2.0 */
/* What the extractors of all field classes share. */
#ifndef FILTER_EXTRACT_H
#define FILTER_EXTRACT_H
#include "base/mem.h"
#include "filter/field.h"
#include "filter/param_names.h"
#include "filter/render.h"

#define AT_FDCWD_PARAM (-100) /* how parameters carry AT_FDCWD */

/* The event with its parameters, which the state only decodes when it needs them itself. */
static inline const struct event *ctx_decoded(const struct event_ctx *ctx)
{
	if (!ctx->ev->decoded)
		event_decode(ctx->ev);
	return ctx->ev;
}

/* Index of the parameter that f (evt.arg, evt.rawarg) is about in this event, -1 none. */
static inline int field_param(const struct field *f, const struct event *ev)
{
	const struct param_name *name = f->aux;
	int64_t i = name ? name->index[ev->type] : f->index;

	return i >= 0 && i < ev->nparams ? (int)i : -1;
}

/* Two types that make up one: aux of evt.type.is. */
struct type_pair {
	uint32_t first, second;
};

static inline bool value_bool(struct value *ret, bool b)
{
	ret->b = b;
	return true;
}

static inline bool value_u64(struct value *ret, uint64_t u)
{
	ret->u = u;
	return true;
}

static inline bool value_text(struct value *ret, struct str s)
{
	if (!s.p)
		return false;
	value_str(ret, s);
	return true;
}

/* Takes over what was built in the arena. */
static inline bool value_buf(struct value *ret, const struct buf *b)
{
	value_str(ret, buf_view(b));
	return true;
}

/* An element of a PT_FDLIST parameter. */
struct fd_list_entry {
	int64_t fd;
	uint16_t flags;
};

/* False behind the last one, by the list's own count or by the end of the parameter. */
static inline bool fd_list_entry(struct param p, unsigned i, struct fd_list_entry *ret)
{
	size_t at = 2 + 10 * (size_t)i;
	uint16_t n;

	if (p.n < 2)
		return false;
	memcpy(&n, p.p, 2);
	if (i >= n || at + 10 > p.n)
		return false;
	memcpy(&ret->fd, p.p + at, 8);
	memcpy(&ret->flags, p.p + at + 8, 2);
	return true;
}

static inline bool fd_is_ip_sock(const struct fd *fd)
{
	return fd->inet && (fd->type == FD_IPV4_SOCK || fd->type == FD_IPV6_SOCK);
}

static inline bool fd_is_ip_server(const struct fd *fd)
{
	return fd->inet && (fd->type == FD_IPV4_SERVSOCK || fd->type == FD_IPV6_SERVSOCK);
}

static inline size_t fd_addr_size(const struct fd *fd)
{
	return fd->type == FD_IPV4_SOCK || fd->type == FD_IPV4_SERVSOCK ? 4 : 16;
}

static inline bool fd_has_role(const struct fd *fd)
{
	return fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER);
}

/* Protocol of a socket, L4_NA of everything else and of one that has not been used yet. */
static inline unsigned fd_l4(const struct fd *fd)
{
	if (fd_is_ip_server(fd))
		return fd->l4;
	if (!fd_is_ip_sock(fd) || (fd->l4 != L4_RAW && !fd_has_role(fd)))
		return L4_NA;
	return fd->l4;
}

/* Id of the container that the thread is in, "" on the host or when nothing is known. */
static inline struct str ctx_container_id(const struct event_ctx *ctx)
{
	return ctx->thread ? istr_str(ctx->thread->container_id) : STR("");
}
#endif
