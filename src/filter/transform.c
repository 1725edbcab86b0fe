/* SPDX-License-Identifier: Apache-2.0 */
/* Transformers of one argument. What they make lives in the arena, as long as the event. */
#include "filter/transform.h"

typedef bool (*text_fn)(struct arena *a, struct str in, struct str *ret);

static bool to_case(struct arena *a, struct str in, struct str *ret, char first, char last)
{
	char *out = arena_alloc(a, in.n + 1);

	for (size_t i = 0; i < in.n; i++)
		out[i] = in.p[i] >= first && in.p[i] <= last ? in.p[i] ^ ('a' ^ 'A') : in.p[i];
	out[in.n] = '\0';
	*ret = str_n(out, in.n);
	return true;
}

static bool text_tolower(struct arena *a, struct str in, struct str *ret)
{
	return to_case(a, in, ret, 'A', 'Z');
}

static bool text_toupper(struct arena *a, struct str in, struct str *ret)
{
	return to_case(a, in, ret, 'a', 'z');
}

static bool text_basename(struct arena *a, struct str in, struct str *ret)
{
	*ret = str_from(in, (size_t)(str_rchr(in, '/') + 1));
	return true;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Padding may be there or not; bits that are left over must be zero. */
static bool text_b64(struct arena *a, struct str in, struct str *ret)
{
	size_t n = in.n, len = 0;
	uint32_t bits = 0;
	char *out;
	int digit;

	for (int pad = 0; pad < 2 && n && in.p[n - 1] == '='; pad++)
		n--;
	if (n % 4 == 1 || (!n && in.n))
		return false;
	out = arena_alloc(a, n / 4 * 3 + 4);
	for (size_t i = 0; i < n; i++) {
		digit = base64_digit(in.p[i]);
		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4)
			out[len++] = (char)(bits >> (6 - i % 4 * 2));
	}
	if ((n % 4 == 2 && bits & 15) || (n % 4 == 3 && bits & 3))
		return false;
	out[len] = '\0';
	*ret = str_n(out, len);
	return true;
}

static const text_fn text_fns[TR_MAX] = {
	[TR_TOLOWER] = text_tolower,
	[TR_TOUPPER] = text_toupper,
	[TR_BASENAME] = text_basename,
	[TR_B64] = text_b64,
};

bool transform_type(enum transformer t, uint8_t *type, bool *list)
{
	switch (t) {
	case TR_TOLOWER:
	case TR_TOUPPER:
	case TR_BASENAME:
		return ptype_is_text(*type);
	case TR_B64:
		return *type == PT_CHARBUF || *type == PT_BYTEBUF;
	case TR_LEN:
		if (!*list && !ptype_is_text(*type) && *type != PT_BYTEBUF)
			return false;
		*type = PT_UINT64;
		*list = false;
		return true;
	default:
		return false;
	}
}

static size_t text_len(uint8_t type, const struct value *v)
{
	return type == PT_BYTEBUF ? v->s.n : strnlen(v->s.p, v->s.n);
}

static bool transform_one(text_fn fn, struct arena *a, struct value *v)
{
	struct str in = v->s;

	while (in.n && !in.p[in.n - 1])
		in.n--;
	v->istr = NULL;
	return fn(a, in, &v->s);
}

static bool transform_list(text_fn fn, struct arena *a, struct value *v)
{
	struct value *items = arena_alloc(a, v->n * sizeof(*items));

	for (uint32_t i = 0; i < v->n; i++) {
		items[i] = v->v[i];
		if (!transform_one(fn, a, &items[i]))
			return false;
	}
	v->v = items;
	return true;
}

bool transform_value(enum transformer t, struct arena *a, uint8_t type, bool list, struct value *v)
{
	uint64_t len;

	if (t == TR_LEN) {
		len = list ? v->n : text_len(type, v);
		*v = (struct value){.type = PT_UINT64, .u = len};
		return true;
	}
	return list ? transform_list(text_fns[t], a, v) : transform_one(text_fns[t], a, v);
}
