/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "evt" that count or measure from event to event, their relatives util.cnt and
 * evt.around, and what is left of fields of long ago: latencies, which are always 0 since events
 * no longer come in pairs, and events of a Docker daemon.
 */
#include "filter/extract.h"

#define SECOND 1000000000u
#define MILLISECOND 1000000u

/* ---- time between events that the same field of the same rule saw ---- */

static uint64_t delta(struct field *f, const struct event_ctx *ctx)
{
	uint64_t before = f->counter;

	f->counter = ctx->ev->ts;
	return before ? ctx->ev->ts - before : 0;
}

bool field_evt_deltatime(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, delta(f, ctx));
}

bool field_evt_deltatime_s(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, delta(f, ctx) / SECOND);
}

bool field_evt_deltatime_ns(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, delta(f, ctx) % SECOND);
}

bool field_util_cnt(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, ++f->counter);
}

/* Distance from the moment that the argument names, in milliseconds, rounded up. */
bool field_evt_around(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	uint64_t at = (uint64_t)f->index, ts = ctx->ev->ts;
	uint64_t distance = ts > at ? ts - at : at - ts;

	return value_u64(ret, distance / MILLISECOND + (distance % MILLISECOND != 0));
}

/* ---- counts: 1 or 0 ---- */

bool field_evt_count(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, 1);
}

bool field_evt_count_exit(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return !EVENT_IS_ENTER(ctx->ev->type) && value_u64(ret, 1);
}

bool field_evt_count_error(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	int64_t result;

	return event_result(ctx_decoded(ctx), &result) && value_u64(ret, result < 0);
}

/* What a call works on: by its descriptor, or, without one, by its type. */
enum subject { ON_FILE, ON_NET, ON_MEMORY, ON_OTHER };

static enum subject subject_of_fd(const struct fd *fd)
{
	switch (fd->type) {
	case FD_FILE:
	case FD_FILE_V2:
	case FD_DIRECTORY:
		return ON_FILE;
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
	case FD_UNIX_SOCK:
		return ON_NET;
	default:
		return ON_OTHER;
	}
}

static bool is_memory(const struct event *ev)
{
	return (ev->info->category & (EC_SYSCALL - 1)) == EC_MEMORY;
}

static enum subject subject_of(const struct event_ctx *ctx)
{
	if (ctx->fd)
		return subject_of_fd(ctx->fd);
	switch (ctx->ev->type) {
	case EV_OPEN_X:
	case EV_CREAT_X:
	case EV_OPENAT_X:
	case EV_OPENAT2_X:
	case EV_OPEN_BY_HANDLE_AT_X:
		return ON_FILE;
	case EV_ACCEPT_X:
	case EV_ACCEPT4_X:
	case EV_CONNECT_X:
		return ON_NET;
	default:
		return is_memory(ctx->ev) ? ON_MEMORY : ON_OTHER;
	}
}

bool field_evt_count_error_file(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return subject_of(ctx) == ON_FILE && field_evt_count_error(f, ctx, ret);
}

bool field_evt_count_error_net(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return subject_of(ctx) == ON_NET && field_evt_count_error(f, ctx, ret);
}

/* Of any descriptor: mapping a file counts here, too. */
bool field_evt_count_error_memory(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return is_memory(ctx->ev) && field_evt_count_error(f, ctx, ret);
}

bool field_evt_count_error_other(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return subject_of(ctx) == ON_OTHER && field_evt_count_error(f, ctx, ret);
}

bool field_evt_count_procinfo(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct thread *t = ctx->thread;

	return value_u64(ret, ctx->ev->type == EV_PROCINFO_E && t &&
				      (t->tid == t->pid || (t->flags & CL_IS_MAIN_THREAD)));
}

bool field_evt_count_threadinfo(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, ctx->ev->type == EV_PROCINFO_E);
}

/* ---- of long ago ---- */

#define ALWAYS_ZERO(sym)                                                                           \
	bool field_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)                \
	{                                                                                          \
		return value_u64(ret, 0);                                                          \
	}
ALWAYS_ZERO(evt_latency)
ALWAYS_ZERO(evt_latency_s)
ALWAYS_ZERO(evt_latency_ns)
ALWAYS_ZERO(evt_latency_quantized)
ALWAYS_ZERO(evt_wait_latency)

bool field_evt_latency_human(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_text(ret, STR("0ns"));
}

/* Value of "key:value" among those of an infrastructure event's description, which ';' separates.
 */
static bool infra_value(struct event_ctx *ctx, struct str key, struct str *ret)
{
	struct str rest, part;

	if (ctx_decoded(ctx)->type != EV_INFRA_E)
		return false;
	rest = param_str(ctx->ev, 2);
	while (str_split(&rest, ';', &part)) {
		ptrdiff_t colon = str_chr(part, ':');

		part = str_trim(part);
		if (!str_starts(part, key) || colon < 0)
			continue;
		*ret = str_trim(str_from(part, (size_t)str_chr(part, ':') + 1));
		return true;
	}
	return false;
}

bool field_evt_infra_docker_name(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return infra_value(ctx, STR("Event"), &ret->s) && value_text(ret, ret->s);
}

bool field_evt_infra_docker_container_id(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return infra_value(ctx, STR("ID"), &ret->s) && value_text(ret, str_head(ret->s, 12));
}

bool field_evt_infra_docker_container_name(
	struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return infra_value(ctx, STR("name"), &ret->s) && value_text(ret, ret->s);
}

/* Without the digest behind '@'. */
bool field_evt_infra_docker_container_image(
	struct field *f, struct event_ctx *ctx, struct value *ret)
{
	ptrdiff_t at;

	if (!infra_value(ctx, STR("Image"), &ret->s))
		return false;
	at = str_chr(ret->s, '@');
	return value_text(ret, at < 0 ? ret->s : str_head(ret->s, (size_t)at));
}
