/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule items.  One is a definition, an update under "override" (each key appended to or replaced),
 * an old-style "append: true", or a bare "enabled" that switches an earlier rule.
 */
#include "rules/internal.h"

const struct rule_key_info rule_keys[RK_MAX] = {
	[RK_CAPTURE] = {"capture", false},
	[RK_CAPTURE_DURATION] = {"capture_duration", false},
	[RK_CONDITION] = {"condition", true},
	[RK_DESC] = {"desc", true},
	[RK_ENABLED] = {"enabled", false},
	[RK_EXCEPTIONS] = {"exceptions", true},
	[RK_OUTPUT] = {"output", true},
	[RK_PRIORITY] = {"priority", false},
	[RK_SKIP_IF_UNKNOWN_FILTER] = {"skip-if-unknown-filter", false},
	[RK_TAGS] = {"tags", true},
	[RK_WARN_EVTTYPES] = {"warn_evttypes", false},
};

static const char deprecated_enabled[] =
	"The standalone 'enabled' key usage is deprecated. The correct approach requires also a "
	"'replace' entry under the 'override' key (i.e. 'enabled: replace').";

/* A rule item while it is read. */
struct rule_item {
	struct rules_loader *l;
	const struct ynode *node;
	const struct ctx *ctx;
	bool appending; /* exceptions may be partial */
	unsigned flags; /* enum item_flag for every key */
};

static bool read_priority(struct rule_item *r, struct rule_values *v)
{
	struct arena *a = &r->l->arena;
	const char *text = NULL;

	if (!item_str(r->ctx, a, r->node, "priority", r->flags, &text))
		return false;
	if (text && !priority_parse(str_c(text), &v->priority)) {
		const char *names[PRIORITY_DEBUG + 1];
		const struct ctx *c = ctx_item(
			a, r->ctx, "rule priority", STR(""), yaml_get(r->node, "priority"));

		for (unsigned i = 0; i <= PRIORITY_DEBUG; i++)
			names[i] = priority_name((enum priority)i);
		fault(c, LOAD_ERR_YAML_VALIDATE, "Invalid priority");
		fault_remedy(c, "Write emergency, alert, critical, error, warning, notice, "
				"informational or "
				"debug.");
		fault_nearest(c, str_nearest(str_c(text), names, ARRAY_SIZE(names)));
		return false;
	}
	return true;
}

static bool read_text(struct rule_item *r, const char *key, const char *type, const char **ret,
	const struct ctx **ret_ctx)
{
	struct arena *a = &r->l->arena;

	if (!item_str(r->ctx, a, r->node, key, r->flags, ret))
		return false;
	if (ret_ctx && yaml_get(r->node, key))
		*ret_ctx = ctx_item(a, r->ctx, type, STR(""), yaml_get(r->node, key));
	return true;
}

/* Reads one key; when the item has it, its bit is set. False after a diagnostic. */
static bool read_key(struct rule_item *r, enum rule_key key, struct rule_values *v)
{
	struct arena *a = &r->l->arena;
	const char *name = rule_keys[key].name;
	bool ok = true;

	switch (key) {
	case RK_CAPTURE:
		ok = item_bool(r->ctx, a, r->node, name, r->flags, &v->capture);
		break;
	case RK_CAPTURE_DURATION:
		ok = item_u32(r->ctx, a, r->node, name, r->flags, &v->capture_duration_ms);
		break;
	case RK_CONDITION:
		ok = read_text(r, name, "rule condition", &v->condition, &v->condition_ctx);
		break;
	case RK_DESC:
		ok = read_text(r, name, "", &v->desc, NULL);
		break;
	case RK_ENABLED:
		ok = item_bool(r->ctx, a, r->node, name, r->flags, &v->enabled);
		break;
	case RK_EXCEPTIONS:
		ok = exceptions_read(
			r->l, r->ctx, r->node, r->appending, &v->exceptions, &v->nexceptions);
		break;
	case RK_OUTPUT:
		ok = read_text(r, name, "rule output", &v->output, &v->output_ctx);
		break;
	case RK_PRIORITY:
		ok = read_priority(r, v);
		break;
	case RK_SKIP_IF_UNKNOWN_FILTER:
		ok = item_bool(r->ctx, a, r->node, name, r->flags, &v->skip_if_unknown_filter);
		break;
	case RK_TAGS:
		ok = item_strs(r->ctx, a, r->node, name, ITEM_OPTIONAL, &v->tags, &v->ntags);
		if (ok)
			v->ntags = strs_sort(v->tags, v->ntags);
		break;
	case RK_WARN_EVTTYPES:
		ok = item_bool(r->ctx, a, r->node, name, r->flags, &v->warn_evttypes);
		break;
	case RK_MAX:
		break;
	}
	if (ok && yaml_get(r->node, name))
		v->has |= RK_BIT(key);
	return ok;
}

/* ---- override ---- */

/* Order in which keys of an update are looked at, so that the first mistake is always the same. */
static const enum rule_key update_order[] = {RK_CONDITION, RK_EXCEPTIONS, RK_OUTPUT, RK_DESC,
	RK_TAGS, RK_PRIORITY, RK_CAPTURE, RK_CAPTURE_DURATION, RK_ENABLED, RK_WARN_EVTTYPES,
	RK_SKIP_IF_UNKNOWN_FILTER};

