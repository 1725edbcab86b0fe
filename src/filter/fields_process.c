/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "process": facts about the thread that caused the event and its own process.
 * What concerns ancestors, sessions and process groups is in fields_lineage.c.
 *
 * Texts that the state keeps interned are handed out as such; joined ones are made in ctx->arena.
 */
#include "filter/fields_process.h"

#include <ctype.h>

bool field_xid(struct value *ret, int64_t id)
{
	ret->i = id;
	return id >= -1 && id <= UINT32_MAX;
}

struct str args_join(struct arena *a, struct str strings)
{
	char *text;

	if (strings.n && strings.p[strings.n - 1] == '\0')
		strings.n--;
	text = arena_strdup(a, strings);
	for (size_t i = 0; i < strings.n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return str_n(text, strings.n);
}

bool args_next(struct str *rest, struct str *ret_arg)
{
	size_t n;

	if (!rest->n)
		return false;
	n = strnlen(rest->p, rest->n);
	*ret_arg = str_head(*rest, n);
	*rest = str_from(*rest, n + 1);
	return true;
}

struct str env_value(struct str env, struct str name)
{
	struct str var;

	while (args_next(&env, &var)) {
		if (var.n > name.n + 1 && var.p[name.n] == '=' && str_starts(var, name)) {
			var = str_from(var, name.n + 1);
			while (var.n && var.p[0] == ' ')
				var = str_from(var, 1);
			while (var.n && var.p[var.n - 1] == ' ')
				var.n--;
			return var;
		}
	}
	return STR("");
}

#define NEED_THREAD(ctx)                                                                           \
	do {                                                                                       \
		if (!(ctx)->thread)                                                                \
			return false;                                                              \
	} while (0)

/* A text or number that the thread simply has. */
#define THREAD_TEXT(sym, member)                                                                   \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		NEED_THREAD(ctx);                                                                  \
		value_istr(ret, ctx->thread->member);                                              \
		return true;                                                                       \
	}
#define THREAD_NUMBER(sym, kind, expr)                                                             \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		struct thread *t = ctx->thread;                                                    \
                                                                                                   \
		NEED_THREAD(ctx);                                                                  \
		ret->kind = (expr);                                                                \
		return true;                                                                       \
	}
/* The same, a zero meaning that it is not known. */
#define THREAD_NONZERO(sym, kind, expr)                                                            \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		struct thread *t = ctx->thread;                                                    \
                                                                                                   \
		NEED_THREAD(ctx);                                                                  \
		ret->kind = (expr);                                                                \
		return ret->kind != 0;                                                             \
	}

THREAD_TEXT(proc_name, comm)
THREAD_TEXT(proc_exe, exe)
THREAD_TEXT(proc_exepath, exepath)

THREAD_NUMBER(proc_tty, u, t->tty)
THREAD_NUMBER(proc_sid, i, t->sid)
THREAD_NUMBER(proc_vpgid, i, t->vpgid)
THREAD_NUMBER(proc_pgid, i, t->pgid)
THREAD_NUMBER(proc_is_exe_writable, b, t->exe_writable)
THREAD_NUMBER(proc_is_exe_upper_layer, b, t->exe_upper_layer)
THREAD_NUMBER(proc_is_exe_lower_layer, b, t->exe_lower_layer)
THREAD_NUMBER(proc_is_exe_from_memfd, b, t->exe_from_memfd)
THREAD_NUMBER(proc_is_sid_leader, b, t->sid == t->vpid)
THREAD_NUMBER(proc_is_vpgid_leader, b, t->vpgid == t->vpid)
THREAD_NUMBER(proc_is_pgid_leader, b, t->pgid == t->pid)
THREAD_NUMBER(proc_vmsize, u, t->vmsize_kb)
THREAD_NUMBER(proc_vmrss, u, t->vmrss_kb)
THREAD_NUMBER(proc_vmswap, u, t->vmswap_kb)
THREAD_NUMBER(thread_pfmajor, u, t->pfmajor)
THREAD_NUMBER(thread_pfminor, u, t->pfminor)
THREAD_NUMBER(thread_ismain, b, thread_is_main(t))
THREAD_NUMBER(thread_vmsize, u, thread_is_main(t) ? t->vmsize_kb : 0)
THREAD_NUMBER(thread_vmrss, u, thread_is_main(t) ? t->vmrss_kb : 0)
THREAD_NUMBER(thread_vmsize_b, u, thread_is_main(t) ? (uint64_t)t->vmsize_kb * 1024 : 0)
THREAD_NUMBER(thread_vmrss_b, u, thread_is_main(t) ? (uint64_t)t->vmrss_kb * 1024 : 0)
THREAD_NUMBER(proc_nthreads, u, t->group->nalive)
THREAD_NUMBER(proc_nchilds, u,
	t->group->nalive - (t->group->leader && !t->group->leader->dead && t->group->nalive))
