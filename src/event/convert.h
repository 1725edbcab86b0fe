/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings events of old captures to today's schema (tables/convert.def): keeps each thread's last
 * enter event, and rebuilds exit events that have fewer parameters or an old type.
 */
#ifndef EVENT_CONVERT_H
#define EVENT_CONVERT_H
#include "event/event.h"

struct converter;

struct converter *converter_new(void);
void converter_free(struct converter *c);

enum convert_result {
	CONVERT_PASS,    /* as it is */
	CONVERT_CHANGED, /* ev now views the converter's own memory, valid until the next call */
	CONVERT_DROP,    /* stored or obsolete: nothing to show */
	CONVERT_ERROR,   /* contradicts the table: more parameters than any schema, too large */
};

/* ev is decoded on CONVERT_PASS and CONVERT_CHANGED. */
enum convert_result convert_event(struct converter *c, struct event *ev);
#endif
