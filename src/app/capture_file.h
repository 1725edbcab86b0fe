/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One capture file, compressed and written on a thread of its own: a slow disk does not hold up
 * events until QUEUE_MAX bytes wait.  What cannot be written is logged by that thread.
 */
#ifndef APP_CAPTURE_FILE_H
#define APP_CAPTURE_FILE_H
#include "capture/scap_write.h"

struct capture_file;

/* max_bytes: nothing more is written to a file that has as many; 0: no limit. NULL and errno. */
struct capture_file *capture_file_new(const char *path, uint64_t max_bytes);
/* Where tables and events go; they are on their way to the file after capture_file_push(). */
struct scap_writer *capture_file_writer(struct capture_file *f);
/* To be called after every event: hands over what has gathered when it is worth it. */
void capture_file_push(struct capture_file *f);
/* How many bytes the file has when that is as many as it may, 0 as long as it has fewer. */
uint64_t capture_file_full(const struct capture_file *f);
/* Nothing more will come. Does not wait. */
void capture_file_end(struct capture_file *f);
/* Ends it and waits until all of it is written. */
void capture_file_wait(struct capture_file *f);
/* Waits, too. NULL is fine. */
void capture_file_free(struct capture_file *f);
#endif
