/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all files define together.
 *
 * The first definition of a name decides its place in the order of rules and its index; a later
 * definition replaces the content.  Every change moves a macro's or list's visibility to the
 * place of the change, so that it may use what was defined in between.  Broken definitions stay in
 * as placeholders, and so does everything when a whole file was unreadable: what refers to them
 * is not a mistake of its own.
 */
#include "rules/internal.h"

#include <stdio.h>
#include <stdlib.h>

static void *keep(struct rules_loader *l, const void *def, size_t size)
{
	return memcpy(arena_alloc(&l->arena, size), def, size);
}

void collected_free(struct rules_collected *col)
{
	if (!col)
		return;
	for (size_t i = 0; i < col->lists.n; i++) {
		vec_done(&col->lists.v[i]->items);
		vec_done(&col->lists.v[i]->compiled);
		vec_done(&col->lists.v[i]->mentions);
	}
	vec_done(&col->rules);
	vec_done(&col->macros);
	vec_done(&col->lists);
	vec_done(&col->odd_lists);
	vec_done(&col->plugins);
	vec_done(&col->plugin_ctx);
	smap_done(&col->rule_names);
	smap_done(&col->macro_names);
	smap_done(&col->list_names);
	free(col);
}

/* ---- versions ---- */

bool collect_engine_version(
	struct rules_loader *l, const struct ctx *c, const char *text, struct version v)
{
	static const struct version ours = {0, ENGINE_VERSION_MINOR, 0};
	char number[16];

	/* Both in the notation of the file: 62 is 0.62.0. */
	snprintf(number, sizeof(number), "%d", ENGINE_VERSION_MINOR);
	if (!version_compatible(ours, v))
		return fault(c, LOAD_ERR_VALIDATE,
			"Rules require engine version %s, but engine version is %s", text,
			strchr(text, '.') ? ENGINE_VERSION : number);
	if (version_cmp(l->col->required, v) < 0)
		l->col->required = v;
	return true;
}

static bool plugin_seen(const struct plugin_requirement *p, size_t n, const char *name)
{
	if (n && !strcmp(p->name, name))
		return true;
	for (size_t i = 0; i + 1 < n; i++)
		if (!strcmp(p->alternatives[i].name, name))
			return true;
	return false;
}

bool collect_plugin(struct rules_loader *l, const struct ctx *c, struct plugin_requirement *p)
{
	struct version v;

	for (size_t i = 0; i <= p->nalternatives; i++) {
		const struct plugin_requirement *r = i ? &p->alternatives[i - 1] : p;

		if (!version_parse(r->version, &v))
			return fault(c, LOAD_ERR_VALIDATE,
				"Invalid required version '%s' for plugin '%s'", r->version,
				r->name);
		if (plugin_seen(p, i, r->name))
			return fault(c, LOAD_ERR_VALIDATE,
				"Defined multiple alternative version requirements for plugin '%s'",
				r->name);
	}
	vec_push(&l->col->plugins, *p);
	vec_push(&l->col->plugin_ctx, c);
	return true;
}

/* ---- lists ---- */

void collect_list(struct rules_loader *l, const struct list_def *def)
{
	struct rules_collected *col = l->col;
	struct list_def *d = list_find(col, str_c(def->name));

	if (!d) {
		d = arena_zalloc(&l->arena, sizeof(*d));
		d->name = def->name;
		d->index = col->next_index;
		d->position = col->lists.n;
		vec_push(&col->lists, d);
		smap_put(&col->list_names, str_c(d->name), d);
	}
	d->ctx = def->ctx;
	d->broken = def->broken;
	d->visibility = col->next_index++;
	vec_clear(&d->items);
	for (size_t i = 0; i < def->items.n; i++)
		vec_push(&d->items, def->items.v[i]);
}

bool collect_list_append(struct rules_loader *l, const struct list_def *def)
{
	struct list_def *d = list_find(l->col, str_c(def->name));

	if (!d && !l->col->incomplete)
		return fault(def->ctx, LOAD_ERR_VALIDATE,
			"List uses 'append' or 'override.items: append' but no list by that name "
			"already exists");
	if (!d)
		return false;
	for (size_t i = 0; i < def->items.n; i++)
		vec_push(&d->items, def->items.v[i]);
	d->visibility = l->col->next_index++;
	return true;
}

