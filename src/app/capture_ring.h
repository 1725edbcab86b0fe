/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last seconds, in memory, as blocks of a capture file.
 *
 * A capture must open with the tables as they were at its first event, so events cannot simply be
 * forgotten one by one.  The ring is a row of segments: each begins with the tables of its moment
 * and goes on with events; forgotten are whole segments, the oldest first.
 */
#ifndef APP_CAPTURE_RING_H
#define APP_CAPTURE_RING_H
#include "capture/scap_write.h"
#include "state/state.h"

/*
 * Container events by container: tables have no place for what is known of containers, so a
 * capture repeats the events that told of them.
 */
struct known_containers {
	struct smap by_id; /* struct known_container */
	size_t bytes;
};

/* An event that may tell of a container, before the state takes it in. */
void known_containers_note(struct known_containers *k, const struct event *ev);
void known_containers_clear(struct known_containers *k);

/* The tables as they are now, and what is known of containers, as the start of a capture. */
void capture_write_tables(
	struct scap_writer *w, const struct state *state, const struct known_containers *known);

struct capture_ring;

/* Keeps at least span_ns of events (at most half as much more) as long as that is max_bytes. */
struct capture_ring *capture_ring_new(uint64_t span_ns, size_t max_bytes, const struct state *state,
	const struct known_containers *known);
bool capture_ring_is(const struct capture_ring *r, uint64_t span_ns, size_t max_bytes);
void capture_ring_free(struct capture_ring *r);
/* Forgets everything: the machine is another one. */
void capture_ring_clear(struct capture_ring *r);
/* The next event, before the state takes it in. */
void capture_ring_event(struct capture_ring *r, const struct event *ev);
/* Puts tables and events into w; false, and nothing put, when it holds none. */
bool capture_ring_write(const struct capture_ring *r, struct scap_writer *w);
/* Whether max_bytes were not enough since this was last asked. */
bool capture_ring_overflowed(struct capture_ring *r);
#endif
