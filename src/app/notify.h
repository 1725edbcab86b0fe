/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the service manager how we are: sd_notify(3)'s protocol, datagrams to $NOTIFY_SOCKET.
 * Without one nothing is told, and nothing of this fails.
 */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

/* Looks at the environment, and takes what it finds there away from our children. */
void notify_init(void);
void notify_ready(void);
/* A reload begins; notify_ready() ends it. */
void notify_reloading(void);
void notify_stopping(void);
/* What we are doing, in one line. */
void notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* How often notify_alive() is due, in milliseconds; 0: nobody waits for it. */
unsigned notify_alive_interval(void);
/* The engine works: to be said by the thread that drives the events. */
void notify_alive(void);
#endif
