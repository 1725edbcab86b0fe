/* SPDX-License-Identifier: Apache-2.0 */
/* Values of keys with their types checked; what is wrong is reported at the value. */
#include "rules/internal.h"

#include <stdlib.h>

/*
 * The scalar under key: NULL with *ret_ok true when it is missing or empty and may be, NULL with
 * *ret_ok false after a diagnostic.
 */
static const struct ynode *scalar(const struct ctx *c, struct arena *a, const struct ynode *item,
	const char *key, unsigned flags, const struct ctx **ret_ctx, bool *ret_ok)
{
	const struct ynode *n = yaml_get(item, key);

	*ret_ok = true;
	if (!n && (flags & ITEM_OPTIONAL))
		return NULL;
	*ret_ok = false;
	if (!n)
		return fault(c, LOAD_ERR_YAML_VALIDATE, "Item has no mapping for key '%s'", key),
		       NULL;
	*ret_ok = flags & ITEM_EMPTY;
	if (n->kind == YN_NULL)
		return *ret_ok ? NULL
			       : (fault(c, LOAD_ERR_YAML_VALIDATE, "Mapping for key '%s' is empty",
					  key),
					 NULL);
	*ret_ctx = ctx_item(a, c, "value for", str_c(key), n);
	if (n->kind != YN_SCALAR) {
		*ret_ok = false;
		return fault(*ret_ctx, LOAD_ERR_YAML_VALIDATE, "Value is not a scalar value"), NULL;
	}
	if (!n->text.n)
		return *ret_ok ? NULL
			       : (fault(*ret_ctx, LOAD_ERR_YAML_VALIDATE,
					  "Value must be non-empty"),
					 NULL);
	*ret_ok = true;
	return n;
}

static bool undecodable(const struct ctx *c)
{
	return fault(c, LOAD_ERR_YAML_VALIDATE, "Can't decode YAML scalar value");
}

/* Texts are handled as C strings, so they cannot have a NUL in them. */
static bool has_nul(struct str s)
{
	return memchr(s.p, '\0', s.n) != NULL;
}

bool item_str(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, const char **ret)
{
	const struct ctx *vc;
	bool ok;
	const struct ynode *n = scalar(c, a, item, key, flags, &vc, &ok);

	if (!n)
		return ok;
	if (has_nul(n->text))
		return undecodable(vc);
	*ret = arena_strdup(a, n->text);
	return true;
}

bool item_bool(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, bool *ret)
{
	const struct ctx *vc;
	bool ok;
	const struct ynode *n = scalar(c, a, item, key, flags, &vc, &ok);

	if (!n)
		return ok;
	if (yaml_bool(n, ret))
		return true;
	undecodable(vc);
	fault_remedy(vc, "Write true or false.");
	return false;
}

bool item_u32(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, uint32_t *ret)
{
	const struct ctx *vc;
	bool ok;
	const struct ynode *n = scalar(c, a, item, key, flags, &vc, &ok);

	if (!n)
		return ok;
	if (yaml_u32(n, ret))
		return true;
	undecodable(vc);
	fault_remedy(vc, "Write a number from 0 to %u.", UINT32_MAX);
	return false;
}

bool item_strs(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, const char ***ret, size_t *ret_n)
{
	const struct ynode *n = yaml_get(item, key);
	const struct ctx *vc;
	bool ok = true;

	if (!n && (flags & ITEM_OPTIONAL))
		return true;
	if (!n)
		return fault(c, LOAD_ERR_YAML_VALIDATE, "Item has no mapping for key '%s'", key);
	vc = ctx_item(a, c, "value for", str_c(key), n);
	if (n->kind != YN_SEQUENCE)
		return fault(vc, LOAD_ERR_YAML_VALIDATE, "Value is not a sequence");
	*ret = arena_alloc(a, n->nkids * sizeof(**ret));
	*ret_n = n->nkids;
	for (size_t i = 0; i < n->nkids; i++) {
		const struct ynode *e = n->kids[i];

		(*ret)[i] = "";
		if (e->kind == YN_SCALAR && !has_nul(e->text))
			(*ret)[i] = arena_strdup(a, e->text);
		else
			ok = fault(ctx_item(a, vc, "list item", STR(""), e), LOAD_ERR_YAML_VALIDATE,
				e->kind == YN_SCALAR ? "Can't decode YAML sequence value"
						     : "sequence value is not scalar");
	}
	return ok;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t strs_sort(const char **v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof(*v), compare);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(v[kept - 1], v[i]) != 0)
			v[kept++] = v[i];
	return kept;
}
