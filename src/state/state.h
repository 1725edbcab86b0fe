/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the watched machine looks like now: threads, descriptors, users, containers.
 * Fed by a source's lists (state_sink) and by every event (state_apply); read by fields.
 *
 * Whoever remembers something about a thread keeps thread->version with it: the number changes
 * whenever a fact about the thread that fields of scope PROC show changes, its ancestors included.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H
#include "base/istr.h"
#include "base/map.h"
#include "base/vec.h"
#include "capture/source.h"
#include "event/event.h"

struct state;
struct thread;
struct fd_table;
struct container;

/* Flags of a clone as parameters carry them, plus what we note about a thread (spec PPM_CL_*). */
enum clone_flag {
	CL_FILES = 1 << 0,
	CL_FS = 1 << 1,
	CL_IO = 1 << 2,
	CL_NEWIPC = 1 << 3,
	CL_NEWNET = 1 << 4,
	CL_NEWNS = 1 << 5,
	CL_NEWPID = 1 << 6,
	CL_NEWUTS = 1 << 7,
	CL_PARENT = 1 << 8,
	CL_PARENT_SETTID = 1 << 9,
	CL_PTRACE = 1 << 10,
	CL_SIGHAND = 1 << 11,
	CL_SYSVSEM = 1 << 12,
	CL_THREAD = 1 << 13,
	CL_UNTRACED = 1 << 14,
	CL_VM = 1 << 15,
	CL_INVERTED = 1 << 16,
	CL_NAME_CHANGED = 1 << 17,
	CL_CLOSED = 1 << 18,
	CL_ACTIVE = 1 << 19,
	CL_NEWUSER = 1 << 20,
	CL_PIPE_SRC = 1 << 21,
	CL_PIPE_DST = 1 << 22,
	CL_CHILD_CLEARTID = 1 << 23,
	CL_CHILD_SETTID = 1 << 24,
	CL_SETTLS = 1 << 25,
	CL_STOPPED = 1 << 26,
	CL_VFORK = 1 << 27,
	CL_NEWCGROUP = 1 << 28,
	CL_CHILD_IN_PIDNS = 1 << 29,
	CL_IS_MAIN_THREAD = 1 << 30,
};

/* A process: what its threads share. Lives as long as one of its threads is in the table. */
struct group {
	int64_t pid;
	struct thread *leader; /* NULL when it is not known */
	struct fd_table *fds;
	struct thread *threads;		 /* leader first; a list by peers */
	struct istr *cwd;		 /* ends in "/"; NULL unknown */
	struct istr *env;		 /* NUL-terminated strings one after the other */
	struct group *fs_next, *fs_prev; /* ring of the processes that share cwd (CLONE_FS) */
	uint32_t nthreads;		 /* in the table, dead leader included */
	uint32_t nalive;
	bool reaper; /* PR_SET_CHILD_SUBREAPER */
};

struct thread {
	int64_t tid, pid, ptid;		      /* ptid: tid of the parent, 0 none, -1 unknown */
	int64_t vtid, vpid, sid, pgid, vpgid; /* -1 unknown */
	uint32_t version;
	uint32_t flags;	       /* enum clone_flag */
	struct group *group;   /* never NULL */
	struct thread *parent; /* the thread ptid, when in the table */
	struct thread *children, *sibling, *sibling_prev;
	struct thread *peers,
		*peers_prev; /* of the group's list; the first's peers_prev: the last */
	uint32_t nchildren;
	int32_t awaited; /* processes it made in a pid namespace that have not told so themselves */
	int64_t reaper_tid; /* who gets the children when it ends, as the kernel said; -1 unknown */

	struct istr *comm, *exe, *exepath;
	struct istr *args;    /* NUL-terminated strings one after the other */
	struct istr *cgroups; /* "subsystem=path" likewise */
	struct istr *root;
	struct istr *cwd;	   /* of its own, when it does not share its process's; else NULL */
	struct istr *container_id; /* "" when on the host, NULL when unknown */
	struct istr *cmdline;	   /* comm and args joined; made on demand by thread_cmdline() */

	uint32_t uid, gid, loginuid; /* UINT32_MAX none */
	uint32_t tty;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	int64_t fdlimit; /* -1 unknown */
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t clone_ts, lastexec_ts, lastevent_ts;
	uint64_t pidns_init_start_ts;
	uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime;
	uint64_t exe_ino_ctime_clone, exe_ino_ctime_pidns; /* durations, 0 none */
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;
	bool invalid; /* a placeholder for a thread we know nothing of: strings are "<NA>" */
	bool dead;    /* exited: goes with the next event, a leader with its last thread */
	struct kept_enter *enter;   /* what the thread was entering, or NULL (state/internal.h) */
	struct thread_times *times; /* of procinfo and switch events; freed with the thread */
	void *verdicts;		    /* of the rule engine, freed by state's on_thread_gone */
};

