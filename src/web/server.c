/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd does the protocol. What peers can use up is bounded: connections, in all and per
 * address, memory of each, and the time one may be silent. All signals are blocked on its threads,
 * so that handlers run elsewhere.
 */
#include "web/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "web/mhd.h"

#define MAX_CONNECTIONS 1024u
#define MAX_PER_ADDRESS 512u
#define CONNECTION_BYTES 32768u
#define IDLE_SECONDS 10u
#define MAX_THREADS 64u
#define MAX_PEM (1u << 20)

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Certificate and key, which the library may look at as long as it works with them. */
struct pem {
	struct arena arena;
	struct str text; /* nothing: plain HTTP */
};

struct server {
	struct MHD_Daemon *daemon;
	const struct server_route *routes;
	size_t nroutes;
	unsigned threads;
	union address address;
	char *pem_path; /* NULL: plain HTTP */
	struct pem pem;
};

/* ---- who asks ---- */

static bool from_loopback(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		mhd.get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const union address *a = info ? (const union address *)info->client_addr : NULL;

	if (!a)
		return false;
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return a->v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

/* A page of somebody else's whose name was made to resolve to this machine has its own Host. */
static bool asks_for_loopback(struct MHD_Connection *c)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	const char *host = mhd.lookup_connection_value(c, MHD_HEADER_KIND, "Host");

	for (size_t i = 0; host && i < ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i]);

		if (strncasecmp(host, names[i], n) == 0 && (!host[n] || host[n] == ':'))
			return true;
	}
	return false;
}

/* ---- answers ---- */

static enum MHD_Result reply(struct MHD_Connection *c, struct server_response *r, const char *allow)
{
	/* The library takes the body over, to be freed. */
	struct MHD_Response *m =
		mhd.create_response_from_buffer(r->body.n, r->body.p, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result sent;

	if (!m) {
		buf_done(&r->body);
		return MHD_NO;
	}
	mhd.add_response_header(m, "Content-Type", r->type);
	mhd.add_response_header(m, "Cache-Control", "no-store");
	mhd.add_response_header(m, "X-Content-Type-Options", "nosniff");
	mhd.add_response_header(
		m, "Content-Security-Policy", *r->csp ? r->csp : "default-src 'none'");
	if (allow)
		mhd.add_response_header(m, "Allow", allow);
	sent = mhd.queue_response(c, r->status, m);
	mhd.destroy_response(m);
	return sent;
}

static enum MHD_Result refuse(
	struct MHD_Connection *c, unsigned status, const char *text, const char *allow)
{
	struct server_response r = {.status = status, .type = "text/plain"};

	buf_puts(&r.body, text);
	return reply(c, &r, allow);
}

static enum MHD_Result answer(struct MHD_Connection *c, const struct server_route *route)
{
	const struct server_request q = {.local = from_loopback(c) && asks_for_loopback(c)};
	struct server_response r = {.status = MHD_HTTP_OK, .type = "text/plain"};
	enum MHD_Result sent;

