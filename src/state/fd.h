/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the descriptor half share: making, changing and sharing descriptors, and the
 * handlers of their events.
 *
 * A descriptor belongs to the tables that refer to it: dup and fork only count references.  So a
 * handler never writes to a descriptor that it looked up; it asks for one of its own with
 * fd_own(), and only once it knows that something changes.
 */
#ifndef STATE_FD_H
#define STATE_FD_H
#include "state/internal.h"
#include "state/tuples.h"

/* Numbers and flags of parameters (the names are in tables/flags.def). */
#define AT_FDCWD_PARAM (-100)
#define O_DIRECTORY_PARAM (1u << 10)
#define O_CLOEXEC_PARAM (1u << 12)
#define O_F_CREATED_PARAM (1u << 14)
#define FD_UPPER_LAYER_PARAM (1u << 15)
#define FD_LOWER_LAYER_PARAM (1u << 16)
/* What the kernel side adds to the flags of an open when it returns. */
#define O_ADDED_AT_EXIT_PARAM (~(O_F_CREATED_PARAM - 1))
#define EPOLL_CLOEXEC_PARAM 1u
#define MFD_CLOEXEC_PARAM 1u

/* Numbers below this are an array index, the others are hashed. */
#define FD_DENSE_MAX 1024u

struct fd_table {
	uint32_t refs;
	uint32_t n;			  /* descriptors */
	uint32_t cap;			  /* of v, at most FD_DENSE_MAX */
	struct fd **v;			  /* by number, NULL: none */
	uint64_t used[FD_DENSE_MAX / 64]; /* a bit for each number in v */
	struct imap big;
};

struct iface {
	struct istr *name;
	struct machine_iface m; /* m.name is name's text */
};

/* The start of an object that is not in use. */
struct spare {
	struct spare *next;
};

struct fd_state {
	struct spare *spare_fds, *spare_inets; /* for the next descriptor, the next addresses */
	VEC(struct iface) ifaces;
};

/* ---- descriptors (fds.c) ---- */

void fd_provide(struct state *s); /* for fd_new() alone */

/* An empty one, one reference. Never fails. */
static inline struct fd *fd_new(struct state *s, int type)
{
	static const struct fd fresh = {.refs = 1}; /* copying beats clearing as compilers do it */
	struct fd *fd;

	if (!s->fds->spare_fds)
		fd_provide(s);
	fd = (struct fd *)s->fds->spare_fds;
	s->fds->spare_fds = s->fds->spare_fds->next;
	*fd = fresh;
	fd->type = (int8_t)type;
	state_charge(s, (ptrdiff_t)sizeof(*fd));
	return fd;
}

void fd_unused(struct state *s, struct fd *fd);
static inline void fd_put(struct state *s, struct fd *fd)
{
	if (fd && !--fd->refs)
		fd_unused(s, fd);
}

/* The same content, one reference. */
struct fd *fd_copy(struct state *s, const struct fd *fd);
/* fd->inet, made (all zero) when there was none. */
struct inet_tuple *fd_inet(struct state *s, struct fd *fd);
/* Its name is this text; "" is no name. */
void fd_set_text(struct fd *fd, struct str text);
/* Its name is made from what it holds. Forgets the text made before. */
void fd_set_naming(struct fd *fd, enum fd_naming naming);
/* Whether both have the same name, found out without making the texts. */
bool fd_name_same(const struct fd *a, const struct fd *b);
static inline bool fd_is_inet(int type)
{
	return type == FD_IPV4_SOCK || type == FD_IPV6_SOCK;
}

/* Whether it is a TCP connection of which messages tell nothing that is not known. */
static inline bool fd_is_known_tcp(const struct fd *fd)
{
	return fd->type == FD_IPV4_SOCK && fd->l4 == L4_TCP && fd->naming != FDN_NONE;
}

/* ---- tables (fd_table.c) ---- */

static inline struct fd *fd_table_get(const struct fd_table *t, int64_t num)
{
	if (!t)
		return NULL;
	if ((uint64_t)num < t->cap)
		return t->v[num];
	return num >= 0 ? imap_get(&t->big, (uint64_t)num) : NULL;
}

/*
 * Puts fd, whose reference it takes over, under num into g's table, in place of what was there.
 * NULL (and counted) when the table is full or the budget used up. owner: a thread of g.
 */
struct fd *fd_table_add(struct state *s, struct thread *owner, int64_t num, struct fd *fd);
/* Forgets num; false when it was not there. */
bool fd_table_del(struct state *s, struct group *g, int64_t num);
/* g's num, which exists, as a descriptor that nothing else refers to. */
struct fd *fd_table_own(struct state *s, struct group *g, int64_t num);
/*
 * Calls fn for all descriptors of g from first to last, ascending; what it returns replaces the
 * descriptor: itself, another one (a reference is taken over), or NULL to forget it.
 */
void fd_table_map(struct state *s, struct group *g, uint32_t first, uint32_t last,
	struct fd *(*fn)(struct state *s, struct fd *fd));

/* ---- the event at hand (fds.c) ---- */

/* Fills ctx->fd and ctx->fd_num from parameter i of an event whose thread is known. */
static inline void fd_locate(struct state *s, struct event_ctx *ctx, unsigned i)
{
	struct param p = event_param(ctx->ev, i);

	if (!p.n)
		return;
	if (p.n == sizeof(ctx->fd_num))
		memcpy(&ctx->fd_num, p.p, sizeof(ctx->fd_num));
	else
		ctx->fd_num = event_i64(ctx->ev, i);
	ctx->fd = fd_table_get(ctx->thread->group->fds, ctx->fd_num);
	s->stats.fd_lookups++;
	if (!ctx->fd && ctx->fd_num >= 0)
		s->stats.missing_fds++;
}

