/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Data that calls moved, as much of them as is to be kept. */
#ifndef BPF_DATA_H
#define BPF_DATA_H
#include "bpf/call.h"

static __always_inline __u32 snap(__u64 n)
{
	return n < probe_snaplen ? n : probe_snaplen;
}

/* What a call that returned ret was given to write: all of size, if it failed. */
static __always_inline void put_data_given(
	struct record *r, unsigned long from, long ret, __u64 size)
{
	put_user_bytes(r, (void *)from, snap(ret > 0 ? ret : size));
}

/* What it read. */
static __always_inline void put_data_got(struct record *r, unsigned long to, long ret)
{
	put_user_bytes(r, (void *)to, ret > 0 ? snap(ret) : 0);
}

/* A place in a file, which 32-bit callers hand over in two arguments from i on. */
static __always_inline __u64 call_place(const struct call *c, int i)
{
	__u64 at = call_arg(c, i);

	return c->compat ? at | (__u64)call_arg(c, i + 1) << 32 : at;
}
#endif
