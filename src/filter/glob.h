/* SPDX-License-Identifier: Apache-2.0 */
/* Shell patterns as fnmatch(3) without flags reads them in the C locale: * crosses "/". */
#ifndef FILTER_GLOB_H
#define FILTER_GLOB_H
#include "base/str.h"

struct glob {
	const char *pattern; /* NUL-terminated, borrowed */
	size_t n;
	bool nocase;
	bool simple;   /* no [ and no \: bytes, * and ? */
	bool bytewise; /* no ? and no [: matches the same whatever the encoding */
};

void glob_init(struct glob *g, const char *pattern, bool nocase);
bool glob_match(const struct glob *g, struct str s);
#endif
