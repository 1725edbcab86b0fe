/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events made at random, but plausible enough to drive the state: few threads, few descriptors,
 * few names, so that they meet each other again and again.
 */
#ifndef TESTS_RANDOM_EVENT_H
#define TESTS_RANDOM_EVENT_H
#include "event/event.h"

struct random_events {
	uint64_t seed, ts, num;
	uint8_t rec[128 * 1024];
};

static inline uint32_t random_next(struct random_events *r, uint32_t below)
{
	r->seed = r->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(r->seed >> 33) % below;
}

static inline struct str random_text(struct random_events *r)
{
	static const char *const pool[] = {"cat", "sh", "/bin/sh", "/etc/shadow", "/tmp/x", "nginx",
		"/usr/bin/cat", "../etc/passwd", "sub/file", "", "/dev/shm/a", "b\303\244r",
		"bad\377", "a b", "/var/log/syslog", "systemd", "O_RDONLY",
		"/proc/self/root/etc/shadow"};

	return str_c(pool[random_next(r, ARRAY_SIZE(pool))]);
}

/* Appends n bytes at *at. */
static inline struct param random_bytes(uint8_t **at, const void *p, size_t n)
{
	struct param ret = {*at, (uint32_t)n};

	memcpy(*at, p, n);
	*at += n;
	return ret;
}

static inline struct param random_strings(struct random_events *r, uint8_t **at, const char *join)
{
	uint8_t *start = *at;

	for (uint32_t i = random_next(r, 4); i > 0; i--) {
		struct str s = random_text(r);

		random_bytes(at, join, strlen(join));
		random_bytes(at, s.p, s.n);
		random_bytes(at, "", 1);
	}
	return (struct param){start, (uint32_t)(*at - start)};
}

static inline struct param random_tuple(struct random_events *r, uint8_t **at)
{
	uint8_t t[64] = {2, 127, 0, 0, 1, 0x39, 0x30, 10, 0, 0, (uint8_t)random_next(r, 3), 80, 0};

	if (random_next(r, 3) == 0) {
		t[0] = 1;
		memcpy(t + 17, "/run/x.sock", 12);
		return random_bytes(at, t, 29);
	}
	return random_bytes(at, t, 13);
}

static inline struct param random_param(
	struct random_events *r, const struct param_info *info, uint8_t **at)
{
	static const int64_t numbers[] = {0, 1, 2, 3, 4, 5, 7, -1, -2, -13, 100, 101, 102, 1000};
	int64_t n = numbers[random_next(r, ARRAY_SIZE(numbers))];
	struct str s;

	if (random_next(r, 25) == 0)
		return (struct param){NULL, 0};
	switch (info->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		s = random_text(r);
		return random_bytes(at, s.n ? s.p : "", s.n + 1);
	case PT_BYTEBUF:
		return random_strings(r, at, strcmp(info->name, "cgroups") ? "" : "cpu=");
	case PT_SOCKADDR:
	case PT_SOCKTUPLE:
		return random_tuple(r, at);
	case PT_FDLIST:
		return random_bytes(at, "\1\0\3\0\0\0\0\0\0\0\1\0", 12);
	case PT_DYN:
		random_bytes(at, "", 1);
		random_bytes(at, &n, 8);
		return (struct param){*at - 9, 9};
	default:
		return random_bytes(at, &n, MIN(ptype_size[info->type], sizeof(n)));
	}
}

/* The next event of the stream, of a type drawn from types[n]; valid until the next call. */
static inline void random_event(
	struct random_events *r, const uint16_t *types, size_t n, struct event *ev)
{
	uint8_t bytes[48 * 1024], *at = bytes;
	struct param params[EVENT_MAX_PARAMS];
	uint16_t type = types[random_next(r, (uint32_t)n)];
	const struct event_info *info = &event_table[type];
	size_t len;

	for (unsigned i = 0; i < info->nparams; i++)
		params[i] = random_param(r, &info->params[i], &at);
	r->ts += 1 + random_next(r, 1000000);
	len = event_encode(r->rec, r->ts, 100 + random_next(r, 6), type, params, info->nparams);
	event_view(ev, r->rec, len);
	ev->num = ++r->num;
	ev->flags = 0;
	ev->cpu = 0;
}
#endif
