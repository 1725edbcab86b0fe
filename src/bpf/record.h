/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Puts an event record together and hands it over.  The record is that of event/event.h: header,
 * lengths, parameters back to back.
 *
 * A record whose size, or at least a small bound of it, is known is written where the reader will
 * find it.  Any other is put together in a scratch place of the processor and copied.  Either way
 * the put_ functions are called once for each parameter, in the order of the table.
 */
#ifndef BPF_RECORD_H
#define BPF_RECORD_H
#include "bpf/events.h"
#include "bpf/kernel.h"
#include "bpf/maps.h"

#define HEADER_SIZE 26u
#define RING_HEADER 15u	   /* of a record in a ring, and what it is rounded up to */
#define RECORD_MAX 0xffffu /* lengths have 16 bits, and so has a place in the scratch */
#define PATH_MAX 4096

struct header {
	__u64 ts, tid;
	__u32 len;
	__u16 type;
	__u32 nparams;
} __attribute__((packed));

struct record {
	__u8 *p;
	__u32 pos;	 /* fixed: where the next parameter begins */
	__u32 text_room; /* fixed: bytes that put_words() may take, a power of two */
	__u32 n;	 /* parameters that are there */
	__u32 nparams;	 /* of the type */
	__u16 type;
	bool fixed;
	__u64 ids; /* of who runs */
	__u32 tid; /* who did it */
	struct scratch *scratch;
	__u32 slot; /* of the scratch */
	struct probe_counters *counters;
};

#define FIXED_SIZE(nparams, payload) (HEADER_SIZE + 2 * (nparams) + (payload))

/* Lost: by cause, by type and by process group. */
static __noinline int count_drop(__u32 cause, __u32 type)
{
	struct probe_counters *c = counters_here();
	struct probe_group key = {};
	__u64 one = 1, *n;

	if (!c || cause >= DROP_CAUSES || type >= PROBE_MAX_TYPE)
		return 0;
	c->drops[cause]++;
	c->drops_of_type[type]++;
	key.pgid = current_pgid();
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	n = bpf_map_lookup_elem(&probe_drops_by_group, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&probe_drops_by_group, &key, &one, BPF_ANY);
	return 0;
}

static __always_inline void put_header(struct record *r)
{
	struct header *h = (struct header *)r->p;

	h->ts = bpf_ktime_get_boot_ns() + probe_boot_time;
	h->tid = r->tid;
	h->type = r->type;
	h->nparams = r->nparams;
}

/*
 * Whether an event of the type may take room of the ring, which bulk events fill up to a mark.
 * Where the ring is far from full this is asked once for many of them.
 */
static __always_inline bool may_take(struct probe_counters *c, void *ring, __u16 type, __u32 size)
{
	__u64 used;

	if (probe_state_type[type & (PROBE_MAX_TYPE - 1)])
		return true;
	if (c->step >= size) {
		c->step -= size;
		return true;
	}
	used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	c->step = used + 2 * probe_bulk_step < probe_bulk_limit ? probe_bulk_step : 0;
	return used < probe_bulk_limit;
}

static __always_inline void *ring_for(struct record *r, __u32 size)
{
	void *ring;

	r->counters = counters_here();
	if (!r->counters)
		return 0;
	r->counters->events++;
	ring = ring_here();
	if (!ring)
		count_drop(DROP_CPU, r->type);
	else if (!may_take(r->counters, ring, r->type, size + RING_HEADER))
		count_drop(DROP_RESERVED, r->type);
	else
		return ring;
	return 0;
}

static __always_inline void put_size(struct record *r, __u32 len)
{
	((struct header *)r->p)->len = len;
}

/* Starts a record of at most a size known when this is compiled. False: it is lost, and counted. */
static __always_inline bool record_begin_fixed(
	struct record *r, __u64 ids, __u16 type, __u32 nparams, __u32 size)
{
	void *ring;

