/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The maps and variables of the probe, and how a program gets at those of its processor. */
#ifndef BPF_MAPS_H
#define BPF_MAPS_H
#include "bpf/kernel.h"
#include "bpf/shared.h"

/* ---- set before loading: the verifier knows them, what they rule out costs nothing ---- */

const volatile __u64 probe_boot_time;	 /* ns since the epoch at which the boot clock was 0 */
const volatile __u32 probe_scope;	 /* enum probe_scope */
const volatile __u64 probe_scope_cgroup; /* its id, and how deep it lies */
const volatile __u32 probe_scope_level;
const volatile __u32 probe_self;	    /* our own process: nothing is made of what it does */
const volatile __u8 probe_per_call;	    /* attached to calls one by one, not to all of them */
const volatile __u8 probe_copies_regs;	    /* functions do not describe what they get first */
const volatile __u64 probe_bulk_limit;	    /* bytes of a ring that bulk events may fill */
const volatile __u64 probe_bulk_step;	    /* and that one processor takes of it at a time */
const volatile __u32 probe_page_shift = 12; /* the kernel's pages are 1 << this many bytes */
/* Codes of system calls by number. */
const volatile __u16 probe_code_native[PROBE_MAX_NR], probe_code_compat[PROBE_MAX_NR];
/* Types that carry state: they may use all of a ring. */
const volatile __u8 probe_state_type[PROBE_MAX_TYPE];

/* ---- may change while programs run ---- */

__u8 probe_wanted_nr[PROBE_MAX_NR];	/* WANTED_... by number */
__u8 probe_wanted_code[PROBE_MAX_CODE]; /* by code */
__u32 probe_snaplen;			/* bytes of data that are kept */
__u8 probe_drop_failed;			/* calls that failed are nobody's business */
__u8 probe_resolve;			/* opens also tell what they resolved to */
__u8 probe_scope_by_number;		/* SCOPE_TASKS: probe_scope_pids counts as well */
__u8 probe_scope_unmarked;		/* a task could not be marked, and is in there */

/* ---- maps ---- */

#define SCRATCH_PARTS 64 /* a power of two */

/* Where records of unknown size are put together: room for the longest, and for the store beyond.
 */
struct scratch {
	__u64 owner;		    /* who is at it, 0: nobody */
	volatile __u32 pos;	    /* where the next parameter begins */
	__u64 parts[SCRATCH_PARTS]; /* of a path, from its end: where their names are */
	struct walk {
		struct dentry *dentry, *parent, *root;
		struct mount *mnt, *above;
		__u32 n; /* parts that were noted */
	} walk;
	__u8 bytes[2 * 65536];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* PROBE_SCRATCHES for each processor */
	__type(key, __u32);
	__type(value, struct scratch);
} probe_scratches SEC(".maps");

/* What calls were told (told.h), by the number of the task. */
#define TOLD_PLACES 1024 /* a power of two */
#define TOLD_TEXT 224	 /* bytes of a text with its NUL are less: longer ones are not kept */

struct told {
	__u64 owner; /* OWNED_BY(), 0: nobody */
	__u64 from;  /* where the text was */
	volatile __u32 users;
	__u32 code; /* of the call */
	__u32 compat;
	__u32 len; /* with the NUL */
	__u64 text[TOLD_TEXT / 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TOLD_PLACES);
	__type(key, __u32);
	__type(value, struct told);
} probe_told SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct probe_counters);
} probe_counters SEC(".maps");

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* The ring of each processor; several may share one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct ring);
} probe_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct probe_group);
	__type(value, __u64);
} probe_drops_by_group SEC(".maps");

/* SCOPE_TASKS: the marks. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u8);
} probe_scope_tasks SEC(".maps");

/* Processes by number: when, by the boot clock, they had started at the latest. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} probe_scope_pids SEC(".maps");

/* Where the dispatcher goes on, by code of the system call. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PROBE_MAX_CODE);
	__type(key, __u32);
	__type(value, __u32);
} probe_calls SEC(".maps");

/*
 * Whether members of the task that runs can be loaded as they are, from bpf_get_current_task_btf()
 * (Linux 5.11): a helper that reads memory of the kernel costs more than all else that is done
 * about an ordinary call.
 */
