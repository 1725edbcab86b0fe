/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "fs.path": the paths that a successful call on files was given, by one table of
 * the calls and where their events have them.  The raw fields show what was passed, the others an
 * absolute path, made of the folder that the call starts from.
 */
#include "filter/extract.h"

/* What relative paths of a call start from. */
enum base {
	BASE_CWD,
	BASE_OPENED, /* nothing: the descriptor that the call made has the name already */
	BASE_DIRFD,  /* the event's descriptor, for the link of symlinkat() alone */
	BASE_DIRFDS, /* the parameter in front of the path */
};

#define FD_NAME 255 /* instead of a parameter: the name of the event's descriptor */

struct path_call {
	uint8_t name, source, target; /* parameters, 0 none */
	uint8_t base;		      /* enum base */
	bool opens; /* its result is a descriptor: any but -1 counts as success, as with Falco */
};

/* clang-format off */
static const struct path_call calls[EV_MAX] = {
	[EV_OPEN_X] = {1, 0, 0, BASE_CWD, true},
	[EV_OPENAT_X] = {2, 0, 0, BASE_OPENED, true},
	[EV_OPENAT2_X] = {2, 0, 0, BASE_OPENED, true},
	[EV_MKDIR_X] = {1, 0, 0, BASE_CWD, false},
	[EV_MKDIRAT_X] = {2, 0, 0, BASE_DIRFD, false},
	[EV_RMDIR_X] = {1, 0, 0, BASE_CWD, false},
	[EV_UNLINK_X] = {1, 0, 0, BASE_CWD, false},
	[EV_UNLINKAT_X] = {2, 0, 0, BASE_DIRFD, false},
	[EV_CHMOD_X] = {1, 0, 0, BASE_CWD, false},
	[EV_FCHMOD_X] = {FD_NAME, 0, 0, BASE_CWD, false},
	[EV_FCHMODAT_X] = {2, 0, 0, BASE_DIRFD, false},
	[EV_CHOWN_X] = {1, 0, 0, BASE_CWD, false},
	[EV_LCHOWN_X] = {1, 0, 0, BASE_CWD, false},
	[EV_FCHOWN_X] = {FD_NAME, 0, 0, BASE_CWD, false},
	[EV_FCHOWNAT_X] = {2, 0, 0, BASE_DIRFD, false},
	[EV_QUOTACTL_X] = {1, 0, 0, BASE_CWD, false},
	[EV_UMOUNT_X] = {1, 0, 0, BASE_CWD, false},
	[EV_UMOUNT2_X] = {1, 0, 0, BASE_CWD, false},
	[EV_RENAME_X] = {0, 1, 2, BASE_CWD, false},
	[EV_RENAMEAT_X] = {0, 2, 4, BASE_CWD, false},
	[EV_RENAMEAT2_X] = {0, 2, 4, BASE_DIRFDS, false},
	[EV_LINK_X] = {0, 2, 1, BASE_CWD, false},
	[EV_LINKAT_X] = {0, 4, 2, BASE_CWD, false},
	[EV_SYMLINK_X] = {0, 2, 1, BASE_CWD, false},
	[EV_SYMLINKAT_X] = {0, 3, 1, BASE_DIRFD, false},
	[EV_MOUNT_X] = {0, 1, 2, BASE_CWD, false},
};
/* clang-format on */

static bool succeeded(const struct event *ev, const struct path_call *c)
{
	int64_t result = event_i64(ev, 0);

	if (!event_param(ev, 0).n)
		return false;
	return c->opens ? result != -1 : result == 0;
}

/* The path as it was passed. */
static bool raw_path(struct event_ctx *ctx, unsigned param, struct str *ret)
{
	if (param == FD_NAME)
		return fd_shown_name(ctx, ret);
	*ret = param_str(ctx->ev, param);
	return param < ctx->ev->nparams;
}

static struct str dirfd_path(struct event_ctx *ctx)
{
	struct str name;

	if (!ctx->fd || ctx->fd->type != FD_DIRECTORY)
		return STR("<UNKNOWN>");
	name = fd_name(ctx->fd);
	if (!name.n || name.p[name.n - 1] == '/')
		return name;
	return arena_printf(ctx->arena, "%.*s/", STR_ARG(name));
}

/* Where a relative path in this parameter starts from. */
static struct str base_of(struct event_ctx *ctx, const struct path_call *c, unsigned param)
{
	switch (c->base) {
	case BASE_OPENED:
		return STR("");
	case BASE_DIRFD:
		return param == c->target ? STR("<UNKNOWN>") : dirfd_path(ctx);
	case BASE_DIRFDS:
		return path_base(ctx, event_i64(ctx->ev, param - 1));
	default:
		return thread_cwd(ctx->thread);
	}
}

static struct str resolve(
	struct event_ctx *ctx, const struct path_call *c, unsigned param, struct str path)
{
	if (path.n && path.p[0] == '/')
		return path_join(ctx->arena, STR(""), path);
	if (c->base == BASE_OPENED)
		path = ctx->fd ? fd_name(ctx->fd) : STR("<UNKNOWN>");
	return path_join(ctx->arena, base_of(ctx, c, param), path);
}

enum which { NAME, SOURCE, TARGET };

static bool extract(struct event_ctx *ctx, enum which which, bool raw, struct value *ret)
{
	const struct path_call *c = &calls[ctx->ev->type];
	unsigned param = which == NAME ? c->name : which == SOURCE ? c->source : c->target;
	struct str path;

	if (!param || !succeeded(ctx_decoded(ctx), c) || !raw_path(ctx, param, &path))
		return false;
	if (raw)
		return value_text(ret, path);
	return ctx->thread && value_text(ret, resolve(ctx, c, param, path));
}

#define PATH(sym, which, raw)                                                                      \
	bool field_fs_path_##sym(struct field *f, struct event_ctx *ctx, struct value *ret)        \
	{                                                                                          \
		return extract(ctx, which, raw, ret);                                              \
	}
PATH(name, NAME, false)
PATH(nameraw, NAME, true)
PATH(source, SOURCE, false)
PATH(sourceraw, SOURCE, true)
PATH(target, TARGET, false)
PATH(targetraw, TARGET, true)