/* Processor time of a thread as the last procinfo and switch events told it. */
struct thread_times {
	uint64_t ts; /* of the event that the deltas belong to */
	uint64_t user, system, user_delta, system_delta; /* clock ticks */
	uint64_t exec, exec_total;			 /* nanoseconds on a processor */
};

enum fd_flag {
	FDF_ROLE_CLIENT = 1 << 0,
	FDF_ROLE_SERVER = 1 << 1,
	FDF_CONNECTED = 1 << 2, /* connect() pending included, as Falco has it */
	FDF_OVERLAY_UPPER = 1 << 3,
	FDF_OVERLAY_LOWER = 1 << 4,
};

/* Where the name of a descriptor comes from. */
enum fd_naming {
	FDN_NONE,   /* it has none: "" */
	FDN_TEXT,   /* fd.name: a path, or text that came with an event */
	FDN_TUPLE,  /* "ip:port->ip:port" */
	FDN_SOCKET, /* what its protocol has: ports, only addresses, or "<unknown>" */
	FDN_SERVER, /* "ip:port" */
	FDN_UNIX,   /* "source->dest path" */
};

/* A descriptor. Read name by fd_name(). Shared by tables after a fork: only src/state changes it.
 */
struct fd {
	int8_t type;	/* enum fd_type */
	uint8_t l4;	/* enum l4_proto */
	uint8_t l4_v6;	/* l4 of an IPv6 socket while it is shown as IPv4 */
	uint8_t naming; /* enum fd_naming */
	uint16_t flags; /* enum fd_flag */
	uint32_t refs;
	uint32_t open_flags; /* PPM_O_*; of memfd, pidfd: their own */
	uint32_t dev, mnt_id;
	uint64_t ino;
	struct istr *name;	/* NULL: none, or not rendered yet */
	struct istr *name_raw;	/* path as given; NULL: none */
	struct istr *real;	/* path as the kernel resolved it; NULL: not told */
	struct istr *unix_path; /* FDN_UNIX */
	struct inet_tuple
		*inet; /* owned; NULL for everything but IP sockets; servers: sip, sport */
	uint64_t unix_source, unix_dest;
	int64_t pid; /* FD_PIDFD: the process it stands for */
};

struct state_stats {
	uint64_t threads, threads_added, threads_removed, threads_refused, threads_evicted;
	uint64_t missing_threads;
	uint64_t applied, thread_lookups; /* events; the others had the thread of the one before */
	uint64_t fd_lookups;
	uint64_t enters_kept, enters_refused, enters_used, enters_unfit;
	uint64_t fds, fds_added, fds_removed, fds_refused, missing_fds;
	uint64_t containers_without_image; /* told of so; pods' sandboxes do not count */
	uint64_t bytes;			   /* held by threads, descriptors and strings */
};

struct state_config {
	size_t max_threads;  /* 0: 262144 */
	size_t max_fds;	     /* per process; 0: 4096 */
	size_t budget_bytes; /* of threads, descriptors, strings; 0: 256 MiB */
	bool live;	     /* resolve what is missing from /proc */
	bool own_accounts;   /* a replay asks this machine for users its capture does not name */
	const char *host_root;
};

/*
 * What fields see of one event: the event, and the thread and descriptor it is about, after the
 * state was updated with it.  Valid until the next state_apply().
 */
struct event_ctx {
	struct state *state;
	struct event *ev;
	struct thread *thread;	 /* NULL only for events without a thread */
	struct fd *fd;		 /* NULL: none or unknown */
	int64_t fd_num;		 /* -1: the event has none */
	bool fd_name_changed;	 /* by this event; a new descriptor with a name counts */
	uint64_t first_ts;	 /* of the first event that is no metaevent, 0 before it */
	struct arena *arena;	 /* for texts made on the way; reset with every event */
	struct istr *shown_name; /* state_show_name(), or NULL */
};

struct state *state_new(const struct state_config *config);
void state_free(struct state *s);
/* A sink for sources that fills s. */
struct machine_sink state_sink(struct state *s);
/* Updates the state and fills ctx (ctx->arena is the caller's). ev is decoded by it on demand. */
void state_apply(struct state *s, struct event *ev, struct event_ctx *ctx);
/* Changes whenever users, groups or containers do: what was derived from them is stale then. */
uint32_t state_epoch(const struct state *s);
/*
 * Which events of this type change state, so that they must pass through state_apply().
 * NEED_OFFERED: those that state_absorb() does not take.
 */
