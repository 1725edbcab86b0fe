/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of the engine and of plugins: three numbers; the first must agree to be compatible. */
#include "rules/internal.h"

#include <inttypes.h>
#include <stdio.h>

bool version_parse(const char *s, struct version *ret)
{
	return sscanf(s, "%" SCNu32 ".%" SCNu32 ".%" SCNu32, &ret->major, &ret->minor,
		       &ret->patch) == 3;
}

int version_cmp(struct version a, struct version b)
{
	if (a.major != b.major)
		return a.major < b.major ? -1 : 1;
	if (a.minor != b.minor)
		return a.minor < b.minor ? -1 : 1;
	return a.patch == b.patch ? 0 : a.patch < b.patch ? -1 : 1;
}

bool version_compatible(struct version have, struct version need)
{
	return have.major == need.major && version_cmp(have, need) >= 0;
}
