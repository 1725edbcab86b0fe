/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of events: a capture file, the kernel, a plugin.  One thread drives one source. */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H
#include "capture/drop_kinds.h"
#include "capture/machine.h"
#include "event/event.h"
#include "tables/metrics.h"

enum source_result {
	SOURCE_EVENT,	/* *ev is filled, decoded */
	SOURCE_TIMEOUT, /* nothing for now, call again */
	SOURCE_EOF,
	SOURCE_ERROR, /* source->error says what and where; no more events */
};

struct source_stats {
	uint64_t events, drops; /* made, lost ones included; lost */
	uint64_t received;	/* those that came here, passed over ones included */
	/* Of the drops, for want of room in a buffer, in all and by what they were about. */
	uint64_t drops_buffer, drops_by_kind[DROP_KIND_MAX];
	uint64_t drops_scratch, drops_bug; /* others of them, as the kernel side has reasons */
};

/*
 * How many events were lost of a process group, under the name of the one of it that lost first, or
 * of a system call, under its name.
 */
struct source_loser {
	char name[32];
	uint32_t pgid; /* 0: of a system call */
	uint64_t drops;
};
#define SOURCE_LOSERS 3

/* What a consumer needs of the events of some type. */
enum source_need {
	NEED_ALL,
	NEED_OFFERED, /* those that source.take() does not take when it is offered them */
	NEED_NONE,
};

struct source {
	/* ev stays valid until the next call. Lists met on the way go to the machine sink. */
	enum source_result (*next)(struct source *s, struct event *ev);
	void (*stats)(struct source *s, struct source_stats *ret);
	/* Puts what it knows beyond that, rows of tables/metrics.def; NULL: nothing. */
	void (*metrics)(struct source *s, const struct metric_sink *to);
	/*
	 * Fills in the process groups that lost most since it was asked last, most first; returns
	 * how many there are. NULL: this source does not know.
	 */
	unsigned (*losers)(struct source *s, struct source_loser ret[SOURCE_LOSERS]);
	/* The same of system calls, and of what else events tell of. */
	unsigned (*lost_calls)(struct source *s, struct source_loser ret[SOURCE_LOSERS]);
	void (*close)(struct source *s); /* frees s */
	/*
	 * Set by the consumer, enum source_need for every type, NULL for all events: those that it
	 * has no use for may be counted and passed over, as long as they are earlier than wake_ts.
	 */
	const uint8_t *needs;
	uint64_t wake_ts;
	/* Called by the consumer when it has changed needs after the first event; may be NULL. */
	void (*needs_changed)(struct source *s);
	/* h: a record as event_read() reads it, but for its lengths. NULL: nothing is offered. */
	bool (*take)(void *arg, const struct event_header *h);
	void *take_arg;
	/*
	 * Looks again, at a thread or a descriptor that an event named and nothing told of; false:
	 * there is none (any more). NULL: this source can not.
	 */
	bool (*look_up_thread)(void *source, int64_t tid, const struct machine_sink *sink);
	bool (*look_up_fd)(void *source, int64_t pid, int64_t num, const struct machine_sink *sink);
	char error[512];
};

static inline enum source_result source_next(struct source *s, struct event *ev)
{
	return s->next(s, ev);
}

static inline void source_close(struct source *s)
{
	if (s)
		s->close(s);
}
#endif
