/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An old event becomes a current one in steps, one row of tables/convert.def each (execve went
 * through eight layouts).  The steps only rearrange views of parameters; bytes are copied once, at
 * the end, into a record that the converter owns.
 *
 * The last enter event of each thread is kept until its exit asks for it, within a budget: threads
 * that never come back are forgotten oldest first.  An enter event that is not the exit's own (the
 * right one was lost by the producer) counts as absent.
 */
#include "event/convert.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

#define MAX_STEPS 50

enum action { STORE, PASS, STORE_PASS, ADD, TYPE, CONTAINER };

/* Where a parameter comes from: one of these, ored with an index below 32. */
enum {
	FROM_OLD = 1 << 5,
	FROM_ENTER = 2 << 5,
	FROM_ENTER_OR_NIL = 3 << 5,
	DEF = 4 << 5,
	NIL = 5 << 5
};
#define O(i) (FROM_OLD | (i))
#define E(i) (FROM_ENTER | (i))
#define EOPT(i) (FROM_ENTER_OR_NIL | (i))

struct rule {
	uint16_t type, new_type;
	uint8_t nparams, action, nsources;
	uint8_t sources[EVENT_MAX_PARAMS];
};

static const struct rule rules[] = {
#define CONVERT(type, nparams, action, new_type, ...)                                              \
	{type, new_type, nparams, action, sizeof((uint8_t[]){0, ##__VA_ARGS__}) - 1, {__VA_ARGS__}},
#include "tables/convert.def"
#undef CONVERT
};

_Static_assert(ARRAY_SIZE(rules) < 255, "converter.index holds row numbers in a byte");

#define CURRENT(id, flags, nparams)                                                                \
	((flags)&EF_UNUSED			  ? CONVERT_NEVER                                  \
		: (flags)&EF_OLD_VERSION	  ? CONVERT_NEVER                                  \
		: !((flags)&EF_CONVERTER_MANAGED) ? CONVERT_ANY                                    \
		: EVENT_IS_ENTER(id)		  ? CONVERT_NEVER                                  \
						  : (nparams))

const uint8_t convert_current[EV_MAX] = {
#define EVENT(id, sym, name, cat, source, flags, nparams, ...) [id] = CURRENT(id, flags, nparams),
#include "tables/events.def"
#undef EVENT
};

#define USUAL(id, flags, nparams)                                                                  \
	((flags)&EF_LARGE_PAYLOAD || CURRENT(id, flags, nparams) == CONVERT_NEVER ? 255 : (nparams))

const uint8_t convert_usual[EV_MAX] = {
#define EVENT(id, sym, name, cat, source, flags, nparams, ...) [id] = USUAL(id, flags, nparams),
#include "tables/events.def"
#undef EVENT
};

/* The enter event of one thread; linked from the one stored longest ago to the latest. */
struct slot {
	struct slot *older, *newer;
	int64_t tid;
	uint32_t cap;
	bool fresh; /* its exit has not asked for it yet */
	uint8_t rec[];
};

struct converter {
	struct imap by_tid;
	struct slot *oldest, *newest;
	size_t bytes; /* of all slots */
	struct buf json;
	uint8_t out[CONVERT_MAX_LEN];
	uint8_t index[EV_MAX][EVENT_MAX_PARAMS + 1]; /* row in rules + 1, 0: none */
};

/* The event on its way: params view the record, stored enter events, constants or c->json. */
struct work {
	const struct event *ev;
	uint16_t type;
	unsigned n;
	bool changed;
	struct param params[EVENT_MAX_PARAMS];
};

struct converter *converter_new(void)
{
	struct converter *c = mem_zalloc(sizeof(*c));

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		c->index[rules[i].type][rules[i].nparams] = (uint8_t)(i + 1);
	return c;
}

void converter_free(struct converter *c)
{
	struct slot *s, *next;

	if (!c)
		return;
	for (s = c->oldest; s; s = next) {
		next = s->newer;
		free(s);
	}
	imap_done(&c->by_tid);
	buf_done(&c->json);
	free(c);
}

/* ---- enter events ---- */

static void slot_unlink(struct converter *c, struct slot *s)
{
	*(s->older ? &s->older->newer : &c->oldest) = s->newer;
	*(s->newer ? &s->newer->older : &c->newest) = s->older;
}

static void slot_append(struct converter *c, struct slot *s)
{
	s->older = c->newest;
	s->newer = NULL;
	*(c->newest ? &c->newest->newer : &c->oldest) = s;
	c->newest = s;
}

static void slot_forget(struct converter *c, struct slot *s)
{
	slot_unlink(c, s);
	imap_del(&c->by_tid, (uint64_t)s->tid);
	c->bytes -= sizeof(*s) + s->cap;
	free(s);
}

/* The thread's slot, linked as the newest, with room for len bytes. */
static struct slot *slot_take(struct converter *c, int64_t tid, uint32_t len)
{
	struct slot *s = imap_get(&c->by_tid, (uint64_t)tid);
	uint32_t cap = (len + 127) & ~127u;

	if (s && s->cap >= len) {
		slot_unlink(c, s);
		slot_append(c, s);
		return s;
	}
	if (s)
		slot_forget(c, s);
	while (c->oldest && (c->by_tid.n >= CONVERT_MAX_THREADS ||
				    c->bytes + sizeof(*s) + cap > CONVERT_MAX_BYTES))
		slot_forget(c, c->oldest);
	s = mem_alloc(sizeof(*s) + cap);
	*s = (struct slot){.tid = tid, .cap = cap};
	c->bytes += sizeof(*s) + cap;
	imap_put(&c->by_tid, (uint64_t)tid, s);
	slot_append(c, s);
	return s;
}

static bool store(struct converter *c, const struct work *w)
{
	size_t len = event_size(w->type, w->params, w->n);
	struct slot *s;

	if (len > CONVERT_MAX_LEN)
		return false;
	s = slot_take(c, w->ev->tid, (uint32_t)len);
	event_encode(s->rec, w->ev->ts, w->ev->tid, w->type, w->params, w->n);
	s->fresh = true;
	return true;
}

/* The enter event that belongs to the work's exit, or NULL. */
static struct slot *find_enter(struct converter *c, const struct work *w)
{
	struct slot *s = imap_get(&c->by_tid, (uint64_t)w->ev->tid);
	const struct event_header *h = s ? (const void *)s->rec : NULL;

	return s && s->fresh && h->type == w->type - 1 ? s : NULL;
}

/* Parameter i of a record that store() wrote; false when it has fewer. */
static bool slot_param(const struct slot *s, unsigned i, struct param *ret)
{
	const struct event_header *h = (const void *)s->rec;
	const uint8_t *lens = s->rec + EVENT_HEADER_SIZE, *p = lens + 2 * h->nparams;
	uint16_t n;

	if (i >= h->nparams)
		return false;
	for (unsigned k = 0; k < i; k++) {
		memcpy(&n, lens + 2 * k, 2);
		p += n;
	}
	memcpy(&n, lens + 2 * i, 2);
	*ret = (struct param){p, n};
	return true;
}

/* ---- parameters ---- */

static struct param default_param(uint8_t type)
{
	static const uint8_t zeros[16], ones[4] = {0xff, 0xff, 0xff, 0xff};
	bool id = type == PT_UID || type == PT_GID;

	return (struct param){id ? ones : zeros, ptype_size[type]};
}

/* enter: the event's enter event or NULL. */
static struct param source_param(
	const struct work *w, const struct slot *enter, uint8_t source, uint8_t type)
{
	unsigned i = source & 31, max = ptype_size[type];
	struct param p = {NULL, 0};

	switch (source & ~31) {
	case FROM_OLD:
		assert(i < w->n);
		p = w->params[i];
		break;
	case FROM_ENTER:
		if (!enter || !slot_param(enter, i, &p))
			p = default_param(type);
		break;
	case FROM_ENTER_OR_NIL:
		if (enter)
			slot_param(enter, i, &p);
		break;
	case DEF:
		p = default_param(type);
		break;
	}
	if (max && p.n > max)
		p.n = max;
	return p;
}

/*
 * Appends the rule's parameters behind the first keep ones.  The enter event has served with that,
 * even for later steps; its bytes stay until the thread's next one.
 */
static void rebuild(struct converter *c, struct work *w, const struct rule *r, unsigned keep)
{
	uint16_t type = r->action == TYPE ? r->new_type : w->type;
	const struct event_info *info = &event_table[type];
	struct slot *enter = find_enter(c, w);
	struct param fresh[EVENT_MAX_PARAMS];
	bool served = false;

	assert(keep + r->nsources <= info->nparams);
	for (unsigned i = 0; i < r->nsources; i++) {
		fresh[i] = source_param(w, enter, r->sources[i], info->params[keep + i].type);
		served |= (r->sources[i] & ~31) == FROM_ENTER ||
			  (r->sources[i] & ~31) == FROM_ENTER_OR_NIL;
	}
	if (r->nsources)
		memcpy(w->params + keep, fresh, r->nsources * sizeof(fresh[0]));
	if (enter && served)
		enter->fresh = false;
	w->type = type;
	w->n = keep + r->nsources;
	w->changed = true;
}

static struct str param_text(struct param p)
{
	return p.n ? str_n(p.p, strnlen((const char *)p.p, p.n)) : STR("");
}

/* id, type, name, image of a container become one JSON text with a NUL behind. */
static void container_json(struct converter *c, struct work *w, const struct rule *r)
{
	uint32_t type = 0;

	if (w->params[1].n)
		memcpy(&type, w->params[1].p, MIN(w->params[1].n, sizeof(type)));
	c->json.n = 0;
	buf_puts(&c->json, "{\"id\":");
	buf_json(&c->json, param_text(w->params[0]));
	buf_puts(&c->json, ",\"type\":");
	buf_u64(&c->json, type);
	buf_puts(&c->json, ",\"name\":");
	buf_json(&c->json, param_text(w->params[2]));
	buf_puts(&c->json, ",\"image\":");
	buf_json(&c->json, param_text(w->params[3]));
	buf_puts(&c->json, "}");
	buf_char(&c->json, '\0');
	w->params[0] = (struct param){(const uint8_t *)c->json.p, (uint32_t)c->json.n};
	w->n = 1;
	w->type = r->new_type;
	w->changed = true;
}

/* ---- steps ---- */

static enum convert_result finish(struct converter *c, struct work *w, struct event *ev)
{
	size_t len;

	if (!w->changed)
		return CONVERT_PASS;
	len = event_size(w->type, w->params, w->n);
	if (len > CONVERT_MAX_LEN)
		return CONVERT_ERROR;
	event_encode(c->out, ev->ts, ev->tid, w->type, w->params, w->n);
	event_view(ev, c->out, len);
	event_decode(ev);
	return CONVERT_CHANGED;
}

/* The row for the work as it is now; NULL with the verdict in *ret when no step is needed. */
static const struct rule *next_rule(
	struct converter *c, const struct work *w, enum convert_result *ret)
{
	uint16_t flags = event_table[w->type].flags;
	unsigned row;

	*ret = CONVERT_PASS;
	if (!convert_needed(w->type, w->n))
		return NULL;
	*ret = CONVERT_DROP;
	if (flags & EF_UNUSED || !(flags & EF_CONVERTER_MANAGED))
		return NULL;
	*ret = CONVERT_ERROR;
	row = c->index[w->type][w->n];
	return row ? &rules[row - 1] : NULL;
}

static enum convert_result run(struct converter *c, struct work *w, struct event *ev)
{
	enum convert_result res;

	for (int step = 0; step < MAX_STEPS; step++) {
		const struct rule *r = next_rule(c, w, &res);

		if (!r)
			return res == CONVERT_PASS ? finish(c, w, ev) : res;
		switch ((enum action)r->action) {
		case STORE:
			return store(c, w) ? CONVERT_DROP : CONVERT_ERROR;
		case STORE_PASS:
			if (!store(c, w))
				return CONVERT_ERROR;
			return finish(c, w, ev);
		case PASS:
			return finish(c, w, ev);
		case ADD:
			rebuild(c, w, r, w->n);
			break;
		case TYPE:
			rebuild(c, w, r, 0);
			break;
		case CONTAINER:
			container_json(c, w, r);
			break;
		}
	}
	return CONVERT_ERROR;
}

enum convert_result convert_event(struct converter *c, struct event *ev)
{
	const struct event_header *h = (const void *)ev->rec;
	struct work w;

	if (event_decode(ev) < 0)
		return CONVERT_ERROR;
	if (!convert_needed(ev->type, h->nparams))
		return CONVERT_PASS;
	if (!(ev->info->flags & EF_CONVERTER_MANAGED))
		return CONVERT_DROP;
	if (h->nparams > ev->info->nparams)
		return CONVERT_ERROR;
	w.ev = ev;
	w.type = ev->type;
	w.changed = false;
	w.n = ev->nparams;
	memcpy(w.params, ev->params, w.n * sizeof(w.params[0]));
	return run(c, &w, ev);
}
