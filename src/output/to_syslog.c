/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts to syslog; a rule's priority is the level there. */
#include <stdlib.h>
#include <syslog.h>

#include "base/mem.h"
#include "output/sink.h"

static int put(struct sink *s, const struct alert *a)
{
	syslog((int)a->priority, "%.*s", STR_ARG(a->text));
	return 0;
}

static void finish(struct sink *s)
{
	free(s);
}

struct sink *sink_syslog_new(void)
{
	struct sink *s = mem_alloc(sizeof(*s));

	*s = (struct sink){.name = "syslog", .write = put, .close = finish};
	return s;
}
