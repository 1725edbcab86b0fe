/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that make, copy and close descriptors of all kinds, and the table of all handlers of the
 * descriptor half.  A call that failed changes nothing.
 */
#include "state/fd.h"

enum { FCNTL_DUPFD = 1, FCNTL_SETFD = 3, FCNTL_DUPFD_CLOEXEC = 26 };
#define CLOSE_RANGE_CLOEXEC_PARAM 4u
#define FD_CLOEXEC_ARG 1u /* of F_SETFD, the kernel's FD_CLOEXEC */

/* ---- closing ---- */

static void on_close(struct state *s, struct event_ctx *ctx)
{
	if (ctx->fd && fd_result(ctx) >= 0)
		fd_close_later(s, ctx);
}

static struct fd *forget(struct state *s, struct fd *fd)
{
	return NULL;
}

static struct fd *with_cloexec(struct state *s, struct fd *fd)
{
	struct fd *c;

	if (fd->open_flags & O_CLOEXEC_PARAM)
		return fd;
	c = fd_copy(s, fd);
	c->open_flags |= O_CLOEXEC_PARAM;
	return c;
}

static void on_close_range(struct state *s, struct event_ctx *ctx)
{
	uint32_t first = (uint32_t)event_u64(ctx->ev, 1), last = (uint32_t)event_u64(ctx->ev, 2);
	bool mark = event_u64(ctx->ev, 3) & CLOSE_RANGE_CLOEXEC_PARAM;

	if (ctx->thread && fd_result(ctx) >= 0)
		fd_table_map(s, ctx->thread->group, first, last, mark ? with_cloexec : forget);
}

/* ---- copying ---- */

/* fd for another number: the same object unless its close-on-exec differs. A reference. */
static struct fd *duplicate(struct state *s, struct fd *fd, bool cloexec)
{
	if (fd_cloexec(fd) == cloexec) {
		fd->refs++;
		return fd;
	}
	fd = fd_copy(s, fd);
	fd_set_cloexec(fd, cloexec);
	return fd;
}

static void publish_duplicate(struct state *s, struct event_ctx *ctx, bool cloexec)
{
	fd_publish(s, ctx, fd_result(ctx), duplicate(s, ctx->fd, cloexec));
	ctx->fd_name_changed = false;
}

static void on_dup(struct state *s, struct event_ctx *ctx)
{
	int64_t res = fd_result(ctx);
	bool cloexec = ctx->ev->type == EV_DUP3_X && event_u64(ctx->ev, 3) & O_CLOEXEC_PARAM;

	if (!ctx->fd || res < 0)
		return;
	if (res == 0)
		ctx->thread->flags |= CL_PIPE_DST;
	else if (res == 1)
		ctx->thread->flags |= CL_PIPE_SRC;
	publish_duplicate(s, ctx, cloexec);
}

static void on_fcntl(struct state *s, struct event_ctx *ctx)
{
	bool on = event_u64(ctx->ev, 3) & FD_CLOEXEC_ARG;

	if (!ctx->fd || fd_result(ctx) < 0)
		return;
	switch (event_u64(ctx->ev, 2)) {
	case FCNTL_DUPFD:
		publish_duplicate(s, ctx, false);
		break;
	case FCNTL_DUPFD_CLOEXEC:
		publish_duplicate(s, ctx, true);
		break;
	case FCNTL_SETFD:
		if (fd_cloexec(ctx->fd) != on)
			fd_set_cloexec(fd_own(s, ctx), on);
		break;
	}
}

static void on_pidfd_getfd(struct state *s, struct event_ctx *ctx)
{
	int64_t res = fd_result(ctx);
	struct thread *target;
	struct fd *fd;

	if (!ctx->thread || res < 0)
		return;
	fd = thread_fd(ctx->thread, event_i64(ctx->ev, 1));
	if (!fd || fd->type != FD_PIDFD)
		return;
	target = state_thread(s, fd->pid);
	fd = target ? thread_fd(target, event_i64(ctx->ev, 2)) : NULL;
	if (!fd)
		return;
	fd_publish(s, ctx, res, duplicate(s, fd, true));
	ctx->fd_name_changed = false;
}

/* ---- making ---- */

static void on_pipe(struct state *s, struct event_ctx *ctx)
{
	const struct event *ev = ctx->ev;
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	fd = fd_new(s, FD_FIFO);
	fd->ino = event_u64(ev, 3);
	fd->open_flags = ev->type == EV_PIPE2_X ? (uint32_t)event_u64(ev, 4) : 0;
	fd->refs++;
	fd_publish(s, ctx, event_i64(ev, 1), fd);
	fd_publish(s, ctx, event_i64(ev, 2), fd);
}

struct made {
	uint16_t event;
	int8_t type;
	int8_t flags_at; /* parameter with flags, -1: none */
};

static const struct made made[] = {
	{EV_EVENTFD_X, FD_EVENT, -1},
	{EV_EVENTFD2_X, FD_EVENT, 1},
	{EV_SIGNALFD_X, FD_SIGNALFD, -1},
	{EV_SIGNALFD4_X, FD_SIGNALFD, 1},
	{EV_TIMERFD_CREATE_X, FD_TIMERFD, 2},
	{EV_INOTIFY_INIT_X, FD_INOTIFY, -1},
	{EV_INOTIFY_INIT1_X, FD_INOTIFY, 1},
	{EV_BPF_X, FD_BPF, -1},
	{EV_USERFAULTFD_X, FD_USERFAULTFD, -1},
	{EV_IO_URING_SETUP_X, FD_IOURING, -1},
	{EV_EPOLL_CREATE_X, FD_EVENTPOLL, -1},
	{EV_EPOLL_CREATE1_X, FD_EVENTPOLL, -1},
	{EV_MEMFD_CREATE_X, FD_MEMFD, 2},
	{EV_PIDFD_OPEN_X, FD_PIDFD, 2},
};

