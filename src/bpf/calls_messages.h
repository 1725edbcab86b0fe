/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that move data through sockets. */
#ifndef BPF_CALLS_MESSAGES_H
#define BPF_CALLS_MESSAGES_H
#include "bpf/data.h"
#include "bpf/iovec.h"

static __always_inline void put_tuple_if(
	struct record *r, const struct call *c, int fd, bool outbound, struct given_name name)
{
	if (c->ret >= 0)
		put_tuple(r, c, fd, outbound, name);
	else
		put_empty(r);
}

/* ---- one buffer ---- */

static __always_inline void put_sent(
	struct record *r, const struct call *c, const struct net_args *a, struct given_name to)
{
	put_s64(r, c->ret);
	put_data_given(r, a->v[1], c->ret, (__u32)a->v[2]);
	put_s64(r, (__s32)a->v[0]);
	put_u32(r, a->v[2]);
	put_tuple_if(r, c, a->v[0], true, to);
}

CALL(send, SEND_X)
{
	struct net_args a;

	net_args(c, &a, 4);
	put_sent(r, c, &a, NO_NAME);
}

CALL(sendto, SENDTO_X)
{
	struct net_args a;

	net_args(c, &a, 6);
	put_sent(r, c, &a, (struct given_name){a.v[4], a.v[5]});
}

CALL(recv, RECV_X)
{
	struct net_args a;

	net_args(c, &a, 4);
	put_s64(r, c->ret);
	put_data_got(r, a.v[1], c->ret);
	put_s64(r, (__s32)a.v[0]);
	put_u32(r, a.v[2]);
	put_tuple_if(r, c, a.v[0], false, NO_NAME);
}

CALL(recvfrom, RECVFROM_X)
{
	struct net_args a;

	net_args(c, &a, 6);
	put_s64(r, c->ret);
	put_data_got(r, a.v[1], c->ret);
	put_tuple_if(r, c, a.v[0], false, (struct given_name){a.v[4], UNIX_PATH_MAX + 2});
	put_s64(r, (__s32)a.v[0]);
	put_u32(r, a.v[2]);
}

/* ---- a message ---- */

CALL(sendmsg, SENDMSG_X)
{
	struct message m;
	struct net_args a;
	__u32 size;

	net_args(c, &a, 2);
	put_s64(r, c->ret);
	if (!message_load(&m, c->compat, a.v[1], false)) {
		put_empty(r);
		put_s64(r, (__s32)a.v[0]);
		put_empty(r);
		put_empty(r);
		return;
	}
	buffers_load(r, c->compat, m.buffers, m.nbuffers);
	size = buffers_size(r);
	put_buffers(r, c->ret > 0 ? snap(c->ret) : probe_snaplen);
	put_s64(r, (__s32)a.v[0]);
	put_u32(r, size);
	put_tuple_if(r, c, a.v[0], true, m.name);
}

static __always_inline void put_control(struct record *r, const struct message *m)
{
	put_user_bytes(r, (void *)m->control, m->ncontrol <= RECORD_MAX ? (__u32)m->ncontrol : 0);
}

CALL(recvmsg, RECVMSG_X)
{
	struct message m = {};
	struct net_args a;

	net_args(c, &a, 2);
	put_s64(r, c->ret);
	put_u32(r, c->ret > 0 ? c->ret : 0);
	if (c->ret >= 0 && message_load(&m, c->compat, a.v[1], false)) {
		buffers_load(r, c->compat, m.buffers, m.nbuffers);
		put_buffers(r, snap(c->ret));
	} else {
		put_empty(r);
	}
	put_tuple_if(r, c, a.v[0], false, m.name);
	put_control(r, &m);
	put_s64(r, (__s32)a.v[0]);
}

/* ---- several messages: an event for each ---- */

#define MESSAGES_MAX 1024 /* of one call: UIO_MAXIOV */

static __always_inline void put_several_failed(
	struct record *r, const struct call *c, int fd, __u16 type, __u32 nparams)
{
	if (!record_begin(r, c->ids, type, nparams))
		return;
	put_s64(r, c->ret);
	put_s64(r, fd);
	put_u32(r, 0);
	for (__u32 i = 3; i < nparams; i++)
		put_empty(r);
	record_end(r);
}

/* One message of several, up to its descriptor. False: there is nothing to be told, or no room. */
static __always_inline bool one_begin(struct record *r, struct call *c, struct message *m, int fd,
	unsigned long at, __u16 type, __u32 nparams)
{
	struct runner who = runner_now();

	*c = (struct call){.task = who.task, .ids = who.ids, .compat = made_compat(who.task)};
	if (!message_load(m, c->compat, at, true) || !record_begin(r, c->ids, type, nparams))
		return false;
	buffers_load(r, c->compat, m->buffers, m->nbuffers);
	put_s64(r, m->done);
	put_s64(r, fd);
	return true;
}

/* Not static: the verifier looks at them once, not once for each message. */
__noinline int sent_message(int fd, unsigned long at)
{
	struct message m;
	struct record r;
	struct call c;

	if (!one_begin(&r, &c, &m, fd, at, EV_SENDMMSG_X, NPARAMS_SENDMMSG_X))
		return 0;
	put_u32(&r, buffers_size(&r));
	put_buffers(&r, m.done ? snap(m.done) : probe_snaplen);
	put_tuple(&r, &c, fd, true, m.name);
	record_end(&r);
	return 0;
}

__noinline int received_message(int fd, unsigned long at)
{
	struct message m;
	struct record r;
	struct call c;

	if (!one_begin(&r, &c, &m, fd, at, EV_RECVMMSG_X, NPARAMS_RECVMMSG_X))
		return 0;
	put_u32(&r, m.done);
	put_buffers(&r, snap(m.done));
	put_tuple(&r, &c, fd, false, m.name);
	put_control(&r, &m);
	record_end(&r);
	return 0;
}

#define CALL_MESSAGES(name, TYPE, one)                                                             \
	CALL_SEVERAL(name)                                                                         \
	{                                                                                          \
		struct net_args a;                                                                 \
		struct record r;                                                                   \
                                                                                                   \
		net_args(c, &a, 2);                                                                \
		if (c->ret <= 0)                                                                   \
			put_several_failed(&r, c, a.v[0], EV_##TYPE, NPARAMS_##TYPE);              \
		for (__u32 i = 0; i < MESSAGES_MAX && (__s64)i < c->ret; i++)                      \
			one(a.v[0], a.v[1] + i * message_stride(c->compat));                       \
	}
CALL_MESSAGES(sendmmsg, SENDMMSG_X, sent_message)
CALL_MESSAGES(recvmmsg, RECVMMSG_X, received_message)
#endif
