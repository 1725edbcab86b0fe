/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From definitions to a ruleset.
 *
 * Order of work, so that what is reported first is what a reader has to repair first: lists,
 * macros, then each rule's exceptions, output and condition.  A rule with a mistake is left out
 * and the next one looked at.  The loader's arena, with everything in it, becomes the ruleset's.
 */
#include "rules/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define MANY_EVENT_TYPES 100 /* more than this cost speed */

/* ---- one rule ---- */

static size_t event_set_size(const struct event_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(s->bits); i++)
		n += (size_t)__builtin_popcountll(s->bits[i]);
	return n;
}

static void add_event(struct event_set *s, uint16_t type)
{
	s->bits[type / 64] |= UINT64_C(1) << (type % 64);
}

/* Asynchronous events have types of their own, which only their content tells. */
static void find_events(const struct rule_def *def, struct rule *r)
{
	if (!strcmp(def->source, "syscall")) {
		ast_types(r->ast, &r->events, &r->syscalls);
		if (event_set_size(&r->events) > MANY_EVENT_TYPES && def->v.warn_evttypes)
			fault(def->ctx, LOAD_NO_EVTTYPE,
				"Rule matches too many evt.type values. This has a significant "
				"performance penalty.");
	} else {
		add_event(&r->events, EV_PLUGINEVENT_E);
	}
	add_event(&r->events, EV_ASYNCEVENT_E);
}

static struct node *compile_condition(struct rules_loader *l, struct rule_def *def)
{
	const char *condition;
	struct str text;
	struct node *ast;

	if (!exceptions_apply(l, def, &condition))
		return NULL;
	text = lists_substitute(l->col, &l->arena, str_c(condition));
	ast = condition_resolve(l, def->v.condition_ctx, text, VISIBILITY_ALL);
	return ast && condition_check(l, def, text, ast) ? ast : NULL;
}

static struct rule *compile_rule(struct rules_loader *l, struct rule_def *def)
{
	struct rule *r = arena_zalloc(&l->arena, sizeof(*r));
	bool ok;

	ok = outputs_compile(l, def, r);
	r->ast = compile_condition(l, def);
	if (!ok || !r->ast)
		return NULL;
	r->name = def->name;
	r->source = def->source;
	r->desc = def->v.desc;
	r->condition = def->v.condition;
	r->output = def->v.output;
	r->priority = def->v.priority;
	r->tags = def->v.tags;
	r->ntags = def->v.ntags;
	r->capture = def->v.capture;
	r->capture_duration_ms = def->v.capture_duration_ms;
	r->below_minimum = def->v.priority > l->config.min_priority;
	r->enabled = def->v.enabled && !r->below_minimum;
	find_events(def, r);
	return r;
}

/* Of a rule that is broken already: what else is wrong with it. */
static void look_for_more(struct rules_loader *l, struct rule_def *def)
{
	struct rule scrap = {0};

	def->v.exceptions = NULL;
	def->v.nexceptions = 0;
	if (def->skipped)
		return;
	if (def->v.has & RK_BIT(RK_OUTPUT))
		outputs_compile(l, def, &scrap);
	if (def->v.has & RK_BIT(RK_CONDITION))
		compile_condition(l, def);
}

static void compile_rules(struct rules_loader *l, struct ruleset *set)
{
	struct rules_collected *col = l->col;

	set->rules = arena_alloc(&l->arena, col->rules.n * sizeof(*set->rules));
	for (size_t i = 0; i < col->rules.n; i++) {
		struct rule_def *def = col->rules.v[i];

		if (def->broken)
			look_for_more(l, def);
		if (def->broken || def->skipped)
			continue;
		def->compiled = compile_rule(l, def);
		if (!def->compiled)
			continue;
		def->compiled->index = (uint32_t)set->nrules;
		set->rules[set->nrules++] = def->compiled;
	}
}

/* ---- what is left over ---- */

static void warn_unused(struct rules_collected *col)
{
	for (size_t i = 0; i < col->macros.n; i++)
		if (!col->macros.v[i]->used)
			fault(col->macros.v[i]->ctx, LOAD_UNUSED_MACRO,
				"Macro not referred to by any other rule/macro");
	for (size_t i = 0; i < col->lists.n; i++)
		if (!col->lists.v[i]->used)
			fault(col->lists.v[i]->ctx, LOAD_UNUSED_LIST,
				"List not referred to by any other rule/macro");
}

static bool requirement_met(const struct rules_config *config, const struct plugin_requirement *p)
{
	if (config->plugin_ok(config->plugin_arg, p->name, p->version))
		return true;
	for (size_t i = 0; i < p->nalternatives; i++)
		if (config->plugin_ok(config->plugin_arg, p->alternatives[i].name,
			    p->alternatives[i].version))
			return true;
	return false;
}

