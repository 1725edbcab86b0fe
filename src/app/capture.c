/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One capture at a time, as in Falco: a match while one is being written makes it longer, also one
 * of a rule that starts none itself.
 *
 * The tables of a capture are those of its first event.  With capture.before that is an event
 * before the match, and a replay has the state that the rule saw.  Without it they are those after
 * the event that matched, which replays to the same alert as long as the event says itself what it
 * is about (nothing is kept then, so nothing older is there to be written).
 *
 * While a capture is written, or kept for later, the source shows all events; else it shows what
 * rules and state need, as without captures.
 */
#include "app/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/log.h"
#include "base/clock.h"
#include "base/mem.h"

#define MILLISECOND UINT64_C(1000000)
#define MEGABYTE (UINT64_C(1) << 20)

void captures_init(struct captures *c, const struct state *state, struct outputs *outputs)
{
	c->state = state;
	c->outputs = outputs;
}

/* ---- what the source shows ---- */

static void choose_events(struct captures *c)
{
	const uint8_t *needs = c->ring || c->file ? NULL : c->needs;

	if (!c->source || c->source->needs == needs)
		return;
	c->source->needs = needs;
	if (c->source->needs_changed)
		c->source->needs_changed(c->source);
}

/* ---- a file ---- */

static void tell_size(struct captures *c, uint64_t written)
{
	static const char rule[] = "Falco internal: capture size limit reached";
	unsigned long limit = (unsigned long)c->config->capture_max_file_size_mb;
	char message[128], max[24], bytes[24];
	const char *fields[] = {"max_file_size_mb", max, "written_bytes", bytes};

	snprintf(message, sizeof(message), "%s. Configured limit: %lu MB.", rule, limit);
	snprintf(max, sizeof(max), "%lu", limit);
	snprintf(bytes, sizeof(bytes), "%" PRIu64, written);
	outputs_internal(c->outputs, clock_ns(CLOCK_REALTIME), PRIORITY_INFORMATIONAL, rule,
		message, fields, 2);
}

/* Only when all is written is it known whether the limit cut it. */
static void finish_last(struct captures *c)
{
	if (!c->last)
		return;
	capture_file_wait(c->last);
	if (capture_file_full(c->last))
		tell_size(c, capture_file_full(c->last));
	capture_file_free(c->last);
	c->last = NULL;
}

static void end_file(struct captures *c)
{
	if (!c->file)
		return;
	finish_last(c);
	capture_file_end(c->file);
	c->last = c->file;
	c->file = NULL;
	c->deadline_ts = 0;
	choose_events(c);
}

static char *name_of(const struct captures *c, const struct event *ev)
{
	struct buf b = {0};
	char *name;

	buf_printf(&b, "%s_%020" PRIu64 "_%020" PRIu64 ".scap", c->config->capture_path_prefix,
		ev->ts, ev->num);
	name = mem_strdup(buf_cstr(&b));
	buf_done(&b);
	return name;
}

static void begin_file(struct captures *c, const struct event *ev)
{
	uint64_t limit = (uint64_t)c->config->capture_max_file_size_mb * MEGABYTE;
	char *path = name_of(c, ev);
	struct scap_writer *w;

	c->file = capture_file_new(path, limit);
	if (!c->file) {
		log_msg(LOG_LEVEL_ERROR, "Could not write a capture to %s: %s", path,
			strerror(errno));
		c->deadline_ts = 0;
		free(path);
		return;
	}
	free(path);
	w = capture_file_writer(c->file);
	if (!c->ring || !capture_ring_write(c->ring, w)) {
		capture_write_tables(w, c->state, &c->known);
		scap_write_event(w, ev);
	}
	choose_events(c);
}

static void end_in_time(struct captures *c, const struct event *ev)
{
	capture_file_push(c->file);
	if (ev->ts >= c->deadline_ts || capture_file_full(c->file))
		end_file(c);
	if (c->last && capture_file_full(c->last))
		finish_last(c);
}

/* ---- from the event loop ---- */

/* What is kept already stays, unless the span changes. */
static void choose_ring(struct captures *c)
{
	uint64_t span = c->on ? (uint64_t)c->config->capture_before * MILLISECOND : 0;
	size_t max = (size_t)c->config->capture_before_max_size_mb * MEGABYTE;

	if (c->ring && capture_ring_is(c->ring, span, max))
		return;
	capture_ring_free(c->ring);
	c->ring = span ? capture_ring_new(span, max, c->state, &c->known) : NULL;
}

void captures_configure(struct captures *c, const struct config *config, struct source *source)
{
	if (c->source != source) {
		c->source = source;
		c->needs = source->needs;
	}
	c->config = config;
	c->on = config->capture_enabled;
	if (!c->on)
		end_file(c);
	choose_ring(c);
	choose_events(c);
}

void captures_event(struct captures *c, const struct event *ev)
{
	if (c->ring)
		capture_ring_event(c->ring, ev);
	known_containers_note(&c->known, ev);
}

void captures_rule(struct captures *c, const struct rule *r, const struct event *ev)
{
	uint64_t ms = r->capture_duration_ms ? r->capture_duration_ms
					     : (uint64_t)c->config->capture_default_duration;
	uint64_t deadline = ev->ts + ms * MILLISECOND;

	c->wanted |= c->config->capture_mode == CAPTURE_MODE_ALL_RULES || r->capture;
	if (deadline > c->deadline_ts)
		c->deadline_ts = deadline;
}

void captures_after(struct captures *c, const struct event *ev)
{
	bool begins = c->wanted && !c->file;

	c->wanted = false;
	if (begins)
		begin_file(c, ev);
	else if (c->file)
		scap_write_event(capture_file_writer(c->file), ev);
	if (c->file)
		end_in_time(c, ev);
	if (c->ring && begins && capture_ring_overflowed(c->ring))
		log_msg(LOG_LEVEL_WARNING,
			"capture.before_max_size_mb is too small for %d ms of events: a capture "
			"begins later than it should",
			(int)c->config->capture_before);
}

void captures_done(struct captures *c)
{
	end_file(c);
	finish_last(c);
	capture_ring_free(c->ring);
	c->ring = NULL;
	known_containers_clear(&c->known);
}

/* ---- another machine ---- */

/* Its lists make a section of their own in a file being written. */
static void on_reset(void *arg)
{
	struct captures *c = arg;

	known_containers_clear(&c->known);
	if (c->ring)
		capture_ring_clear(c->ring);
	c->next.reset(c->next.arg);
}

static void on_ready(void *arg)
{
	struct captures *c = arg;
	struct scap_writer *w;

	c->next.ready(c->next.arg);
	if (!c->file)
		return;
	w = capture_file_writer(c->file);
	scap_write_section(w);
	capture_write_tables(w, c->state, &c->known);
}

#define PASS_ON(what, type)                                                                        \
	static void on_##what(void *arg, const struct machine_##type *item)                        \
	{                                                                                          \
		struct captures *c = arg;                                                          \
                                                                                                   \
		c->next.what(c->next.arg, item);                                                   \
	}

PASS_ON(info, info)
PASS_ON(proc, proc)
PASS_ON(fd, fd)
PASS_ON(user, user)
PASS_ON(iface, iface)

struct machine_sink captures_sink(struct captures *c, const struct machine_sink *next)
{
	c->next = *next;
	return (struct machine_sink){.arg = c,
		.reset = on_reset,
		.info = on_info,
		.proc = on_proc,
		.fd = on_fd,
		.user = on_user,
		.iface = on_iface,
		.ready = on_ready};
}
