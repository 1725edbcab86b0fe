/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most texts do not have the needle in them.  That is seen fastest by looking for the one byte of
 * it that is rarest in paths and command lines, which the C library does many bytes at a time.
 */
#include "filter/needle.h"

#include <ctype.h>
#include <strings.h>

/* Bytes of such texts, most frequent first; what is not here is rarer. */
static const char frequent[] = "/esatrinolcdumpbhg. -_fy1k0v2wx:=53864q7z9j,\"'SACTERLOINPDMUHVF";

static size_t rank(char c)
{
	const char *p = c ? strchr(frequent, c) : NULL;

	return p ? (size_t)(p - frequent) : sizeof(frequent);
}

void needle_init(struct needle *n, struct str text)
{
	*n = (struct needle){.text = text};
	for (size_t i = 1; i < text.n; i++)
		if (rank(text.p[i]) > rank(text.p[n->rare]))
			n->rare = i;
}

bool needle_in_nocase(const struct needle *n, struct str s)
{
	char lower, upper;

	if (n->text.n > s.n)
		return false;
	if (!n->text.n)
		return true;
	lower = (char)tolower((unsigned char)n->text.p[n->rare]);
	upper = (char)toupper((unsigned char)n->text.p[n->rare]);
	for (size_t i = 0; i + n->text.n <= s.n; i++) {
		char c = s.p[i + n->rare];

		if ((c == lower || c == upper) && strncasecmp(s.p + i, n->text.p, n->text.n) == 0)
			return true;
	}
	return false;
}
