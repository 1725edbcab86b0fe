/* SPDX-License-Identifier: Apache-2.0 */
/* The application's own log: to standard error and syslog, as the configuration says. */
#ifndef APP_LOG_H
#define APP_LOG_H
#include "base/buf.h"

/* syslog's levels. */
enum log_level {
	LOG_LEVEL_EMERGENCY,
	LOG_LEVEL_ALERT,
	LOG_LEVEL_CRITICAL,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

void log_setup(enum log_level max_level, bool to_stderr, bool to_syslog, bool iso_8601);
/* One message, without newline. */
void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints "Error: ..." on standard error, as the reason of exit status 1. */
void app_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * What the calling thread says from now on: errors are gathered in *errors, one a line, messages
 * less grave than warnings are not worth mentioning. NULL: as usual.
 */
void log_gather(struct buf *errors);
/* The same for text made elsewhere (workers of outputs). */
void log_text(int level, const char *text);
#endif
