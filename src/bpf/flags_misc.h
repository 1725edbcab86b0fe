/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Values of the kernel's interface as event parameters have them (tables/flags.def): of memory,
 * processes, semaphores, quotas, modules.  Plain functions of numbers, so that the table can be
 * held against them outside of the kernel.
 */
#ifndef BPF_FLAGS_MISC_H
#define BPF_FLAGS_MISC_H
#include <linux/types.h>

/* `to` where the bit `from` of v is set. */
#define FLAG_IF(v, from, to) ((v) & (from) ? (to) : 0)

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* ---- memory ---- */

static __always_inline __u32 flags_prot(__u32 v)
{
	return (v & 0xf) | FLAG_IF(v, 0x01000000, 0x10) | FLAG_IF(v, 0x02000000, 0x20);
}

static __always_inline __u32 flags_mmap(__u32 v)
{
	__u32 ret = v & 0x3;

	ret |= FLAG_IF(v, 0x10, 0x4);	   /* FIXED */
	ret |= FLAG_IF(v, 0x20, 0x8);	   /* ANONYMOUS */
	ret |= FLAG_IF(v, 0x100, 0x200);   /* GROWSDOWN */
	ret |= FLAG_IF(v, 0x800, 0x400);   /* DENYWRITE */
	ret |= FLAG_IF(v, 0x1000, 0x800);  /* EXECUTABLE */
	ret |= FLAG_IF(v, 0x2000, 0x4000); /* LOCKED */
	ret |= FLAG_IF(v, 0x4000, 0x40);   /* NORESERVE */
	ret |= FLAG_IF(v, 0x8000, 0x80);   /* POPULATE */
	ret |= FLAG_IF(v, 0x10000, 0x100); /* NONBLOCK */
#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
	ret |= FLAG_IF(v, 0x40, 0x10); /* 32BIT */
#endif
	return ret;
}

static __always_inline __u32 flags_mlockall(__u32 v)
{
	return v & 0x7;
}

static __always_inline __u32 flags_mlock2(__u32 v)
{
	return v & 0x1;
}

/* ---- processes ---- */

static __always_inline __u32 flags_clone(__u64 v)
{
	__u32 ret = 0;

	ret |= FLAG_IF(v, 0x100, 0x8000);	  /* VM */
	ret |= FLAG_IF(v, 0x200, 0x2);		  /* FS */
	ret |= FLAG_IF(v, 0x400, 0x1);		  /* FILES */
	ret |= FLAG_IF(v, 0x800, 0x800);	  /* SIGHAND */
	ret |= FLAG_IF(v, 0x2000, 0x400);	  /* PTRACE */
	ret |= FLAG_IF(v, 0x4000, 0x8000000);	  /* VFORK */
	ret |= FLAG_IF(v, 0x8000, 0x100);	  /* PARENT */
	ret |= FLAG_IF(v, 0x10000, 0x2000);	  /* THREAD */
	ret |= FLAG_IF(v, 0x20000, 0x20);	  /* NEWNS */
	ret |= FLAG_IF(v, 0x40000, 0x1000);	  /* SYSVSEM */
	ret |= FLAG_IF(v, 0x80000, 0x2000000);	  /* SETTLS */
	ret |= FLAG_IF(v, 0x100000, 0x200);	  /* PARENT_SETTID */
	ret |= FLAG_IF(v, 0x200000, 0x800000);	  /* CHILD_CLEARTID */
	ret |= FLAG_IF(v, 0x800000, 0x4000);	  /* UNTRACED */
	ret |= FLAG_IF(v, 0x1000000, 0x1000000);  /* CHILD_SETTID */
	ret |= FLAG_IF(v, 0x2000000, 0x10000000); /* NEWCGROUP */
	ret |= FLAG_IF(v, 0x4000000, 0x80);	  /* NEWUTS */
	ret |= FLAG_IF(v, 0x8000000, 0x8);	  /* NEWIPC */
	ret |= FLAG_IF(v, 0x10000000, 0x100000);  /* NEWUSER */
	ret |= FLAG_IF(v, 0x20000000, 0x40);	  /* NEWPID */
	ret |= FLAG_IF(v, 0x40000000, 0x10);	  /* NEWNET */
	ret |= FLAG_IF(v, 0x80000000u, 0x4);	  /* IO */
	return ret;
}