	r->type = type;
	r->tid = ids;
	r->nparams = nparams;
	ring = ring_for(r, size);
	if (!ring)
		return false;
	r->p = bpf_ringbuf_reserve(ring, size, 0);
	if (!r->p) {
		count_drop(DROP_FULL, type);
		return false;
	}
	r->fixed = true;
	r->n = 0;
	r->pos = HEADER_SIZE + 2 * nparams;
	put_header(r);
	return true;
}

/* ids: of who runs, whose the record is if r->tid is not set. */
static __always_inline bool record_begin(struct record *r, __u64 ids, __u16 type, __u32 nparams)
{
	r->type = type;
	r->ids = ids;
	r->tid = ids;
	r->nparams = nparams;
	r->counters = counters_here();
	if (!r->counters)
		return false;
	r->scratch = scratch_take(ids, &r->slot);
	if (!r->scratch) {
		r->counters->events++;
		count_drop(DROP_SCRATCH, type);
		return false;
	}
	r->p = r->scratch->bytes;
	r->fixed = false;
	r->n = 0;
	r->scratch->pos = HEADER_SIZE + 2 * nparams;
	return true;
}

/*
 * For a function of its own, which is told the slot: goes on with the record there, of which n
 * parameters have been put. Whoever called it goes on with r->n as many more.
 */
static __always_inline bool record_resume(struct record *r, __u32 slot, __u32 n)
{
	r->scratch = bpf_map_lookup_elem(&probe_scratches, &slot);
	if (!r->scratch)
		return false;
	r->p = r->scratch->bytes;
	r->slot = slot;
	r->fixed = false;
	r->n = n;
	return true;
}

/*
 * n & mask. The compiler, which may know that n is small, must not leave this out or do it to a
 * copy: then older verifiers do not know it of what is handed to the kernel.
 */
static __always_inline __u64 bounded(__u64 n, const __u64 mask)
{
	asm volatile("%0 &= %1" : "+r"(n) : "i"(mask));
	return n;
}

static __always_inline void submit_scratch(struct record *r)
{
	__u32 len = r->scratch->pos;
	void *ring = ring_for(r, len);

	if (!ring)
		return;
	if (len > RECORD_MAX) {
		count_drop(DROP_TOO_LONG, r->type);
		return;
	}
	put_header(r);
	put_size(r, len);
	if (bpf_ringbuf_output(ring, r->p, bounded(len, RECORD_MAX), BPF_RB_NO_WAKEUP))
		count_drop(DROP_FULL, r->type);
}

/* Hands the record over. The type may have been changed meanwhile, not its parameters' number. */
static __always_inline void record_end(struct record *r)
{
	if (r->fixed) {
		put_size(r, r->pos);
		bpf_ringbuf_submit(r->p, BPF_RB_NO_WAKEUP);
	} else if (!scratch_ours(r->scratch, r->ids)) {
		count_drop(DROP_SCRATCH, r->type);
	} else {
		submit_scratch(r);
		scratch_release(r->scratch);
	}
}

/* Gives a record up that is not to be made after all. */
static __always_inline void record_cancel(struct record *r)
{
	if (r->fixed)
		bpf_ringbuf_discard(r->p, BPF_RB_NO_WAKEUP);
	else
		scratch_release(r->scratch);
}

static __always_inline __u32 record_pos(const struct record *r)
{
	return r->fixed ? r->pos : r->scratch->pos;
}

/* Where the next byte goes, always within the scratch: what is past the end makes the record too
 * long. */
static __always_inline __u8 *room(const struct record *r)
{
	return r->p + (r->fixed ? r->pos : r->scratch->pos & RECORD_MAX);
}

static __always_inline void record_advance(struct record *r, __u32 n)
{
	if (r->fixed)
		r->pos += n;
	else
		r->scratch->pos += n;
}

/* Ends the parameter of n bytes that has been written. */
static __always_inline void put_len(struct record *r, __u32 n)
{
	*(__u16 *)(r->p + HEADER_SIZE + 2 * r->n) = (__u16)n;
	r->n++;
	record_advance(r, n);
}

