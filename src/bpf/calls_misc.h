/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Signals, limits, namespaces, tracing, keys, modules, semaphores and what else is no file. */
#ifndef BPF_CALLS_MISC_H
#define BPF_CALLS_MISC_H
#include "bpf/call.h"
#include "bpf/flags_misc.h"

#define MODULE_ARGS_MAX 4096
/* Bytes of a module's image that are kept: they leave room for its arguments in a record. */
#define MODULE_IMAGE_MAX 60000

/* A parameter of several kinds begins with a byte that says which. */
static __always_inline void put_tagged_u8(struct record *r, __u8 tag, __u8 v)
{
	__u8 *to = room(r);

	to[0] = tag;
	to[1] = v;
	put_len(r, 2);
}

static __always_inline void put_tagged_u64(struct record *r, __u8 tag, __u64 v)
{
	__u8 *to = room(r);

	to[0] = tag;
	*(__u64 *)(to + 1) = v;
	put_len(r, 9);
}

static __always_inline void put_tagged_str(struct record *r, __u8 tag, unsigned long text)
{
	__u8 *to = room(r);
	long n = 0;

	to[0] = tag;
	if (text)
		n = bpf_probe_read_user_str(to + 1, PATH_MAX, (const void *)text);
	put_len(r, 1 + (n > 0 ? n & RECORD_MAX : 0));
}

/* ---- signals ---- */

#define CALL_KILLS(name, TYPE)                                                                     \
	CALL_FIXED(name, TYPE, 17)                                                                 \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		put_s64(r, call_fd(c, 0));                                                         \
		put_u8(r, call_arg(c, 1));                                                         \
	}
CALL_KILLS(kill, KILL_X)
CALL_KILLS(tkill, TKILL_X)

CALL_FIXED(tgkill, TGKILL_X, 25)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_s64(r, call_fd(c, 1));
	put_u8(r, call_arg(c, 2));
}

/* ---- namespaces ---- */

CALL_FIXED(setns, SETNS_X, 20)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, flags_clone((__u32)call_arg(c, 1)));
}

CALL_FIXED(unshare, UNSHARE_X, 12)
{
	put_s64(r, c->ret);
	put_u32(r, flags_clone((__u32)call_arg(c, 0)));
}

/* ---- tracing ---- */

enum { PTRACE_TAG_U64, PTRACE_TAG_SIGNAL };
enum { REQUEST_PEEKTEXT = 2, REQUEST_PEEKUSR = 4, REQUEST_CONT = 8 };
enum { REQUEST_SINGLESTEP = 10, REQUEST_DETACH = 12, REQUEST_SYSCALL = 13 };

/* Where the call put the word that it looked up. */
static __always_inline __u64 peeked_word(const struct call *c)
{
	const void *at = (const void *)call_arg(c, 3);
	__u64 word = 0;

	if (c->compat)
		bpf_probe_read_user(&word, 4, at);
	else
		bpf_probe_read_user(&word, sizeof(word), at);
	return word;
}

static __always_inline void put_ptrace_data(struct record *r, const struct call *c, __u16 request)
{
	if (c->ret < 0)
		put_tagged_u64(r, PTRACE_TAG_U64, 0);
	else if (request >= REQUEST_PEEKTEXT && request <= REQUEST_PEEKUSR)
		put_tagged_u64(r, PTRACE_TAG_U64, peeked_word(c));
	else if (request == REQUEST_CONT || request == REQUEST_SINGLESTEP ||
		 request == REQUEST_DETACH || request == REQUEST_SYSCALL)
		put_tagged_u8(r, PTRACE_TAG_SIGNAL, call_arg(c, 3));
	else
		put_tagged_u64(r, PTRACE_TAG_U64, call_arg(c, 3));
}

CALL(ptrace, PTRACE_X)
{
	__u16 request = value_ptrace(call_arg(c, 0));

	put_s64(r, c->ret);
	put_tagged_u64(r, PTRACE_TAG_U64, c->ret < 0 ? 0 : call_arg(c, 2));
	put_ptrace_data(r, c, request);
	put_u16(r, request);
	put_s64(r, call_fd(c, 1));
}

/* ---- control of the process and of the kernel ---- */

enum { OPTION_SET_NAME = 15, OPTION_GET_NAME = 16, OPTION_GET_CHILD_SUBREAPER = 37 };