static __always_inline __u8 value_rlimit(__u32 resource)
{
	return resource < 16 ? resource : 0xff;
}

static __always_inline __u16 flags_futex(__u32 op)
{
	__u16 command = op & 0x7f;

	return (command <= 12 ? command : 0) | (op & 0x180);
}

/* Requests of ptrace by their number, and those from 0x4200 on. */
static __always_inline __u16 value_ptrace(__u64 request)
{
	static const __u8 low[34] = {
		[0] = 1,
		[1] = 2,
		[2] = 3,
		[3] = 4,
		[4] = 5,
		[5] = 6,
		[6] = 7,
		[7] = 8,
		[8] = 9,
		[9] = 10,
		[16] = 11,
		[17] = 12,
		[24] = 13,
		[31] = 36,
		[32] = 37,
#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
		[12] = 26,
		[13] = 27,
		[14] = 28,
		[15] = 29,
		[18] = 30,
		[19] = 31,
		[21] = 32,
		[25] = 33,
		[26] = 34,
		[30] = 35,
		[33] = 38,
#endif
	};

	if (request < sizeof(low))
		return low[request];
	if (request >= 0x4200 && request <= 0x420b)
		return request - 0x4200 + 14;
	return 0;
}

/* ---- semaphores ---- */

static __always_inline __u32 flags_semget(__u32 v)
{
	return FLAG_IF(v, 01000, 0x2000) | FLAG_IF(v, 02000, 0x4000);
}

static __always_inline __u16 flags_semop(__u16 v)
{
	return FLAG_IF(v, 04000, 0x1) | FLAG_IF(v, 0x1000, 0x2);
}

static __always_inline __u16 value_semctl(__u32 cmd)
{
	static const __u16 sem[9] = {0x100, 0x200, 0x40, 0x80, 0x400, 0x1000, 0x800, 0x20, 0x10};

	if (cmd < 4)
		return 0x8124 >> 4 * cmd & 0xf;
	return cmd - 11 < 9 ? sem[cmd - 11] : 0;
}

/* ---- quotas: cmd is that of the call, with the type in its low byte ---- */

enum {
	QUOTA_ON = 0x1,
	QUOTA_GETFMT = 0x4,
	QUOTA_GETINFO = 0x8,
	QUOTA_SETINFO = 0x10,
	QUOTA_GETQUOTA = 0x20,
	QUOTA_SETQUOTA = 0x40,
	QUOTA_XGETQUOTA = 0x400,
	QUOTA_XSETQLIM = 0x800,
	QUOTA_FMT_NOT_USED = 0x1,
};

static __always_inline __u16 value_quota_cmd(__u32 cmd)
{
	static const __u8 generic[9] = {[1] = 0x80,
		[2] = 0x1,
		[3] = 0x2,
		[4] = 0x4,
		[5] = 0x8,
		[6] = 0x10,
		[7] = 0x20,
		[8] = 0x40};
	__u32 sub = cmd >> 8;

	if (sub - 0x800000 < 9)
		return generic[sub - 0x800000];
	if (sub - 0x5800 < 8)
		return 0x80u << (sub - 0x5800) & 0x7f00;
	return 0;
}

static __always_inline __u8 value_quota_type(__u32 cmd)
{
	return (cmd & 0xff) < 2 ? (cmd & 0xff) + 1 : 0;
}

static __always_inline __u8 value_quota_fmt(__u32 fmt)
{
	return fmt == 1 || fmt == 2 || fmt == 4 ? fmt << 1 : QUOTA_FMT_NOT_USED;
}

/* ---- modules ---- */

static __always_inline __u32 flags_finit_module(__u32 v)
{
	return v & 0x7;
}

static __always_inline __u32 flags_delete_module(__u32 v)
{
	return FLAG_IF(v, 04000, 0x2) | FLAG_IF(v, 01000, 0x1);
}
#endif
