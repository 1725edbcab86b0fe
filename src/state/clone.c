/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone, clone3, fork, vfork: one exit event in the caller (its result is the child's tid) and one
 * in the child (its result is 0). Either may come first, either may be missing.
 *
 * The caller's is the better source (it is known who the caller is), but it can only make the
 * child when the result is the tid the host knows, and when the child has not ended meanwhile.
 * In the other cases, and when it comes late, the child makes itself and says so by CL_INVERTED.
 * Whoever comes second finds the thread and leaves it alone.
 */
#include "state/proc_params.h"

/* Parameters that the four exit events have in common. */
enum {
	P_FLAGS = P_COMMON,
	P_UID,
	P_GID,
	P_VTID,
	P_VPID,
	P_PIDNS_START,
};

/* A thread whose start is this much older than its own clone event is a former one (ns). */
#define STALE_AFTER 2000000000u

/* The flags of the call, without those that only we set. */
static uint32_t clone_flags(const struct event *ev)
{
	const uint32_t ours =
		CL_INVERTED | CL_NAME_CHANGED | CL_CLOSED | CL_ACTIVE | CL_PIPE_SRC | CL_PIPE_DST;

	return (uint32_t)event_u64(ev, P_FLAGS) & ~ours;
}

static void set_facts(struct thread *t, const struct event *ev)
{
	proc_take_sizes(t, ev);
	t->uid = (uint32_t)event_u64(ev, P_UID);
	t->gid = (uint32_t)event_u64(ev, P_GID);
	t->clone_ts = ev->ts;
}

static void set_virtual_ids(struct thread *t, const struct event *ev)
{
	if (param_given(ev, P_VPID)) {
		t->vtid = event_i64(ev, P_VTID);
		t->vpid = event_i64(ev, P_VPID);
	} else {
		t->vtid = t->tid;
		t->vpid = -1;
	}
}

/* What the event does not tell and every thread has from the one it was copied from. */
static void inherit(struct thread *t, const struct thread *from)
{
	istr_share(&t->exepath, from->exepath);
	istr_share(&t->root, from->root);
	t->exe_writable = from->exe_writable;
	t->exe_upper_layer = from->exe_upper_layer;
	t->exe_lower_layer = from->exe_lower_layer;
	t->exe_from_memfd = from->exe_from_memfd;
	t->exe_ino = from->exe_ino;
	t->exe_ino_ctime = from->exe_ino_ctime;
	t->exe_ino_mtime = from->exe_ino_mtime;
	t->exe_ino_ctime_clone = from->exe_ino_ctime_clone;
	t->sid = from->sid;
	t->pgid = from->pgid;
	t->vpgid = from->vpgid;
	t->tty = from->tty;
	t->loginuid = from->loginuid;
	t->cap_inheritable = from->cap_inheritable;
	t->cap_permitted = from->cap_permitted;
	t->cap_effective = from->cap_effective;
}

/*
 * A new process has a copy of descriptors and environment, and a folder that may be shared.  The
 * environment only when a leader made it: so it has always been with Falco.
 */
static void inherit_process(struct state *s, struct thread *t, struct thread *from)
{
	struct group *g = t->group;
	struct istr *cwd = from->cwd ? from->cwd : from->group->cwd;

	if (g == from->group) /* a contradictory event: a process that is its own child */
		return;
	fd_table_put(s, g->fds);
	g->fds = from->group->fds ? fd_table_fork(s, from->group->fds) : NULL;
	istr_share(&g->env, thread_is_leader(from) ? from->group->env : NULL);
	istr_share(&g->cwd, cwd);
	group_touch(s, g);
	if ((t->flags & CL_FS) && !from->cwd)
		group_share_cwd(g, from->group);
}

/* A thread that does not share its folder keeps that of the thread that made it. */
static void inherit_folder(struct thread *t, struct thread *from)
{
	if (from->cwd || !(t->flags & CL_FS))
		istr_share(&t->cwd, from->cwd ? from->cwd : from->group->cwd);
}

/* ---- the caller's side ---- */

/* A caller that only made itself known by this event. */
static void learn_caller(struct state *s, struct thread *t, const struct event *ev)
{
	t->pid = event_i64(ev, P_PID);
	t->ptid = event_i64(ev, P_PTID);
	set_virtual_ids(t, ev);
	thread_settle(s, t);
}

static bool exited_just_now(const struct state *s, int64_t tid, int64_t ptid, uint64_t ts)
{
	const struct recent_exit *r;

	if (!s->recent)
		return false;
	r = &s->recent[(uint64_t)tid % RECENT_EXITS];
	return r->ts && r->tid == tid && r->ptid == ptid && ts >= r->ts && ts - r->ts < STALE_AFTER;
}

/* Whether the result is no tid of the host's, or the child's own event is the one to go by. */
static bool child_tells(const struct thread *caller, const struct event *ev)
{
	uint32_t flags = clone_flags(ev);

	if (flags & (CL_CHILD_IN_PIDNS | CL_NEWPID | CL_PARENT))
		return true;
	if (caller->tid != caller->vtid)
		return true;
	return (flags & CL_VFORK) || ev->type == EV_VFORK_X;
}

/*
 * Whether the event, of caller or child t, is about a process of another pid namespace than the
 * host's, whose tid only the child's own event tells.
 */
static bool in_pid_namespace(const struct thread *t, const struct event *ev)
{
	uint32_t flags = clone_flags(ev);

	if (flags & (CL_THREAD | CL_PARENT))
		return false;
	return (flags & (CL_CHILD_IN_PIDNS | CL_NEWPID)) || t->tid != t->vtid;
}

static struct thread *child_of_caller(
	struct state *s, const struct event *ev, int64_t tid, const struct thread *caller)
{
	struct thread *t = thread_new(s, tid);

	t->flags = clone_flags(ev);
	if (t->flags & CL_THREAD) {
		t->flags |= CL_FILES;
		t->pid = caller->pid;
		t->ptid = caller->ptid;
		t->lastexec_ts = caller->lastexec_ts;
	} else {
		t->pid = tid;
		t->ptid = caller->tid;
	}
	t->vtid = t->tid;
	t->vpid = t->pid;
	proc_take_names(s, t, ev);
	set_facts(t, ev);
	return t;
}

static void clone_caller(struct state *s, struct event_ctx *ctx, int64_t child_tid)
{
	const struct event *ev = ctx->ev;
	struct thread *caller = thread_get(s, ev->tid), *t;
	int64_t parent;
	bool known;

	ctx->thread = caller;
	if (!caller)
		return;
	known = !caller->invalid;
	if (!known)
		learn_caller(s, caller, ev);
	/* A thread of the caller has the caller's parent. */
	parent = clone_flags(ev) & CL_THREAD ? caller->ptid : caller->tid;
	if (in_pid_namespace(caller, ev))
		caller->awaited++;
	if (child_tells(caller, ev) || exited_just_now(s, child_tid, parent, ev->ts))
		return;
	t = state_thread(s, child_tid);
	if (t && ((t->flags & CL_INVERTED) || t == caller))
		return;
	t = child_of_caller(s, ev, child_tid, caller);
	if (known) {
		inherit(t, caller);
	} else {
		proc_take_names(s, caller, ev);
		thread_touch(s, caller);
	}
	t = thread_add(s, t);
	caller = ctx->thread = state_thread(s, ev->tid);
	if (!t || !caller)
		return;
	if (known && !(t->flags & CL_THREAD))
		inherit_process(s, t, caller);
	else if (known)
		inherit_folder(t, caller);
	thread_set_cgroups(s, t, event_bytes(ev, P_CGROUPS));
	users_note(s, t);
}

/* ---- the child's side ---- */

/* A leader that only its thread's event told of. */
static void learn_leader(
	struct state *s, struct thread *leader, const struct thread *t, const struct event *ev)
{
	leader->pid = t->pid;
	leader->ptid = t->ptid;
	leader->vpid = leader->vtid = t->vpid;
	proc_take_names(s, leader, ev);
	thread_settle(s, leader);
}

/* Counted from boot, not a date; 0 for the host's namespace. */
static uint64_t pidns_start(const struct thread *t, const struct event *ev)
{
	if (!(t->flags & (CL_CHILD_IN_PIDNS | CL_NEWPID)) && t->tid == t->vtid)
		return 0;
	return event_u64(ev, P_PIDNS_START);
}

/*
 * The flags of clone3 may be anything in the child's event, where its arguments often cannot be
 * read: the ids say what the child is, and only threads are taken to share their folder.
 */
static uint32_t child_flags(const struct thread *t, const struct event *ev)
{
	uint32_t flags = clone_flags(ev) | CL_INVERTED;

	if (t->pid != t->tid)
		flags |= CL_THREAD | CL_FILES;
	else
		flags &= ~(uint32_t)CL_THREAD;
	if (ev->type == EV_CLONE3_X)
		flags = t->pid != t->tid ? flags | CL_FS : flags & ~(uint32_t)CL_FS;
	return flags;
}

static struct thread *child_of_event(struct state *s, const struct event *ev)
{
	struct thread *t = thread_new(s, ev->tid);

	t->pid = event_i64(ev, P_PID);
	t->ptid = event_i64(ev, P_PTID);
	t->flags = child_flags(t, ev);
	set_virtual_ids(t, ev);
	proc_take_names(s, t, ev);
	set_facts(t, ev);
	t->pidns_init_start_ts = pidns_start(t, ev);
	return t;
}

/*
 * The thread whose facts the child has.  Whether that is its leader or its parent is up to the
 * recorded flags, right or not: so replays agree with Falco.
 */
static int64_t model_tid(const struct thread *t, const struct event *ev)
{
	if ((clone_flags(ev) & CL_THREAD) && t->pid != t->tid)
		return t->pid;
	return t->ptid;
}

/* What a process has from its parent, or a thread shares with its leader, if they are known. */
static void join_process(struct state *s, struct thread *t)
{
	bool is_thread = t->flags & CL_THREAD;
	struct thread *from = state_thread(s, is_thread ? t->pid : t->ptid);

	if (!from || from->invalid || from == t)
		return;
	if (is_thread)
		inherit_folder(t, from);
	else
		inherit_process(s, t, from);
}

static void clone_child(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct thread *t = state_thread(s, ev->tid), *model;

	if (t && t->clone_ts && ev->ts - t->clone_ts < STALE_AFTER && !t->dead) {
		/* Also when only the list of processes was quicker. */
		ctx->thread = t;
		return;
	}
	t = child_of_event(s, ev);
	model = thread_get(s, model_tid(t, ev));
	if (model && in_pid_namespace(t, ev))
		model->awaited--;
	if (model && !model->invalid) {
		inherit(t, model);
		if (t->flags & CL_THREAD)
			t->lastexec_ts = model->lastexec_ts;
	} else if (model && model->tid == t->pid && t->pid != t->tid) {
		learn_leader(s, model, t, ev);
	}
	ctx->thread = t = thread_add(s, t);
	if (!t)
		return;
	join_process(s, t);
	thread_set_cgroups(s, t, event_bytes(ev, P_CGROUPS));
	users_note(s, t);
}

static void clone_exit(struct state *s, struct event_ctx *ctx)
{
	int64_t res = event_i64(ctx->ev, P_RES);

	if (res == 0)
		clone_child(s, ctx);
	else if (res > 0)
		clone_caller(s, ctx, res);
	if (ctx->thread)
		ctx->thread->lastevent_ts = ctx->ev->ts;
}

const struct apply_row clone_apply_rows[] = {
	{EV_CLONE_X, clone_exit},
	{EV_FORK_X, clone_exit},
	{EV_VFORK_X, clone_exit},
	{EV_CLONE3_X, clone_exit},
	{0, NULL},
};
