/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the blocks of a capture.  The way of a current event is short: its block's header, a look
 * whether its type and the number of its parameters are today's, and a view of the record where it
 * lies.  Everything else (lists, old event blocks, conversion, a new section) leaves
 * that way and comes back to it.
 *
 * Where a pipe has nothing for now, the walk stops and is taken up again by the next call: so
 * nothing is taken out of the stream before what is to be done with it is at hand, and what is
 * known of a block that is only half done is kept.
 *
 * Nothing that the file says is believed before it is bounded; what is wrong ends the stream with
 * one message, after all events before it.
 */
#include "capture/scap_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "capture/scap_blocks.h"
#include "capture/scap_format.h"
#include "capture/scap_v1.h"
#include "capture/stream.h"
#include "event/convert.h"

/* An event block is no smaller. */
#define QUICK_MIN (BLOCK_OVERHEAD + 2 + EVENT_HEADER_SIZE)

struct scap {
	struct source source;
	struct stream stream;
	struct machine_sink sink;
	struct blocks blocks;
	struct converter *converter;
	char *name;
	uint64_t num;	    /* of the last event */
	uint64_t resume;    /* number of the last event of the sections before */
	unsigned sections;  /* that have events */
	bool initial;	    /* no event yet but those that build the initial state */
	bool section_empty; /* no event block yet */
	bool begun;	    /* it is known to be a capture */
	/* A block that is not an event; only what is behind the stream's cur is still to be done.
	 */
	struct {
		bool open;
		uint32_t type, total;
		uint64_t offset;
		bool list;     /* blocks_read() is not done with it */
		uint64_t skip; /* bytes of the body that nobody wants */
	} block;
	enum source_result ended; /* SOURCE_EVENT while there is more */
	uint8_t v1[SCAP_V1_ROOM]; /* the last event that came without nparams */
};

/* ---- messages ---- */

/* Ends the stream: "NAME: WHAT, at offset N". */
static enum source_result fail_at(struct scap *r, uint64_t offset, const char *what)
{
	r->initial = true; /* no quick way any more */
	snprintf(r->source.error, sizeof(r->source.error), "%.200s: %s, at offset %llu%s", r->name,
		what, (unsigned long long)offset,
		r->stream.gzip ? " of the uncompressed data" : "");
	r->ended = SOURCE_ERROR;
	return SOURCE_ERROR;
}

