/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ${VAR} in configuration files.
 *
 * What a variable holds is expanded in turn, so a variable that names itself would never end: the
 * text of one scalar is bounded, and so is the number of replacements in it.
 */
#include <stdlib.h>

#include "app/config_internal.h"

#define MAX_REPLACEMENTS 1000

/* Replaces len bytes at the given place. */
static void splice(struct buf *text, size_t at, size_t len, struct str value)
{
	size_t tail = text->n - at - len;

	buf_reserve(text, value.n);
	memmove(text->p + at + value.n, text->p + at + len, tail);
	memcpy(text->p + at, value.p, value.n);
	text->n = at + value.n + tail;
}

static struct str variable(struct str name)
{
	char *s = str_dup(name);
	const char *value = getenv(s);

	free(s);
	return value ? str_c(value) : STR("");
}

/* Offset of the next "${" or "$${" from at on, or -1. */
static ptrdiff_t find_reference(struct str text, size_t at)
{
	ptrdiff_t i;

	for (; (i = str_chr(str_from(text, at), '$')) >= 0; at++) {
		struct str rest = str_from(text, at += (size_t)i);

		if (str_starts(rest, STR("${")) || str_starts(rest, STR("$${")))
			return (ptrdiff_t)at;
	}
	return -1;
}

static bool expand(struct buf *text)
{
	ptrdiff_t at = 0, end;

	for (unsigned n = 0; n < MAX_REPLACEMENTS && text->n <= CONF_MAX_TEXT; n++) {
		struct str rest;

		at = find_reference(buf_view(text), (size_t)at);
		if (at < 0)
			return true;
		rest = str_from(buf_view(text), (size_t)at);
		end = str_chr(rest, '}');
		if (end < 0)
			return true;
		if (rest.p[1] == '$') {
			splice(text, (size_t)at, 1, STR(""));
			at++;
		} else {
			splice(text, (size_t)at, (size_t)end + 1,
				variable(str_n(rest.p + 2, (size_t)end - 2)));
		}
	}
	return false;
}

static bool expand_scalar(struct arena *a, struct conf_node *n)
{
	struct buf text = {0};
	bool ok;

	if (find_reference(n->text, 0) < 0)
		return true;
	buf_str(&text, n->text);
	ok = expand(&text);
	if (ok)
		n->text = arena_str(a, buf_view(&text));
	buf_done(&text);
	return ok;
}

struct conf_node *conf_expand_env(struct arena *a, struct conf_node *n)
{
	struct conf_node *it, *bad = NULL;

	if (n->kind == CONF_SCALAR)
		return expand_scalar(a, n) ? NULL : n;
	for (it = n->first; it && !bad; it = it->next)
		bad = conf_expand_env(a, it);
	return bad;
}