/* n, or 0 where it is negative (an error). Without a branch, nor may the compiler make it one. */
static __always_inline __u64 at_least_0(__s64 n)
{
	__s64 sign = n;

	asm volatile("%0 s>>= 63" : "+r"(sign));
	sign = ~sign;
	asm volatile("" : "+r"(sign));
	return n & sign;
}

#define PUT_INT(name, type)                                                                        \
	static __always_inline void put_##name(struct record *r, type v)                           \
	{                                                                                          \
		*(type *)room(r) = v;                                                              \
		put_len(r, sizeof(v));                                                             \
	}
PUT_INT(u8, __u8)
PUT_INT(u16, __u16)
PUT_INT(s16, __s16)
PUT_INT(u32, __u32)
PUT_INT(s32, __s32)
PUT_INT(u64, __u64)
PUT_INT(s64, __s64)
#undef PUT_INT

/*
 * A parameter of several parts: each add_ function writes a part, end_parts() with the position
 * (record_pos()) at which the first one was put ends it.
 */
#define ADD_INT(name, type)                                                                        \
	static __always_inline void add_##name(struct record *r, type v)                           \
	{                                                                                          \
		*(type *)room(r) = v;                                                              \
		record_advance(r, sizeof(v));                                                      \
	}
ADD_INT(u8, __u8)
ADD_INT(u16, __u16)
ADD_INT(u32, __u32)
ADD_INT(u64, __u64)
ADD_INT(s64, __s64)
#undef ADD_INT

static __always_inline void end_parts(struct record *r, __u32 start)
{
	*(__u16 *)(r->p + HEADER_SIZE + 2 * r->n) = (__u16)(record_pos(r) - start);
	r->n++;
}

static __always_inline void put_empty(struct record *r)
{
	put_len(r, 0);
}

/*
 * Length of a text with its NUL, of which the kernel says that it is n: negative where it could not
 * be read. Until 6.1 it says 0 of an empty one.
 */
static __always_inline __u64 text_len(__s64 n)
{
	__u64 empty = (__u64)(n - 1) >> 63;

	asm volatile("" : "+r"(empty));
	return at_least_0(n | empty);
}

/* Text of user memory, cut at max bytes with its NUL; empty where it can not be read. */
static __always_inline void put_user_str(struct record *r, const void *text, __u32 max)
{
	__u8 *at = room(r);

	*at = 0;
	put_len(r, text_len(bpf_probe_read_user_str(at, max, text)));
}

static __always_inline void put_kernel_str(struct record *r, const void *text, __u32 max)
{
	__u8 *at = room(r);

	*at = 0;
	put_len(r, text_len(bpf_probe_read_kernel_str(at, max, text)));
}

/*
 * Fixed: the n bytes of a text, NUL included, that the probe keeps in words.  What is copied beyond
 * them lies where the parameters behind it will be put, of 8 bytes or more.
 */
static __always_inline void put_words(struct record *r, const __u64 *text, __u32 n)
{
	__u8 *at = room(r);

	for (__u32 i = 0; i < r->text_room / 8 && i < TOLD_TEXT / 8; i++) {
		if (i * 8 >= n)
			break;
		((__u64 *)at)[i] = text[i];
	}
	put_len(r, bounded(n, r->text_room - 1));
}

/* A path as the call was told it. */
static __always_inline void put_user_path(struct record *r, unsigned long text)
{
	put_user_str(r, (const void *)text, PATH_MAX);
}

/* n bytes of user memory, or nothing where they can not be read. n: what a parameter can hold. */
static __always_inline void put_user_bytes(struct record *r, const void *from, __u32 n)
{
	n = bounded(n, RECORD_MAX);
	if (n)
		n = at_least_0(bpf_probe_read_user(room(r), n, from) | n);
	put_len(r, n);
}
#endif
