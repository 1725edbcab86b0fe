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

#include "state/fd.h"

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

enum source_need state_needs(const struct state *s, uint16_t type)
{
	const struct type_row *row = &s->types[type];

	if (!row->apply)
		return NEED_NONE;
	return row->absorb ? NEED_OFFERED : NEED_ALL;
}

static void fill_types(struct state *s)
{
	for (uint16_t type = 0; type < EV_MAX; type++) {
		enum finding how = finding(type);
		bool uses_fd = how != FIND_OTHER && event_table[type].flags & EF_USES_FD;

		s->types[type].finding = (uint8_t)how;
		s->types[type].absorb = absorber(type);
		s->types[type].fd_param = (int8_t)(uses_fd ? event_fd_param(type) : -1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(all_rows); i++) {
		for (const struct apply_row *r = all_rows[i]; r->fn; r++) {
			assert(!s->types[r->type].apply);
			s->types[r->type].apply = r->fn;
		}
	}
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
	s->roomy = s->config.budget_bytes - s->config.budget_bytes / 16;
	s->pending = PENDING_START | (config->live ? PENDING_LIVE : 0);
	s->na = istr_get(STR("<NA>"));
	s->empty = istr_get(STR(""));
	s->fds = fd_state_new(s);
	s->users = user_state_new();
	s->containers = container_state_new();
	users_reset(s);
	fill_types(s);
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
	istr_put(s->shown_name);
	istr_put(s->na);
	istr_put(s->empty);
	free(s->recent);
	free(s);
}

void state_get_stats(const struct state *s, struct state_stats *ret)
{
	const struct imap_slot *slot;

	*ret = s->stats;
	ret->bytes = state_held(s);
	map_foreach(slot, &s->threads)
	{
		const struct thread *t = slot->value;

		if (t == t->group->threads) /* once for every process */
			ret->fds += fd_table_count(t->group->fds);
	}
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

void state_show_name(struct event_ctx *ctx, struct istr *name)
{
	istr_put(ctx->state->shown_name);
	ctx->state->shown_name = ctx->shown_name = name;
}

/* ---- the way of an event ---- */

static void remove_exited(struct state *s)
{
	struct thread *t = state_thread(s, s->exited);

	if (!s->recent)
		s->recent = mem_zalloc(RECENT_EXITS * sizeof(*s->recent));
	s->recent[(uint64_t)s->exited % RECENT_EXITS] =
		(struct recent_exit){.tid = s->exited, .ptid = t ? t->ptid : -1, .ts = s->now};
	if (t)
		thread_end(s, t);
}

void state_settle(struct state *s)
{
	uint32_t todo = s->pending;

	s->pending &= ~(uint32_t)PENDING_SETTLED;
	if (todo & PENDING_CLOSE)
		fds_close_now(s);
	if (todo & PENDING_EXIT)
		remove_exited(s);
}

/* What is rarely to be done. */
static __attribute__((noinline)) void look_around(struct state *s, const struct event *ev)
{
	uint32_t todo = s->pending;

	s->pending &= ~(uint32_t)PENDING_ROOM;
	if (todo & PENDING_LIVE)
		threads_purge(s);
	if (todo & PENDING_ROOM)
		threads_make_room(s);
	if (todo & PENDING_LINGER)
		threads_end_lingering(s);
	if (todo & PENDING_START && ev->ts && !(ev->info->category & EC_METAEVENT)) {
		s->first_ts = ev->ts;
		s->pending &= ~(uint32_t)PENDING_START;
	}
}

static struct thread *find_thread(struct state *s, const struct event *ev)
{
	enum finding how = s->types[ev->type].finding;
	struct thread *t = how == FIND_OR_MAKE ? thread_get(s, ev->tid) : state_thread(s, ev->tid);

	s->stats.thread_lookups++;
	if (!t && how != FIND_OTHER)
		s->stats.missing_threads++;
	return t;
}

/* Makes s->last the event's thread, NULL when there is none. */
static __attribute__((noinline)) void begin(struct state *s, const struct event *ev)
{
	if (s->pending & PENDING_SETTLED)
		state_settle(s);
	if (s->pending)
		look_around(s, ev);
	if (!s->last || s->last->tid != ev->tid)
		s->last = find_thread(s, ev);
}

static __attribute__((noinline)) void end_enter(struct event_ctx *ctx)
{
	uint16_t type = ctx->ev->type;

	if (!EVENT_IS_ENTER(type) && ctx->state->types[type].finding != FIND_OTHER)
		enter_drop(ctx->state, ctx->thread);
}

/*
 * Most events come from the thread of the one before and leave nothing behind: nothing but what
 * their handlers need is done for them here.
 */
void state_apply(struct state *s, struct event *ev, struct event_ctx *ctx)
{
	const struct type_row *row;
	struct thread *t;

	s->now = ev->ts;
	s->stats.applied++;
	if (s->pending || !s->last || s->last->tid != ev->tid)
		begin(s, ev);
	row = &s->types[ev->type];
	t = s->last;
	ctx->state = s;
	ctx->ev = ev;
	ctx->thread = t;
	ctx->fd = NULL;
	ctx->fd_num = -1;
	ctx->fd_name_changed = false;
	ctx->first_ts = s->first_ts;
	ctx->shown_name = NULL;
	if (!ev->decoded && event_decode(ev) < 0)
		return;
	if (t) {
		t->lastevent_ts = ev->ts;
		if (row->fd_param >= 0)
			fd_locate(s, ctx, (unsigned)row->fd_param);
	}
	if (row->apply)
		row->apply(s, ctx);
	if (ctx->thread && ctx->thread->enter)
		end_enter(ctx);
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

	if (!t || ev->len > KEPT_ENTER_MAX) {
		s->stats.enters_refused++;
		return;
	}
	s->stats.enters_kept++;
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

bool enter_view(const struct event_ctx *ctx, struct event *ret)
{
	const struct kept_enter *k = ctx->thread->enter;

	if (!enter_fits(k->type, ctx->ev->type)) {
		ctx->state->stats.enters_unfit++;
		return false;
	}
	ctx->state->stats.enters_used++;
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
