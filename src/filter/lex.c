/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads tokens out of a condition with a bounded cursor.
 *
 * What a piece of text means depends on where it stands ("in" is a word, an operator, a constant),
 * so there is no stream of tokens: the grammar asks for what it expects.
 */
#include "filter/lex.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

void lex_init(struct lexer *l, struct arena *a, struct str text, struct parse_error *err)
{
	*l = (struct lexer){
		.arena = a, .text = text, .pos = {0, 1, 1}, .last = STR(""), .err = err};
}

void lex_fail(struct lexer *l, const char *fmt, ...)
{
	va_list ap;

	if (l->failed)
		return;
	l->failed = true;
	l->err->pos = l->pos;
	va_start(ap, fmt);
	vsnprintf(l->err->message, sizeof(l->err->message), fmt, ap);
	va_end(ap);
}

static struct str rest(const struct lexer *l)
{
	return l->failed ? STR("") : str_from(l->text, l->pos.index);
}

bool lex_at_end(const struct lexer *l)
{
	return l->pos.index >= l->text.n;
}

static void step(struct lexer *l, size_t n)
{
	for (; n; n--) {
		char c = l->text.p[l->pos.index++];

		l->pos.col++;
		if (c == '\n' || c == '\r') {
			l->pos.col = 1;
			l->pos.line++;
		}
	}
}

/* A token without line breaks. */
static bool take(struct lexer *l, size_t n)
{
	if (!n)
		return false;
	l->last = str_head(rest(l), n);
	l->pos.index += (uint32_t)n;
	l->pos.col += (uint32_t)n;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n';
}

/* Blank to a bare text: what isspace() says in the C locale. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool lex_blank(struct lexer *l)
{
	struct str s = rest(l);
	size_t n = 0;

	while (n < s.n && is_blank(s.p[n]))
		n++;
	step(l, n);
	return n > 0;
}

bool lex_text(struct lexer *l, struct str s)
{
	return str_starts(rest(l), s) && take(l, s.n);
}

bool lex_not(struct lexer *l)
{
	struct str s = rest(l);
	size_t n = 3;

	if (!str_starts(s, STR("not")))
		return false;
	while (n < s.n && is_space(s.p[n]))
		n++;
	if (n == 3)
		return false;
	l->last = str_head(s, n);
	step(l, n);
	return true;
}

static size_t identifier_len(struct str s)
{
	size_t n = 0;

	if (!s.n || !is_alpha(s.p[0]))
		return 0;
	while (n < s.n && (is_alpha(s.p[n]) || is_digit(s.p[n]) || s.p[n] == '_'))
		n++;
	return n;
}

bool lex_identifier(struct lexer *l)
{
	return take(l, identifier_len(rest(l)));
}

bool lex_field_name(struct lexer *l)
{
	struct str s = rest(l);
	size_t n = identifier_len(s), next, first = n;

	while (n && n < s.n && s.p[n] == '.' && (next = identifier_len(str_from(s, n + 1))))
		n += 1 + next;
	return n > first && take(l, n);
}

/* Where a text without quotes ends: blanks, NUL, and the punctuation around it. */
enum { END_OF_BARE = 1, END_OF_ARG = 2, END = END_OF_BARE | END_OF_ARG };
static const unsigned char ends[UCHAR_MAX + 1] = {['\0'] = END,
	['\t'] = END,
	['\n'] = END,
	['\v'] = END,
	['\f'] = END,
	['\r'] = END,
	[' '] = END,
	['"'] = END,
	['\''] = END,
	['('] = END_OF_BARE,
	[')'] = END_OF_BARE,
	['='] = END_OF_BARE,
	[','] = END_OF_BARE,
	['['] = END_OF_ARG,
	[']'] = END_OF_ARG};

/* Length of the well-formed UTF-8 before the first of these ends. */
static size_t run_before(struct str s, unsigned char end)
{
	size_t n = 0, len;

	while (n < s.n && !(ends[(unsigned char)s.p[n]] & end)) {
		len = (unsigned char)s.p[n] < 0x80 ? 1 : utf8_valid(str_from(s, n));
		if (!len)
			break;
		n += len;
	}
	return n;
}

bool lex_field_arg(struct lexer *l)
{
	return take(l, run_before(rest(l), END_OF_ARG));
}

bool lex_bare(struct lexer *l)
{
	return take(l, run_before(rest(l), END_OF_BARE));
}

