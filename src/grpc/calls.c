/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call from the moment that one is waited for until nothing of it is outstanding.
 *
 * Completions come on any thread of the server, for one call also on several at once; its lock
 * makes them one after the other.  Each notes what happened, then step() looks at the whole and
 * starts what is due: at most one batch that sends and one that receives are under way.  A client
 * that does not read holds up its own sending only, and what it misses meanwhile is the backlog's
 * matter.  A call is freed when gRPC has said that it is over and no batch is under way; from then
 * on no new one starts.
 */
#include "grpc/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct method {
	const char *path; /* NULL: of those that we do not have */
	void (*next)(struct call *c);
};

struct call {
	struct rpc *rpc;
	struct call *prev, *next;
	const struct method *method;
	grpc_call *handle; /* NULL: nobody has called yet */
	grpc_call_details details;
	grpc_metadata_array metadata;
	grpc_byte_buffer *request;
	int cancelled;
	struct tag accepted, received, sent, over;

	pthread_mutex_t lock; /* of what follows */
	unsigned pending;     /* batches under way */
	bool sending, receiving;
	bool greeted;	      /* initial metadata are on their way */
	bool asked;	      /* a request is to be answered */
	bool half_closed;     /* there will be no further requests */
	bool malformed;	      /* the last one was none */
	bool finished;	      /* the status is on its way */
	bool broken, ended;   /* nothing can be sent; the call is over */
	uint64_t cursor, end; /* in the backlog: next message, the first not asked for */
	uint64_t lost;
};

static void step(struct call *c);

/* ---- batches ---- */

static void start(struct call *c, const grpc_op *ops, size_t n, struct tag *tag)
{
	const struct core *core = c->rpc->core;

	if (core->grpc_call_start_batch(c->handle, ops, n, tag, NULL) == GRPC_CALL_OK)
		c->pending++;
	else
		c->broken = true;
}

static void unref_blob(void *blob)
{
	blob_unref(blob);
}

/* Takes the reference over. */
static grpc_byte_buffer *message_of(const struct core *core, struct blob *b)
{
	grpc_slice s = core->grpc_slice_new_with_user_data(b->p, b->n, unref_blob, b);
	grpc_byte_buffer *m = core->grpc_raw_byte_buffer_create(&s, 1);

	core->grpc_slice_unref(s);
	return m;
}

/* Sends what there is of a message, whose reference is taken over, and a status; "": OK. */
static void send(struct call *c, struct blob *message, const char *status, grpc_status_code code)
{
	const struct core *core = c->rpc->core;
	grpc_byte_buffer *m = message ? message_of(core, message) : NULL;
	grpc_slice text = core->grpc_slice_from_static_string(status ? status : "");
	grpc_op ops[3] = {0};
	size_t n = 0;

	if (!c->greeted)
		ops[n++].op = GRPC_OP_SEND_INITIAL_METADATA;
	if (m) {
		ops[n].op = GRPC_OP_SEND_MESSAGE;
		ops[n++].data.send_message.send_message = m;
	}
	if (status) {
		ops[n].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
		ops[n].data.send_status_from_server.status = code;
		ops[n++].data.send_status_from_server.status_details = *status ? &text : NULL;
	}
	c->greeted = c->sending = true;
	c->finished = status;
	start(c, ops, n, &c->sent);
	if (m)
		core->grpc_byte_buffer_destroy(m);
}

static void finish(struct call *c, grpc_status_code code, const char *text)
{
	send(c, NULL, text, code);
}

static void receive(struct call *c)
{
	grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

	if (c->receiving || c->half_closed)
		return;
	op.data.recv_message.recv_message = &c->request;
	c->receiving = true;
	start(c, &op, 1, &c->received);
}

/* ---- methods ---- */

static void answer_version(struct call *c)
{
	atomic_fetch_add(&c->rpc->version->refs, 1);
	send(c, c->rpc->version, "", GRPC_STATUS_OK);
}

static void next_version(struct call *c)
{
	if (c->asked)
		answer_version(c);
	else if (c->half_closed)
		finish(c, GRPC_STATUS_INVALID_ARGUMENT, "a request is missing");
	else
		receive(c);
}

static void next_get(struct call *c)
{
	struct backlog *b = c->rpc->backlog;
	struct blob *message = NULL;

	if (!c->asked) {
		next_version(c);
		return;
	}
	if (b)
		message = backlog_claim(b, c->end, &c->lost);
	if (message)
		send(c, message, NULL, GRPC_STATUS_OK);
	else
		finish(c, GRPC_STATUS_OK, "");
}

static void next_sub(struct call *c)
{
	struct backlog *b = c->rpc->backlog;
	bool stopping = atomic_load(&c->rpc->stopping);
	struct blob *message = NULL;

	if (b)
		message = backlog_read(b, &c->cursor, stopping ? UINT64_MAX : c->end, &c->lost);
	if (message)
		send(c, message, NULL, GRPC_STATUS_OK);
	else if (stopping)
		finish(c, GRPC_STATUS_UNAVAILABLE, "Falco ends");
	else if (c->half_closed)
		finish(c, GRPC_STATUS_OK, "");
	else if (!c->greeted)
		send(c, NULL, NULL, GRPC_STATUS_OK);
	else
		receive(c);
}

static void next_unknown(struct call *c)
{
	finish(c, GRPC_STATUS_UNIMPLEMENTED, "there is no such method");
}

static void next_refused(struct call *c)
{
	finish(c, GRPC_STATUS_RESOURCE_EXHAUSTED, "there are too many calls");
}

