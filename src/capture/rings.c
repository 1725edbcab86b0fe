/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The consumer's side of BPF_MAP_TYPE_RINGBUF: a page with the consumer's position, a page with the
 * producer's, and the data mapped twice in a row, so that no record is ever cut.  A record is 8
 * bytes (length and two flags, offset) and what the program wrote, up to the next multiple of 8
 * (include/uapi/linux/bpf.h and kernel/bpf/ringbuf.c of Linux).
 *
 * Positions are looked at in rounds.  A round notes the time, then where each producer is; what it
 * found is merged by time, from a heap, up to the noted time less a grace: a record older than that
 * would have been seen, as programs take no longer than the grace from stamping to handing over.
 * Whatever is younger waits for the next round.  Places are given back to the kernel in large
 * steps.
 */
#include "capture/rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "event/event.h"

#define GRACE_NS 2000000u
#define RECORD_HEADER 8u

struct ring {
	int fd;
	unsigned long *consumer; /* where we are, for the kernel */
	const unsigned long *producer;
	const uint8_t *data;
	unsigned long pos, end; /* of the record at hand; of what the round found */
	unsigned long given;	/* back to the kernel, up to here */
	unsigned long next;	/* behind the record at hand */
	uint64_t ts;		/* of the record at hand */
	void *consumer_page, *producer_pages;
};

struct rings {
	unsigned n, heaped;
	size_t size, page;
	uint64_t limit; /* of the round */
	unsigned load;
	bool holding; /* heap[0] has a record handed out */
	unsigned *heap;
	struct ring ring[];
};

static bool map_ring(struct rings *r, struct ring *ring)
{
	ring->fd =
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "probe_ring", 0, 0, (uint32_t)r->size, NULL);
	if (ring->fd < 0)
		return false;
	ring->consumer_page = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	ring->producer_pages =
		mmap(NULL, r->page + 2 * r->size, PROT_READ, MAP_SHARED, ring->fd, (off_t)r->page);
	if (ring->consumer_page == MAP_FAILED || ring->producer_pages == MAP_FAILED)
		return false;
	ring->consumer = ring->consumer_page;
	ring->producer = ring->producer_pages;
	ring->data = (const uint8_t *)ring->producer_pages + r->page;
	return true;
}

struct rings *rings_new(unsigned n, size_t size)
{
	struct rings *r = mem_zalloc(sizeof(*r) + n * sizeof(*r->ring));

	r->size = size;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	r->heap = mem_zalloc(n * sizeof(*r->heap));
	for (; r->n < n; r->n++) {
		r->ring[r->n].fd = -1;
		if (!map_ring(r, &r->ring[r->n])) {
			int err = errno;

			r->n++;
			rings_free(r);
			errno = err;
			return NULL;
		}
	}
	return r;
}

void rings_free(struct rings *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n; i++) {
		struct ring *ring = &r->ring[i];

		if (ring->consumer_page && ring->consumer_page != MAP_FAILED)
			munmap(ring->consumer_page, r->page);
		if (ring->producer_pages && ring->producer_pages != MAP_FAILED)
			munmap(ring->producer_pages, r->page + 2 * r->size);
		if (ring->fd >= 0)
			close(ring->fd);
	}
	free(r->heap);
	free(r);
}

int rings_fd(const struct rings *r, unsigned i)
{
	return r->ring[i].fd;
}

unsigned rings_load(const struct rings *r)
{
	return r->load;
}

/*
 * Puts the record at pos at hand. False: there is none, or one that is still being written. Those
 * that a program gave up are stepped over.
 */
static bool look(const struct rings *r, struct ring *ring)
{
	while (ring->pos < ring->end) {
		const uint8_t *at = ring->data + (ring->pos & (r->size - 1));
		uint32_t len = __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
		uint32_t n = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (len & BPF_RINGBUF_BUSY_BIT)
			return false;
		ring->next = ring->pos + (RECORD_HEADER + n + 7) / 8 * 8;
		if (!(len & BPF_RINGBUF_DISCARD_BIT) && n >= EVENT_HEADER_SIZE) {
			memcpy(&ring->ts, at + RECORD_HEADER, sizeof(ring->ts));
			return true;
		}
		ring->pos = ring->next;
	}
	return false;
}

static void give_back(struct ring *ring)
{
	if (ring->given == ring->pos)
		return;
	__atomic_store_n(ring->consumer, ring->pos, __ATOMIC_RELEASE);
	ring->given = ring->pos;
}

/* ---- the heap: rings with a record at hand, the earliest on top ---- */

static bool earlier(const struct rings *r, unsigned a, unsigned b)
{
	return r->ring[r->heap[a]].ts < r->ring[r->heap[b]].ts;
}

static void swap(struct rings *r, unsigned a, unsigned b)
{
	unsigned t = r->heap[a];

	r->heap[a] = r->heap[b];
	r->heap[b] = t;
}

static void sink_down(struct rings *r, unsigned i)
{
	for (;;) {
		unsigned least = i, kid = 2 * i + 1;

		if (kid < r->heaped && earlier(r, kid, least))
			least = kid;
		if (kid + 1 < r->heaped && earlier(r, kid + 1, least))
			least = kid + 1;
		if (least == i)
			return;
		swap(r, i, least);
		i = least;
	}
}

static void rise(struct rings *r, unsigned i)
{
	for (; i && earlier(r, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(r, i, (i - 1) / 2);
}

/* A round: what is there, and up to when. */
static void look_around(struct rings *r, uint64_t now)
{
	r->limit = now - GRACE_NS;
	r->load = 0;
	r->heaped = 0;
	for (unsigned i = 0; i < r->n; i++) {
		struct ring *ring = &r->ring[i];

		give_back(ring);
		ring->end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
		r->load = MAX(r->load, (unsigned)((ring->end - ring->pos) * 1000 / r->size));
		if (look(r, ring)) {
			r->heap[r->heaped++] = i;
			rise(r, r->heaped - 1);
		}
	}
}

/* Steps over the record that was handed out. */
static void step(struct rings *r)
{
	struct ring *ring = &r->ring[r->heap[0]];

	r->holding = false;
	ring->pos = ring->next;
	if (ring->pos - ring->given > r->size / 8)
		give_back(ring);
	if (!look(r, ring))
		r->heap[0] = r->heap[--r->heaped];
	sink_down(r, 0);
}

const void *rings_next(
	struct rings *r, uint64_t (*now_ns)(void *arg), void *arg, unsigned *ret_ring)
{
	struct ring *ring;

	if (r->holding)
		step(r);
	if (!r->heaped || r->ring[r->heap[0]].ts > r->limit)
		look_around(r, now_ns(arg));
	if (!r->heaped || r->ring[r->heap[0]].ts > r->limit)
		return NULL;
	ring = &r->ring[r->heap[0]];
	r->holding = true;
	*ret_ring = r->heap[0];
	return ring->data + (ring->pos & (r->size - 1)) + RECORD_HEADER;
}
