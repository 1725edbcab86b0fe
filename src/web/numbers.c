/* SPDX-License-Identifier: Apache-2.0 */
#include "web/numbers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double one_decimal(double d)
{
	return round(d * 10) / 10;
}

void put_real(struct buf *out, double d)
{
	char text[40];

	if (!isfinite(d))
		d = 0;
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_puts(out, text);
	if (!strpbrk(text, ".e"))
		buf_puts(out, ".0");
}
