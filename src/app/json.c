/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JSON is copied with blanks put in; empty objects and arrays stay together. */
#include "app/json.h"

static void newline(struct buf *out, unsigned depth)
{
	buf_char(out, '\n');
	buf_pad(out, ' ', 2 * (size_t)depth);
}

/* Length of the text in quotes that s starts with. */
static size_t quoted_length(struct str s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i + 1 : s.n;
}

void json_pretty(struct buf *out, struct str compact)
{
	unsigned depth = 0;
	size_t step;

	for (size_t i = 0; i < compact.n; i += step) {
		char c = compact.p[i], next = i + 1 < compact.n ? compact.p[i + 1] : 0;

		step = 1;
		if (c == '"') {
			step = quoted_length(str_from(compact, i));
			buf_put(out, compact.p + i, step);
		} else if ((c == '{' || c == '[') && (next == '}' || next == ']')) {
			step = 2;
			buf_put(out, compact.p + i, step);
		} else if (c == '{' || c == '[') {
			buf_char(out, c);
			newline(out, ++depth);
		} else if (c == '}' || c == ']') {
			newline(out, depth ? --depth : 0);
			buf_char(out, c);
		} else {
			buf_char(out, c);
			if (c == ',')
				newline(out, depth);
			else if (c == ':')
				buf_char(out, ' ');
		}
	}
	buf_char(out, '\n');
}
