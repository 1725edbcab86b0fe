/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEB_NUMBERS_H
#define WEB_NUMBERS_H
#include "base/buf.h"

/* The shortest decimal that reads back as d, always with a point, as JSON writers do. */
void put_real(struct buf *out, double d);
/* d rounded to one decimal. */
double one_decimal(double d);
#endif
