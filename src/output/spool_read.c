/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading, ahead and in pieces.  A reader holds its segment open, so that it can finish one that
 * is taken away; only to go from one to the next does it need the lock.
 *
 * Where a segment does not go on as it should (cut off, bits turned), the rest of it is lost: the
 * next begins with a number of its own, so it is known how many that were.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "output/spool_internal.h"

#define CHUNK 65536

static void leave_segment(struct spool_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->chunk.n = r->used = 0;
}

/* Whatever is below seq can not be had any more. */
static void skip_to(struct spool_reader *r, uint64_t seq, uint64_t *lost)
{
	uint64_t next = atomic_load(&r->next);

	if (seq > next) {
		*lost += seq - next;
		atomic_store(&r->next, seq);
	}
}

/* Opens the segment with the next record. 0 or -errno. */
static int enter_segment(struct spool *s, struct spool_reader *r, uint64_t *lost)
{
	ptrdiff_t i = spool_find(s, atomic_load(&r->next));
	char name[32];

	r->first = atomic_load(&r->next);
	if (i < 0)
		return -ENOENT;
	r->first = s->segments.v[i].first;
	skip_to(r, r->first, lost);
	spool_segment_name(r->first, name);
	r->fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC);
	r->offset = sizeof(struct spool_head);
	return r->fd < 0 ? -errno : 0;
}

/* This segment has nothing for us any more; the next one, or what is still to be written, has. */
static void give_up_segment(struct spool *s, struct spool_reader *r, uint64_t *lost)
{
	size_t i = 0;

	leave_segment(r);
	pthread_mutex_lock(&s->lock);
	while (i < s->segments.n && s->segments.v[i].first <= r->first)
		i++;
	if (i < s->segments.n) {
		skip_to(r, s->segments.v[i].first, lost);
	} else {
		spool_rotate(s);
		skip_to(r, atomic_load(&s->end), lost);
	}
	pthread_mutex_unlock(&s->lock);
}

/* How far our segment has been written; what is behind that may still be taken back. */
static uint64_t readable(struct spool *s, const struct spool_reader *r)
{
	uint64_t bytes = UINT64_MAX;
	ptrdiff_t i;

	pthread_mutex_lock(&s->lock);
	i = spool_find(s, r->first);
	if (i >= 0 && s->segments.v[i].first == r->first)
		bytes = s->segments.v[i].bytes;
	pthread_mutex_unlock(&s->lock);
	return bytes;
}

/* Reads on until chunk has need unused bytes. 1; 0: there are no more; -errno. */
static int fill(struct spool *s, struct spool_reader *r, size_t need)
{
	uint64_t limit = readable(s, r);

	if (r->used) {
		r->chunk.n -= r->used;
		memmove(r->chunk.p, r->chunk.p + r->used, r->chunk.n);
		r->used = 0;
	}
	while (r->chunk.n < need) {
		size_t room;
		ssize_t n;

		buf_reserve(&r->chunk, MAX(need - r->chunk.n, CHUNK));
		room = r->chunk.cap - r->chunk.n;
		n = pread(r->fd, r->chunk.p + r->chunk.n,
			r->offset < limit ? MIN(room, limit - r->offset) : 0, (off_t)r->offset);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0) {
			r->chunk.n += (size_t)n;
			r->offset += (size_t)n;
		}
	}
	return 1;
}

/* The next record of this segment. 1; 0: it has no more that could be read; -errno. */
static int next_record(struct spool *s, struct spool_reader *r)
{
	struct str body;
	size_t need;
	int k;

	while (!(k = spool_frame(str_from(buf_view(&r->chunk), r->used), &body, &need))) {
		k = fill(s, r, need);
		if (k != 1)
			return k;
	}
	if (k < 0 || !spool_decode(body, &r->got))
		return 0;
	r->used += need;
	return 1;
}

/*
 * The next record that we are to have: 1; 0: look again, in another segment; -errno.  A number too
 * low is one that we have had; one too high can not be trusted.
 */
static int take_record(struct spool *s, struct spool_reader *r, uint64_t *lost)
{
	uint64_t next = atomic_load(&r->next);
	int k;

	do
		k = next_record(s, r);
	while (k == 1 && r->got.seq < next);
	if (k == 1 && r->got.seq != next)
		k = 0;
	if (k == 0)
		give_up_segment(s, r, lost);
	return k;
}

uint64_t spool_scan(struct spool *s, struct spool_reader *r)
{
	uint64_t lost, good = sizeof(struct spool_head);
	int k;

	pthread_mutex_lock(&s->lock);
	k = enter_segment(s, r, &lost);
	pthread_mutex_unlock(&s->lock);
	while (k == 0 && next_record(s, r) == 1 && r->got.seq == r->next) {
		good = r->offset - (r->chunk.n - r->used);
		r->next++;
	}
	leave_segment(r);
	return good;
}

int spool_read(struct spool *s, unsigned reader, const struct spooled **ret, uint64_t *ret_lost)
{
	struct spool_reader *r = &s->readers[reader];
	int k = 0;

	*ret_lost = 0;
	while (k == 0 && atomic_load(&r->next) < spool_end(s)) {
		if (r->fd < 0) {
			pthread_mutex_lock(&s->lock);
			k = enter_segment(s, r, ret_lost);
			pthread_mutex_unlock(&s->lock);
		}
		if (k == -ENOENT) { /* somebody has taken it away */
			give_up_segment(s, r, ret_lost);
			k = 0;
		} else if (k == 0) {
			k = take_record(s, r, ret_lost);
		}
	}
	if (k != 1)
		return k;
	atomic_fetch_add(&r->next, 1);
	*ret = &r->got;
	return 1;
}

void spool_rewind(struct spool *s, unsigned reader)
{
	struct spool_reader *r = &s->readers[reader];

	leave_segment(r);
	atomic_store(&r->next, atomic_load(&r->acked));
}
