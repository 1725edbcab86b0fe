/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Falco takes for a number is what sscanf() does: decimal, a sign and blanks in front are
 * fine, and what does not fit the width is cut.  So "-1" is the largest unsigned value, and 0x10
 * is no number.  Rules depend on it, hence sscanf() here as well.
 */
#include "filter/constant.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/check.h"
#include "filter/parse.h"

struct reader {
	char text[FILTER_MAX_VALUE + 1];
	struct arena *arena;
	struct value *ret;
	char *err;
	size_t err_size;
};

#define REFUSE(r, ...) (snprintf((r)->err, (r)->err_size, __VA_ARGS__), false)

static bool read_u32(struct reader *r, const char *text, uint32_t *ret)
{
	char more;

	return sscanf(text, "%" SCNu32 "%c", ret, &more) == 1 ||
	       REFUSE(r, "%s is not a valid number", text);
}

static bool read_i32(struct reader *r, const char *text, int32_t *ret)
{
	char more;

	return sscanf(text, "%" SCNd32 "%c", ret, &more) == 1 ||
	       REFUSE(r, "%s is not a valid number", text);
}

static bool read_wide(struct reader *r, bool is_signed)
{
	char more;
	int n = is_signed ? sscanf(r->text, "%" SCNd64 "%c", &r->ret->i, &more)
			  : sscanf(r->text, "%" SCNu64 "%c", &r->ret->u, &more);

	return n == 1 || REFUSE(r, "%s is not a valid number", r->text);
}

static bool read_narrow_signed(struct reader *r, uint8_t type)
{
	int32_t i = 0;

	if (!read_i32(r, r->text, &i))
		return false;
	r->ret->i = type == PT_INT8 ? (int8_t)i : type == PT_INT16 ? (int16_t)i : i;
	return true;
}

static bool read_narrow_unsigned(struct reader *r, unsigned size)
{
	uint32_t u = 0;

	if (!read_u32(r, r->text, &u))
		return false;
	r->ret->u = size == 1 ? (uint8_t)u : size == 2 ? (uint16_t)u : u;
	return true;
}

/* A number, or the name of a service (/etc/services). */
static bool read_port(struct reader *r)
{
	struct servent *service;
	unsigned long port;

	if (strspn(r->text, "0123456789") == strlen(r->text)) {
		port = strtoul(r->text, NULL, 10);
		if (port > INT32_MAX)
			return REFUSE(r, "%s is not a valid number", r->text);
		r->ret->u = (uint16_t)port;
		return true;
	}
	service = getservbyname(r->text, NULL);
	if (!service)
		return REFUSE(r, "unrecognized protocol %s", r->text);
	r->ret->u = ntohs((uint16_t)service->s_port);
	return true;
}

static bool read_unsigned(struct reader *r, uint8_t type)
{
	if (type == PT_PORT)
		return read_port(r);
	return ptype_size[type] == 8 ? read_wide(r, false)
				     : read_narrow_unsigned(r, ptype_size[type]);
}

static bool read_double(struct reader *r)
{
	int32_t i = 0;

	if (!read_i32(r, r->text, &i))
		return false;
	r->ret->d = i;
	return true;
}

static bool read_bool(struct reader *r)
{
	r->ret->b = strcmp(r->text, "true") == 0;
	return r->ret->b || strcmp(r->text, "false") == 0 ||
	       REFUSE(r, "filter error: unrecognized boolean value %s", r->text);
}

/* With a dot it is IPv4, whatever else it looks like. */
static bool read_ip(struct reader *r)
{
	bool v4 = strchr(r->text, '.') != NULL;
	size_t n = v4 ? 4 : 16;
	char *addr = arena_zalloc(r->arena, n);

	if (inet_pton(v4 ? AF_INET : AF_INET6, r->text, addr) != 1)
		return REFUSE(r, "unrecognized IPv%c address %s", v4 ? '4' : '6', r->text);
	r->ret->s = str_n(addr, n);
	return true;
}

