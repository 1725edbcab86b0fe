/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "process" about a thread's ancestors, session and process groups.
 *
 * proc.aX[n] is about one ancestor: 0 the process itself, 1 its parent...  Without [n] a condition
 * asks whether any ancestor satisfies it (a list is handed out for that), and an output shows all
 * of them, closest first, joined by blanks.
 */
#include "filter/fields_process.h"

/* Longer chains do not exist outside of loops. */
#define MAX_ANCESTORS 1024
#define AENV_ANCESTORS 20

/* Fills *ret with one fact about t; false: there is none. */
typedef bool (*fact_fn)(struct event_ctx *ctx, struct thread *t, struct value *ret);

static bool fact_name(struct event_ctx *ctx, struct thread *t, struct value *ret)
{
	value_istr(ret, t->comm);
	return true;
}

static bool fact_exe(struct event_ctx *ctx, struct thread *t, struct value *ret)
{
	value_istr(ret, t->exe);
	return true;
}

static bool fact_exepath(struct event_ctx *ctx, struct thread *t, struct value *ret)
{
	value_istr(ret, t->exepath);
	return true;
}

static bool fact_cmdline(struct event_ctx *ctx, struct thread *t, struct value *ret)
{
	thread_cmdline(t);
	value_istr(ret, t->cmdline);
	return true;
}

static bool fact_args(struct event_ctx *ctx, struct thread *t, struct value *ret)
{
	value_str(ret, args_join(ctx->arena, istr_str(t->args)));
	return true;
}

static bool fact_env(struct event_ctx *ctx, struct thread *t, struct value *ret)
{
	value_str(ret, args_join(ctx->arena, istr_str(t->group->env)));
	return true;
}

static bool fact_pid(struct event_ctx *ctx, struct thread *t, struct value *ret)
{
	return field_xid(ret, t->pid);
}

static struct thread *main_thread(struct thread *t)
{
	return thread_is_main(t) ? t : t->group->leader;
}

/* The main thread of the nth ancestor process. */
static struct thread *ancestor(struct event_ctx *ctx, int64_t n)
{
	struct thread *t = ctx->thread ? main_thread(ctx->thread) : NULL;

	if (n > MAX_ANCESTORS)
		return NULL;
	for (; t && n > 0; n--) {
		t = t->parent;
		if (t)
			t = main_thread(t);
	}
	return t;
}

/* Threads above the process's main thread, closest first; stops where a loop closes. */
static size_t ancestors(struct event_ctx *ctx, struct thread **ret, size_t max)
{
	struct thread *t = ctx->thread ? main_thread(ctx->thread) : NULL, *start = t;
	size_t n = 0;

	while (t && n < max) {
		t = t->parent;
		if (!t || t == start || t->tid == -1 || (n && t == ret[n - 1]))
			break;
		ret[n++] = t;
		if (t->tid == t->ptid)
			break;
	}
	return n;
}

static bool ancestor_list(struct event_ctx *ctx, fact_fn fact, uint8_t type, struct value *ret)
{
	struct thread *all[MAX_ANCESTORS];
	size_t n = ancestors(ctx, all, ARRAY_SIZE(all));

	ret->list = true;
	ret->type = type;
	ret->n = 0;
	ret->v = arena_alloc(ctx->arena, n * sizeof(*ret->v));
	for (size_t i = 0; i < n; i++) {
		struct value *v = &ret->v[ret->n];

		*v = (struct value){.type = type};
		ret->n += fact(ctx, all[i], v);
	}
	return ret->n > 0;
}

static bool ancestors_joined(struct event_ctx *ctx, fact_fn fact, struct value *ret)
{
	struct thread *all[MAX_ANCESTORS];
	size_t n = ancestors(ctx, all, ARRAY_SIZE(all));
	struct buf b = {0};
	struct value v;

	for (size_t i = 0; i < n; i++) {
		if (!fact(ctx, all[i], &v))
			continue;
		if (b.n)
			buf_char(&b, ' ');
		buf_str(&b, v.s);
	}
	value_str(ret, arena_str(ctx->arena, buf_view(&b)));
	buf_done(&b);
	return ret->s.n > 0;
}

static bool about_ancestors(struct field *f, struct event_ctx *ctx, fact_fn fact, struct value *ret)
{
	struct thread *t;

	if (f->index >= 0) {
		t = ancestor(ctx, f->index);
		return t && fact(ctx, t, ret);
	}
	if (f->compare && (f->info->flags & FF_ANY))
		return ancestor_list(ctx, fact, PT_CHARBUF, ret);
	return ancestors_joined(ctx, fact, ret);
}

#define ABOUT_ANCESTORS(sym, fact)                                                                 \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		return about_ancestors(f, ctx, fact, ret);                                         \
	}
#define ABOUT_PARENT(sym, fact)                                                                    \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		struct thread *t = ancestor(ctx, 1);                                               \
                                                                                                   \
		return t && fact(ctx, t, ret);                                                     \
	}

