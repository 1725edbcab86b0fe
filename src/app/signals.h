/* SPDX-License-Identifier: Apache-2.0 */
/* Signals only set flags; the event loop looks at them between events. */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H
#include <signal.h>

extern volatile sig_atomic_t signal_any;       /* one of the following came, or a reload is ready */
extern volatile sig_atomic_t signal_terminate; /* SIGINT, SIGTERM: the signal's number */
extern volatile sig_atomic_t signal_restart;   /* SIGHUP */
extern volatile sig_atomic_t signal_reopen;    /* SIGUSR1 */
extern volatile sig_atomic_t signal_alive;     /* no signal: notify_alive() is due */

void signals_install(void);
#endif
