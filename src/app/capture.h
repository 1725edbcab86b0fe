/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures that rules start: a file with the machine's tables, the event that a rule matched and
 * those that follow, for as long as the rule says; and with capture.before what went before it.
 */
#ifndef APP_CAPTURE_H
#define APP_CAPTURE_H
#include "app/capture_file.h"
#include "app/capture_ring.h"
#include "app/config.h"
#include "capture/source.h"
#include "output/outputs.h"

struct captures {
	bool on; /* events and matches are to be told; nothing is done else */
	const struct config *config;
	const struct state *state;
	struct outputs *outputs;
	struct source *source;
	const uint8_t *needs; /* those of the source, while it shows all events */
	struct machine_sink next;
	struct known_containers known;
	struct capture_ring *ring; /* capture.before, or NULL */
	struct capture_file *file; /* being written, or NULL */
	struct capture_file *last; /* the one before, while its end is being written */
	bool wanted;		   /* by a rule that matched the event in hand */
	uint64_t deadline_ts;	   /* 0: none */
};

/* c is zeroed. state and outputs outlive it. */
void captures_init(struct captures *c, const struct state *state, struct outputs *outputs);
/* A sink for the source: notices when another machine begins. */
struct machine_sink captures_sink(struct captures *c, const struct machine_sink *next);
/* From here on, and when the configuration changes. The source's needs are set before. */
void captures_configure(struct captures *c, const struct config *config, struct source *source);
/* An event, before the state takes it in. */
void captures_event(struct captures *c, const struct event *ev);
/* A rule matched it. */
void captures_rule(struct captures *c, const struct rule *r, const struct event *ev);
/* All that is to be said of the event has been. */
void captures_after(struct captures *c, const struct event *ev);
/* Completes what is being written, and waits for it. */
void captures_done(struct captures *c);
#endif
