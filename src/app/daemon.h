/* SPDX-License-Identifier: Apache-2.0 */
/* Going to the background (-d), and the file that says where we are (-P). */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H
#include <stdbool.h>
#include <sys/types.h>

/*
 * Goes on in the background, in a session of its own; to be called before there are threads. The
 * process that called it waits for daemon_ready() and exits with 0, or with 1 when the daemon ends
 * before that. 0, or -errno: still in the foreground.
 */
int daemon_start(void);
/* All is well: standard input and outputs become /dev/null. Nothing, unless daemon_start() was. */
void daemon_ready(void);

/*
 * Writes our process id to path, all at once, and keeps the file locked as long as the returned
 * descriptor is open. -errno; -EBUSY: the process *ret_other (0: unknown) has it.
 */
int pidfile_write(const char *path, pid_t *ret_other);
/* Removes it, unless it is another's by now, and closes fd; -1 is fine. */
void pidfile_remove(const char *path, int fd);
#endif
