/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files into memory. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/arena.h"

/*
 * Content of path ("-": standard input), NUL behind it, in a. 0, or -errno: -EFBIG beyond max
 * bytes, -EISDIR for a folder.
 */
int file_read(struct arena *a, const char *path, size_t max, struct str *ret);
#endif
