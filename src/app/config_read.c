/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the tree into the members of struct config, row by row: type, range and choices are the
 * row's.  A key without a value keeps its default.
 */
#include <math.h>
#include <stdio.h>

#include "app/config_internal.h"

static void *member(struct config_load *l, const struct config_row *r)
{
	return (char *)l->c + r->offset;
}

/* The value is none of what it can be: quotes it, and says what could stand there. */
static void refuse(struct config_load *l, const struct conf_node *n, const struct config_row *r,
	const char *expected)
{
	if (n->kind == CONF_SCALAR)
		conf_error(l, n, "%s must be %s, not '%.*s'", r->key, expected,
			(int)MIN(n->text.n, 200), n->text.p);
	else
		conf_error(l, n, "%s must be %s, not %s", r->key, expected, conf_kind_name(n));
}

static void read_bool(struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	if (!conf_bool(n, member(l, r)))
		refuse(l, n, r, "true or false");
}

static void read_int(struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	struct str unit = str_c(r->unit);
	char expected[128];
	double d;
	int64_t v;

	if (!conf_int(n, &v)) /* 1e6 and 10.0 will do */
		v = conf_double(n, &d) && d == floor(d) && fabs(d) < 9e15 ? (int64_t)d : INT64_MIN;
	if (v >= r->int_min && v <= r->int_max) {
		*(int64_t *)member(l, r) = v;
		return;
	}
	if (r->int_max >= UINT32_MAX)
		snprintf(expected, sizeof(expected), "a whole number%s%s, at least %lld",
			unit.n ? " of " : "", r->unit, (long long)r->int_min);
	else
		snprintf(expected, sizeof(expected), "a whole number%s%s from %lld to %lld",
			unit.n ? " of " : "", r->unit, (long long)r->int_min,
			(long long)r->int_max);
	refuse(l, n, r, expected);
}

static void read_double(
	struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	struct diag *g;
	double v;

	if (conf_double(n, &v) && v >= r->double_min && v <= r->double_max) {
		*(double *)member(l, r) = v;
		return;
	}
	g = conf_error(l, n, "%s must be a double in the range [%g, %g]", r->what, r->double_min,
		r->double_max);
	conf_remedy(l, g, "The default is %g.", r->def.d);
}

static void read_string(
	struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	if (n->kind == CONF_SCALAR)
		*(const char **)member(l, r) = n->text.p;
	else
		refuse(l, n, r, "a text");
}

static void put_choices(struct buf *out, const struct config_choice *c)
{
	for (const char *sep = ""; c->name; c++)
		if (!c->hidden) {
			buf_printf(out, "%s%s", sep, c->name);
			sep = ", ";
		}
}

/* The row's message with the value and the choices filled in. */
static void refuse_choice(
	struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	struct buf text = {0}, choices = {0};
	struct diag *g;

	put_choices(&choices, r->choices);
	for (const char *p = r->unknown; *p; p++) {
		if (*p == '$' && p[1] == 'v')
			buf_str(&text, str_head(n->text, 200));
		else if (*p == '$' && p[1] == 'c')
			buf_str(&text, buf_view(&choices));
		else
			buf_char(&text, *p);
		p += *p == '$';
	}
	g = conf_error(l, n, "%s", buf_cstr(&text));
	if (!strstr(r->unknown, "$c"))
		conf_remedy(l, g, "It can be one of %s.", buf_cstr(&choices));
	buf_done(&text);
	buf_done(&choices);
}

static void read_enum(struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	if (n->kind != CONF_SCALAR) {
		refuse(l, n, r, "one word");
		return;
	}
	for (const struct config_choice *c = r->choices; c->name; c++)
		if (str_eq_nocase(n->text, str_c(c->name))) {
			*(int *)member(l, r) = c->value;
			return;
		}
	refuse_choice(l, n, r);
}

const char *conf_text(struct config_load *l, const struct conf_node *n, const char *key)
{
	const struct conf_node *child = conf_child(n, str_c(key));

	if (!child || child->kind == CONF_NULL)
		return NULL;
	if (child->kind == CONF_SCALAR)
		return child->text.p;
	conf_error(l, child, "%s must be a text, not %s", key, conf_kind_name(child));
	return NULL;
}

void config_read_strings(
	struct config_load *l, const struct conf_node *n, const char *key, string_list *list)
{
	const struct conf_node *it;

	if (conf_unset(n))
		return;
	if (n->kind == CONF_SCALAR) {
		vec_push(list, n->text.p);
		return;
	}
	if (n->kind != CONF_LIST) {
		conf_error(l, n, "%s must be a list, not %s", key, conf_kind_name(n));
		return;
	}
	conf_each (it, n) {
		if (it->kind == CONF_SCALAR)
			vec_push(list, it->text.p);
		else
			conf_error(l, it, "%s must be a list of texts; this one is %s", key,
				conf_kind_name(it));
	}
}

static void read_value(struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	if (r->type == ROW_STRINGS)
		config_read_strings(l, n, r->key, member(l, r));
	else if (n->kind == CONF_NULL || (r->type != ROW_STRING && conf_unset(n)))
		return;
	else if (r->type == ROW_BOOL)
		read_bool(l, n, r);
	else if (r->type == ROW_INT)
		read_int(l, n, r);
	else if (r->type == ROW_DOUBLE)
		read_double(l, n, r);
	else if (r->type == ROW_STRING)
		read_string(l, n, r);
	else if (r->type == ROW_ENUM)
		read_enum(l, n, r);
}

/* A key inside something that is no mapping can not be reached: says so once, for the group. */
static void check_group(
	struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	if (n->kind == CONF_MAP || conf_unset(n))
		return;
	conf_remedy(l,
		conf_error(l, n, "%s must be a mapping of keys, not %s", r->key, conf_kind_name(n)),
		"Write its keys indented below it.");
}

/* An old name: its value counts when the new name has none. */
static void read_alias(struct config_load *l, const struct conf_node *n, const struct config_row *r)
{
	const struct conf_node *target = conf_find(l->root, r->target);
	struct diag *g = conf_warning(l, n, "%s is an old name of %s%s", r->key, r->target,
		conf_unset(target) ? "" : ", and ignored beside it");

	conf_remedy(l, g, "Use %s.", r->target);
	if (conf_unset(target))
		read_value(l, n, config_row_find(str_c(r->target)));
}

void config_read_rows(struct config_load *l)
{
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++) {
		const struct conf_node *n =
			r->type == ROW_SECTION ? NULL : conf_find(l->root, r->key);

		if (!n)
			continue;
		if (r->type == ROW_GROUP)
			check_group(l, n, r);
		else if (r->type == ROW_ALIAS)
			read_alias(l, n, r);
		else if (r->type != ROW_OTHER)
			read_value(l, n, r);
	}
}
