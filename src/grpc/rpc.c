/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server as a whole.  One completion queue, and threads that take completions from it; what
 * they mean is in calls.c.  gRPC's own threads and ours have all signals blocked, so that handlers
 * run elsewhere.
 *
 * What clients can use up is bounded: calls (MAX_CALLS, and MAX_STREAMS for a connection), what
 * they send (MAX_REQUEST), alerts kept for them, memory of their connections, the time of a
 * handshake.  A connection whose other end is gone without a word is found out by pings.
 */
#include "grpc/rpc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/token_bucket.h"
#include "grpc/calls.h"
#include "grpc/feed.h"
#include "grpc/listen.h"
#include "output/lanes.h"

#define MAX_REQUEST 4096
#define MAX_METADATA 8192
#define MAX_STREAMS 128
#define HANDSHAKE_MS 10000
#define PING_MS 60000
#define PING_TIMEOUT_MS 20000
#define BACKLOG_BYTES (32u << 20)
#define CALLS_EXPECTED 4 /* for each thread */
#define DEFAULT_TIMEOUT_MS 2000

/* ---- what gRPC's core has to say ---- */

static struct {
	pthread_mutex_t lock;
	void (*log)(int level, const char *text);
	struct token_bucket limit; /* strangers can make it say things */
} words = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void say(gpr_log_func_args *args)
{
	void (*log)(int level, const char *text) = NULL;
	char text[512];

	if (args->severity != GPR_LOG_SEVERITY_ERROR)
		return;
	pthread_mutex_lock(&words.lock);
	if (words.log && token_bucket_claim(&words.limit, monotonic_ns()))
		log = words.log;
	pthread_mutex_unlock(&words.lock);
	if (!log)
		return;
	snprintf(text, sizeof(text), "gRPC: %s", args->message);
	log(PRIORITY_NOTICE, text);
}

static void listen_to_core(const struct core *core, void (*log)(int level, const char *text))
{
	pthread_mutex_lock(&words.lock);
	words.log = log;
	token_bucket_init(&words.limit, 0.2, 5, monotonic_ns());
	pthread_mutex_unlock(&words.lock);
	core->gpr_set_log_function(say);
}

/* ---- threads ---- */

