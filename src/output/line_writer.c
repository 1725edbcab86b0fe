/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line and its newline go out in one write, so that lines of several writers do not mix.  What
 * can not be written is dropped: holding on to it would grow without end.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "output/sink.h"

#define BUFFER_SIZE 65536

int line_writer_put(struct line_writer *w, struct str text)
{
	buf_str(&w->pending, text);
	buf_char(&w->pending, '\n');
	return w->buffered && w->pending.n < BUFFER_SIZE ? 0 : line_writer_flush(w);
}

/* Someone else may have made the descriptor non-blocking. */
static void wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	poll(&p, 1, -1);
}

int line_writer_flush(struct line_writer *w)
{
	size_t done = 0;
	int r = 0;

	while (done < w->pending.n && !r) {
		ssize_t n = write(w->fd, w->pending.p + done, w->pending.n - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			wait_writable(w->fd);
		else if (errno != EINTR)
			r = -errno;
	}
	w->pending.n = 0;
	return r;
}
