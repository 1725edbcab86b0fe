/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open family.  What a program passed is read twice: on entry, and again when the call returns,
 * by when another thread may have changed it (the kernel opened what it read in between).  So name,
 * flags and directory of the enter event win when there is one; only what the exit side found out
 * itself (created, overlay layer, device, inode) is taken from the exit event.
 */
#include "state/fd.h"

struct open_args {
	struct str name, dir; /* dir: "" for none */
	uint32_t flags, dev;
	uint64_t ino;
};

void fd_on_open_enter(struct state *s, struct event_ctx *ctx)
{
	if (event_param(ctx->ev, 0).n)
		enter_keep(s, ctx);
}

/* Name and flags as on entry; flags_at < 0: the call has none. False: no enter event to trust. */
static bool as_entered(
	const struct event *enter, unsigned name_at, int flags_at, struct open_args *args)
{
	struct str name = param_text_na(enter, name_at);

	if (str_eq(name, STR("<NA>")))
		return false;
	args->name = name;
	if (flags_at >= 0)
		args->flags = param_u32(enter, (unsigned)flags_at) |
			      (args->flags & O_ADDED_AT_EXIT_PARAM);
	return true;
}

static void set_path(struct fd *fd, const struct open_args *args)
{
	char buf[PATH_JOIN_MAX];
	struct str name = path_resolve(buf, args->dir, args->name);

	fd_set_text(fd, name);
	fd->name_raw = str_eq(name, args->name) ? istr_ref(fd->name) : istr_get(args->name);
}

static void opened(struct state *s, struct event_ctx *ctx, const struct open_args *args)
{
	struct fd *fd = fd_new(s, args->flags & O_DIRECTORY_PARAM ? FD_DIRECTORY : FD_FILE_V2);

	fd->open_flags = args->flags;
	fd->dev = args->dev;
	fd->ino = args->ino;
	if (args->flags & FD_UPPER_LAYER_PARAM)
		fd->flags |= FDF_OVERLAY_UPPER;
	if (args->flags & FD_LOWER_LAYER_PARAM)
		fd->flags |= FDF_OVERLAY_LOWER;
	set_path(fd, args);
	fd_publish(s, ctx, fd_result(ctx), fd);
}

void fd_on_open(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct event enter;
	struct open_args args;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	args = (struct open_args){
		.name = param_text_na(ev, 1),
		.dir = thread_cwd(ctx->thread),
		.flags = param_u32(ev, 2),
		.dev = param_u32(ev, 4),
		.ino = param_u64(ev, 5),
	};
	if (enter_of(ctx, &enter))
		as_entered(&enter, 0, 1, &args);
	opened(s, ctx, &args);
}

void fd_on_creat(struct state *s, struct event_ctx *ctx)
{
	static const uint32_t layer[4] = {
		0, FD_UPPER_LAYER_PARAM, FD_LOWER_LAYER_PARAM, FD_UPPER_LAYER_PARAM};
	const struct event *ev = ctx->ev;
	struct event enter;
	struct open_args args;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	args = (struct open_args){
		.name = param_text_na(ev, 1),
		.dir = thread_cwd(ctx->thread),
		.flags = layer[event_u64(ev, 5) & 3],
		.dev = param_u32(ev, 3),
		.ino = param_u64(ev, 4),
	};
	if (enter_of(ctx, &enter))
		as_entered(&enter, 0, -1, &args);
	opened(s, ctx, &args);
}

/* openat and openat2, which has one parameter more before device and inode. */
void fd_on_openat(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev, *from = ev;
	unsigned dev_at = ev->type == EV_OPENAT2_X ? 6 : 5, dirfd_at = 1;
	struct event enter;
	struct open_args args;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	args = (struct open_args){
		.name = param_text_na(ev, 2),
		.dir = STR(""),
		.flags = param_u32(ev, 3),
		.dev = param_u32(ev, dev_at),
		.ino = param_u64(ev, dev_at + 1),
	};
	if (enter_of(ctx, &enter) && as_entered(&enter, 1, 2, &args)) {
		from = &enter;
		dirfd_at = 0;
	}
	if (args.name.p[0] == '/')
		args.dir = STR(".");
	else if (event_param(from, dirfd_at).n)
		args.dir = path_base(ctx, (int64_t)param_u64(from, dirfd_at));
	opened(s, ctx, &args);
}

/* Its path is the kernel's own, so absolute. */
void fd_on_open_by_handle(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct open_args args;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	args = (struct open_args){
		.name = param_text_na(ev, 3),
		.dir = STR(""),
		.flags = param_u32(ev, 2),
		.dev = param_u32(ev, 4),
		.ino = param_u64(ev, 5),
	};
	opened(s, ctx, &args);
}
