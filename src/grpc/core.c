/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/core.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

static struct core core;
static bool loaded;
static char failure[400];

static void load(void)
{
	void *lib = dlopen(GRPC_SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		snprintf(failure, sizeof(failure), "%s", dlerror());
		return;
	}
#define F(name)                                                                                    \
	core.name = (__typeof__(core.name))dlsym(lib, #name);                                      \
	if (!core.name)                                                                            \
		snprintf(failure, sizeof(failure), GRPC_SONAME " has no %s", #name);
	CORE_FUNCTIONS(F)
#undef F
	loaded = !*failure;
}

const struct core *core_load(char err[512])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (loaded)
		return &core;
	snprintf(err, 512,
		"%s: install gRPC's library (" GRPC_SONAME "), or set grpc.enabled to false",
		failure);
	return NULL;
}