/* ctx->fd as one of its process's own, to be changed. */
struct fd *fd_own(struct state *s, struct event_ctx *ctx);
/* Removes ctx->fd when the next event begins. */
static inline void fd_close_later(struct state *s, const struct event_ctx *ctx)
{
	s->closing.tid = ctx->thread->tid;
	s->closing.num = ctx->fd_num;
	s->pending |= PENDING_CLOSE;
}

/* Adds fd under num to the thread's process and makes it the event's; a negative num: drops it. */
static inline void fd_publish(struct state *s, struct event_ctx *ctx, int64_t num, struct fd *fd)
{
	if (num < 0) {
		fd_put(s, fd);
		return;
	}
	ctx->fd_num = num;
	ctx->fd = fd_table_add(s, ctx->thread, num, fd);
	ctx->fd_name_changed = ctx->fd && ctx->fd->naming != FDN_NONE;
}

/* First parameter of an exit event: what the call returned. */
static inline int64_t fd_result(const struct event_ctx *ctx)
{
	struct param p = event_param(ctx->ev, 0);
	int64_t v;

	if (p.n != sizeof(v))
		return event_i64(ctx->ev, 0);
	memcpy(&v, p.p, sizeof(v));
	return v;
}

/* Parameters of the width that the table gives them; absent: 0. */
static inline uint32_t param_u32(const struct event *ev, unsigned i)
{
	struct param p = event_param(ev, i);
	uint32_t v = 0;

	if (p.n == sizeof(v))
		memcpy(&v, p.p, sizeof(v));
	return v;
}

static inline uint64_t param_u64(const struct event *ev, unsigned i)
{
	struct param p = event_param(ev, i);
	uint64_t v = 0;

	if (p.n == sizeof(v))
		memcpy(&v, p.p, sizeof(v));
	return v;
}

/* Sets or clears close-on-exec of a descriptor that may be written to. */
void fd_set_cloexec(struct fd *fd, bool on);
bool fd_cloexec(const struct fd *fd);

/* ---- names of paths (paths.c) ---- */

#define PATH_JOIN_MAX 1024
/* The path in parameter i as it was passed, a reference. */
struct istr *path_param(const struct event *ev, unsigned i);
/* The directory before an absolute path of openat(): it counts for the limit on their length. */
#define PATH_ABSOLUTE STR(".")

/*
 * A path that is known to be plain, NULL for any other.  It is found without a look for the NUL
 * where its text might end earlier: there is none in it.
 */
static inline struct istr *path_known(struct param p)
{
	struct istr *path = NULL;

	if (p.n > 1 && p.p[0] == '/' && p.p[p.n - 1] == '\0')
		path = istr_find(str_n(p.p, p.n - 1));
	return path && path->notes & ISTR_PATH_PLAIN ? path : NULL;
}

struct istr *path_resolve_text(struct str dir, struct istr *path); /* for path_resolve() alone */

/*
 * path_join() of interned texts: a reference, NULL for "".  The same few paths are opened again and
 * again: whether one is what comes out is noted with it.
 */
static inline struct istr *path_resolve(struct str dir, struct istr *path)
{
	if (path->notes & ISTR_PATH_PLAIN && dir.n + path->len < PATH_JOIN_MAX)
		return istr_ref(path);
	return path_resolve_text(dir, path);
}

/* ---- addresses (ifaces.c) ---- */

/* Fills in the address of an IP socket that the kernel left open, from those of interfaces. */
void ifaces_complete(const struct state *s, int type, struct inet_tuple *t);
void ifaces_clear(struct fd_state *f);

/* ---- handlers of events ---- */

/* open_events.c */
void fd_on_open_enter(struct state *s, struct event_ctx *ctx);
void fd_on_open(struct state *s, struct event_ctx *ctx);
void fd_on_creat(struct state *s, struct event_ctx *ctx);
void fd_on_openat(struct state *s, struct event_ctx *ctx);
void fd_on_open_by_handle(struct state *s, struct event_ctx *ctx);
/* For absorb.c. */
bool fd_absorb_open(struct state *s, struct thread *t, const struct event_header *h, int64_t res);
bool fd_absorb_openat(struct state *s, struct thread *t, const struct event_header *h, int64_t res);
/* sockets.c */
void fd_on_socket(struct state *s, struct event_ctx *ctx);
void fd_on_socketpair(struct state *s, struct event_ctx *ctx);
void fd_on_bind(struct state *s, struct event_ctx *ctx);
void fd_on_connect(struct state *s, struct event_ctx *ctx);
void fd_on_accept(struct state *s, struct event_ctx *ctx);
/* A socket made by socket() with these arguments. */
struct fd *fd_new_socket(struct state *s, uint32_t domain, uint32_t type, uint32_t protocol);
/* The forms of an IP socket; what it knew of its addresses is forgotten when the form changes. */
void fd_make_v4(struct state *s, struct fd *fd, bool mapped);
void fd_make_v6(struct state *s, struct fd *fd);
/* A unix socket with this pair of ends. */
void fd_set_unix(struct fd *fd, const struct socktuple_view *t);
void inet_swap(struct inet_tuple *t);
/* The same two ends, in any order. */
bool inet_same_ends(const struct inet_tuple *a, const struct inet_tuple *b);
/* socket_io.c */
void fd_on_io(struct state *s, struct event_ctx *ctx);
void fd_on_recv(struct state *s, struct event_ctx *ctx);
/* fd_passed.c: control is the ancillary data of a message that the event's thread received. */
void fd_passed(struct state *s, struct event_ctx *ctx, struct param control);
void fd_on_send(struct state *s, struct event_ctx *ctx);
#endif
