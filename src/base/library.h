/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared libraries that few runs need: loaded when they are called for, and then for ever.  What
 * they bring along would cost every start more than all else.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct library {
	const char *soname;
	const char *const *names; /* of the functions that are called */
	size_t n;
	void *functions; /* n pointers, in the order of names: set by library_load(), then never
			    changed */
	pthread_mutex_t lock;
	bool loaded;
};

/* names: an array; functions: the address of a struct of as many pointers to functions. */
#define LIBRARY(soname, names, functions)                                                          \
	{                                                                                          \
		soname, names, sizeof(names) / sizeof(*(names)), functions,                        \
			PTHREAD_MUTEX_INITIALIZER, false                                           \
	}

/*
 * Any thread, any number of times.  False with the reason in why: the library or a function of it
 * is missing. That is not remembered, for a reload may follow an installation.
 */
bool library_load(struct library *l, char why[400]);
#endif
