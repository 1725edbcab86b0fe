/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of class "fd": the descriptor that an event creates, uses or closes.  Addresses and ports
 * of sockets are in fields_socket.c.
 *
 * A descriptor may be unknown, or not exist because the call failed.  Then the name comes from the
 * call's own parameters, and everything else is missing.
 */
#include "filter/extract.h"

/* Whether the event is about a descriptor at all. */
static bool is_fd_event(const struct event_ctx *ctx)
{
	return ctx->thread &&
	       (ctx->ev->info->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD));
}

static bool has_fd(const struct event_ctx *ctx)
{
	return ctx->fd && is_fd_event(ctx);
}

bool field_fd_num(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	ret->i = ctx->fd_num;
	return is_fd_event(ctx);
}

bool field_fd_uid(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return is_fd_event(ctx) &&
	       value_text(ret, arena_printf(ctx->arena, "%ld%ld", ctx->thread->tid, ctx->fd_num));
}

/* ---- type ---- */

bool field_fd_type(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) && value_text(ret, str_c(fd_type_name(ctx->fd->type)));
}

struct type_list {
	struct value *v;
	uint32_t n;
};

static void add_type(void *arg, int64_t num, struct fd *fd)
{
	struct type_list *list = arg;
	const char *name = fd_type_name(fd->type);

	for (uint32_t i = 0; i < list->n; i++)
		if (str_is(list->v[i].s, name))
			return;
	if (list->n < FD_TYPE_MAX)
		value_str(&list->v[list->n++], str_c(name));
}

/* Of all descriptors of the process, or of the one that the argument names. */
bool field_fd_types(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct type_list list = {0};
	struct fd *fd;

	if (!is_fd_event(ctx))
		return false;
	list.v = arena_zalloc(ctx->arena, FD_TYPE_MAX * sizeof(*list.v));
	if (f->index >= 0) {
		fd = thread_fd(ctx->thread, f->index);
		if (!fd)
			return false;
		add_type(&list, f->index, fd);
	} else {
		fd_table_each(ctx->thread->group->fds, add_type, &list);
	}
	ret->list = true;
	ret->n = list.n;
	ret->v = list.v;
	return true;
}

/* What a call creates when it succeeds. */
static char intended_typechar(uint16_t type)
{
	switch (type | 1) {
	case EV_OPENAT_X:
	case EV_OPENAT2_X:
	case EV_CREAT_X:
		return fd_typechar(FD_FILE);
	case EV_SOCKET_X:
	case EV_ACCEPT_X:
	case EV_ACCEPT4_X:
		return fd_typechar(FD_IPV4_SOCK);
	case EV_PIPE_X:
	case EV_PIPE2_X:
		return fd_typechar(FD_FIFO);
	case EV_EVENTFD_X:
	case EV_EVENTFD2_X:
		return fd_typechar(FD_EVENT);
	case EV_SIGNALFD_X:
	case EV_SIGNALFD4_X:
		return fd_typechar(FD_SIGNALFD);
	case EV_TIMERFD_CREATE_X:
		return fd_typechar(FD_TIMERFD);
	case EV_INOTIFY_INIT_X:
	case EV_INOTIFY_INIT1_X:
		return fd_typechar(FD_INOTIFY);
	default:
		return 'o';
	}
}

bool field_fd_typechar(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	char *text;

	if (!is_fd_event(ctx))
		return false;
	text = arena_zalloc(ctx->arena, 2);
	text[0] = ctx->fd ? fd_typechar(ctx->fd->type) : intended_typechar(ctx->ev->type);
	return value_text(ret, str_n(text, 1));
}

/* ---- name ---- */

/* What the parameters of an exit event say about a descriptor that is not there; paths unresolved.
 */
static bool name_from_params(struct event_ctx *ctx, struct str *ret)
{
	const struct event *ev = ctx_decoded(ctx);

	if (EVENT_IS_ENTER(ev->type))
		return false;
	switch (ev->type) {
	case EV_OPEN_X:
	case EV_CREAT_X:
	case EV_ACCEPT_X:
	case EV_ACCEPT4_X:
	case EV_CONNECT_X:
		*ret = ev->nparams > 1 ? param_shown(ctx, 1, true) : STR("");
		return true;
	case EV_OPENAT_X:
	case EV_OPENAT2_X:
		*ret = param_str(ev, 2);
		return event_param(ev, 2).n;
	case EV_OPEN_BY_HANDLE_AT_X:
		*ret = param_str(ev, 3);
		return true;
	default:
		*ret = STR("");
		return true;
	}
}

/* Makes ctx->shown_name. False: there is none. A text that is missing leaves it NULL. */
static bool show_name(struct event_ctx *ctx)
{
	const struct event *ev = ctx_decoded(ctx);
	struct str name;

	if (ev->type == EV_OPENAT_X || ev->type == EV_OPENAT2_X) {
		if (!event_param(ev, 1).n || !event_param(ev, 2).n)
			return false;
		state_show_name(ctx, path_of_params(ctx, 1));
		return true;
	}
	if (!name_from_params(ctx, &name))
		return false;
	if (name.p)
		state_show_name(ctx, istr_get(name));
	return true;
}

