/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Where io_uring tells of requests: handed in, done, done while nobody had taken earlier results.
 */
#ifndef BPF_URING_POINTS_H
#define BPF_URING_POINTS_H
#include "bpf/scope.h"
#include "bpf/uring_calls.h"

#define FD_UNKNOWN 0x7fffffff

/* Operations that are looked at by themselves. */
enum uring_op {
	OP_ACCEPT = 13,
	OP_CONNECT = 16,
	OP_OPENAT = 18,
	OP_CLOSE = 19,
	OP_OPENAT2 = 28,
	OP_RENAMEAT = 35,
	OP_UNLINKAT = 36,
	OP_MKDIRAT = 37,
	OP_SYMLINKAT = 38,
	OP_LINKAT = 39,
	OP_SOCKET = 45,
	OP_FIXED_FD_INSTALL = 54,
};

static __always_inline __u32 uring_code(__u32 opcode, __u64 at)
{
	switch (opcode) {
#define URING_OP(number, call, here)                                                               \
	case number:                                                                               \
		return at == ~0ULL ? SC_##here : SC_##call;
#include "bpf/uring_ops.def"
#undef URING_OP
	}
	return 0;
}

/* ---- done ---- */

#define TELL(call)                                                                                 \
	case SC_##call:                                                                            \
		uring_##call(ring, id, res);                                                       \
		break

/* Whether the event of a request is to be made, and of which call. */
static __always_inline __u32 uring_to_tell(__u64 ring, __u64 id, __s64 res)
{
	struct uring_key key = {ring, id};
	struct uring_noted *noted = bpf_map_lookup_elem(&probe_urings, &key);

	return noted && !(probe_drop_failed && res < 0) ? uring_code(noted->opcode, noted->at) : 0;
}

/* Makes the event of a request that was noted, unless it moved data. */
__noinline int uring_tell(__u64 ring, __u64 id, __s64 res)
{
	switch (uring_to_tell(ring, id, res)) {
		TELL(OPENAT);
		TELL(OPENAT2);
		TELL(CLOSE);
		TELL(DUP);
		TELL(RENAMEAT2);
		TELL(UNLINKAT);
		TELL(MKDIRAT);
		TELL(SYMLINKAT);
		TELL(LINKAT);
		TELL(SOCKET);
		TELL(BIND);
		TELL(LISTEN);
		TELL(CONNECT);
		TELL(ACCEPT4);
		TELL(SHUTDOWN);
	}
	return 0;
}

/* If it did. Apart, for each program that gets here is verified with all of it. */
__noinline int uring_tell_data(__u64 ring, __u64 id, __s64 res)
{
	switch (uring_to_tell(ring, id, res)) {
		TELL(READ);
		TELL(PREAD64);
		TELL(READV);
		TELL(PREADV);
		TELL(WRITE);
		TELL(PWRITE64);
		TELL(WRITEV);
		TELL(PWRITEV);
		TELL(SENDTO);
		TELL(RECVFROM);
		TELL(SENDMSG);
		TELL(RECVMSG);
	}
	return 0;
}

/* With the entry that a request of many results has by its name. */
static __always_inline void uring_forget(const struct uring_key *key)
{
	const struct uring_noted *noted = bpf_map_lookup_elem(&probe_urings, key);
	struct uring_key named;

	if (!noted)
		return;
	if (noted->opcode == OP_ACCEPT && !key->ring) {
		named = (struct uring_key){noted->ring, noted->name};
		bpf_map_delete_elem(&probe_urings, &named);
	}
	bpf_map_delete_elem(&probe_urings, key);
	bpf_map_delete_elem(&probe_uring_texts, key);
}

/*
 * Tells of a request noted by its name, or by its address. A function of its own takes numbers
 * only, and what comes out of a map is one, where the same in a register may be a pointer.
 */
static __always_inline void uring_result(const struct uring_key *key, bool named, __s64 res)
{
	const struct uring_noted *noted = bpf_map_lookup_elem(&probe_urings, key);

	if (noted)
		uring_tell(named ? noted->ring : 0, named ? noted->name : (__u64)noted->req, res);
}

static __always_inline void uring_data_result(const struct uring_key *key, bool named, __s64 res)
{
	const struct uring_noted *noted = bpf_map_lookup_elem(&probe_urings, key);

	if (noted)
		uring_tell_data(
			named ? noted->ring : 0, named ? noted->name : (__u64)noted->req, res);
}

