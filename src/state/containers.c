/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The containers known, by id, and which of them threads are in.
 *
 * Records come as events: asyncevent named "container" or "container_removed" (since 2025), and
 * three older types.  Of runtimes that tell nothing but a name (lxc, libvirt-lxc, bpm) a record is
 * made when the first process of a container is met.
 *
 * A removed container's record lives until the next container event, because the event that says
 * so is itself about it.
 */
#include <arpa/inet.h>

#include "state/containers.h"
#include "state/internal.h"

#define MAX_CONTAINERS 65536

struct container_state {
	struct smap by_id;	/* keys are the records' own ids; owns the records */
	struct container *told; /* the record of event told_num */
	struct container *gone; /* owned: removed by event told_num */
	uint64_t told_num;
};

struct container_state *container_state_new(void)
{
	return mem_zalloc(sizeof(struct container_state));
}

static void drop_gone(struct container_state *c)
{
	if (c->told == c->gone)
		c->told = NULL;
	container_free(c->gone);
	c->gone = NULL;
}

static void clear(struct container_state *c)
{
	struct smap_slot *slot;

	map_foreach(slot, &c->by_id) container_free(slot->value);
	smap_done(&c->by_id);
	drop_gone(c);
	c->told = NULL;
	c->told_num = 0;
}

void container_state_free(struct container_state *c)
{
	if (!c)
		return;
	clear(c);
	free(c);
}

void containers_reset(struct state *s)
{
	struct smap_slot *slot;

	map_foreach(slot, &s->containers->by_id)
		state_charge(s, -(ptrdiff_t)((struct container *)slot->value)->bytes);
	clear(s->containers);
	s->epoch++;
}

size_t state_container_count(const struct state *s)
{
	return s->containers->by_id.n;
}

/* ---- the records ---- */

static struct container *take(struct state *s, struct str id)
{
	struct container *c = smap_del(&s->containers->by_id, id);

	if (c)
		state_charge(s, -(ptrdiff_t)c->bytes);
	return c;
}

/* Takes c over. NULL when there is no room for it. */
static struct container *put(struct state *s, struct container *c)
{
	struct container_state *all = s->containers;
	struct container *old = take(s, istr_str(c->id));

	drop_gone(all);
	if (all->told == old)
		all->told = NULL;
	container_free(old);
	s->epoch++;
	s->stats.containers_without_image += !c->is_pod_sandbox && !istr_str(c->image).n;
	if (all->by_id.n >= MAX_CONTAINERS || !state_room(s, c->bytes)) {
		container_free(c);
		return NULL;
	}
	smap_put(&all->by_id, istr_str(c->id), c);
	state_charge(s, (ptrdiff_t)c->bytes);
	return c;
}

struct container *state_container(const struct state *s, struct str id)
{
	return id.n ? smap_get(&s->containers->by_id, id) : NULL;
}

struct container *thread_container(const struct state *s, const struct thread *t)
{
	return state_container(s, istr_str(t->container_id));
}

struct container *event_container(const struct event_ctx *ctx)
{
	const struct container_state *all = ctx->state->containers;

	if (all->told && all->told_num == ctx->ev->num)
		return all->told;
	return ctx->thread ? thread_container(ctx->state, ctx->thread) : NULL;
}

bool containers_have_ip(const struct state *s, const uint8_t addr[4])
{
	const struct smap_slot *slot;
	uint8_t ip[4];

	map_foreach(slot, &s->containers->by_id)
	{
		const struct container *c = slot->value;

		if (c->ip && inet_pton(AF_INET, c->ip->s, ip) == 1 && memcmp(ip, addr, 4) == 0)
			return true;
	}
	return false;
}

struct str container_label(const struct container *c, struct str key)
{
	for (size_t i = 0; i < c->labels.n; i++)
		if (str_eq(istr_str(c->labels.v[i].key), key))
			return istr_str(c->labels.v[i].value);
	return STR_NONE;
}

/* ---- threads ---- */

static bool names_itself(enum container_type type)
{
	return type == CT_LXC || type == CT_LIBVIRT_LXC || type == CT_BPM;
}

void thread_find_container(struct state *s, struct thread *t)
{
	enum container_type type;
	struct str id = container_id_of_cgroups(istr_str(t->cgroups), &type);

	if (istr_set(&t->container_id, id))
		thread_bump(s, t);
	if (id.n && names_itself(type) && !state_container(s, id)) {
		struct container *c = mem_zalloc(sizeof(*c));

		c->id = istr_get(id);
		c->type = type;
		c->bytes = sizeof(*c);
		put(s, c);
	}
}

/* ---- events ---- */

static void tell(struct state *s, const struct event *ev, struct container *c)
{
	s->containers->told = c;
	s->containers->told_num = ev->num;
}

static void added(struct state *s, const struct event *ev, struct container *c)
{
	if (c)
		tell(s, ev, put(s, c));
}

static void removed(struct state *s, const struct event *ev, struct container *c)
{
	struct container *old;

	if (!c)
		return;
	drop_gone(s->containers);
	old = take(s, istr_str(c->id));
	users_forget_container(s, istr_str(c->id));
	container_free(old);
	s->containers->gone = c;
	tell(s, ev, c);
	s->epoch++;
}

static void async_event(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct str name = event_str(ev, 1);

	if (str_is(name, "container"))
		added(s, ev, container_parse(event_bytes(ev, 2)));
	else if (str_is(name, "container_removed"))
		removed(s, ev, container_parse(event_bytes(ev, 2)));
}

static void json_event(struct state *s, struct event_ctx *ctx)
{
	added(s, ctx->ev, container_parse(event_bytes(ctx->ev, 0)));
}

/* Of 2015: four facts, each a parameter. */
static void plain_event(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct container *c;

	if (!event_str(ev, 0).n)
		return;
	c = mem_zalloc(sizeof(*c));
	c->id = istr_get(event_str(ev, 0));
	c->type = (enum container_type)event_u64(ev, 1);
	c->name = istr_get(event_str(ev, 2));
	c->image = istr_get(event_str(ev, 3));
	c->bytes = sizeof(*c) + c->id->len + c->name->len + c->image->len;
	added(s, ev, c);
}

const struct apply_row container_apply_rows[] = {
	{EV_ASYNCEVENT_E, async_event},
	{EV_CONTAINER_4_E, plain_event},
	{EV_CONTAINER_1_E, json_event},
	{EV_CONTAINER_E, json_event},
	{0, NULL},
};
