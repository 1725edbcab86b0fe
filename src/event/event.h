/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event record, the same in captures, rings and plugins, and a view of one.
 * Layout (packed, host byte order): struct event_header, then nparams lengths (u16 each; u32 each
 * for EF_LARGE_PAYLOAD types), then the parameters' bytes back to back.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H
#include <errno.h>

#include "base/arena.h"
#include "event/resolved.h"
#include "tables/tables.h"

struct event_header {
	uint64_t ts;  /* nanoseconds since the epoch */
	uint64_t tid; /* of the thread that caused it */
	uint32_t len; /* of the whole record, header included */
	uint16_t type;
	uint32_t nparams;
} __attribute__((packed));

#define EVENT_HEADER_SIZE 26
#define EVENT_MAX_LEN (16u * 1024 * 1024) /* a record larger than this is refused as corrupt */

struct param {
	const uint8_t *p;
	uint32_t n;
};

/* A view of one record; everything points into memory of the source, valid until its next event. */
struct event {
	const uint8_t *rec; /* struct event_header and the rest */
	const struct event_info *info;
	uint64_t num; /* position in the stream, from 1 */
	uint64_t ts;
	int64_t tid;
	uint32_t len;
	uint32_t flags; /* EVENT_STATE_ONLY... as in capture blocks */
	uint16_t type;
	uint16_t cpu;
	uint16_t nparams; /* of params[], once decoded */
	bool decoded;
	struct param params[EVENT_MAX_PARAMS];
};

#define EVENT_STATE_ONLY 1u /* update state with it, show it to nobody */
#define EVENT_IMPLIED 2u    /* state-only by its type or place, not marked so: not recorded */

/*
 * Points ev at a record of at least EVENT_HEADER_SIZE bytes in n bytes of memory: header only;
 * num, flags and cpu are left to the caller.
 * 0, or -EBADMSG when the header contradicts n or the type is beyond the table.
 */
static inline int event_view(struct event *ev, const void *rec, size_t n)
{
	const struct event_header *h = rec;

	if (n < EVENT_HEADER_SIZE || h->len < EVENT_HEADER_SIZE || h->len > n || h->type >= EV_MAX)
		return -EBADMSG;
	ev->rec = rec;
	ev->info = &event_table[h->type];
	ev->ts = h->ts;
	ev->tid = (int64_t)h->tid;
	ev->len = h->len;
	ev->type = h->type;
	ev->nparams = 0;
	ev->decoded = false;
	return 0;
}

/* Whether all parameters stay within the record: then event_decode() cannot fail. */
bool event_fits(const struct event *ev);
/* Fills params[]: as many as both table and record have. 0, or -EBADMSG when lengths overrun. */
int event_decode(struct event *ev);

/* Notes that a parameter begins at p; where it ends. */
static inline const uint8_t *event_place(struct param *at, const uint8_t *lens, const uint8_t *p)
{
	uint16_t len;

	memcpy(&len, lens, 2);
	at->p = p;
	at->n = len;
	return p + len;
}

/*
 * event_view() and event_decode() at once of a record as most are: its header says that it lies
 * within memory at hand, and that it has n parameters, as many as the table; their lengths have
 * 16 bits.  False, with ev undefined, when they do not fit.
 *
 * Every event that anybody wants comes by here: the first parameters are placed without a loop.
 */
static inline bool event_read(struct event *ev, const void *rec, unsigned n)
{
	const struct event_header *h = rec;
	const uint8_t *lens = (const uint8_t *)rec + EVENT_HEADER_SIZE, *p = lens + 2 * n;
	const uint8_t *end = (const uint8_t *)rec + h->len;
	struct param *at = ev->params;
	unsigned i;

	ev->rec = rec;
	ev->info = &event_table[h->type];
	ev->ts = h->ts;
	ev->tid = (int64_t)h->tid;
	ev->len = h->len;
	ev->type = h->type;
	ev->nparams = (uint16_t)n;
	ev->decoded = true;
	if (p > end)
		return false;
#pragma GCC unroll 4
	for (i = 0; i < 8; i += 2) {
		if (n < i + 2)
			return (n > i ? event_place(&at[i], lens + 2 * i, p) : p) <= end;
		p = event_place(&at[i], lens + 2 * i, p);
		p = event_place(&at[i + 1], lens + 2 * i + 2, p);
	}
	for (; i < n; i++)
		p = event_place(&at[i], lens + 2 * i, p);
	return p <= end; /* the last end is the farthest: lengths are never negative */
}

/* Reading parameter i of a decoded event. Absent or empty: 0, or an empty string with p NULL. */
static inline struct param event_param(const struct event *ev, unsigned i)
{
	return i < ev->nparams ? ev->params[i] : (struct param){NULL, 0};
}

/* Integers of any width: sign-extended for signed types of the table, else zero-extended. */
int64_t event_i64(const struct event *ev, unsigned i);
uint64_t event_u64(const struct event *ev, unsigned i);
/* Text up to its first NUL; STR_NONE when absent, empty or the old "(NULL)". */
struct str event_str(const struct event *ev, unsigned i);
/* All bytes. */
struct str event_bytes(const struct event *ev, unsigned i);
/*
 * What the kernel resolved an open to, if the record tells: behind the parameters of a decoded
 * event (event/resolved.h). The path points into the record.
 */
struct resolved {
	enum origin origin;
	struct str path;
};
bool event_resolved(const struct event *ev, struct resolved *ret);
/* The way by which the call was made, told in the same place, also of other events. */
bool event_origin(const struct event *ev, enum origin *ret);
/*
 * Whether a decoded event has a result: exits of system calls that have parameters, the first of
 * which is it. The generic "syscall" has none.
 */
bool event_result(const struct event *ev, int64_t *ret_value);

/*
 * Enter events that live on only to complete their exit (a path or address as it was at entry):
 * sources mark them EVENT_STATE_ONLY | EVENT_IMPLIED.
 */
static inline bool event_type_state_only(uint16_t type)
{
	if (!EVENT_IS_ENTER(type))
		return false;
	switch (type) {
	case EV_OPEN_E:
	case EV_OPENAT_E:
	case EV_OPENAT2_E:
	case EV_CREAT_E:
	case EV_CONNECT_E:
	case EV_EXECVE_E:
	case EV_EXECVEAT_E:
		return true;
	default:
		return false;
	}
}

/* ---- building records (tests, conversion, plugins, our own events) ---- */

/* Length of the record that these parameters make. */
size_t event_size(uint16_t type, const struct param *params, unsigned n);
/* Writes it to out, which has room for event_size() bytes; returns its length. */
size_t event_encode(
	void *out, uint64_t ts, int64_t tid, uint16_t type, const struct param *params, unsigned n);
#endif
