/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small HTTP server for a fixed list of documents that are made when they are asked for: GET and
 * HEAD, HTTP or HTTPS, its own threads.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H
#include "base/buf.h"

struct server_request {
	bool local; /* the peer is on this machine and calls us by a name of this machine */
};

struct server_response {
	unsigned status;  /* 200 unless the handler sets another one */
	const char *type; /* Content-Type */
	char csp[256];	  /* Content-Security-Policy; "": nothing is allowed */
	struct buf body;
};

struct server_route {
	const char *path; /* exactly; what is behind "?" does not count */
	void (*fn)(void *arg, const struct server_request *q, struct server_response *ret);
	void *arg;
};

struct server_config {
	const char *address; /* IPv4 or IPv6 literal */
	uint16_t port;	     /* 0: a free one */
	unsigned threads;    /* 0: as many as there are processors */
	const char *pem;     /* file with certificate and key, NULL: plain HTTP */
	const struct server_route *routes;
	size_t nroutes; /* routes and what they name stay until server_stop() */
};

struct server;
/* Listens and answers from now on. NULL with a message in err. */
struct server *server_start(const struct server_config *c, char err[512]);
uint16_t server_port(const struct server *h);
unsigned server_threads(const struct server *h);
/*
 * Reads certificate and key anew: connections from now on get what is there, those that are open
 * end. 1; 0: they are the same as before, or there are none; -1 with a message in err: all stays as
 * it was.
 */
int server_renew(struct server *h, char err[512]);
/* Waits for answers that are under way; NULL is fine. */
void server_stop(struct server *h);
#endif
