/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H
#include <pthread.h>

/*
 * Starts a thread that gets no signals: they are for the one that drives the events, whose waiting
 * they end. 0, or -errno.
 */
int thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg);
#endif
