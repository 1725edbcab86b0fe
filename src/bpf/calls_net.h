/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Calls about sockets: made, named, connected, asked, closed.  Those that move data are in
 * calls_messages.h.
 */
#ifndef BPF_CALLS_NET_H
#define BPF_CALLS_NET_H
#include "bpf/enter.h"
#include "bpf/flags_net.h"
#include "bpf/sockets.h"

#define EINPROGRESS 115

CALL_FIXED(socket, SOCKET_X, 8 + 4 * 4)
{
	struct net_args a;

	net_args(c, &a, 3);
	put_s64(r, c->ret);
	put_u32(r, family_flag(a.v[0]));
	put_u32(r, a.v[1]);
	put_u32(r, a.v[2]);
	put_u32(r, socket_open_flags(a.v[1]));
}

CALL(bind, BIND_X)
{
	struct net_args a;

	net_args(c, &a, 3);
	put_s64(r, c->ret);
	put_bound(r, c->ret == 0 ? socket_of(c, a.v[0]) : 0,
		(struct given_name){a.v[1], (__u16)a.v[2]});
	put_s64(r, (__s32)a.v[0]);
}

CALL(connect, CONNECT_X)
{
	struct given_name name;
	struct net_args a;

	net_args(c, &a, 3);
	name = (struct given_name){a.v[1], (__u16)a.v[2]};
	put_s64(r, c->ret);
	if (c->ret == 0 || c->ret == -EINPROGRESS)
		put_tuple(r, c, a.v[0], true, name);
	else
		put_empty(r);
	put_s64(r, (__s32)a.v[0]);
	put_sockaddr(r, name);
}

/* Before the kernel has read the address: the program may have put another there by the end. */
ENTER(connect, CONNECT, __ia32_sys_)
{
	put_s64(r, (__s32)e->arg[0]);
	put_sockaddr(r, (struct given_name){e->arg[1], (__u16)e->arg[2]});
}

CALL_FIXED(listen, LISTEN_X, 8 + 8 + 4)
{
	struct net_args a;

	net_args(c, &a, 2);
	put_s64(r, c->ret);
	put_s64(r, (__s32)a.v[0]);
	put_s32(r, a.v[1]);
}

/* The new socket's tuple, and how full the queue of the listening one is. */
static __always_inline void put_accepted(struct record *r, const struct call *c, int listening)
{
	__u32 len = 0, max = 0;

	put_s64(r, c->ret);
	if (c->ret >= 0) {
		struct sock *sk = socket_of(c, listening);

		put_tuple(r, c, c->ret, false, NO_NAME);
		len = sk ? PEEK(sk, sk_ack_backlog) : 0;
		max = sk ? PEEK(sk, sk_max_ack_backlog) : 0;
	} else {
		put_empty(r);
	}
	put_u8(r, max ? (__u64)len * 100 / max : 0);
	put_u32(r, len);
	put_u32(r, max);
}

CALL(accept, ACCEPT_X)
{
	struct net_args a;

	net_args(c, &a, 1);
	put_accepted(r, c, a.v[0]);
}

CALL(accept4, ACCEPT4_X)
{
	struct net_args a;

	net_args(c, &a, 4);
	put_accepted(r, c, a.v[0]);
	put_u32(r, socket_open_flags(a.v[3]));
}

CALL_FIXED(shutdown, SHUTDOWN_X, 8 + 8 + 1)
{
	struct net_args a;

	net_args(c, &a, 2);
	put_s64(r, c->ret);
	put_s64(r, (__s32)a.v[0]);
	put_u8(r, shutdown_flag(a.v[1]));
}

CALL_FIXED(getsockname, GETSOCKNAME_X, 0)
{
}

CALL_FIXED(getpeername, GETPEERNAME_X, 0)
{
}

CALL_FIXED(socketpair, SOCKETPAIR_X, 5 * 8 + 3 * 4)
{
	struct sock *sk = 0, *peer = 0;
	__s32 fds[2] = {-1, -1};
	struct net_args a;

	net_args(c, &a, 4);
	if (c->ret == 0 && !bpf_probe_read_user(fds, sizeof(fds), (void *)a.v[3])) {
		sk = socket_of(c, fds[0]);
		peer = sk ? PEEK(((struct unix_sock *)sk), peer) : 0;
	}
	put_s64(r, c->ret);
	put_s64(r, fds[0]);
	put_s64(r, fds[1]);
	put_u64(r, (__u64)sk);
	put_u64(r, (__u64)peer);
	put_u32(r, family_flag(a.v[0]));
	put_u32(r, a.v[1]);
	put_u32(r, a.v[2]);
}

/* ---- options ---- */

static __always_inline __u64 option_time(const struct call *c, __s32 name, unsigned long at)
{
	__s64 time[2] = {};
	__s32 time_32[2] = {};

	if (c->compat && (name == SO_RCVTIMEO_OLD || name == SO_SNDTIMEO_OLD)) {
		bpf_probe_read_user(time_32, sizeof(time_32), (void *)at);
		time[0] = time_32[0];
		time[1] = time_32[1];
	} else {
		bpf_probe_read_user(time, sizeof(time), (void *)at);
	}
	return time[0] * 1000000000 + time[1] * 1000;
}

/* A value whose first byte says what it is. */
static __always_inline void put_option(struct record *r, const struct call *c, __s32 level,
	__s32 name, unsigned long at, __u16 len)
{
	enum sockopt_kind kind = sockopt_kind(level, name);
	__u32 start = record_pos(r);
	__u64 value = 0;

	add_u8(r, kind);
	switch (kind) {
	case SOCKOPT_ERROR:
		bpf_probe_read_user(&value, 4, (void *)at);
		add_s64(r, -(__s64)(__s32)value);
		break;
	case SOCKOPT_U32:
		bpf_probe_read_user(&value, 4, (void *)at);
		add_u32(r, value);
		break;
	case SOCKOPT_U64:
		bpf_probe_read_user(&value, 8, (void *)at);
		add_u64(r, value);
		break;
	case SOCKOPT_TIME:
		add_u64(r, option_time(c, name, at));
		break;
	case SOCKOPT_BYTES:
		if (!bpf_probe_read_user(room(r), len, (void *)at))
			record_advance(r, len);
		break;
	}
	end_parts(r, start);
}

static __always_inline void put_option_call(
	struct record *r, const struct call *c, const struct net_args *a, __u32 len)
{
	put_s64(r, c->ret);
	put_s64(r, (__s32)a->v[0]);
	put_u8(r, sockopt_level(a->v[1]));
	put_u8(r, sockopt_flag(a->v[1], a->v[2]));
	put_option(r, c, a->v[1], a->v[2], a->v[3], len);
	put_u32(r, len);
}

CALL(setsockopt, SETSOCKOPT_X)
{
	struct net_args a;

	net_args(c, &a, 5);
	put_option_call(r, c, &a, (__u16)a.v[4]);
}

CALL(getsockopt, GETSOCKOPT_X)
{
	struct net_args a;
	__u32 len = 0;

	net_args(c, &a, 5);
	bpf_probe_read_user(&len, sizeof(len), (void *)a.v[4]);
	put_option_call(r, c, &a, len);
}
#endif
