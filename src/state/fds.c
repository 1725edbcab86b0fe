/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One descriptor, and the one that an event is about.
 *
 * Descriptors are counted: each table that has one, and each number in it, holds a reference, and
 * a handler may hold one for a moment.  They and their addresses are never given back to the heap
 * but kept for the next one, so that a machine in its usual state allocates none.
 *
 * A descriptor that is closed stays until the next event: rules still ask for its name.
 */
#include "state/fd.h"

#include <stdio.h>

/* ---- one descriptor ---- */

static void spare_push(struct spare **list, void *p)
{
	struct spare *x = p;

	x->next = *list;
	*list = x;
}

static void *spare_pop(struct spare **list, size_t size)
{
	struct spare *x = *list;

	if (!x)
		return mem_alloc(size);
	*list = x->next;
	return x;
}

static void spare_free(struct spare **list)
{
	while (*list)
		free(spare_pop(list, 0));
}

void fd_provide(struct state *s)
{
	spare_push(&s->fds->spare_fds, mem_alloc(sizeof(struct fd)));
}

struct inet_tuple *fd_inet(struct state *s, struct fd *fd)
{
	if (fd->inet)
		return fd->inet;
	fd->inet = spare_pop(&s->fds->spare_inets, sizeof(*fd->inet));
	*fd->inet = (struct inet_tuple){0};
	state_charge(s, (ptrdiff_t)sizeof(*fd->inet));
	return fd->inet;
}

void fd_unused(struct state *s, struct fd *fd)
{
	istr_put(fd->name);
	istr_put(fd->name_raw);
	istr_put(fd->real);
	istr_put(fd->unix_path);
	if (fd->inet) {
		spare_push(&s->fds->spare_inets, fd->inet);
		state_charge(s, -(ptrdiff_t)sizeof(*fd->inet));
	}
	spare_push(&s->fds->spare_fds, fd);
	state_charge(s, -(ptrdiff_t)sizeof(*fd));
}

struct fd *fd_copy(struct state *s, const struct fd *fd)
{
	struct fd *c = fd_new(s, fd->type);

	*c = *fd;
	c->refs = 1;
	istr_ref(c->name);
	istr_ref(c->name_raw);
	istr_ref(c->real);
	istr_ref(c->unix_path);
	c->inet = NULL;
	if (fd->inet)
		*fd_inet(s, c) = *fd->inet;
	return c;
}

/* ---- names ---- */

void fd_set_naming(struct fd *fd, enum fd_naming naming)
{
	istr_put(fd->name);
	fd->name = NULL;
	fd->naming = naming;
}

void fd_set_text(struct fd *fd, struct str text)
{
	struct istr *name = text.n ? istr_get(text) : NULL;

	fd_set_naming(fd, name ? FDN_TEXT : FDN_NONE);
	fd->name = name;
}

static bool fd_is_v6(const struct fd *fd)
{
	return fd->type == FD_IPV6_SOCK || fd->type == FD_IPV6_SERVSOCK;
}

/* The text of FDN_SOCKET. */
static size_t socket_text(char out[TUPLE_TEXT_MAX], const struct fd *fd)
{
	bool v6 = fd_is_v6(fd);

	if (fd->l4 == L4_TCP || fd->l4 == L4_UDP)
		return tuple_text(out, fd->inet, v6);
	if (fd->l4 == L4_ICMP || (fd->l4 == L4_RAW && !v6))
		return tuple_text_no_ports(out, fd->inet, v6);
	return (size_t)snprintf(out, TUPLE_TEXT_MAX, "<unknown>");
}

static struct istr *unix_name(const struct fd *fd)
{
	struct arena a;
	struct istr *name;

	arena_init(&a, 512);
	name = istr_get(
		unix_tuple_text(&a, fd->unix_source, fd->unix_dest, istr_str(fd->unix_path)));
	arena_done(&a);
	return name;
}

static struct istr *make_name(const struct fd *fd)
{
	char text[TUPLE_TEXT_MAX];

	switch (fd->naming) {
	case FDN_TUPLE:
		return istr_get(str_n(text, tuple_text(text, fd->inet, fd_is_v6(fd))));
	case FDN_SOCKET:
		return istr_get(str_n(text, socket_text(text, fd)));
	case FDN_SERVER:
		return istr_get(str_n(
			text, server_text(text, fd->inet->sip, fd->inet->sport, fd_is_v6(fd))));
	case FDN_UNIX:
		return unix_name(fd);
	default:
		return NULL;
	}
}

struct str fd_name(struct fd *fd)
{
	if (!fd->name)
		fd->name = make_name(fd);
	return istr_str(fd->name);
}

