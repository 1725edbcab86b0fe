/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the smaller events change about a thread or its process: end, identity, capabilities,
 * folders, limits, memory.
 *
 * Calls without effect here, because Falco's fields do not show it either: setpgid (pgid is that
 * of the last exec), prctl(PR_SET_NAME) (so is the name).
 */
#include "state/internal.h"

enum {
	PR_OPT_SET_CHILD_SUBREAPER = 36, /* prctl_options of tables/flags.def */
	PR_OPT_GET_CHILD_SUBREAPER = 37,
	RLIMIT_RES_NOFILE = 7, /* rlimit_resources */
};

static bool succeeded(const struct event_ctx *ctx)
{
	return ctx->thread && event_i64(ctx->ev, 0) >= 0;
}

/* ---- end ---- */

static void procexit(struct state *s, struct event_ctx *ctx)
{
	struct thread *t = ctx->thread;

	if (!t)
		return;
	thread_set_dead(t);
	s->exited = t->tid;
	s->pending |= PENDING_EXIT;
	if (t->children || t->awaited > 0)
		t->reaper_tid = param_given(ctx->ev, 4) ? event_i64(ctx->ev, 4) : -1;
}

static void prctl_exit(struct state *s, struct event_ctx *ctx)
{
	uint64_t option = event_u64(ctx->ev, 1);

	if (!succeeded(ctx) || ctx->thread->invalid)
		return;
	if (option == PR_OPT_SET_CHILD_SUBREAPER || option == PR_OPT_GET_CHILD_SUBREAPER)
		ctx->thread->group->reaper = event_i64(ctx->ev, 3) != 0;
}

/* ---- identity ---- */

static void setsid_exit(struct state *s, struct event_ctx *ctx)
{
	if (!succeeded(ctx))
		return;
	ctx->thread->sid = event_i64(ctx->ev, 0);
	thread_bump(s, ctx->thread);
}

static void set_uid(struct state *s, struct event_ctx *ctx, unsigned euid)
{
	if (!succeeded(ctx) || !param_given(ctx->ev, euid))
		return;
	ctx->thread->uid = (uint32_t)event_u64(ctx->ev, euid);
	users_note(s, ctx->thread);
	thread_bump(s, ctx->thread);
}

static void set_gid(struct state *s, struct event_ctx *ctx, unsigned egid)
{
	if (!succeeded(ctx) || !param_given(ctx->ev, egid))
		return;
	ctx->thread->gid = (uint32_t)event_u64(ctx->ev, egid);
	users_note(s, ctx->thread);
	thread_bump(s, ctx->thread);
}

static void setuid_exit(struct state *s, struct event_ctx *ctx)
{
	set_uid(s, ctx, 1);
}

static void setreuid_exit(struct state *s, struct event_ctx *ctx)
{
	set_uid(s, ctx, 2);
}

static void setgid_exit(struct state *s, struct event_ctx *ctx)
{
	set_gid(s, ctx, 1);
}

static void setregid_exit(struct state *s, struct event_ctx *ctx)
{
	set_gid(s, ctx, 2);
}

static void set_caps(struct state *s, struct thread *t, uint64_t inh, uint64_t per, uint64_t eff)
{
	t->cap_inheritable = inh;
	t->cap_permitted = per;
	t->cap_effective = eff;
	thread_bump(s, t);
}

static void capset_exit(struct state *s, struct event_ctx *ctx)
{
	if (succeeded(ctx))
		set_caps(s, ctx->thread, event_u64(ctx->ev, 1), event_u64(ctx->ev, 2),
			event_u64(ctx->ev, 3));
}

/* ---- namespaces and folders ---- */

/* Whoever enters a user namespace of its own has all capabilities in it. */
static void enter_namespaces(struct state *s, struct thread *t, uint64_t flags)
{
	const uint64_t all = ((uint64_t)1 << CAP_BITS) - 1;

	if (flags & CL_NEWUSER)
		set_caps(s, t, all, all, all);
}

static void unshare_exit(struct state *s, struct event_ctx *ctx)
{
	uint64_t flags = event_u64(ctx->ev, 1);

	if (!succeeded(ctx))
		return;
	enter_namespaces(s, ctx->thread, flags);
	if (flags & (CL_FS | CL_NEWNS | CL_NEWUSER))
		thread_unshare_cwd(s, ctx->thread);
}

