/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text and JSON of values.  Numbers follow their type and print format; in JSON those that outputs
 * show in hexadecimal or octal are strings, as with Falco.
 */
#include <stdio.h>
#include <stdlib.h>

#include "filter/extract.h"

/* A list is cut to this many bytes, as Falco does. */
#define LIST_MAX 1023
/* A buffer longer than this shows only its first bytes. */
#define BYTES_MAX 1022

static void print_number(struct buf *b, uint8_t format, const struct value *v)
{
	unsigned unused = ptype_size[v->type] ? 64 - 8 * ptype_size[v->type] : 0;
	uint64_t u = v->u << unused >> unused;
	int64_t i = (int64_t)(v->u << unused) >> unused;

	if (format == PF_HEX)
		buf_printf(b, "%lX", u);
	else if (format == PF_OCT)
		buf_printf(b, "%lo", u);
	else if (format == PF_PADDED_DEC)
		buf_printf(b, ptype_is_signed(v->type) ? "%09ld" : "%09lu", u);
	else if (ptype_is_signed(v->type))
		buf_i64(b, i);
	else
		buf_u64(b, u);
}

static void print_scalar(struct buf *b, uint8_t format, const struct value *v)
{
	switch (v->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		buf_str(b, v->s);
		break;
	case PT_BYTEBUF:
		print_bytes(b, v->s.n > BYTES_MAX ? str_head(v->s, BYTES_MAX - 1) : v->s, false);
		break;
	case PT_SOCKADDR:
		print_sockaddr(b, (struct param){(const uint8_t *)v->s.p, (uint32_t)v->s.n});
		break;
	case PT_SOCKTUPLE:
		print_socktuple(b, (struct param){(const uint8_t *)v->s.p, (uint32_t)v->s.n});
		break;
	case PT_BOOL:
		buf_puts(b, v->b ? "true" : "false");
		break;
	case PT_IPV4ADDR:
	case PT_IPV6ADDR:
	case PT_IPADDR:
		print_ip(b, v->s);
		break;
	case PT_IPV4NET:
	case PT_IPV6NET:
	case PT_IPNET:
		buf_puts(b, "<IPNET>");
		break;
	case PT_DOUBLE:
		buf_printf(b, "%.1f", v->d);
		break;
	default:
		print_number(b, format, v);
		break;
	}
}

void value_print(struct buf *b, const struct field *f, const struct value *v)
{
	size_t start = b->n;

	if (!v->list) {
		print_scalar(b, f->format, v);
		return;
	}
	buf_char(b, '(');
	for (uint32_t i = 0; i < v->n; i++) {
		if (i)
			buf_char(b, ',');
		print_scalar(b, f->format, &v->v[i]);
	}
	buf_char(b, ')');
	b->n = MIN(b->n, start + LIST_MAX);
}

/* Whether a JSON number, not a string, stands for it. */
static bool is_json_number(uint8_t format, const struct value *v)
{
	if (v->type == PT_RELTIME || v->type == PT_ABSTIME)
		return format != PF_HEX && format != PF_OCT;
	return format != PF_HEX && format != PF_OCT && format != PF_PADDED_DEC;
}

static void json_string(struct buf *b, uint8_t format, const struct value *v)
{
	struct buf text = {0};

	print_scalar(&text, format, v);
	buf_json(b, buf_view(&text));
	buf_done(&text);
}

static void json_number(struct buf *b, uint8_t format, const struct value *v)
{
	if (is_json_number(format, v))
		print_number(b, PF_DEC, v);
	else
		json_string(b, format, v);
}

/* The shortest digits that read back as the same number. */
static void json_double(struct buf *b, uint8_t format, double d)
{
	char text[32];

	if (format == PF_DEC) {
		buf_i64(b, (int64_t)d);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_puts(b, text);
	if (!strpbrk(text, ".en"))
		buf_puts(b, ".0");
}

static void json_scalar(struct buf *b, uint8_t format, const struct value *v)
{
	switch (v->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		buf_json(b, v->s);
		break;
	case PT_BOOL:
		buf_puts(b, v->b ? "true" : "false");
		break;
	case PT_DOUBLE:
		json_double(b, format, v->d);
		break;
	case PT_BYTEBUF:
	case PT_SOCKADDR:
	case PT_SOCKTUPLE:
	case PT_IPV4ADDR:
	case PT_IPV6ADDR:
	case PT_IPADDR:
	case PT_IPV4NET:
	case PT_IPV6NET:
	case PT_IPNET:
		json_string(b, format, v);
		break;
	default:
		json_number(b, format, v);
		break;
	}
}

void value_print_json(struct buf *b, const struct field *f, const struct value *v)
{
	if (f->info->flags & FF_TIMESTAMP) {
		buf_u64(b, f->counter);
		return;
	}
	if (!v->list) {
		json_scalar(b, f->format, v);
		return;
	}
	if (!v->n) {
		buf_puts(b, "null");
		return;
	}
	buf_char(b, '[');
	for (uint32_t i = 0; i < v->n; i++) {
		if (i)
			buf_char(b, ',');
		json_scalar(b, f->format, &v->v[i]);
	}
	buf_char(b, ']');
}
