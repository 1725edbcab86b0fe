/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line and its newline go out in one write, so that lines of several writers do not mix.  What
 * can not be written is dropped, and counted in lines: holding on to it would grow without end.
 * After a line that went out in part, the next one starts on a line of its own.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "output/sink.h"

#define BUFFER_SIZE 65536

int line_writer_put(struct line_writer *w, struct str text)
{
	if (w->torn && !w->pending.n)
		buf_char(&w->pending, '\n');
	buf_str(&w->pending, text);
	buf_char(&w->pending, '\n');
	vec_push(&w->ends, w->pending.n);
	return w->buffered && w->pending.n < BUFFER_SIZE ? 0 : line_writer_flush(w);
}

/* Someone else may have made the descriptor non-blocking. */
static void wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	poll(&p, 1, -1);
}

/* Of what was pending, done bytes are out. */
static void account(struct line_writer *w, size_t done)
{
	size_t n = 0;

	while (n < w->ends.n && w->ends.v[n] <= done)
		n++;
	w->lost = w->ends.n - n;
	if (done)
		w->torn = w->pending.p[done - 1] != '\n';
	w->pending.n = 0;
	vec_clear(&w->ends);
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
	w->out += done;
	account(w, done);
	return r;
}

void line_writer_done(struct line_writer *w)
{
	buf_done(&w->pending);
	vec_done(&w->ends);
}
