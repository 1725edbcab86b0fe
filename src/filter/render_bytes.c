/* SPDX-License-Identifier: Apache-2.0 */
/* Text of addresses, socket tuples, binary buffers and times, as parameters and values show them.
 */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <time.h>

#include "filter/extract.h"

/* Families as parameters carry them. */
#define FAMILY_UNIX 1
#define FAMILY_INET 2
#define FAMILY_INET6 10

static atomic_bool base64;

void render_set_base64(bool on)
{
	base64 = on;
}

static void print_base64(struct buf *out, struct str s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		uint32_t bits = 0;
		size_t n = MIN(s.n - i, 3);

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < n ? (unsigned char)s.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_char(out, k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
	}
}

void print_bytes(struct buf *out, struct str bytes, bool plain)
{
	if (base64 && !plain) {
		print_base64(out, bytes);
		return;
	}
	buf_reserve(out, bytes.n);
	for (size_t i = 0; i < bytes.n; i++)
		buf_char(out, bytes.p[i] >= ' ' && bytes.p[i] < 127 ? bytes.p[i] : '.');
}

void print_ip(struct buf *out, struct str addr)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(addr.n == 4 ? AF_INET : AF_INET6, addr.p, text, sizeof(text)))
		buf_puts(out, text);
}

static uint16_t port_at(const uint8_t *p)
{
	uint16_t port;

	memcpy(&port, p, sizeof(port));
	return port;
}

/* An address of n bytes and the port behind it: "1.2.3.4:80" */
static void print_endpoint(struct buf *out, const uint8_t *addr, size_t n, const uint8_t *port)
{
	print_ip(out, str_n(addr, n));
	buf_char(out, ':');
	buf_u64(out, port_at(port));
}

/* IPv4-mapped, or all zero, which may stand for it. */
static bool is_mapped(const uint8_t *addr)
{
	static const uint8_t zero[16];
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(addr, mapped, 12) == 0 || memcmp(addr, zero, 16) == 0;
}

static void print_tuple6(struct buf *out, const uint8_t *p)
{
	const uint8_t *src = p, *sport = p + 16, *dst = p + 18, *dport = p + 34;
	size_t skip = is_mapped(src) && is_mapped(dst) ? 12 : 0;

	print_endpoint(out, src + skip, 16 - skip, sport);
	buf_puts(out, "->");
	print_endpoint(out, dst + skip, 16 - skip, dport);
}

static void print_unix_tuple(struct buf *out, const uint8_t *p, const char *path)
{
	uint64_t ends[2];

	memcpy(ends, p, sizeof(ends));
	buf_printf(out, "%lx->%lx %s", ends[0], ends[1], path);
}

static bool ends_in_nul(struct param p)
{
	return p.n && p.p[p.n - 1] == '\0';
}

void print_sockaddr(struct buf *out, struct param p)
{
	switch (p.n ? p.p[0] : 0) {
	case FAMILY_UNIX:
		buf_puts(out, p.n >= 2 && ends_in_nul(p) ? (const char *)p.p + 1 : "INVALID PATH");
		break;
	case FAMILY_INET:
		if (p.n >= 1 + 4 + 2)
			print_endpoint(out, p.p + 1, 4, p.p + 5);
		else
			buf_puts(out, "INVALID IPv4");
		break;
	case FAMILY_INET6:
		if (p.n >= 1 + 16 + 2)
			print_endpoint(out, p.p + 1, 16, p.p + 17);
		else
			buf_puts(out, "INVALID IPv6");
		break;
	default:
		buf_printf(out, "family %d", p.n ? p.p[0] : 0);
		break;
	}
}

void print_socktuple(struct buf *out, struct param p)
{
	switch (p.n ? p.p[0] : 0) {
	case FAMILY_UNIX:
		/* Falco's probe writes nothing at all for the name of one that has none. */
		if (p.n == 1 + 8 + 8)
			print_unix_tuple(out, p.p + 1, "");
		else if (p.n > 1 + 8 + 8 && ends_in_nul(p))
			print_unix_tuple(out, p.p + 1, (const char *)p.p + 1 + 8 + 8);
		else
			buf_puts(out, "INVALID PATH");
		break;
	case FAMILY_INET:
		if (p.n < 1 + 2 * (4 + 2)) {
			buf_puts(out, "INVALID IPv4");
			break;
		}
		print_endpoint(out, p.p + 1, 4, p.p + 5);
		buf_puts(out, "->");
		print_endpoint(out, p.p + 7, 4, p.p + 11);
		break;
	case FAMILY_INET6:
		if (p.n >= 1 + 2 * (16 + 2))
			print_tuple6(out, p.p + 1);
		else
			buf_puts(out, "INVALID IPv6");
		break;
	default:
		buf_printf(out, "family %d", p.n ? p.p[0] : 0);
		break;
	}
}

void print_time(struct buf *out, uint64_t ts, unsigned style)
{
	time_t sec = (time_t)(ts / 1000000000);
	struct tm tm;
	char text[64];
	const char *format = style & TIME_ISO8601 ? "%Y-%m-%dT%H:%M:%S"
			     : style & TIME_DATE  ? "%Y-%m-%d %H:%M:%S"
						  : "%H:%M:%S";

	if (style & TIME_ISO8601)
		gmtime_r(&sec, &tm);
	else
		localtime_r(&sec, &tm);
	buf_put(out, text, strftime(text, sizeof(text), format, &tm));
	if (style & (TIME_NS | TIME_ISO8601))
		buf_printf(out, ".%09u", (unsigned)(ts % 1000000000));
	if (style & TIME_ISO8601)
		buf_puts(out, "+0000");
}
