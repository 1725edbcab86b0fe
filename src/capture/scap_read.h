/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files (.scap, format 1.x of 2014 to today): plain, gzip, from a pipe, several in a row.
 * Source: pcap-ng style blocks, see docs/scap.md.
 */
#ifndef CAPTURE_SCAP_READ_H
#define CAPTURE_SCAP_READ_H
#include <sys/types.h>

#include "capture/source.h"

/* A capture that is open, of which nothing has been read yet. */
struct scap;

/*
 * Opens path ("-": standard input). A compressed file is inflated from now on, ahead of whoever
 * will read it. NULL with a message in error (at least 512 bytes).
 */
struct scap *scap_begin(const char *path, char *error);
/* What has not been read; NULL is ignored. */
void scap_abandon(struct scap *r);

/*
 * Reads up to the first event, delivering the machine's lists to sink; r is taken over.
 * NULL with a message in error (at least 512 bytes) when it is no capture.  What is not there yet,
 * of a pipe that somebody else writes or is to open, is not waited for: next() says SOURCE_TIMEOUT
 * until it comes, and SOURCE_ERROR if it turns out to be no capture.
 * A damaged file yields its events up to the damage, then SOURCE_ERROR with the offset.
 * Unknown blocks are skipped. Events are already converted to today's schema, they fit their
 * records, and are numbered as Falco numbers them: every event counts that is left after
 * conversion, shown or not.  Marked EVENT_STATE_ONLY are those that the capture marks so, the
 * state-building events at its start, and enter events that only complete their exit.
 */
struct source *scap_read(struct scap *r, const struct machine_sink *sink, char *error);
/* scap_begin() and scap_read(). */
struct source *scap_open(const char *path, const struct machine_sink *sink, char *error);
/* The same from n bytes of memory that outlive the source; name stands in messages. */
struct source *scap_open_memory(
	const void *data, size_t n, const char *name, const struct machine_sink *sink, char *error);

/* Bytes from anywhere: read() gives 1 to n of them, 0 at the end, -EAGAIN: none for now, or -errno.
 */
struct scap_feed {
	void *arg;
	ssize_t (*read)(void *arg, void *buf, size_t n);
};

struct source *scap_open_feed(const struct scap_feed *feed, const char *name,
	const struct machine_sink *sink, char *error);
#endif
