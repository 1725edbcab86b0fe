/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that move data. */
#ifndef BPF_CALLS_IO_H
#define BPF_CALLS_IO_H
#include "bpf/call.h"

/* What was read or written, as much of it as is to be kept. */
static __always_inline void put_data(struct record *r, const void *from, __s64 n)
{
	__u32 keep = probe_snaplen;

	if (n < 0)
		n = 0;
	put_user_bytes(r, from, n < keep ? n : keep);
}

CALL(read, READ_X)
{
	put_s64(r, c->ret);
	put_data(r, (void *)call_arg(c, 1), c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 2));
}

CALL(write, WRITE_X)
{
	__u64 size = call_arg(c, 2);

	put_s64(r, c->ret);
	put_data(r, (void *)call_arg(c, 1), c->ret > 0 ? c->ret : size);
	put_s64(r, call_fd(c, 0));
	put_u32(r, size);
}
#endif
