/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree that configuration files become.
 *
 * rules/yaml reads the text; here its nodes are copied into ones that can be changed: children are
 * lists, so that including a file or setting an option moves pointers.  Everything lives in the
 * arena of the configuration.  The copy expands aliases and is therefore counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/config_internal.h"
#include "app/secrets.h"

struct copier {
	struct arena *arena;
	struct conf_source *source;
	size_t nodes;
};

struct conf_node *conf_new(struct arena *a, struct conf_source *source, enum conf_kind kind)
{
	struct conf_node *n = arena_zalloc(a, sizeof(*n));

	n->kind = kind;
	n->key = n->text = STR("");
	n->source = source;
	return n;
}

struct conf_node *conf_scalar(struct arena *a, struct conf_source *source, struct str text)
{
	struct conf_node *n = conf_new(a, source, CONF_SCALAR);

	n->text = arena_str(a, text);
	return n;
}

void conf_add(struct conf_node *parent, struct conf_node *child)
{
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->nchildren++;
}

static struct conf_node *copy(struct copier *c, const struct ynode *y);

static void copy_map(struct copier *c, const struct ynode *y, struct conf_node *ret)
{
	for (size_t i = 0; i + 1 < y->nkids && c->nodes <= CONF_MAX_NODES; i += 2) {
		struct conf_node *child = copy(c, y->kids[i + 1]);

		child->key = y->kids[i]->text;
		child->key_pos = y->kids[i]->pos;
		conf_add(ret, child);
	}
}

static struct conf_node *copy(struct copier *c, const struct ynode *y)
{
	static const enum conf_kind kinds[] = {
		[YN_NULL] = CONF_NULL,
		[YN_SCALAR] = CONF_SCALAR,
		[YN_SEQUENCE] = CONF_LIST,
		[YN_MAPPING] = CONF_MAP,
	};
	struct conf_node *n = conf_new(c->arena, c->source, kinds[y->kind]);

	c->nodes++;
	n->text = y->text;
	n->quoted = y->quoted;
	n->pos = n->key_pos = y->pos;
	if (n->kind == CONF_MAP)
		copy_map(c, y, n);
	else
		for (size_t i = 0; i < y->nkids && c->nodes <= CONF_MAX_NODES; i++)
			conf_add(n, copy(c, y->kids[i]));
	return n;
}

struct conf_node *conf_parse(
	struct arena *a, struct conf_source *source, struct str text, struct yaml_error *err)
{
	struct copier c = {.arena = a, .source = source};
	struct ynode **docs;
	struct conf_node *n;
	size_t ndocs;

	if (!yaml_load(a, a, text, &docs, &ndocs, err))
		return NULL;
	if (!ndocs)
		return conf_new(a, source, CONF_NULL);
	n = copy(&c, docs[0]);
	if (c.nodes > CONF_MAX_NODES) {
		err->pos = docs[0]->pos;
		snprintf(err->message, sizeof(err->message), "more than %d values", CONF_MAX_NODES);
		return NULL;
	}
	return n;
}

struct conf_node *conf_child(const struct conf_node *map, struct str key)
{
	struct conf_node *it;

	if (map && map->kind == CONF_MAP)
		conf_each (it, map)
			if (str_eq(it->key, key))
				return it;
	return NULL;
}

struct conf_node *conf_item(const struct conf_node *list, size_t i)
{
	struct conf_node *it = list->first;

	while (it && i--)
		it = it->next;
	return it;
}

struct conf_node *conf_find(const struct conf_node *root, const char *key)
{
	struct conf_node *n = (struct conf_node *)root;
	struct str rest = str_c(key), part;

	while (n && str_split(&rest, '.', &part))
		n = conf_child(n, part);
	return n;
}

void conf_assign(struct conf_node *node, const struct conf_node *value)
{
	struct str key = node->key;
	struct ypos key_pos = node->source == value->source ? node->key_pos : value->pos;
	struct conf_node *next = node->next;

	*node = *value;
	node->key = key;
	node->key_pos = key_pos;
	node->next = next;
}

bool conf_bool(const struct conf_node *n, bool *ret)
{
	const struct ynode y = {.kind = YN_SCALAR, .text = n->text};

	return n->kind == CONF_SCALAR && yaml_bool(&y, ret);
}

bool conf_int(const struct conf_node *n, int64_t *ret)
{
	const char *s = n->text.p;
	char *end;
	long long v;

	if (n->kind != CONF_SCALAR || !n->text.n || !strchr("+-0123456789", s[0]))
		return false;
	errno = 0;
	v = strtoll(s, &end, 0);
	if (errno || end != s + n->text.n)
		return false;
	*ret = v;
	return true;
}

