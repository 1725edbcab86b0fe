/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where alerts go, and how something that is not one of our own channels gets them.
 *
 * Two ways to take alerts from outside this folder:
 *   - a sink: fill in a struct sink, give it to outputs_add_sink().  It gets a thread of its own,
 *     on which write() is called for every alert from then on, in order, and may block.
 *   - a subscription: outputs_subscribe().  No thread; whoever has it takes what is there when it
 *     suits him, and is told by a call of wake() that there is something again.
 * Either has its own cursor and a bounded queue: when that is full, what comes is lost for it
 * alone, and counted (outputs_stats()).  Neither ever makes the one who raises alerts wait, and
 * neither is kept in the spool: that is for outputs of the configuration, which are there again
 * after a restart.
 */
#ifndef OUTPUT_SINK_H
#define OUTPUT_SINK_H
#include "base/buf.h"
#include "base/vec.h"
#include "output/outputs.h"

/*
 * One channel.  All functions but cancel run on the thread of the sink; they return 0 or -errno
 * and leave saying so to whoever called.  -EBADMSG: this alert is refused, trying again is of no
 * use.
 */
struct sink {
	const char *name; /* "stdout"... as messages call it; lasts as long as the sink */
	int (*write)(struct sink *s, const struct alert *a);
	int (*flush)(struct sink *s);  /* what is buffered; NULL: nothing ever is */
	int (*reopen)(struct sink *s); /* SIGUSR1; NULL: makes no sense */
	/*
	 * How many of the alerts written last the other side has not taken yet, or -errno: it never
	 * will.  NULL: written is taken.
	 */
	int (*untaken)(struct sink *s);
	void (*cancel)(struct sink *s); /* from another thread: come back soon; NULL: can not */
	void (*close)(struct sink *s);	/* and frees it */
	/*
	 * Set by a call that fails: how many of the alerts given to it last are lost, when it may
	 * be others than the one at hand, as with buffers; with untaken(), all that are not taken.
	 */
	uint64_t lost;
	char error[128]; /* what went wrong, "": errno says it all */
};

/*
 * The sink gets alerts from now on; capacity as outputs_queue.capacity. 0 or -errno (-ENOSPC: too
 * many, -EAGAIN: no thread); then the sink is still the caller's, else it will be closed by
 * outputs_remove_sink(), or by outputs_free().
 */
int outputs_add_sink(struct outputs *o, struct sink *s, size_t capacity);
/*
 * Ends it: what waits is dropped, cancel() called, and, when it comes back within the timeout,
 * close(). One that does not is left behind and never called again.
 */
void outputs_remove_sink(struct outputs *o, struct sink *s);

struct subscription;
/*
 * Alerts from now on. wake(arg) is called, possibly on any thread and with locks held, when the
 * first alert comes to an empty queue: it must only pass the word on (write to an eventfd, signal
 * a condition), and call nothing of this folder. name as in struct sink. NULL: there are too many.
 */
struct subscription *outputs_subscribe(
	struct outputs *o, const char *name, size_t capacity, void (*wake)(void *arg), void *arg);
/*
 * The next alert, or NULL: nothing waits. It is valid until the next call, or the end. Calls for
 * one subscription must not overlap.
 */
const struct alert *subscription_next(struct subscription *s);
/*
 * From now on fn(arg), with the arg of wake(), corrects what outputs_stats() tells of it: whoever
 * hands alerts on knows what became of them. As with wake(), locks are held.
 */
void subscription_set_stats(struct subscription *s, void (*fn)(void *arg, struct output_stats *io));
/* To be called before outputs_free(); NULL is fine. */
void subscription_end(struct subscription *s);

/* ---- our own ---- */

struct sink *sink_stdout_new(bool buffered);
/* keep_alive: stays open between alerts. mend: a last line without end, as of a crash, gets one. */
struct sink *sink_file_new(const char *path, bool keep_alive, bool buffered, bool mend);
/* keep_alive: one process for all alerts, else one for each. */
struct sink *sink_program_new(const char *command, bool keep_alive, bool buffered);
/* path: of the socket, NULL: /dev/log. */
struct sink *sink_syslog_new(const char *path);

/* json: what the alerts are. NULL with a message in err. */
struct sink *sink_http_new(const struct http_config *c, bool json, char err[512]);

/* ---- lines to a descriptor (output/line_writer.c) ---- */

struct line_writer {
	int fd; /* -1: none */
	bool buffered;
	bool torn; /* the last line lacks its end: the next one is to begin with it */
	struct buf pending;
	VEC(size_t) ends; /* of lines in pending */
	uint64_t lost;	  /* lines not or not fully written by the last flush */
	uint64_t out;	  /* bytes written so far */
};

/* Appends text and a newline; written at once, or, buffered, when there is enough of it. */
int line_writer_put(struct line_writer *w, struct str text);
/* Writes what is pending, all of it or it is lost. Interrupted and short writes go on. */
int line_writer_flush(struct line_writer *w);
void line_writer_done(struct line_writer *w);
#endif
