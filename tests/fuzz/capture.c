/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capture reader over any bytes: opens them, looks at every byte of every record and parameter
 * that it hands out, and demands what it promises: that events are current, fit, and decode.
 */
#include <assert.h>
#include <stdlib.h>

#include "capture/scap_read.h"
#include "event/convert.h"

/* Compressed input grows a thousandfold; no more of it is looked at. */
#define EVENT_LIMIT 20000

static unsigned long looked_at;

static void look(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		looked_at += (unsigned char)s.p[i];
}

static void look_strings(struct str s)
{
	assert(!s.n || s.p[s.n - 1] == '\0');
	look(s);
}

static void look_proc(void *arg, const struct machine_proc *p)
{
	look(p->comm);
	look(p->exe);
	look(p->exepath);
	look(p->cwd);
	look(p->root);
	look_strings(p->args);
	look_strings(p->env);
	look_strings(p->cgroups);
}

static void look_fd(void *arg, const struct machine_fd *f)
{
	assert(f->type >= FD_UNKNOWN && f->type < FD_TYPE_MAX);
	look(f->name);
}

static void look_user(void *arg, const struct machine_user *u)
{
	look(u->name);
	look(u->home);
	look(u->shell);
}

static void look_iface(void *arg, const struct machine_iface *i)
{
	look(i->name);
}

static void look_info(void *arg, const struct machine_info *m)
{
	look(m->hostname);
}

static void look_event(struct event *ev)
{
	const struct event_header *h = (const void *)ev->rec;
	int64_t result;

	assert(event_fits(ev) && event_decode(ev) == 0);
	assert(event_type_state_only(ev->type) || !convert_needed(ev->type, h->nparams));
	for (unsigned i = 0; i < ev->nparams; i++) {
		look(event_bytes(ev, i));
		look(event_str(ev, i));
		looked_at += event_u64(ev, i);
	}
	if (event_result(ev, &result))
		looked_at += (uint64_t)result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct machine_sink sink = {.info = look_info,
		.proc = look_proc,
		.fd = look_fd,
		.user = look_user,
		.iface = look_iface};
	enum source_result res = SOURCE_EVENT;
	char error[512];
	struct source *s = scap_open_memory(data, size, "input", &sink, error);
	struct event ev;

	if (!s) {
		look(str_c(error));
		return 0;
	}
	for (unsigned n = 0; n < EVENT_LIMIT && res == SOURCE_EVENT; n++) {
		res = source_next(s, &ev);
		if (res == SOURCE_EVENT)
			look_event(&ev);
	}
	assert(res != SOURCE_ERROR || strstr(s->error, ", at offset "));
	source_close(s);
	return 0;
}
