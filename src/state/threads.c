/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of threads and the processes (groups) that they make up.
 *
 * A thread in the table always has a group. Threads of one process share it: it is found by pid,
 * comes with the first and goes with the last of them. A thread of which nothing is known but that
 * it did something is a placeholder: its group is its own and cannot be found, until an event tells
 * pid and parent and thread_settle() moves it to where it belongs.
 *
 * A process's leader stays, dead, as long as other threads of it live, because they refer to it.
 */
#include <assert.h>

#include "base/slab.h"
#include "state/internal.h"

struct thread *thread_new(struct state *s, int64_t tid)
{
	struct thread *t = slab_zalloc(sizeof(*t));

	t->tid = tid;
	t->pid = t->ptid = t->vtid = t->vpid = -1;
	t->sid = t->pgid = t->vpgid = -1;
	t->uid = t->gid = t->loginuid = UINT32_MAX;
	t->fdlimit = -1;
	t->reaper_tid = -1;
	t->flags = CL_NAME_CHANGED;
	state_charge(s, sizeof(*t));
	return t;
}

void thread_drop(struct state *s, struct thread *t)
{
	if (s->on_thread_gone)
		s->on_thread_gone(t);
	istr_put(t->comm);
	istr_put(t->exe);
	istr_put(t->exepath);
	istr_put(t->args);
	istr_put(t->cgroups);
	istr_put(t->root);
	istr_put(t->cwd);
	istr_put(t->container_id);
	istr_put(t->cmdline);
	enter_drop(s, t);
	free(t->times);
	slab_free(t, sizeof(*t));
	state_charge(s, -(ptrdiff_t)sizeof(*t));
}

/* ---- groups ---- */

static struct group *group_new(struct state *s, int64_t pid)
{
	struct group *g = slab_zalloc(sizeof(*g));

	g->pid = pid;
	g->fs_next = g->fs_prev = g;
	if (pid >= 0)
		imap_put(&s->groups, (uint64_t)pid, g);
	state_charge(s, sizeof(*g));
	return g;
}

static void fs_leave(struct group *g)
{
	g->fs_next->fs_prev = g->fs_prev;
	g->fs_prev->fs_next = g->fs_next;
	g->fs_next = g->fs_prev = g;
}

static void group_free(struct state *s, struct group *g)
{
	if (g->pid >= 0 && imap_get(&s->groups, (uint64_t)g->pid) == g)
		imap_del(&s->groups, (uint64_t)g->pid);
	fs_leave(g);
	fd_table_put(s, g->fds);
	istr_put(g->cwd);
	istr_put(g->env);
	slab_free(g, sizeof(*g));
	state_charge(s, -(ptrdiff_t)sizeof(*g));
}

/* Placeholders are not known to be alive. */
static bool counts_alive(const struct thread *t)
{
	return !t->dead && !t->invalid;
}

static void group_join(struct group *g, struct thread *t)
{
	struct thread *first = g->threads;

	t->group = g;
	t->peers = NULL;
	t->peers_prev = t;
	if (!first) {
		g->threads = t;
	} else if (thread_is_leader(t)) {
		t->peers = first;
		t->peers_prev = first->peers_prev;
		first->peers_prev = t;
		g->threads = t;
	} else {
		t->peers_prev = first->peers_prev;
		first->peers_prev->peers = t;
		first->peers_prev = t;
	}
	if (thread_is_leader(t))
		g->leader = t;
	g->nthreads++;
	g->nalive += counts_alive(t);
}

static void group_leave(struct state *s, struct thread *t)
{
	struct group *g = t->group;

	if (g->threads == t)
		g->threads = t->peers;
	else
		t->peers_prev->peers = t->peers;
	if (t->peers)
		t->peers->peers_prev = t->peers_prev;
	else if (g->threads)
		g->threads->peers_prev = t->peers_prev;
	if (g->leader == t)
		g->leader = NULL;
	g->nthreads--;
	g->nalive -= counts_alive(t);
	t->group = NULL;
	if (!g->nthreads)
		group_free(s, g);
}

static struct group *group_of_pid(struct state *s, int64_t pid)
{
	return imap_get(&s->groups, (uint64_t)pid);
}

/* The group that t belongs to, made if need be: init processes are reapers from the start. */
static struct group *group_for(struct state *s, const struct thread *t)
{
	struct group *g;

