/* SPDX-License-Identifier: Apache-2.0 */
/* One event of a process, for targets that evaluate something over it. */
#ifndef TESTS_FUZZ_EVENT_H
#define TESTS_FUZZ_EVENT_H
#include "state/state.h"

#define FUZZ_TID 7

struct fuzz_event {
	struct arena arena;
	struct state *state;
	struct event event;
	struct event_ctx ctx;
	uint8_t rec[1024];
};

/* A process opens a file with a name that is no clean text. */
static inline struct fuzz_event *fuzz_event_get(void)
{
	static struct fuzz_event e;
	static const char name[] = "/Tmp/a \xff\x01 file.TXT";
	const struct param params[] = {{(const uint8_t *)&(int64_t){3}, 8},
		{(const uint8_t *)name, sizeof(name)}, {(const uint8_t *)&(uint32_t){1}, 4},
		{(const uint8_t *)&(uint32_t){0}, 4}, {(const uint8_t *)&(uint32_t){0}, 4},
		{(const uint8_t *)&(uint64_t){5}, 8}};
	struct machine_sink sink;
	size_t n;

	if (e.state)
		return &e;
	arena_init(&e.arena, 0);
	e.state = state_new(&(struct state_config){0});
	sink = state_sink(e.state);
	sink.reset(sink.arg);
	for (int64_t pid = 1; pid <= FUZZ_TID; pid++)
		sink.proc(sink.arg, &(struct machine_proc){.tid = pid,
					    .pid = pid,
					    .ptid = pid - 1,
					    .vtid = pid,
					    .vpid = pid,
					    .comm = STR("cat"),
					    .exe = STR("/bin/cat"),
					    .exepath = STR("/bin/cat"),
					    .args = STR("-a\0b\0"),
					    .env = STR("A=b\0"),
					    .cwd = STR("/"),
					    .root = STR("/"),
					    .cgroups = STR("")});
	sink.ready(sink.arg);
	n = event_encode(e.rec, 1700000000000000001, FUZZ_TID, EV_OPEN_X, params, 6);
	event_view(&e.event, e.rec, n);
	e.event.num = 1;
	e.ctx.arena = &e.arena;
	state_apply(e.state, &e.event, &e.ctx);
	return &e;
}

#endif