static const struct made *made_by(uint16_t event)
{
	const struct made *m = made;

	while (m->event != event)
		m++;
	return m;
}

static struct fd *make(struct state *s, const struct event *ev)
{
	const struct made *m = made_by(ev->type);
	struct fd *fd = fd_new(s, m->type);

	if (m->flags_at >= 0)
		fd->open_flags = (uint32_t)event_u64(ev, (unsigned)m->flags_at);
	return fd;
}

static void on_make(struct state *s, struct event_ctx *ctx)
{
	if (ctx->thread && fd_result(ctx) >= 0)
		fd_publish(s, ctx, fd_result(ctx), make(s, ctx->ev));
}

static void on_epoll_create1(struct state *s, struct event_ctx *ctx)
{
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	fd = make(s, ctx->ev);
	fd_set_cloexec(fd, event_u64(ctx->ev, 1) & EPOLL_CLOEXEC_PARAM);
	fd_publish(s, ctx, fd_result(ctx), fd);
}

/* One that failed is counted too, under its error's number: Falco does, and fields show it. */
static void on_memfd(struct state *s, struct event_ctx *ctx)
{
	struct fd *fd;

	if (!ctx->thread)
		return;
	if (fd_result(ctx) < 0) {
		ctx->fd_num = fd_result(ctx);
		fd = fd_new(s, FD_UNINITIALIZED);
		ctx->fd = fd_table_add(s, ctx->thread, ctx->fd_num, fd);
		return;
	}
	fd = make(s, ctx->ev);
	fd_set_text(fd, param_text_na(ctx->ev, 1));
	fd_publish(s, ctx, fd_result(ctx), fd);
}

static void on_pidfd_open(struct state *s, struct event_ctx *ctx)
{
	const char *root = s->config.host_root;
	struct fd *fd;

	if (!ctx->thread || fd_result(ctx) < 0)
		return;
	fd = make(s, ctx->ev);
	fd->pid = event_i64(ctx->ev, 1);
	fd_set_text(
		fd, arena_printf(ctx->arena, "%s/proc/%lld", root ? root : "", (long long)fd->pid));
	fd_publish(s, ctx, fd_result(ctx), fd);
}

/* ---- all of them ---- */

const struct apply_row fd_apply_rows[] = {
	{EV_OPEN_E, fd_on_open_enter},
	{EV_CREAT_E, fd_on_open_enter},
	{EV_OPENAT_E, fd_on_open_enter},
	{EV_OPENAT2_E, fd_on_open_enter},
	{EV_CONNECT_E, enter_keep},
	{EV_OPEN_X, fd_on_open},
	{EV_CREAT_X, fd_on_creat},
	{EV_OPENAT_X, fd_on_openat},
	{EV_OPENAT2_X, fd_on_openat},
	{EV_OPEN_BY_HANDLE_AT_X, fd_on_open_by_handle},
	{EV_CLOSE_X, on_close},
	{EV_CLOSE_RANGE_X, on_close_range},
	{EV_DUP_X, on_dup},
	{EV_DUP2_X, on_dup},
	{EV_DUP3_X, on_dup},
	{EV_FCNTL_X, on_fcntl},
	{EV_PIPE_X, on_pipe},
	{EV_PIPE2_X, on_pipe},
	{EV_EVENTFD_X, on_make},
	{EV_EVENTFD2_X, on_make},
	{EV_SIGNALFD_X, on_make},
	{EV_SIGNALFD4_X, on_make},
	{EV_TIMERFD_CREATE_X, on_make},
	{EV_INOTIFY_INIT_X, on_make},
	{EV_INOTIFY_INIT1_X, on_make},
	{EV_BPF_X, on_make},
	{EV_USERFAULTFD_X, on_make},
	{EV_IO_URING_SETUP_X, on_make},
	{EV_EPOLL_CREATE_X, on_make},
	{EV_EPOLL_CREATE1_X, on_epoll_create1},
	{EV_MEMFD_CREATE_X, on_memfd},
	{EV_PIDFD_OPEN_X, on_pidfd_open},
	{EV_PIDFD_GETFD_X, on_pidfd_getfd},
	{EV_SOCKET_X, fd_on_socket},
	{EV_SOCKETPAIR_X, fd_on_socketpair},
	{EV_BIND_X, fd_on_bind},
	{EV_CONNECT_X, fd_on_connect},
	{EV_ACCEPT_X, fd_on_accept},
	{EV_ACCEPT4_X, fd_on_accept},
	{EV_READ_X, fd_on_io},
	{EV_READV_X, fd_on_io},
	{EV_PREAD_X, fd_on_io},
	{EV_PREADV_X, fd_on_io},
	{EV_WRITE_X, fd_on_io},
	{EV_WRITEV_X, fd_on_io},
	{EV_PWRITE_X, fd_on_io},
	{EV_PWRITEV_X, fd_on_io},
	{EV_RECV_X, fd_on_recv},
	{EV_RECVFROM_X, fd_on_recv},
	{EV_RECVMSG_X, fd_on_recv},
	{EV_RECVMMSG_X, fd_on_recv},
	{EV_SEND_X, fd_on_send},
	{EV_SENDTO_X, fd_on_send},
	{EV_SENDMSG_X, fd_on_send},
	{EV_SENDMMSG_X, fd_on_send},
	{0, NULL},
};
