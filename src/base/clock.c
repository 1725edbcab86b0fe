/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

struct timespec monotonic_at(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

struct timespec monotonic_after(uint64_t ms)
{
	return monotonic_at(monotonic_ns() + ms * 1000000);
}

void monotonic_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}
