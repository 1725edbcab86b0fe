/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parents, children, reapers, and the versions that tell what was remembered about a thread to be
 * stale.
 *
 * Following parents always ends: neither the line of threads (parent) nor that of processes (the
 * leader's parent) closes to a loop, because a link that would close one is refused. Captures with
 * holes, tids used again and hostile files all contain such links.
 */
#include "state/internal.h"

struct thread *thread_parent(struct thread *t)
{
	struct thread *p = thread_leader(t)->parent;

	return p ? thread_leader(p) : NULL;
}

/* Whether child is above parent, itself or through a thread of its process. */
static bool would_loop(struct thread *child, struct thread *parent)
{
	for (struct thread *p = parent; p; p = p->parent)
		if (p == child)
			return true;
	for (struct thread *p = parent; p; p = thread_leader(p)->parent)
		if (p->group == child->group)
			return true;
	return false;
}

static void link_child(struct thread *parent, struct thread *child)
{
	child->parent = parent;
	child->ptid = parent->tid;
	child->sibling_prev = NULL;
	child->sibling = parent->children;
	if (child->sibling)
		child->sibling->sibling_prev = child;
	parent->children = child;
	parent->nchildren++;
}

void thread_unlink_parent(struct thread *t)
{
	if (!t->parent)
		return;
	if (t->sibling_prev)
		t->sibling_prev->sibling = t->sibling;
	else
		t->parent->children = t->sibling;
	if (t->sibling)
		t->sibling->sibling_prev = t->sibling_prev;
	t->parent->nchildren--;
	t->parent = t->sibling = t->sibling_prev = NULL;
}

void thread_link_parent(struct state *s, struct thread *t)
{
	bool fresh = !t->children && t->group->nthreads == 1;
	struct thread *p;

	if (t->invalid || t->pid == 1)
		return;
	thread_unlink_parent(t);
	p = state_thread(s, t->ptid);
	if (!p || p->invalid || p == t || (!fresh && would_loop(t, p)))
		t->ptid = 0;
	else
		link_child(p, t);
}

static struct thread *first_alive(struct group *g, const struct thread *except)
{
	struct thread *t = g->threads;

	while (t && (t->dead || t == except))
		t = t->peers;
	return t;
}

/*
 * The kernel's order (find_new_reaper() of kernel/exit.c): another thread of the process, the
 * nearest ancestor that is a reaper in the same pid namespace.
 */
static struct thread *find_reaper(struct thread *t)
{
	struct thread *r = first_alive(t->group, t);

	if (r)
		return r;
	for (struct thread *p = t->parent; p; p = p->parent) {
		if (thread_nested(p) != thread_nested(t))
			return NULL;
		if (p->group->reaper) {
			r = first_alive(p->group, t);
			if (r)
				return r;
		}
	}
	return NULL;
}

static struct thread *reaper_of(struct state *s, struct thread *t)
{
	struct thread *r = t->reaper_tid > 0 ? state_thread(s, t->reaper_tid) : NULL;

	if (!r || r->invalid || r->dead || r == t)
		r = find_reaper(t);
	if (r) {
		t->reaper_tid = r->tid;
		if (r->group != t->group)
			r->group->reaper = true;
	}
	return r;
}

void threads_reparent(struct state *s, struct thread *t)
{
	struct thread *reaper = t->children ? reaper_of(s, t) : NULL;

	while (t->children) {
		struct thread *c = t->children;

		thread_unlink_parent(c);
		if (reaper && !would_loop(c, reaper))
			link_child(reaper, c);
		else
			c->ptid = 0;
		thread_touch(s, c);
	}
}

/* Gives t the new version and puts it on the list of those whose children still need it. */
static void renew(struct state *s, struct thread *t)
{
	if (t->version == s->version)
		return;
	t->version = s->version;
	vec_push(&s->todo, t);
}

static void renew_below(struct state *s)
{
	while (s->todo.n) {
		struct thread *t = vec_pop(&s->todo);

		if (thread_is_leader(t))
			for (struct thread *p = t->group->threads; p; p = p->peers)
				renew(s, p);
		for (struct thread *c = t->children; c; c = c->sibling)
			renew(s, c);
	}
}

void thread_touch(struct state *s, struct thread *t)
{
	s->version++;
	renew(s, t);
	renew_below(s);
}

void group_touch(struct state *s, struct group *g)
{
	s->version++;
	for (struct thread *t = g->threads; t; t = t->peers)
		renew(s, t);
	renew_below(s);
}
