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

/* state_absorb() of an event of thread t with result res. */
typedef bool (*absorb_fn)(
	struct state *s, struct thread *t, const struct event_header *h, int64_t res);

/* What an event of some type means to the state: all that is to be known before it is applied. */
struct type_row {
	apply_fn apply;	  /* NULL: it changes nothing */
	absorb_fn absorb; /* NULL: it always goes the usual way */
	int8_t fd_param;  /* index of the descriptor that it uses, -1: none */
	uint8_t finding;  /* how its thread is found (state.c) */
};

/* What the event before left to be done, or somebody wants to be done, when the next begins. */
enum pending {
	PENDING_CLOSE = 1 << 0,	 /* of state.closing */
	PENDING_EXIT = 1 << 1,	 /* of state.exited */
	PENDING_ROOM = 1 << 2,	 /* little of the budget is left */
	PENDING_START = 1 << 3,	 /* there was no event yet but metaevents */
	PENDING_LIVE = 1 << 4,	 /* always: to look for what nobody tells us */
	PENDING_LINGER = 1 << 5, /* somebody of state.lingering */
	PENDING_SETTLED = PENDING_CLOSE | PENDING_EXIT, /* by state_settle() */
};

extern const struct apply_row fd_apply_rows[];
extern const struct apply_row clone_apply_rows[];
extern const struct apply_row exec_apply_rows[];
extern const struct apply_row proc_apply_rows[];
extern const struct apply_row user_apply_rows[];
extern const struct apply_row container_apply_rows[];

#define RECENT_EXITS 8192 /* a power of two */

struct recent_exit {
	int64_t tid, ptid;
	uint64_t ts;
};

/* Ended threads that are kept for a while, first come first: see thread_end(). */
#define LINGERING_MAX 64

struct lingering {
	struct {
		int64_t tid;
		uint64_t until;
	} of[LINGERING_MAX];
	uint32_t first, n;
};

struct state {
	struct state_config config; /* defaults filled in */
	struct state_stats stats;   /* fds is not kept; bytes: without the string pool's */
	struct machine_info machine;
	struct istr *hostname; /* owns machine.hostname */

	struct imap threads;	    /* tid -> struct thread */
	struct imap groups;	    /* pid -> struct group */
	struct thread *last;	    /* the thread of the last event, in the table, or NULL */
	uint32_t pending;	    /* enum pending */
	int64_t exited;		    /* tid of a thread that has ended */
	struct recent_exit *recent; /* by the low bits of tid; NULL: there are none */
	struct lingering lingering;
	uint64_t now;		   /* time of the event being applied */
	uint64_t first_ts;	   /* of the first event that is no metaevent, 0 before it */
	uint64_t purge_at;	   /* when to look for threads that ended unseen (live) */
	uint32_t version;	   /* the last one given to a thread */
	uint32_t epoch;		   /* state_epoch() */
	bool listing;		   /* between reset() and ready(): relations are built at the end */
	VEC(struct thread *) todo; /* work list of thread_touch() */
	void (*on_thread_gone)(struct thread *t);
	bool (*on_missing)(void *arg, int64_t tid, const struct machine_sink *sink);
	void *on_missing_arg;
	bool (*on_missing_fd)(void *arg, int64_t tid, int64_t num, const struct machine_sink *sink);
	void *on_missing_fd_arg;
	size_t roomy;	 /* bytes held up to which nothing needs to be evicted */
	size_t evict_at; /* slot of threads where the search for cold ones goes on */
	struct kept_enter *spare_enters;
	struct istr *shown_name;	   /* state_show_name(), a reference */
	struct istr *na, *empty;	   /* "<NA>" and "" */
	struct buf scratch;		   /* for texts made on the way */
	struct cgroups_memo *cgroups_memo; /* facts.c */

	struct fd_state *fds; /* of the descriptor half */
	struct {
		int64_t tid, num;
	} closing; /* descriptor that was closed */
	struct user_state *users;
	struct container_state *containers;
	struct type_row types[EV_MAX];
};

