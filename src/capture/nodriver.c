/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/nodriver.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

#define WAIT_NS (100 * 1000 * 1000)

static enum source_result nodriver_next(struct source *s, struct event *ev)
{
	const struct timespec wait = {.tv_nsec = WAIT_NS};

	nanosleep(&wait, NULL);
	return SOURCE_TIMEOUT;
}

static void nodriver_stats(struct source *s, struct source_stats *ret)
{
	*ret = (struct source_stats){0};
}

static void nodriver_close(struct source *s)
{
	free(s);
}

struct source *nodriver_open(const struct machine_sink *sink)
{
	struct source *s = mem_zalloc(sizeof(*s));

	s->next = nodriver_next;
	s->stats = nodriver_stats;
	s->close = nodriver_close;
	if (sink->reset)
		sink->reset(sink->arg);
	if (sink->ready)
		sink->ready(sink->arg);
	return s;
}
