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
	return line_writer_put(&((struct to_stdout *)s)->writer, a->text);
}

static int flush(struct sink *s)
{
	return line_writer_flush(&((struct to_stdout *)s)->writer);
}

static void finish(struct sink *s)
{
	flush(s);
	buf_done(&((struct to_stdout *)s)->writer.pending);
	free(s);
}

struct sink *sink_stdout_new(bool buffered)
{
	struct to_stdout *t = mem_zalloc(sizeof(*t));

	t->sink = (struct sink){.name = "stdout", .write = put, .flush = flush, .close = finish};
	t->writer = (struct line_writer){.fd = STDOUT_FILENO, .buffered = buffered};
	return &t->sink;
}
