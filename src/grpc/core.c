/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/core.h"

#include <stdio.h>

#include "base/library.h"

#define NAME(name) #name,
static const char *const names[] = {CORE_FUNCTIONS(NAME)};
static struct core core;
static struct library library = LIBRARY(GRPC_SONAME, names, &core);

const struct core *core_load(char err[512])
{
	char why[400];

	if (library_load(&library, why))
		return &core;
	snprintf(err, 512,
		"%s: install gRPC's library (" GRPC_SONAME "), or set grpc.enabled to false", why);
	return NULL;
}
