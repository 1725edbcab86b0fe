/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices when files change, whichever way: written in place, replaced by a rename as editors and
 * package managers do, or by a symbolic link on their way that now leads elsewhere (volumes of
 * Kubernetes).
 */
#ifndef APP_FILE_WATCH_H
#define APP_FILE_WATCH_H
#include <stdbool.h>
#include <stdint.h>

struct file_watch;

/* It only looks at what is named, until it is started. */
struct file_watch *file_watch_new(void);
/* 0, or -errno. What was named before is to be named again. To end what was started takes ms. */
int file_watch_start(struct file_watch *w);
void file_watch_free(struct file_watch *w);
/* To poll for: readable when something happened. -1: not started. */
int file_watch_fd(const struct file_watch *w);
/*
 * What is watched, anew: begin, name files, folders (which count as changed when a file of theirs
 * does; they are not followed further down), end. Unchanged ones stay watched without a gap.
 */
void file_watch_begin(struct file_watch *w);
void file_watch_add(struct file_watch *w, const char *path);
void file_watch_add_folder(struct file_watch *w, const char *path);
/* Whether all is watched; what does not exist can not: try again some time. */
bool file_watch_end(struct file_watch *w);
/* Of what was named, as it was then: another number when something of it has changed since. */
uint64_t file_watch_seen(const struct file_watch *w);
/* Reads what happened. Whether anything of it matters. */
bool file_watch_read(struct file_watch *w);
#endif
