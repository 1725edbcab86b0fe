/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of a machine on which processes come and go: each is cloned, makes ten descriptors
 * (four pipes, a file that others open too, and one of its own, which it closes) and exits: ten
 * events.  The exit of some is lost, as when events are dropped: who watches has to forget them by
 * himself.
 */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H
#include <stdio.h>

#include "event/event.h"

#define CROWD_EVENTS 10 /* of one process; of one whose exit is lost one less */
#define CROWD_FDS 10
#define CROWD_PARENT 900
#define CROWD_FIRST 1000 /* tid of the first process */

struct crowd {
	uint64_t lost; /* the exit of every so many processes is lost; 0: none is */
	uint64_t process, ts;
	unsigned step; /* of the process */
	uint8_t rec[4096];
};

struct crowd_record {
	struct param params[EVENT_MAX_PARAMS];
	unsigned n;
	uint8_t bytes[2048], *at;
};

static inline void crowd_put(struct crowd_record *r, const void *p, size_t n)
{
	memcpy(r->at, p, n);
	r->params[r->n++] = (struct param){r->at, (uint32_t)n};
	r->at += n;
}

static inline void crowd_number(struct crowd_record *r, int64_t v, size_t n)
{
	crowd_put(r, &v, n);
}

static inline void crowd_text(struct crowd_record *r, const char *s)
{
	crowd_put(r, s, strlen(s) + 1);
}

static inline void crowd_clone(struct crowd_record *r, int64_t result, int64_t tid, int64_t ptid)
{
	crowd_number(r, result, 8);
	crowd_text(r, "/usr/bin/worker");
	crowd_put(r, "--once\0--quiet", 15);
	crowd_number(r, tid, 8);
	crowd_number(r, tid, 8);
	crowd_number(r, ptid, 8);
	crowd_text(r, "");
	crowd_number(r, 1024, 8);
	crowd_number(r, 0, 8);
	crowd_number(r, 100, 8);
	for (unsigned i = 0; i < 3; i++)
		crowd_number(r, 1000, 4);
	crowd_text(r, "worker");
	crowd_put(r, "cpu=/\0memory=/", 15);
	for (unsigned i = 0; i < 3; i++) /* flags, uid, gid */
		crowd_number(r, 0, 4);
	crowd_number(r, tid, 8);
	crowd_number(r, tid, 8);
	crowd_number(r, 0, 8);
}

static inline void crowd_open(struct crowd_record *r, int64_t fd, const char *path)
{
	crowd_number(r, fd, 8);
	crowd_number(r, -100, 8);
	crowd_text(r, path);
	crowd_number(r, 1, 4); /* for reading */
	crowd_number(r, 0, 4);
	crowd_number(r, 5, 4);
	crowd_number(r, 77, 8);
}

/* What process i does at a step; its type and who does it. */
static inline uint16_t crowd_step(struct crowd_record *r, uint64_t i, unsigned step, int64_t *tid)
{
	int64_t self = CROWD_FIRST + (int64_t)i;
	char path[64];

	*tid = step == 0 ? CROWD_PARENT : self;
	switch (step) {
	case 0:
		crowd_clone(r, self, CROWD_PARENT, 1);
		return EV_CLONE3_X;
	case 1:
		crowd_clone(r, 0, self, CROWD_PARENT);
		return EV_CLONE3_X;
	case 6:
		snprintf(path, sizeof(path), "/srv/data/%u", (unsigned)(i % 1000));
		crowd_open(r, 11, path);
		return EV_OPENAT_X;
	case 7:
		snprintf(path, sizeof(path), "/tmp/job-%llu", (unsigned long long)i);
		crowd_open(r, 12, path);
		return EV_OPENAT_X;
	case 8:
		crowd_number(r, 0, 8);
		crowd_number(r, 12, 8);
		return EV_CLOSE_X;
	case 9:
		crowd_number(r, 0, 8);
		crowd_number(r, 0, 8);
		crowd_number(r, 0, 1);
		crowd_number(r, 0, 1);
		crowd_number(r, CROWD_PARENT, 8);
		return EV_PROCEXIT_E;
	default:
		crowd_number(r, 0, 8);
		crowd_number(r, 3 + 2 * (step - 2), 8);
		crowd_number(r, 4 + 2 * (step - 2), 8);
		crowd_number(r, (int64_t)(i * 4 + step), 8);
		crowd_number(r, 0, 4);
		return EV_PIPE2_X;
	}
}

/* The next event, valid until the next call. There is no end. */
static inline void crowd_event(struct crowd *c, struct event *ev)
{
	struct crowd_record r = {.n = 0};
	int64_t tid;
	uint16_t type;
	size_t len;

	r.at = r.bytes;
	if (c->step == CROWD_EVENTS - 1 && c->lost && c->process % c->lost == 0)
		c->step++;
	if (c->step == CROWD_EVENTS) {
		c->step = 0;
		c->process++;
	}
	type = crowd_step(&r, c->process, c->step++, &tid);
	c->ts += 100000;
	len = event_encode(c->rec, UINT64_C(1700000000000000000) + c->ts, tid, type, r.params, r.n);
	event_view(ev, c->rec, len);
	ev->flags = 0;
	ev->cpu = 0;
}
#endif
