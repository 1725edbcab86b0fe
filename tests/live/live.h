/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases of live capture: a child makes calls with known arguments, the events that the probe made
 * of them are checked.  The scope of the probe is that child and its descendants.
 */
#ifndef TESTS_LIVE_H
#define TESTS_LIVE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "absent.h"
#include "event/event.h"

struct live_case {
	const char *name;
	void (*act)(void);   /* in the child */
	void (*check)(void); /* in the parent, with what was captured of act() */
};

/* How the probe is set up; main() may change it. */
extern struct live_setup {
	const char *calls; /* the only ones wanted, as by FALCO_LIVE_CALLS (live.c); NULL: all */
	bool resolve;	   /* opens tell what they resolved to, if nobody says otherwise */
	bool drop_failed;  /* no event of a call that failed */
} live_setup;

/* Whether 64-bit calls can be seen when they begin. */
bool live_sees_beginnings(void);

/* Runs all cases in one child; exit status for main(), 77 when there can be no live capture here.
 */
int live_run(const struct live_case *cases, size_t n);
#define LIVE_MAIN(cases)                                                                           \
	int main(void)                                                                             \
	{                                                                                          \
		return live_run(cases, sizeof(cases) / sizeof((cases)[0]));                        \
	}

/* In either: which of the cases this is. */
size_t live_current(void);

/* ---- in act() ---- */

/* What check() is to know, by number 0..63: results, descriptors, addresses. Returns value. */
long live_note(unsigned i, long value);
/* A system call the 32-bit way; memory that it can be given. x86_64 only: elsewhere live_32 is
 * false. */
extern const bool live_32;
long live_call32(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	unsigned long e, unsigned long f);
void *live_low(const void *data, size_t n);
#define CALL32(nr, ...) live_call32_of((nr), __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define live_call32_of(nr, a, b, c, d, e, f, ...)                                                  \
	live_call32(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c),                \
		(unsigned long)(d), (unsigned long)(e), (unsigned long)(f))

/* ---- in check() ---- */

long live_noted(unsigned i);
pid_t live_pid(void); /* of the child */
/* Whether this machine has a call that makes events of this type; if not, the case says so. */
bool live_makes(uint16_t type);
/* Events of this type that the case made, and the nth of them; the test fails if there is none. */
size_t live_count(uint16_t type);
const struct event *live_nth(uint16_t type, size_t nth);
#define live_event(type) live_nth(type, 0)
/* The nth event of the type that the task made, within the case. */
const struct event *live_of(uint16_t type, int64_t tid, size_t nth);
/* Comparisons of parameter i that tell the name of the parameter when they fail. */
void live_int(const struct event *ev, unsigned i, int64_t want);
void live_uint(const struct event *ev, unsigned i, uint64_t want);
void live_text(const struct event *ev, unsigned i, const char *want);
void live_bytes(const struct event *ev, unsigned i, const void *want, size_t n);
void live_empty(const struct event *ev, unsigned i);
#endif
