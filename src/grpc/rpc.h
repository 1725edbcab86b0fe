/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gRPC server: falco.outputs.service and falco.version.service (proto/), its own threads.
 * Whoever raises alerts never waits for a client.
 */
#ifndef GRPC_RPC_H
#define GRPC_RPC_H
#include "grpc/messages.h"
#include "grpc/tls.h"

/* As alerts of this server are called among the outputs. */
#define RPC_OUTPUT "grpc"

struct rpc_config {
	const char *address;	/* unix:///path or address:port */
	unsigned threads;	/* 0: as many as there are processors */
	struct tls_files files; /* for address:port; what is in them may change */
	const char *hostname;	/* in alerts */
	struct message_version version;
	struct outputs *outputs; /* NULL: clients get no alerts */
	size_t queue_capacity;	 /* alerts that are kept for clients; 0: what fits into 32 MiB */
	unsigned timeout_ms;	 /* of clients at the end; 0: 2 seconds */
	void (*log)(int level, const char *text); /* levels as enum priority, any thread */
};

struct rpc;
/* Answers from now on; strings are copied. NULL with a message in err that says what to do. */
struct rpc *rpc_start(const struct rpc_config *c, char err[512]);
unsigned rpc_threads(const struct rpc *r);
/*
 * Reads key and certificates anew: connections from now on get what is there. 1; 0: it is the same
 * as before; -1 with a message in err: all stays as it was. Any thread.
 */
int rpc_renew(struct rpc *r, char err[512]);
/*
 * Clients get what there still is, and the status UNAVAILABLE, then those who do not take it are
 * cut off. To be called before outputs_free(); NULL is fine.
 */
void rpc_stop(struct rpc *r);
#endif
