/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text in the language of mdoc(7): one sentence a line, no line beyond 78 columns. */
#include "tools/manual/manual.h"

#define COLUMNS 78

static void put_char(struct buf *out, const char *p, bool word_start)
{
	if (*p == '\\')
		buf_puts(out, "\\e");
	else if (*p == '-' && (word_start || p[-1] == '-' || p[-1] == '(' || p[-1] == '['))
		buf_puts(out, "\\-");
	else if (*p == '~')
		buf_puts(out, "\\(ti");
	else if (*p == '^')
		buf_puts(out, "\\(ha");
	else
		buf_char(out, *p);
}

static void put_word(struct buf *out, struct str word, bool line_start)
{
	if (line_start && strchr(".'", word.p[0]))
		buf_puts(out, "\\&");
	for (size_t i = 0; i < word.n; i++)
		put_char(out, word.p + i, i == 0);
}

/* "." and ":" end a sentence when a capital follows. */
static bool ends_sentence(struct str word, struct str rest)
{
	char c = word.p[word.n - 1];

	return (c == '.' || c == '?') && rest.n && rest.p[0] >= 'A' && rest.p[0] <= 'Z' &&
	       !str_ends(word, STR("e.g."));
}

void mdoc_text(struct buf *out, const char *text)
{
	struct str rest = str_c(text), word;
	size_t column = 0;

	while (rest.n && str_split(&rest, ' ', &word)) {
		if (!word.n)
			continue;
		if (column && column + 1 + word.n > COLUMNS) {
			buf_char(out, '\n');
			column = 0;
		}
		if (column)
			buf_char(out, ' ');
		put_word(out, word, !column);
		column += 1 + word.n;
		if (ends_sentence(word, rest)) {
			buf_char(out, '\n');
			column = 0;
		}
	}
	if (column)
		buf_char(out, '\n');
}

void mdoc_arg(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			buf_puts(out, "\\(dq");
		else
			put_char(out, p, p == text);
	}
	buf_char(out, '"');
}
