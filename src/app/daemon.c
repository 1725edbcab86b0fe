/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two forks: the first to get rid of the terminal, the second so that none ever comes back.  The
 * working folder stays, so that relative paths mean the same at every reload.
 *
 * The file with the process id is written under another name and moved, so that nobody reads half
 * of it; a lock on it tells a living falco from what a dead one left behind.
 */
#include "app/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES 10 /* others come and go at the same time */

static int tell_parent = -1; /* a pipe to the process that waits */

/* Leaves with what the daemon says, if it says anything. */
static _Noreturn void wait_for_daemon(int from, pid_t child)
{
	char ok = 0;
	ssize_t n;

	waitpid(child, NULL, 0);
	do
		n = read(from, &ok, 1);
	while (n < 0 && errno == EINTR);
	_exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

int daemon_start(void)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	child = fork();
	if (child < 0) {
		close(fds[0]);
		close(fds[1]);
		return -errno;
	}
	if (child > 0) {
		close(fds[1]);
		wait_for_daemon(fds[0], child);
	}
	close(fds[0]);
	setsid();
	child = fork();
	if (child)
		_exit(child < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	tell_parent = fds[1];
	return 0;
}

void daemon_ready(void)
{
	const char ok = 1;
	int null;

	if (tell_parent < 0)
		return;
	umask(027);
	fflush(NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	(void)!write(tell_parent, &ok, 1);
	close(tell_parent);
	tell_parent = -1;
}

/* ---- process ids ---- */

static bool is_at(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int put_pid(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (write(fd, text, (size_t)n) == n)
		return 0;
	return errno ? -errno : -EIO;
}

static pid_t read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

/* What stands at path, locked. -ENOENT: nothing; -EAGAIN: it has just been replaced. */
static int lock_existing(const char *path, pid_t *ret_other)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? EBUSY : errno;
		*ret_other = read_pid(fd);
	} else {
		err = is_at(fd, path) ? 0 : EAGAIN;
	}
	if (!err)
		return fd;
	close(fd);
	return -err;
}

/* A file with our id, locked, under a name of its own. */
static int make_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644), err;

	if (fd < 0)
		return -errno;
	err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : put_pid(fd);
	if (!err)
		return fd;
	close(fd);
	unlink(name);
	return err;
}

/* old: what stands at path, locked, or -1: nothing did. */
static int put_in_place(const char *name, const char *path, int old)
{
	int err;

	if (old >= 0)
		return rename(name, path) < 0 ? -errno : 0;
	err = link(name, path) < 0 ? -errno : 0;
	unlink(name);
	return err == -EEXIST ? -EAGAIN : err;
}

static int replace(const char *path, int old)
{
	char name[4096];
	int fd, err;

	if (snprintf(name, sizeof(name), "%s.%ld", path, (long)getpid()) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	unlink(name); /* of an earlier process with our id */
	fd = make_file(name);
	if (fd < 0)
		return fd;
	err = put_in_place(name, path, old);
	if (!err)
		return fd;
	unlink(name);
	close(fd);
	return err;
}

static int try_to_write(const char *path, pid_t *ret_other)
{
	int old = lock_existing(path, ret_other), fd;
	struct stat st;

	if (old < 0 && old != -ENOENT)
		return old;
	if (old >= 0 && fstat(old, &st) == 0 && !S_ISREG(st.st_mode)) {
		int err = put_pid(old);

		if (!err)
			return old;
		close(old);
		return err;
	}
	fd = replace(path, old >= 0 ? old : -1);
	if (old >= 0)
		close(old);
	return fd;
}

int pidfile_write(const char *path, pid_t *ret_other)
{
	int fd = -EAGAIN;

	*ret_other = 0;
	for (int i = 0; i < TRIES && fd == -EAGAIN; i++)
		fd = try_to_write(path, ret_other);
	return fd;
}

void pidfile_remove(const char *path, int fd)
{
	if (fd < 0)
		return;
	if (is_at(fd, path))
		unlink(path);
	close(fd);
}