static void note_shut(struct rpc *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_shut = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void *serve(void *arg)
{
	struct rpc *r = arg;
	grpc_event e;

	for (;;) {
		e = r->core->grpc_completion_queue_next(
			r->queue, r->core->gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
		if (e.type == GRPC_QUEUE_SHUTDOWN)
			return NULL;
		if (e.type != GRPC_OP_COMPLETE)
			continue;
		if (e.tag == &r->shut)
			note_shut(r);
		else
			((struct tag *)e.tag)->done(((struct tag *)e.tag)->call, e.success);
	}
}

static unsigned threads_of(const struct rpc_config *c)
{
	long n = c->threads ? (long)c->threads : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (unsigned)n;
}

/* False: there is not one to be had. */
static bool start_threads(struct rpc *r, unsigned wanted)
{
	r->threads = mem_alloc(wanted * sizeof(*r->threads));
	while (r->nthreads < wanted && thread_start(&r->threads[r->nthreads], serve, r) == 0)
		r->nthreads++;
	return r->nthreads;
}

static void end_threads(struct rpc *r)
{
	r->core->grpc_completion_queue_shutdown(r->queue);
	for (unsigned i = 0; i < r->nthreads; i++)
		pthread_join(r->threads[i], NULL);
	if (!r->nthreads)
		serve(r); /* what is in the queue has to be taken by somebody */
	free(r->threads);
}

/* ---- starting ---- */

static grpc_server *make_server(const struct core *core)
{
	static const struct {
		const char *key;
		int value;
	} limits[] = {
		{GRPC_ARG_ALLOW_REUSEPORT, 0},
		{GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, MAX_REQUEST},
		{GRPC_ARG_MAX_METADATA_SIZE, MAX_METADATA},
		{GRPC_ARG_MAX_CONCURRENT_STREAMS, MAX_STREAMS},
		{GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, HANDSHAKE_MS},
		{GRPC_ARG_KEEPALIVE_TIME_MS, PING_MS},
		{GRPC_ARG_KEEPALIVE_TIMEOUT_MS, PING_TIMEOUT_MS},
		{GRPC_ARG_ENABLE_CHANNELZ, 0},
	};
	grpc_arg v[ARRAY_SIZE(limits)];

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		v[i] = (grpc_arg){.type = GRPC_ARG_INTEGER,
			.key = (char *)limits[i].key,
			.value.integer = limits[i].value};
	return core->grpc_server_create(&(grpc_channel_args){ARRAY_SIZE(limits), v}, NULL);
}

static bool start_feed(struct rpc *r, const struct rpc_config *c, char err[512])
{
	if (!c->outputs)
		return true;
	r->backlog = backlog_new(c->queue_capacity, BACKLOG_BYTES);
	r->feed = feed_start(c->outputs, RPC_OUTPUT, c->hostname, r->backlog);
	if (!r->feed)
		snprintf(err, 512, "no thread can be started that takes alerts");
	return r->feed;
}

static bool start_server(struct rpc *r, const struct rpc_config *c, char err[512])
{
	const unsigned n = threads_of(c);

	r->queue = r->core->grpc_completion_queue_create_for_next(NULL);
	r->server = make_server(r->core);
	r->core->grpc_server_register_completion_queue(r->server, r->queue, NULL);
	if (!listen_on(r->core, r->server, c->address, &c->files, &r->identity, err))
		return false;
	if (!start_feed(r, c, err))
		return false;
	r->core->grpc_server_start(r->server);
	if (!start_threads(r, n)) {
		snprintf(err, 512, "no thread can be started that serves");
		return false;
	}
	for (unsigned i = 0; i < CALLS_EXPECTED * r->nthreads; i++)
		call_expect(r);
	return true;
}

static struct blob *version_blob(const struct message_version *v)
{
	struct buf out = {0};
	struct blob *b;

	message_version(v, &out);
	b = blob_new(buf_view(&out));
	buf_done(&out);
	return b;
}

struct rpc *rpc_start(const struct rpc_config *c, char err[512])
{
	const struct core *core = core_load(err);
	sigset_t all, before;
	struct rpc *r;
	bool ok;

	if (!core)
		return NULL;
	r = mem_zalloc(sizeof(*r));
	r->core = core;
	r->log = c->log;
	r->timeout_ms = c->timeout_ms ? c->timeout_ms : DEFAULT_TIMEOUT_MS;
	r->version = version_blob(&c->version);
	pthread_mutex_init(&r->lock, NULL);
	monotonic_cond_init(&r->changed);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	listen_to_core(core, NULL); /* while starting, errors are ours to tell */
	core->grpc_init();
	ok = start_server(r, c, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!ok) {
		rpc_stop(r);
		return NULL;
	}
	listen_to_core(core, c->log);
	return r;
}

unsigned rpc_threads(const struct rpc *r)
{
	return r->nthreads;
}

int rpc_renew(struct rpc *r, char err[512])
{
	return r->identity ? identity_renew(r->identity, err) : 0;
}

/* ---- stopping ---- */

/* Whether all calls were over in time. */
static bool await_end(struct rpc *r, unsigned timeout_ms)
{
	struct timespec until = monotonic_after(timeout_ms);
	bool ok;
	int e = 0;

	pthread_mutex_lock(&r->lock);
	while (!r->is_shut && !e)
		e = pthread_cond_timedwait(&r->changed, &r->lock, &until);
	ok = r->is_shut;
	pthread_mutex_unlock(&r->lock);
	return ok;
}

static void end_calls(struct rpc *r)
{
	r->core->grpc_server_shutdown_and_notify(r->server, r->queue, &r->shut);
	calls_wake(r);
	if (!r->nthreads || await_end(r, r->timeout_ms))
		return;
	r->core->grpc_server_cancel_all_calls(r->server);
	while (!await_end(r, r->timeout_ms))
		;
}

void rpc_stop(struct rpc *r)
{
	if (!r)
		return;
	feed_stop(r->feed);
	atomic_store(&r->stopping, true);
	end_calls(r);
	end_threads(r);
	r->core->grpc_server_destroy(r->server);
	r->core->grpc_completion_queue_destroy(r->queue);
	listen_to_core(r->core, NULL);
	r->core->grpc_shutdown_blocking();
	identity_free(r->identity);
	backlog_free(r->backlog);
	blob_unref(r->version);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
