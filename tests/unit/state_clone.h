/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the life of threads, with as much said as a test cares for. */
#ifndef TESTS_STATE_CLONE_H
#define TESTS_STATE_CLONE_H
#include "state_world.h"

struct clone_args {
	int64_t res, pid, ptid;
	uint32_t flags;
	int64_t vtid, vpid; /* 0: as on the host */
	const char *comm;
	const char *cgroups; /* one string */
};

static inline struct param text_param(const char *s)
{
	return (struct param){(const uint8_t *)s, s ? (uint32_t)strlen(s) + 1 : 0};
}

/* Exit of clone, clone3, fork or vfork by thread tid. */
static inline void emit_clone(
	struct world *w, uint16_t type, int64_t tid, const struct clone_args *a)
{
	const char *comm = a->comm ? a->comm : "proc";
	int64_t vtid = a->vtid ? a->vtid : tid, vpid = a->vpid ? a->vpid : a->pid;

	EMIT(w, tid, type, I64(a->res), S("/bin/proc"), B("-a\0b"), I64(tid), I64(a->pid),
		I64(a->ptid), S(""), I64(1024), U64(1), U64(2), U32(30), U32(20), U32(10),
		text_param(comm), text_param(a->cgroups), U32(a->flags), U32(7), U32(8), I64(vtid),
		I64(vpid), U64(5000));
}

/* Both sides of a clone, the caller's first. */
static inline void fork_child(struct world *w, int64_t tid, int64_t child, uint32_t flags)
{
	struct thread *t = state_thread(w->s, tid);
	bool thread = flags & CL_THREAD;

	emit_clone(w, EV_CLONE_X, tid,
		&(struct clone_args){.res = child, .pid = t->pid, .ptid = t->ptid, .flags = flags});
	emit_clone(w, EV_CLONE_X, child,
		&(struct clone_args){.res = 0,
			.pid = thread ? t->pid : child,
			.ptid = thread ? t->ptid : tid,
			.flags = flags});
}

#define CL_PTHREAD (CL_THREAD | CL_VM | CL_FS | CL_FILES | CL_SIGHAND)

/* A successful execve of thread tid. */
static inline void emit_exec(
	struct world *w, int64_t tid, int64_t ptid, const char *comm, const char *path)
{
	EMIT(w, tid, EV_EXECVE_X, I64(0), text_param(comm), B("x\0y z\0"), I64(tid), I64(tid),
		I64(ptid), S(""), U64(512), U64(3), U64(4), U32(300), U32(200), U32(100),
		text_param(comm), B("cpu_cgroup=/a\0mem=/b\0io=/c\0"), B("PATH=/bin\0A=b\0"),
		U32(34816), I64(77), U32(1000), U32(5), U64(1), U64(2), U64(3), U64(99), U64(1111),
		U64(2222), U32(33), text_param(path), I64(76), U32(44));
}

/* The end of a thread. reaper: -1 not told. */
static inline void emit_exit(struct world *w, int64_t tid, int64_t reaper)
{
	EMIT(w, tid, EV_PROCEXIT_E, I64(0), I64(0), U8(0), U8(0), I64(reaper));
}

/* Something that changes nothing: what the event before left for later happens. */
static inline void emit_nothing(struct world *w)
{
	EMIT(w, 1, EV_GETUID_X, U32(0));
}

static inline void assert_text(const struct istr *i, const char *want)
{
	assert_string_equal(i ? i->s : "", want);
}
#endif
