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

/* Eight bytes of text from p on, and whether one of v's bytes is zero. */
static uint64_t load8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

#define ALL_BYTES(b) (0x0101010101010101ull * (b))

static bool has_zero(uint64_t v)
{
	return (v - ALL_BYTES(1)) & ~v & ALL_BYTES(0x80);
}

/*
 * Whether nothing in path needs resolving: no "//", no component that starts with a dot, no slash
 * at the end.  '.' and '/' differ in their lowest bit only, so eight places are looked at at once.
 */
static bool is_plain(struct str path)
{
	size_t i = 0;

	if (!path.n || path.p[0] == '.' || path.p[path.n - 1] == '/')
		return false;
	for (; i + 9 <= path.n; i += 8) {
		uint64_t here = load8(path.p + i) ^ ALL_BYTES('/');
		uint64_t next = (load8(path.p + i + 1) | ALL_BYTES(1)) ^ ALL_BYTES('/');

		if (has_zero(here | next))
			return false;
	}
	for (; i + 1 < path.n; i++)
		if (path.p[i] == '/' && (path.p[i + 1] | 1) == '/')
			return false;
	return true;
}

/* Resolves path behind the n bytes that out has already; alone: there is no folder before it. */
static size_t append_resolved(char *out, size_t n, struct str path, bool alone)
{
	bool slash;

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
		if (slash && (n ? out[n - 1] != '/' : alone))
			out[n++] = '/';
	}
	return n > 1 && out[n - 1] == '/' ? n - 1 : n;
}

/* plain: is_plain(path). What comes out is path itself or in buf. */
static struct str resolve(char buf[PATH_JOIN_MAX], struct str dir, struct str path, bool plain)
{
	if (dir.n + path.n + 1 > PATH_JOIN_MAX)
		return STR("/DIR_TOO_LONG/FILENAME_TOO_LONG");
	if (!path.n || path.p[0] == '/')
		dir.n = 0;
	if (plain && !dir.n)
		return path;
	if (dir.n)
		memcpy(buf, dir.p, dir.n);
	if (!plain)
		return str_n(buf, append_resolved(buf, dir.n, path, !dir.n));
	memcpy(buf + dir.n, path.p, path.n);
	return str_n(buf, dir.n + path.n);
}

struct str path_join(struct arena *a, struct str dir, struct str path)
{
	char buf[PATH_JOIN_MAX];

	return arena_str(a, resolve(buf, dir, path, is_plain(path)));
}

struct istr *path_resolve_text(struct str dir, struct istr *path)
{
	struct str text = istr_str(path);
	bool plain = is_plain(text);
	char buf[PATH_JOIN_MAX];

	if (plain && text.p[0] == '/')
		path->notes |= ISTR_PATH_PLAIN;
	text = resolve(buf, dir, text, plain);
	return text.n ? istr_get(text) : NULL;
}

struct istr *path_param(const struct event *ev, unsigned i)
{
	struct istr *path = path_known(event_param(ev, i));

	return path ? istr_ref(path) : istr_get(param_text_na(ev, i));
}

struct istr *path_of_params(const struct event_ctx *ctx, unsigned i)
{
	struct istr *raw = path_param(ctx->ev, i + 1), *path;

	path = path_resolve(
		raw->s[0] == '/' ? PATH_ABSOLUTE : path_base(ctx, event_i64(ctx->ev, i)), raw);
	istr_put(raw);
	return path;
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
