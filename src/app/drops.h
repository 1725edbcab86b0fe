/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches for lost events: once a second of event time, compares drops with events and, when too
 * many were lost and the token bucket allows, logs, alerts or ends the run (syscall_event_drops).
 * And for silence: alerts when a source has had nothing to tell for long (syscall_event_timeouts).
 */
#ifndef APP_DROPS_H
#define APP_DROPS_H
#include "app/config.h"
#include "base/token_bucket.h"
#include "capture/source.h"
#include "output/outputs.h"

struct drop_monitor {
	const struct config *config;
	struct outputs *outputs;
	struct token_bucket bucket;
	struct source_stats last;
	uint64_t next_check_ts; /* 0: before the first event */
	bool enabled;		/* the source can lose events, or it is to be simulated */
	uint64_t detected, actions;
	uint64_t silences;	/* timeouts in a row */
	uint64_t silent_events; /* events of the source when it was asked last */
};

void drop_monitor_init(
	struct drop_monitor *m, const struct config *c, struct outputs *o, struct source *s);
/* Another configuration, after a reload; what was counted stays. */
void drop_monitor_configure(struct drop_monitor *m, const struct config *c);
/* To be called for every event; false: the configuration wants the run to end. */
bool drop_monitor_check(struct drop_monitor *m, struct source *s, uint64_t ts);
/* To be called when the source has no event for now; last_ts: of the last event, 0: none yet. */
void drop_monitor_silence(struct drop_monitor *m, struct source *s, uint64_t last_ts);
/* To be called when there is an event after a silence. */
static inline void drop_monitor_heard(struct drop_monitor *m)
{
	m->silences = 0;
}

/* End-of-run lines on standard error. */
void drop_monitor_print(const struct drop_monitor *m);

/* Cheap guard for the event loop: whether a check is due. */
static inline bool drop_monitor_due(const struct drop_monitor *m, uint64_t ts)
{
	return ts > m->next_check_ts;
}
#endif
