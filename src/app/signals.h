/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals only set flags, on whichever thread they come; the event loop looks at them between
 * events.  signal_any is set last and cleared first, so that none is overlooked.
 */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H
#include <stdatomic.h>

extern atomic_int signal_any;	    /* one of the following came, or a reload is ready */
extern atomic_int signal_terminate; /* SIGINT, SIGTERM: the signal's number */
extern atomic_int signal_restart;   /* SIGHUP */
extern atomic_int signal_reopen;    /* SIGUSR1 */
extern atomic_int signal_alive;	    /* no signal: notify_alive() is due */

void signals_install(void);
#endif
