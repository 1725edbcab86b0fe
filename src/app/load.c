/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From options to a configuration: what earlier versions had options for, the files, what is to be
 * said about them, and the settings that hold for the whole process.
 */
#include <string.h>

#include "app/app.h"
#include "app/log.h"
#include "filter/field.h"

/* Options of earlier versions that stand for configuration keys. */
static void overrides_of_options(struct app *a, string_list *out, struct arena *arena)
{
	const struct options *o = &a->options;

	for (size_t i = 0; i < o->overrides.n; i++)
		vec_push(out, o->overrides.v[i]);
	if (o->events_file) {
		vec_push(out, "engine.kind=replay");
		vec_push(out,
			arena_printf(arena, "engine.replay.capture_file=%s", o->events_file).p);
	}
	if (o->all_events)
		vec_push(out, "base_syscalls.all=true");
	if (o->print_base64)
		vec_push(out, "buffer_format_base64=true");
	if (o->unbuffered)
		vec_push(out, "buffered_outputs=false");
	if (o->snaplen)
		vec_push(out, arena_printf(arena, "falco_libs.snaplen=%s", o->snaplen).p);
	if (o->userspace)
		vec_push(out, "engine.kind=udig");
	if (o->nodriver)
		vec_push(out, "engine.kind=nodriver");
	if (o->modern_bpf)
		vec_push(out, "engine.kind=modern_ebpf");
}

static void report_config(const struct diags *diags)
{
	for (size_t i = 0; i < diags->list.n; i++) {
		const struct diag *d = &diags->list.v[i];
		struct buf text = {0};

		diag_print(&text, d);
		if (d->level == DIAG_ERROR)
			app_error("%s", buf_cstr(&text));
		else
			log_msg(LOG_LEVEL_WARNING, "%s", buf_cstr(&text));
		buf_done(&text);
	}
}

static void log_config_files(const struct config *c)
{
	const struct config_file *f;

	if (!c->file)
		return;
	log_msg(LOG_LEVEL_INFO, "Falco version: " FALCO_VERSION);
	log_msg(LOG_LEVEL_INFO, "Falco initialized with configuration files:");
	vec_foreach (f, &c->loaded_files)
		log_msg(strcmp(f->validation, "ok") ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
			"   %s | schema validation: %s", f->path, f->validation);
}

/* -p: more text behind every output; the presets ask for what is known of containers. */
static void append_print_format(struct app *a)
{
	static const char *const presets[] = {"c", "container", "k", "kubernetes", "m", "mesos"};
	const char *format = a->options.print;
	struct append_output add = {.extra_output = format};

	if (!format)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		if (strcmp(format, presets[i]) == 0)
			add = (struct append_output){.suggested_output = true};
	vec_push(&a->config->append_outputs, add);
}

void app_apply_settings(const struct config *c)
{
	log_setup((enum log_level)c->log_level, c->log_stderr, c->log_syslog,
		c->time_format_iso_8601);
	render_set_base64(c->buffer_format_base64);
}

const struct config *app_read_config(struct app *a, struct diags *diags)
{
	string_list overrides = {0};
	struct arena arena;

	arena_init(&arena, 0);
	overrides_of_options(a, &overrides, &arena);
	a->config = config_load(a->options.config_file, overrides.v, overrides.n, diags);
	if (a->config) {
		a->config->records = a->options.write_file;
		append_print_format(a);
		static_fields_init(&a->static_fields, a->config);
	}
	vec_done(&overrides);
	arena_done(&arena);
	return a->config;
}

bool app_load_config(struct app *a)
{
	struct diags diags;

	diags_init(&diags);
	app_read_config(a, &diags);
	if (a->config && !a->beside)
		app_apply_settings(a->config);
	report_config(&diags);
	if (a->config)
		log_config_files(a->config);
	diags_done(&diags);
	return a->config;
}