/* ---- offered by the descriptor half ---- */

/* Its part of a state: pending closes, interfaces. reset: as if new. */
struct fd_state *fd_state_new(struct state *s);
void fd_state_reset(struct state *s);
void fd_state_free(struct state *s);
/* Does what the event before left for now: closes that had to wait until rules saw them. */
void fds_close_now(struct state *s);

/* ---- state.c and absorb.c ---- */

/* Removes what the event before left for rules to see. */
void state_settle(struct state *s);
/* How events of this type may be absorbed; NULL: not at all. */
absorb_fn absorber(uint16_t type);

/*
 * A process's descriptors. Reference counted and copied on write: fork shares the table, the first
 * change on either side makes its own. group->fds is one reference; NULL stands for an empty table.
 */
void fd_table_put(struct state *s, struct fd_table *t);
/* What fork gives the child: the same content, changing independently. */
struct fd_table *fd_table_fork(struct state *s, struct fd_table *t);
/* Drops close-on-exec descriptors of g. */
void fd_table_close_on_exec(struct state *s, struct group *g);
/* A descriptor or interface of a source's list. */
void state_add_fd(struct state *s, const struct machine_fd *f);
void state_add_iface(struct state *s, const struct machine_iface *i);
/* All lists are in: gives sockets of lists their roles and what addresses they lack. */
void fds_ready(struct state *s);
void state_dump_fds(const struct state *s, const struct machine_sink *out);
void state_dump_ifaces(const struct state *s, const struct machine_sink *out);

/* ---- offered by the process half ---- */

/* Accounts for n bytes (may be negative) of threads or descriptors. */
static inline void state_charge(struct state *s, ptrdiff_t n)
{
	s->stats.bytes += (uint64_t)n;
}

bool state_room_left(struct state *s, size_t need); /* for state_room() alone */

/* All that counts for the budget. */
static inline size_t state_held(const struct state *s)
{
	return s->stats.bytes + istr_bytes() +
	       (s->threads.cap + s->groups.cap) * sizeof(struct imap_slot);
}

/* Whether they fit by far. */
static inline bool state_roomy(const struct state *s, size_t need)
{
	return state_held(s) + need <= s->roomy;
}

/*
 * Whether need more bytes fit the budget; false: refuse the addition and count it.  Nothing is
 * evicted here, so no pointer becomes stale: when little is left, room is made at the start of the
 * next event.
 */
static inline bool state_room(struct state *s, size_t need)
{
	return state_roomy(s, need) || state_room_left(s, need);
}

/* Where t's relative paths start from now on: an absolute path; adds the slash at the end. */
void thread_set_cwd(struct state *s, struct thread *t, struct str path);

/*
 * Enter events: what a program passed before the kernel read it. Kept (up to KEPT_ENTER_MAX bytes)
 * until the thread's next exit event, for which enter_of() gives it back, decoded, when the types
 * match. It points into memory of the thread, valid until the next state_apply().
 */
#define KEPT_ENTER_MAX 4096
void enter_keep(struct state *s, struct event_ctx *ctx);
bool enter_view(const struct event_ctx *ctx, struct event *ret); /* for enter_of() alone */
static inline bool enter_of(const struct event_ctx *ctx, struct event *ret)
{
	return ctx->thread && ctx->thread->enter && enter_view(ctx, ret);
}

/* ---- threads.c, for the other files of the process half ---- */

/* A thread with nothing known but tid, in no table; goes to thread_add() or thread_drop(). */
struct thread *thread_new(struct state *s, int64_t tid);
void thread_drop(struct state *s, struct thread *t);
/*
 * Puts t into the table and its group (a placeholder into one of its own), links it to its parent
 * (not while listing). NULL when the table is full: t is freed and the refusal counted.
 */