static const struct method methods[] = {
	{"/falco.version.service/version", next_version},
	{"/falco.outputs.service/get", next_get},
	{"/falco.outputs.service/sub", next_sub},
};
static const struct method unknown = {NULL, next_unknown}, refused = {NULL, next_refused};

/* ---- the way of a call ---- */

static void step(struct call *c)
{
	if (c->ended || c->broken || c->finished || c->sending)
		return;
	if (c->malformed)
		finish(c, GRPC_STATUS_INVALID_ARGUMENT, "a request cannot be parsed");
	else if (atomic_load(&c->rpc->stopping) && !c->asked && c->method->next != next_sub)
		finish(c, GRPC_STATUS_UNAVAILABLE, "Falco ends");
	else
		c->method->next(c);
}

static void call_free(struct call *c)
{
	struct rpc *r = c->rpc;

	if (c->request)
		r->core->grpc_byte_buffer_destroy(c->request);
	r->core->grpc_metadata_array_destroy(&c->metadata);
	r->core->grpc_call_details_destroy(&c->details);
	if (c->handle)
		r->core->grpc_call_unref(c->handle);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void report_loss(const struct call *c)
{
	char text[128];

	if (!c->lost)
		return;
	snprintf(text, sizeof(text), "gRPC: %llu alerts were gone when a client asked for them",
		(unsigned long long)c->lost);
	c->rpc->log(PRIORITY_WARNING, text);
}

static void leave(struct call *c)
{
	struct rpc *r = c->rpc;

	pthread_mutex_lock(&r->lock);
	*(c->prev ? &c->prev->next : &r->calls) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	r->ncalls--;
	pthread_mutex_unlock(&r->lock);
	report_loss(c);
	call_free(c);
}

/* A completion has been noted: goes on, and unlocks. */
static void go_on(struct call *c)
{
	bool over;

	step(c);
	over = c->ended && !c->pending;
	pthread_mutex_unlock(&c->lock);
	if (over)
		leave(c);
}

static void on_sent(struct call *c, bool ok)
{
	pthread_mutex_lock(&c->lock);
	c->pending--;
	c->sending = false;
	c->broken |= !ok;
	go_on(c);
}

static bool is_request(const struct core *core, grpc_byte_buffer *m)
{
	grpc_byte_buffer_reader in;
	grpc_slice s;
	bool ok;

	if (!core->grpc_byte_buffer_reader_init(&in, m))
		return false;
	s = core->grpc_byte_buffer_reader_readall(&in);
	ok = message_is_request(str_n((const char *)GRPC_SLICE_START_PTR(s), GRPC_SLICE_LENGTH(s)));
	core->grpc_slice_unref(s);
	core->grpc_byte_buffer_reader_destroy(&in);
	return ok;
}

static void on_received(struct call *c, bool ok)
{
	const struct core *core = c->rpc->core;

	pthread_mutex_lock(&c->lock);
	c->pending--;
	c->receiving = false;
	if (ok && c->request) {
		c->malformed = !is_request(core, c->request);
		c->asked = true;
		c->end = c->rpc->backlog ? backlog_end(c->rpc->backlog) : 0;
		core->grpc_byte_buffer_destroy(c->request);
		c->request = NULL;
	} else {
		c->half_closed = true;
	}
	go_on(c);
}

static void on_over(struct call *c, bool ok)
{
	pthread_mutex_lock(&c->lock);
	c->pending--;
	c->ended = true;
	go_on(c);
}

/* ---- beginning ---- */

static const struct method *find_method(const struct core *core, grpc_slice path)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (core->grpc_slice_str_cmp(path, methods[i].path) == 0)
			return &methods[i];
	return &unknown;
}

/* Among those under way from now on. */
static void enter(struct call *c)
{
	struct rpc *r = c->rpc;

	c->method = find_method(r->core, c->details.method);
	pthread_mutex_lock(&r->lock);
	c->next = r->calls;
	if (c->next)
		c->next->prev = c;
	r->calls = c;
	if (r->ncalls++ >= MAX_CALLS)
		c->method = &refused;
	pthread_mutex_unlock(&r->lock);
}

static void on_accepted(struct call *c, bool ok)
{
	grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};

	if (!ok) {
		call_free(c);
		return;
	}
	call_expect(c->rpc);
	if (c->rpc->backlog)
		c->cursor = c->end = backlog_begin(c->rpc->backlog);
	enter(c);
	pthread_mutex_lock(&c->lock);
	op.data.recv_close_on_server.cancelled = &c->cancelled;
	start(c, &op, 1, &c->over);
	c->ended = c->broken; /* nobody will tell us */
	go_on(c);
}

void call_expect(struct rpc *r)
{
	struct call *c = mem_zalloc(sizeof(*c));

	c->rpc = r;
	c->accepted = (struct tag){on_accepted, c};
	c->received = (struct tag){on_received, c};
	c->sent = (struct tag){on_sent, c};
	c->over = (struct tag){on_over, c};
	pthread_mutex_init(&c->lock, NULL);
	r->core->grpc_call_details_init(&c->details);
	r->core->grpc_metadata_array_init(&c->metadata);
	if (r->core->grpc_server_request_call(r->server, &c->handle, &c->details, &c->metadata,
		    r->queue, r->queue, &c->accepted) != GRPC_CALL_OK)
		call_free(c);
}

void calls_wake(struct rpc *r)
{
	pthread_mutex_lock(&r->lock);
	for (struct call *c = r->calls; c; c = c->next) {
		pthread_mutex_lock(&c->lock);
		step(c);
		pthread_mutex_unlock(&c->lock);
	}
	pthread_mutex_unlock(&r->lock);
}