static void check_plugins(struct rules_loader *l)
{
	for (size_t i = 0; l->config.plugin_ok && i < l->col->plugins.n; i++) {
		const struct plugin_requirement *p = &l->col->plugins.v[i];
		struct buf b = {0};

		if (requirement_met(&l->config, p))
			continue;
		buf_printf(&b, "%s (>= %s)", p->name, p->version);
		for (size_t k = 0; k < p->nalternatives; k++)
			buf_printf(&b, ", %s (>= %s)", p->alternatives[k].name,
				p->alternatives[k].version);
		fault(l->col->plugin_ctx.v[i], LOAD_ERR_VALIDATE,
			"Plugin requirement not satisfied, must load one of: %s", buf_cstr(&b));
		buf_done(&b);
	}
}

static void fill_requirements(struct ruleset *set, struct rules_collected *col)
{
	struct version v = col->required;

	set->required_engine_version =
		arena_printf(&set->arena, "%u.%u.%u", v.major, v.minor, v.patch).p;
	set->plugins = col->plugins.v;
	set->nplugins = col->plugins.n;
}

/* ---- the loader ---- */

struct rules_loader *rules_loader_new(const struct rules_config *config)
{
	struct rules_loader *l = mem_zalloc(sizeof(*l));

	l->config = *config;
	l->col = mem_zalloc(sizeof(*l->col));
	l->atoms = atoms_new();
	l->col->plugin_of = config->plugin_of;
	l->col->plugin_arg = config->plugin_arg;
	arena_init(&l->arena, 64 * 1024);
	arena_init(&l->scratch, 0);
	return l;
}

static void result_free(struct load_result *r)
{
	vec_done(&r->schema_warnings);
	diags_done(&r->diags);
	free(r);
}

void rules_loader_free(struct rules_loader *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->results.n; i++)
		result_free(l->results.v[i]);
	vec_done(&l->results);
	smap_done(&l->reported);
	atoms_free(l->atoms);
	collected_free(l->col);
	arena_done(&l->arena);
	arena_done(&l->scratch);
	free(l);
}

static void yaml_failed(
	struct rules_loader *l, const struct ctx *file, const struct yaml_error *err)
{
	struct ynode at = {.pos = err->pos};

	l->col->incomplete = true;
	fault(ctx_item(&l->arena, file, "value for", STR(""), &at), LOAD_ERR_YAML_PARSE,
		"yaml-cpp: error at line %u, column %u: %s", err->pos.line, err->pos.col,
		err->message);
}

struct load_result *rules_loader_add(struct rules_loader *l, const char *name, struct str content)
{
	struct load_result *r = mem_zalloc(sizeof(*r));
	struct ynode **docs;
	struct yaml_error err;
	const struct ctx *file;
	struct arena nodes;
	size_t n;

	assert(l->col);
	diags_init(&r->diags);
	r->name = arena_strdup(&r->diags.arena, str_c(name));
	r->content = arena_str(&r->diags.arena, content);
	vec_push(&l->results, r);
	file = ctx_file(&l->arena, r);
	arena_init(&nodes, 0);
	if (!yaml_load(&nodes, &l->arena, r->content, &docs, &n, &err)) {
		yaml_failed(l, file, &err);
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		schema_check(r, docs[i]);
	for (size_t i = 0; i < n; i++)
		load_document(l, file, docs[i]);
	arena_done(&nodes);
	return r;
}

size_t rules_loader_results(struct rules_loader *l, struct load_result ***ret)
{
	*ret = l->results.v;
	return l->results.n;
}

struct ruleset *rules_loader_compile(struct rules_loader *l)
{
	struct ruleset *set = mem_zalloc(sizeof(*set));

	assert(l->col);
	lists_resolve(l);
	macros_resolve(l);
	compile_rules(l, set);
	check_plugins(l);
	warn_unused(l->col);
	set->arena = l->arena;
	set->atoms = l->atoms;
	set->collected = l->col;
	fill_requirements(set, l->col);
	l->col = NULL;
	l->atoms = NULL;
	arena_init(&l->arena, 0);
	return set;
}

void ruleset_intern(struct ruleset *r)
{
	atoms_intern(r->atoms, true);
}

void ruleset_unintern(struct ruleset *r)
{
	atoms_intern(r->atoms, false);
}

void ruleset_free(struct ruleset *r)
{
	if (!r)
		return;
	atoms_free(r->atoms);
	collected_free(r->collected);
	arena_done(&r->arena);
	free(r);
}
