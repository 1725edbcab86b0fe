/* SPDX-License-Identifier: Apache-2.0 */
/* What rpc.c and calls.c share: the server, and one call of a client. */
#ifndef GRPC_CALLS_H
#define GRPC_CALLS_H
#include <pthread.h>

#include "grpc/backlog.h"
#include "grpc/core.h"
#include "grpc/rpc.h"

#define MAX_CALLS 1024 /* under way */

struct call;

/* What a completion is about: the address of one of these is gRPC's tag. */
struct tag {
	void (*done)(struct call *c, bool ok);
	struct call *call;
};

struct rpc {
	const struct core *core;
	void (*log)(int level, const char *text);
	grpc_server *server;
	grpc_completion_queue *queue;
	pthread_t *threads;
	unsigned nthreads;
	unsigned timeout_ms;
	struct identity *identity; /* NULL: there is no TLS */
	char *hostname;
	struct blob *version;	 /* the answer */
	struct backlog *backlog; /* NULL: no alerts */
	struct feed *feed;	 /* fills it */
	_Atomic bool stopping;
	struct tag shut; /* the server has no calls any more */

	pthread_mutex_t lock; /* of what follows; before the lock of a call */
	pthread_cond_t changed;
	struct call *calls; /* doubly linked */
	unsigned ncalls;
	bool is_shut;
};

/* Waits for one more call of a client. */
void call_expect(struct rpc *r);
/* Everyone is to come to an end: all calls look at r->stopping. */
void calls_wake(struct rpc *r);
#endif
