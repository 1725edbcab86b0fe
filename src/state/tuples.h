/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and pairs of addresses of sockets: out of parameters of type PT_SOCKADDR and
 * PT_SOCKTUPLE, and as text.
 */
#ifndef STATE_TUPLES_H
#define STATE_TUPLES_H
#include "base/arena.h"
#include "capture/machine.h"
#include "event/event.h"

/* Families as parameters number them. */
enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16 };

struct sockaddr_view {
	uint8_t family;
	uint8_t ip[16]; /* network byte order; IPv4: the first four */
	uint16_t port;
	struct str path; /* FAMILY_UNIX */
};

struct socktuple_view {
	uint8_t family; /* IPv6 with two IPv4-mapped addresses: FAMILY_INET */
	bool mapped;	/* and then this is set */
	struct inet_tuple inet;
	uint64_t source, dest; /* FAMILY_UNIX: kernel addresses of the sockets */
	struct str path;
};

/* False (ret undefined) when p is empty, or too short for its family. */
bool sockaddr_parse(struct param p, struct sockaddr_view *ret);
bool socktuple_parse(struct param p, struct socktuple_view *ret);
/* ::ffff:a.b.c.d, or all zero. */
bool ip6_is_mapped(const uint8_t ip[16]);

/* Text, NUL-terminated, in out; returns the length. */
#define TUPLE_TEXT_MAX 128
size_t tuple_text(char out[TUPLE_TEXT_MAX], const struct inet_tuple *t, bool v6);
size_t tuple_text_no_ports(char out[TUPLE_TEXT_MAX], const struct inet_tuple *t, bool v6);
size_t server_text(char out[TUPLE_TEXT_MAX], const uint8_t *ip, uint16_t port, bool v6);
struct str unix_tuple_text(struct arena *a, uint64_t source, uint64_t dest, struct str path);
/* A whole parameter as fields and outputs show it, "<NA>" and "NULL" when it is empty. */
struct str sockaddr_text(struct arena *a, struct param p);
struct str socktuple_text(struct arena *a, struct param p);
#endif
