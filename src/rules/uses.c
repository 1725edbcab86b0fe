/* SPDX-License-Identifier: Apache-2.0 */
/* Whether anybody asks for a field: what is dear to find out is found out only then. */
#include "rules/internal.h"

typedef bool is_it_fn(struct str field, const char *name);

static bool operand_uses(const struct operand *o, is_it_fn *is_it, const char *field)
{
	if (o->kind == OPERAND_FIELD && is_it(o->text, field))
		return true;
	if (o->kind != OPERAND_FIELD && o->kind != OPERAND_TRANSFORM)
		return false;
	for (size_t i = 0; i < o->nitems; i++)
		if (operand_uses(&o->items[i], is_it, field))
			return true;
	return false;
}

static bool condition_uses(const struct node *n, is_it_fn *is_it, const char *field)
{
	if (n->kind == NODE_CHECK)
		return operand_uses(&n->left, is_it, field) ||
		       operand_uses(&n->right, is_it, field);
	for (size_t i = 0; i < n->nkids; i++)
		if (condition_uses(n->kids[i], is_it, field))
			return true;
	return false;
}

static bool format_uses(const struct format *f, is_it_fn *is_it, const char *field)
{
	const struct str *fields;
	size_t n = f ? format_fields(f, &fields) : 0;

	for (size_t i = 0; i < n; i++)
		if (is_it(fields[i], field))
			return true;
	return false;
}

static bool rule_uses(const struct rule *r, is_it_fn *is_it, const char *field)
{
	if (condition_uses(r->ast, is_it, field) || format_uses(r->format, is_it, field))
		return true;
	for (size_t i = 0; i < r->nextra; i++)
		if (format_uses(r->extra[i].format, is_it, field))
			return true;
	return false;
}

bool ruleset_uses(const struct ruleset *rs, const char *field)
{
	for (size_t i = 0; i < rs->nrules; i++)
		if (rs->rules[i]->enabled && rule_uses(rs->rules[i], str_is, field))
			return true;
	return false;
}

/* ---- data ---- */

/* Parameters that are cut at the configured length (falco_libs.snaplen). */
static bool is_data(const struct param_info *p)
{
	return p->type == PT_BYTEBUF &&
	       (strcmp(p->name, "data") == 0 || strcmp(p->name, "img") == 0);
}

static bool has_data(uint16_t type)
{
	const struct event_info *info = &event_table[type];

	for (unsigned i = 0; i < info->nparams && info->category & EC_SYSCALL; i++)
		if (is_data(&info->params[i]))
			return true;
	return false;
}

static bool meets_data(const struct rule *r)
{
	for (uint16_t type = 0; type < EV_MAX; type++)
		if (event_set_has(&r->events, type) && has_data(type))
			return true;
	return false;
}

static bool begins_with(struct str field, const char *name)
{
	return str_starts(field, str_c(name));
}

/* Fields that show parameters: data is one of them, by name, by number, or among all others. */
static bool rule_uses_data(const struct rule *r)
{
	static const char *const beginnings[] = {"evt.arg", "evt.rawarg", "evt.info", "evt.buf"};

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (rule_uses(r, begins_with, beginnings[i]))
			return true;
	return false;
}

bool ruleset_uses_data(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->nrules; i++)
		if (rs->rules[i]->enabled && meets_data(rs->rules[i]) &&
			rule_uses_data(rs->rules[i]))
			return true;
	return false;
}
