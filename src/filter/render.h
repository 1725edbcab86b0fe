/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of parameters, addresses and buffers (render*.c), for extractors. */
#ifndef FILTER_RENDER_H
#define FILTER_RENDER_H
#include "filter/field.h"

/* All of these want the event decoded. */
/*
 * What evt.arg shows of parameter i: the resolved text, or the raw one when there is none.
 * plain: without base64, as conditions see it.
 */
struct str param_shown(struct event_ctx *ctx, unsigned i, bool plain);
/* "name=raw(resolved)" of all parameters, separated by blanks. */
void params_print(struct event_ctx *ctx, struct buf *out);
/* The text of a text parameter; "<NA>" when it is empty or the old "(NULL)". */
struct str param_str(const struct event *ev, unsigned i);

/* Addresses of 4 or 16 bytes. */
void print_ip(struct buf *out, struct str addr);
/* Parameters of type SOCKADDR and SOCKTUPLE. */
void print_sockaddr(struct buf *out, struct param p);
void print_socktuple(struct buf *out, struct param p);
/* Printable characters and dots; or base64 when that is set, unless plain. */
void print_bytes(struct buf *out, struct str bytes, bool plain);

/* A moment as outputs show it: local time, or UTC with "+0000" (iso8601). */
enum time_style {
	TIME_CLOCK = 0,
	TIME_DATE = 1,	 /* the date in front */
	TIME_NS = 2,	 /* nine decimals behind */
	TIME_ISO8601 = 4 /* "2006-01-02T15:04:05.999999999+0000" */
};
void print_time(struct buf *out, uint64_t ts, unsigned style);
#endif
