/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as events give them made absolute by their text alone: no symbolic link is followed, and
 * nothing is asked of a file system.  The limit and the text beyond it are Falco's.
 */
#include "state/fd.h"

/* Cuts the last component and the slash behind it; a single character stays. */
static size_t cut_component(const char *out, size_t n)
{
	if (n <= 1)
		return n;
	for (n--; n > 0 && out[n - 1] != '/';)
		n--;
	return n;
}

/* Cuts *path at its first slash: what is before, and whether there was one. */
static struct str next_component(struct str *path, bool *ret_slash)
{
	ptrdiff_t at = str_chr(*path, '/');
	struct str part = at < 0 ? *path : str_head(*path, (size_t)at);

	*ret_slash = at >= 0;
	*path = str_from(*path, part.n + *ret_slash);
	return part;
}

size_t path_join_to(char *out, struct str dir, struct str path)
{
	static const char too_long[] = "/DIR_TOO_LONG/FILENAME_TOO_LONG";
	bool relative = path.n && path.p[0] != '/', slash;
	size_t n = 0;

	if (dir.n + path.n + 1 > PATH_JOIN_MAX) {
		memcpy(out, too_long, sizeof(too_long));
		return sizeof(too_long) - 1;
	}
	if (relative && dir.n) {
		memcpy(out, dir.p, dir.n);
		n = dir.n;
	}
	while (path.n) {
		struct str part = next_component(&path, &slash);
		bool whole = !n || out[n - 1] == '/';

		if (whole && str_eq(part, STR(".")))
			continue;
		if (whole && str_eq(part, STR(".."))) {
			n = cut_component(out, n);
			continue;
		}
		if (part.n)
			memcpy(out + n, part.p, part.n);
		n += part.n;
		if (slash && (n ? out[n - 1] != '/' : !(relative && dir.n)))
			out[n++] = '/';
	}
	return n > 1 && out[n - 1] == '/' ? n - 1 : n;
}

struct str path_join(struct arena *a, struct str dir, struct str path)
{
	char out[PATH_JOIN_MAX];

	return arena_str(a, str_n(out, path_join_to(out, dir, path)));
}

/* The name of a descriptor as the start of a path. */
static struct str dir_of(struct arena *a, struct fd *fd)
{
	struct str name = fd_name(fd);

	if (!name.n || name.p[name.n - 1] == '/')
		return name;
	return arena_printf(a, "%.*s/", STR_ARG(name));
}

struct str path_base(const struct event_ctx *ctx, int64_t dirfd)
{
	struct fd *fd;

	if (!ctx->thread)
		return STR("<UNKNOWN>");
	if (dirfd == AT_FDCWD_PARAM)
		return thread_cwd(ctx->thread);
	fd = thread_fd(ctx->thread, dirfd);
	return fd ? dir_of(ctx->arena, fd) : STR("<UNKNOWN>");
}

struct str path_base_of_param(const struct event_ctx *ctx, int64_t dirfd)
{
	struct fd *fd;

	if (!ctx->thread)
		return STR("");
	if (dirfd == AT_FDCWD_PARAM)
		return thread_cwd(ctx->thread);
	fd = thread_fd(ctx->thread, dirfd);
	return fd ? dir_of(ctx->arena, fd) : STR("");
}