THREAD_NUMBER(proc_fdopencount, u, t->group->leader ? fd_table_count(t->group->fds) : 0)
THREAD_NUMBER(proc_fdlimit, i, t->group->leader ? t->group->leader->fdlimit : 0)

THREAD_NONZERO(proc_exe_ino, i, (int64_t)t->exe_ino)
THREAD_NONZERO(proc_exe_ino_ctime, u, t->exe_ino_ctime)
THREAD_NONZERO(proc_exe_ino_mtime, u, t->exe_ino_mtime)
THREAD_NONZERO(proc_exe_ino_ctime_duration_proc_start, u, t->exe_ino_ctime_clone)
THREAD_NONZERO(proc_exe_ino_ctime_duration_pidns_start, u, t->exe_ino_ctime_pidns)
THREAD_NONZERO(proc_pidns_init_start_ts, u, t->pidns_init_start_ts)
THREAD_NONZERO(proc_pid_ts, u, t->clone_ts)

bool field_proc_duration(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	NEED_THREAD(ctx);
	ret->u = ctx->ev->ts - ctx->thread->clone_ts;
	return ctx->thread->clone_ts != 0;
}

bool field_thread_tid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return field_xid(ret, ctx->ev->tid);
}

bool field_proc_pid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	NEED_THREAD(ctx);
	return field_xid(ret, ctx->thread->pid);
}

bool field_thread_vtid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	NEED_THREAD(ctx);
	ret->i = ctx->thread->vtid;
	return ret->i != -1;
}

bool field_proc_vpid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	NEED_THREAD(ctx);
	ret->i = ctx->thread->vpid;
	return ret->i != -1;
}

bool field_proc_cmdline(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	NEED_THREAD(ctx);
	thread_cmdline(ctx->thread);
	value_istr(ret, ctx->thread->cmdline);
	return true;
}

bool field_proc_cwd(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	NEED_THREAD(ctx);
	value_str(ret, thread_cwd(ctx->thread));
	return true;
}

bool field_proc_exeline(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str args;

	NEED_THREAD(ctx);
	args = args_join(ctx->arena, istr_str(ctx->thread->args));
	value_str(ret, arena_printf(ctx->arena, "%.*s %.*s", STR_ARG(istr_str(ctx->thread->exe)),
			       STR_ARG(args)));
	return true;
}

bool field_proc_args(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str rest, arg = STR("");

	NEED_THREAD(ctx);
	rest = istr_str(ctx->thread->args);
	if (f->index < 0) {
		value_str(ret, args_join(ctx->arena, rest));
		return true;
	}
	for (int64_t i = 0; i <= f->index; i++)
		if (!args_next(&rest, &arg))
			arg = STR("");
	value_str(ret, arg);
	return true;
}

bool field_proc_cmdnargs(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str rest, arg;

	NEED_THREAD(ctx);
	rest = istr_str(ctx->thread->args);
	for (ret->u = 0; args_next(&rest, &arg); ret->u++)
		;
	return true;
}

bool field_proc_cmdlenargs(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str rest, arg;

	NEED_THREAD(ctx);
	rest = istr_str(ctx->thread->args);
	for (ret->u = 0; args_next(&rest, &arg); ret->u += arg.n)
		;
	return true;
}

bool field_proc_env(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str env;

	NEED_THREAD(ctx);
	env = istr_str(ctx->thread->group->env);
	if (f->arg.n && f->index < 0)
		value_str(ret, env_value(env, f->arg));
	else
		value_str(ret, args_join(ctx->arena, env));
	return true;
}

bool field_proc_fdusage(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread *leader;
	uint64_t open;

	NEED_THREAD(ctx);
	leader = ctx->thread->group->leader;
	ret->d = 0;
	if (leader && leader->fdlimit > 0) {
		open = fd_table_count(ctx->thread->group->fds);
		ret->d = open <= (uint64_t)leader->fdlimit
				 ? (double)open * 100 / (double)leader->fdlimit
				 : 100;
	}
	return true;
}

bool field_thread_nametid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	NEED_THREAD(ctx);
	value_str(ret, arena_printf(ctx->arena, "%.*s%lld", STR_ARG(istr_str(ctx->thread->comm)),
			       (long long)ctx->ev->tid));
	return true;
}

/* ---- standard descriptors ---- */

static bool std_fd(struct event_ctx *ctx, int64_t num, bool type, struct value *ret)
{
	struct fd *fd;

	NEED_THREAD(ctx);
	fd = thread_fd(ctx->thread, num);
	if (fd)
		value_str(ret, type ? str_c(fd_type_name(fd->type)) : fd_name(fd));
	return fd;
}

