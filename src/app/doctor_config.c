/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration and rules: what loading them says, and what is allowed but can hardly be meant.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/app.h"
#include "app/doctor.h"

#define CONFIGURATION "configuration"
#define RULES "rules"

/* One complaint with its place; its remedy apart. */
static void add_diag(struct doctor *d, const char *area, const char *name, const struct diag *g)
{
	const char *remedy =
		!strcmp(area, RULES)
			? "Change the rules there; falco -V checks a file by itself."
			: "Change the configuration there; falco.yaml(5) has all keys.";
	struct diag bare = *g;
	struct buf text = {0};

	bare.remedy = STR("");
	diag_print(&text, &bare);
	if (g->remedy.n)
		remedy = arena_strdup(&d->arena, g->remedy);
	doctor_add(d, area, name, g->level == DIAG_ERROR ? FINDING_BROKEN : FINDING_WARNING, remedy,
		"%s", buf_cstr(&text));
	buf_done(&text);
}

static void add_diags(
	struct doctor *d, const char *area, const char *name, const struct diags *diags)
{
	for (size_t i = 0; i < diags->list.n; i++)
		add_diag(d, area, name, &diags->list.v[i]);
}

/* ---- what is allowed, but contradicts itself ---- */

static bool nobody_hears(const struct config *c)
{
	return !c->log_stderr && !c->log_syslog;
}

static bool no_metrics_target(const struct config *c)
{
	return c->metrics_enabled && !c->metrics_output_rule && !*c->metrics_output_file &&
	       !(c->webserver_enabled && c->webserver_prometheus_metrics_enabled);
}

static bool prometheus_without_metrics(const struct config *c)
{
	return c->webserver_prometheus_metrics_enabled && !c->metrics_enabled;
}

static bool prometheus_without_server(const struct config *c)
{
	return c->webserver_prometheus_metrics_enabled && !c->webserver_enabled;
}

static bool unverified(const struct config *c)
{
	return c->http_output_enabled && c->http_output_insecure;
}

static bool insecure_authority(const struct config *c)
{
	return unverified(c) && (*c->http_output_ca_cert || *c->http_output_ca_bundle);
}

static bool plain_mtls(const struct config *c)
{
	return c->http_output_enabled && c->http_output_mtls &&
	       str_starts(str_c(c->http_output_url), STR("http:"));
}

static bool empty_json(const struct config *c)
{
	return c->json_output && !c->json_include_output_property &&
	       !c->json_include_message_property && !c->json_include_output_fields_property;
}

static bool spooled_stdout_only(const struct config *c)
{
	return *c->outputs_spool_path && c->outputs_queue_capacity;
}

static bool capture_ignored(const struct config *c)
{
	return !c->capture_enabled && c->capture_before;
}

static bool grpc_halves(const struct config *c)
{
	return c->grpc_enabled != c->grpc_output_enabled;
}

static const struct contradiction {
	const char *name;
	bool (*is)(const struct config *c);
	const char *found, *remedy;
} contradictions[] = {
	{"log", nobody_hears, "log_stderr and log_syslog are both off: nobody hears of problems",
		"Switch one of them on."},
	{"metrics", no_metrics_target, "metrics.enabled is on, but nothing gets them",
		"Set metrics.output_rule, metrics.output_file, or webserver.enabled with "
		"webserver.prometheus_metrics_enabled."},
	{"metrics", prometheus_without_metrics,
		"webserver.prometheus_metrics_enabled is on, metrics.enabled is off: /metrics has "
		"little to say",
		"Set metrics.enabled to true."},
	{"web server", prometheus_without_server,
		"webserver.prometheus_metrics_enabled is on, webserver.enabled is off",
		"Set webserver.enabled to true."},
	{"http", unverified, "http_output.insecure: anybody can pretend to be the receiver",
		"Remove it, and give the receiver's authority in http_output.ca_cert."},
	{"http", insecure_authority,
		"http_output.insecure makes http_output.ca_cert and ca_bundle meaningless",
		"Remove one or the other."},
	{"http", plain_mtls, "http_output.mtls has no effect on an address with http:",
		"Use https:, or switch mtls off."},
	{"json", empty_json, "JSON alerts without output, message and output_fields say nothing",
		"Switch one of the json_include_... keys on."},
	{"spool", spooled_stdout_only,
		"outputs_queue.capacity has no effect beside outputs_spool: alerts wait on disk",
		"Set outputs_spool.max_bytes instead."},
	{"capture", capture_ignored, "capture.before is set, but capture.enabled is off",
		"Set capture.enabled to true."},
	{"grpc", grpc_halves,
		"only one of grpc.enabled and grpc_output.enabled is on: no alerts go that way",
		"Switch both on, or both off."},
};