ABOUT_ANCESTORS(proc_aname, fact_name)
ABOUT_ANCESTORS(proc_aexe, fact_exe)
ABOUT_ANCESTORS(proc_aexepath, fact_exepath)
ABOUT_ANCESTORS(proc_acmdline, fact_cmdline)
ABOUT_ANCESTORS(proc_aargs, fact_args)
ABOUT_PARENT(proc_pname, fact_name)
ABOUT_PARENT(proc_pexe, fact_exe)
ABOUT_PARENT(proc_pexepath, fact_exepath)
ABOUT_PARENT(proc_pcmdline, fact_cmdline)
ABOUT_PARENT(proc_ppid, fact_pid)

bool field_proc_apid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread *t;

	if (f->index < 0 && f->compare)
		return ancestor_list(ctx, fact_pid, PT_INT64, ret);
	t = ancestor(ctx, MAX(f->index, 0));
	return t && fact_pid(ctx, t, ret);
}

/* The first ancestor's that has the variable. */
static struct str inherited_variable(struct event_ctx *ctx, struct str name)
{
	struct thread *all[AENV_ANCESTORS];
	size_t n = ancestors(ctx, all, ARRAY_SIZE(all));
	struct str value = STR("");

	for (size_t i = 0; i < n && !value.n; i++)
		value = env_value(istr_str(all[i]->group->env), name);
	return value;
}

bool field_proc_aenv(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread *t;

	if (!ctx->thread)
		return false;
	if (f->arg.n && f->index < 0) {
		value_str(ret, inherited_variable(ctx, f->arg));
		return true;
	}
	if (f->compare)
		return ancestor_list(ctx, fact_env, PT_CHARBUF, ret);
	t = f->index > 0 ? ancestor(ctx, f->index) : ctx->thread;
	return t && fact_env(ctx, t, ret);
}

bool field_proc_pvpid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread *t = ctx->thread ? ctx->thread->parent : NULL;

	if (t)
		ret->i = t->vpid;
	return t;
}

bool field_proc_ppid_ts(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread *t = ctx->thread ? ctx->thread->parent : NULL;

	if (t)
		ret->u = t->clone_ts;
	return t;
}

/* With a parent whose start is unknown this has always been the number of open descriptors. */
bool field_proc_ppid_duration(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread *t = ancestor(ctx, 1);

	if (!t)
		return false;
	if (!t->clone_ts)
		return field_proc_fdopencount(f, ctx, ret);
	ret->u = ctx->ev->ts - t->clone_ts;
	return true;
}

bool field_proc_loginshellid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct thread *all[MAX_ANCESTORS + 1];
	size_t n;
	bool found = false;

	all[0] = ctx->thread ? main_thread(ctx->thread) : NULL;
	if (!all[0])
		return false;
	n = 1 + ancestors(ctx, all + 1, MAX_ANCESTORS);
	for (size_t i = 0; i < n; i++) {
		if (str_ends(istr_str(all[i]->comm), STR("sh"))) {
			ret->i = all[i]->pid;
			found = true;
		}
	}
	return found;
}

/* ---- session and process group leaders ---- */

enum leader_of { LEADER_SID, LEADER_VPGID, LEADER_PGID };

static int64_t id_of(const struct thread *t, enum leader_of what)
{
	return what == LEADER_SID ? t->sid : what == LEADER_VPGID ? t->vpgid : t->pgid;
}

/*
 * The leader itself where ids are those of the table; inside a pid namespace, where sid and vpgid
 * are not, the oldest ancestor in an unbroken line with the same id.
 */
static struct thread *find_leader(struct event_ctx *ctx, enum leader_of what)
{
	struct thread *all[MAX_ANCESTORS], *t = ctx->thread, *leader = NULL;
	int64_t id = id_of(t, what);
	size_t n;

	if (id == -1)
		return NULL;
	if (what == LEADER_PGID || !thread_in_pidns(t))
		leader = state_thread(ctx->state, id);
	if (leader)
		return leader;
	n = ancestors(ctx, all, ARRAY_SIZE(all));
	for (size_t i = 0; i < n && id_of(all[i], what) == id; i++)
		leader = all[i];
	return leader;
}

static bool about_leader(
	struct event_ctx *ctx, enum leader_of what, fact_fn fact, struct value *ret)
{
	struct thread *leader;

	if (!ctx->thread)
		return false;
	leader = find_leader(ctx, what);
	if (leader)
		return fact(ctx, leader, ret);
	value_str(ret, STR(""));
	return true;
}

#define ABOUT_LEADER(sym, what, fact)                                                              \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		return about_leader(ctx, what, fact, ret);                                         \
	}

ABOUT_LEADER(proc_sname, LEADER_SID, fact_name)
ABOUT_LEADER(proc_sid_exe, LEADER_SID, fact_exe)
ABOUT_LEADER(proc_sid_exepath, LEADER_SID, fact_exepath)
ABOUT_LEADER(proc_vpgid_name, LEADER_VPGID, fact_name)
ABOUT_LEADER(proc_vpgid_exe, LEADER_VPGID, fact_exe)
ABOUT_LEADER(proc_vpgid_exepath, LEADER_VPGID, fact_exepath)
ABOUT_LEADER(proc_pgid_name, LEADER_PGID, fact_name)
ABOUT_LEADER(proc_pgid_exe, LEADER_PGID, fact_exe)
ABOUT_LEADER(proc_pgid_exepath, LEADER_PGID, fact_exepath)
