/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that nobody is shown, taken in from their bare records.
 *
 * Most of what happens on a machine changes nothing that the state knows (data read from a file,
 * sent over a known connection, an open that failed) or little (a close), and rules see only some
 * types.  So an event that no rule can see is first offered here: its result and its descriptor's
 * number are read where they lie in the record, and if that is enough, neither its parameters nor
 * a context are made of it.  Whatever is not entirely usual goes the usual way, state_apply(),
 * which has the same outcome (tests/unit/state_absorb.c holds them against each other).
 */
#include "state/fd.h"

/* Parameter i, which has eight bytes; false when it does not or they are not in the record. */
static inline bool value_at(const struct event_header *h, unsigned i, int64_t *ret)
{
	const uint8_t *lens = (const uint8_t *)h + EVENT_HEADER_SIZE;
	uint32_t at = EVENT_HEADER_SIZE + 2 * h->nparams;
	uint16_t len;

	for (; i; i--, lens += 2) {
		memcpy(&len, lens, sizeof(len));
		at += len;
	}
	memcpy(&len, lens, sizeof(len));
	if (len != sizeof(*ret) || at + sizeof(*ret) > h->len)
		return false;
	memcpy(ret, (const uint8_t *)h + at, sizeof(*ret));
	return true;
}

static inline bool fd_number(const struct state *s, const struct event_header *h, int64_t *ret)
{
	return value_at(h, (unsigned)s->types[h->type].fd_param, ret);
}

/* The descriptor that the event uses; NULL when it is not known. */
static inline const struct fd *fd_used(
	const struct state *s, const struct thread *t, const struct event_header *h)
{
	int64_t num;

	return fd_number(s, h, &num) ? fd_table_get(t->group->fds, num) : NULL;
}

static bool absorb_close(
	struct state *s, struct thread *t, const struct event_header *h, int64_t res)
{
	int64_t num;

	return res >= 0 && fd_number(s, h, &num) && fd_table_del(s, t->group, num);
}

/* See fd_on_io(). */
static bool absorb_io(struct state *s, struct thread *t, const struct event_header *h, int64_t res)
{
	const struct fd *fd = fd_used(s, t, h);

	return fd && (res < 0 || !fd_is_inet(fd->type) || fd->flags & FDF_CONNECTED);
}

/* See fd_on_recv() and fd_on_send(): over a connection that is known, nothing is to be learned. */
static bool absorb_message(
	struct state *s, struct thread *t, const struct event_header *h, int64_t res)
{
	const struct fd *fd = fd_used(s, t, h);

	return fd && (res < 0 || (fd->flags & FDF_CONNECTED && fd_is_known_tcp(fd)));
}

static const struct {
	uint16_t type;
	absorb_fn fn;
} rows[] = {
	{EV_OPEN_X, fd_absorb_open},
	{EV_OPENAT_X, fd_absorb_openat},
	{EV_OPENAT2_X, fd_absorb_open},
	{EV_CLOSE_X, absorb_close},
	{EV_READ_X, absorb_io},
	{EV_READV_X, absorb_io},
	{EV_PREAD_X, absorb_io},
	{EV_PREADV_X, absorb_io},
	{EV_WRITE_X, absorb_io},
	{EV_WRITEV_X, absorb_io},
	{EV_PWRITE_X, absorb_io},
	{EV_PWRITEV_X, absorb_io},
	{EV_RECVFROM_X, absorb_message},
	{EV_RECVMSG_X, absorb_message},
	{EV_SENDTO_X, absorb_message},
	{EV_SENDMSG_X, absorb_message},
};

absorb_fn absorber(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].type == type)
			return rows[i].fn;
	return NULL;
}

bool state_absorb(struct state *s, const struct event_header *h)
{
	struct thread *t;
	int64_t res;

	if (s->pending & ~(uint32_t)PENDING_SETTLED)
		return false;
	s->now = h->ts;
	if (s->pending)
		state_settle(s);
	t = s->last;
	if (!t || t->tid != (int64_t)h->tid) {
		t = state_thread(s, (int64_t)h->tid);
		if (!t)
			return false;
		s->stats.thread_lookups++;
		s->last = t;
	}
	if (t->enter || h->len < EVENT_HEADER_SIZE + 2 * h->nparams || !value_at(h, 0, &res))
		return false;
	t->lastevent_ts = h->ts;
	if (!s->types[h->type].absorb(s, t, h, res))
		return false;
	s->stats.applied++;
	s->stats.fd_lookups += s->types[h->type].fd_param >= 0;
	return true;
}