bool fd_name_same(const struct fd *a, const struct fd *b)
{
	if (a->naming != b->naming || a->l4 != b->l4 || a->type != b->type)
		return a->naming == FDN_NONE && b->naming == FDN_NONE;
	switch (a->naming) {
	case FDN_TEXT:
		return a->name == b->name;
	case FDN_UNIX:
		return a->unix_source == b->unix_source && a->unix_dest == b->unix_dest &&
		       a->unix_path == b->unix_path;
	case FDN_SOCKET:
		if (a->l4 == L4_UNKNOWN)
			return true;
		/* fall through */
	case FDN_TUPLE:
	case FDN_SERVER:
		return memcmp(a->inet, b->inet, sizeof(*a->inet)) == 0;
	default:
		return true;
	}
}

static const struct {
	char c;
	const char *name;
} fd_types[FD_TYPE_MAX] = {
	[FD_UNKNOWN] = {'o', "<NA>"},
	[FD_FILE] = {'f', "file"},
	[FD_DIRECTORY] = {'d', "directory"},
	[FD_IPV4_SOCK] = {'4', "ipv4"},
	[FD_IPV6_SOCK] = {'6', "ipv6"},
	[FD_IPV4_SERVSOCK] = {'4', "ipv4"},
	[FD_IPV6_SERVSOCK] = {'6', "ipv6"},
	[FD_FIFO] = {'p', "pipe"},
	[FD_UNIX_SOCK] = {'u', "unix"},
	[FD_EVENT] = {'e', "event"},
	[FD_UNSUPPORTED] = {'X', "<NA>"},
	[FD_SIGNALFD] = {'s', "signalfd"},
	[FD_EVENTPOLL] = {'l', "eventpoll"},
	[FD_INOTIFY] = {'i', "inotify"},
	[FD_TIMERFD] = {'t', "timerfd"},
	[FD_NETLINK] = {'n', "netlink"},
	[FD_FILE_V2] = {'f', "file"},
	[FD_BPF] = {'b', "bpf"},
	[FD_USERFAULTFD] = {'u', "userfaultfd"},
	[FD_IOURING] = {'r', "io_uring"},
	[FD_MEMFD] = {'m', "memfd"},
	[FD_PIDFD] = {'P', "pidfd"},
};

char fd_typechar(int type)
{
	return type >= 0 && type < FD_TYPE_MAX ? fd_types[type].c : '?';
}

const char *fd_type_name(int type)
{
	return type >= 0 && type < FD_TYPE_MAX ? fd_types[type].name : "<NA>";
}

/* ---- close-on-exec ---- */

/* The bits of its flags that mean it: a memfd keeps those of memfd_create(). */
static uint32_t cloexec_bits(const struct fd *fd)
{
	return O_CLOEXEC_PARAM | (fd->type == FD_MEMFD ? MFD_CLOEXEC_PARAM : 0);
}

bool fd_cloexec(const struct fd *fd)
{
	return fd->open_flags & cloexec_bits(fd);
}

void fd_set_cloexec(struct fd *fd, bool on)
{
	fd->open_flags &= ~cloexec_bits(fd);
	if (on)
		fd->open_flags |= O_CLOEXEC_PARAM;
}

static struct fd *drop_if_cloexec(struct state *s, struct fd *fd)
{
	return fd_cloexec(fd) ? NULL : fd;
}

void fd_table_close_on_exec(struct state *s, struct group *g)
{
	fd_table_map(s, g, 0, UINT32_MAX, drop_if_cloexec);
}

/* ---- the event at hand ---- */

struct fd *thread_fd(struct thread *t, int64_t num)
{
	return fd_table_get(t->group->fds, num);
}

void fds_close_now(struct state *s)
{
	struct thread *t = state_thread(s, s->closing.tid);

	if (t)
		fd_table_del(s, t->group, s->closing.num);
}

struct fd *fd_own(struct state *s, struct event_ctx *ctx)
{
	ctx->fd = fd_table_own(s, ctx->thread->group, ctx->fd_num);
	return ctx->fd;
}

/* ---- the descriptor half of a state ---- */

struct fd_state *fd_state_new(struct state *s)
{
	return mem_zalloc(sizeof(struct fd_state));
}

void fd_state_reset(struct state *s)
{
	ifaces_clear(s->fds);
}

void fd_state_free(struct state *s)
{
	struct fd_state *f = s->fds;

	spare_free(&f->spare_fds);
	spare_free(&f->spare_inets);
	ifaces_clear(f);
	vec_done(&f->ifaces);
	free(f);
	s->fds = NULL;
}
