/* SPDX-License-Identifier: Apache-2.0 */
/* A machine sink that keeps the processes and descriptors it is told of. */
#ifndef TESTS_MACHINE_LOG_H
#define TESTS_MACHINE_LOG_H
#include "base/arena.h"
#include "base/vec.h"
#include "capture/machine.h"

struct machine_log {
	struct arena arena;
	VEC(struct machine_proc) procs;
	VEC(struct machine_fd) fds;
	unsigned infos, ifaces, users, resets, readies;
	struct machine_info info;
};

static inline void machine_log_init(struct machine_log *l)
{
	*l = (struct machine_log){0};
	arena_init(&l->arena, 0);
}

static inline void machine_log_done(struct machine_log *l)
{
	vec_done(&l->procs);
	vec_done(&l->fds);
	arena_done(&l->arena);
}

static inline void machine_log_reset(void *arg)
{
	((struct machine_log *)arg)->resets++;
}

static inline void machine_log_ready(void *arg)
{
	((struct machine_log *)arg)->readies++;
}

static inline void machine_log_info(void *arg, const struct machine_info *m)
{
	struct machine_log *l = arg;

	l->infos++;
	l->info = *m;
	l->info.hostname = arena_str(&l->arena, m->hostname);
}

static inline void machine_log_proc(void *arg, const struct machine_proc *from)
{
	struct machine_log *l = arg;
	struct machine_proc p = *from;
	struct str *texts[] = {
		&p.comm, &p.exe, &p.exepath, &p.cwd, &p.root, &p.args, &p.env, &p.cgroups};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = arena_str(&l->arena, *texts[i]);
	vec_push(&l->procs, p);
}

static inline void machine_log_fd(void *arg, const struct machine_fd *from)
{
	struct machine_log *l = arg;
	struct machine_fd f = *from;

	f.name = arena_str(&l->arena, f.name);
	vec_push(&l->fds, f);
}

static inline void machine_log_user(void *arg, const struct machine_user *u)
{
	((struct machine_log *)arg)->users++;
}

static inline void machine_log_iface(void *arg, const struct machine_iface *i)
{
	((struct machine_log *)arg)->ifaces++;
}

static inline struct machine_sink machine_log_sink(struct machine_log *l)
{
	return (struct machine_sink){.arg = l,
		.reset = machine_log_reset,
		.info = machine_log_info,
		.proc = machine_log_proc,
		.fd = machine_log_fd,
		.user = machine_log_user,
		.iface = machine_log_iface,
		.ready = machine_log_ready};
}

static inline const struct machine_proc *machine_log_find(const struct machine_log *l, int64_t tid)
{
	for (size_t i = 0; i < l->procs.n; i++)
		if (l->procs.v[i].tid == tid)
			return &l->procs.v[i];
	return NULL;
}

static inline const struct machine_fd *machine_log_find_fd(
	const struct machine_log *l, int64_t pid, int64_t fd)
{
	for (size_t i = 0; i < l->fds.n; i++)
		if (l->fds.v[i].tid == pid && l->fds.v[i].fd == fd)
			return &l->fds.v[i];
	return NULL;
}
#endif