	if (t->invalid)
		return group_new(s, -1);
	g = group_of_pid(s, t->pid);
	if (!g) {
		g = group_new(s, t->pid);
		g->reaper = t->pid == 1 || t->vpid == 1;
	}
	return g;
}

/* ---- the table ---- */

struct thread *state_thread(const struct state *s, int64_t tid)
{
	if (s->last && s->last->tid == tid)
		return s->last;
	return imap_get(&s->threads, (uint64_t)tid);
}

/* Out of table and group, whatever its children; those are left without a parent. */
static void erase(struct state *s, struct thread *t)
{
	while (t->children) {
		struct thread *c = t->children;

		thread_unlink_parent(c);
		c->ptid = 0;
		thread_touch(s, c);
	}
	if (thread_is_leader(t)) /* its threads lose it, and with it their ancestors */
		thread_touch(s, t);
	thread_unlink_parent(t);
	group_leave(s, t);
	imap_del(&s->threads, (uint64_t)t->tid);
	if (s->last == t)
		s->last = NULL;
	s->stats.threads--;
	s->stats.threads_removed++;
	thread_drop(s, t);
}

void threads_clear(struct state *s)
{
	/* What is behind an erased entry may move into its slot. */
	for (size_t i = 0; s->threads.n; i++)
		while (s->threads.slots[i].value)
			erase(s, s->threads.slots[i].value);
	imap_done(&s->threads);
	imap_done(&s->groups);
}

/* A tid can only come back after all of the process that it led has gone. */
static void remove_stale(struct state *s, int64_t tid)
{
	struct thread *t;

	while ((t = state_thread(s, tid))) {
		struct thread *first = t->group->threads;
		struct thread *other = first == t ? t->peers : first;

		thread_remove(s, thread_is_leader(t) && other ? other : t);
	}
}

struct thread *thread_add(struct state *s, struct thread *t)
{
	remove_stale(s, t->tid);
	t->invalid = t->tid < 0 || t->pid < 0 || t->ptid < 0;
	if (s->threads.n >= s->config.max_threads || !state_room(s, sizeof(struct group))) {
		s->stats.threads_refused++;
		thread_drop(s, t);
		return NULL;
	}
	imap_put(&s->threads, (uint64_t)t->tid, t);
	group_join(group_for(s, t), t);
	thread_bump(s, t);
	if (thread_is_leader(t) && t->peers)
		thread_touch(s, t);
	s->stats.threads++;
	s->stats.threads_added++;
	if (!s->listing)
		thread_link_parent(s, t);
	return t;
}

void thread_settle(struct state *s, struct thread *t)
{
	struct group *own = t->group, *g;
	struct fd_table *fds = own->fds;

	assert(t->invalid);
	thread_bump(s, t);
	if (t->pid < 0 || t->ptid < 0)
		return;
	own->fds = NULL;
	group_leave(s, t);
	t->invalid = false;
	g = group_for(s, t);
	if (!g->fds)
		g->fds = fds;
	else
		fd_table_put(s, fds);
	group_join(g, t);
	thread_link_parent(s, t);
	thread_touch(s, t);
}

static struct thread *placeholder(struct state *s, int64_t tid)
{
	struct thread *t = thread_new(s, tid);

	istr_share(&t->comm, s->na);
	istr_share(&t->exe, s->na);
	return thread_add(s, t);
}

struct thread *thread_get(struct state *s, int64_t tid)
{
	struct thread *t = state_thread(s, tid);

	if (t || tid < 0)
		return t;
	s->stats.missing_threads++;
	if (s->on_missing && s->threads.n < s->config.max_threads) {
		struct machine_sink sink = state_sink(s);

		if (s->on_missing(s->on_missing_arg, tid, &sink))
			t = state_thread(s, tid);
	}
	return t ? t : placeholder(s, tid);
}

/* ---- life and death ---- */

void thread_set_dead(struct thread *t)
{
	if (t->dead)
		return;
	t->group->nalive -= counts_alive(t);
	t->dead = true;
	t->flags |= CL_CLOSED;
}

void thread_revive(struct thread *t)
{
	if (!t->dead)
		return;
	t->dead = false;
	t->flags &= ~(uint32_t)CL_CLOSED;
	t->group->nalive += counts_alive(t);
}