SEC("tp_btf/io_uring_complete")
int on_uring_complete(unsigned long long *ctx)
{
	struct io_kiocb *req = (struct io_kiocb *)ctx[1];
	struct uring_key key = {};
	__s64 res;
	struct {
		__u64 name;
		__s32 res;
	} entry = {};

	if (probe_uring_told == URING_BY_NAME) {
		key = (struct uring_key){ctx[0], ctx[1]};
		uring_result(&key, true, (__s32)ctx[2]);
		uring_data_result(&key, true, (__s32)ctx[2]);
		uring_forget(&key);
	} else if (req) {
		key.id = (__u64)req;
		res = (__s32)BPF_CORE_READ(req, cqe.res);
		uring_result(&key, false, res);
		uring_data_result(&key, false, res);
		uring_forget(&key);
	} else if (probe_uring_told == URING_BY_REQUEST) {
		key = (struct uring_key){ctx[0], ctx[2]};
		uring_result(&key, true, (__s32)ctx[3]);
	} else {
		bpf_probe_read_kernel(&entry, sizeof(entry), (void *)ctx[2]);
		key = (struct uring_key){ctx[0], entry.name};
		uring_result(&key, true, entry.res);
	}
	return 0;
}

struct uring_search {
	__u64 ring, name;
	struct uring_key found;
};

static long uring_is(void *map, const struct uring_key *key, const struct uring_noted *noted,
	struct uring_search *search)
{
	if (key->ring || noted->ring != search->ring || noted->name != search->name)
		return 0;
	search->found = *key;
	return 1;
}

/* There was no room to tell: the request is known by its name only. Rare, or on purpose. */
SEC("tp_btf/io_uring_cqe_overflow")
int on_uring_overflow(unsigned long long *ctx)
{
	struct uring_search search = {.ring = ctx[0], .name = ctx[1]};

	bpf_for_each_map_elem(&probe_urings, uring_is, &search, 0);
	if (search.found.id) {
		uring_result(&search.found, false, (__s32)ctx[2]);
		uring_forget(&search.found);
	} else {
		search.found = (struct uring_key){ctx[0], ctx[1]};
		uring_result(&search.found, true, (__s32)ctx[2]);
	}
	return 0;
}

/* ---- handed in ---- */

static __always_inline bool uring_names_files(__u32 opcode)
{
	return opcode == OP_OPENAT || opcode == OP_OPENAT2 ||
	       (opcode >= OP_RENAMEAT && opcode <= OP_LINKAT);
}

/* What the operation names, 0: nothing. */
static __always_inline void uring_names(
	struct io_kiocb *req, __u32 opcode, struct filename **first, struct filename **second)
{
	*second = 0;
	switch (opcode) {
	case OP_UNLINKAT:
		*first = BPF_CORE_READ((struct io_unlink *)req, filename);
		break;
	case OP_MKDIRAT:
		*first = BPF_CORE_READ((struct io_mkdir *)req, filename);
		break;
	case OP_RENAMEAT:
		*first = BPF_CORE_READ((struct io_rename *)req, oldpath);
		*second = BPF_CORE_READ((struct io_rename *)req, newpath);
		break;
	case OP_SYMLINKAT:
		if (bpf_core_type_exists(struct io_symlink)) {
			*first = BPF_CORE_READ((struct io_symlink *)req, oldpath);
			*second = BPF_CORE_READ((struct io_symlink *)req, newpath);
			break;
		}
		*first = BPF_CORE_READ((struct io_link *)req, oldpath);
		*second = BPF_CORE_READ((struct io_link *)req, newpath);
		break;
	case OP_LINKAT:
		if (bpf_core_type_exists(struct io_hardlink)) {
			*first = BPF_CORE_READ((struct io_hardlink *)req, oldpath);
			*second = BPF_CORE_READ((struct io_hardlink *)req, newpath);
			break;
		}
		*first = BPF_CORE_READ((struct io_link *)req, oldpath);
		*second = BPF_CORE_READ((struct io_link *)req, newpath);
		break;
	default:
		*first = BPF_CORE_READ((struct io_open *)req, filename);
	}
}

/* False: there is no room to note them. */
static __always_inline bool uring_note_names(
	struct io_kiocb *req, __u32 opcode, const struct uring_key *key)
{
	struct filename *first, *second;
	struct uring_texts *t;
	struct scratch *s;
	__u32 slot;
	bool ok;

	s = scratch_take(current_ids(), &slot);
	if (!s)
		return false;
	t = (struct uring_texts *)s->bytes;
	uring_names(req, opcode, &first, &second);
	t->text[0] = 0;
	t->second = at_least_0(
		bpf_probe_read_kernel_str(t->text, PATH_MAX, BPF_CORE_READ(first, name)));
	if (second)
		bpf_probe_read_kernel_str(t->text + bounded(t->second, URING_TEXTS - 1), PATH_MAX,
			BPF_CORE_READ(second, name));
	ok = scratch_ours(s, current_ids()) &&
	     bpf_map_update_elem(&probe_uring_texts, key, t, BPF_ANY) == 0;
	scratch_release(s);
	return ok;
}