static bool read_update(struct rule_item *r, unsigned keys, const char *what, struct rule_def *def)
{
	const char *source = def->source;
	bool ok = true;

	def->v = (struct rule_values){.condition_ctx = r->ctx, .output_ctx = r->ctx};
	def->source = keys & RK_BIT(RK_CONDITION) ? source : "";
	r->appending = !strcmp(what, "append");
	r->flags = 0;
	for (size_t i = 0; i < ARRAY_SIZE(update_order); i++) {
		enum rule_key key = update_order[i];
		const char *name = rule_keys[key].name;

		if (!(keys & RK_BIT(key)))
			continue;
		if (!yaml_get(r->node, name))
			ok = fault(r->ctx, LOAD_ERR_YAML_VALIDATE,
				"An %s override for '%s' was specified but '%s' is not defined",
				what, name, name);
		else
			ok &= read_key(r, key, &def->v);
	}
	return ok;
}

/* Keys that the item has, but that override does not speak of. */
static void unexpected_keys(struct rule_item *r, unsigned spoken_of)
{
	for (unsigned key = 0; key < RK_MAX; key++) {
		const char *name = rule_keys[key].name;
		const struct ynode *n = yaml_get(r->node, name);
		const struct ctx *c;

		if (!n || spoken_of & RK_BIT(key))
			continue;
		c = ctx_item(&r->l->arena, r->ctx, "overrides", str_c(name), n);
		fault(c, LOAD_ERR_YAML_VALIDATE,
			"Unexpected key '%s': no corresponding entry under 'override' is defined.",
			name);
		fault_remedy(c, "Add '%s: replace'%s under 'override'.", name,
			rule_keys[key].appendable ? " (or append)" : "");
	}
}

static void load_override(struct rule_item *r, struct rule_def *def, const struct overrides *o)
{
	const char *source = def->source;

	if (o->append && read_update(r, o->append, "append", def))
		collect_rule_append(r->l, def);
	def->source = source;
	if (o->replace && read_update(r, o->replace, "replace", def))
		collect_rule_replace(r->l, def);
	unexpected_keys(r, o->append | o->replace);
}

/* ---- append: true, enabled alone, definition ---- */

static void load_append(struct rule_item *r, struct rule_def *def)
{
	bool ok = true;

	def->v = (struct rule_values){.condition_ctx = r->ctx, .output_ctx = r->ctx};
	r->appending = true;
	if (yaml_get(r->node, "condition"))
		ok = read_key(r, RK_CONDITION, &def->v);
	if (yaml_get(r->node, "exceptions"))
		ok &= read_key(r, RK_EXCEPTIONS, &def->v);
	if (ok)
		collect_rule_append(r->l, def);
}

static bool is_switch(const struct ynode *n)
{
	return !yaml_get(n, "condition") && !yaml_get(n, "output") && !yaml_get(n, "desc") &&
	       !yaml_get(n, "priority");
}

static void load_switch(struct rule_item *r, struct rule_def *def)
{
	if (!item_bool(r->ctx, &r->l->arena, r->node, "enabled", 0, &def->v.enabled))
		return;
	fault(r->ctx, LOAD_DEPRECATED_ITEM, "%s", deprecated_enabled);
	collect_rule_enable(r->l, def);
}

static void load_definition(struct rule_item *r, struct rule_def *def)
{
	static const enum rule_key required[] = {RK_CONDITION, RK_OUTPUT, RK_DESC, RK_PRIORITY};
	static const enum rule_key optional[] = {RK_ENABLED, RK_CAPTURE, RK_CAPTURE_DURATION,
		RK_WARN_EVTTYPES, RK_SKIP_IF_UNKNOWN_FILTER, RK_TAGS, RK_EXCEPTIONS};
	struct arena *a = &r->l->arena;
	bool ok = true;

	def->v = (struct rule_values){.enabled = true,
		.warn_evttypes = true,
		.condition_ctx = r->ctx,
		.output_ctx = r->ctx};
	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		ok &= read_key(r, required[i], &def->v);
	def->source = "syscall";
	ok &= item_str(r->ctx, a, r->node, "source", ITEM_OPTIONAL, &def->source);
	r->flags = ITEM_OPTIONAL;
	for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
		ok &= read_key(r, optional[i], &def->v);
	if (def->v.output)
		def->v.output = arena_strdup(a, str_trim(str_c(def->v.output)));
	if (!ok || !collect_rule(r->l, def))
		collect_broken_rule(r->l, def);
}

void load_rule(struct rules_loader *l, const struct ctx *file, const struct ynode *item)
{
	static const char *const known[] = {"rule", "condition", "output", "desc", "priority",
		"source", "enabled", "capture", "capture_duration", "warn_evttypes",
		"skip-if-unknown-filter", "tags", "exceptions", "override", "append"};
	struct override_key keys[RK_MAX];
	struct rule_def def = {.source = ""};
	struct rule_item r = {.l = l, .node = item};
	struct overrides o;
	bool append;

	r.ctx = ctx_item(&l->arena, file, "rule", STR(""), item);
	if (!item_str(r.ctx, &l->arena, item, "rule", 0, &def.name))
		return;
	def.ctx = r.ctx = ctx_item(&l->arena, file, "rule", str_c(def.name), item);
	for (unsigned i = 0; i < RK_MAX; i++)
		keys[i] = (struct override_key){rule_keys[i].name, rule_keys[i].appendable, true};
	overrides_read(l, r.ctx, item, keys, RK_MAX, &o);
	if (!item_str(r.ctx, &l->arena, item, "source", ITEM_OPTIONAL | ITEM_EMPTY, &def.source) ||
		!append_read(l, r.ctx, item, &o, &append) || o.wrong)
		collect_broken_rule(l, &def);
	else if (o.given)
		load_override(&r, &def, &o);
	else if (append)
		load_append(&r, &def);
	else if (is_switch(item))
		load_switch(&r, &def);
	else
		load_definition(&r, &def);
	warn_unknown_keys(l, r.ctx, item, known, ARRAY_SIZE(known));
}
