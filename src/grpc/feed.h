/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that takes alerts from the outputs and puts them, as messages, into a backlog. */
#ifndef GRPC_FEED_H
#define GRPC_FEED_H
#include "grpc/backlog.h"
#include "output/outputs.h"

struct feed;
/*
 * Alerts of o from now on, in b, which lasts longer; so does name, its name among the outputs.
 * Strings are copied. NULL: there is no thread to be had, or there are too many subscriptions.
 */
struct feed *feed_start(
	struct outputs *o, const char *name, const char *hostname, struct backlog *b);
/* Takes what there is, and ends; NULL is fine. */
void feed_stop(struct feed *f);
#endif
