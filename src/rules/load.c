/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items of a rules file: versions, lists and macros here, rules in load_rule.c.
 *
 * An item with mistakes is reported whole, as far as it can be read, and reading goes on with the
 * next one.  Its name is remembered as broken, so that what refers to it is not reported as well.
 */
#include "rules/internal.h"

#include <stdio.h>

#define IDENTIFIER "([a-zA-Z]+[a-zA-Z0-9_]*)"
#define BARE_STRING "([^()\"'[:space:]=,]+)"

static const char deprecated_append[] =
	"'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under "
	"'override' instead.";
static const char append_and_override[] =
	"Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. "
	"'condition: append') under 'override' instead.";

/* ---- keys ---- */

static bool is_repeated(const struct ynode *item, size_t at)
{
	for (size_t i = 0; i < at; i += 2)
		if (str_eq(item->kids[i]->text, item->kids[at]->text))
			return true;
	return false;
}

void warn_unknown_keys(struct rules_loader *l, const struct ctx *c, const struct ynode *item,
	const char *const *known, size_t nknown)
{
	for (size_t i = 0; i + 1 < item->nkids; i += 2) {
		struct str key = item->kids[i]->text;
		const struct ctx *kc;
		bool found = false;

		for (size_t k = 0; k < nknown && !found; k++)
			found = str_is(key, known[k]);
		if (found && !is_repeated(item, i))
			continue;
		kc = ctx_item(&l->arena, c, "value for", key, item->kids[i]);
		if (found) {
			fault(kc, LOAD_UNKNOWN_KEY,
				"Key '%s' is there twice. The first one counts.", key.p);
		} else {
			fault(kc, LOAD_UNKNOWN_KEY, "Unknown key '%s'. The key will be ignored.",
				key.p);
			fault_nearest(kc, str_nearest(key, known, nknown));
		}
		fault_subject(kc, key.p);
	}
}

/* ---- override and append ---- */

static bool override_entry(struct rules_loader *l, const struct ctx *c, const struct ynode *key,
	const struct ynode *value, const struct override_key *k, unsigned bit,
	struct overrides *ret)
{
	const struct ctx *kc = ctx_item(&l->arena, c, "overrides", key->text, key);
	const char *name = key->text.p, *word = value->text.p;
	bool may_append = k && k->append, may_replace = k && k->replace;

	if (str_is(value->text, "append")) {
		if (!may_append)
			return fault(kc, LOAD_ERR_YAML_VALIDATE,
				"Key '%s' cannot be appended to, use 'replace' instead", name);
		ret->append |= bit;
	} else if (str_is(value->text, "replace")) {
		if (!may_replace)
			return fault(
				kc, LOAD_ERR_YAML_VALIDATE, "Key '%s' cannot be replaced", name);
		ret->replace |= bit;
	} else {
		return fault(ctx_item(&l->arena, c, "value for", key->text, value),
			LOAD_ERR_YAML_VALIDATE,
			"Invalid override operation for key '%s': '%s'. Allowed values are: %s%s",
			name, word, may_append ? "append " : "", may_replace ? "replace " : "");
	}
	return true;
}

void overrides_read(struct rules_loader *l, const struct ctx *c, const struct ynode *item,
	const struct override_key *keys, size_t nkeys, struct overrides *ret)
{
	const struct ynode *n = yaml_get(item, "override");
	const struct ctx *oc;

	*ret = (struct overrides){0};
	if (!n || n->kind == YN_NULL)
		return;
	oc = ctx_item(&l->arena, c, "overrides", STR(""), item);
	if (n->kind != YN_MAPPING) {
		fault(oc, LOAD_UNKNOWN_KEY,
			"The value of 'override' is not a mapping from keys to 'append' or "
			"'replace'. "
			"It will be ignored.");
		fault_subject(oc, "override");
		return;
	}
	for (size_t i = 0; i + 1 < n->nkids; i += 2) {
		size_t k = 0;

		while (k < nkeys && !str_is(n->kids[i]->text, keys[k].name))
			k++;
		if (!override_entry(l, oc, n->kids[i], n->kids[i + 1], k < nkeys ? &keys[k] : NULL,
			    k < nkeys ? 1u << k : 0, ret))
			ret->wrong = true;
	}
	ret->given = ret->append || ret->replace;
}

bool append_read(struct rules_loader *l, const struct ctx *c, const struct ynode *item,
	const struct overrides *o, bool *ret)
{
	*ret = false;
	if (!item_bool(c, &l->arena, item, "append", ITEM_OPTIONAL, ret))
		return false;
	if (*ret)
		fault(c, LOAD_DEPRECATED_ITEM, "%s", deprecated_append);
	if (*ret && o->given)
		return fault(c, LOAD_ERR_YAML_VALIDATE, "%s", append_and_override);
	return true;
}

