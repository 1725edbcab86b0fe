/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that has the events puts blocks together in memory and hands over pieces of CHUNK
 * bytes; the other one only ever sees whole pieces.  The blocks of a ring come as one large piece.
 */
#include "app/capture_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "app/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/vec.h"

#define CHUNK (128u * 1024)
#define QUEUE_MAX (64u << 20) /* bytes; one piece more is always taken */

struct capture_file {
	/* of the thread that has the events */
	struct scap_writer *w;
	struct buf gathered;
	pthread_t thread;
	bool ended, joined;
	/* of the thread that writes */
	struct scap_writer *out;
	char *path;
	uint64_t max_bytes;
	/* of both, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	VEC(struct buf) queue;
	size_t queued; /* bytes */
	bool last;
	atomic_ullong full; /* bytes in the file when that was the limit */
};

static void write_piece(struct capture_file *f, const struct buf *piece)
{
	if (f->full)
		return;
	scap_write_blocks(f->out, buf_view(piece), true);
	if (f->max_bytes && scap_file_bytes(f->out) >= f->max_bytes)
		f->full = scap_file_bytes(f->out);
}

/* False when there will be none any more. */
static bool take(struct capture_file *f, struct buf *ret)
{
	bool some;

	pthread_mutex_lock(&f->lock);
	while (!f->queue.n && !f->last)
		pthread_cond_wait(&f->more, &f->lock);
	some = f->queue.n;
	if (some) {
		*ret = f->queue.v[0];
		f->queue.n--;
		memmove(f->queue.v, f->queue.v + 1, f->queue.n * sizeof(*f->queue.v));
		f->queued -= ret->n;
		pthread_cond_signal(&f->less);
	}
	pthread_mutex_unlock(&f->lock);
	return some;
}

static void *write_main(void *arg)
{
	struct capture_file *f = arg;
	struct buf piece;
	int err;

	while (take(f, &piece)) {
		write_piece(f, &piece);
		buf_done(&piece);
	}
	err = scap_close(f->out);
	if (err)
		log_msg(LOG_LEVEL_ERROR, "Could not write all of the capture %s: %s", f->path,
			strerror(-err));
	return NULL;
}

static void destroy(struct capture_file *f)
{
	scap_close(f->w);
	buf_done(&f->gathered);
	vec_done(&f->queue);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->more);
	pthread_cond_destroy(&f->less);
	free(f->path);
	free(f);
}

struct capture_file *capture_file_new(const char *path, uint64_t max_bytes)
{
	struct scap_writer *out = scap_create_fast(path);
	struct capture_file *f;
	int err;

	if (!out)
		return NULL;
	f = mem_zalloc(sizeof(*f));
	f->out = out;
	f->max_bytes = max_bytes;
	f->path = mem_strdup(path);
	f->w = scap_create_memory(&f->gathered);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->more, NULL);
	pthread_cond_init(&f->less, NULL);
	err = thread_start(&f->thread, write_main, f);
	if (!err)
		return f;
	scap_close(out);
	destroy(f);
	errno = -err;
	return NULL;
}

struct scap_writer *capture_file_writer(struct capture_file *f)
{
	return f->w;
}

static void hand_over(struct capture_file *f, bool last)
{
	pthread_mutex_lock(&f->lock);
	while (f->queued > QUEUE_MAX)
		pthread_cond_wait(&f->less, &f->lock);
	if (f->gathered.n) {
		f->queued += f->gathered.n;
		vec_push(&f->queue, f->gathered);
	}
	f->last = last;
	pthread_cond_signal(&f->more);
	pthread_mutex_unlock(&f->lock);
	if (f->gathered.n)
		f->gathered = (struct buf){0};
}

void capture_file_push(struct capture_file *f)
{
	if (f->gathered.n >= CHUNK)
		hand_over(f, false);
}

uint64_t capture_file_full(const struct capture_file *f)
{
	return f->full;
}

void capture_file_end(struct capture_file *f)
{
	if (!f->ended)
		hand_over(f, true);
	f->ended = true;
}

void capture_file_wait(struct capture_file *f)
{
	capture_file_end(f);
	if (!f->joined)
		pthread_join(f->thread, NULL);
	f->joined = true;
}

void capture_file_free(struct capture_file *f)
{
	if (!f)
		return;
	capture_file_wait(f);
	destroy(f);
}