/* The first descriptor of the task that stands for the file, where the request does not tell. */
#define URING_FDS_TRIED 256
static __always_inline __s32 uring_find_fd(struct file *file)
{
	struct task_struct *task = current_task();
	struct file **table = BPF_CORE_READ(task, files, fdt, fd), *at = 0;
	__u32 max = BPF_CORE_READ(task, files, fdt, max_fds);

	for (__u32 i = 0; i < URING_FDS_TRIED && i < max; i++) {
		bpf_probe_read_kernel(&at, sizeof(at), table + i);
		if (at == file)
			return i;
	}
	return -1;
}

/* A success that will not be told. */
static __always_inline __s64 uring_expected(__u32 opcode)
{
	switch (opcode) {
	case OP_OPENAT:
	case OP_OPENAT2:
	case OP_SOCKET:
	case OP_FIXED_FD_INSTALL:
		return FD_UNKNOWN;
	case OP_CONNECT:
		return -EINPROGRESS;
	}
	return 0;
}

static __always_inline __u32 uring_submitter(void)
{
	struct task_struct *task = current_task();
	__u64 ids = current_ids();

	return BPF_CORE_READ(task, flags) & PF_IO_WORKER ? ids >> 32 : (__u32)ids;
}

/* Threads that the kernel makes have no marks of their own. */
static __always_inline bool uring_in_scope(void)
{
	struct runner who = runner_now();
	struct task_struct *task = who.task;

	if (in_scope_as(&who))
		return true;
	if (probe_scope != SCOPE_TASKS || !(BPF_CORE_READ(task, flags) & PF_IO_WORKER))
		return false;
	who.task = who.task->group_leader;
	return in_scope_by_mark(&who);
}

static __always_inline bool uring_has_place(__u32 opcode)
{
	return opcode == 1 || opcode == 2 || opcode == 4 || opcode == 5 || opcode == 22 ||
	       opcode == 23;
}

static __always_inline void uring_note(struct io_kiocb *req, struct uring_noted *n)
{
	n->req = req;
	n->opcode = BPF_CORE_READ(req, opcode);
	n->flags = BPF_CORE_READ(req, flags);
	n->ring = (__u64)BPF_CORE_READ(req, ctx);
	n->at = uring_has_place(n->opcode) ? BPF_CORE_READ((struct io_rw *)req, kiocb.ki_pos) : 0;
	n->tid = uring_submitter();
	if (probe_uring_told == URING_BY_NAME)
		bpf_probe_read_kernel(n->told, sizeof(n->told), req);
	if (bpf_core_field_exists(req->cqe)) {
		n->name = BPF_CORE_READ(req, cqe.user_data);
		n->fd = BPF_CORE_READ(req, cqe.fd);
	} else {
		n->name = BPF_CORE_READ((struct io_kiocb___v5_15 *)req, user_data);
	}
}

static __always_inline void uring_hand_in(struct io_kiocb *req)
{
	struct uring_noted n = {};
	struct uring_key key = {};
	__u32 code;

	uring_note(req, &n);
	code = uring_code(n.opcode, n.at);
	if (!code || !probe_wanted_code[code & (PROBE_MAX_CODE - 1)] || !uring_in_scope())
		return;
	if (!bpf_core_field_exists(req->cqe) && n.opcode != OP_CLOSE)
		n.fd = uring_find_fd(BPF_CORE_READ(req, file));
	key.id = (__u64)req;
	if (probe_uring_told == URING_BY_NAME) {
		/* Another one that is called the same is told now, or would never be. */
		key = (struct uring_key){n.ring, n.name};
		uring_result(&key, true, uring_expected(n.opcode));
	}
	if (bpf_map_update_elem(&probe_urings, &key, &n, BPF_ANY) ||
		(uring_names_files(n.opcode) && !uring_note_names(req, n.opcode, &key))) {
		uring_forget(&key);
		count_drop(DROP_SCRATCH, EV_IO_URING_ENTER_X);
		return;
	}
	if (n.flags & REQ_F_CQE_SKIP && n.opcode != OP_ACCEPT) {
		uring_result(&key, probe_uring_told == URING_BY_NAME, uring_expected(n.opcode));
		uring_forget(&key);
	} else if (n.opcode == OP_ACCEPT && probe_uring_told != URING_BY_NAME) {
		/* It may have many results; all but the last tell only what it is called. */
		key = (struct uring_key){n.ring, n.name};
		bpf_map_update_elem(&probe_urings, &key, &n, BPF_ANY);
	}
}

SEC("tp_btf/io_uring_submit_req")
int on_uring_submit(unsigned long long *ctx)
{
	uring_hand_in((struct io_kiocb *)ctx[0]);
	return 0;
}

/* Until 6.3. */
SEC("tp_btf/io_uring_submit_sqe")
int on_uring_submit_sqe(unsigned long long *ctx)
{
	uring_hand_in((struct io_kiocb *)ctx[0]);
	return 0;
}

/* Until 5.19: behind its ring. */
SEC("tp_btf/io_uring_submit_sqe")
int on_uring_submit_second(unsigned long long *ctx)
{
	uring_hand_in((struct io_kiocb *)ctx[1]);
	return 0;
}
#endif
