/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket must never be open to others, not even between bind() and chmod().  So a thread of
 * its own does it, whose umask is not that of the others.
 *
 * gRPC's core tells no more than that it cannot listen; afterwards we try for ourselves, for the
 * sake of the reason.
 */
#include "grpc/listen.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/thread.h"

#define UNIX "unix:"

struct attempt {
	const struct core *core;
	grpc_server *server;
	const char *address;
	grpc_server_credentials *credentials;
	int port; /* 0: failed */
};

static void *add_port(void *arg)
{
	struct attempt *a = arg;

	a->port = a->core->grpc_server_add_http2_port(a->server, a->address, a->credentials);
	return NULL;
}

/* Where a thread cannot have a umask of its own, all of us have it for a moment. */
static void *add_private_port(void *arg)
{
	bool own = unshare(CLONE_FS) == 0;
	mode_t before = umask(0177);

	add_port(arg);
	if (!own)
		umask(before);
	return NULL;
}

/* ---- unix sockets ---- */

static bool make_folders(const char *path, char err[512])
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(p - path), path);
		if (mkdir(folder, 0755) == 0 || errno == EEXIST)
			continue;
		snprintf(err, 512, "grpc.bind_address: %s: %s", folder, strerror(errno));
		return false;
	}
	return true;
}

/* 0, or why nobody listens on it. */
static int try_to_connect(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r = 0;

	if (fd < 0)
		return errno;
	memcpy(to.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		r = errno;
	close(fd);
	return r;
}

/* Removes a socket that nobody listens on. False: the path cannot be used. */
static bool clear_path(const char *path, char err[512])
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return true; /* what else is wrong shows when it is made */
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(err, 512,
			"grpc.bind_address: %s: this is there, and no socket: remove it, or "
			"choose another path",
			path);
		return false;
	}
	r = try_to_connect(path);
	if (r == ECONNREFUSED && unlink(path) == 0)
		return true;
	snprintf(err, 512, "grpc.bind_address: %s: %s", path,
		r == ECONNREFUSED
			? strerror(errno)
			: "another process listens on it: end that, or choose another path");
	return r == ENOENT;
}

static bool check_path(const char *path, char err[512])
{
	const size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (*path != '/')
		snprintf(err, 512,
			"grpc.bind_address: %s: the path of a socket must begin with '/': "
			"unix:///run/falco.sock",
			path);
	else if (strlen(path) > max)
		snprintf(err, 512,
			"grpc.bind_address: %s: the path of a socket may be %zu bytes long, "
			"this one has %zu: choose a shorter one",
			path, max, strlen(path));
	else
		return true;
	return false;
}

static const char *why_not_unix(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *why = "gRPC's library cannot use it";

	memcpy(to.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		why = strerror(errno);
	else
		unlink(path);
	if (fd >= 0)
		close(fd);
	return why;
}

static bool listen_unix(struct attempt *a, const char *path, char err[512])
{
	pthread_t thread;
	int r;

	if (!check_path(path, err) || !make_folders(path, err) || !clear_path(path, err))
		return false;
	a->credentials = a->core->grpc_insecure_server_credentials_create();
	r = thread_start(&thread, add_private_port, a);
	if (r == 0)
		pthread_join(thread, NULL);
	a->core->grpc_server_credentials_release(a->credentials);
	if (a->port)
		return true;
	snprintf(
		err, 512, "grpc.bind_address: %s: %s", path, r ? strerror(-r) : why_not_unix(path));
	return false;
}

/* ---- TCP ---- */

static int try_to_bind(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0), one = 1, r = 0;

	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, 1) < 0)
		r = errno;
	close(fd);
	return r;
}

/* "host:port" or "[host]:port". */
static bool split_address(const char *address, char host[256], const char **ret_port)
{
	const char *colon = strrchr(address, ':'), *start = address, *end = colon;

	if (!colon || !colon[1])
		return false;
	if (*start == '[' && end > start && end[-1] == ']') {
		start++;
		end--;
	} else if (memchr(address, ':', (size_t)(colon - address))) {
		return false;
	}
	if (end == start || end - start > 255)
		return false;
	snprintf(host, 256, "%.*s", (int)(end - start), start);
	*ret_port = colon + 1;
	return true;
}

static const char *why_not_tcp(const char *address)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *list, *ai;
	const char *port;
	char host[256];
	int r;

	if (!split_address(address, host, &port))
		return "neither address:port nor unix:///path";
	r = getaddrinfo(host, port, &hints, &list);
	if (r)
		return gai_strerror(r);
	r = 0;
	for (ai = list; ai && !r; ai = ai->ai_next)
		r = try_to_bind(ai);
	freeaddrinfo(list);
	return r ? strerror(r) : "gRPC's library cannot use it";
}

static bool listen_tcp(
	struct attempt *a, const struct tls_files *files, struct identity **ret, char err[512])
{
	const char *port;
	char host[256];

	if (!split_address(a->address, host, &port)) {
		snprintf(err, 512, "grpc.bind_address: %s: it must be address:port or unix:///path",
			a->address);
		return false;
	}
	*ret = identity_new(a->core, files, err);
	if (!*ret)
		return false;
	a->credentials = identity_credentials(*ret);
	add_port(a);
	a->core->grpc_server_credentials_release(a->credentials);
	if (a->port)
		return true;
	snprintf(err, 512, "grpc.bind_address: %s: %s: choose another one", a->address,
		why_not_tcp(a->address));
	return false;
}

bool listen_on(const struct core *core, grpc_server *server, const char *address,
	const struct tls_files *files, struct identity **ret, char err[512])
{
	struct attempt a = {.core = core, .server = server, .address = address};
	const size_t scheme = strlen(UNIX);
	*ret = NULL;
	if (strncmp(address, UNIX, scheme) == 0)
		return listen_unix(
			&a, address + scheme + (strncmp(address + scheme, "//", 2) ? 0 : 2), err);
	return listen_tcp(&a, files, ret, err);
}