static void setns_exit(struct state *s, struct event_ctx *ctx)
{
	if (succeeded(ctx))
		enter_namespaces(s, ctx->thread, event_u64(ctx->ev, 2));
}

static void change_folder(struct state *s, struct event_ctx *ctx, struct str path)
{
	struct thread *t = ctx->thread;

	if (!t->invalid)
		thread_set_cwd(s, t, path_join(ctx->arena, thread_cwd(t), path));
}

static void chdir_exit(struct state *s, struct event_ctx *ctx)
{
	if (succeeded(ctx))
		change_folder(s, ctx, param_text_na(ctx->ev, 1));
}

static void fchdir_exit(struct state *s, struct event_ctx *ctx)
{
	if (succeeded(ctx) && ctx->fd)
		change_folder(s, ctx, fd_name(ctx->fd));
}

static void chroot_exit(struct state *s, struct event_ctx *ctx)
{
	struct thread *t = ctx->thread;

	if (!succeeded(ctx))
		return;
	istr_set(&t->root, path_join(ctx->arena, thread_cwd(t), param_text_na(ctx->ev, 1)));
	thread_find_container(s, t);
	users_note(s, t);
}

/* ---- limits and memory ---- */

static void set_fdlimit(struct thread *t, int64_t limit)
{
	if (limit != -1 && t->group->leader)
		t->group->leader->fdlimit = limit;
}

static void rlimit_exit(struct state *s, struct event_ctx *ctx)
{
	if (succeeded(ctx) && event_u64(ctx->ev, 3) == RLIMIT_RES_NOFILE)
		set_fdlimit(ctx->thread, event_i64(ctx->ev, 1));
}

static void prlimit_exit(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	int64_t tid = event_i64(ev, 5);
	struct thread *t;

	if (event_i64(ev, 0) != 0 || !param_given(ev, 5) || !param_given(ev, 6) ||
		event_u64(ev, 6) != RLIMIT_RES_NOFILE)
		return;
	t = state_thread(s, tid ? tid : ev->tid);
	if (t && !t->invalid)
		set_fdlimit(t, event_i64(ev, 1));
}

static void set_memory(struct thread *t, const struct event *ev, unsigned size)
{
	if (param_given(ev, size))
		t->vmsize_kb = (uint32_t)event_u64(ev, size);
	if (param_given(ev, size + 2)) {
		t->vmrss_kb = (uint32_t)event_u64(ev, size + 1);
		t->vmswap_kb = (uint32_t)event_u64(ev, size + 2);
	}
}

static void memory_exit(struct state *s, struct event_ctx *ctx)
{
	if (ctx->thread)
		set_memory(ctx->thread, ctx->ev, 1);
}

static void sched_switch(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct thread *t = ctx->thread;

	if (!t || !param_given(ev, 5))
		return;
	t->pfmajor = event_u64(ev, 1);
	t->pfminor = event_u64(ev, 2);
	if (t->group->leader)
		set_memory(t->group->leader, ev, 3);
}

const struct apply_row proc_apply_rows[] = {
	{EV_PROCEXIT_E, procexit},
	{EV_PRCTL_X, prctl_exit},
	{EV_SETSID_X, setsid_exit},
	{EV_SETUID_X, setuid_exit},
	{EV_SETREUID_X, setreuid_exit},
	{EV_SETRESUID_X, setreuid_exit},
	{EV_SETGID_X, setgid_exit},
	{EV_SETREGID_X, setregid_exit},
	{EV_SETRESGID_X, setregid_exit},
	{EV_CAPSET_X, capset_exit},
	{EV_UNSHARE_X, unshare_exit},
	{EV_SETNS_X, setns_exit},
	{EV_CHDIR_X, chdir_exit},
	{EV_GETCWD_X, chdir_exit},
	{EV_FCHDIR_X, fchdir_exit},
	{EV_CHROOT_X, chroot_exit},
	{EV_GETRLIMIT_X, rlimit_exit},
	{EV_SETRLIMIT_X, rlimit_exit},
	{EV_PRLIMIT_X, prlimit_exit},
	{EV_BRK_X, memory_exit},
	{EV_MMAP_X, memory_exit},
	{EV_MMAP2_X, memory_exit},
	{EV_MUNMAP_X, memory_exit},
	{EV_SWITCH_E, sched_switch},
	{0, NULL},
};