bool fd_shown_name(struct event_ctx *ctx, struct str *ret)
{
	if (!is_fd_event(ctx))
		return false;
	if (ctx->fd) {
		*ret = fd_name(ctx->fd);
		return true;
	}
	if (!ctx->shown_name && !show_name(ctx))
		return false;
	*ret = istr_str(ctx->shown_name);
	return true;
}

/* The text that value_istr() may hand out instead, so that comparing it is cheap. */
static struct istr *interned_name(const struct event_ctx *ctx)
{
	if (!ctx->fd)
		return ctx->shown_name;
	return ctx->fd->naming == FDN_TEXT ? ctx->fd->name : NULL;
}

bool field_fd_name(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str name;

	if (!fd_shown_name(ctx, &name))
		return false;
	value_str(ret, name);
	ret->istr = interned_name(ctx);
	return true;
}

/* Without doubled slashes. */
static struct str squeeze(struct arena *a, struct str path)
{
	char *text;
	size_t n = 0;

	if (str_find(path, STR("//")) < 0)
		return path;
	text = arena_alloc(a, path.n);
	for (size_t i = 0; i < path.n; i++)
		if (!i || path.p[i] != '/' || path.p[i - 1] != '/')
			text[n++] = path.p[i];
	return str_n(text, n);
}

bool field_fd_nameraw(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str name;

	if (!is_fd_event(ctx))
		return false;
	if (ctx->fd)
		name = istr_str(ctx->fd->name_raw);
	else if (!name_from_params(ctx, &name))
		return false;
	return value_text(ret, squeeze(ctx->arena, name));
}

bool field_fd_realpath(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return ctx->fd && ctx->fd->real && value_text(ret, istr_str(ctx->fd->real));
}

static bool is_file(const struct fd *fd)
{
	return fd->type == FD_FILE || fd->type == FD_FILE_V2;
}

/* Up to the last slash; the root for what has none, or none but the first. */
static struct str parent_dir(struct str path)
{
	ptrdiff_t slash = str_rchr(path, '/');

	if (slash <= 0)
		return STR("/");
	return (size_t)slash == path.n - 1 ? path : str_head(path, (size_t)slash);
}

static bool directory_of(struct event_ctx *ctx, struct str *ret)
{
	if (ctx->fd && !is_file(ctx->fd) && ctx->fd->type != FD_DIRECTORY)
		return false;
	if (!fd_shown_name(ctx, ret))
		return false;
	if (!ctx->fd || is_file(ctx->fd))
		*ret = parent_dir(*ret);
	return true;
}

bool field_fd_directory(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str dir;

	return directory_of(ctx, &dir) && value_text(ret, dir);
}

bool field_fd_filename(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str name;
	ptrdiff_t slash;

	if (!has_fd(ctx) || !is_file(ctx->fd))
		return false;
	name = fd_name(ctx->fd);
	slash = str_rchr(name, '/');
	if (slash < 0)
		name = STR("/");
	else if ((size_t)slash + 1 < name.n)
		name = str_from(name, (size_t)slash + 1);
	return value_text(ret, name);
}

static bool with_container(struct event_ctx *ctx, struct str s, struct value *ret)
{
	return value_text(ret,
		arena_printf(ctx->arena, "%.*s:%.*s", STR_ARG(ctx_container_id(ctx)), STR_ARG(s)));
}

bool field_fd_containername(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str name;

	return fd_shown_name(ctx, &name) && with_container(ctx, name, ret);
}

bool field_fd_containerdirectory(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	struct str dir;

	return directory_of(ctx, &dir) && with_container(ctx, dir, ret);
}

bool field_fd_name_changed(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) && value_bool(ret, ctx->fd_name_changed);
}

/* ---- the file behind it ---- */

bool field_fd_dev(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) && value_u64(ret, ctx->fd->dev);
}

/* As the kernel's new_encode_dev() packs both: linux/kdev_t.h */
bool field_fd_dev_major(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) && value_u64(ret, (ctx->fd->dev & 0xfff00) >> 8);
}

bool field_fd_dev_minor(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) &&
	       value_u64(ret, (ctx->fd->dev & 0xff) | (ctx->fd->dev >> 12 & 0xfff00));
}

bool field_fd_ino(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) && value_u64(ret, ctx->fd->ino);
}

bool field_fd_is_upper_layer(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) && value_bool(ret, ctx->fd->flags & FDF_OVERLAY_UPPER);
}

bool field_fd_is_lower_layer(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	return has_fd(ctx) && value_bool(ret, ctx->fd->flags & FDF_OVERLAY_LOWER);
}