struct thread *thread_add(struct state *s, struct thread *t);
/* Makes a member of its process of a placeholder whose pid and ptid became known. */
void thread_settle(struct state *s, struct thread *t);
/* Links t to the thread that ptid names; ptid becomes 0 when that is not in the table. */
void thread_link_parent(struct state *s, struct thread *t);
void thread_unlink_parent(struct thread *t);
/* Gives t's children to the reaper that the kernel named, or would choose. */
void threads_reparent(struct state *s, struct thread *t);
/* thread_touch() for all threads of a process. */
void group_touch(struct state *s, struct group *g);
/* Removes cold processes until the budget is kept with something to spare. */
void threads_make_room(struct state *s);
/* Gives back the buffer of a kept enter event. */
void enter_drop(struct state *s, struct thread *t);
/* Frees the buffers not in use. */
void enters_free(struct state *s);
/* Takes t out as the kernel does: children go to a reaper, a leader waits for its threads. */
void thread_remove(struct state *s, struct thread *t);
/*
 * Removes t, whose exit rules have seen, or keeps it for a second if a child of its has yet to tell
 * of itself: a process in a pid namespace that forks and ends at once, as daemons do, is gone when
 * the child has its first turn, and nobody else knows what the child has inherited.
 */
void thread_end(struct state *s, struct thread *t);
/* Removes those kept whose children have come, or who have waited long enough. */
void threads_end_lingering(struct state *s);
/* t, now ended, stays until the next event. */
void thread_set_dead(struct thread *t);
void thread_revive(struct thread *t);
/* The thread in the table, or a placeholder made for it (or fetched); NULL when refused. */
struct thread *thread_get(struct state *s, int64_t tid);
void threads_clear(struct state *s);
/* Live: forgets placeholders, and threads long silent that have ended unseen. */
void threads_purge(struct state *s);
void thread_set_env(struct state *s, struct thread *t, struct str env);
/* t no longer shares its folder with other processes or with its process's threads. */
void thread_unshare_cwd(struct state *s, struct thread *t);
void group_share_cwd(struct group *g, struct group *with);
/* Whether t is known to be in a pid namespace below the host's. */
static inline bool thread_nested(const struct thread *t)
{
	return (t->flags & CL_CHILD_IN_PIDNS) || (t->tid != t->vtid && t->vtid >= 0);
}

static inline bool thread_is_leader(const struct thread *t)
{
	return t->tid == t->pid;
}

/* A new version of t alone: for facts that other threads' fields do not show. */
static inline void thread_bump(struct state *s, struct thread *t)
{
	t->version = ++s->version;
}

/* ---- facts as events carry them (facts.c) ---- */

/* Text of parameter i: "<NA>" when it is absent. */
static inline struct str param_text_na(const struct event *ev, unsigned i)
{
	struct str text = event_str(ev, i);

	return text.p ? text : STR("<NA>");
}

static inline bool param_given(const struct event *ev, unsigned i)
{
	return event_param(ev, i).n > 0;
}

/* The list of strings in b in the form that threads keep; valid until the next call. */
struct str strings_norm(struct state *s, struct str b);
/* t->cgroups from the list in b, subsystems named as fields show them, and the container in it. */
void thread_set_cgroups(struct state *s, struct thread *t, struct str b);
void cgroups_memo_free(struct state *s);
/* Sets exepath without a " (deleted)" at the end. */
void thread_set_exepath(struct thread *t, struct str path);

/* ---- users.c, containers.c ---- */

struct user_state *user_state_new(void);
void user_state_free(struct user_state *u);
void users_reset(struct state *s);
/* Makes sure that the thread's user and group can be named: asks the system when live. */
void users_note(struct state *s, const struct thread *t);
void state_add_user(struct state *s, const struct machine_user *u);
void users_forget_container(struct state *s, struct str container_id);
void state_dump_users(const struct state *s, const struct machine_sink *out);

struct container_state *container_state_new(void);
void container_state_free(struct container_state *c);
void containers_reset(struct state *s);
/* Finds out from its cgroups which container t is in. */
void thread_find_container(struct state *s, struct thread *t);
#endif
