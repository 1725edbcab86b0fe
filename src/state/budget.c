/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of the state within its budget, and live tables without threads that ended unseen.
 *
 * The budget covers threads, descriptors, containers and the string pool. An addition that leaves
 * less than a sixteenth of it makes the next event start with forgetting the processes that did
 * nothing for longest, until an eighth is free again; one that exceeds it is refused (and counted).
 * Whole processes go, those without children first, so lineage lasts longest; live, they are
 * fetched again when they act.
 */
#include <stdio.h>
#include <unistd.h>

#include "state/internal.h"

#define SAMPLE 64		   /* processes compared to find a cold one */
#define PURGE_EVERY 1200000000000u /* ns, as Falco */
#define FIRST_PURGE 30000000000u
#define SILENT_FOR 1800000000000u

bool state_room_left(struct state *s, size_t need)
{
	s->pending |= PENDING_ROOM;
	if (state_held(s) + need > s->config.budget_bytes)
		istr_trim();
	return state_held(s) + need <= s->config.budget_bytes;
}

static uint64_t last_active(const struct thread *t)
{
	uint64_t ts = 0;

	for (const struct thread *p = t->group->threads; p; p = p->peers)
		ts = MAX(ts, MAX(p->lastevent_ts, p->clone_ts));
	return ts;
}

static bool has_children(const struct thread *t)
{
	for (const struct thread *p = t->group->threads; p; p = p->peers)
		if (p->children)
			return true;
	return false;
}

/* Whether a is to be forgotten rather than b. */
static bool colder(const struct thread *a, const struct thread *b)
{
	bool parent_a = has_children(a), parent_b = has_children(b);

	if (parent_a != parent_b)
		return parent_b;
	return last_active(a) < last_active(b);
}

/* The coldest of the next SAMPLE processes of the table; NULL when it is empty. */
static struct thread *find_cold(struct state *s)
{
	struct thread *cold = NULL;

	for (size_t seen = 0, tried = 0; seen < SAMPLE && tried < s->threads.cap; tried++) {
		struct thread *t = s->threads.slots[s->evict_at++ & (s->threads.cap - 1)].value;

		if (!t || (t->group->leader && t->group->leader != t))
			continue;
		seen++;
		if (!cold || colder(t, cold))
			cold = t;
	}
	return cold;
}

static void forget_process(struct state *s, struct thread *t)
{
	size_t n = t->group->nthreads;

	while (n-- > 1) {
		struct thread *first = t->group->threads;

		thread_remove(s, first == t ? t->peers : first);
		s->stats.threads_evicted++;
	}
	thread_remove(s, t);
	s->stats.threads_evicted++;
}

void threads_make_room(struct state *s)
{
	size_t target = s->config.budget_bytes - s->config.budget_bytes / 8;

	istr_trim();
	while (state_held(s) > target) {
		struct thread *t = find_cold(s);

		if (!t)
			return;
		forget_process(s, t);
	}
}

/* ---- live ---- */

static bool alive(const struct state *s, const struct thread *t)
{
	const char *root = s->config.host_root ? s->config.host_root : "";
	char path[4096];

	snprintf(path, sizeof(path), "%s/proc/%lld/task/%lld", root, (long long)t->pid,
		(long long)t->tid);
	return access(path, F_OK) == 0;
}

void threads_purge(struct state *s)
{
	VEC(int64_t) gone = {0};
	struct imap_slot *slot;
	int64_t *tid;

	if (!s->purge_at)
		s->purge_at = s->now + FIRST_PURGE;
	if (s->now < s->purge_at)
		return;
	s->purge_at = s->now + PURGE_EVERY;
	map_foreach(slot, &s->threads)
	{
		struct thread *t = slot->value;

		if (t->invalid || (s->now > t->lastevent_ts + SILENT_FOR && !alive(s, t)))
			vec_push(&gone, t->tid);
	}
	vec_foreach (tid, &gone) {
		struct thread *t = state_thread(s, *tid);

		if (t)
			thread_remove(s, t);
	}
	vec_done(&gone);
}