CALL(prctl, PRCTL_X)
{
	__u32 option = call_arg(c, 0);
	unsigned long arg2 = call_arg(c, 1);
	__s32 reaper = 0;

	put_s64(r, c->ret);
	put_u32(r, option);
	if (option == OPTION_SET_NAME || option == OPTION_GET_NAME) {
		put_user_path(r, arg2);
		put_s64(r, 0);
		return;
	}
	put_empty(r);
	if (option == OPTION_GET_CHILD_SUBREAPER) {
		bpf_probe_read_user(&reaper, sizeof(reaper), (const void *)arg2);
		put_s64(r, reaper);
	} else {
		put_s64(r, arg2);
	}
}

CALL_FIXED(seccomp, SECCOMP_X, 24)
{
	put_s64(r, c->ret);
	put_u64(r, call_arg(c, 0));
	put_u64(r, (__u32)call_arg(c, 1));
}

CALL_FIXED(bpf, BPF_X, 12)
{
	put_s64(r, c->ret);
	put_u32(r, call_arg(c, 0));
}

/* ---- keys ---- */

enum { KEYCTL_TAG_S64, KEYCTL_TAG_TEXT };

/* Arguments 2 to 5 of each operation: how many it has, and those (bit 0: the second) that are text.
 */
#define KEYCTL_ARGS(n, texts) ((n) | (texts) << 4)
#define KEYCTL_OPERATIONS 33

static __always_inline __u8 keyctl_shape(__u32 operation)
{
	static const __u8 shapes[KEYCTL_OPERATIONS] = {
		[0] = 2,
		[1] = KEYCTL_ARGS(1, 1),
		[2] = 3,
		[3] = 1,
		[4] = 3,
		[5] = 2,
		[6] = 3,
		[7] = 1,
		[8] = 2,
		[9] = 2,
		[10] = KEYCTL_ARGS(4, 2 | 4),
		[11] = 3,
		[12] = 4,
		[13] = 3,
		[14] = 1,
		[15] = 2,
		[16] = 1,
		[17] = 3,
		[18] = 0,
		[19] = 4,
		[20] = 4,
		[21] = 1,
		[22] = 2,
		[23] = 4,
		[24] = KEYCTL_ARGS(3, 4),
		[25] = KEYCTL_ARGS(4, 2),
		[26] = KEYCTL_ARGS(4, 2),
		[27] = KEYCTL_ARGS(4, 2),
		[28] = KEYCTL_ARGS(4, 2),
		[29] = KEYCTL_ARGS(3, 2 | 4),
		[30] = 4,
		[31] = 2,
		[32] = 3,
	};

	return operation < KEYCTL_OPERATIONS ? shapes[operation] : 0;
}

static __always_inline void put_keyctl_arg(
	struct record *r, const struct call *c, __u8 shape, int i)
{
	if (i >= (shape & 0xf))
		put_tagged_u64(r, KEYCTL_TAG_S64, 0);
	else if (shape >> 4 & 1 << i)
		put_tagged_str(r, KEYCTL_TAG_TEXT, call_arg(c, i + 1));
	else
		put_tagged_u64(r, KEYCTL_TAG_S64, call_arg(c, i + 1));
}

CALL(keyctl, KEYCTL_X)
{
	__u32 operation = call_arg(c, 0);
	__u8 shape = keyctl_shape(operation);

	put_s64(r, c->ret);
	put_u32(r, operation);
	put_keyctl_arg(r, c, shape, 0);
	put_keyctl_arg(r, c, shape, 1);
	put_keyctl_arg(r, c, shape, 2);
	put_keyctl_arg(r, c, shape, 3);
}

/* ---- limits ---- */

struct limits {
	__s64 cur, max;
};

/* A limit that 32 bits can not express is none. */
static __always_inline __s64 wide_limit(__u32 v)
{
	return v == ~0u ? -1LL : (__s64)v;
}

static __always_inline void read_limits(struct limits *ret, const struct call *c, int i)
{
	const void *at = (const void *)call_arg(c, i);
	__u32 narrow[2] = {};

	if (!c->compat) {
		bpf_probe_read_user(ret, sizeof(*ret), at);
		return;
	}
	bpf_probe_read_user(narrow, sizeof(narrow), at);
	ret->cur = wide_limit(narrow[0]);
	ret->max = wide_limit(narrow[1]);
}

