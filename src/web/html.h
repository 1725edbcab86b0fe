/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of HTML. */
#ifndef WEB_HTML_H
#define WEB_HTML_H
#include "base/buf.h"

/* Text, also inside quotes: what means something in HTML is escaped, controls and bad UTF-8
 * replaced. */
void html_text(struct buf *out, struct str s);
/* 1234567 as 1,234,567. */
void html_count(struct buf *out, uint64_t n);
/* 1,234 or 1.2 M. */
void html_short(struct buf *out, double n);
/* 45.9 kB or 31.7 MB. */
void html_bytes(struct buf *out, uint64_t n);
/* 93784 seconds as "1 d 2 h", 75 as "1 min 15 s". */
void html_duration(struct buf *out, uint64_t seconds);
/* 2026-11-22 20:44:30, UTC; ts: ns since the epoch. */
void html_time(struct buf *out, uint64_t ts);
/* A line over n equidistant values that starts at 0, as a picture that stretches; alarm: in red. */
void html_sparkline(struct buf *out, const double *v, size_t n, bool alarm);
#endif
