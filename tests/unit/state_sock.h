/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters with addresses, and events of sockets, for tests. */
#ifndef TESTS_STATE_SOCK_H
#define TESTS_STATE_SOCK_H
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "state/tuples.h"
#include "state_world.h"

enum { INET = 2, INET6 = 10, UNIX = 1, STREAM = 1, DGRAM = 2, RAW = 3 };

/* ---- parameters ---- */

static inline uint8_t *param_room(void)
{
	static uint8_t rooms[16][300];
	static unsigned next;

	return rooms[next++ % 16];
}

static inline size_t put_ip(uint8_t *p, const char *ip, uint16_t port)
{
	bool v6 = strchr(ip, ':');
	size_t n = v6 ? 16 : 4;

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, ip, p), 1);
	memcpy(p + n, &port, 2);
	return n + 2;
}

static inline struct param addr(const char *ip, uint16_t port)
{
	uint8_t *p = param_room();

	p[0] = strchr(ip, ':') ? INET6 : INET;
	return (struct param){p, (uint32_t)(1 + put_ip(p + 1, ip, port))};
}

static inline struct param tuple(const char *sip, uint16_t sport, const char *dip, uint16_t dport)
{
	uint8_t *p = param_room();
	size_t n;

	p[0] = strchr(sip, ':') ? INET6 : INET;
	n = 1 + put_ip(p + 1, sip, sport);
	n += put_ip(p + n, dip, dport);
	return (struct param){p, (uint32_t)n};
}

static inline struct param unix_addr(const char *path)
{
	uint8_t *p = param_room();

	p[0] = UNIX;
	strcpy((char *)p + 1, path);
	return (struct param){p, (uint32_t)strlen(path) + 2};
}

static inline struct param unix_tuple(uint64_t source, uint64_t dest, const char *path)
{
	uint8_t *p = param_room();

	p[0] = UNIX;
	memcpy(p + 1, &source, 8);
	memcpy(p + 9, &dest, 8);
	strcpy((char *)p + 17, path);
	return (struct param){p, (uint32_t)strlen(path) + 18};
}

/* ---- events ---- */

static inline void ev_socket(struct world *w, int64_t num, uint32_t domain, uint32_t type)
{
	EMIT(w, 100, EV_SOCKET_X, I64(num), U32(domain), U32(type), U32(0), U32(0));
}

static inline void ev_bind(struct world *w, int64_t num, struct param at)
{
	EMIT(w, 100, EV_BIND_X, I64(0), at, I64(num));
}

static inline void ev_connect(
	struct world *w, int64_t res, int64_t num, struct param t, struct param to)
{
	EMIT(w, 100, EV_CONNECT_X, I64(res), t, I64(num), to);
}

static inline void ev_accept(struct world *w, int64_t num, struct param t)
{
	EMIT(w, 100, EV_ACCEPT4_X, I64(num), t, U8(0), U32(0), U32(0), U32(0));
}

static inline void ev_sendto(struct world *w, int64_t res, int64_t num, struct param t)
{
	EMIT(w, 100, EV_SENDTO_X, I64(res), B("x"), I64(num), U32(1), t);
}

static inline void ev_recvfrom(struct world *w, int64_t res, int64_t num, struct param t)
{
	EMIT(w, 100, EV_RECVFROM_X, I64(res), B("x"), t, I64(num), U32(1));
}

static inline bool is_client(const struct fd *fd)
{
	return (fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER)) == FDF_ROLE_CLIENT;
}

static inline bool is_server(const struct fd *fd)
{
	return (fd->flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER)) == FDF_ROLE_SERVER;
}

#endif
