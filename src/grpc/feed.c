/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients take alerts when it suits them; somebody has to be there at once, so that the queue of
 * the outputs does not fill up with old ones while new ones are lost.
 */
#include "grpc/feed.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"
#include "grpc/messages.h"
#include "output/sink.h"

struct feed {
	struct subscription *from;
	struct backlog *to;
	char *hostname;
	pthread_t thread;
	sem_t wake;
	_Atomic bool stop;
};

static void take(struct feed *f, struct buf *scratch)
{
	const struct alert *a;

	while ((a = subscription_next(f->from))) {
		scratch->n = 0;
		message_alert(a, f->hostname, scratch);
		backlog_add(f->to, buf_view(scratch));
	}
}

static void *work(void *arg)
{
	struct feed *f = arg;
	struct buf scratch = {0};
	bool stop;

	do {
		stop = atomic_load(&f->stop);
		take(f, &scratch);
		if (!stop)
			sem_wait(&f->wake);
	} while (!stop);
	buf_done(&scratch);
	return NULL;
}

static void wake(void *arg)
{
	sem_post(&((struct feed *)arg)->wake);
}

static void stats(void *arg, struct output_stats *io)
{
	struct backlog_stats s;

	backlog_get_stats(((struct feed *)arg)->to, &s);
	io->written = s.given;
	io->dropped += s.lost;
}

static void feed_free(struct feed *f)
{
	subscription_end(f->from);
	sem_destroy(&f->wake);
	free(f->hostname);
	free(f);
}

struct feed *feed_start(
	struct outputs *o, const char *name, const char *hostname, struct backlog *b)
{
	struct feed *f = mem_zalloc(sizeof(*f));

	f->to = b;
	f->hostname = mem_strdup(hostname);
	sem_init(&f->wake, 0, 0);
	f->from = outputs_subscribe(o, name, 0, wake, f);
	if (f->from) {
		subscription_set_stats(f->from, stats);
		if (thread_start(&f->thread, work, f) == 0)
			return f;
	}
	feed_free(f);
	return NULL;
}

void feed_stop(struct feed *f)
{
	if (!f)
		return;
	atomic_store(&f->stop, true);
	sem_post(&f->wake);
	pthread_join(f->thread, NULL);
	feed_free(f);
}
