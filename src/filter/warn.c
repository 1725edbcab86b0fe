/* SPDX-License-Identifier: Apache-2.0 */
/* Guesses: each may be wrong, none keeps a rule from being loaded. */
#include "filter/warn.h"

struct warning {
	struct ast_pos pos;
	atom_warn_fn fn;
	void *arg;
};

static void tell(const struct warning *w, struct str text, const char *before, const char *after)
{
	struct buf b = {0};

	buf_puts(&b, before);
	buf_str(&b, text);
	buf_puts(&b, after);
	w->fn(w->arg, w->pos, buf_cstr(&b));
	buf_done(&b);
}

static bool is_repeat(char c)
{
	return c == '+' || c == '*' || c == '?';
}

/* Without anchors, and without ".*" and the like, at its ends. */
static struct str regex_core(struct str s)
{
	if (s.n && s.p[0] == '^')
		s = str_from(s, 1);
	else if (s.n > 1 && s.p[0] == '.' && is_repeat(s.p[1]))
		s = str_from(s, 2);
	if (s.n && s.p[s.n - 1] == '$')
		s.n--;
	else if (s.n > 1 && s.p[s.n - 2] == '.' && is_repeat(s.p[s.n - 1]))
		s.n -= 2;
	return s;
}

/* A regular expression that is only a text: simpler operators can find that. */
static void warn_regex(const struct warning *w, struct str text)
{
	static const char special[] = ".+*?^$()[]{}|\\";
	struct str core = regex_core(text);

	for (size_t i = 0; i < core.n; i++)
		if (!core.p[i] || strchr(special, core.p[i]))
			return;
	tell(w, text, "regex check with '",
		"' may be optimized with simpler operators such as '=', 'contains', 'startswith', "
		"'endswith'");
}

/* Of a text that ends with ")". */
static bool is_call(struct str s, const char *name)
{
	size_t n = strlen(name);

	return s.n >= n + 2 && s.p[n] == '(' && str_starts(s, str_n(name, n));
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* s itself when there are none in it. */
static struct str without_blanks(struct buf *b, struct str s)
{
	size_t i = 0;

	while (i < s.n && !is_space(s.p[i]))
		i++;
	if (i == s.n)
		return s;
	for (i = 0; i < s.n; i++)
		if (!is_space(s.p[i]))
			buf_char(b, s.p[i]);
	return buf_view(b);
}

void warn_constant(
	enum op op, struct str text, struct ast_pos pos, atom_warn_fn warn, void *warn_arg)
{
	struct warning w = {pos, warn, warn_arg};
	struct buf b = {0};
	struct str s = without_blanks(&b, text);

	if (op == OP_REGEX)
		warn_regex(&w, text);
	if (field_exists(s))
		tell(&w, text, "'", "' may be a valid field misused as a const string value");
	for (enum transformer t = 0; t < TR_MAX && str_ends(s, STR(")")); t++)
		if (is_call(s, transformer_names[t]))
			tell(&w, text, "'",
				"' may be a valid field transformer misused as a const string "
				"value");
	buf_done(&b);
}
