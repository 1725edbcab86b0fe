/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "evt" that events of every source have: number, times, source, plugin.
 *
 * Outputs show times as text, but their JSON has nanoseconds: extractors of such texts leave the
 * number in field->counter (FF_TIMESTAMP).
 */
#include "filter/extract.h"

#define SECOND 1000000000u

static const struct field_plugin_ops *plugin_ops;

void fields_set_plugin_ops(const struct field_plugin_ops *ops)
{
	plugin_ops = ops;
}

bool field_evt_num(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, ctx->ev->num);
}

static bool time_text(struct field *f, struct event_ctx *ctx, struct value *ret, unsigned style)
{
	struct buf text = {.arena = ctx->arena};

	f->counter = ctx->ev->ts;
	print_time(&text, ctx->ev->ts, style);
	return value_buf(ret, &text);
}

bool field_evt_time(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return time_text(f, ctx, ret, TIME_CLOCK | TIME_NS);
}

bool field_evt_time_s(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return time_text(f, ctx, ret, TIME_CLOCK);
}

bool field_evt_time_iso8601(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return time_text(f, ctx, ret, TIME_ISO8601);
}

bool field_evt_datetime(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return time_text(f, ctx, ret, TIME_DATE | TIME_NS);
}

bool field_evt_datetime_s(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return time_text(f, ctx, ret, TIME_DATE);
}

bool field_evt_outputtime(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return time_text(f, ctx, ret, TIME_CLOCK | TIME_NS);
}

bool field_evt_rawtime(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, ctx->ev->ts);
}

bool field_evt_rawtime_s(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, ctx->ev->ts / SECOND);
}

bool field_evt_rawtime_ns(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, ctx->ev->ts % SECOND);
}

bool field_evt_reltime(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, ctx->ev->ts - ctx->first_ts);
}

bool field_evt_reltime_s(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, (ctx->ev->ts - ctx->first_ts) / SECOND);
}

bool field_evt_reltime_ns(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_u64(ret, (ctx->ev->ts - ctx->first_ts) % SECOND);
}

bool field_evt_pluginname(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str name;

	return plugin_ops && plugin_ops->name(ctx, &name) && value_text(ret, name);
}

bool field_evt_plugininfo(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str summary;

	return plugin_ops && plugin_ops->summary(ctx, &summary) && value_text(ret, summary);
}

bool field_evt_source(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return f->source.n && value_text(ret, f->source);
}

bool field_evt_is_async(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_bool(ret, ctx->ev->info->category & EC_METAEVENT);
}

bool field_evt_asynctype(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct event *ev = ctx->ev;

	if (!(ev->info->category & EC_METAEVENT))
		return false;
	if (ev->type != EV_ASYNCEVENT_E)
		return value_text(ret, str_c(ev->info->name));
	return value_text(ret, param_str(ctx_decoded(ctx), 1));
}

bool field_evt_hostname(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return value_text(ret, state_machine(ctx->state)->hostname);
}