	route->fn(route->arg, &q, &r);
	sent = reply(c, &r, NULL);
	return sent;
}

static const struct server_route *find(const struct server *h, const char *path)
{
	for (size_t i = 0; i < h->nroutes; i++)
		if (strcmp(h->routes[i].path, path) == 0)
			return &h->routes[i];
	return NULL;
}

/* Called when the head of a request is there, for every piece of its body, and at its end. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *c, const char *path,
	const char *method, const char *version, const char *body, size_t *nbody, void **state)
{
	static char head_seen;
	const struct server_route *route = find(arg, path);

	if (!*state) {
		*state = &head_seen;
		if (!route)
			return refuse(c, MHD_HTTP_NOT_FOUND, "Not found\n", NULL);
		if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
			return refuse(
				c, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD\n", "GET, HEAD");
		return MHD_YES;
	}
	if (*nbody) {
		*nbody = 0;
		return MHD_YES;
	}
	return answer(c, route);
}

/* Paths are compared as they were sent. */
static size_t leave_escaped(void *arg, struct MHD_Connection *c, char *text)
{
	return strlen(text);
}

/* ---- starting ---- */

static bool parse_address(const struct server_config *c, union address *ret)
{
	*ret = (union address){0};
	if (inet_pton(AF_INET, c->address, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(c->port);
		return true;
	}
	if (inet_pton(AF_INET6, c->address, &ret->v6.sin6_addr) != 1)
		return false;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(c->port);
	return true;
}

static void pem_done(struct pem *p)
{
	if (p->text.n)
		explicit_bzero((char *)p->text.p, p->text.n);
	arena_done(&p->arena);
	*p = (struct pem){0};
}

/* False with a message in err; there is nothing to be done with ret then. */
static bool pem_read(struct pem *ret, const char *path, char err[512])
{
	int r;

	*ret = (struct pem){0};
	arena_init(&ret->arena, 0);
	r = file_read(&ret->arena, path, MAX_PEM, &ret->text);
	if (!r && str_find(ret->text, STR("-----BEGIN CERTIFICATE-----")) >= 0 &&
		str_find(ret->text, STR("PRIVATE KEY-----")) >= 0)
		return true;
	snprintf(err, 512, "%s: %s", path,
		r ? strerror(-r) : "it must have both a certificate and its private key, as PEM");
	pem_done(ret);
	return false;
}

static unsigned threads_of(const struct server_config *c)
{
	long n = c->threads ? (long)c->threads : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : MIN((unsigned)n, MAX_THREADS);
}

/* On a socket that listens already, which it takes over, or on one of its own (-1). NULL: errno. */
static struct MHD_Daemon *start_daemon(struct server *h, const struct pem *pem, int fd)
{
	/* Every row is taken as it is; those behind the end are for what is not always there. */
	struct MHD_OptionItem options[9] = {
		fd < 0 ? (struct MHD_OptionItem){MHD_OPTION_SOCK_ADDR, 0, &h->address}
		       : (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS, NULL},
		{MHD_OPTION_PER_IP_CONNECTION_LIMIT, MAX_PER_ADDRESS, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL},
		{MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, NULL},
	};
	struct MHD_OptionItem tls[4] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)pem->text.p},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)pem->text.p},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
	size_t n = 6;

	if (h->threads > 1)
		options[n++] = (struct MHD_OptionItem){
			MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)h->threads, NULL};
	if (pem->text.n)
		options[n++] = (struct MHD_OptionItem){MHD_OPTION_ARRAY, 0, tls};
	options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	if (h->address.any.sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	if (pem->text.n)
		flags |= MHD_USE_TLS;
	errno = 0;
	return mhd.start_daemon(
		flags, 0, NULL, NULL, handle, h, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/* The same, with no signals for its threads. */
static struct MHD_Daemon *start_quietly(struct server *h, const struct pem *pem, int fd)
{
	struct MHD_Daemon *daemon;
	sigset_t all, old;
	int saved;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	daemon = start_daemon(h, pem, fd);
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return daemon;
}

#define UNFIT "certificate and key are not of use"

static bool start(struct server *h, const struct server_config *c, char err[512])
{
	if (!parse_address(c, &h->address)) {
		snprintf(err, 512, "%s: not an IPv4 or IPv6 address", c->address);
		return false;
	}
	if (!mhd_load(err) || (h->pem_path && !pem_read(&h->pem, h->pem_path, err)))
		return false;
	h->daemon = start_quietly(h, &h->pem, -1);
	if (!h->daemon)
		snprintf(err, 512, "%s:%u: %s", c->address, c->port,
			errno ? strerror(errno) : UNFIT);
	return h->daemon;
}

struct server *server_start(const struct server_config *c, char err[512])
{
	struct server *h = mem_zalloc(sizeof(*h));

	h->pem_path = c->pem ? mem_strdup(c->pem) : NULL;
	h->routes = c->routes;
	h->nroutes = c->nroutes;
	h->threads = threads_of(c);
	if (start(h, c, err))
		return h;
	server_stop(h);
	return NULL;
}

uint16_t server_port(const struct server *h)
{
	const union MHD_DaemonInfo *info =
		mhd.get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : 0;
}

unsigned server_threads(const struct server *h)
{
	return h->threads;
}

/*
 * One more daemon on the same socket; then the one before accepts no more, and ends. So there is no
 * moment in which nobody listens.
 */
static bool change_daemon(struct server *h, const struct pem *pem, const char **ret_why)
{
	const union MHD_DaemonInfo *info =
		mhd.get_daemon_info(h->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	int fd = info ? fcntl(info->listen_fd, F_DUPFD_CLOEXEC, 0) : -1;
	struct MHD_Daemon *daemon = fd < 0 ? NULL : start_quietly(h, pem, fd);

	if (!daemon) {
		*ret_why = fd < 0 || errno ? strerror(errno) : UNFIT;
		if (fd >= 0)
			close(fd);
		return false;
	}
	fd = mhd.quiesce_daemon(h->daemon);
	mhd.stop_daemon(h->daemon);
	if (fd >= 0)
		close(fd);
	h->daemon = daemon;
	return true;
}

int server_renew(struct server *h, char err[512])
{
	const char *why = "";
	struct pem now, before;

	if (!h->pem_path)
		return 0;
	if (!pem_read(&now, h->pem_path, err))
		return -1;
	if (str_eq(now.text, h->pem.text)) {
		pem_done(&now);
		return 0;
	}
	if (!change_daemon(h, &now, &why)) {
		snprintf(err, 512, "%s: %s", h->pem_path, why);
		pem_done(&now);
		return -1;
	}
	before = h->pem;
	h->pem = now;
	pem_done(&before);
	return 1;
}

void server_stop(struct server *h)
{
	if (!h)
		return;
	if (h->daemon)
		mhd.stop_daemon(h->daemon);
	pem_done(&h->pem);
	free(h->pem_path);
	free(h);
}