static enum source_result fail(struct scap *r, uint64_t offset, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static enum source_result fail(struct scap *r, uint64_t offset, const char *fmt, ...)
{
	char what[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return fail_at(r, offset, what);
}

/* The stream has ended within a block, or is waiting there. */
static enum source_result fail_short(struct scap *r, uint32_t total)
{
	const char *why = r->stream.error;

	if (r->stream.waiting)
		return SOURCE_TIMEOUT;
	if (why)
		return fail(r, r->stream.end_offset, "%s", why);
	return fail(r, r->stream.end_offset, "truncated within a block of %u bytes", total);
}

/* ---- blocks that are not events ---- */

static void start_section(struct scap *r)
{
	r->section_empty = r->initial = true;
	if (r->sink.reset)
		r->sink.reset(r->sink.arg);
}

/* Whether the body at cur begins a section that we can read. */
static bool check_section(struct scap *r, const uint8_t *body, uint64_t offset)
{
	uint32_t magic;
	uint16_t major;

	memcpy(&magic, body, sizeof(magic));
	memcpy(&major, body + sizeof(magic), sizeof(major));
	if (magic == SHB_MAGIC_SWAPPED)
		fail(r, offset, "written on a machine of the other byte order");
	else if (magic != SHB_MAGIC)
		fail(r, offset, "not a capture file: its section header has no magic number");
	else if (major > SCAP_MAJOR)
		fail(r, offset, "capture format %u is newer than %u, which is supported", major,
			SCAP_MAJOR);
	return !r->ended;
}

static void open_block(struct scap *r, uint32_t type, uint32_t total)
{
	r->block.open = true;
	r->block.type = type;
	r->block.total = total;
	r->block.offset = stream_offset(&r->stream);
	r->block.list = false;
	r->block.skip = total - BLOCK_OVERHEAD;
	r->stream.cur += BLOCK_HEADER;
}

static bool begin_section(struct scap *r, uint32_t type, uint32_t total)
{
	uint64_t offset = stream_offset(&r->stream);

	if (total < SHB_BODY + BLOCK_OVERHEAD) {
		fail(r, offset, "section header of %u bytes", total);
		return false;
	}
	if (!stream_need(&r->stream, BLOCK_HEADER + SHB_BODY)) {
		fail_short(r, total);
		return false;
	}
	if (!check_section(r, r->stream.cur + BLOCK_HEADER, offset))
		return false;
	start_section(r);
	open_block(r, type, total);
	return true;
}

/* A list goes to the sink, an unknown block is skipped. */
static bool begin_list(struct scap *r, uint32_t type, uint32_t total)
{
	if (total < BLOCK_OVERHEAD) {
		fail(r, stream_offset(&r->stream), "damaged: block of type 0x%x and %u bytes", type,
			total);
		return false;
	}
	open_block(r, type, total);
	r->block.list = blocks_begin(&r->blocks, type, total - BLOCK_OVERHEAD);
	return true;
}

static bool read_body(struct scap *r)
{
	int res;

	if (r->block.list) {
		res = blocks_read(&r->blocks);
		if (res == -EBADMSG)
			fail(r, r->blocks.error_offset, "damaged: %s", r->blocks.error);
		else if (res < 0)
			fail_short(r, r->block.total);
		if (res < 0)
			return false;
		r->block.list = false;
		r->block.skip = 0;
	}
	if (stream_skip(&r->stream, &r->block.skip))
		return true;
	fail_short(r, r->block.total);
	return false;
}

static bool end_block(struct scap *r)
{
	uint32_t trailer;

	if (!stream_need(&r->stream, BLOCK_TRAILER)) {
		fail_short(r, r->block.total);
		return false;
	}
	memcpy(&trailer, r->stream.cur, sizeof(trailer));
	r->stream.cur += BLOCK_TRAILER;
	r->block.open = false;
	if (trailer != r->block.total && r->block.type != BLOCK_SHB)
		fail(r, r->block.offset,
			"damaged: a block of type 0x%x begins with length %u and ends with %u",
			r->block.type, r->block.total, trailer);
	return !r->ended;
}

/* Goes behind the block that was begun; false: the stream has ended, or is waiting. */
static bool finish_block(struct scap *r)
{
	return !r->block.open || (read_body(r) && end_block(r));
}

/* Any block but events, cur at its header; false: the stream has ended, or is waiting. */
static bool begin_other(struct scap *r, uint32_t type, uint32_t total)
{
	if ((type & 0xffffff) == GZIP_MAGIC && stream_inflate(&r->stream) == 0)
		return true;
	return type == BLOCK_SHB ? begin_section(r, type, total) : begin_list(r, type, total);
}

/* ---- events ---- */

/* What comes before the record in an event block of this type; 0: no event block. */
static unsigned event_prefix(uint32_t type)
{
	switch (type) {
	case BLOCK_EV_V2:
	case BLOCK_EV_V2_LARGE:
	case BLOCK_EV_V1:
	case BLOCK_EV_V1_OLD:
		return BLOCK_HEADER + 2;
	case BLOCK_EVF_V2:
	case BLOCK_EVF_V2_LARGE:
	case BLOCK_EVF_V1:
		return BLOCK_HEADER + 2 + 4;
	default:
		return 0;
	}
}

static bool event_block_v1(uint32_t type)
{
	return type == BLOCK_EV_V1 || type == BLOCK_EVF_V1 || type == BLOCK_EV_V1_OLD;
}

/* Events that build the initial state: at the start of a section they are not shown. */
static bool builds_state(uint16_t type)
{
	return type == EV_CONTAINER_E || type == EV_USERADDED_E || type == EV_USERDELETED_E ||
	       type == EV_GROUPADDED_E || type == EV_GROUPDELETED_E || type == EV_ASYNCEVENT_E;
}

/* The section's first events, if any, are over; they count only in the first section. */
static void end_initial(struct scap *r)
{
	r->initial = false;
	if (r->sections > 1)
		r->num = r->resume;
}

static enum source_result deliver(struct scap *r, struct event *ev)
{
	if (r->initial) {
		if (builds_state(ev->type))
			ev->flags |= EVENT_STATE_ONLY | EVENT_IMPLIED;
		else
			end_initial(r);
	}
	if (event_type_state_only(ev->type) && !(ev->flags & EVENT_STATE_ONLY))
		ev->flags |= EVENT_STATE_ONLY | EVENT_IMPLIED;
	ev->num = ++r->num;
	return SOURCE_EVENT;
}

/* SOURCE_TIMEOUT: the event is not to be shown, go on. */
static enum source_result convert(struct scap *r, struct event *ev, uint64_t offset)
{
	const struct event_header *h = (const void *)ev->rec;

	switch (convert_event(r->converter, ev)) {
	case CONVERT_DROP:
		if (r->initial)
			end_initial(r);
		return SOURCE_TIMEOUT;
	case CONVERT_ERROR:
		return fail(r, offset,
			"damaged: event of type %u (%s) with %u parameters and %u bytes fits no "
			"schema",
			ev->type, ev->info->name, h->nparams, ev->len);
	default:
		return deliver(r, ev);
	}
}

/* The event in a block of total bytes that lies complete at cur. SOURCE_TIMEOUT: nothing to show.
 */
static enum source_result read_event(
	struct scap *r, struct event *ev, uint32_t type, uint32_t total, unsigned prefix)
{
	const uint8_t *block = r->stream.cur, *rec = block + prefix;
	const struct event_header *h = (const void *)rec;
	uint32_t avail = total - prefix - BLOCK_TRAILER;
	uint64_t offset = stream_offset(&r->stream);
	int err;

	r->stream.cur += total;
	if (h->type >= EV_MAX)
		return SOURCE_TIMEOUT;
	err = event_block_v1(type) ? scap_v1_view(r->v1, ev, rec, avail)
				   : event_view(ev, rec, avail);
	if (err || !event_fits(ev) || event_decode(ev) < 0)
		return fail(r, offset,
			"damaged: event of type %u and %u bytes does not fit its block", h->type,
			h->len);
	memcpy(&ev->cpu, block + BLOCK_HEADER, sizeof(ev->cpu));
	ev->flags = 0;
	if (prefix > BLOCK_HEADER + 2) {
		memcpy(&ev->flags, block + BLOCK_HEADER + 2, sizeof(ev->flags));
		ev->flags &= EVENT_STATE_ONLY;
	}
	h = (const void *)ev->rec;
	if (convert_needed(ev->type, h->nparams))
		return convert(r, ev, offset);
	return deliver(r, ev);
}

/* ---- the walk ---- */

static enum source_result at_end(struct scap *r)
{
	if (r->stream.error || r->stream.waiting)
		return fail_short(r, 0);
	if (stream_left(&r->stream))
		return fail(r, r->stream.end_offset, "truncated within the header of a block");
	if (r->section_empty)
		return fail(r, stream_offset(&r->stream), "no events in file");
	r->ended = SOURCE_EOF;
	return SOURCE_EOF;
}

/* Goes ahead to the next event block. Returns its prefix, 0 when the stream has ended or is
 * waiting. */
static unsigned find_event_block(struct scap *r, uint32_t *ret_type, uint32_t *ret_total)
{
	unsigned prefix;

	while (finish_block(r)) {
		if (!stream_need(&r->stream, BLOCK_HEADER)) {
			at_end(r);
			return 0;
		}
		memcpy(ret_type, r->stream.cur, 4);
		memcpy(ret_total, r->stream.cur + 4, 4);
		prefix = event_prefix(*ret_type);
		if (prefix)
			return prefix;
		if (!begin_other(r, *ret_type, *ret_total))
			return 0;
	}
	return 0;
}

/* Makes an event block available in full. */
static bool need_event_block(struct scap *r, uint32_t total, unsigned prefix)
{
	if (total < prefix + EVENT_V1_HEADER_SIZE + BLOCK_TRAILER || total > EVENT_BLOCK_MAX)
		fail(r, stream_offset(&r->stream), "damaged: event block of %u bytes", total);
	else if (stream_need(&r->stream, total))
		return true;
	else
		fail_short(r, total);
	return false;
}

/* The first event of a section has been found: its lists are complete. */
static void begin_events(struct scap *r)
{
	r->section_empty = false;
	r->sections++;
	r->resume = r->num;
	r->num = 0;
	if (r->sink.ready)
		r->sink.ready(r->sink.arg);
}

/* Whether the consumer, which needs these of the type, can do without the event. */
static inline bool may_pass(const struct source *s, uint8_t need, const struct event_header *h)
{
	if (h->ts >= s->wake_ts || h->len < EVENT_HEADER_SIZE)
		return false;
	return need == NEED_NONE || (s->take && s->take(s->take_arg, h));
}

/*
 * The usual way: over whole event blocks at hand that need no conversion, past those that nobody
 * needs (most of a capture of all system calls) after a look at their headers, to the next that is
 * to be shown.  False, with nothing else done, at a block that is of any other kind.
 */
static inline bool next_quickly(struct scap *r, struct event *ev)
{
	static const uint8_t all[EV_MAX];
	const uint8_t *p = r->stream.cur, *end = r->stream.end;
	const uint8_t *needs = r->source.needs ? r->source.needs : all;
	uint32_t head[2];

	for (; (size_t)(end - p) >= QUICK_MIN; p += head[1], r->num++) {
		const struct event_header *h = (const void *)(p + BLOCK_HEADER + 2);

		memcpy(head, p, sizeof(head));
		if (head[0] != BLOCK_EV_V2 || head[1] > (size_t)(end - p) || h->type >= EV_MAX ||
			h->nparams != convert_usual[h->type] ||
			(uint64_t)h->len + BLOCK_OVERHEAD + 2 > head[1])
			break;
		if (needs[h->type] != NEED_ALL && may_pass(&r->source, needs[h->type], h))
			continue;
		if (!event_read(ev, h, h->nparams))
			break;
		memcpy(&ev->cpu, p + BLOCK_HEADER, sizeof(ev->cpu));
		ev->flags = 0;
		ev->num = ++r->num;
		r->stream.cur = p + head[1];
		return true;
	}
	r->stream.cur = p;
	return false;
}

/* Whether the beginning is that of a capture; false, too, while it is not there yet. */
static bool check_start(struct scap *r)
{
	struct stream *s = &r->stream;
	uint32_t magic = 0;
	bool there;

	if (r->begun)
		return true;
	there = stream_need(s, sizeof(uint16_t));
	if (there && !s->gzip && stream_is_gzip(s))
		stream_inflate(s);
	there = there && stream_need(s, BLOCK_HEADER);
	if (!there && s->waiting)
		return false;
	if (there)
		memcpy(&magic, s->cur, sizeof(magic));
	if (s->error)
		fail(r, s->end_offset, "%s", s->error);
	else if (!stream_left(s))
		fail(r, 0, "the file is empty");
	else if (magic != BLOCK_SHB)
		fail(r, 0, "not a capture file: it does not begin with a section header");
	r->begun = !r->ended;
	return r->begun;
}

/* No event: at the end, or nothing for now. */
static enum source_result halted(const struct scap *r)
{
	return r->ended ? r->ended : SOURCE_TIMEOUT;
}

static __attribute__((noinline)) enum source_result next_slowly(struct scap *r, struct event *ev)
{
	enum source_result res;
	uint32_t type, total;
	unsigned prefix;

	if (r->ended || !check_start(r))
		return halted(r);
	do {
		prefix = find_event_block(r, &type, &total);
		if (!prefix)
			return halted(r);
		if (r->section_empty)
			begin_events(r);
		if (!need_event_block(r, total, prefix))
			return halted(r);
		res = read_event(r, ev, type, total, prefix);
	} while (res == SOURCE_TIMEOUT);
	return res;
}

static enum source_result scap_next(struct source *source, struct event *ev)
{
	struct scap *r = (struct scap *)source;

	return !r->initial && next_quickly(r, ev) ? SOURCE_EVENT : next_slowly(r, ev);
}

static void scap_stats(struct source *source, struct source_stats *ret)
{
	uint64_t num = ((struct scap *)source)->num;

	*ret = (struct source_stats){.events = num, .received = num};
}

static void scap_free(struct scap *r)
{
	converter_free(r->converter);
	buf_done(&r->blocks.scratch);
	free(r->name);
	free(r);
}

static void scap_close(struct source *source)
{
	struct scap *r = (struct scap *)source;

	stream_close(&r->stream);
	scap_free(r);
}

/* ---- opening ---- */

static struct scap *scap_new(const char *name)
{
	struct scap *r = mem_zalloc(sizeof(*r));

	r->source.next = scap_next;
	r->source.stats = scap_stats;
	r->source.close = scap_close;
	r->name = mem_strdup(name);
	r->converter = converter_new();
	r->blocks.stream = &r->stream;
	r->blocks.sink = &r->sink;
	return r;
}

struct scap *scap_begin(const char *path, char *error)
{
	struct scap *r = scap_new(strcmp(path, "-") == 0 ? "standard input" : path);
	int err = stream_open_path(&r->stream, path);

	if (err >= 0)
		return r;
	snprintf(error, sizeof(r->source.error), "%.200s: %s", path, strerror(-err));
	scap_free(r);
	return NULL;
}

void scap_abandon(struct scap *r)
{
	if (r)
		scap_close(&r->source);
}

/* Reads up to the first event, or what is there of all before it. */
struct source *scap_read(struct scap *r, const struct machine_sink *sink, char *error)
{
	uint32_t type, total;

	if (sink)
		r->sink = *sink;
	r->section_empty = r->initial = true;
	if (check_start(r) && find_event_block(r, &type, &total))
		begin_events(r);
	if (!r->ended)
		return &r->source;
	memcpy(error, r->source.error, sizeof(r->source.error));
	scap_close(&r->source);
	return NULL;
}

struct source *scap_open(const char *path, const struct machine_sink *sink, char *error)
{
	struct scap *r = scap_begin(path, error);

	return r ? scap_read(r, sink, error) : NULL;
}

struct source *scap_open_memory(
	const void *data, size_t n, const char *name, const struct machine_sink *sink, char *error)
{
	struct scap *r = scap_new(name);

	stream_open_memory(&r->stream, data, n);
	return scap_read(r, sink, error);
}

struct source *scap_open_feed(const struct scap_feed *feed, const char *name,
	const struct machine_sink *sink, char *error)
{
	struct scap *r = scap_new(name);

	stream_open_feed(&r->stream, feed);
	return scap_read(r, sink, error);
}
