/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of sockets, to make calls with and as events have them. */
#ifndef TESTS_LIVE_ADDRESSES_H
#define TESTS_LIVE_ADDRESSES_H
#include "live.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static inline struct sockaddr_in local4(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline uint16_t port_of(int fd)
{
	struct sockaddr_in6 a = {0};
	socklen_t n = sizeof(a);

	getsockname(fd, (struct sockaddr *)&a, &n);
	return ntohs(a.sin6_port);
}

/* A page that begins with the address. */
static inline char *low_page(const struct sockaddr_in *a)
{
	static char page[4096];

	memcpy(page, a, sizeof(*a));
	return live_low(page, sizeof(page));
}

static inline void tuple4(const struct event *ev, unsigned i, uint16_t from, uint16_t to)
{
	uint8_t want[13] = {AF_INET, 127, 0, 0, 1, 0, 0, 127, 0, 0, 1, 0, 0};

	memcpy(want + 5, &from, 2);
	memcpy(want + 11, &to, 2);
	live_bytes(ev, i, want, sizeof(want));
}
#endif
