/* SPDX-License-Identifier: Apache-2.0 */
/* The application's own log: to standard error and syslog, as the configuration says. */
#ifndef APP_LOG_H
#define APP_LOG_H
#include <stdbool.h>

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
/* The same for text made elsewhere (workers of outputs). */
void log_text(int level, const char *text);
#endif
