/* SPDX-License-Identifier: Apache-2.0 */
/* Numbered alerts, the files they come to, and what outputs say meanwhile. After cmocka.h. */
#ifndef TESTS_RAISED_H
#define TESTS_RAISED_H
#include <pthread.h>
#include <time.h>

#include "base/file.h"
#include "output/outputs.h"

#define TS UINT64_C(1700000000000000000)
/* How long to wait for what must come, however busy the machine is. */
#define PATIENCE_MS 60000

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct buf log_lines; /* "level text\n" */

static inline void take_log(int level, const char *text)
{
	pthread_mutex_lock(&log_lock);
	buf_printf(&log_lines, "%d %s\n", level, text);
	pthread_mutex_unlock(&log_lock);
}

/* How often text is in the log. */
static inline unsigned logged(const char *text)
{
	unsigned n = 0;

	pthread_mutex_lock(&log_lock);
	for (const char *p = buf_cstr(&log_lines); (p = strstr(p, text)); p++)
		n++;
	pthread_mutex_unlock(&log_lock);
	return n;
}

static inline void pause_ms(unsigned ms)
{
	nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

static inline void await_log(const char *text)
{
	for (int i = 0; i < PATIENCE_MS / 10 && !logged(text); i++)
		pause_ms(10);
	if (!logged(text))
		fail_msg("\"%s\" is not in the log: %s", text, buf_cstr(&log_lines));
}

static inline struct outputs *open_outputs(struct outputs_config c)
{
	char err[512];
	struct outputs *o;

	if (!c.hostname)
		c.hostname = "h";
	o = outputs_new(&c, take_log, err);
	if (!o)
		fail_msg("%s", err);
	return o;
}

static inline void raise_alert(struct outputs *o, unsigned n)
{
	char text[32];

	snprintf(text, sizeof(text), "n%u", n);
	outputs_internal(o, TS, PRIORITY_NOTICE, "rule", text, NULL, 0);
}

static inline void raise_alerts(struct outputs *o, unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last; n++)
		raise_alert(o, n);
}

/* Of a file, until the call after the next one; "(none)" if there is none. */
static inline const char *content(const char *path)
{
	static struct arena arenas[2];
	static unsigned calls;
	struct arena *a = &arenas[calls++ % 2];
	struct str s;

	if (!a->chunk_size)
		arena_init(a, 0);
	arena_reset(a);
	return file_read(a, path, 1 << 24, &s) ? "(none)" : s.p;
}

/* The file has the alerts from first to last, each once and in order. */
static inline bool has_exactly(const char *path, unsigned first, unsigned last)
{
	const char *p = content(path);
	unsigned n;

	for (unsigned i = first; i <= last; i++) {
		p = strstr(p, "Notice n");
		if (!p || sscanf(p, "Notice n%u ", &n) != 1 || n != i)
			return false;
		p++;
	}
	return !strstr(p, "Notice n");
}

static inline void await_alerts(const char *path, unsigned first, unsigned last)
{
	for (int i = 0; i < PATIENCE_MS / 10 && !has_exactly(path, first, last); i++)
		pause_ms(10);
	if (!has_exactly(path, first, last))
		fail_msg("%s: %s\n%s", path, content(path), buf_cstr(&log_lines));
}

static inline struct output_stats stats_of(struct outputs *o, const char *name)
{
	struct output_stats v[8];
	size_t n = outputs_stats(o, v, 8);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name))
			return v[i];
	fail_msg("no sink %s", name);
	return v[0];
}
#endif
