/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables are written down anew every half of the span.  The other way, a second state that follows
 * span_ns behind, would need no such pauses, but do all work on events twice; writing down the
 * tables of a usual machine takes a millisecond or two (docs/captures.md has figures).
 *
 * When max_bytes do not last to the next segment the ring is emptied and begins again with that: a
 * machine so busy must not spend its time on writing down tables.
 */
#include "app/capture_ring.h"

#include <stdlib.h>

#include "base/mem.h"
#include "state/containers.h"

#define SEGMENTS 5
#define KNOWN_MAX 65536
#define KNOWN_BYTES (64u << 20)

/* ---- containers ---- */

struct known_container {
	char *id;
	struct event ev;
	uint8_t rec[];
};

/* The record that tells of a container: of today's event, or of the older one. */
static struct str record_of(const struct event *ev, bool *ret_removed)
{
	*ret_removed = false;
	if (ev->type == EV_CONTAINER_E || ev->type == EV_CONTAINER_1_E)
		return event_bytes(ev, 0);
	if (ev->type != EV_ASYNCEVENT_E)
		return STR_NONE;
	*ret_removed = str_is(event_str(ev, 1), "container_removed");
	if (*ret_removed || str_is(event_str(ev, 1), "container"))
		return event_bytes(ev, 2);
	return STR_NONE;
}

static void forget(struct known_containers *k, struct str id)
{
	struct known_container *old = smap_del(&k->by_id, id);

	if (!old)
		return;
	k->bytes -= old->ev.len;
	free(old->id);
	free(old);
}

static void remember(struct known_containers *k, struct str id, const struct event *ev)
{
	struct known_container *new;

	if (k->by_id.n >= KNOWN_MAX || k->bytes + ev->len > KNOWN_BYTES)
		return;
	new = mem_alloc(sizeof(*new) + ev->len);
	new->id = str_dup(id);
	new->ev = *ev;
	memcpy(new->rec, ev->rec, ev->len);
	new->ev.rec = new->rec;
	new->ev.flags |= EVENT_STATE_ONLY;
	new->ev.flags &= ~(uint32_t)EVENT_IMPLIED;
	k->bytes += ev->len;
	smap_put(&k->by_id, str_c(new->id), new);
}

void known_containers_note(struct known_containers *k, const struct event *ev)
{
	bool removed;
	struct str json = record_of(ev, &removed);
	struct container *c = json.n ? container_parse(json) : NULL;

	if (!c)
		return;
	forget(k, istr_str(c->id));
	if (!removed)
		remember(k, istr_str(c->id), ev);
	container_free(c);
}

void known_containers_clear(struct known_containers *k)
{
	struct smap_slot *slot;

	map_foreach(slot, &k->by_id)
	{
		struct known_container *c = slot->value;

		free(c->id);
		free(c);
	}
	smap_done(&k->by_id);
	k->bytes = 0;
}

/* ---- tables ---- */

#define WRITE(what, type)                                                                          \
	static void write_##what(void *arg, const struct machine_##type *item)                     \
	{                                                                                          \
		scap_write_##what(arg, item);                                                      \
	}

WRITE(info, info)
WRITE(proc, proc)
WRITE(fd, fd)
WRITE(user, user)
WRITE(iface, iface)

void capture_write_tables(
	struct scap_writer *w, const struct state *state, const struct known_containers *known)
{
	struct machine_sink sink = {.arg = w,
		.info = write_info,
		.proc = write_proc,
		.fd = write_fd,
		.user = write_user,
		.iface = write_iface};
	struct smap_slot *slot;

	state_dump(state, &sink);
	map_foreach(slot, &known->by_id)
	{
		scap_write_event(w, &((struct known_container *)slot->value)->ev);
	}
}

/* ---- the ring ---- */

struct segment {
	uint64_t start_ts;
	struct buf tables, events;
};

struct capture_ring {
	uint64_t span_ns;
	size_t max_bytes;
	const struct state *state;
	const struct known_containers *known;
	struct scap_writer *w;
	struct segment segments[SEGMENTS]; /* oldest first */
	unsigned n;
	uint64_t next_ts; /* when the next segment begins */
	bool overflowed;
};

struct capture_ring *capture_ring_new(uint64_t span_ns, size_t max_bytes, const struct state *state,
	const struct known_containers *known)
{
	struct capture_ring *r = mem_zalloc(sizeof(*r));

	r->span_ns = span_ns;
	r->max_bytes = max_bytes;
	r->state = state;
	r->known = known;
	r->w = scap_create_memory(NULL);
	return r;
}

bool capture_ring_is(const struct capture_ring *r, uint64_t span_ns, size_t max_bytes)
{
	return r->span_ns == span_ns && r->max_bytes == max_bytes;
}

static void segment_done(struct segment *s)
{
	buf_done(&s->tables);
	buf_done(&s->events);
}

void capture_ring_clear(struct capture_ring *r)
{
	for (unsigned i = 0; i < r->n; i++)
		segment_done(&r->segments[i]);
	r->n = 0;
	r->next_ts = 0;
}

void capture_ring_free(struct capture_ring *r)
{
	if (!r)
		return;
	capture_ring_clear(r);
	scap_close(r->w);
	free(r);
}

static void drop_oldest(struct capture_ring *r)
{
	segment_done(&r->segments[0]);
	r->n--;
	memmove(r->segments, r->segments + 1, r->n * sizeof(r->segments[0]));
	if (r->n)
		scap_into(r->w, &r->segments[r->n - 1].events);
}

/* The oldest one is not needed when the one behind it is old enough by itself. */
static void begin_segment(struct capture_ring *r, uint64_t ts)
{
	struct segment *s;

	while (r->n == SEGMENTS || (r->n > 1 && r->segments[1].start_ts + r->span_ns <= ts))
		drop_oldest(r);
	s = &r->segments[r->n++];
	*s = (struct segment){.start_ts = ts};
	scap_into(r->w, &s->tables);
	capture_write_tables(r->w, r->state, r->known);
	scap_into(r->w, &s->events);
	r->next_ts = ts + r->span_ns / 2;
}

static size_t bytes_held(const struct capture_ring *r)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < r->n; i++)
		bytes += r->segments[i].tables.n + r->segments[i].events.n;
	return bytes;
}

static void make_room(struct capture_ring *r, size_t need)
{
	uint64_t next_ts = r->next_ts;

	while (r->n > 1 && bytes_held(r) + need > r->max_bytes) {
		drop_oldest(r);
		r->overflowed = true;
	}
	if (bytes_held(r) + need <= r->max_bytes)
		return;
	r->overflowed = true;
	capture_ring_clear(r);
	r->next_ts = next_ts;
}

/* A clock that was set back makes no segment end later. */
static bool is_due(const struct capture_ring *r, uint64_t ts)
{
	return ts >= r->next_ts || r->next_ts - ts > r->span_ns;
}

void capture_ring_event(struct capture_ring *r, const struct event *ev)
{
	if (is_due(r, ev->ts))
		begin_segment(r, ev->ts);
	make_room(r, ev->len + 32);
	if (r->n)
		scap_write_event(r->w, ev);
}

bool capture_ring_write(const struct capture_ring *r, struct scap_writer *w)
{
	if (!r->n)
		return false;
	scap_write_blocks(w, buf_view(&r->segments[0].tables), false);
	for (unsigned i = 0; i < r->n; i++)
		scap_write_blocks(w, buf_view(&r->segments[i].events), true);
	return true;
}

bool capture_ring_overflowed(struct capture_ring *r)
{
	bool overflowed = r->overflowed;

	r->overflowed = false;
	return overflowed;
}