static void find_contradictions(struct doctor *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(contradictions); i++) {
		const struct contradiction *c = &contradictions[i];

		if (c->is(d->config))
			doctor_add(d, CONFIGURATION, c->name, FINDING_WARNING, c->remedy, "%s",
				c->found);
	}
}

void doctor_configuration(struct doctor *d)
{
	struct diags diags;
	const struct config_file *f;

	diags_init(&diags);
	d->config = app_read_config(d->app, &diags);
	add_diags(d, CONFIGURATION, "keys", &diags);
	diags_done(&diags);
	if (!d->config)
		return;
	if (!d->config->file)
		doctor_add(d, CONFIGURATION, "file", FINDING_WARNING,
			"Install falco.yaml, or name it with -c.",
			"/etc/falco/falco.yaml is not there: everything has its default");
	vec_foreach (f, &d->config->loaded_files)
		doctor_add(d, CONFIGURATION, "file",
			strcmp(f->validation, "ok") ? FINDING_WARNING : FINDING_OK,
			"falco --config-schema prints what it can have.", "%s: schema %s", f->path,
			f->validation);
	for (size_t i = 0; i < d->config->missing_files.n; i++)
		doctor_add(d, CONFIGURATION, "missing", FINDING_NONE, NULL, "%s is not there",
			d->config->missing_files.v[i]);
	find_contradictions(d);
}

/* ---- rules ---- */

static void report_file(struct doctor *d, const struct load_result *r)
{
	add_diags(d, RULES, "file", &r->diags);
	if (load_ok(r))
		doctor_add(d, RULES, "file",
			r->schema == SCHEMA_FAILED ? FINDING_WARNING : FINDING_OK,
			"falco --rule-schema prints what it can have.", "%s: schema %s", r->name,
			load_result_schema(r));
}

static void count_rules(struct doctor *d, const struct ruleset *r)
{
	size_t active = 0, captures = 0;

	for (size_t i = 0; i < r->nrules; i++) {
		active += r->rules[i]->enabled;
		captures += r->rules[i]->enabled && r->rules[i]->capture;
	}
	doctor_add(d, RULES, "active", active ? FINDING_OK : FINDING_BROKEN,
		"Look at rules, priority, -D, -T and -t: they leave none.",
		"%zu of %zu rules are active", active, r->nrules);
	if (captures && !d->config->capture_enabled)
		doctor_add(d, RULES, "capture", FINDING_WARNING, "Set capture.enabled to true.",
			"%zu active rules ask for a capture, but capture.enabled is off", captures);
}

static void choose(
	struct doctor *d, const char *by, enum rule_match how, const char *what, bool enable)
{
	if (!ruleset_enable(d->app->rules, how, what, enable))
		doctor_add(d, RULES, "selection", FINDING_WARNING,
			"Look at the names and tags: falco -L has those that there are.",
			"%s %s is of no rule", by, what);
}

/* Chooses once more what is chosen already: of this ruleset nothing but the answers is used. */
static void check_selections(struct doctor *d)
{
	const struct options *o = &d->app->options;
	const struct rule_selection *s;

	vec_foreach (s, &d->config->rule_selections)
		choose(d, s->rule ? "rules: name" : "rules: tag",
			s->rule ? RULE_MATCH_WILDCARD : RULE_MATCH_TAG, s->rule ? s->rule : s->tag,
			s->enable);
	for (size_t i = 0; i < o->disable_rules.n; i++)
		choose(d, "-D", RULE_MATCH_SUBSTRING, o->disable_rules.v[i], false);
	for (size_t i = 0; i < o->disable_tags.n; i++)
		choose(d, "-T", RULE_MATCH_TAG, o->disable_tags.v[i], false);
	for (size_t i = 0; i < o->enable_tags.n; i++)
		choose(d, "-t", RULE_MATCH_TAG, o->enable_tags.v[i], true);
}

void doctor_rules(struct doctor *d)
{
	struct load_result **results;
	struct buf errors = {0};
	bool ok;

	if (!d->config)
		return;
	log_gather(&errors);
	ok = app_load_rules(d->app);
	log_gather(NULL);
	if (!d->app->rules) {
		doctor_add(d, RULES, "files", FINDING_BROKEN,
			"Name rules files that are there, under rules_files or with -r.", "%s",
			buf_cstr(&errors));
	} else {
		size_t n = rules_loader_results(d->app->loader, &results);

		for (size_t i = 0; i < n; i++)
			report_file(d, results[i]);
	}
	buf_done(&errors);
	if (!ok)
		return;
	count_rules(d, d->app->rules);
	check_selections(d);
}
