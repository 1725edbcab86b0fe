/* SPDX-License-Identifier: Apache-2.0 */
/* The part of RE2 that conditions use, for C: POSIX syntax, whole texts, linear time. */
#ifndef FILTER_RE2_SHIM_H
#define FILTER_RE2_SHIM_H
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct regex;

/* NULL when the pattern is no regular expression; err (err_size bytes) says what is wrong. */
struct regex *regex_new(const char *pattern, size_t n, char *err, size_t err_size);
void regex_free(struct regex *re);
/* Whether the whole text, well-formed UTF-8, matches. */
bool regex_match(const struct regex *re, const char *text, size_t n);

#ifdef __cplusplus
}
#endif
#endif
