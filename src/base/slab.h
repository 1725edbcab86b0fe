/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of objects that come and go all the time, as processes and their names do.  What is freed
 * is kept for the next one of its size: a machine in its usual state asks the heap for nothing.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H
#include <stddef.h>

/* n bytes, aligned to 16. Whoever frees them says n again; NULL is fine. Never fails. */
void *slab_alloc(size_t n) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *slab_zalloc(size_t n) __attribute__((malloc, alloc_size(1), returns_nonnull));
void slab_free(void *p, size_t n);
/* p, of old bytes (NULL: 0), as one of n bytes; what is beyond old is not cleared. */
void *slab_regrow(void *p, size_t old, size_t n) __attribute__((alloc_size(3), returns_nonnull));
#endif