void thread_remove(struct state *s, struct thread *t)
{
	struct group *g = t->group;
	struct thread *leader = g->leader;

	if (t->invalid) {
		erase(s, t);
		return;
	}
	thread_set_dead(t);
	threads_reparent(s, t);
	if (!g->nalive && leader && leader != t) {
		threads_reparent(s, leader);
		erase(s, leader);
	}
	if (!thread_is_leader(t) || !g->nalive)
		erase(s, t);
}

#define LINGER_NS 1000000000u

/* The first of those kept, which by now may have made room for another with its tid: NULL then. */
static struct thread *first_lingering(const struct state *s)
{
	struct thread *t = state_thread(s, s->lingering.of[s->lingering.first].tid);

	return t && t->dead ? t : NULL;
}

static void end_first_lingering(struct state *s)
{
	struct lingering *l = &s->lingering;
	struct thread *t = first_lingering(s);

	l->first = (l->first + 1) % LINGERING_MAX;
	l->n--;
	if (t)
		thread_remove(s, t);
}

void thread_end(struct state *s, struct thread *t)
{
	struct lingering *l = &s->lingering;
	uint32_t last;

	if (t->awaited <= 0 || t->invalid) {
		thread_remove(s, t);
		return;
	}
	threads_reparent(s, t);
	if (l->n == LINGERING_MAX)
		end_first_lingering(s);
	last = (l->first + l->n++) % LINGERING_MAX;
	l->of[last].tid = t->tid;
	l->of[last].until = s->now + LINGER_NS;
	s->pending |= PENDING_LINGER;
}

void threads_end_lingering(struct state *s)
{
	struct lingering *l = &s->lingering;

	while (l->n) {
		const struct thread *t = first_lingering(s);

		if (t && t->awaited > 0 && s->now < l->of[l->first].until)
			return;
		end_first_lingering(s);
	}
	s->pending &= ~(uint32_t)PENDING_LINGER;
}

/* ---- what a process's threads share ---- */

struct thread *thread_leader(struct thread *t)
{
	return t->group->leader ? t->group->leader : t;
}

struct str thread_cwd(const struct thread *t)
{
	const struct istr *cwd = t->cwd ? t->cwd : t->group->cwd;

	return cwd || t->group->leader ? istr_str(cwd) : STR("./");
}

/* Fields show a process's folder for its own threads only. */
static void bump_group(struct state *s, struct group *g)
{
	for (struct thread *t = g->threads; t; t = t->peers)
		thread_bump(s, t);
}

void thread_set_cwd(struct state *s, struct thread *t, struct str path)
{
	struct group *g = t->group;
	struct istr *cwd;

	s->scratch.n = 0;
	buf_str(&s->scratch, path);
	if (!path.n || path.p[path.n - 1] != '/')
		buf_char(&s->scratch, '/');
	if (t->cwd) {
		if (istr_set(&t->cwd, buf_view(&s->scratch)))
			thread_bump(s, t);
		return;
	}
	cwd = istr_get(buf_view(&s->scratch));
	do {
		if (istr_share(&g->cwd, cwd))
			bump_group(s, g);
		g = g->fs_next;
	} while (g != t->group);
	istr_put(cwd);
}

void thread_unshare_cwd(struct state *s, struct thread *t)
{
	struct group *g = t->group;

	if (g->nthreads == 1)
		fs_leave(g);
	else if (!t->cwd && g->cwd)
		istr_share(&t->cwd, g->cwd);
}

void group_share_cwd(struct group *g, struct group *with)
{
	fs_leave(g);
	g->fs_next = with->fs_next;
	g->fs_prev = with;
	with->fs_next->fs_prev = g;
	with->fs_next = g;
}

void thread_set_env(struct state *s, struct thread *t, struct str env)
{
	if (istr_set(&t->group->env, strings_norm(s, env)))
		group_touch(s, t->group);
}

struct str thread_cmdline(struct thread *t)
{
	struct str comm = istr_str(t->comm), rest = istr_str(t->args), arg;
	size_t room = comm.n + rest.n + 1, n = comm.n;
	char *text;

	if (t->cmdline)
		return istr_str(t->cmdline);
	text = slab_alloc(room);
	memcpy(text, comm.p, comm.n);
	while (rest.n && str_split(&rest, '\0', &arg)) {
		text[n++] = ' ';
		memcpy(text + n, arg.p, arg.n);
		n += arg.n;
	}
	assert(n <= room);
	t->cmdline = istr_get(str_n(text, n));
	slab_free(text, room);
	return istr_str(t->cmdline);
}
