/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where alerts go: what every channel offers to the worker that drains the queue.  All functions
 * run on that one thread; they return 0 or -errno and leave saying so to it.
 */
#ifndef OUTPUT_SINK_H
#define OUTPUT_SINK_H
#include "base/buf.h"
#include "output/outputs.h"

struct sink {
	const char *name; /* "stdout"... as messages call it */
	int (*write)(struct sink *s, const struct alert *a);
	int (*flush)(struct sink *s);  /* what is buffered; NULL: nothing ever is */
	int (*reopen)(struct sink *s); /* NULL: makes no sense */
	void (*close)(struct sink *s); /* and frees it */
	bool failing;		       /* the last write failed: was reported (the worker's) */
};

struct sink *sink_stdout_new(bool buffered);
/* keep_alive: stays open between alerts. */
struct sink *sink_file_new(const char *path, bool keep_alive, bool buffered);
/* keep_alive: one process for all alerts, else one for each. */
struct sink *sink_program_new(const char *command, bool keep_alive, bool buffered);
struct sink *sink_syslog_new(void);

/* ---- lines to a descriptor (output/line_writer.c) ---- */

struct line_writer {
	int fd; /* -1: none */
	bool buffered;
	struct buf pending;
};

/* Appends text and a newline; written at once, or, buffered, when there is enough of it. */
int line_writer_put(struct line_writer *w, struct str text);
/* Writes what is pending, all of it or it is lost. Interrupted and short writes go on. */
int line_writer_flush(struct line_writer *w);
#endif
