/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of io_uring, without a library: eight requests at a time, carried out one by one. */
#ifndef TESTS_LIVE_RING_H
#define TESTS_LIVE_RING_H
#include <errno.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
	int fd;
	unsigned n;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
};

static inline void *ring_map(int fd, size_t n, off_t at)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, at);

	if (p == MAP_FAILED)
		_exit(1);
	return p;
}

static inline bool ring_open(struct ring *r, unsigned flags)
{
	*r = (struct ring){.p = {.flags = flags, .sq_thread_idle = 10}};
	r->fd = (int)syscall(SYS_io_uring_setup, 8, &r->p);
	if (r->fd < 0)
		return false;
	r->sq = ring_map(r->fd, r->p.sq_off.array + 8 * 4, IORING_OFF_SQ_RING);
	r->cq = ring_map(r->fd, r->p.cq_off.cqes + r->p.cq_entries * 16, IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, 8 * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	return true;
}

static inline void ring_put(struct ring *r, struct io_uring_sqe sqe)
{
	unsigned at = r->n++ & 7;

	r->sqes[at] = sqe;
	((unsigned *)(r->sq + r->p.sq_off.array))[at] = at;
	__atomic_store_n((unsigned *)(r->sq + r->p.sq_off.tail), r->n, __ATOMIC_RELEASE);
}

static inline unsigned ring_done(const struct ring *r)
{
	return __atomic_load_n((unsigned *)(r->cq + r->p.cq_off.tail), __ATOMIC_ACQUIRE);
}

static inline int ring_enter(struct ring *r, unsigned submit, unsigned wait)
{
	return (int)syscall(
		SYS_io_uring_enter, r->fd, submit, wait, IORING_ENTER_GETEVENTS, NULL, 0);
}

static inline int ring_result(const struct ring *r)
{
	const struct io_uring_cqe *cqes = (const void *)(r->cq + r->p.cq_off.cqes);

	return cqes[(ring_done(r) - 1) & (r->p.cq_entries - 1)].res;
}

/* Carries out one, and takes its result, which stays the last one. */
static inline int ring_do(struct ring *r, struct io_uring_sqe sqe)
{
	unsigned done = ring_done(r);

	ring_put(r, sqe);
	if (r->p.flags & IORING_SETUP_SQPOLL)
		syscall(SYS_io_uring_enter, r->fd, 1, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0);
	else if (ring_enter(r, 1, 1) < 0)
		return -errno;
	for (int i = 0; i < 20000 && ring_done(r) == done; i++)
		usleep(100);
	*(unsigned *)(r->cq + r->p.cq_off.head) = ring_done(r);
	return ring_done(r) == done ? -ETIME : ring_result(r);
}

static inline void ring_close(struct ring *r)
{
	munmap(r->sqes, 8 * sizeof(struct io_uring_sqe));
	close(r->fd);
}
#endif
