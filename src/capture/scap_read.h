/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files (.scap, format 1.x of 2014 to today): plain, gzip, from a pipe, several in a row.
 * Source: pcap-ng style blocks, see docs/scap.md.
 */
#ifndef CAPTURE_SCAP_READ_H
#define CAPTURE_SCAP_READ_H
#include "capture/source.h"

/*
 * Opens path ("-": standard input) and reads up to the first event, delivering the machine's
 * lists to sink.  NULL with a message in error (at least 512 bytes) when it is no capture.
 * A damaged file yields its events up to the damage, then SOURCE_ERROR with the offset.
 * Unknown blocks are skipped. Events are already converted to today's schema.
 */
struct source *scap_open(const char *path, const struct machine_sink *sink, char *error);
#endif
