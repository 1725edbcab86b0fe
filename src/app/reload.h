/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration and rules are loaded anew when somebody asks (SIGHUP) or their files change: on a
 * thread of its own, beside those in use, which stay when there is anything wrong with the new
 * ones.  The thread that drives the events then takes the new generation between two events.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H
#include "app/app.h"

struct reload;

/* A generation, ready to take the place of the one in use. */
struct next {
	struct app app; /* its generation, nothing else */
	struct outputs_change *outputs;
	string_list restart_keys; /* changed, but only a start heeds them */
	struct buf report;	  /* what changed, lines */
};

/*
 * a: whose generation is in use. Starts the thread. NULL with errno when there is none to be had.
 * signal_any is set whenever reload_take() or signal_alive are worth a look.
 */
struct reload *reload_new(struct app *a);
/* Ends the thread and frees what was not taken or has been given back. NULL is fine. */
void reload_free(struct reload *r);
/* Load anew, now. */
void reload_ask(struct reload *r);
/*
 * The generation to use from now on, NULL: none is ready. The caller puts it into its app, the one
 * that was there into what it got, and gives that back: it is freed by the thread.
 */
struct next *reload_take(struct reload *r);
void reload_give_back(struct reload *r, struct next *old);
#endif