#define STD_FD(name, num)                                                                          \
	bool field_proc_##name##_type(struct field *f, struct event_ctx *ctx, struct value *ret)   \
	{                                                                                          \
		return std_fd(ctx, num, true, ret);                                                \
	}                                                                                          \
	bool field_proc_##name##_name(struct field *f, struct event_ctx *ctx, struct value *ret)   \
	{                                                                                          \
		return std_fd(ctx, num, false, ret);                                               \
	}

STD_FD(stdin, 0)
STD_FD(stdout, 1)
STD_FD(stderr, 2)

/* ---- capabilities and cgroups ---- */

static bool capabilities(struct event_ctx *ctx, uint64_t caps, struct value *ret)
{
	struct str name;
	char *text = arena_alloc(ctx->arena, CAP_BITS * 24);
	size_t n = 0;

	for (unsigned bit = 0; bit < CAP_BITS; bit++) {
		if (!(caps >> bit & 1))
			continue;
		name = str_c(capability_name(bit));
		if (n)
			text[n++] = ' ';
		memcpy(text + n, name.p, name.n);
		n += name.n;
	}
	value_str(ret, str_n(text, n));
	return true;
}

bool field_thread_cap_permitted(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return ctx->thread && capabilities(ctx, ctx->thread->cap_permitted, ret);
}

bool field_thread_cap_inheritable(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return ctx->thread && capabilities(ctx, ctx->thread->cap_inheritable, ret);
}

bool field_thread_cap_effective(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return ctx->thread && capabilities(ctx, ctx->thread->cap_effective, ret);
}

bool field_thread_cgroups(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str cgroups;

	NEED_THREAD(ctx);
	cgroups = istr_str(ctx->thread->cgroups);
	value_str(ret, args_join(ctx->arena, cgroups));
	return cgroups.n > 0;
}

bool field_thread_cgroup(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str rest, entry;

	NEED_THREAD(ctx);
	rest = istr_str(ctx->thread->cgroups);
	while (args_next(&rest, &entry)) {
		ptrdiff_t eq = str_chr(entry, '=');

		if (eq >= 0 && str_eq(str_head(entry, (size_t)eq), f->arg)) {
			value_str(ret, str_from(entry, (size_t)eq + 1));
			return true;
		}
	}
	return false;
}

/* ---- processor time: only old captures' switch and procinfo events tell it ---- */

static struct thread_times *times_of(struct event_ctx *ctx)
{
	struct thread *t = ctx->thread;

	if (!t->times)
		t->times = mem_zalloc(sizeof(*t->times));
	return t->times;
}

/* Moves the counters on, once per event however many fields ask. */
static struct thread_times *procinfo(struct event_ctx *ctx)
{
	struct thread_times *times = times_of(ctx);
	uint64_t user, system;

	if (times->ts != ctx->ev->ts) {
		user = event_u64(ctx->ev, 0);
		system = event_u64(ctx->ev, 1);
		times->user_delta = times->user ? user - times->user : 0;
		times->system_delta = times->system ? system - times->system : 0;
		times->user = user;
		times->system = system;
		times->ts = ctx->ev->ts;
	}
	return times;
}

static bool cpu_share(struct event_ctx *ctx, bool user, bool system, struct value *ret)
{
	struct thread_times *times;
	uint64_t ticks;

	if (!ctx->thread || ctx->ev->type != EV_PROCINFO_E)
		return false;
	times = procinfo(ctx);
	ticks = (user ? times->user_delta : 0) + (system ? times->system_delta : 0);
	ret->d = ticks > 100 ? 100 : (double)ticks;
	return true;
}

bool field_thread_cpu(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return cpu_share(ctx, true, true, ret);
}

bool field_thread_cpu_user(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return cpu_share(ctx, true, false, ret);
}

bool field_thread_cpu_system(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return cpu_share(ctx, false, true, ret);
}

#define MAX_CPUS 4096

/* Nanoseconds since the switch before on this processor: how long the thread now leaving ran. */
static uint64_t time_on_cpu(const struct event *ev)
{
	static struct {
		uint64_t before, last;
	} switches[MAX_CPUS];
	unsigned cpu = ev->cpu % MAX_CPUS;

	if (ev->type != EV_SWITCH_E)
		return 0;
	if (switches[cpu].last != ev->ts) {
		switches[cpu].before = switches[cpu].last;
		switches[cpu].last = ev->ts;
	}
	return switches[cpu].before ? ev->ts - switches[cpu].before : 0;
}

bool field_thread_exectime(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	ret->u = time_on_cpu(ctx->ev);
	return true;
}

bool field_thread_totexectime(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread_times *times;

	NEED_THREAD(ctx);
	if (ctx->ev->type != EV_SWITCH_E) {
		ret->u = ctx->thread->times ? ctx->thread->times->exec_total : 0;
		return true;
	}
	times = times_of(ctx);
	if (times->ts != ctx->ev->ts) {
		times->exec_total += time_on_cpu(ctx->ev);
		times->ts = ctx->ev->ts;
	}
	ret->u = times->exec_total;
	return true;
}
