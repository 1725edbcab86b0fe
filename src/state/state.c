/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event's way through the state.
 *
 * Before it is applied, what the event before had to leave for the rules to see is taken away:
 * threads that exited, descriptors that were closed. Then its thread is found (a placeholder is
 * made for one never heard of), the descriptor it uses is found, and the handler of its type, if
 * there is one, updates the state. A type without handler costs the look-ups alone, and one
 * without descriptor no decoding.
 *
 * The engine's thread owns a state; nothing here locks. Pointers in the event_ctx are valid until
 * the next state_apply().
 */
#include <assert.h>

#include "state/internal.h"

#define DEFAULT_THREADS 262144
#define DEFAULT_FDS 4096
#define DEFAULT_BUDGET ((size_t)256 << 20)

/* How the thread of an event of some type is found. */
enum finding {
	FIND_OR_MAKE, /* the usual */
	FIND_ONLY,    /* starts and ends of threads, and the scheduler's: never make one */
	FIND_OTHER,   /* not caused by a thread: at most shown with one */
};

static const struct apply_row *const all_rows[] = {
	fd_apply_rows,
	clone_apply_rows,
	exec_apply_rows,
	proc_apply_rows,
	user_apply_rows,
	container_apply_rows,
};

static enum finding finding(uint16_t type)
{
	switch (type) {
	case EV_CLONE_X:
	case EV_CLONE3_X:
	case EV_FORK_X:
	case EV_VFORK_X:
	case EV_PROCEXIT_E:
	case EV_SWITCH_E:
		return FIND_ONLY;
	case EV_CONTAINER_E:
	case EV_CONTAINER_1_E:
	case EV_USERADDED_E:
	case EV_USERDELETED_E:
	case EV_GROUPADDED_E:
	case EV_GROUPDELETED_E:
	case EV_PLUGINEVENT_E:
	case EV_ASYNCEVENT_E:
		return FIND_OTHER;
	default:
		return event_table[type].flags & EF_SKIPPARSERESET ? FIND_OTHER : FIND_OR_MAKE;
	}
}

bool state_needs(const struct state *s, uint16_t type)
{
	return s->apply[type];
}

static void fill_table(struct state *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_rows); i++) {
		for (const struct apply_row *r = all_rows[i]; r->fn; r++) {
			assert(!s->apply[r->type]);
			s->apply[r->type] = r->fn;
		}
	}
	for (uint16_t type = 0; type < EV_MAX; type++)
		s->finding[type] = (uint8_t)finding(type);
}

static size_t or_default(size_t n, size_t otherwise)
{
	return n ? n : otherwise;
}

struct state *state_new(const struct state_config *config)
{
	struct state *s = mem_zalloc(sizeof(*s));

	s->config = *config;
	s->config.max_threads = or_default(config->max_threads, DEFAULT_THREADS);
	s->config.max_fds = or_default(config->max_fds, DEFAULT_FDS);
	s->config.budget_bytes = or_default(config->budget_bytes, DEFAULT_BUDGET);
	s->exited = -1;
	s->na = istr_get(STR("<NA>"));
	s->empty = istr_get(STR(""));
	s->fds = fd_state_new(s);
	s->users = user_state_new();
	s->containers = container_state_new();
	users_reset(s);
	fill_table(s);
	return s;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	threads_clear(s);
	fd_state_free(s);
	user_state_free(s->users);
	container_state_free(s->containers);
	enters_free(s);
	cgroups_memo_free(s);
	vec_done(&s->todo);
	buf_done(&s->scratch);
	istr_put(s->hostname);
	istr_put(s->na);
	istr_put(s->empty);
	free(s->recent);
	free(s);
}

void state_get_stats(const struct state *s, struct state_stats *ret)
{
	*ret = s->stats;
	ret->bytes += istr_bytes();
}

uint32_t state_epoch(const struct state *s)
{
	return s->epoch;
}

const struct machine_info *state_machine(const struct state *s)
{
	return &s->machine;
}

void state_on_thread_gone(struct state *s, void (*fn)(struct thread *t))
{
	s->on_thread_gone = fn;
}

void state_on_missing_thread(struct state *s,
	bool (*fn)(void *arg, int64_t tid, const struct machine_sink *sink), void *arg)
{
	s->on_missing = fn;
	s->on_missing_arg = arg;
}

/* ---- the way of an event ---- */

