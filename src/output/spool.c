/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending, and taking away what is no longer needed or too much.
 *
 * An alert is written by the thread that raises it, at once: a thread of its own for it would have
 * a queue before it, and what is in that is lost with the process.  A write() into the page cache
 * takes some microseconds; only SPOOL_FSYNC_ALWAYS waits for the disk.
 */
#include "output/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "output/spool_internal.h"

#define SEQ_BITS 48
#define SEQ_MASK ((UINT64_C(1) << SEQ_BITS) - 1)

void spool_segment_name(uint64_t first, char ret[32])
{
	snprintf(ret, 32, "%020" PRIu64 ".seg", first);
}

uint64_t spool_cursor_pack(uint64_t seq)
{
	uint64_t check = str_hash(str_n(&seq, sizeof(seq)));

	return (seq & SEQ_MASK) | check << SEQ_BITS;
}

bool spool_cursor_unpack(uint64_t packed, uint64_t *ret_seq)
{
	*ret_seq = packed & SEQ_MASK;
	return packed && spool_cursor_pack(*ret_seq) == packed;
}

int spool_write_all(int fd, const void *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			p = (const char *)p + done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* ---- segments ---- */

ptrdiff_t spool_find(const struct spool *s, uint64_t seq)
{
	ptrdiff_t i = (ptrdiff_t)s->segments.n - 1;

	while (i > 0 && s->segments.v[i].first > seq)
		i--;
	return i;
}

static void note_trim(struct spool *s)
{
	atomic_store(&s->trim_at, s->segments.n > 1 ? s->segments.v[1].first : UINT64_MAX);
}

static void remove_oldest(struct spool *s)
{
	char name[32];

	spool_segment_name(s->segments.v[0].first, name);
	unlinkat(s->dir, name, 0);
	s->bytes -= s->segments.v[0].bytes;
	s->segments.n--;
	memmove(s->segments.v, s->segments.v + 1, s->segments.n * sizeof(*s->segments.v));
	note_trim(s);
}

void spool_trim(struct spool *s)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < s->nreaders; i++)
		least = MIN(least, atomic_load(&s->readers[i].acked));
	pthread_mutex_lock(&s->lock);
	while (s->segments.n > 1 && s->segments.v[1].first <= least)
		remove_oldest(s);
	note_trim(s);
	pthread_mutex_unlock(&s->lock);
}

/* The last segment is complete: whoever syncs does it when there is time. */
void spool_rotate(struct spool *s)
{
	if (s->fd < 0)
		return;
	if (s->fsync == SPOOL_FSYNC_INTERVAL && s->dirty) {
		if (s->old_fd >= 0) {
			fdatasync(s->old_fd);
			close(s->old_fd);
		}
		s->old_fd = s->fd;
	} else {
		close(s->fd);
	}
	s->fd = -1;
}

static int start_segment(struct spool *s)
{
	struct spool_head h = {.version = SPOOL_VERSION, .first = atomic_load(&s->end)};
	char name[32];
	int r;

	memcpy(h.magic, SPOOL_MAGIC, sizeof(h.magic));
	spool_segment_name(h.first, name);
	s->fd = openat(s->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return -errno;
	r = spool_write_all(s->fd, &h, sizeof(h));
	if (!r && s->fsync == SPOOL_FSYNC_ALWAYS && fsync(s->dir))
		r = -errno;
	if (r) {
		close(s->fd);
		s->fd = -1;
		unlinkat(s->dir, name, 0);
		return r;
	}
	/* An empty one of the same name may have been there. */
	if (s->segments.n && s->segments.v[s->segments.n - 1].first == h.first)
		s->bytes -= s->segments.v[--s->segments.n].bytes;
	*vec_add(&s->segments) = (struct spool_segment){h.first, sizeof(h)};
	s->bytes += sizeof(h);
	note_trim(s);
	return 0;
}

/* ---- appending ---- */

/* Writes the record; what is only half there is taken back. */
static int write_record(struct spool *s, struct spool_segment *last)
{
	int r = spool_write_all(s->fd, s->record.p, s->record.n);

	if (!r && s->fsync == SPOOL_FSYNC_ALWAYS && fdatasync(s->fd))
		r = -errno;
	if (!r) {
		last->bytes += s->record.n;
		s->bytes += s->record.n;
	} else if (ftruncate(s->fd, (off_t)last->bytes)) {
		spool_rotate(s); /* readers skip what is no record */
	}
	return r;
}

static bool is_last_full(const struct spool *s)
{
	uint64_t bytes = s->segments.v[s->segments.n - 1].bytes;

	return bytes > sizeof(struct spool_head) && bytes + s->record.n > s->segment_bytes;
}

static int append(struct spool *s, const struct alert_box *b)
{
	int r = 0;

	s->record.n = 0;
	if (!spool_encode(&s->record, b, atomic_load(&s->end), clock_ns(CLOCK_REALTIME), s->id))
		return -EMSGSIZE;
	if (s->fd >= 0 && is_last_full(s))
		spool_rotate(s);
	if (s->fd < 0)
		r = start_segment(s);
	if (!r)
		r = write_record(s, s->segments.v + s->segments.n - 1);
	if (r)
		return r;
	s->dirty = true;
	atomic_fetch_add(&s->end, 1);
	while (s->bytes > s->max_bytes && s->segments.n > 1)
		remove_oldest(s);
	return 0;
}

int spool_append(struct spool *s, const struct alert_box *b)
{
	int r;

	pthread_mutex_lock(&s->lock);
	r = append(s, b);
	pthread_mutex_unlock(&s->lock);
	return r;
}

bool spool_has_room(const struct spool *s)
{
	return atomic_load(&s->bytes) + s->segment_bytes < s->max_bytes;
}

uint64_t spool_end(const struct spool *s)
{
	return atomic_load(&s->end);
}

/* ---- acknowledging ---- */

void spool_ack(struct spool *s, unsigned reader, uint64_t seq)
{
	struct spool_reader *r = &s->readers[reader];
	uint64_t before = atomic_load(&r->acked);

	if (seq <= before)
		return;
	atomic_store(&r->acked, seq);
	atomic_store(r->cursor, spool_cursor_pack(seq));
	if (seq >= atomic_load(&s->trim_at))
		spool_trim(s);
}

uint64_t spool_acked(const struct spool *s, unsigned reader)
{
	return atomic_load(&s->readers[reader].acked);
}

uint64_t spool_next(const struct spool *s, unsigned reader)
{
	return atomic_load(&s->readers[reader].next);
}