/* ---- lists and macros ---- */

static bool is_bare_string(const char *s)
{
	return *s && !strpbrk(s, "()\"' \t\n\r\f\v=,");
}

static bool is_identifier(const char *s)
{
	if (!((*s | 32) >= 'a' && (*s | 32) <= 'z'))
		return false;
	for (; *s; s++)
		if (!((*s | 32) >= 'a' && (*s | 32) <= 'z') && !(*s >= '0' && *s <= '9') &&
			*s != '_')
			return false;
	return true;
}

/* The context of an item that is called by the value of key; NULL after a diagnostic. */
static const struct ctx *named(struct rules_loader *l, const struct ctx *file,
	const struct ynode *item, const char *key, const char **ret_name)
{
	const struct ctx *c = ctx_item(&l->arena, file, key, STR(""), item);

	if (!item_str(c, &l->arena, item, key, 0, ret_name))
		return NULL;
	return ctx_item(&l->arena, file, key, str_c(*ret_name), item);
}

static void load_list(struct rules_loader *l, const struct ctx *file, const struct ynode *item)
{
	static const struct override_key keys[] = {{"items", true, true}};
	static const char *const known[] = {"list", "items", "append", "override"};
	struct list_def def = {0};
	struct overrides o;
	const char **items = NULL;
	size_t n = 0;
	bool append, ok;

	def.ctx = named(l, file, item, "list", &def.name);
	if (!def.ctx)
		return;
	if (!is_bare_string(def.name))
		fault(def.ctx, LOAD_INVALID_LIST_NAME,
			"List has an invalid name. List names should match a regular expression: "
			"%s",
			BARE_STRING);
	ok = item_strs(def.ctx, &l->arena, item, "items", 0, &items, &n);
	overrides_read(l, def.ctx, item, keys, ARRAY_SIZE(keys), &o);
	ok &= append_read(l, def.ctx, item, &o, &append) && !o.wrong;
	for (size_t i = 0; i < n; i++)
		vec_push(&def.items, items[i]);
	def.broken = !ok;
	if (ok && (append || o.append))
		collect_list_append(l, &def);
	else
		collect_list(l, &def);
	vec_done(&def.items);
	warn_unknown_keys(l, def.ctx, item, known, ARRAY_SIZE(known));
}

static void load_macro(struct rules_loader *l, const struct ctx *file, const struct ynode *item)
{
	static const struct override_key keys[] = {{"condition", true, true}};
	static const char *const known[] = {"macro", "condition", "append", "override"};
	struct macro_def def = {0};
	struct overrides o;
	bool append, ok;

	def.ctx = named(l, file, item, "macro", &def.name);
	if (!def.ctx)
		return;
	if (!is_identifier(def.name))
		fault(def.ctx, LOAD_INVALID_MACRO_NAME,
			"Macro has an invalid name. Macro names should match a regular expression: "
			"%s",
			IDENTIFIER);
	def.condition = "";
	def.condition_ctx = def.ctx;
	ok = item_str(def.ctx, &l->arena, item, "condition", 0, &def.condition);
	if (ok)
		def.condition_ctx = ctx_item(&l->arena, def.ctx, "macro condition", STR(""),
			yaml_get(item, "condition"));
	overrides_read(l, def.ctx, item, keys, ARRAY_SIZE(keys), &o);
	ok &= append_read(l, def.ctx, item, &o, &append) && !o.wrong;
	def.broken = !ok;
	if (ok && (append || o.append))
		collect_macro_append(l, &def);
	else
		collect_macro(l, &def);
	warn_unknown_keys(l, def.ctx, item, known, ARRAY_SIZE(known));
}

/* ---- required versions ---- */

/* An integer N stands for 0.N.0. */
static void load_engine_version(
	struct rules_loader *l, const struct ctx *file, const struct ynode *item)
{
	static const char *const known[] = {"required_engine_version"};
	const struct ctx *c = ctx_item(&l->arena, file, "required_engine_version", STR(""), item);
	struct version v = {0};
	const char *text = NULL;

	if (item_str(c, &l->arena, item, known[0], 0, &text)) {
		if (yaml_u32(yaml_get(item, known[0]), &v.minor) || version_parse(text, &v)) {
			collect_engine_version(l, c, text, v);
		} else {
			fault(c, LOAD_ERR_YAML_VALIDATE,
				"Unable to parse engine version '%s' as a semver string. Expected "
				"\"x.y.z\" semver format.",
				text);
			fault_remedy(c, "This engine has version %s.", ENGINE_VERSION);
		}
	}
	warn_unknown_keys(l, c, item, known, ARRAY_SIZE(known));
}

