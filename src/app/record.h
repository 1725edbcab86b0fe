/* SPDX-License-Identifier: Apache-2.0 */
/* -w: what a source tells, lists and events, is written to a capture as well. */
#ifndef APP_RECORD_H
#define APP_RECORD_H
#include "capture/machine.h"
#include "event/event.h"

struct recorder;

/* To path, compressed when it ends in ".gz". NULL and errno when it can not be made. */
struct recorder *recorder_new(const char *path);
/* A sink for the source that writes down what it gets and hands it on to next. */
struct machine_sink recorder_sink(struct recorder *r, const struct machine_sink *next);
void recorder_event(struct recorder *r, const struct event *ev);
/* Flushes and frees. 0, or -errno of the first write that failed. NULL is fine. */
int recorder_close(struct recorder *r);
#endif
