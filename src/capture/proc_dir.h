/* SPDX-License-Identifier: Apache-2.0 */
/* Folders and files of /proc with one system call each where that is possible, and no heap. */
#ifndef CAPTURE_PROC_DIR_H
#define CAPTURE_PROC_DIR_H
#include <sys/types.h>

#include "base/buf.h"

/* Goes through a folder from its beginning; the descriptor stays the caller's. */
struct proc_dir {
	int fd;
	size_t at, n; /* in entries */
	char entries[4096] __attribute__((aligned(8)));
};

void proc_dir_init(struct proc_dir *d, int fd);
/* The next entry whose name is a number; false at the end. */
bool proc_dir_number(struct proc_dir *d, int64_t *ret);
/* The next folder but "." and "..": valid until the next call; NULL at the end. */
const char *proc_dir_folder(struct proc_dir *d);

/* At most size bytes of a file into p: how many, or -errno. */
ssize_t proc_read(int dir_fd, const char *path, void *p, size_t size);
/* All of a file, at most 64 MiB, in place of what text held; 0 or -errno. */
int proc_read_all(int dir_fd, const char *path, struct buf *text);
#endif