/* ---- macros ---- */

void collect_macro(struct rules_loader *l, const struct macro_def *def)
{
	struct rules_collected *col = l->col;
	struct macro_def *d = macro_find(col, str_c(def->name));

	if (!d) {
		d = arena_zalloc(&l->arena, sizeof(*d));
		d->name = def->name;
		d->index = col->next_index;
		vec_push(&col->macros, d);
		smap_put(&col->macro_names, str_c(d->name), d);
	}
	d->ctx = def->ctx;
	d->broken = def->broken;
	d->condition = def->condition;
	d->condition_ctx = def->condition_ctx;
	d->visibility = col->next_index++;
}

static const char *joined(struct rules_loader *l, const char *a, const char *b)
{
	return arena_printf(&l->arena, "%s %s", a, b).p;
}

bool collect_macro_append(struct rules_loader *l, const struct macro_def *def)
{
	struct macro_def *d = macro_find(l->col, str_c(def->name));

	if (!d && !l->col->incomplete)
		return fault(def->ctx, LOAD_ERR_VALIDATE,
			"Macro uses 'append' or 'override.condition: append' but no macro by that "
			"name already exists");
	if (!d)
		return false;
	d->condition = joined(l, d->condition, def->condition);
	d->ctx = def->ctx;
	d->condition_ctx = def->condition_ctx;
	d->visibility = l->col->next_index++;
	return true;
}

/* ---- rules ---- */

static struct rule_def *new_rule(struct rules_loader *l, const struct rule_def *def)
{
	struct rule_def *d = keep(l, def, sizeof(*def));

	vec_push(&l->col->rules, d);
	smap_put(&l->col->rule_names, str_c(d->name), d);
	return d;
}

static bool source_known(const struct rules_loader *l, const char *source)
{
	if (!strcmp(source, "syscall"))
		return true;
	for (size_t i = 0; i < l->config.nsources; i++)
		if (!strcmp(source, l->config.sources[i]))
			return true;
	return false;
}

void collect_broken_rule(struct rules_loader *l, const struct rule_def *def)
{
	struct rule_def *d;

	if (rule_find(l->col, def->name))
		return;
	d = new_rule(l, def);
	d->broken = true;
	d->skipped = !source_known(l, d->source);
}

/* The rule that def is about; NULL with *ret_ok false when its source is another one. */
static struct rule_def *previous(struct rules_loader *l, const struct rule_def *def, bool *ret_ok)
{
	struct rule_def *d = rule_find(l->col, def->name);

	*ret_ok = true;
	if (d && d->source[0] && def->source[0] && strcmp(d->source, def->source) != 0) {
		*ret_ok = fault(def->ctx, LOAD_ERR_VALIDATE,
			"Rule has been re-defined with a different source");
		fault_remedy(def->ctx, "The rule's event source is '%s'.", d->source);
	}
	return *ret_ok ? d : NULL;
}

bool collect_rule(struct rules_loader *l, const struct rule_def *def)
{
	bool ok, known = source_known(l, def->source);
	struct rule_def *d = previous(l, def, &ok);

	if (!known) {
		fault(def->ctx, LOAD_UNKNOWN_SOURCE, "Unknown source %s, skipping", def->source);
		fault_nearest(def->ctx,
			str_nearest(str_c(def->source), l->config.sources, l->config.nsources));
	}
	for (size_t i = 0; i < def->v.nexceptions; i++)
		ok &= exception_check(l, &def->v.exceptions[i], known ? def->source : NULL);
	if (!ok)
		return false;
	if (!d)
		d = new_rule(l, def);
	*d = *def;
	d->skipped = !known;
	l->col->next_index++;
	return true;
}

static void add_text(
	struct rules_loader *l, struct rule_def *d, const struct rule_values *v, enum rule_key key)
{
	const char *const *from;
	const char **to;

	if (!(v->has & RK_BIT(key)))
		return;
	from = key == RK_CONDITION ? &v->condition : key == RK_OUTPUT ? &v->output : &v->desc;
	to = key == RK_CONDITION ? &d->v.condition : key == RK_OUTPUT ? &d->v.output : &d->v.desc;
	*to = joined(l, *to, *from);
	if (key == RK_CONDITION)
		d->v.condition_ctx = v->condition_ctx;
	if (key == RK_OUTPUT)
		d->v.output_ctx = v->output_ctx;
}