CALL_FIXED(getrlimit, GETRLIMIT_X, 25)
{
	struct limits l = {-1, -1};

	if (c->ret == 0)
		read_limits(&l, c, 1);
	put_s64(r, c->ret);
	put_s64(r, l.cur);
	put_s64(r, l.max);
	put_u8(r, value_rlimit(call_arg(c, 0)));
}

CALL_FIXED(setrlimit, SETRLIMIT_X, 25)
{
	struct limits l = {};

	read_limits(&l, c, 1);
	put_s64(r, c->ret);
	put_s64(r, l.cur);
	put_s64(r, l.max);
	put_u8(r, value_rlimit(call_arg(c, 0)));
}

/* Its limits have 64 bits everywhere. */
CALL_FIXED(prlimit64, PRLIMIT_X, 49)
{
	struct limits new = {}, old = {-1, -1};

	bpf_probe_read_user(&new, sizeof(new), (const void *)call_arg(c, 2));
	if (c->ret == 0)
		bpf_probe_read_user(&old, sizeof(old), (const void *)call_arg(c, 3));
	put_s64(r, c->ret);
	put_s64(r, new.cur);
	put_s64(r, new.max);
	put_s64(r, old.cur);
	put_s64(r, old.max);
	put_s64(r, call_fd(c, 0));
	put_u8(r, value_rlimit(call_arg(c, 1)));
}

/* ---- time ---- */

#define NS_PER_S 1000000000ULL

static __always_inline __u64 read_interval(const struct call *c, int i)
{
	const void *at = (const void *)call_arg(c, i);
	__s32 narrow[2] = {};
	__s64 wide[2] = {};

	if (!c->compat) {
		bpf_probe_read_user(wide, sizeof(wide), at);
		return wide[0] * NS_PER_S + wide[1];
	}
	bpf_probe_read_user(narrow, sizeof(narrow), at);
	return narrow[0] * (__s64)NS_PER_S + narrow[1];
}

CALL_FIXED(nanosleep, NANOSLEEP_X, 16)
{
	put_s64(r, c->ret);
	put_u64(r, read_interval(c, 0));
}

CALL_FIXED(futex, FUTEX_X, 26)
{
	put_s64(r, c->ret);
	put_u64(r, call_arg(c, 0));
	put_u16(r, flags_futex(call_arg(c, 1)));
	put_u64(r, call_arg(c, 2));
}

/* ---- semaphores ---- */

struct sem_operation {
	__u16 num;
	__s16 op;
	__u16 flags;
};

static __always_inline void put_sem_operation(struct record *r, const struct sem_operation *op)
{
	put_u16(r, op->num);
	put_s16(r, op->op);
	put_u16(r, flags_semop(op->flags));
}

/* The first two operations, if the call did what they ask for. */
CALL_FIXED(semop, SEMOP_X, 28)
{
	const void *at = (const void *)call_arg(c, 1);
	__u32 n = call_arg(c, 2);
	struct sem_operation ops[2] = {};

	if (c->ret == 0 && n > 1)
		bpf_probe_read_user(ops, sizeof(ops), at);
	else if (c->ret == 0 && n == 1)
		bpf_probe_read_user(ops, sizeof(ops[0]), at);
	put_s64(r, c->ret);
	put_u32(r, n);
	put_sem_operation(r, &ops[0]);
	put_sem_operation(r, &ops[1]);
	put_s32(r, call_arg(c, 0));
}

CALL_FIXED(semget, SEMGET_X, 20)
{
	put_s64(r, c->ret);
	put_s32(r, call_arg(c, 0));
	put_s32(r, call_arg(c, 1));
	put_u32(r, flags_semget(call_arg(c, 2)));
}

#define SEMCTL_SETVAL 16

CALL_FIXED(semctl, SEMCTL_X, 22)
{
	__u16 cmd = call_arg(c, 2);

	put_s64(r, c->ret);
	put_s32(r, call_arg(c, 0));
	put_s32(r, call_arg(c, 1));
	put_u16(r, value_semctl(cmd));
	put_s32(r, cmd == SEMCTL_SETVAL ? call_arg(c, 3) : 0);
}

/* ---- quotas: linux/quota.h ---- */

