/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we tell about ourselves while we run: the web server, metrics at intervals, the stats file.
 * None of it is on the way of an event: between two events, the thread that drives them looks
 * whether somebody waits for figures.
 */
#ifndef APP_SERVICE_H
#define APP_SERVICE_H
#include "app/app.h"
#include "state/state.h"

/* Options that are out of range. False: reported. */
bool service_check_options(const struct options *o);
/*
 * Starts what the configuration and options ask for, before the first event; a->service and
 * a->board stay NULL when that is nothing. False: reported.
 */
bool service_start(struct app *a);
/* Ends it, before the outputs end. NULL is fine. */
void service_stop(struct service *s);

/* Makes a->figures of the rules and files that were loaded, if somebody may ask for them. */
void service_make_figures(struct app *a);

/* ---- from the thread that reloads ---- */

/* Servers read their certificates anew, and the log tells. */
void service_renew(const struct app *a);

/* ---- from the thread that drives the events ---- */

/* The source is of another engine than the configuration names. */
void service_set_engine(struct app *a, enum engine_kind kind);
/* Another configuration and other rules are in use. */
void service_reloaded(struct app *a);
/* To be called when board_wanted(a->board). */
void service_publish(struct app *a, struct source *source, const struct state *state);
#endif