#define TASK_LOADS bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)

/*
 * Kernels that know this helper (6.2) have bpf_rdonly_cast() as well: what an address points to is
 * loaded as it is, or is 0 where there is no memory.
 */
enum bpf_func_id___6_2 { BPF_FUNC_cgrp_storage_get___6_2 = 210 };
#define CAST_LOADS                                                                                 \
	bpf_core_enum_value_exists(enum bpf_func_id___6_2, BPF_FUNC_cgrp_storage_get___6_2)
extern void *bpf_rdonly_cast(const void *obj, __u32 type) __ksym __weak;

/* BPF_CORE_READ(), by loads where the kernel can. */
#define PEEK(from, ...)                                                                            \
	({                                                                                         \
		___type(from, __VA_ARGS__) peeked;                                                 \
		if (CAST_LOADS) {                                                                  \
			typeof(from) cast =                                                        \
				bpf_rdonly_cast(from, bpf_core_type_id_kernel(typeof(*(from))));   \
			peeked = ___arrow(cast, __VA_ARGS__);                                      \
		} else {                                                                           \
			peeked = BPF_CORE_READ(from, __VA_ARGS__);                                 \
		}                                                                                  \
		peeked;                                                                            \
	})

/*
 * A member of 8 bytes (task->mm), by a load where the kernel can. It is a number to the verifier
 * even if it is an address, so it may be added to, and handed to functions of their own.
 */
#define PEEK_NUMBER(member)                                                                        \
	({                                                                                         \
		__u64 number;                                                                      \
		if (CAST_LOADS) {                                                                  \
			struct timespec64 *cast = bpf_rdonly_cast(                                 \
				&(member), bpf_core_type_id_kernel(struct timespec64));            \
			number = cast->tv_sec;                                                     \
		} else {                                                                           \
			bpf_core_read(&number, sizeof(number), &(member));                         \
		}                                                                                  \
		(typeof(member))number;                                                            \
	})

/*
 * Who runs. To call a helper costs more than all that is done with the answer, so this is asked
 * once and handed on.
 */
struct runner {
	struct task_struct *task;
	__u64 ids; /* as of bpf_get_current_pid_tgid() */
};

static __always_inline struct runner runner_now(void)
{
	struct runner who;

	if (TASK_LOADS) {
		struct task_struct *task = bpf_get_current_task_btf();

		who.task = task;
		who.ids = (__u64)(__u32)task->tgid << 32 | (__u32)task->pid;
	} else {
		who.task = (struct task_struct *)bpf_get_current_task();
		who.ids = bpf_get_current_pid_tgid();
	}
	return who;
}

static __always_inline __u64 current_ids(void)
{
	if (TASK_LOADS) {
		struct task_struct *task = bpf_get_current_task_btf();

		return (__u64)(__u32)task->tgid << 32 | (__u32)task->pid;
	}
	return bpf_get_current_pid_tgid();
}

static __always_inline struct probe_counters *counters_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&probe_counters, &zero);
}

static __always_inline void *ring_here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&probe_rings, &cpu);
}

static __always_inline __u32 current_pgid(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, signal, pids[2], numbers[0].nr);
}

/* Of a task, also of the idle one, whose numbers are 0. */
#define OWNED_BY(ids) ((ids) + 1)

/*
 * A place to put a record together, 0 if there is none.  Two programs on one processor may both
 * believe to have it, if one interrupted the other right here: then the owner tells which one lost.
 */
static __always_inline struct scratch *scratch_take(__u64 ids, __u32 *ret_slot)
{
	__u32 at = bpf_get_smp_processor_id() * PROBE_SCRATCHES;
	struct scratch *s = bpf_map_lookup_elem(&probe_scratches, &at);

	if (s && s->owner) {
		at++;
		s = bpf_map_lookup_elem(&probe_scratches, &at);
	}
	if (!s || s->owner)
		return 0;
	s->owner = OWNED_BY(ids);
	*ret_slot = at;
	return s;
}

static __always_inline bool scratch_ours(const struct scratch *s, __u64 ids)
{
	return s->owner == OWNED_BY(ids);
}

static __always_inline void scratch_release(struct scratch *s)
{
	s->owner = 0;
}
#endif
