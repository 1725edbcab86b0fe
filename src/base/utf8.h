/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 checking (Unicode 15, section 3.9: well-formed sequences and maximal subparts). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include "base/arena.h"

/* Length of the well-formed sequence at the start of s, 0 if there is none. */
size_t utf8_valid(struct str s);
/* Length of the maximal ill-formed part at the start of s: at least 1; s is not empty. */
size_t utf8_bad(struct str s);
/* Length of the printable ASCII (no control, no DEL) at the start of s. */
size_t utf8_ascii(struct str s);
/* Whether s is well-formed, without controls (C0, DEL, C1) and non-characters. */
bool utf8_printable(struct str s);
/* s itself when printable, else a copy in a with every offending sequence replaced by U+FFFD. */
struct str utf8_clean(struct arena *a, struct str s);
#endif
