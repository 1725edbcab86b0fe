/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading event records.  A view never copies: params[] point into the record.  Nothing outside
 * ev->len bytes of the record is ever touched, whatever the record says, and a record with more or
 * fewer parameters than the table is normal: captures come from older and newer producers.
 */
#include "event/event.h"

#include "base/mem.h"

static unsigned length_size(const struct event_info *info)
{
	return info->flags & EF_LARGE_PAYLOAD ? 4 : 2;
}

static uint32_t length_at(const uint8_t *lens, unsigned size, unsigned i)
{
	uint32_t n32;
	uint16_t n16;

	if (size == 4) {
		memcpy(&n32, lens + 4 * i, 4);
		return n32;
	}
	memcpy(&n16, lens + 2 * i, 2);
	return n16;
}

bool event_fits(const struct event *ev)
{
	const struct event_header *h = (const void *)ev->rec;
	const uint8_t *lens = ev->rec + EVENT_HEADER_SIZE;
	unsigned size = length_size(ev->info);
	uint64_t room = ev->len - EVENT_HEADER_SIZE, need = (uint64_t)h->nparams * size;

	if (need > room)
		return false;
	for (unsigned i = 0; i < h->nparams; i++)
		need += length_at(lens, size, i);
	return need <= room;
}

/* Lengths of 32 bits: events that may be large. */
static int decode_large(struct event *ev, unsigned n, const uint8_t *p)
{
	const uint8_t *lens = ev->rec + EVENT_HEADER_SIZE, *end = ev->rec + ev->len;

	for (unsigned i = 0; i < n; i++) {
		uint32_t len = length_at(lens, 4, i);

		if (len > (size_t)(end - p))
			return -EBADMSG;
		ev->params[i] = (struct param){p, len};
		p += len;
	}
	return 0;
}

/* Places first, bounds after: the last end is the farthest, lengths are never negative. */
static int decode_small(struct event *ev, unsigned n, const uint8_t *p)
{
	const uint8_t *lens = ev->rec + EVENT_HEADER_SIZE;

	for (unsigned i = 0; i < n; i++)
		p = event_place(&ev->params[i], lens + 2 * i, p);
	return p > ev->rec + ev->len ? -EBADMSG : 0;
}

int event_decode(struct event *ev)
{
	const struct event_header *h = (const void *)ev->rec;
	unsigned n = MIN(h->nparams, ev->info->nparams), size = length_size(ev->info);
	const uint8_t *first = ev->rec + EVENT_HEADER_SIZE + (size_t)h->nparams * size;

	ev->nparams = 0;
	if ((uint64_t)h->nparams * size > ev->len - EVENT_HEADER_SIZE)
		return -EBADMSG;
	if ((size == 2 ? decode_small(ev, n, first) : decode_large(ev, n, first)) < 0)
		return -EBADMSG;
	ev->nparams = (uint16_t)n;
	ev->decoded = true;
	return 0;
}

#define BIT(type) (UINT64_C(1) << (type))
_Static_assert(PT_MAX <= 64, "a bit for every type");

static bool ptype_signed(uint8_t type)
{
	const uint64_t types = BIT(PT_INT8) | BIT(PT_INT16) | BIT(PT_INT32) | BIT(PT_INT64) |
			       BIT(PT_ERRNO) | BIT(PT_FD) | BIT(PT_PID) | BIT(PT_FD32) |
			       BIT(PT_PID32);

	return types >> type & 1;
}

/* Producers differ in the width of values: less than eight bytes, any number of them. */
static uint64_t extended(struct param p, uint8_t type)
{
	unsigned unused = 64 - 8 * p.n;
	uint64_t v = 0;

	memcpy(&v, p.p, p.n);
	return ptype_signed(type) ? (uint64_t)((int64_t)(v << unused) >> unused) : v;
}

uint64_t event_u64(const struct event *ev, unsigned i)
{
	struct param p = event_param(ev, i);
	uint64_t v;
	int32_t v32;

	if (p.n >= 8) {
		memcpy(&v, p.p, 8);
		return v;
	}
	if (p.n == 4) {
		memcpy(&v32, p.p, 4);
		return ptype_signed(ev->info->params[i].type) ? (uint64_t)v32 : (uint32_t)v32;
	}
	return p.n ? extended(p, ev->info->params[i].type) : 0;
}

int64_t event_i64(const struct event *ev, unsigned i)
{
	return (int64_t)event_u64(ev, i);
}

struct str event_str(const struct event *ev, unsigned i)
{
	struct param p = event_param(ev, i);

	if (!p.n || (p.n == 7 && memcmp(p.p, "(NULL)", 7) == 0))
		return STR_NONE;
	if (p.p[p.n - 1] == '\0')
		return str_n(p.p, strlen((const char *)p.p));
	return str_n(p.p, strnlen((const char *)p.p, p.n));
}

/* Types whose records may have it. */
static bool may_resolve(uint16_t type)
{
	return type == EV_OPENAT_X || type == EV_OPEN_X || type == EV_OPENAT2_X ||
	       type == EV_CREAT_X || type == EV_OPEN_BY_HANDLE_AT_X;
}

/* What stands behind the last parameter: NULL if that is not ours. */
static const uint8_t *behind(const struct event *ev)
{
	const struct event_header *h = (const void *)ev->rec;
	const uint8_t *end, *at;
	const struct param *last;

	if (!ev->nparams || ev->nparams != h->nparams)
		return NULL;
	last = &ev->params[ev->nparams - 1];
	if (!last->p)
		return NULL;
	at = last->p + last->n;
	end = ev->rec + ev->len;
	return end - at < 3 || at[0] != RESOLVED_TAG || at[1] >= ORIGIN_MAX ? NULL : at;
}

bool event_origin(const struct event *ev, enum origin *ret)
{
	const uint8_t *at = behind(ev);

	if (!at || (at[1] != ORIGIN_URING && !may_resolve(ev->type)))
		return false;
	*ret = at[1];
	return true;
}

bool event_resolved(const struct event *ev, struct resolved *ret)
{
	const uint8_t *at = may_resolve(ev->type) ? behind(ev) : NULL;

	if (!at || !at[2])
		return false;
	ret->origin = at[1];
	ret->path = str_n((const char *)at + 2,
		strnlen((const char *)at + 2, (size_t)(ev->rec + ev->len - at - 2)));
	return true;
}

struct str event_bytes(const struct event *ev, unsigned i)
{
	struct param p = event_param(ev, i);

	return str_n(p.n ? (const char *)p.p : "", p.n);
}

bool event_result(const struct event *ev, int64_t *ret_value)
{
	struct param p = event_param(ev, 0);
	int32_t v32;
	int64_t v = 0;

	if (EVENT_IS_ENTER(ev->type) || ev->type == EV_SYSCALL_X || !ev->nparams ||
		!(ev->info->category & EC_SYSCALL))
		return false;
	if (p.n == 4) {
		memcpy(&v32, p.p, 4);
		v = v32;
	} else if (p.n == 8) {
		memcpy(&v, p.p, 8);
	}
	*ret_value = v;
	return true;
}
