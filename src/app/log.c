/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are "<local time>: text", or with ISO times in UTC; one write() each, so they never mix. */
#include "app/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

static _Thread_local struct buf *gathered; /* log_gather() */

/* Set by a reload while other threads log. */
static struct {
	atomic_int max_level;
	atomic_bool to_stderr, to_syslog, iso_8601;
} config = {.max_level = LOG_LEVEL_INFO, .to_stderr = true};

void log_setup(enum log_level max_level, bool to_stderr, bool to_syslog, bool iso_8601)
{
	config.max_level = (int)max_level;
	config.to_stderr = to_stderr;
	config.to_syslog = to_syslog;
	config.iso_8601 = iso_8601;
}

static void put_time(struct buf *b)
{
	time_t now = time(NULL);
	char text[64];
	struct tm tm;

	if (config.iso_8601)
		strftime(text, sizeof(text), "%FT%T%z", gmtime_r(&now, &tm));
	else
		strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Y", localtime_r(&now, &tm));
	buf_puts(b, text);
}

void log_text(int level, const char *text)
{
	struct buf b = {0};

	if (level > config.max_level || (gathered && level > LOG_LEVEL_WARNING))
		return;
	if (config.to_syslog)
		syslog(level, "%s", text);
	if (config.to_stderr) {
		put_time(&b);
		buf_puts(&b, ": ");
		buf_puts(&b, text);
		if (b.p[b.n - 1] != '\n')
			buf_char(&b, '\n');
		fwrite(b.p, 1, b.n, stderr);
		buf_done(&b);
	}
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if ((int)level > config.max_level)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	log_text(level, text ? text : fmt);
	free(text);
}

void log_gather(struct buf *errors)
{
	gathered = errors;
}

void app_error(const char *fmt, ...)
{
	const char *shown;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	shown = text ? text : fmt;
	if (gathered) {
		buf_printf(gathered, "%s%s", gathered->n ? "\n" : "", shown);
	} else {
		fflush(stdout);
		fprintf(stderr, "Error: %s\n", shown);
	}
	free(text);
}
