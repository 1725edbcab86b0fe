/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts as input of a program that the shell starts: one for each alert, or one for all of them.
 *
 * The program gets default signal handling, whatever the thread that starts it blocks; when it
 * goes away, the write that notices fails and the next alert starts it again.  What it left unread
 * in the pipe can still be counted then: those alerts are lost, or not taken yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "output/sink.h"

/* More lines than fit into a pipe and the buffer before it. */
#define MAX_ENDS 131072

extern char **environ;

struct to_program {
	struct sink sink;
	struct line_writer writer; /* the writing end of its input */
	pid_t pid;
	char *command;
	bool keep_alive;
	uint64_t put;	    /* bytes for this process so far */
	VEC(uint64_t) ends; /* what put was behind each line that it may not have read */
};

/* Forgets the lines that it has read; returns how many it has not. */
static size_t count_untaken(struct to_program *t)
{
	int unread = 0;
	uint64_t taken;
	size_t n = 0;

	if (t->writer.fd < 0 || ioctl(t->writer.fd, FIONREAD, &unread))
		unread = 0;
	taken = t->writer.out - (uint64_t)unread;
	while (n < t->ends.n && t->ends.v[n] <= taken)
		n++;
	t->ends.n -= n;
	if (n && t->ends.n)
		memmove(t->ends.v, t->ends.v + n, t->ends.n * sizeof(*t->ends.v));
	return t->ends.n;
}

static int flush(struct sink *s)
{
	struct to_program *t = (struct to_program *)s;
	int r = t->writer.fd < 0 ? 0 : line_writer_flush(&t->writer);

	s->lost = r && t->ends.n ? count_untaken(t) : t->writer.lost;
	return r;
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
	t->writer.torn = false;
	t->writer.out = 0;
	t->put = 0;
	vec_clear(&t->ends);
	return r;
}

/* Whether the program ran; what it thinks of its input is its own affair. */
static int judge(struct to_program *t, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	if (WIFSIGNALED(status))
		snprintf(t->sink.error, sizeof(t->sink.error), "ended by signal %d",
			WTERMSIG(status));
	else if (code == 126 || code == 127) /* the shell's for: can not be run, not found */
		snprintf(t->sink.error, sizeof(t->sink.error), "exit status %d", code);
	else
		return 0;
	return -ECHILD;
}

/* Ends its input and waits for it. */
static int stop(struct to_program *t)
{
	int r = flush(&t->sink), status = 0;

	if (t->writer.fd < 0)
		return r;
	close(t->writer.fd);
	t->writer.fd = -1;
	while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
		;
	return r ? r : judge(t, status);
}

static int untaken(struct sink *s)
{
	struct to_program *t = (struct to_program *)s;
	struct pollfd p = {.fd = t->writer.fd};
	size_t n = count_untaken(t);

	if (n && poll(&p, 1, 0) > 0 && p.revents & POLLERR) {
		stop(t);
		s->lost = n;
		return -EPIPE;
	}
	return (int)n;
}

static int write_line(struct to_program *t, struct str text)
{
	int r = start(t);

	if (r)
		return r;
	t->put += text.n + 1;
	if (t->keep_alive) {
		if (t->ends.n >= MAX_ENDS)
			count_untaken(t);
		vec_push(&t->ends, t->put);
	}
	r = line_writer_put(&t->writer, text);
	t->sink.lost = r && t->ends.n ? count_untaken(t) : t->writer.lost;
	return r;
}

static int put(struct sink *s, const struct alert *a)
{
	struct to_program *t = (struct to_program *)s;
	int r = write_line(t, a->text), stopping;
	uint64_t lost = s->lost;

	if (t->keep_alive && !r)
		return 0;
	stopping = stop(t);
	s->lost = MAX(s->lost, lost);
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
	line_writer_done(&t->writer);
	vec_done(&t->ends);
	free(t->command);
	free(t);
}

struct sink *sink_program_new(const char *command, bool keep_alive, bool buffered)
{
	struct to_program *t = mem_zalloc(sizeof(*t));

	t->sink = (struct sink){.name = "program",
		.write = put,
		.flush = flush,
		.reopen = reopen,
		.untaken = keep_alive ? untaken : NULL,
		.close = finish};
	t->writer = (struct line_writer){.fd = -1, .buffered = buffered};
	t->command = mem_strdup(command);
	t->keep_alive = keep_alive;
	return &t->sink;
}
