/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, and waiting by one that nobody sets. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds; CLOCK_REALTIME: since the epoch. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline uint64_t monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* For waits at conditions that monotonic_cond_init() has made. */
struct timespec monotonic_at(uint64_t ns);
struct timespec monotonic_after(uint64_t ms);
void monotonic_cond_init(pthread_cond_t *c);
#endif
