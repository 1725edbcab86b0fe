/* SPDX-License-Identifier: Apache-2.0 */
/* One thread; each of its chores has a clock of its own, and those that are due are done in turn.
 */
#include "app/ticker.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "app/log.h"
#include "base/clock.h"
#include "base/thread.h"

#define MS UINT64_C(1000000)

struct log_file {
	char *path; /* NULL: none */
	int fd;
	bool failing; /* and that was said */
};

struct ticker {
	struct ticker_config config;
	pthread_t thread;
	pthread_mutex_t lock; /* of stop */
	pthread_cond_t wake;
	bool stop;
	struct log_file metrics_file, stats_file;
	uint64_t samples, stats_samples;
	struct metrics_before before[MAX_BOARDS];
	struct stats_sample stats_before;
};

/* ---- files ---- */

static int write_all(int fd, struct str text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			text = str_from(text, (size_t)n);
	}
	return 0;
}

static int append(struct log_file *f, struct str text)
{
	if (f->fd < 0)
		f->fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return f->fd < 0 ? -errno : write_all(f->fd, text);
}

static void put_line(struct log_file *f, struct buf *line)
{
	int r = append(f, buf_view(line));

	if (r < 0 && !f->failing)
		log_msg(LOG_LEVEL_ERROR, "Could not write figures to %s: %s", f->path,
			strerror(-r));
	f->failing = r < 0;
}

/* ---- chores ---- */

static void put_json(struct buf *out, uint64_t sample, const struct field_pairs *p)
{
	buf_puts(out, "{\"output_fields\":{");
	for (size_t i = 0; i < p->list.n; i += 2) {
		if (i)
			buf_char(out, ',');
		buf_json(out, str_c(p->list.v[i]));
		buf_char(out, ':');
		buf_puts(out, p->list.v[i + 1]);
	}
	buf_printf(out, "},\"sample\":%llu}\n", (unsigned long long)sample);
}

static void tell_metrics(struct ticker *t, size_t board)
{
	uint64_t ts = clock_ns(CLOCK_REALTIME);
	struct field_pairs pairs;
	struct buf line = {0};

	metrics_fields(t->config.metrics, board, ts, &t->before[board], &pairs);
	if (t->config.output_rule)
		outputs_internal(t->config.outputs, ts, PRIORITY_INFORMATIONAL,
			METRICS_SNAPSHOT_RULE, "Falco metrics snapshot", pairs.list.v,
			pairs.list.n / 2);
	if (t->metrics_file.path) {
		put_json(&line, t->samples, &pairs);
		put_line(&t->metrics_file, &line);
	}
	buf_done(&line);
	field_pairs_done(&pairs);
}

static void metrics_chore(struct ticker *t)
{
	t->samples++;
	for (size_t i = 0; i < metrics_nboards(t->config.metrics); i++)
		tell_metrics(t, i);
}

static void stats_chore(struct ticker *t)
{
	struct snapshot *s = board_read(metrics_board(t->config.metrics, 0), 100);
	struct stats_sample now = {s->captured, s->dropped};
	struct buf line = {0};

	stats_file_line(&line, ++t->stats_samples, now, t->stats_before);
	put_line(&t->stats_file, &line);
	t->stats_before = now;
	buf_done(&line);
	snapshot_unref(s);
}

/* ---- the thread ---- */

/* Does a chore that is due; returns when it is to be done next. */
static uint64_t do_when_due(
	struct ticker *t, uint64_t due, uint64_t every_ms, void (*chore)(struct ticker *t))
{
	uint64_t now = monotonic_ns();

	if (!every_ms || now < due)
		return every_ms ? due : UINT64_MAX;
	chore(t);
	due += every_ms * MS;
	return MAX(due, now);
}

/* False: it is time to stop. */
static bool wait_until(struct ticker *t, uint64_t due)
{
	struct timespec until = monotonic_at(due);
	bool stop;

	pthread_mutex_lock(&t->lock);
	if (!t->stop)
		pthread_cond_timedwait(&t->wake, &t->lock, &until);
	stop = t->stop;
	pthread_mutex_unlock(&t->lock);
	return !stop;
}

static void *work(void *arg)
{
	struct ticker *t = arg;
	const struct ticker_config *c = &t->config;
	uint64_t start = monotonic_ns(),
		 stats_every = t->stats_file.path ? c->stats_interval_ms : 0;
	uint64_t metrics_due = start + c->interval_ms * MS, stats_due = start + stats_every * MS;

	do {
		metrics_due = do_when_due(t, metrics_due, c->interval_ms, metrics_chore);
		stats_due = do_when_due(t, stats_due, stats_every, stats_chore);
	} while (wait_until(t, MIN(metrics_due, stats_due)));
	return NULL;
}

static void close_file(struct log_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
}

static void release(struct ticker *t)
{
	close_file(&t->metrics_file);
	close_file(&t->stats_file);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void init(struct ticker *t, const struct ticker_config *c)
{
	t->config = *c;
	t->metrics_file.fd = t->stats_file.fd = -1;
	if (c->interval_ms && *c->output_file)
		t->metrics_file.path = mem_strdup(c->output_file);
	if (c->stats_file)
		t->stats_file.path = mem_strdup(c->stats_file);
	pthread_mutex_init(&t->lock, NULL);
	monotonic_cond_init(&t->wake);
}

struct ticker *ticker_new(const struct ticker_config *c)
{
	struct ticker *t = mem_zalloc(sizeof(*t));
	int r;

	init(t, c);
	r = thread_start(&t->thread, work, t);
	if (!r)
		return t;
	app_error("Could not start the thread for metrics: %s", strerror(-r));
	release(t);
	return NULL;
}

void ticker_free(struct ticker *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	release(t);
}
