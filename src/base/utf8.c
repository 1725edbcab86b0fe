/* SPDX-License-Identifier: Apache-2.0 */
/* One decoder serves all four questions: it says how long a sequence is and whether it is good. */
#include "base/utf8.h"

struct seq {
	size_t len;  /* bytes to step over, at least 1 */
	bool ok;     /* well-formed */
	uint32_t cp; /* code point when ok */
};

static struct seq decode(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned lo = 0x80, hi = 0xbf;
	size_t need;
	uint32_t cp;

	if (p[0] < 0x80)
		return (struct seq){1, true, p[0]};
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		need = 1;
		cp = p[0] & 0x1fu;
	} else if ((p[0] & 0xf0) == 0xe0) {
		need = 2;
		cp = p[0] & 0x0fu;
		lo = p[0] == 0xe0 ? 0xa0 : lo;
		hi = p[0] == 0xed ? 0x9f : hi;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		need = 3;
		cp = p[0] & 0x07u;
		lo = p[0] == 0xf0 ? 0x90 : lo;
		hi = p[0] == 0xf4 ? 0x8f : hi;
	} else {
		return (struct seq){1, false, 0};
	}
	for (size_t i = 1; i <= need; i++) {
		if (i >= s.n || p[i] < lo || p[i] > hi)
			return (struct seq){i, false, 0};
		cp = cp << 6 | (p[i] & 0x3fu);
		lo = 0x80;
		hi = 0xbf;
	}
	return (struct seq){need + 1, true, cp};
}

static bool printable(uint32_t cp)
{
	return cp >= 0x20 && !(cp >= 0x7f && cp <= 0x9f) && !(cp >= 0xfdd0 && cp <= 0xfdef) &&
	       (cp & 0xfffe) != 0xfffe;
}

size_t utf8_valid(struct str s)
{
	struct seq q;

	if (!s.n)
		return 0;
	q = decode(s);
	return q.ok ? q.len : 0;
}

size_t utf8_bad(struct str s)
{
	return decode(s).len;
}

/* Eight bytes at a step. */
size_t utf8_ascii(struct str s)
{
	size_t i = 0;
	uint64_t w;

	for (; i + 8 <= s.n; i += 8) {
		memcpy(&w, s.p + i, 8);
		/* high bit set, or below 0x20, or equal to 0x7f in any byte */
		if ((w | (w - 0x2020202020202020u) | (w + 0x0101010101010101u)) &
			0x8080808080808080u)
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] >= 0x20 && (unsigned char)s.p[i] < 0x7f)
		i++;
	return i;
}

bool utf8_printable(struct str s)
{
	size_t i = 0;
	struct seq q;

	while ((i += utf8_ascii(str_from(s, i))) < s.n) {
		q = decode(str_from(s, i));
		if (!q.ok || !printable(q.cp))
			return false;
		i += q.len;
	}
	return true;
}

struct str utf8_clean(struct arena *a, struct str s)
{
	size_t n = 0, run, i = 0;
	struct seq q;
	char *out;

	if (utf8_printable(s))
		return s;
	out = arena_alloc(a, s.n * 3 + 1);
	while (i < s.n) {
		run = utf8_ascii(str_from(s, i));
		memcpy(out + n, s.p + i, run);
		n += run;
		i += run;
		if (i >= s.n)
			break;
		q = decode(str_from(s, i));
		if (q.ok && printable(q.cp)) {
			memcpy(out + n, s.p + i, q.len);
			n += q.len;
		} else {
			memcpy(out + n, "\xef\xbf\xbd", 3);
			n += 3;
		}
		i += q.len;
	}
	out[n] = '\0';
	return str_n(out, n);
}
