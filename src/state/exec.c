/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execve and execveat, successful ones: the thread's process starts over with a new program.
 *
 * The event comes from the leader's tid, even if another thread made the call: the kernel hands
 * that tid over. So a leader may come back to life here, and every other thread of the process is
 * gone. A failed call changes nothing.
 */
#include "state/proc_params.h"

/* Parameters of both exit events; execveat ends with P_GID. */
enum {
	P_ENV = P_COMMON,
	P_TTY,
	P_VPGID,
	P_LOGINUID,
	P_FLAGS,
	P_CAP_INHERITABLE,
	P_CAP_PERMITTED,
	P_CAP_EFFECTIVE,
	P_EXE_INO,
	P_EXE_INO_CTIME,
	P_EXE_INO_MTIME,
	P_UID,
	P_TRUSTED_EXEPATH,
	P_PGID,
	P_GID,
};

/* Bits of P_FLAGS. */
enum {
	EXE_WRITABLE = 1 << 0,
	EXE_UPPER_LAYER = 1 << 1,
	EXE_FROM_MEMFD = 1 << 2,
	EXE_LOWER_LAYER = 1 << 3,
};

#define EXECVEAT_EMPTY_PATH (1 << 0)

/* A placeholder learns where it belongs. */
static void learn(struct state *s, struct thread *t, const struct event *ev)
{
	t->pid = event_i64(ev, P_PID);
	t->ptid = event_i64(ev, P_PTID);
	if (!(t->flags & CL_CHILD_IN_PIDNS)) {
		t->vtid = t->tid;
		t->vpid = t->pid;
	}
	thread_settle(s, t);
}

static void set_credentials(struct thread *t, const struct event *ev)
{
	if (param_given(ev, P_LOGINUID))
		t->loginuid = (uint32_t)event_u64(ev, P_LOGINUID);
	if (param_given(ev, P_UID))
		t->uid = (uint32_t)event_u64(ev, P_UID);
	if (param_given(ev, P_GID))
		t->gid = (uint32_t)event_u64(ev, P_GID);
	if (param_given(ev, P_CAP_EFFECTIVE)) {
		t->cap_inheritable = event_u64(ev, P_CAP_INHERITABLE);
		t->cap_permitted = event_u64(ev, P_CAP_PERMITTED);
		t->cap_effective = event_u64(ev, P_CAP_EFFECTIVE);
	}
}

static void set_session(struct thread *t, const struct event *ev)
{
	if (param_given(ev, P_TTY))
		t->tty = (uint32_t)event_u64(ev, P_TTY);
	if (param_given(ev, P_VPGID))
		t->vpgid = event_i64(ev, P_VPGID);
	t->pgid = param_given(ev, P_PGID) ? event_i64(ev, P_PGID) : -1;
}

static void set_file(struct thread *t, const struct event *ev)
{
	if (param_given(ev, P_FLAGS)) {
		uint64_t flags = event_u64(ev, P_FLAGS);

		t->exe_writable = flags & EXE_WRITABLE;
		t->exe_upper_layer = flags & EXE_UPPER_LAYER;
		t->exe_from_memfd = flags & EXE_FROM_MEMFD;
		t->exe_lower_layer = flags & EXE_LOWER_LAYER;
	}
	if (!param_given(ev, P_EXE_INO_MTIME))
		return;
	t->exe_ino = event_u64(ev, P_EXE_INO);
	t->exe_ino_ctime = event_u64(ev, P_EXE_INO_CTIME);
	t->exe_ino_mtime = event_u64(ev, P_EXE_INO_MTIME);
	if (t->clone_ts)
		t->exe_ino_ctime_clone = t->clone_ts - t->exe_ino_ctime;
	if (t->pidns_init_start_ts && t->exe_ino_ctime > t->pidns_init_start_ts)
		t->exe_ino_ctime_pidns = t->exe_ino_ctime - t->pidns_init_start_ts;
}

/* ---- the path of captures from before the kernel side resolved it ---- */

