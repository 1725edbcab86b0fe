/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for people. */
#ifndef APP_JSON_H
#define APP_JSON_H
#include "base/buf.h"

/* Well-formed compact JSON with line breaks, indented by two blanks, and a newline at the end. */
void json_pretty(struct buf *out, struct str compact);
#endif