static bool read_net4(struct reader *r, const char *addr, const char *mask)
{
	uint32_t bits = 0;

	if (!mask)
		return REFUSE(r, "unrecognized IP network %s", r->text);
	if (inet_pton(AF_INET, addr, r->ret->net.addr) != 1)
		return REFUSE(r, "unrecognized IP address %s", r->text);
	if (!read_u32(r, mask, &bits))
		return false;
	r->ret->net.bits = (uint8_t)bits;
	return r->ret->net.bits <= 32 || REFUSE(r, "invalid netmask %s", mask);
}

static bool read_net6(struct reader *r, const char *addr, const char *mask)
{
	uint32_t bits = 0;

	if (!mask)
		return REFUSE(r, "invalid v6 netmask: %s", r->text);
	if (inet_pton(AF_INET6, addr, r->ret->net.addr) != 1)
		return REFUSE(r, "unrecognized IPv6 address %s", r->text);
	if (!read_u32(r, mask, &bits))
		return false;
	r->ret->net.bits = (uint8_t)bits;
	r->ret->net.v6 = true;
	return (r->ret->net.bits > 0 && r->ret->net.bits <= 128) ||
	       REFUSE(r, "invalid v6 netmask %s", mask);
}

static bool read_net(struct reader *r)
{
	char addr[FILTER_MAX_VALUE + 1];
	const char *mask = strchr(r->text, '/');
	size_t n = mask ? (size_t)(mask - r->text) : strlen(r->text);

	memcpy(addr, r->text, n);
	addr[n] = '\0';
	r->ret->net = (struct ipnet){0};
	mask = mask ? mask + 1 : NULL;
	return strchr(r->text, '.') ? read_net4(r, addr, mask) : read_net6(r, addr, mask);
}

static bool read_text(struct reader *r, struct str text)
{
	r->ret->s = arena_str(r->arena, text);
	return true;
}

bool constant_parse(struct arena *a, struct str text, uint8_t type, struct value *ret, char *err,
	size_t err_size)
{
	struct reader r = {.arena = a, .ret = ret, .err = err, .err_size = err_size};
	enum family family = type_family(type);

	*ret = (struct value){.type = type};
	if (text.n > FILTER_MAX_VALUE && family == FAMILY_BYTES)
		return REFUSE(&r, "filter parameter too long (byte buf)");
	if (family == FAMILY_BYTES)
		return read_text(&r, text);
	if (str_chr(text, '\0') >= 0)
		return REFUSE(&r, "filter error: filter value cannot contain a NUL byte (\\x00)");
	if (text.n > FILTER_MAX_VALUE)
		return REFUSE(&r, "filter parameter too long (used=%zu, available=%d):%.*s",
			text.n + 1, FILTER_MAX_VALUE + 1, STR_ARG(text));
	memcpy(r.text, text.p, text.n);
	switch (family) {
	case FAMILY_SIGNED:
		return ptype_size[type] == 8 ? read_wide(&r, true) : read_narrow_signed(&r, type);
	case FAMILY_UNSIGNED:
		return read_unsigned(&r, type);
	case FAMILY_DOUBLE:
		return read_double(&r);
	case FAMILY_BOOL:
		return read_bool(&r);
	case FAMILY_IP:
		return read_ip(&r);
	case FAMILY_NET:
		return read_net(&r);
	case FAMILY_TEXT:
		return read_text(&r, text);
	default:
		return REFUSE(&r, "wrong parameter type %d", type);
	}
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) % 16 : -1;
}

bool constant_parse_hex(
	struct arena *a, struct str text, struct value *ret, char *err, size_t err_size)
{
	char *out = arena_alloc(a, text.n / 2 + 1);
	size_t n = 0;
	int high, low;

	for (; 2 * n + 1 < text.n; n++) {
		high = hex_digit(text.p[2 * n]);
		low = hex_digit(text.p[2 * n + 1]);
		if (high < 0 || low < 0)
			break;
		out[n] = (char)(high * 16 + low);
	}
	if (2 * n != text.n) {
		snprintf(err, err_size,
			"filter error: bcontains and bstartswith operator support hex strings "
			"only");
		return false;
	}
	return constant_parse(a, str_n(out, n), PT_BYTEBUF, ret, err, err_size);
}
