/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that move data, or wait until some can be moved. */
#ifndef BPF_CALLS_IO_H
#define BPF_CALLS_IO_H
#include "bpf/data.h"
#include "bpf/flags_net.h"
#include "bpf/iovec.h"

/* ---- one buffer ---- */

CALL(read, READ_X)
{
	put_s64(r, c->ret);
	put_data_got(r, call_arg(c, 1), c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 2));
}

CALL(write, WRITE_X)
{
	put_s64(r, c->ret);
	put_data_given(r, call_arg(c, 1), c->ret, call_arg(c, 2));
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 2));
}

CALL(pread64, PREAD_X)
{
	put_s64(r, c->ret);
	put_data_got(r, call_arg(c, 1), c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 2));
	put_u64(r, call_place(c, 3));
}

CALL(pwrite64, PWRITE_X)
{
	put_s64(r, c->ret);
	put_data_given(r, call_arg(c, 1), c->ret, call_arg(c, 2));
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 2));
	put_u64(r, call_place(c, 3));
}

/* ---- several buffers ---- */

static __always_inline void put_buffers_got(struct record *r, const struct call *c)
{

	if (c->ret <= 0) {
		put_empty(r);
		return;
	}
	buffers_load(r, c->compat, call_arg(c, 1), call_arg(c, 2));
	put_buffers(r, snap(c->ret));
}

static __always_inline void put_readv(struct record *r, const struct call *c)
{
	put_s64(r, c->ret);
	put_u32(r, c->ret > 0 ? c->ret : 0);
	put_buffers_got(r, c);
	put_s64(r, call_fd(c, 0));
}

static __always_inline void put_writev(struct record *r, const struct call *c)
{
	__u32 size;

	buffers_load(r, c->compat, call_arg(c, 1), call_arg(c, 2));
	size = buffers_size(r);
	put_s64(r, c->ret);
	put_buffers(r, c->ret > 0 ? snap(c->ret) : probe_snaplen);
	put_s64(r, call_fd(c, 0));
	put_u32(r, size);
}

CALL(readv, READV_X)
{
	put_readv(r, c);
}

CALL(preadv, PREADV_X)
{
	put_readv(r, c);
	put_u64(r, call_place(c, 3));
}

CALL(writev, WRITEV_X)
{
	put_writev(r, c);
}

CALL(pwritev, PWRITEV_X)
{
	put_writev(r, c);
	put_u64(r, call_place(c, 3));
}

static __always_inline void put_foreign(struct record *r, const struct call *c)
{
	put_s64(r, c->ret);
	put_s64(r, (__s32)call_arg(c, 0));
	put_buffers_got(r, c);
}

CALL(process_vm_readv, PROCESS_VM_READV_X)
{
	put_foreign(r, c);
}

CALL(process_vm_writev, PROCESS_VM_WRITEV_X)
{
	put_foreign(r, c);
}

/* ---- from one descriptor to another ---- */

#define NR_SENDFILE_32 187 /* of i386: the place has 32 bits */

CALL_FIXED(sendfile, SENDFILE_X, 5 * 8)
{
	bool narrow = c->compat && call_nr(c->regs) == NR_SENDFILE_32;
	__u64 at = 0;

	bpf_probe_read_user(&at, narrow ? 4 : 8, (void *)call_arg(c, 2));
	put_s64(r, c->ret);
	put_u64(r, at);
	put_s64(r, call_fd(c, 0));
	put_s64(r, call_fd(c, 1));
	put_u64(r, call_arg(c, 3));
}

CALL_FIXED(splice, SPLICE_X, 4 * 8 + 4)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_s64(r, call_fd(c, 2));
	put_u64(r, call_arg(c, 4));
	put_u32(r, splice_flags(call_arg(c, 5)));
}

/* ---- waiting ---- */

CALL_FIXED(select, SELECT_X, 8)
{
	put_s64(r, c->ret);
}

CALL_FIXED(epoll_wait, EPOLL_WAIT_X, 2 * 8)
{
	put_s64(r, c->ret);
	put_s64(r, (__s32)call_arg(c, 2));
}

#define POLLED_MAX 16 /* descriptors that an event tells of */

/* Number, then of each: descriptor, what happened. */
static __always_inline void put_polled(struct record *r, unsigned long at, __u32 n)
{
	struct {
		__s32 fd;
		__u16 events, happened;
	} polled[POLLED_MAX];
	__u32 start = record_pos(r);

	if (n > POLLED_MAX)
		n = POLLED_MAX;
	if (bpf_probe_read_user(polled, n * sizeof(*polled), (void *)at))
		n = 0;
	add_u16(r, n);
	for (__u32 i = 0; i < POLLED_MAX && i < n; i++) {
		add_s64(r, polled[i].fd);
		add_u16(r, poll_flags(polled[i].happened));
	}
	end_parts(r, start);
}

CALL(poll, POLL_X)
{
	put_s64(r, c->ret);
	put_polled(r, call_arg(c, 0), call_arg(c, 1));
	put_s64(r, (__u32)call_arg(c, 2));
}

#define NR_PPOLL_32 309 /* of i386: both halves of the time have 32 bits */

static __always_inline __u64 call_timeout(const struct call *c, int i)
{
	__s64 time[2] = {};
	__s32 time_32[2] = {};

	if (c->compat && call_nr(c->regs) == NR_PPOLL_32) {
		bpf_probe_read_user(time_32, sizeof(time_32), (void *)call_arg(c, i));
		return (__s64)time_32[0] * 1000000000 + time_32[1];
	}
	bpf_probe_read_user(time, sizeof(time), (void *)call_arg(c, i));
	return time[0] * 1000000000 + time[1];
}

CALL(ppoll, PPOLL_X)
{
	__u32 mask = 0;

	bpf_probe_read_user(&mask, sizeof(mask), (void *)call_arg(c, 3));
	put_s64(r, c->ret);
	put_polled(r, call_arg(c, 0), call_arg(c, 1));
	put_u64(r, call_timeout(c, 2));
	put_u32(r, mask);
}
#endif
