/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing array of any type: VEC(struct x) xs = {0}; *vec_add(&xs) = ...; xs.v[i], xs.n.
 * Elements move when it grows; vec_done() frees the array, not what elements point to.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include <stdlib.h>

#include "base/mem.h"

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n, cap;                                                                     \
	}

#define vec_reserve(vec, more)                                                                     \
	((vec)->n + (more) <= (vec)->cap                                                           \
			? (void)0                                                                  \
			: ((vec)->cap = MAX((vec)->n + (more), (vec)->cap ? (vec)->cap * 2 : 8),   \
				  (void)((vec)->v = mem_realloc(                                   \
						 (vec)->v, (vec)->cap * sizeof(*(vec)->v)))))

/* A pointer to a new last element, its content undefined. */
#define vec_add(vec) (vec_reserve(vec, 1), &(vec)->v[(vec)->n++])
#define vec_push(vec, value) (*vec_add(vec) = (value))
#define vec_pop(vec) ((vec)->v[--(vec)->n])
#define vec_clear(vec) ((vec)->n = 0)
#define vec_done(vec) (free((vec)->v), (vec)->v = NULL, (vec)->n = (vec)->cap = 0)
#define vec_foreach(it, vec) for ((it) = (vec)->v; (it) && (it) != (vec)->v + (vec)->n; (it)++)
#endif