static void remove_exited(struct state *s)
{
	struct thread *t = state_thread(s, s->exited);

	if (!s->recent)
		s->recent = mem_zalloc(RECENT_EXITS * sizeof(*s->recent));
	s->recent[(uint64_t)s->exited % RECENT_EXITS] =
		(struct recent_exit){.tid = s->exited, .ptid = t ? t->ptid : -1, .ts = s->now};
	s->exited = -1;
	if (t)
		thread_remove(s, t);
}

static void begin(struct state *s, const struct event *ev)
{
	s->now = ev->ts;
	if (!s->first_ts && !(ev->info->category & EC_METAEVENT))
		s->first_ts = ev->ts;
	if (s->exited >= 0)
		remove_exited(s);
	if (s->config.live)
		threads_purge(s);
	fds_begin_event(s);
	if (s->tight)
		threads_make_room(s);
}

static struct thread *find_thread(struct state *s, const struct event *ev, enum finding how)
{
	struct thread *t = s->last;

	if (t && t->tid == ev->tid)
		return t;
	t = how == FIND_OR_MAKE ? thread_get(s, ev->tid) : state_thread(s, ev->tid);
	if (t)
		s->last = t;
	else if (how != FIND_OTHER)
		s->stats.missing_threads++;
	return t;
}

/* What is remembered about the thread's own course of events. */
static void finish(struct state *s, struct event_ctx *ctx)
{
	struct thread *t = ctx->thread;

	t->prevevent_ts = t->lastevent_ts;
	t->lastevent_ts = ctx->ev->ts;
	if (t->enter && !EVENT_IS_ENTER(ctx->ev->type))
		enter_drop(s, t);
}

void state_apply(struct state *s, struct event *ev, struct event_ctx *ctx)
{
	struct arena *arena = ctx->arena;
	enum finding how = s->finding[ev->type];
	bool uses_fd;

	*ctx = (struct event_ctx){.state = s, .ev = ev, .arena = arena, .fd_num = -1};
	begin(s, ev);
	ctx->first_ts = s->first_ts;
	ctx->thread = find_thread(s, ev, how);
	uses_fd = ctx->thread && how != FIND_OTHER && (ev->info->flags & EF_USES_FD);
	if ((uses_fd || s->apply[ev->type]) && (ev->decoded || event_decode(ev) == 0)) {
		if (uses_fd)
			fds_locate(s, ctx);
		if (s->apply[ev->type])
			s->apply[ev->type](s, ctx);
	}
	if (ctx->thread && how != FIND_OTHER && ev->type != EV_SWITCH_E)
		finish(s, ctx);
}

/* ---- enter events ---- */

struct kept_enter {
	struct kept_enter *next; /* while spare */
	uint16_t type;
	uint32_t len;
	uint8_t rec[KEPT_ENTER_MAX];
};

void enter_keep(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct thread *t = ctx->thread;
	struct kept_enter *k = t ? t->enter : NULL;

	if (!t || ev->len > KEPT_ENTER_MAX)
		return;
	if (!k && s->spare_enters) {
		k = s->spare_enters;
		s->spare_enters = k->next;
	} else if (!k) {
		k = mem_alloc(sizeof(*k));
		state_charge(s, sizeof(*k));
	}
	k->type = ev->type;
	k->len = ev->len;
	memcpy(k->rec, ev->rec, ev->len);
	t->enter = k;
}

/* A successful execveat may end as execve. */
static bool enter_fits(uint16_t enter, uint16_t exit)
{
	return exit == enter + 1 || (enter == EV_EXECVEAT_E && exit == EV_EXECVE_X);
}

bool enter_of(const struct event_ctx *ctx, struct event *ret)
{
	const struct kept_enter *k = ctx->thread ? ctx->thread->enter : NULL;

	if (!k || !enter_fits(k->type, ctx->ev->type))
		return false;
	return event_view(ret, k->rec, k->len) == 0 && event_decode(ret) == 0;
}

void enter_drop(struct state *s, struct thread *t)
{
	if (!t->enter)
		return;
	t->enter->next = s->spare_enters;
	s->spare_enters = t->enter;
	t->enter = NULL;
}

void enters_free(struct state *s)
{
	while (s->spare_enters) {
		struct kept_enter *k = s->spare_enters;

		s->spare_enters = k->next;
		state_charge(s, -(ptrdiff_t)sizeof(*k));
		free(k);
	}
}
