/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands between a source and the state: lists pass through here, so they are written as the source
 * has them, and not as the state understood them.  A capture that consists of several becomes one
 * that consists of several.
 */
#include "app/record.h"

#include <stdlib.h>

#include "base/mem.h"
#include "capture/scap_write.h"

struct recorder {
	struct scap_writer *w;
	struct machine_sink next;
	bool has_events;
};

struct recorder *recorder_new(const char *path)
{
	struct scap_writer *w = scap_create(path, str_ends(str_c(path), STR(".gz")));
	struct recorder *r;

	if (!w)
		return NULL;
	r = mem_zalloc(sizeof(*r));
	r->w = w;
	return r;
}

static void on_reset(void *arg)
{
	struct recorder *r = arg;

	if (r->has_events)
		scap_write_section(r->w);
	r->has_events = false;
	r->next.reset(r->next.arg);
}

static void on_ready(void *arg)
{
	struct recorder *r = arg;

	r->next.ready(r->next.arg);
}

#define PASS_ON(what, type)                                                                        \
	static void on_##what(void *arg, const struct machine_##type *item)                        \
	{                                                                                          \
		struct recorder *r = arg;                                                          \
                                                                                                   \
		scap_write_##what(r->w, item);                                                     \
		r->next.what(r->next.arg, item);                                                   \
	}

PASS_ON(info, info)
PASS_ON(proc, proc)
PASS_ON(fd, fd)
PASS_ON(user, user)
PASS_ON(iface, iface)

struct machine_sink recorder_sink(struct recorder *r, const struct machine_sink *next)
{
	r->next = *next;
	return (struct machine_sink){
		.arg = r,
		.reset = on_reset,
		.info = on_info,
		.proc = on_proc,
		.fd = on_fd,
		.user = on_user,
		.iface = on_iface,
		.ready = on_ready,
	};
}

void recorder_event(struct recorder *r, const struct event *ev)
{
	r->has_events = true;
	scap_write_event(r->w, ev);
}

int recorder_close(struct recorder *r)
{
	int err = r ? scap_close(r->w) : 0;

	free(r);
	return err;
}
