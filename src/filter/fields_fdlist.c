/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "fdlist": the descriptors that poll() and ppoll() report, as one text with commas
 * in between.  Descriptors that have no such fact are left out; only names have "<NA>" for them.
 */
#include "filter/extract.h"

/* Appends what it knows of a descriptor; false: nothing. fd is NULL when it is unknown. */
typedef bool (*put_fn)(struct buf *out, int64_t num, struct fd *fd);

static bool list_of(struct event_ctx *ctx, put_fn put, struct value *ret)
{
	struct buf text = {.arena = ctx->arena};
	struct fd_list_entry e;

	if ((ctx->ev->type != EV_POLL_X && ctx->ev->type != EV_PPOLL_X) || !ctx->thread)
		return false;
	for (unsigned i = 0; fd_list_entry(event_param(ctx_decoded(ctx), 1), i, &e); i++)
		if (put(&text, e.fd, thread_fd(ctx->thread, e.fd)))
			buf_char(&text, ',');
	if (!text.n)
		return false;
	text.n--;
	return value_buf(ret, &text);
}

static bool put_num(struct buf *out, int64_t num, struct fd *fd)
{
	buf_i64(out, num);
	return true;
}

static bool put_name(struct buf *out, int64_t num, struct fd *fd)
{
	struct str name = fd ? fd_name(fd) : STR("");

	buf_str(out, name.n ? name : STR("<NA>"));
	return true;
}

static bool put_client_ip(struct buf *out, int64_t num, struct fd *fd)
{
	if (!fd || !fd_is_ip_sock(fd))
		return false;
	print_ip(out, str_n(fd->inet->sip, fd_addr_size(fd)));
	return true;
}

static bool put_server_ip(struct buf *out, int64_t num, struct fd *fd)
{
	if (!fd || (!fd_is_ip_sock(fd) && !fd_is_ip_server(fd)))
		return false;
	print_ip(out, str_n(fd_is_ip_server(fd) ? fd->inet->sip : fd->inet->dip, fd_addr_size(fd)));
	return true;
}

static bool put_client_port(struct buf *out, int64_t num, struct fd *fd)
{
	if (!fd || !fd_is_ip_sock(fd))
		return false;
	buf_u64(out, fd->inet->sport);
	return true;
}

static bool put_server_port(struct buf *out, int64_t num, struct fd *fd)
{
	if (!fd || !fd_is_ip_sock(fd))
		return false;
	buf_u64(out, fd->inet->dport);
	return true;
}

#define LIST(sym, put)                                                                             \
	bool field_fdlist_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)         \
	{                                                                                          \
		return list_of(ctx, put, ret);                                                     \
	}
LIST(nums, put_num)
LIST(names, put_name)
LIST(cips, put_client_ip)
LIST(sips, put_server_ip)
LIST(cports, put_client_port)
LIST(sports, put_server_port)