enum source_need state_needs(const struct state *s, uint16_t type);
/*
 * Takes in an event that nobody is shown as state_apply() would, when a look at its record is
 * enough for that; false: it is to go the usual way.  h: as source.take() is given it, of a type
 * with NEED_OFFERED.
 */
bool state_absorb(struct state *s, const struct event_header *h);
void state_get_stats(const struct state *s, struct state_stats *ret);
/*
 * Asks for a thread that an event names and nothing told of: fn reports it and its descriptors to
 * sink, or returns false when there is no such thread (any more).
 */
void state_on_missing_thread(struct state *s,
	bool (*fn)(void *arg, int64_t tid, const struct machine_sink *sink), void *arg);
/* The same for a descriptor that a message brought to process tid. */
void state_on_missing_fd(struct state *s,
	bool (*fn)(void *arg, int64_t tid, int64_t num, const struct machine_sink *sink),
	void *arg);
/* Called for a thread before it is freed, to drop what was remembered about it. */
void state_on_thread_gone(struct state *s, void (*fn)(struct thread *t));
/* Dumps everything as lists, e.g. into a capture writer. */
void state_dump(const struct state *s, const struct machine_sink *out);

/*
 * Notes with the event what fields show as name of a descriptor that is not there: a reference,
 * taken over, that the state keeps until another takes its place.
 */
void state_show_name(struct event_ctx *ctx, struct istr *name);

/* ---- threads (state/threads.c) ---- */
struct thread *state_thread(const struct state *s, int64_t tid); /* NULL when not in the table */
struct thread *thread_leader(struct thread *t); /* itself when the leader is not known */
/* The parent process: the leader of the thread that t's leader has as parent; NULL at the end. */
struct thread *thread_parent(struct thread *t);
/*
 * The folder relative paths start from, ends in "/"; "" when unknown, "./" when even the
 * process's leader is.
 */
struct str thread_cwd(const struct thread *t);
/* comm and arguments joined by blanks. */
struct str thread_cmdline(struct thread *t);
/* Something that PROC fields show changed: a new version for t and all its descendants. */
void thread_touch(struct state *s, struct thread *t);

/* ---- descriptors (state/fds.c) ---- */
struct fd *thread_fd(struct thread *t, int64_t num); /* NULL when unknown */
size_t fd_table_count(const struct fd_table *t);     /* t NULL: 0 */
/* Visits all in ascending order. */
void fd_table_each(
	const struct fd_table *t, void (*fn)(void *arg, int64_t num, struct fd *fd), void *arg);
/* Name as fields show it, tuple text rendered if need be; valid until the descriptor changes. */
struct str fd_name(struct fd *fd);
char fd_typechar(int type);
const char *fd_type_name(int type);
/*
 * path put behind dir (which ends in "/" unless it is empty or "<UNKNOWN>") with ".", ".." and "//"
 * of path resolved lexically. An absolute or empty path stands alone, but dir still counts for the
 * limit: more than 1023 bytes together are "/DIR_TOO_LONG/FILENAME_TOO_LONG".
 */
struct str path_join(struct arena *a, struct str dir, struct str path);
/*
 * The same of what openat() was given, directory and path in parameters i and i + 1, interned: a
 * reference, NULL for "".
 */
struct istr *path_of_params(const struct event_ctx *ctx, unsigned i);
/* The directory that relative paths of a *at() call start from: ends in "/", or "<UNKNOWN>". */
struct str path_base(const struct event_ctx *ctx, int64_t dirfd);
/* The same as texts of parameters have it: "" when the directory is unknown. */
struct str path_base_of_param(const struct event_ctx *ctx, int64_t dirfd);

/* ---- users and groups (state/users.c) ---- */
struct user {
	uint32_t uid, gid;
	struct istr *name, *home, *shell;
};
/* NULL when unknown. container_id "" is the host. */
const struct user *state_user(struct state *s, struct str container_id, uint32_t uid);
/* Name of a group, STR_NONE when unknown. */
struct str state_group_name(struct state *s, struct str container_id, uint32_t gid);

/* ---- interfaces (state/ifaces.c) ---- */
/* IPv4: an interface has this address; IPv6: one has an address of the same /64. */
bool state_is_local_addr(const struct state *s, const uint8_t *addr, bool v6);

/* ---- machine ---- */
const struct machine_info *state_machine(const struct state *s);
#endif
