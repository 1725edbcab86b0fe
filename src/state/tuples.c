/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters are read byte by byte: nothing in them is aligned, and nothing beyond their length is
 * touched.  Two IPv4-mapped addresses make an IPv4 pair here, once, so that nobody else has to ask.
 */
#include "state/tuples.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

static uint16_t port_at(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static struct str path_at(struct param p, size_t off)
{
	const char *s = (const char *)p.p + off;

	return str_n(s, strnlen(s, p.n - off));
}

bool ip6_is_mapped(const uint8_t ip[16])
{
	static const uint8_t zero[16];

	if (memcmp(ip, zero, 10) != 0)
		return false;
	return (ip[10] == 0xff && ip[11] == 0xff) || memcmp(ip + 10, zero, 6) == 0;
}

/* Whether n bytes are enough for the family; a path must end within them. */
static bool addr_fits(struct param p, size_t inet, size_t inet6, size_t path)
{
	if (!p.n)
		return false;
	switch (p.p[0]) {
	case FAMILY_INET:
		return p.n >= inet;
	case FAMILY_INET6:
		return p.n >= inet6;
	case FAMILY_UNIX:
		return p.n > path && p.p[p.n - 1] == 0;
	default:
		return true;
	}
}

bool sockaddr_parse(struct param p, struct sockaddr_view *ret)
{
	if (!addr_fits(p, 7, 19, 1))
		return false;
	*ret = (struct sockaddr_view){.family = p.p[0], .path = STR("")};
	if (ret->family == FAMILY_INET) {
		memcpy(ret->ip, p.p + 1, 4);
		ret->port = port_at(p.p + 5);
	} else if (ret->family == FAMILY_INET6) {
		memcpy(ret->ip, p.p + 1, 16);
		ret->port = port_at(p.p + 17);
	} else if (ret->family == FAMILY_UNIX) {
		ret->path = path_at(p, 1);
	}
	return true;
}

static void parse_inet6(const uint8_t *p, struct socktuple_view *ret)
{
	struct inet_tuple *t = &ret->inet;

	ret->mapped = ip6_is_mapped(p) && ip6_is_mapped(p + 18);
	if (ret->mapped) {
		ret->family = FAMILY_INET;
		memcpy(t->sip, p + 12, 4);
		memcpy(t->dip, p + 30, 4);
	} else {
		memcpy(t->sip, p, 16);
		memcpy(t->dip, p + 18, 16);
	}
	t->sport = port_at(p + 16);
	t->dport = port_at(p + 34);
}

bool socktuple_parse(struct param p, struct socktuple_view *ret)
{
	if (!addr_fits(p, 13, 37, 17))
		return false;
	*ret = (struct socktuple_view){.family = p.p[0], .path = STR("")};
	if (ret->family == FAMILY_INET) {
		memcpy(ret->inet.sip, p.p + 1, 4);
		ret->inet.sport = port_at(p.p + 5);
		memcpy(ret->inet.dip, p.p + 7, 4);
		ret->inet.dport = port_at(p.p + 11);
	} else if (ret->family == FAMILY_INET6) {
		parse_inet6(p.p + 1, ret);
	} else if (ret->family == FAMILY_UNIX) {
		memcpy(&ret->source, p.p + 1, 8);
		memcpy(&ret->dest, p.p + 9, 8);
		ret->path = path_at(p, 17);
	}
	return true;
}

static const char *ip_text(char out[INET6_ADDRSTRLEN], const uint8_t *ip, bool v6)
{
	return inet_ntop(v6 ? AF_INET6 : AF_INET, ip, out, INET6_ADDRSTRLEN);
}

size_t server_text(char out[TUPLE_TEXT_MAX], const uint8_t *ip, uint16_t port, bool v6)
{
	char a[INET6_ADDRSTRLEN];

	return (size_t)snprintf(out, TUPLE_TEXT_MAX, "%s:%u", ip_text(a, ip, v6), port);
}

size_t tuple_text(char out[TUPLE_TEXT_MAX], const struct inet_tuple *t, bool v6)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

	return (size_t)snprintf(out, TUPLE_TEXT_MAX, "%s:%u->%s:%u", ip_text(a, t->sip, v6),
		t->sport, ip_text(b, t->dip, v6), t->dport);
}

size_t tuple_text_no_ports(char out[TUPLE_TEXT_MAX], const struct inet_tuple *t, bool v6)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

	return (size_t)snprintf(
		out, TUPLE_TEXT_MAX, "%s->%s", ip_text(a, t->sip, v6), ip_text(b, t->dip, v6));
}

struct str unix_tuple_text(struct arena *a, uint64_t source, uint64_t dest, struct str path)
{
	return arena_printf(a, "%" PRIx64 "->%" PRIx64 " %.*s", source, dest, STR_ARG(path));
}

static struct str invalid_text(uint8_t family, struct str other)
{
	switch (family) {
	case FAMILY_UNIX:
		return STR("INVALID PATH");
	case FAMILY_INET:
		return STR("INVALID IPv4");
	case FAMILY_INET6:
		return STR("INVALID IPv6");
	default:
		return other;
	}
}

struct str sockaddr_text(struct arena *a, struct param p)
{
	struct sockaddr_view v;
	char text[TUPLE_TEXT_MAX];

	if (!p.n)
		return STR("<NA>");
	if (!sockaddr_parse(p, &v))
		return invalid_text(p.p[0], STR("INVALID SOCKADDR"));
	switch (v.family) {
	case FAMILY_UNIX:
		return v.path;
	case FAMILY_INET:
	case FAMILY_INET6:
		return arena_str(
			a, str_n(text, server_text(text, v.ip, v.port, v.family == FAMILY_INET6)));
	default:
		return arena_printf(a, "family %d", v.family);
	}
}

struct str socktuple_text(struct arena *a, struct param p)
{
	struct socktuple_view v;
	char text[TUPLE_TEXT_MAX];

	if (!p.n)
		return STR("NULL");
	if (!socktuple_parse(p, &v))
		return invalid_text(p.p[0], STR("INVALID SOCKTUPLE"));
	switch (v.family) {
	case FAMILY_UNIX:
		return unix_tuple_text(a, v.source, v.dest, v.path);
	case FAMILY_INET:
	case FAMILY_INET6:
		return arena_str(
			a, str_n(text, tuple_text(text, &v.inet, v.family == FAMILY_INET6)));
	default:
		return arena_printf(a, "family %d", v.family);
	}
}