static struct str without_slash(struct str path)
{
	return path.n > 1 && path.p[path.n - 1] == '/' ? str_head(path, path.n - 1) : path;
}

/* execveat's directory and path, or the descriptor alone. */
static struct str path_at(struct event_ctx *ctx, const struct event *enter)
{
	int64_t dirfd = event_i64(enter, 0);
	struct str path = event_str(enter, 1), base;

	if (path.n && path.p[0] == '/')
		return path_join(ctx->arena, STR("/"), path);
	base = path_base(ctx, dirfd);
	if (str_is(base, "<UNKNOWN>"))
		return STR("<NA>");
	ctx->fd = thread_fd(ctx->thread, dirfd);
	ctx->fd_num = ctx->fd ? dirfd : -1;
	if (path.n)
		return path_join(ctx->arena, base, path);
	if (!(event_u64(enter, 2) & EXECVEAT_EMPTY_PATH))
		return STR("<NA>");
	return without_slash(path_join(ctx->arena, STR("/"), base));
}

static struct str path_of_enter(struct event_ctx *ctx, const struct event *enter)
{
	struct str path;

	if (enter->type == EV_EXECVEAT_E)
		return path_at(ctx, enter);
	path = event_str(enter, 0);
	if (!path.p || str_is(path, "<NA>"))
		return STR("<NA>");
	return path_join(ctx->arena, thread_cwd(ctx->thread), path);
}

static void set_path(struct event_ctx *ctx)
{
	struct event enter;

	if (param_given(ctx->ev, P_TRUSTED_EXEPATH))
		thread_set_exepath(ctx->thread, param_text_na(ctx->ev, P_TRUSTED_EXEPATH));
	else if (enter_of(ctx, &enter))
		thread_set_exepath(ctx->thread, path_of_enter(ctx, &enter));
}

/* ---- */

static void remove_other_threads(struct state *s, struct thread *t)
{
	struct thread *p = t->group->threads, *next;

	for (; p; p = next) {
		next = p->peers;
		if (p != t && !thread_is_leader(p))
			thread_remove(s, p);
	}
}

static void exec_exit(struct state *s, struct event_ctx *ctx)
{
	const uint32_t kept = CL_PIPE_SRC | CL_PIPE_DST | CL_IS_MAIN_THREAD | CL_INVERTED;
	const struct event *ev = ctx->ev;
	struct thread *t = ctx->thread;

	if (event_i64(ev, P_RES) < 0 || !t)
		return;
	thread_revive(t);
	if (t->invalid)
		learn(s, t, ev);
	set_path(ctx);
	proc_take_names(s, t, ev);
	if (param_given(ev, P_ENV))
		thread_set_env(s, t, event_bytes(ev, P_ENV));
	if (param_given(ev, P_VM_SWAP))
		proc_take_sizes(t, ev);
	else
		t->fdlimit = event_i64(ev, P_FDLIMIT);
	set_credentials(t, ev);
	set_session(t, ev);
	set_file(t, ev);
	if (param_given(ev, P_CGROUPS))
		thread_set_cgroups(s, t, event_bytes(ev, P_CGROUPS));
	t->lastexec_ts = ev->ts;
	t->flags = (t->flags & kept) | CL_ACTIVE | CL_NAME_CHANGED;
	fd_table_close_on_exec(s, t->group);
	remove_other_threads(s, t);
	users_note(s, t);
	thread_touch(s, thread_leader(t));
	if (!thread_is_leader(t))
		thread_touch(s, t);
}

static void exec_enter(struct state *s, struct event_ctx *ctx)
{
	if (ctx->thread)
		enter_keep(s, ctx);
}

const struct apply_row exec_apply_rows[] = {
	{EV_EXECVE_E, exec_enter},
	{EV_EXECVEAT_E, exec_enter},
	{EV_EXECVE_X, exec_exit},
	{EV_EXECVEAT_X, exec_exit},
	{0, NULL},
};
