/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Data in pieces: vectors of buffers, and messages, which have one.  64- and 32-bit programs lay
 * them out differently (include/uapi/linux/uio.h, struct user_msghdr of linux/socket.h).
 */
#ifndef BPF_IOVEC_H
#define BPF_IOVEC_H
#include "bpf/sockets.h"

#define VECTOR_MAX 1024	   /* UIO_MAXIOV: no call takes more buffers */
#define VECTOR_DATA_MAX 32 /* of which data are taken */

/* At the end of the scratch, past what a record can use. */
struct vector {
	volatile __u32 n; /* in this memory the verifier does not follow it from loop to loop */
	volatile __u32 compat;
	__u32 pad[2];
	__u8 table[2 * VECTOR_MAX * 16]; /* twice as much, so that a mask bounds what is read */
};
#define VECTOR_AT (2 * 65536 - sizeof(struct vector))

static __always_inline struct vector *vector_of(struct scratch *s)
{
	return (struct vector *)(s->bytes + VECTOR_AT);
}

/* Takes a program's list of n buffers beside the record; none, if it can not be read. */
static __always_inline void buffers_load(struct record *r, bool compat, unsigned long at, __u64 n)
{
	struct vector *v = vector_of(r->scratch);
	__u64 size;

	if (n > VECTOR_MAX)
		n = VECTOR_MAX;
	v->n = n;
	v->compat = compat;
	size = bounded(n * (compat ? 8 : 16), 2 * VECTOR_MAX * 16 - 1);
	if (bpf_probe_read_user(v->table, size, (void *)at))
		v->n = 0;
}

/* Not static, these two: the verifier looks at them once, not once for each way to get there. */

__noinline int put_buffers_at(__u32 slot, __u32 n, __u32 keep)
{
	const struct vector *v;
	const __u8 *table;
	struct record r;
	__u32 done = 0;
	bool compat;

	if (!record_resume(&r, slot, bounded(n, 7)))
		return 0;
	v = vector_of(r.scratch);
	table = v->table;
	compat = v->compat;
	for (__u32 i = 0; i < VECTOR_DATA_MAX && done < keep && i < v->n; i++) {
		__u64 at = compat ? *(__u32 *)(table + i * 8) : *(__u64 *)(table + i * 16);
		__u64 len = compat ? *(__u32 *)(table + i * 8 + 4) : *(__u64 *)(table + i * 16 + 8);
		__u32 take = bounded(len < keep - done ? len : keep - done, RECORD_MAX);

		if (bpf_probe_read_user(
			    r.p + ((record_pos(&r) + done) & RECORD_MAX), take, (void *)at))
			break;
		done += take;
	}
	put_len(&r, done & RECORD_MAX);
	return 0;
}

/* Without a branch in the loop, which the verifier would follow twice each time. */
__noinline int buffers_size_at(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	const struct vector *v;
	__u32 shift, size = 0;
	const __u8 *len;

	if (!s)
		return 0;
	v = vector_of(s);
	shift = v->compat ? 3 : 4;
	len = v->table + (v->compat ? 4 : 8);
	for (__u32 i = 0; i < VECTOR_MAX && i < v->n; i++)
		size += *(__u32 *)(len + (i << shift));
	return size;
}

/* The first bytes of all the buffers together, up to one that can not be read. */
static __always_inline void put_buffers(struct record *r, __u32 keep)
{
	put_buffers_at(r->slot, r->n, keep);
	r->n++;
}

/* Of all together. */
static __always_inline __u32 buffers_size(const struct record *r)
{
	return buffers_size_at(r->slot);
}

/* ---- messages ---- */

struct message {
	struct given_name name;
	unsigned long buffers, control;
	__u64 nbuffers, ncontrol;
	__u32 done; /* of several messages of one call: bytes moved */
};

struct message_64 {
	__u64 name;
	__u32 namelen, pad;
	__u64 buffers, nbuffers, control, ncontrol;
	__u32 flags, pad2;
	__u32 done;
};

struct message_32 {
	__u32 name, namelen, buffers, nbuffers, control, ncontrol, flags;
	__u32 done;
};

/* A message as a program describes it. several: with the bytes moved behind it. */
static __always_inline bool message_load(
	struct message *m, bool compat, unsigned long at, bool several)
{
	struct message_64 a = {};
	struct message_32 b = {};

	if (compat) {
		if (bpf_probe_read_user(&b, several ? sizeof(b) : sizeof(b) - 4, (void *)at))
			return false;
		*m = (struct message){
			{b.name, b.namelen}, b.buffers, b.control, b.nbuffers, b.ncontrol, b.done};
		return true;
	}
	if (bpf_probe_read_user(&a, several ? 60 : 52, (void *)at))
		return false;
	*m = (struct message){
		{a.name, a.namelen}, a.buffers, a.control, a.nbuffers, a.ncontrol, a.done};
	return true;
}

static __always_inline __u32 message_stride(bool compat)
{
	return compat ? 32 : 64;
}
#endif
