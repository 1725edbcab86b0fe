/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small machine for tests of the state: processes 100 (in /home/u, child of 1) and 1, to which
 * tests send events as a source would.
 */
#ifndef TESTS_STATE_WORLD_H
#define TESTS_STATE_WORLD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "state/state.h"

struct world {
	struct state *s;
	struct machine_sink sink;
	struct arena arena;
	struct event ev;
	struct event_ctx ctx; /* of the last event */
	uint64_t ts, num;
	uint8_t rec[70000];
};

/* Parameters of an event, by the width that its table has. */
#define I64(x)                                                                                     \
	{                                                                                          \
		(const uint8_t *)&(int64_t){x}, 8                                                  \
	}
#define U64(x)                                                                                     \
	{                                                                                          \
		(const uint8_t *)&(uint64_t){x}, 8                                                 \
	}
#define U32(x)                                                                                     \
	{                                                                                          \
		(const uint8_t *)&(uint32_t){x}, 4                                                 \
	}
#define U16(x)                                                                                     \
	{                                                                                          \
		(const uint8_t *)&(uint16_t){x}, 2                                                 \
	}
#define U8(x)                                                                                      \
	{                                                                                          \
		(const uint8_t *)&(uint8_t){x}, 1                                                  \
	}
#define S(x)                                                                                       \
	{                                                                                          \
		(const uint8_t *)(x), sizeof(x)                                                    \
	}
#define B(x)                                                                                       \
	{                                                                                          \
		(const uint8_t *)(x), sizeof(x) - 1                                                \
	}
#define NONE                                                                                       \
	{                                                                                          \
		NULL, 0                                                                            \
	}

/* Applies an event of thread tid; its context is in w->ctx. */
#define EMIT(w, tid, type, ...)                                                                    \
	world_emit(w, tid, type, (const struct param[]){__VA_ARGS__},                              \
		sizeof((const struct param[]){__VA_ARGS__}) / sizeof(struct param))

static inline void world_emit(
	struct world *w, int64_t tid, uint16_t type, const struct param *params, unsigned n)
{
	size_t len = event_encode(w->rec, ++w->ts, tid, type, params, n);

	assert_int_equal(event_view(&w->ev, w->rec, len), 0);
	w->ev.num = ++w->num;
	arena_reset(&w->arena);
	w->ctx = (struct event_ctx){.arena = &w->arena};
	state_apply(w->s, &w->ev, &w->ctx);
}

static inline void world_add_proc(struct world *w, int64_t pid, int64_t ptid, const char *cwd)
{
	struct machine_proc p = {
		.tid = pid,
		.pid = pid,
		.ptid = ptid,
		.vtid = pid,
		.vpid = pid,
		.sid = pid,
		.vpgid = pid,
		.pgid = pid,
		.comm = STR("proc"),
		.exe = STR("/bin/proc"),
		.exepath = STR("/bin/proc"),
		.root = STR("/"),
		.cwd = str_c(cwd),
		.args = STR(""),
		.env = STR(""),
		.cgroups = STR(""),
		.loginuid = UINT32_MAX,
	};

	w->sink.proc(w->sink.arg, &p);
}

static inline void world_init(struct world *w, const struct state_config *config)
{
	memset(w, 0, sizeof(*w));
	w->s = state_new(config);
	w->sink = state_sink(w->s);
	w->ts = 1700000000000000000;
	arena_init(&w->arena, 0);
	w->sink.reset(w->sink.arg);
	world_add_proc(w, 1, 0, "/");
	world_add_proc(w, 100, 1, "/home/u/");
}

/* Lists are in; events may come. */
static inline void world_ready(struct world *w)
{
	w->sink.ready(w->sink.arg);
}

static inline void world_done(struct world *w)
{
	state_free(w->s);
	arena_done(&w->arena);
	assert_int_equal(istr_count(), 0);
}

/* The descriptor of a process. */
static inline struct fd *world_fd(struct world *w, int64_t pid, int64_t num)
{
	return thread_fd(state_thread(w->s, pid), num);
}

static inline void assert_fd_name(struct world *w, int64_t pid, int64_t num, const char *name)
{
	struct fd *fd = world_fd(w, pid, num);
	char got[2048];

	assert_non_null(fd);
	snprintf(got, sizeof(got), "%.*s", STR_ARG(fd_name(fd)));
	assert_string_equal(got, name);
}

/* clone(2) of a process as the caller sees it. */
static inline void world_fork(struct world *w, int64_t pid, int64_t child)
{
	EMIT(w, pid, EV_CLONE_X, I64(child), S("/bin/proc"), S(""), I64(pid), I64(pid), I64(1),
		S(""), I64(1024), U64(0), U64(0), U32(0), U32(0), U32(0), S("proc"), S(""), U32(0),
		U32(0), U32(0), I64(pid), I64(pid));
}

/* ---- a world as cmocka's state ---- */

static inline int world_setup(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	world_init(w, &(struct state_config){0});
	world_ready(w);
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	world_done(*state);
	free(*state);
	return 0;
}

#define world_test(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

/* ---- events that most tests need ---- */

static inline void world_open(struct world *w, int64_t tid, int64_t num, uint32_t flags)
{
	EMIT(w, tid, EV_OPENAT_X, I64(num), I64(-100), S("/etc/passwd"), U32(flags), U32(0), U32(7),
		U64(42));
}

static inline void world_close(struct world *w, int64_t tid, int64_t num)
{
	EMIT(w, tid, EV_CLOSE_X, I64(0), I64(num));
}

/* Something that changes nothing: what the event before left for later happens. */
static inline void world_next(struct world *w)
{
	EMIT(w, 1, EV_GETUID_X, U32(0));
}

#endif
