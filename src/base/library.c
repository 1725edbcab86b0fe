/* SPDX-License-Identifier: Apache-2.0 */
#include "base/library.h"

#include <dlfcn.h>
#include <stdio.h>

static bool find_all(struct library *l, void *lib)
{
	void **functions = l->functions;

	for (size_t i = 0; i < l->n; i++) {
		functions[i] = dlsym(lib, l->names[i]);
		if (!functions[i])
			return false;
	}
	return true;
}

bool library_load(struct library *l, char why[400])
{
	bool ret;

	pthread_mutex_lock(&l->lock);
	if (!l->loaded) {
		void *lib = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);

		l->loaded = lib && find_all(l, lib);
		if (!l->loaded)
			snprintf(why, 400, "%s", dlerror());
	}
	ret = l->loaded;
	pthread_mutex_unlock(&l->lock);
	return ret;
}
