/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder share and nobody else sees: the state itself, the table of event
 * handlers, and what the process half (state.c, threads.c, proc_*.c, users.c, containers.c) and the
 * descriptor half (fds.c, fd_*.c, ifaces.c) ask of each other.
 */
#ifndef STATE_INTERNAL_H
#define STATE_INTERNAL_H
#include "base/buf.h"
#include "base/mem.h"
#include "state/state.h"

struct fd_state;
struct user_state;
struct container_state;
struct kept_enter;

/*
 * Applies one event; ctx->ev is decoded, ctx->thread is NULL when the thread is not in the table
 * (and the type is one of those that make no placeholder), ctx->fd is what fds_locate() found.
 */
typedef void (*apply_fn)(struct state *s, struct event_ctx *ctx);

struct apply_row {
	uint16_t type; /* enum event_type */
	apply_fn fn;   /* NULL ends a table */
};

extern const struct apply_row fd_apply_rows[];
extern const struct apply_row clone_apply_rows[];
extern const struct apply_row exec_apply_rows[];
extern const struct apply_row proc_apply_rows[];
extern const struct apply_row user_apply_rows[];
extern const struct apply_row container_apply_rows[];
extern const struct apply_row iter_apply_rows[];

#define RECENT_EXITS 1024 /* a power of two */

struct recent_exit {
	int64_t tid, ptid;
	uint64_t ts;
};

struct state {
	struct state_config config; /* defaults filled in */
	struct state_stats stats;   /* bytes: without the string pool's */
	struct machine_info machine;
	struct istr *hostname; /* owns machine.hostname */

	struct imap threads;      /* tid -> struct thread */
	struct imap groups;       /* pid -> struct group */
	struct thread *last;      /* the thread of the last look-up, in the table, or NULL */
	int64_t exited;           /* tid to remove before the next event, -1 none */
	struct recent_exit recent[RECENT_EXITS]; /* by hash of tid */
	void (*on_thread_gone)(struct thread *t);
	size_t evict_at;          /* slot of threads where the search for cold ones goes on */
	struct kept_enter *spare_enters;
	struct istr *na, *empty;  /* "<NA>" and "" */

	struct fd_state *fds;     /* of the descriptor half */
	struct user_state *users;
	struct container_state *containers;
	apply_fn apply[EV_MAX];
};

/* ---- offered by the descriptor half ---- */

/* Its part of a state: pending closes, interfaces. reset: as if new. */
struct fd_state *fd_state_new(struct state *s);
void fd_state_reset(struct state *s);
void fd_state_free(struct state *s);
/* Does what the event before left for now: closes that had to wait until rules saw them. */
void fds_begin_event(struct state *s);
/* Fills ctx->fd and ctx->fd_num for an EF_USES_FD event whose thread is known. */
void fds_locate(struct state *s, struct event_ctx *ctx);

/*
 * A process's descriptors. Reference counted and copied on write: fork shares the table, the first
 * change on either side makes its own. group->fds is one reference; NULL stands for an empty table.
 */
struct fd_table *fd_table_ref(struct fd_table *t);
void fd_table_put(struct state *s, struct fd_table *t);
/* What fork gives the child: the same content, marked FDF_IS_CLONED, changing independently. */
struct fd_table *fd_table_fork(struct state *s, struct fd_table *t);
/* Drops close-on-exec descriptors of g. */
void fd_table_close_on_exec(struct state *s, struct group *g);
/* A descriptor or interface of a source's list. */
void state_add_fd(struct state *s, const struct machine_fd *f);
void state_add_iface(struct state *s, const struct machine_iface *i);
void state_dump_fds(const struct state *s, const struct machine_sink *out);
void state_dump_ifaces(const struct state *s, const struct machine_sink *out);

/* ---- offered by the process half ---- */

/* Accounts for n bytes (may be negative) of threads or descriptors. */
static inline void state_charge(struct state *s, ptrdiff_t n)
{
	s->stats.bytes += (uint64_t)n;
}

/*
 * Whether need more bytes fit the budget; evicts cold threads to make room, never `keep`.
 * False: refuse the addition and count it.
 */
bool state_room(struct state *s, size_t need, const struct thread *keep);
/* The folder relative paths start from, ends in "/"; "" when unknown. */
struct str thread_cwd(const struct thread *t);
/* Sets the process's folder to an absolute path, adding the slash at the end. */
void group_set_cwd(struct state *s, struct thread *t, struct str path);

/*
 * Enter events: what a program passed before the kernel read it. Kept (up to KEPT_ENTER_MAX bytes)
 * until the thread's next exit event, for which enter_of() gives it back, decoded, when the types
 * match. It points into memory of the thread, valid until the next state_apply().
 */
#define KEPT_ENTER_MAX 4096
void enter_keep(struct state *s, struct event_ctx *ctx);
bool enter_of(const struct event_ctx *ctx, struct event *ret);

/* ---- threads.c, for the other files of the process half ---- */

/* Adds a thread made by thread_new(): group, parent, stats. NULL when refused (t is freed). */
struct thread *thread_new(struct state *s, int64_t tid);
#endif
