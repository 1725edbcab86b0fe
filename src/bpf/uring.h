/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Requests of io_uring: no system call is made for them, and any thread may carry them out.
 *
 * Two tracepoints of the kernel's see every one: when it has been handed in and the kernel has
 * copied what it names, and when its result is told. What is gone by then is noted in between: the
 * names of files, which nobody can change any more, the descriptor, who handed it in. The rest is
 * still in the request.
 *
 * A request may ask to be silent about its success (IOSQE_CQE_SKIP_SUCCESS). It is told at once, as
 * if it had succeeded.
 */
#ifndef BPF_URING_H
#define BPF_URING_H
#include "bpf/call.h"
#include "bpf/kernel_uring.h"
#include "event/resolved.h"

/* How the kernel's tracepoint tells of a result. */
const volatile __u8 probe_uring_told; /* enum uring_told */

/* Which request: by its address, or what it is called (until 5.19, or if it has many results). */
struct uring_key {
	__u64 ring, id;
};

struct uring_noted {
	struct io_kiocb *req;
	__u64 ring, name; /* what the program calls it */
	__u64 at;	  /* in the file, all ones: where it stands */
	__u32 tid;
	__s32 fd;
	__u32 flags;
	__u32 opcode;
	__u8 told[64]; /* URING_BY_NAME: the result is put where this was */
};

#define URING_TEXTS (2 * PATH_MAX)
struct uring_texts {
	__u32 second; /* where the second one begins */
	__u32 pad;
	__u8 text[URING_TEXTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct uring_key);
	__type(value, struct uring_noted);
} probe_urings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct uring_key);
	__type(value, struct uring_texts);
} probe_uring_texts SEC(".maps");

/* A request with its result. */
struct uring {
	const struct uring_noted *noted;
	const struct uring_texts *texts; /* 0: it names no files */
	struct io_kiocb *req;
	__s64 res;
	bool compat;
};

static __always_inline bool uring_load(struct uring *u, __u64 ring, __u64 id, __s64 res)
{
	struct uring_key key = {ring, id};
	struct io_ring_ctx *ctx;

	u->noted = bpf_map_lookup_elem(&probe_urings, &key);
	if (!u->noted)
		return false;
	u->texts = bpf_map_lookup_elem(&probe_uring_texts, &key);
	u->req = u->noted->req;
	u->res = res;
	ctx = (struct io_ring_ctx *)u->noted->ring;
	u->compat = BPF_CORE_READ_BITFIELD_PROBED(ctx, compat);
	return true;
}

/* ---- what a request was told ---- */

/* A function, so that places of our own structures are not looked for in the kernel. */
static __always_inline void *uring_request(const struct uring *u)
{
	return probe_uring_told == URING_BY_NAME ? (void *)u->noted->told : u->req;
}

/* What the operation was told, as TYPE; 0 where the kernel does not know that. */
#define TOLD(u, TYPE, member)                                                                      \
	({                                                                                         \
		TYPE *told_by = uring_request(u);                                                  \
		___type(told_by, member) told = 0;                                                 \
		if (bpf_core_type_exists(TYPE))                                                    \
			told = BPF_CORE_READ(told_by, member);                                     \
		told;                                                                              \
	})

static __always_inline void put_text(struct record *r, const struct uring *u, __u32 at)
{
	if (u->texts)
		put_kernel_str(r, u->texts->text + bounded(at, URING_TEXTS - 1), PATH_MAX);
	else
		put_empty(r);
}

static __always_inline void put_first(struct record *r, const struct uring *u)
{
	put_text(r, u, 0);
}

static __always_inline void put_second(struct record *r, const struct uring *u)
{
	put_text(r, u, u->texts ? u->texts->second : 0);
}

/* The descriptor that it was about. */
static __always_inline __s64 uring_fd(const struct uring *u)
{
	return u->noted->flags & REQ_F_FIXED_FILE ? FD_OF_RING | u->noted->fd : u->noted->fd;
}

/* The file behind that. */
static __always_inline struct file *uring_file(const struct uring *u)
{
	struct file *file = TOLD(u, struct io_kiocb, file);

	if (!file && !(u->noted->flags & REQ_F_FIXED_FILE))
		file = file_of(runner_now().task, u->noted->fd);
	return file;
}

static __always_inline struct sock *uring_sock(const struct uring *u)
{
	return socket_of_file(uring_file(u));
}

/* A result that is a descriptor, or a slot of the ring's own table. */
static __always_inline __s64 uring_new_fd(const struct uring *u, __u32 slot)
{
	if (u->res < 0 || !slot)
		return u->res;
	return FD_OF_RING | (slot == FILE_SLOT_ALLOC ? (__u32)u->res : slot - 1);
}

/* The file that an operation has opened. */
static __always_inline struct file *uring_new_file(const struct uring *u, __u32 slot)
{
	return u->res >= 0 && !slot ? file_of(runner_now().task, u->res) : 0;
}

/* Behind the last parameter: that it was made this way. */
static __always_inline void put_origin(struct record *r)
{
	struct scratch *s = r->scratch;
	__u32 at = s->pos;

	s->bytes[at & RECORD_MAX] = RESOLVED_TAG;
	s->bytes[(at + 1) & RECORD_MAX] = ORIGIN_URING;
	s->bytes[(at + 2) & RECORD_MAX] = 0;
	s->pos = at + 3;
}

/* Makes the event of a request; what it was told is u. */
#define URING(name, TYPE)                                                                          \
	static __always_inline void fill_uring_##name(const struct uring *u, struct record *r);    \
	__noinline int uring_##name(__u64 ring, __u64 id, __s64 res)                               \
	{                                                                                          \
		struct record r;                                                                   \
		struct uring u;                                                                    \
                                                                                                   \
		if (!uring_load(&u, ring, id, res) ||                                              \
			!record_begin(&r, current_ids(), EV_##TYPE, NPARAMS_##TYPE))               \
			return 0;                                                                  \
		r.tid = u.noted->tid;                                                              \
		fill_uring_##name(&u, &r);                                                         \
		record_end(&r);                                                                    \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline void fill_uring_##name(const struct uring *u, struct record *r)
#endif
