/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts on standard output, past stdio: others print there only before and after. */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "output/sink.h"

struct to_stdout {
	struct sink sink;
	struct line_writer writer;
};

static int put(struct sink *s, const struct alert *a)
{
	struct line_writer *w = &((struct to_stdout *)s)->writer;
	int r = line_writer_put(w, a->text);

	s->lost = w->lost;
	return r;
}

static int flush(struct sink *s)
{
	struct line_writer *w = &((struct to_stdout *)s)->writer;
	int r = line_writer_flush(w);

	s->lost = w->lost;
	return r;
}

static void finish(struct sink *s)
{
	flush(s);
	line_writer_done(&((struct to_stdout *)s)->writer);
	free(s);
}

struct sink *sink_stdout_new(bool buffered)
{
	struct to_stdout *t = mem_zalloc(sizeof(*t));

	t->sink = (struct sink){.name = "stdout", .write = put, .flush = flush, .close = finish};
	t->writer = (struct line_writer){.fd = STDOUT_FILENO, .buffered = buffered};
	return &t->sink;
}
