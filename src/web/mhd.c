/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once loaded the library stays.  A failure is not remembered: a reload may follow an installation.
 */
#include "web/mhd.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* The name that programs linked with today's libmicrohttpd, 0.9.45 to 1.0, ask for. */
#define LIBRARY "libmicrohttpd.so.12"

struct mhd mhd;

static bool find_all(void *lib)
{
#define FIND(name)                                                                                 \
	mhd.name = (__typeof__(mhd.name))dlsym(lib, "MHD_" #name);                                 \
	if (!mhd.name)                                                                             \
		return false;
	MHD_FUNCTIONS(FIND)
#undef FIND
	return true;
}

bool mhd_load(char err[512])
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static void *loaded;
	const char *why = NULL;

	pthread_mutex_lock(&lock);
	if (!loaded) {
		void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

		if (lib && find_all(lib))
			loaded = lib;
		else
			why = dlerror();
	}
	pthread_mutex_unlock(&lock);
	if (why)
		snprintf(err, 512,
			"%s: install the library (libmicrohttpd12 on Debian), or say "
			"webserver.enabled=false",
			why);
	return !why;
}
