/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open family.  What a program passed is read twice: on entry, and again when the call returns,
 * by when another thread may have changed it (the kernel opened what it read in between).  So name,
 * flags and directory of the enter event win when there is one; only what the exit side found out
 * itself (created, overlay layer, device, inode) is taken from the exit event.
 */
#include "state/fd.h"

/* Where in exit events of the family device and inode are, parameters 4 and 5 of open(). */
enum { OPEN_DEV = 4, CREAT_DEV = 3, OPENAT_DEV = 5, OPENAT2_DEV = 6, BY_HANDLE_DEV = 4 };

void fd_on_open_enter(struct state *s, struct event_ctx *ctx)
{
	if (event_param(ctx->ev, 0).n)
		enter_keep(s, ctx);
}

/* Whether there is an enter event that tells a name, its parameter i. */
static __attribute__((noinline)) bool entered(
	const struct event_ctx *ctx, struct event *enter, unsigned i)
{
	return enter_of(ctx, enter) && !str_eq(param_text_na(enter, i), STR("<NA>"));
}

/* Flags of an enter event with what only the exit event knows. */
static uint32_t entered_flags(const struct event *enter, unsigned i, uint32_t at_exit)
{
	return param_u32(enter, i) | (at_exit & O_ADDED_AT_EXIT_PARAM);
}

/*
 * The path in parameter i, interned.  One that is known to be plain is found without a look for
 * the NUL where it might end earlier: there is none in it.
 */
static inline struct istr *path_param(const struct event *ev, unsigned i)
{
	struct param p = event_param(ev, i);
	struct istr *path = NULL;

	if (p.n > 1 && p.p[0] == '/' && p.p[p.n - 1] == '\0')
		path = istr_find(str_n(p.p, p.n - 1));
	if (path && path->notes & ISTR_PATH_PLAIN)
		return istr_ref(path);
	return istr_get(param_text_na(ev, i));
}

static inline struct fd *file_new(struct state *s, uint32_t flags)
{
	struct fd *fd = fd_new(s, flags & O_DIRECTORY_PARAM ? FD_DIRECTORY : FD_FILE_V2);

	fd->open_flags = flags;
	if (flags & FD_UPPER_LAYER_PARAM)
		fd->flags |= FDF_OVERLAY_UPPER;
	if (flags & FD_LOWER_LAYER_PARAM)
		fd->flags |= FDF_OVERLAY_LOWER;
	return fd;
}

/*
 * Names fd and puts it into the table. raw: a reference, taken over. dev_at: in the exit event.
 * Inlined, because opens are the dearest of the frequent events.
 */
static inline __attribute__((always_inline)) void opened(struct state *s, struct event_ctx *ctx,
	struct fd *fd, struct str dir, struct istr *raw, unsigned dev_at)
{
	fd->dev = param_u32(ctx->ev, dev_at);
	fd->ino = param_u64(ctx->ev, dev_at + 1);
	fd->name = path_resolve(dir, raw);
	fd->naming = fd->name ? FDN_TEXT : FDN_NONE;
	if (fd->name || raw->len)
		fd->name_raw = raw;
	else
		istr_put(raw);
	fd_publish(s, ctx, fd_result(ctx), fd);
}

void fd_on_open(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	uint32_t flags = param_u32(ev, 2);
	struct event enter;
	struct istr *raw;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	if (ctx->thread->enter && entered(ctx, &enter, 0)) {
		flags = entered_flags(&enter, 1, flags);
		raw = path_param(&enter, 0);
	} else {
		raw = path_param(ev, 1);
	}
	opened(s, ctx, file_new(s, flags), thread_cwd(ctx->thread), raw, OPEN_DEV);
}

void fd_on_creat(struct state *s, struct event_ctx *ctx)
{
	static const uint32_t layer[4] = {
		0, FD_UPPER_LAYER_PARAM, FD_LOWER_LAYER_PARAM, FD_UPPER_LAYER_PARAM};
	const struct event *ev = ctx->ev;
	struct event enter;
	struct istr *raw;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	if (ctx->thread->enter && entered(ctx, &enter, 0))
		raw = path_param(&enter, 0);
	else
		raw = path_param(ev, 1);
	opened(s, ctx, file_new(s, layer[event_u64(ev, 5) & 3]), thread_cwd(ctx->thread), raw,
		CREAT_DEV);
}

/* The directory of a relative path; dirfd: parameter i. */
static struct str dir_of_path(const struct event_ctx *ctx, const struct event *from, unsigned i)
{
	return param_given(from, i) ? path_base(ctx, (int64_t)param_u64(from, i)) : STR("");
}

/* dirfd, name and flags of from begin with parameter i. Inlined, likewise. */
static inline __attribute__((always_inline)) void openat_from(struct state *s,
	struct event_ctx *ctx, const struct event *from, unsigned i, uint32_t flags)
{
	struct fd *fd = file_new(s, flags);
	struct istr *raw = path_param(from, i + 1);
	struct str dir = raw->s[0] == '/' ? STR(".") : dir_of_path(ctx, from, i);

	opened(s, ctx, fd, dir, raw, ctx->ev->type == EV_OPENAT2_X ? OPENAT2_DEV : OPENAT_DEV);
}

static __attribute__((noinline)) void openat_entered(struct state *s, struct event_ctx *ctx)
{
	uint32_t flags = param_u32(ctx->ev, 3);
	struct event enter;

	if (entered(ctx, &enter, 1))
		openat_from(s, ctx, &enter, 0, entered_flags(&enter, 2, flags));
	else
		openat_from(s, ctx, ctx->ev, 1, flags);
}

/* openat and openat2, which has one parameter more before device and inode. */
void fd_on_openat(struct state *s, struct event_ctx *ctx)
{
	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	if (ctx->thread->enter)
		openat_entered(s, ctx);
	else
		openat_from(s, ctx, ctx->ev, 1, param_u32(ctx->ev, 3));
}

/* Its path is the kernel's own, so absolute. */
void fd_on_open_by_handle(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;

	if (ctx->thread && fd_result(ctx) >= 0)
		opened(s, ctx, file_new(s, param_u32(ev, 2)), STR(""), path_param(ev, 3),
			BY_HANDLE_DEV);
}