static const struct ctx *plugin_version(struct rules_loader *l, const struct ctx *parent,
	const struct ynode *n, const char *type, const char *not_map,
	struct plugin_requirement *ret)
{
	const struct ctx *c = ctx_item(&l->arena, parent, type, STR(""), n);

	if (n->kind != YN_MAPPING)
		return fault(c, LOAD_ERR_YAML_VALIDATE, "%s", not_map), NULL;
	if (!item_str(c, &l->arena, n, "name", 0, &ret->name))
		return NULL;
	c = ctx_item(&l->arena, parent, type, str_c(ret->name), n);
	return item_str(c, &l->arena, n, "version", 0, &ret->version) ? c : NULL;
}

static bool plugin_alternatives(struct rules_loader *l, const struct ctx *c, const struct ynode *n,
	struct plugin_requirement *p)
{
	bool ok = true;

	if (!n)
		return true;
	if (n->kind != YN_SEQUENCE)
		return fault(c, LOAD_ERR_YAML_VALIDATE,
			"Value of plugin version alternatives must be a sequence");
	p->alternatives = arena_zalloc(&l->arena, n->nkids * sizeof(*p->alternatives));
	p->nalternatives = n->nkids;
	for (size_t i = 0; i < n->nkids; i++)
		ok &= plugin_version(l, c, n->kids[i], "required plugin versions alternative",
			      "Plugin version alternative must be a mapping",
			      &p->alternatives[i]) != NULL;
	return ok;
}

static void load_plugin_versions(
	struct rules_loader *l, const struct ctx *file, const struct ynode *item)
{
	static const char *const known[] = {"required_plugin_versions"};
	const struct ynode *n = yaml_get(item, known[0]);
	const struct ctx *c = ctx_item(&l->arena, file, "required plugin versions", STR(""), n);

	if (n->kind != YN_SEQUENCE)
		fault(c, LOAD_ERR_YAML_VALIDATE,
			"Value of required_plugin_versions must be a sequence");
	for (size_t i = 0; n->kind == YN_SEQUENCE && i < n->nkids; i++) {
		struct plugin_requirement p = {0};
		const struct ctx *pc = plugin_version(l, c, n->kids[i],
			"required plugin versions entry", "Plugin version must be a mapping", &p);

		if (pc && plugin_alternatives(l, pc, yaml_get(n->kids[i], "alternatives"), &p))
			collect_plugin(l, pc, &p);
	}
	warn_unknown_keys(l, ctx_item(&l->arena, file, "required plugin versions", STR(""), item),
		item, known, ARRAY_SIZE(known));
}

/* ---- items and documents ---- */

static void load_item(struct rules_loader *l, const struct ctx *file, const struct ynode *item)
{
	static const struct {
		const char *key;
		void (*load)(struct rules_loader *, const struct ctx *, const struct ynode *);
	} kinds[] = {
		{"required_engine_version", load_engine_version},
		{"required_plugin_versions", load_plugin_versions},
		{"list", load_list},
		{"macro", load_macro},
		{"rule", load_rule},
	};
	const char *names[ARRAY_SIZE(kinds)];
	const struct ctx *c = ctx_item(&l->arena, file, "rules content item", STR(""), item);

	if (item->kind != YN_MAPPING) {
		fault(c, LOAD_ERR_YAML_VALIDATE,
			"Unexpected element type. Each element should be a yaml associative "
			"array.");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		names[i] = kinds[i].key;
		if (yaml_get(item, kinds[i].key)) {
			kinds[i].load(l, file, item);
			return;
		}
	}
	fault(c, LOAD_UNKNOWN_ITEM, "Unknown top level item");
	if (item->nkids)
		fault_nearest(c, str_nearest(item->kids[0]->text, names, ARRAY_SIZE(names)));
}

void load_document(struct rules_loader *l, const struct ctx *file, const struct ynode *doc)
{
	if (doc->kind == YN_NULL)
		return;
	if (doc->kind == YN_SCALAR) {
		fault(file, LOAD_ERR_YAML_VALIDATE, "Rules content is not yaml");
		return;
	}
	if (doc->kind == YN_MAPPING) {
		fault(file, LOAD_ERR_YAML_VALIDATE, "Rules content is not yaml array of objects");
		fault_remedy(file, "A rules file is a list: begin each item with '- '.");
		return;
	}
	for (size_t i = 0; i < doc->nkids; i++)
		if (doc->kids[i]->kind != YN_NULL)
			load_item(l, file, doc->kids[i]);
}
