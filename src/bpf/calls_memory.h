/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Memory of a process: mapped, protected, locked. */
#ifndef BPF_CALLS_MEMORY_H
#define BPF_CALLS_MEMORY_H
#include "bpf/call.h"
#include "bpf/flags_misc.h"
#include "bpf/task.h"

/* Numbers of mmap on i386: the first takes its arguments in memory, the second an offset in pages.
 */
#define NR_I386_MMAP 90
#define NR_I386_MMAP2 192
#define I386_PAGE_SHIFT 12

/* vm_size, vm_rss, vm_swap of the process. */
static __always_inline void put_own_memory(struct record *r, const struct call *c)
{
	struct task_struct *task = c->task;

	put_memory(r, BPF_CORE_READ(task, mm));
}

CALL_FIXED(brk, BRK_X, 28)
{
	put_u64(r, c->ret);
	put_own_memory(r, c);
	put_u64(r, call_arg(c, 0));
}

struct mmap_args {
	__u64 addr, length, offset;
	__u32 prot, flags;
	__s32 fd;
};

static __always_inline void read_mmap_i386(struct mmap_args *a, const struct call *c)
{
	__u32 args[6] = {};

	bpf_probe_read_user(args, sizeof(args), (const void *)call_arg(c, 0));
	a->addr = args[0];
	a->length = args[1];
	a->prot = args[2];
	a->flags = args[3];
	a->fd = args[4];
	a->offset = args[5];
}

static __always_inline void read_mmap(struct mmap_args *a, const struct call *c)
{
	a->addr = call_arg(c, 0);
	a->length = call_arg(c, 1);
	a->prot = call_arg(c, 2);
	a->flags = call_arg(c, 3);
	a->fd = call_arg(c, 4);
	a->offset = call_arg(c, 5);
}

CALL_FIXED(mmap, MMAP_X, 60)
{
	struct mmap_args a;

	if (c->compat && call_nr(c->regs) == NR_I386_MMAP)
		read_mmap_i386(&a, c);
	else
		read_mmap(&a, c);
	if (c->compat && call_nr(c->regs) == NR_I386_MMAP2)
		a.offset <<= I386_PAGE_SHIFT;
	put_s64(r, c->ret);
	put_own_memory(r, c);
	put_u64(r, a.addr);
	put_u64(r, a.length);
	put_u32(r, flags_prot(a.prot));
	put_u32(r, flags_mmap(a.flags));
	put_s64(r, a.fd);
	put_u64(r, a.offset);
}

CALL_FIXED(munmap, MUNMAP_X, 36)
{
	put_s64(r, c->ret);
	put_own_memory(r, c);
	put_u64(r, call_arg(c, 0));
	put_u64(r, call_arg(c, 1));
}

CALL_FIXED(mprotect, MPROTECT_X, 28)
{
	put_s64(r, c->ret);
	put_u64(r, call_arg(c, 0));
	put_u64(r, call_arg(c, 1));
	put_u32(r, flags_prot(call_arg(c, 2)));
}

#define CALL_LOCKS(name, TYPE)                                                                     \
	CALL_FIXED(name, TYPE, 24)                                                                 \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		put_u64(r, call_arg(c, 0));                                                        \
		put_u64(r, call_arg(c, 1));                                                        \
	}
CALL_LOCKS(mlock, MLOCK_X)
CALL_LOCKS(munlock, MUNLOCK_X)

CALL_FIXED(mlock2, MLOCK2_X, 28)
{
	put_s64(r, c->ret);
	put_u64(r, call_arg(c, 0));
	put_u64(r, call_arg(c, 1));
	put_u32(r, flags_mlock2(call_arg(c, 2)));
}

CALL_FIXED(mlockall, MLOCKALL_X, 12)
{
	put_s64(r, c->ret);
	put_u32(r, flags_mlockall(call_arg(c, 0)));
}

CALL_FIXED(munlockall, MUNLOCKALL_X, 8)
{
	put_s64(r, c->ret);
}
#endif
