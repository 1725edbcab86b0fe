/* SPDX-License-Identifier: Apache-2.0 */
/* A text that is looked for in many others. */
#ifndef FILTER_NEEDLE_H
#define FILTER_NEEDLE_H
#include "base/str.h"

struct needle {
	struct str text; /* borrowed */
	size_t rare;	 /* index of the byte that other texts are least likely to have */
};

void needle_init(struct needle *n, struct str text);
/* Without regard to the case of ASCII letters. */
bool needle_in_nocase(const struct needle *n, struct str s);

static inline bool needle_in(const struct needle *n, struct str s)
{
	const char *at, *last;

	if (n->text.n > s.n)
		return false;
	if (!n->text.n)
		return true;
	at = s.p + n->rare;
	last = at + (s.n - n->text.n);
	while ((at = memchr(at, n->text.p[n->rare], (size_t)(last - at) + 1))) {
		if (memcmp(at - n->rare, n->text.p, n->text.n) == 0)
			return true;
		if (at++ == last)
			break;
	}
	return false;
}
#endif
