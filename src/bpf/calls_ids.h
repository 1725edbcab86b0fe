/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who a process is: its users and groups, its session, its capabilities.
 *
 * The first calls of 32-bit machines know 16 bits of a user; their later forms and all others 32.
 * An event tells what the kernel made of the argument.
 */
#ifndef BPF_CALLS_IDS_H
#define BPF_CALLS_IDS_H
#include "bpf/call.h"
#include "bpf/task.h"

/* Numbers of the calls with 16 bits end before that of the first with 32, lchown32. */
#define FIRST_32BIT_ID 198

static __always_inline bool short_ids(const struct call *c)
{
	return c->compat && call_nr(c->regs) < FIRST_32BIT_ID;
}

static __always_inline __u32 call_id(const struct call *c, int i)
{
	__u32 id = call_arg(c, i);

	if (!short_ids(c))
		return id;
	id &= 0xffff;
	return id == 0xffff ? ~0u : id;
}

/* The id that argument i points to; 0 where it can not be read. */
static __always_inline void put_id_at(struct record *r, const struct call *c, int i)
{
	const void *at = (const void *)call_arg(c, i);
	__u32 id = 0;

	if (short_ids(c))
		bpf_probe_read_user(&id, 2, at);
	else
		bpf_probe_read_user(&id, sizeof(id), at);
	put_u32(r, id);
}

/* n ids that the call was given. */
#define CALL_SETS(name, TYPE, n)                                                                   \
	CALL_FIXED(name, TYPE, 8 + 4 * (n))                                                        \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		_Pragma("unroll") for (int i = 0; i < (n); i++) put_u32(r, call_id(c, i));         \
	}
CALL_SETS(setuid, SETUID_X, 1)
CALL_SETS(setgid, SETGID_X, 1)
CALL_SETS(setreuid, SETREUID_X, 2)
CALL_SETS(setregid, SETREGID_X, 2)
CALL_SETS(setresuid, SETRESUID_X, 3)
CALL_SETS(setresgid, SETRESGID_X, 3)

/* The id that the call returned. */
#define CALL_GETS(name, TYPE)                                                                      \
	CALL_FIXED(name, TYPE, 4)                                                                  \
	{                                                                                          \
		put_u32(r, c->ret);                                                                \
	}
CALL_GETS(getuid, GETUID_X)
CALL_GETS(geteuid, GETEUID_X)
CALL_GETS(getgid, GETGID_X)
CALL_GETS(getegid, GETEGID_X)

/* Three ids that the call wrote where it was told to. */
#define CALL_TELLS(name, TYPE)                                                                     \
	CALL_FIXED(name, TYPE, 20)                                                                 \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		put_id_at(r, c, 0);                                                                \
		put_id_at(r, c, 1);                                                                \
		put_id_at(r, c, 2);                                                                \
	}
CALL_TELLS(getresuid, GETRESUID_X)
CALL_TELLS(getresgid, GETRESGID_X)

CALL_FIXED(setsid, SETSID_X, 8)
{
	put_s64(r, c->ret);
}

CALL_FIXED(setpgid, SETPGID_X, 24)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_s64(r, call_fd(c, 1));
}

/* What the thread has afterwards, whether the call changed it or not. */
CALL_FIXED(capset, CAPSET_X, 32)
{
	put_s64(r, c->ret);
	put_caps(r, c->task);
}
#endif
