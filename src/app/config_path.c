/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths of -o: names joined by dots, [n] for an element of a list, [] for a new one; a
 * backslash makes '.', '[', ']' and itself part of a name.  What is missing on the way is made.
 */
#include <stdio.h>

#include "app/config_internal.h"

struct walk {
	struct arena *arena;
	struct conf_source *source;
	struct str path;
	size_t at;
	char *err; /* 256 bytes */
	struct buf name;
};

static struct conf_node *fail(struct walk *w, const char *what, size_t pos)
{
	snprintf(w->err, 256, "Parsing error: %s at pos %zu", what, pos);
	return NULL;
}

static struct ypos place(const struct walk *w)
{
	return (struct ypos){1, (unsigned)w->at + 1, w->at};
}

/* Reads the name at the cursor, up to a '.' or '[' or the end. */
static bool read_name(struct walk *w)
{
	w->name.n = 0;
	for (; w->at < w->path.n && !strchr(".[", w->path.p[w->at]); w->at++) {
		char c = w->path.p[w->at];

		if (c == '\\') {
			if (++w->at >= w->path.n)
				return fail(w, "trailing backslash", w->at - 1);
			c = w->path.p[w->at];
			if (!strchr(".[]\\", c))
				return fail(w, "invalid escape sequence", w->at - 1);
		}
		buf_char(&w->name, c);
	}
	return w->name.n || fail(w, "unexpected character", w->at);
}

static void become(struct conf_node *n, struct walk *w, enum conf_kind kind)
{
	struct conf_node *empty = conf_new(w->arena, w->source, kind);

	empty->pos = place(w);
	conf_assign(n, empty);
}

static struct conf_node *add(struct conf_node *parent, struct walk *w)
{
	struct conf_node *n = conf_new(w->arena, w->source, CONF_NULL);

	n->pos = n->key_pos = place(w);
	conf_add(parent, n);
	return n;
}

/* n.name; a list becomes a map then, as if it had been written as one. */
static struct conf_node *step_name(struct conf_node *n, struct walk *w, size_t start)
{
	struct str name = arena_str(w->arena, buf_view(&w->name));
	struct conf_node *child;

	if (n->kind == CONF_SCALAR && n->text.n)
		return fail(w, "a value has no keys inside", start);
	if (n->kind != CONF_MAP)
		become(n, w, CONF_MAP);
	child = conf_child(n, name);
	if (!child) {
		child = add(n, w);
		child->key = name;
		child->key_pos = (struct ypos){1, (unsigned)start + 1, start};
	}
	return child;
}

/* n[i], or a new element for []. */
static struct conf_node *step_index(struct conf_node *n, struct walk *w)
{
	struct str rest = str_from(w->path, w->at + 1), digits;
	ptrdiff_t end = str_chr(rest, ']');
	uint64_t i;

	digits = str_head(rest, end < 0 ? rest.n : (size_t)end);
	if (conf_unset(n))
		become(n, w, CONF_LIST);
	i = n->nchildren;
	if (end < 0 || n->kind != CONF_LIST || (digits.n && !str_to_u64(digits, &i))) {
		snprintf(w->err, 256, "Parsing error: expected a numeric index, found '%.*s'",
			(int)MIN(digits.n, 100), digits.p);
		return NULL;
	}
	if (i > n->nchildren)
		return fail(w, "the list has no such element", w->at);
	w->at += digits.n + 2;
	return i == n->nchildren ? add(n, w) : conf_item(n, i);
}

static struct conf_node *walk(struct conf_node *n, struct walk *w)
{
	while (n && w->at < w->path.n) {
		size_t start = w->at;

		if (!read_name(w))
			return NULL;
		n = step_name(n, w, start);
		while (n && w->at < w->path.n && w->path.p[w->at] == '[')
			n = step_index(n, w);
		if (!n || w->at == w->path.n)
			break;
		if (w->path.p[w->at] != '.')
			return fail(w, "expected '.' character", w->at);
		if (++w->at == w->path.n)
			return fail(w, "unexpected end", w->at);
	}
	return n;
}

struct conf_node *conf_make(struct arena *a, struct conf_node *root, struct conf_source *source,
	struct str path, char err[256])
{
	struct walk w = {.arena = a, .source = source, .path = path, .err = err};
	struct conf_node *n;

	n = path.n ? walk(root, &w) : fail(&w, "no key", 0);
	buf_done(&w.name);
	return n;
}
