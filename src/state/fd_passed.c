/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors that a message over a unix socket brings (SCM_RIGHTS).  The event tells their numbers
 * in the receiver and nothing else; what they are is asked of whoever can look (a live machine).
 */
#include <sys/socket.h>

#include "state/fd.h"

#define PASSED_MAX 253 /* of one message, SCM_MAX_FD of the kernel */

void state_on_missing_fd(struct state *s,
	bool (*fn)(void *arg, int64_t tid, int64_t num, const struct machine_sink *sink), void *arg)
{
	s->on_missing_fd = fn;
	s->on_missing_fd_arg = arg;
}

/* Cuts the first control message off *rest (see cmsg(3)); false at the end or where it is broken.
 */
static bool next_message(struct str *rest, struct cmsghdr *ret_head, struct str *ret_data)
{
	size_t padded;

	if (rest->n < sizeof(*ret_head))
		return false;
	memcpy(ret_head, rest->p, sizeof(*ret_head));
	if (ret_head->cmsg_len < sizeof(*ret_head) || ret_head->cmsg_len > rest->n)
		return false;
	*ret_data = str_from(str_head(*rest, ret_head->cmsg_len), sizeof(*ret_head));
	padded = CMSG_ALIGN(ret_head->cmsg_len);
	*rest = str_from(*rest, MIN(padded, rest->n));
	return true;
}

static void look_up(struct state *s, const struct event_ctx *ctx, struct str numbers)
{
	struct machine_sink sink = state_sink(s);
	int num;

	if (numbers.n % sizeof(num) || numbers.n / sizeof(num) > PASSED_MAX)
		return;
	for (; numbers.n; numbers = str_from(numbers, sizeof(num))) {
		memcpy(&num, numbers.p, sizeof(num));
		s->on_missing_fd(s->on_missing_fd_arg, ctx->thread->pid, num, &sink);
	}
}

void fd_passed(struct state *s, struct event_ctx *ctx, struct param control)
{
	struct str rest = str_n(control.p, control.n), data;
	struct cmsghdr head;

	if (!s->on_missing_fd)
		return;
	while (next_message(&rest, &head, &data))
		if (head.cmsg_level == SOL_SOCKET && head.cmsg_type == SCM_RIGHTS)
			look_up(s, ctx, data);
	ctx->fd = thread_fd(ctx->thread, ctx->fd_num);
}
