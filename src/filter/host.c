/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of hosts only grows: its keys are constants of rules.  Everything in it is guarded by
 * one lock, which nobody holds while a name is being resolved.
 *
 * How often a name is resolved again is Falco's: every 10 seconds, and half as often each time
 * that nothing has changed, down to every 320 seconds.
 */
#include "filter/host.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/thread.h"
#include "base/vec.h"

#define REFRESH_MIN 10 /* seconds */
#define REFRESH_MAX 320
#define MAX_ADDRS 64 /* of one name */

struct addrs {
	size_t n;
	struct {
		uint8_t len;
		uint8_t bytes[16];
	} v[MAX_ADDRS];
};

struct host {
	char *name;
	bool resolved;
	struct addrs addrs;
	time_t due, interval; /* seconds of the monotonic clock */
};

static struct {
	pthread_mutex_t lock;
	pthread_once_t refresher;
	struct smap by_name;
	VEC(struct host *) all;
} hosts = {.lock = PTHREAD_MUTEX_INITIALIZER, .refresher = PTHREAD_ONCE_INIT};

static time_t now(void)
{
	return (time_t)(monotonic_ns() / 1000000000);
}

static void add_addr(struct addrs *set, const struct sockaddr *sa)
{
	const void *bytes = &((const struct sockaddr_in *)sa)->sin_addr;
	uint8_t len = 4;

	if (sa->sa_family == AF_INET6) {
		bytes = &((const struct sockaddr_in6 *)sa)->sin6_addr;
		len = 16;
	}
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].len == len && memcmp(set->v[i].bytes, bytes, len) == 0)
			return;
	if (set->n == MAX_ADDRS)
		return;
	set->v[set->n].len = len;
	memcpy(set->v[set->n++].bytes, bytes, len);
}

static void resolve(const char *name, struct addrs *ret)
{
	struct addrinfo *list = NULL;

	*ret = (struct addrs){0};
	if (getaddrinfo(name, NULL, &(struct addrinfo){.ai_family = AF_UNSPEC}, &list) != 0)
		return;
	for (struct addrinfo *i = list; i; i = i->ai_next)
		if (i->ai_family == AF_INET || i->ai_family == AF_INET6)
			add_addr(ret, i->ai_addr);
	freeaddrinfo(list);
}

static bool contains(const struct addrs *set, struct str addr)
{
	for (size_t i = 0; i < set->n; i++)
		if (str_eq(str_n(set->v[i].bytes, set->v[i].len), addr))
			return true;
	return false;
}

/* Resolvers may list the same addresses in another order. */
static bool same(const struct addrs *a, const struct addrs *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!contains(b, str_n(a->v[i].bytes, a->v[i].len)))
			return false;
	return a->n == b->n;
}

static void refresh(struct host *h)
{
	struct addrs addrs;

	resolve(h->name, &addrs);
	pthread_mutex_lock(&hosts.lock);
	if (!h->resolved || !same(&addrs, &h->addrs))
		h->interval = REFRESH_MIN;
	else if (h->interval < REFRESH_MAX)
		h->interval *= 2;
	h->addrs = addrs;
	h->resolved = true;
	h->due = now() + h->interval;
	pthread_mutex_unlock(&hosts.lock);
}

static struct host *next_due(void)
{
	struct host *h = NULL;
	time_t t = now();

	pthread_mutex_lock(&hosts.lock);
	for (size_t i = 0; i < hosts.all.n && !h; i++)
		if (hosts.all.v[i]->resolved && hosts.all.v[i]->due <= t)
			h = hosts.all.v[i];
	pthread_mutex_unlock(&hosts.lock);
	return h;
}

static void *refresher_main(void *arg)
{
	struct host *h;

	for (;;) {
		sleep(REFRESH_MIN);
		while ((h = next_due()))
			refresh(h);
	}
	return NULL;
}

/* Without the thread names are resolved just once. */
static void start_refresher(void)
{
	pthread_t thread;

	if (thread_start(&thread, refresher_main, NULL) == 0)
		pthread_detach(thread);
}

struct host *host_get(struct str name)
{
	struct host *h;

	pthread_mutex_lock(&hosts.lock);
	h = smap_get(&hosts.by_name, name);
	if (!h) {
		h = mem_zalloc(sizeof(*h));
		h->name = str_dup(name);
		smap_put(&hosts.by_name, str_c(h->name), h);
		vec_push(&hosts.all, h);
	}
	pthread_mutex_unlock(&hosts.lock);
	return h;
}

bool host_has(struct host *h, struct str addr)
{
	bool resolved, ret;

	pthread_mutex_lock(&hosts.lock);
	resolved = h->resolved;
	pthread_mutex_unlock(&hosts.lock);
	if (!resolved) {
		refresh(h);
		pthread_once(&hosts.refresher, start_refresher);
	}
	pthread_mutex_lock(&hosts.lock);
	ret = contains(&h->addrs, addr);
	pthread_mutex_unlock(&hosts.lock);
	return ret;
}

bool host_name(struct arena *a, struct str addr, struct str *ret)
{
	bool found = false;

	pthread_mutex_lock(&hosts.lock);
	for (size_t i = 0; i < hosts.all.n && !found; i++) {
		found = contains(&hosts.all.v[i]->addrs, addr);
		if (found)
			*ret = arena_str(a, str_c(hosts.all.v[i]->name));
	}
	pthread_mutex_unlock(&hosts.lock);
	return found;
}