struct quota_block {
	__u64 bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes, btime, itime;
	__u32 valid;
};
#define QUOTA_BLOCK_SIZE 68 /* without the gap behind it */
enum { BLOCK_BLIMITS = 1, BLOCK_SPACE = 2, BLOCK_ILIMITS = 4, BLOCK_BTIME = 16, BLOCK_ITIME = 32 };

struct quota_info {
	__u64 bgrace, igrace;
	__u32 flags, valid;
};
enum { INFO_BGRACE = 1, INFO_IGRACE = 2, INFO_FLAGS = 4 };

static __always_inline void put_quota_block(struct record *r, __u16 cmd, const void *at)
{
	struct quota_block q = {};

	if (cmd == QUOTA_GETQUOTA || cmd == QUOTA_SETQUOTA)
		bpf_probe_read_user(&q, QUOTA_BLOCK_SIZE, at);
	put_u64(r, q.valid & BLOCK_BLIMITS ? q.bhardlimit : 0);
	put_u64(r, q.valid & BLOCK_BLIMITS ? q.bsoftlimit : 0);
	put_u64(r, q.valid & BLOCK_SPACE ? q.curspace : 0);
	put_u64(r, q.valid & BLOCK_ILIMITS ? q.ihardlimit : 0);
	put_u64(r, q.valid & BLOCK_ILIMITS ? q.isoftlimit : 0);
	put_u64(r, q.valid & BLOCK_BTIME ? q.btime : 0);
	put_u64(r, q.valid & BLOCK_ITIME ? q.itime : 0);
}

static __always_inline void put_quota_info(struct record *r, __u16 cmd, const void *at)
{
	struct quota_info q = {};

	if (cmd == QUOTA_GETINFO || cmd == QUOTA_SETINFO)
		bpf_probe_read_user(&q, sizeof(q), at);
	put_u64(r, q.valid & INFO_BGRACE ? q.bgrace : 0);
	put_u64(r, q.valid & INFO_IGRACE ? q.igrace : 0);
	put_u8(r, q.valid & INFO_FLAGS ? q.flags : 0);
}

static __always_inline __u8 quota_format_out(__u16 cmd, const void *at)
{
	__u32 fmt = 0;

	if (cmd != QUOTA_GETFMT)
		return QUOTA_FMT_NOT_USED;
	bpf_probe_read_user(&fmt, sizeof(fmt), at);
	return value_quota_fmt(fmt);
}

/* Whether the third argument is a user or a group. */
static __always_inline bool quota_has_id(__u16 cmd)
{
	return cmd & (QUOTA_GETQUOTA | QUOTA_SETQUOTA | QUOTA_XGETQUOTA | QUOTA_XSETQLIM);
}

CALL(quotactl, QUOTACTL_X)
{
	__u16 cmd = value_quota_cmd(call_arg(c, 0));
	const void *at = (const void *)call_arg(c, 3);
	__u32 id = call_arg(c, 2);

	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 1));
	put_user_path(r, cmd == QUOTA_ON ? call_arg(c, 3) : 0);
	put_quota_block(r, cmd, at);
	put_quota_info(r, cmd, at);
	put_u8(r, quota_format_out(cmd, at));
	put_u16(r, cmd);
	put_u8(r, value_quota_type(call_arg(c, 0)));
	put_u32(r, quota_has_id(cmd) ? id : 0);
	put_u8(r, cmd == QUOTA_ON ? value_quota_fmt(id) : QUOTA_FMT_NOT_USED);
}

/* ---- modules ---- */

CALL(init_module, INIT_MODULE_X)
{
	__u64 n = call_arg(c, 1), keep = n < MODULE_IMAGE_MAX ? n : MODULE_IMAGE_MAX;

	barrier_var(keep); /* else the mask that the verifier wants to see is optimised away */
	put_s64(r, c->ret);
	put_user_bytes(r, (const void *)call_arg(c, 0), keep);
	put_u64(r, n);
	put_user_str(r, (const void *)call_arg(c, 2), MODULE_ARGS_MAX);
}

CALL(finit_module, FINIT_MODULE_X)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_user_str(r, (const void *)call_arg(c, 1), MODULE_ARGS_MAX);
	put_u32(r, flags_finit_module(call_arg(c, 2)));
}

CALL(delete_module, DELETE_MODULE_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, flags_delete_module(call_arg(c, 1)));
}
#endif