bool conf_double(const struct conf_node *n, double *ret)
{
	const char *s = n->text.p;
	char *end;
	double v;

	if (n->kind != CONF_SCALAR || !n->text.n || !strchr("+-.0123456789", s[0]))
		return false;
	v = strtod(s, &end);
	if (end != s + n->text.n || v - v != 0)
		return false;
	*ret = v;
	return true;
}

bool conf_unset(const struct conf_node *n)
{
	return !n || n->kind == CONF_NULL || (n->kind == CONF_SCALAR && !n->text.n);
}

static void include_one(struct conf_node *root, struct conf_node *value, enum include_strategy how)
{
	struct conf_node *old = conf_child(root, value->key), *it, *next;

	if (!old) {
		conf_add(root, value);
		return;
	}
	if (how == INCLUDE_ADD_ONLY)
		return;
	if (how == INCLUDE_OVERRIDE || value->kind != CONF_LIST || old->kind != CONF_LIST) {
		conf_assign(old, value);
		old->key_pos = value->key_pos;
		return;
	}
	for (it = value->first; it; it = next) {
		next = it->next;
		conf_add(old, it);
	}
}

void conf_include(struct conf_node *root, struct conf_node *file, enum include_strategy how)
{
	struct conf_node *it, *next;

	for (it = file->first; it; it = next) {
		next = it->next;
		include_one(root, it, how);
	}
}

/* ---- as text ---- */

static void dump_text(struct str text, struct buf *out)
{
	struct buf clean = {0};

	secrets_put(&clean, text);
	buf_json(out, buf_view(&clean));
	buf_done(&clean);
}

void conf_dump(const struct conf_node *n, struct buf *out)
{
	struct conf_node *it;

	if (n->kind == CONF_NULL)
		buf_puts(out, "null");
	if (n->kind == CONF_SCALAR)
		dump_text(n->text, out);
	if (n->kind < CONF_LIST)
		return;
	buf_char(out, n->kind == CONF_MAP ? '{' : '[');
	conf_each (it, n) {
		if (it != n->first)
			buf_puts(out, ", ");
		if (n->kind == CONF_MAP) {
			buf_json(out, it->key);
			buf_puts(out, ": ");
		}
		if (n->kind == CONF_MAP && secrets_has_key(it->key) && !conf_unset(it))
			buf_puts(out, "\"***\"");
		else
			conf_dump(it, out);
	}
	buf_char(out, n->kind == CONF_MAP ? '}' : ']');
}

/* The shortest text that reads back as v; always with a point or an exponent. */
static void put_double(double v, struct buf *out)
{
	char s[32];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(s, sizeof(s), "%.*g", digits, v);
		if (strtod(s, NULL) == v)
			break;
	}
	buf_puts(out, s);
	if (!strpbrk(s, ".e"))
		buf_puts(out, ".0");
}

/* Numbers and truth values whether they are quoted or not: plugins of the field expect it. */
static void put_scalar(const struct conf_node *n, struct buf *out)
{
	int64_t i;
	double d;
	bool b;

	if (conf_int(n, &i))
		buf_i64(out, i);
	else if (conf_double(n, &d))
		put_double(d, out);
	else if (conf_bool(n, &b))
		buf_puts(out, b ? "true" : "false");
	else
		buf_json(out, n->text);
}

static int by_key(const void *a, const void *b)
{
	const struct conf_node *const *x = a, *const *y = b;

	return str_cmp((*x)->key, (*y)->key);
}

static void put_map(const struct conf_node *n, struct buf *out)
{
	const struct conf_node **kids = mem_alloc((n->nchildren + 1) * sizeof(*kids));
	struct conf_node *it;
	size_t i = 0;

	conf_each (it, n)
		kids[i++] = it;
	qsort(kids, n->nchildren, sizeof(*kids), by_key);
	buf_char(out, '{');
	for (i = 0; i < n->nchildren; i++) {
		if (i)
			buf_char(out, ',');
		buf_json(out, kids[i]->key);
		buf_char(out, ':');
		conf_json(kids[i], out);
	}
	buf_char(out, '}');
	free(kids);
}

void conf_json(const struct conf_node *n, struct buf *out)
{
	struct conf_node *it;

	switch (n->kind) {
	case CONF_NULL:
		buf_puts(out, "null");
		break;
	case CONF_SCALAR:
		put_scalar(n, out);
		break;
	case CONF_MAP:
		put_map(n, out);
		break;
	case CONF_LIST:
		buf_char(out, '[');
		conf_each (it, n) {
			if (it != n->first)
				buf_char(out, ',');
			conf_json(it, out);
		}
		buf_char(out, ']');
		break;
	}
}
