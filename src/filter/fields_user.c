/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of the classes "user" and "group".  Where the account database says nothing, root is
 * still root and everybody else "<NA>".
 */
#include "filter/fields_process.h"

static bool is_container_event(const struct event *ev)
{
	return ev->type == EV_CONTAINER_E ||
	       (ev->type == EV_ASYNCEVENT_E && str_is(event_str(ev, 1), "container"));
}

static const struct user *account(struct event_ctx *ctx, uint32_t uid)
{
	return state_user(ctx->state, istr_str(ctx->thread->container_id), uid);
}

static void known_or(struct value *ret, struct istr *known, bool is_root, struct str root)
{
	if (known)
		value_istr(ret, known);
	else
		value_str(ret, is_root ? root : STR("<NA>"));
}

bool field_user_uid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	if (ctx->thread)
		ret->u = ctx->thread->uid;
	return ctx->thread;
}

/* For the event that tells of a container, the user it is configured to run as. */
bool field_user_name(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct container *c;
	const struct user *u;

	if (!ctx->thread)
		return false;
	if (is_container_event(ctx->ev)) {
		c = thread_container(ctx->state, ctx->thread);
		if (c && c->user && c->user->len) {
			value_istr(ret, c->user);
			return true;
		}
	}
	u = account(ctx, ctx->thread->uid);
	known_or(ret, u ? u->name : NULL, ctx->thread->uid == 0, STR("root"));
	return true;
}

bool field_user_homedir(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct user *u;

	if (!ctx->thread)
		return false;
	u = account(ctx, ctx->thread->uid);
	known_or(ret, u ? u->home : NULL, ctx->thread->uid == 0, STR("/root"));
	return true;
}

bool field_user_shell(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct user *u;

	if (!ctx->thread)
		return false;
	u = account(ctx, ctx->thread->uid);
	known_or(ret, u ? u->shell : NULL, false, STR(""));
	return true;
}

bool field_user_loginuid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	if (ctx->thread)
		ret->i = ctx->thread->loginuid == UINT32_MAX ? -1 : (int64_t)ctx->thread->loginuid;
	return ctx->thread;
}

bool field_user_loginname(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	const struct user *u;

	if (!ctx->thread)
		return false;
	u = account(ctx, ctx->thread->loginuid);
	known_or(ret, u ? u->name : NULL, ctx->thread->loginuid == 0, STR("root"));
	return true;
}

bool field_group_gid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	if (ctx->thread)
		ret->u = ctx->thread->gid;
	return ctx->thread;
}

bool field_group_name(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str name;

	if (!ctx->thread)
		return false;
	name = state_group_name(ctx->state, istr_str(ctx->thread->container_id), ctx->thread->gid);
	if (!name.p)
		name = ctx->thread->gid == 0 ? STR("root") : STR("<NA>");
	value_str(ret, name);
	return true;
}
