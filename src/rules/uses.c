/* SPDX-License-Identifier: Apache-2.0 */
/* Whether anybody asks for a field: what is dear to find out is found out only then. */
#include "rules/internal.h"

static bool operand_uses(const struct operand *o, const char *field)
{
	if (o->kind == OPERAND_FIELD && str_is(o->text, field))
		return true;
	if (o->kind != OPERAND_FIELD && o->kind != OPERAND_TRANSFORM)
		return false;
	for (size_t i = 0; i < o->nitems; i++)
		if (operand_uses(&o->items[i], field))
			return true;
	return false;
}

static bool condition_uses(const struct node *n, const char *field)
{
	if (n->kind == NODE_CHECK)
		return operand_uses(&n->left, field) || operand_uses(&n->right, field);
	for (size_t i = 0; i < n->nkids; i++)
		if (condition_uses(n->kids[i], field))
			return true;
	return false;
}

static bool format_uses(const struct format *f, const char *field)
{
	const struct str *fields;
	size_t n = f ? format_fields(f, &fields) : 0;

	for (size_t i = 0; i < n; i++)
		if (str_is(fields[i], field))
			return true;
	return false;
}

static bool rule_uses(const struct rule *r, const char *field)
{
	if (condition_uses(r->ast, field) || format_uses(r->format, field))
		return true;
	for (size_t i = 0; i < r->nextra; i++)
		if (format_uses(r->extra[i].format, field))
			return true;
	return false;
}

bool ruleset_uses(const struct ruleset *rs, const char *field)
{
	for (size_t i = 0; i < rs->nrules; i++)
		if (rs->rules[i]->enabled && rule_uses(rs->rules[i], field))
			return true;
	return false;
}
