/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts appended to a file.  It is opened with the first alert, so that a run without alerts
 * leaves none; without keep_alive it is opened anew for each, so that it can be moved at any time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "output/sink.h"

struct to_file {
	struct sink sink;
	struct line_writer writer;
	char *path;
	bool keep_alive, mend;
};

static int flush(struct sink *s)
{
	struct to_file *t = (struct to_file *)s;
	int r = t->writer.fd < 0 ? 0 : line_writer_flush(&t->writer);

	s->lost = t->writer.lost;
	return r;
}

/* Whether the file ends in the middle of a line, as of a process that was killed. */
static bool ends_torn(struct to_file *t)
{
	struct stat st;
	char last = '\n';
	int fd;

	if (!t->mend || fstat(t->writer.fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return false;
	fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (pread(fd, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	close(fd);
	return last != '\n';
}

static int open_file(struct to_file *t)
{
	if (t->writer.fd >= 0)
		return 0;
	t->writer.fd = open(t->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (t->writer.fd < 0)
		return -errno;
	t->writer.torn = ends_torn(t);
	return 0;
}

static int close_file(struct to_file *t)
{
	int r = flush(&t->sink);

	if (t->writer.fd >= 0 && close(t->writer.fd) && !r && errno != EINTR)
		r = -errno;
	t->writer.fd = -1;
	return r;
}

static int put(struct sink *s, const struct alert *a)
{
	struct to_file *t = (struct to_file *)s;
	int r = open_file(t), closing;

	if (!r) {
		r = line_writer_put(&t->writer, a->text);
		s->lost = t->writer.lost;
	}
	if (t->keep_alive)
		return r;
	closing = close_file(t);
	return r ? r : closing;
}

static int reopen(struct sink *s)
{
	struct to_file *t = (struct to_file *)s;
	int r = close_file(t);

	return r ? r : open_file(t);
}

static void finish(struct sink *s)
{
	struct to_file *t = (struct to_file *)s;

	close_file(t);
	line_writer_done(&t->writer);
	free(t->path);
	free(t);
}

struct sink *sink_file_new(const char *path, bool keep_alive, bool buffered, bool mend)
{
	struct to_file *t = mem_zalloc(sizeof(*t));

	t->sink = (struct sink){
		.name = "file", .write = put, .flush = flush, .reopen = reopen, .close = finish};
	t->writer = (struct line_writer){.fd = -1, .buffered = buffered};
	t->path = mem_strdup(path);
	t->keep_alive = keep_alive;
	t->mend = mend;
	return &t->sink;
}
