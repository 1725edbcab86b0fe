/* SPDX-License-Identifier: Apache-2.0 */
/* Writes capture files that sysdig, Falco and our reader open: lists first, then events. */
#ifndef CAPTURE_SCAP_WRITE_H
#define CAPTURE_SCAP_WRITE_H
#include "base/buf.h"
#include "capture/machine.h"
#include "event/event.h"

struct scap_writer;

/* Creates path ("-": standard output). NULL and errno when it cannot. */
struct scap_writer *scap_create(const char *path, bool gzip);
/*
 * Compressed with less effort (level 1); only its owner may read it, and path is no link: for files
 * that are made without anybody looking, maybe in a folder that is everybody's.
 */
struct scap_writer *scap_create_fast(const char *path);
/*
 * Writes blocks into memory, without a section's header. scap_into() says where the following ones
 * go, lists again first; what came before is complete then.
 */
struct scap_writer *scap_create_memory(struct buf *to);
void scap_into(struct scap_writer *w, struct buf *to);
/* Puts blocks from memory here; has_events: there are events among them, or events came before. */
void scap_write_blocks(struct scap_writer *w, struct str blocks, bool has_events);
/* Lists: each kind in one go, before the first event; descriptors grouped by process. */
void scap_write_info(struct scap_writer *w, const struct machine_info *m);
void scap_write_iface(struct scap_writer *w, const struct machine_iface *i);
void scap_write_user(struct scap_writer *w, const struct machine_user *u);
void scap_write_proc(struct scap_writer *w, const struct machine_proc *p);
void scap_write_fd(struct scap_writer *w, const struct machine_fd *f);
void scap_write_event(struct scap_writer *w, const struct event *ev);
/* After events: another capture follows, with lists of its own. */
void scap_write_section(struct scap_writer *w);
/* Bytes handed to the file so far, before compression. */
uint64_t scap_written(const struct scap_writer *w);
/* Bytes that the file has so far; what is still being compressed is not there yet. */
uint64_t scap_file_bytes(const struct scap_writer *w);
/* Flushes and frees. 0, or -errno of the first write that failed. */
int scap_close(struct scap_writer *w);
#endif
