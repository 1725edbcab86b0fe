/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts as input of a program that the shell starts: one for each alert, or one for all of them.
 *
 * The program gets default signal handling, whatever the thread that starts it blocks; when it
 * goes away, the write that notices fails and the next alert starts it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "output/sink.h"

extern char **environ;

struct to_program {
	struct sink sink;
	struct line_writer writer; /* the writing end of its input */
	pid_t pid;
	char *command;
	bool keep_alive;
};

static int flush(struct sink *s)
{
	struct to_program *t = (struct to_program *)s;

	return t->writer.fd < 0 ? 0 : line_writer_flush(&t->writer);
}

/* The shell with fd as its input. */
static int spawn_shell(struct to_program *t, int fd)
{
	char *argv[] = {"sh", "-c", t->command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	r = posix_spawn(&t->pid, "/bin/sh", &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -r;
}

static int start(struct to_program *t)
{
	int ends[2], r;

	if (t->writer.fd >= 0)
		return 0;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	r = spawn_shell(t, ends[0]);
	close(ends[0]);
	if (r)
		close(ends[1]);
	else
		t->writer.fd = ends[1];
	return r;
}

/* Ends its input and waits for it. */
static int stop(struct to_program *t)
{
	int r = flush(&t->sink);

	if (t->writer.fd < 0)
		return r;
	close(t->writer.fd);
	t->writer.fd = -1;
	while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

static int put(struct sink *s, const struct alert *a)
{
	struct to_program *t = (struct to_program *)s;
	int r = start(t), stopping;

	if (!r)
		r = line_writer_put(&t->writer, a->text);
	if (t->keep_alive && !r)
		return 0;
	stopping = stop(t);
	return r ? r : stopping;
}

static int reopen(struct sink *s)
{
	struct to_program *t = (struct to_program *)s;
	int r = stop(t);

	return !r && t->keep_alive ? start(t) : r;
}

static void finish(struct sink *s)
{
	struct to_program *t = (struct to_program *)s;

	stop(t);
	buf_done(&t->writer.pending);
	free(t->command);
	free(t);
}

struct sink *sink_program_new(const char *command, bool keep_alive, bool buffered)
{
	struct to_program *t = mem_zalloc(sizeof(*t));

	t->sink = (struct sink){
		.name = "program", .write = put, .flush = flush, .reopen = reopen, .close = finish};
	t->writer = (struct line_writer){.fd = -1, .buffered = buffered};
	t->command = mem_strdup(command);
	t->keep_alive = keep_alive;
	return &t->sink;
}
