/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors out of a source's lists, and lists out of descriptors.
 *
 * A list tells of a connection only its two ends, ours first.  Which end is the client is settled
 * when all lists are in: ours, unless somebody listens on our port.
 */
#include "state/fd.h"

/* ---- in ---- */

/* A pair of IPv4-mapped addresses becomes an IPv4 pair. */
static void add_tuple(struct state *s, struct fd *fd, const struct inet_tuple *from)
{
	struct inet_tuple *t = fd_inet(s, fd);

	*t = *from;
	if (fd->type == FD_IPV6_SOCK && ip6_is_mapped(from->sip) && ip6_is_mapped(from->dip)) {
		fd->type = FD_IPV4_SOCK;
		*t = (struct inet_tuple){.sport = from->sport, .dport = from->dport};
		memcpy(t->sip, from->sip + 12, 4);
		memcpy(t->dip, from->dip + 12, 4);
	}
	if (fd->l4 == L4_TCP)
		fd->flags |= FDF_CONNECTED;
	fd_set_naming(fd, FDN_TUPLE);
}

static void add_server(struct state *s, struct fd *fd, const struct inet_tuple *from)
{
	struct inet_tuple *t = fd_inet(s, fd);

	*t = (struct inet_tuple){.sport = from->sport};
	memcpy(t->sip, from->sip, fd->type == FD_IPV6_SERVSOCK ? 16 : 4);
	fd_set_naming(fd, FDN_SERVER);
}

static void add_unix(struct fd *fd, const struct machine_fd *f)
{
	fd->unix_source = f->unix_source;
	fd->unix_dest = f->unix_dest;
	fd_set_text(fd, f->name);
	fd->flags |= fd->naming == FDN_NONE ? FDF_ROLE_CLIENT : FDF_ROLE_SERVER;
}

static struct fd *from_list(struct state *s, const struct machine_fd *f)
{
	struct fd *fd = fd_new(s, f->type);

	fd->ino = f->ino;
	fd->l4 = (uint8_t)f->l4;
	switch (f->type) {
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
		add_tuple(s, fd, &f->inet);
		break;
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		add_server(s, fd, &f->inet);
		break;
	case FD_UNIX_SOCK:
		add_unix(fd, f);
		break;
	case FD_FILE_V2:
		fd->open_flags = f->open_flags;
		fd->dev = f->dev;
		fd->mnt_id = f->mnt_id;
		/* fall through */
	default:
		fd_set_text(fd, f->name);
	}
	return fd;
}

void state_add_fd(struct state *s, const struct machine_fd *f)
{
	struct thread *t = state_thread(s, f->tid);

	/* Threads share their process's descriptors: lists of their own are leftovers. */
	if (!t || t->tid != t->pid || f->fd < 0 || f->type <= FD_UNKNOWN || f->type >= FD_TYPE_MAX)
		return;
	fd_table_add(s, t, f->fd, from_list(s, f));
}

/* ---- when all are in ---- */

struct ready {
	struct state *s;
	struct group *group;
	const uint8_t *listening; /* a bit per port */
};

static bool bit_get(const uint8_t *bits, uint16_t i)
{
	return bits[i / 8] & (1u << (i % 8));
}

static void note_server(void *arg, int64_t num, struct fd *fd)
{
	uint8_t *listening = arg;

	if (fd->type == FD_IPV4_SERVSOCK || fd->type == FD_IPV6_SERVSOCK)
		listening[fd->inet->sport / 8] |= (uint8_t)(1u << (fd->inet->sport % 8));
}

static void settle(void *arg, int64_t num, struct fd *fd)
{
	const struct ready *r = arg;

	if (fd->type != FD_IPV4_SOCK || fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER))
		return;
	fd = fd_table_own(r->s, r->group, num);
	ifaces_complete(r->s, fd->type, fd->inet);
	if (bit_get(r->listening, fd->inet->sport)) {
		inet_swap(fd->inet);
		fd->flags |= FDF_ROLE_SERVER;
	} else {
		fd->flags |= FDF_ROLE_CLIENT;
	}
}

void fds_ready(struct state *s)
{
	uint8_t listening[65536 / 8] = {0};
	const struct imap_slot *slot;

	map_foreach(slot, &s->groups)
		fd_table_each(((struct group *)slot->value)->fds, note_server, listening);
	map_foreach(slot, &s->groups)
	{
		struct ready r = {s, slot->value, listening};

		fd_table_each(r.group->fds, settle, &r);
	}
}

/* ---- out ---- */

struct dump {
	const struct machine_sink *out;
	int64_t tid;
};

static void dump_one(void *arg, int64_t num, struct fd *fd)
{
	const struct dump *d = arg;
	struct machine_fd m = {
		.tid = d->tid,
		.fd = num,
		.ino = fd->ino,
		.type = fd->type,
		.name = fd_name(fd),
		.open_flags = fd->open_flags,
		.dev = fd->dev,
		.mnt_id = fd->mnt_id,
		.l4 = fd->l4,
		.unix_source = fd->unix_source,
		.unix_dest = fd->unix_dest,
	};

	if (fd->type <= FD_UNKNOWN)
		return;
	if (fd->inet)
		m.inet = *fd->inet;
	/* Our end first, as a list has it. */
	if (fd->type == FD_IPV4_SOCK && fd->flags & FDF_ROLE_SERVER)
		inet_swap(&m.inet);
	d->out->fd(d->out->arg, &m);
}

void state_dump_fds(const struct state *s, const struct machine_sink *out)
{
	const struct imap_slot *slot;

	if (!out->fd)
		return;
	map_foreach(slot, &s->groups)
	{
		const struct group *g = slot->value;
		struct dump d = {out, g->pid};

		fd_table_each(g->fds, dump_one, &d);
	}
}