static void add_tags(struct rules_loader *l, struct rule_def *d, const struct rule_values *v)
{
	size_t n = d->v.ntags + v->ntags;
	const char **tags = arena_alloc(&l->arena, n * sizeof(*tags));

	if (d->v.ntags)
		memcpy(tags, d->v.tags, d->v.ntags * sizeof(*tags));
	if (v->ntags)
		memcpy(tags + d->v.ntags, v->tags, v->ntags * sizeof(*tags));
	d->v.tags = tags;
	d->v.ntags = strs_sort(tags, n);
}

bool collect_rule_append(struct rules_loader *l, const struct rule_def *def)
{
	bool ok;
	struct rule_def *d = previous(l, def, &ok);

	if (!ok)
		return false;
	if (!d && l->col->incomplete)
		return false;
	if (!d)
		return fault(def->ctx, LOAD_ERR_VALIDATE,
			"Rule uses 'append' or 'override.<key>: append' but no rule by that name "
			"already exists");
	if (!def->v.has)
		return fault(def->ctx, LOAD_ERR_VALIDATE,
			"Appended rule must have exceptions or condition property");
	if (d->broken)
		return true;
	add_text(l, d, &def->v, RK_CONDITION);
	add_text(l, d, &def->v, RK_OUTPUT);
	add_text(l, d, &def->v, RK_DESC);
	if (def->v.has & RK_BIT(RK_TAGS))
		add_tags(l, d, &def->v);
	d->ctx = def->ctx;
	l->col->next_index++;
	return exceptions_append(l, d, &def->v);
}

/* Takes every value that v has. */
static void replace_values(struct rule_values *to, const struct rule_values *v)
{
	if (v->has & RK_BIT(RK_CONDITION)) {
		to->condition = v->condition;
		to->condition_ctx = v->condition_ctx;
	}
	if (v->has & RK_BIT(RK_OUTPUT)) {
		to->output = v->output;
		to->output_ctx = v->output_ctx;
	}
	if (v->has & RK_BIT(RK_DESC))
		to->desc = v->desc;
	if (v->has & RK_BIT(RK_TAGS)) {
		to->tags = v->tags;
		to->ntags = v->ntags;
	}
	if (v->has & RK_BIT(RK_EXCEPTIONS)) {
		to->exceptions = v->exceptions;
		to->nexceptions = v->nexceptions;
	}
	if (v->has & RK_BIT(RK_PRIORITY))
		to->priority = v->priority;
	if (v->has & RK_BIT(RK_CAPTURE))
		to->capture = v->capture;
	if (v->has & RK_BIT(RK_CAPTURE_DURATION))
		to->capture_duration_ms = v->capture_duration_ms;
	if (v->has & RK_BIT(RK_ENABLED))
		to->enabled = v->enabled;
	if (v->has & RK_BIT(RK_WARN_EVTTYPES))
		to->warn_evttypes = v->warn_evttypes;
	if (v->has & RK_BIT(RK_SKIP_IF_UNKNOWN_FILTER))
		to->skip_if_unknown_filter = v->skip_if_unknown_filter;
}

bool collect_rule_replace(struct rules_loader *l, const struct rule_def *def)
{
	bool ok;
	struct rule_def *d = previous(l, def, &ok);

	if (!ok)
		return false;
	if (!d && l->col->incomplete)
		return false;
	if (!d)
		return fault(def->ctx, LOAD_ERR_VALIDATE,
			"An 'override.<key>: replace' to a rule was requested but no rule by that "
			"name "
			"already exists");
	if (d->broken)
		return true;
	for (size_t i = 0; i < def->v.nexceptions; i++)
		ok &= exception_check(l, &def->v.exceptions[i], d->skipped ? NULL : d->source);
	if (!ok)
		return false;
	replace_values(&d->v, &def->v);
	d->ctx = def->ctx;
	l->col->next_index++;
	return true;
}

bool collect_rule_enable(struct rules_loader *l, const struct rule_def *def)
{
	struct rule_def *d = rule_find(l->col, def->name);

	if (!d && l->col->incomplete)
		return false;
	if (!d)
		return fault(def->ctx, LOAD_ERR_VALIDATE,
			"Rule has 'enabled' key but no rule by that name already exists");
	d->v.enabled = def->v.enabled;
	return true;
}