static size_t digits(struct str s, size_t n)
{
	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

static size_t hex_len(struct str s)
{
	size_t n = 2;

	if (s.n < 3 || s.p[0] != '0' || (s.p[1] != 'x' && s.p[1] != 'X'))
		return 0;
	while (n < s.n && isxdigit((unsigned char)s.p[n]))
		n++;
	return n > 2 ? n : 0;
}

static size_t decimal_len(struct str s)
{
	size_t start = s.n && (s.p[0] == '+' || s.p[0] == '-'), n = digits(s, start), exp;

	if (n == start)
		return 0;
	if (n < s.n && s.p[n] == '.')
		n = digits(s, n + 1);
	if (n + 1 < s.n && (s.p[n] == 'e' || s.p[n] == 'E') &&
		(s.p[n + 1] == '+' || s.p[n + 1] == '-')) {
		exp = digits(s, n + 2);
		n = exp > n + 2 ? exp : n;
	}
	return n;
}

bool lex_number(struct lexer *l)
{
	size_t n = hex_len(rest(l));

	return take(l, n ? n : decimal_len(rest(l)));
}

/* Byte that \c stands for in a text with this quote; -1 when there is no such escape. */
static int unescape(struct lexer *l, char c, char quote)
{
	static const char from[] = "bfnrt /\\", to[] = "\b\f\n\r\t\\/\\";
	const char *p = c ? strchr(from, c) : NULL;

	if (p)
		return to[p - from];
	if (c == quote)
		return c;
	if (c == '"')
		lex_fail(l, "invalid \\\" escape in '-quoted string");
	else if (c == '\'')
		lex_fail(l, "invalid \\' escape in \"-quoted string");
	else
		lex_fail(l, "unsupported string escape sequence: \\%c", c);
	return -1;
}

/* Content of a quoted text, the quotes taken off. */
static struct str unquote(struct lexer *l, struct str s, char quote)
{
	char *out = arena_alloc(l->arena, s.n + 1);
	size_t n = 0;
	int c;

	for (size_t i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c == '\\' && i + 1 < s.n)
			c = unescape(l, s.p[++i], quote);
		if (c < 0)
			return STR("");
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return str_n(out, n);
}

/*
 * A quote ends the text unless the byte before it is a backslash, whatever stands before that one:
 * "a\\" goes on.
 */
bool lex_quoted(struct lexer *l)
{
	struct str s = rest(l);
	size_t n = 1;

	if (!s.n || (s.p[0] != '"' && s.p[0] != '\''))
		return false;
	while (n < s.n && s.p[n] && !(s.p[n] == s.p[0] && (n == 1 || s.p[n - 1] != '\\')))
		n++;
	if (n >= s.n || !s.p[n]) {
		l->last = str_head(s, n);
		return false;
	}
	step(l, n + 1);
	l->last = unquote(l, str_n(s.p + 1, n - 1), s.p[0]);
	return !l->failed;
}

/* A word and the blanks that must follow it. */
static bool lex_word(struct lexer *l, struct str word)
{
	struct lexer before = *l;

	if (lex_text(l, word) && lex_blank(l))
		return true;
	*l = before;
	return false;
}

bool lex_op(struct lexer *l, enum op_kind kind, enum op *ret)
{
	struct str s = rest(l);

	for (enum op op = 0; s.n && op < OP_MAX; op++) {
		struct str text;
		bool word;

		if (op_table[op].kind != kind || op_table[op].text[0] != s.p[0])
			continue;
		text = str_c(op_table[op].text);
		word = kind == OPK_STRING && is_alpha(text.p[0]);
		if (word ? lex_word(l, text) : lex_text(l, text)) {
			*ret = op;
			return true;
		}
	}
	return false;
}

bool lex_modifier(struct lexer *l, enum modifier *ret)
{
	for (enum modifier m = MOD_NONE + 1; m < MOD_MAX; m++) {
		if (lex_word(l, str_c(modifier_names[m]))) {
			*ret = m;
			return true;
		}
	}
	return false;
}

bool lex_transformer(struct lexer *l, enum transformer *ret)
{
	for (enum transformer t = 0; t < TR_MAX; t++) {
		struct str name = str_c(transformer_names[t]);
		struct str s = rest(l);

		if (t == TR_VAL || !str_starts(s, name) || s.n == name.n || s.p[name.n] != '(')
			continue;
		take(l, name.n + 1);
		l->last.n--;
		*ret = t;
		return true;
	}
	return false;
}

bool lex_list_follows(const struct lexer *l)
{
	static const char *const keywords[] = {"and", "or", "not"};
	struct str s = rest(l), after;

	if (!s.n || (s.p[0] != '(' && !is_alpha(s.p[0])))
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!str_starts(s, str_c(keywords[i])))
			continue;
		after = str_from(s, strlen(keywords[i]));
		if (!after.n || (!is_alpha(after.p[0]) && !is_digit(after.p[0])))
			return false;
	}
	return true;
}
