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
	CONVERT_PASS,	 /* as it is */
	CONVERT_CHANGED, /* ev now views the converter's own memory, valid until the next call */
	CONVERT_DROP,	 /* stored or obsolete: nothing to show */
	CONVERT_ERROR,	 /* contradicts the table: more parameters than any schema, too large */
};

/* ev is decoded on CONVERT_PASS and CONVERT_CHANGED. */
enum convert_result convert_event(struct converter *c, struct event *ev);

/* Per type: the number of parameters with which its events are current, or one of the marks. */
enum { CONVERT_ANY = 254, CONVERT_NEVER = 255 };
extern const uint8_t convert_current[EV_MAX];
/* Per type: the number with which they are current and event_read() takes them; 255: none. */
extern const uint8_t convert_usual[EV_MAX];

/* Whether convert_event() has anything to do with events of this type and parameter count. */
static inline bool convert_needed(uint16_t type, uint32_t nparams)
{
	uint8_t current = convert_current[type];

	return current != nparams && current != CONVERT_ANY;
}

/* Bounds on what is kept of enter events; the oldest goes first. */
#define CONVERT_MAX_THREADS 32768
#define CONVERT_MAX_BYTES (32u * 1024 * 1024)
/* A record that needs conversion may not be larger, before or after. */
#define CONVERT_MAX_LEN 65536u
#endif
