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
static bool entered(const struct event_ctx *ctx, struct event *enter, unsigned i)
{
	return enter_of(ctx, enter) && !str_eq(param_text_na(enter, i), STR("<NA>"));
}

/* Flags of an enter event with what only the exit event knows. */
static uint32_t entered_flags(const struct event *enter, unsigned i, uint32_t at_exit)
{
	return param_u32(enter, i) | (at_exit & O_ADDED_AT_EXIT_PARAM);
}

static inline struct fd *file_new(struct state *s, uint32_t flags)
{
	struct fd *fd = fd_new(s, flags & O_DIRECTORY_PARAM ? FD_DIRECTORY : FD_FILE_V2);

	_Static_assert(FD_UPPER_LAYER_PARAM == FDF_OVERLAY_UPPER << 12 &&
			       FD_LOWER_LAYER_PARAM == FDF_OVERLAY_LOWER << 12,
		"flags of layers are apart by a shift");
	fd->open_flags = flags;
	fd->flags = flags >> 12 & (FDF_OVERLAY_UPPER | FDF_OVERLAY_LOWER);
	return fd;
}

/* raw: a reference, taken over. */
static inline void set_path(struct fd *fd, struct str dir, struct istr *raw)
{
	fd->name = path_resolve(dir, raw);
	fd->naming = fd->name ? FDN_TEXT : FDN_NONE;
	if (fd->name || raw->len)
		fd->name_raw = raw;
	else
		istr_put(raw);
}

/* dev_at: of the device's parameter, the inode's is next. */
static void opened(struct state *s, struct event_ctx *ctx, struct fd *fd, unsigned dev_at)
{
	struct resolved resolved;

	if (event_resolved(ctx->ev, &resolved))
		fd->real = istr_get(resolved.path);
	fd->dev = param_u32(ctx->ev, dev_at);
	fd->ino = param_u64(ctx->ev, dev_at + 1);
	fd_publish(s, ctx, fd_result(ctx), fd);
}

void fd_on_open(struct state *s, struct event_ctx *ctx)
{
	uint32_t flags = param_u32(ctx->ev, 2);
	struct event enter;
	struct istr *raw;
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	if (entered(ctx, &enter, 0)) {
		flags = entered_flags(&enter, 1, flags);
		raw = path_param(&enter, 0);
	} else {
		raw = path_param(ctx->ev, 1);
	}
	fd = file_new(s, flags);
	set_path(fd, thread_cwd(ctx->thread), raw);
	opened(s, ctx, fd, OPEN_DEV);
}

void fd_on_creat(struct state *s, struct event_ctx *ctx)
{
	static const uint32_t layer[4] = {
		0, FD_UPPER_LAYER_PARAM, FD_LOWER_LAYER_PARAM, FD_UPPER_LAYER_PARAM};
	struct event enter;
	struct istr *raw;
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	raw = entered(ctx, &enter, 0) ? path_param(&enter, 0) : path_param(ctx->ev, 1);
	fd = file_new(s, layer[event_u64(ctx->ev, 5) & 3]);
	set_path(fd, thread_cwd(ctx->thread), raw);
	opened(s, ctx, fd, CREAT_DEV);
}

/* The directory of a relative path; dirfd: parameter i. */
static struct str dir_of_path(const struct event_ctx *ctx, const struct event *from, unsigned i)
{
	return param_given(from, i) ? path_base(ctx, (int64_t)param_u64(from, i)) : STR("");
}

/* openat and openat2, which has one parameter more before device and inode. */
void fd_on_openat(struct state *s, struct event_ctx *ctx)
{
	const struct event *from = ctx->ev;
	uint32_t flags = param_u32(from, 3);
	struct event enter;
	unsigned i = 1; /* dirfd, name and flags of from begin here */
	struct istr *raw;
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	if (entered(ctx, &enter, 1)) {
		flags = entered_flags(&enter, 2, flags);
		from = &enter;
		i = 0;
	}
	fd = file_new(s, flags);
	raw = path_param(from, i + 1);
	set_path(fd, raw->s[0] == '/' ? PATH_ABSOLUTE : dir_of_path(ctx, from, i), raw);
	opened(s, ctx, fd, ctx->ev->type == EV_OPENAT2_X ? OPENAT2_DEV : OPENAT_DEV);
}

/* Its path is the kernel's own, so absolute. */
void fd_on_open_by_handle(struct state *s, struct event_ctx *ctx)
{
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	fd = file_new(s, param_u32(ctx->ev, 2));
	set_path(fd, STR(""), path_param(ctx->ev, 3));
	opened(s, ctx, fd, BY_HANDLE_DEV);
}

/* ---- from the record alone ---- */

bool fd_absorb_open(struct state *s, struct thread *t, const struct event_header *h, int64_t res)
{
	return res < 0;
}

/* Of a path that has been opened before: those that are new are resolved the usual way, and so are
 * opens that tell more than their parameters. */
bool fd_absorb_openat(struct state *s, struct thread *t, const struct event_header *h, int64_t res)
{
	static const uint16_t widths[] = {4, 4, 4, 8}; /* of flags, mode, dev, ino */
	const uint8_t *lens = (const uint8_t *)h + EVENT_HEADER_SIZE, *p = lens + 2 * h->nparams;
	uint16_t dirfd_len, name_len;
	struct istr *path;
	uint32_t flags;
	struct fd *fd;

	if (res < 0)
		return true;
	if (h->nparams != 7 || memcmp(lens + 6, widths, sizeof(widths)) != 0)
		return false;
	memcpy(&dirfd_len, lens + 2, 2);
	memcpy(&name_len, lens + 4, 2);
	p += sizeof(res) + dirfd_len + name_len;
	if (p + 20 != (const uint8_t *)h + h->len)
		return false;
	path = path_known((struct param){p - name_len, name_len});
	if (!path)
		return false;
	memcpy(&flags, p, sizeof(flags));
	fd = file_new(s, flags);
	memcpy(&fd->dev, p + 8, sizeof(fd->dev));
	memcpy(&fd->ino, p + 12, sizeof(fd->ino));
	set_path(fd, PATH_ABSOLUTE, istr_ref(path));
	fd_table_add(s, t, res, fd);
	return true;
}
