/* SPDX-License-Identifier: Apache-2.0 */
/*
 * falco: from the command line to an exit status.
 *
 * The steps are a list, in the order in which they win over each other when several things are
 * asked for at once; each goes on, ends the run well, or fails it.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/app.h"
#include "app/daemon.h"
#include "app/doctor.h"
#include "app/list.h"
#include "app/log.h"
#include "app/notify.h"
#include "app/open_grpc.h"
#include "app/open_source.h"
#include "app/privileges.h"
#include "app/service.h"
#include "app/signals.h"
#include "capture/scap_read.h"
#include "grpc/rpc.h"

/* Exit statuses that Falco has, too. */
enum step { GO_ON, DONE, FAIL, FAIL_PIDFILE };

#define DAEMON_PIDFILE "/var/run/falco.pid"

static enum step print(struct buf *out)
{
	fwrite(out->p, 1, out->n, stdout);
	fflush(stdout);
	buf_done(out);
	return DONE;
}

/* ---- what needs no configuration ---- */

static enum step show_help(struct app *a)
{
	struct buf out = {0};

	if (!a->options.help)
		return GO_ON;
	options_usage(&out);
	return print(&out);
}

static enum step show_schemas(struct app *a)
{
	struct buf out = {0};

	if (a->options.config_schema)
		config_schema(&out);
	else if (a->options.rule_schema)
		rules_schema(&out);
	else
		return GO_ON;
	return print(&out);
}

static enum step show_lists(struct app *a)
{
	struct buf out = {0};
	enum list_format format = LIST_TEXT;

	if (!list_format_of(&a->options, &format)) {
		app_error(
			"--format takes text, markdown or json, and not together with --markdown");
		return FAIL;
	}
	if (a->options.ignored_events)
		list_ignored(&out);
	else if (a->options.list_events)
		list_events(&out, format);
	else
		return GO_ON;
	return print(&out);
}

/* ---- configuration ---- */

static enum step load_config(struct app *a)
{
	return app_load_config(a) ? GO_ON : FAIL;
}

/* Options that only make sense in some combinations or ranges. */
static enum step check_options(struct app *a)
{
	const struct options *o = &a->options;

	if (o->enable_tags.n && (o->disable_rules.n || o->disable_tags.n)) {
		app_error("You can not specify both disabled (-D/-T) and enabled (-t) rules");
		return FAIL;
	}
	if (o->enable_sources.n && o->disable_sources.n) {
		app_error("You can not mix --enable-source and --disable-source");
		return FAIL;
	}
	if (!service_check_options(o))
		return FAIL;
	if (o->duration) {
		a->duration_seconds = strtol(o->duration, NULL, 10);
		if (a->duration_seconds <= 0) {
			app_error("-M: invalid duration \"%s\": give a number of seconds",
				o->duration);
			return FAIL;
		}
	}
	return GO_ON;
}

static enum step show_versions(struct app *a)
{
	struct buf out = {0};

	if (a->options.version)
		list_versions(&out, a->config);
	else if (a->options.page_size)
		buf_printf(&out, "Your system page size is: %ld\n", sysconf(_SC_PAGESIZE));
	else
		return GO_ON;
	return print(&out);
}

static enum step show_plugins(struct app *a)
{
	struct buf out = {0};

	if (a->options.plugin_info && list_plugin_info(&out, a->config, a->options.plugin_info))
		return print(&out);
	if (a->options.plugin_info) {
		app_error("can't find plugin and print its info: %s", a->options.plugin_info);
		return FAIL;
	}
	if (!a->options.list_plugins)
		return GO_ON;
	list_plugins(&out, a->config);
	return print(&out);
}

static enum step show_fields(struct app *a)
{
	enum list_format format = LIST_TEXT;
	struct buf out = {0};

	if (!a->options.list_fields)
		return GO_ON;
	list_format_of(&a->options, &format);
	if (!list_fields(&out, a->options.list_fields_value, a->options.names_only,
		    a->options.verbose, format)) {
		app_error("Value for --list must be a valid source type");
		return FAIL;
	}
	return print(&out);
}

/* ---- rules ---- */

static enum step validate_rules(struct app *a)
{
	if (!a->options.validate.n)
		return GO_ON;
	return app_validate_rules(a) ? DONE : FAIL;
}

/* A thread may begin here: before what forks to the background, after what ends without a run. */
static enum step open_capture(struct app *a)
{
	const struct options *o = &a->options;

	if (!o->describe_all && !o->describe_rule && !o->dry_run && !o->daemon)
		a->capture = open_capture_early(a->config);
	return GO_ON;
}

static enum step load_rules(struct app *a)
{
	if (!app_load_rules(a))
		return FAIL;
	if (!a->options.describe_all && !a->options.describe_rule)
		return GO_ON;
	return app_describe_rules(a) ? DONE : FAIL;
}

static enum step show_support(struct app *a)
{
	struct buf out = {0};

	if (!a->options.support)
		return GO_ON;
	list_support(&out, &a->options, a->config, a->rules_files.v, a->rules_files.n);
	return print(&out);
}

static enum step compile_rules(struct app *a)
{
	app_compile_rules(a);
	ruleset_intern(a->rules);
	run_stats_init(&a->stats, a->rules);
	malloc_trim(0);
	return GO_ON;
}

/* ---- running ---- */

static enum step open_outputs(struct app *a)
{
	return app_open_outputs(a) ? GO_ON : FAIL;
}

/* Before anything that has threads. */
static enum step go_to_background(struct app *a)
{
	int err;

	notify_init();
	if (!a->options.daemon || a->options.dry_run)
		return GO_ON;
	err = daemon_start();
	if (!err)
		return GO_ON;
	app_error("Could not go to the background: %s", strerror(-err));
	return FAIL;
}

/* Threads have capabilities of their own. */
static enum step drop_privileges(struct app *a)
{
	if (!a->options.dry_run)
		privileges_drop(a->config);
	return GO_ON;
}

static const char *pidfile(const struct app *a)
{
	return a->options.pidfile ? a->options.pidfile : a->options.daemon ? DAEMON_PIDFILE : NULL;
}

static enum step start_service(struct app *a)
{
	if (a->options.dry_run) {
		log_msg(LOG_LEVEL_DEBUG, "Skipping starting webserver in dry-run");
		if (a->config->grpc_enabled)
			log_msg(LOG_LEVEL_DEBUG, "Skipping starting gRPC server in dry-run");
		return GO_ON;
	}
	open_grpc(a);
	service_make_figures(a);
	return service_start(a) ? GO_ON : FAIL;
}

static enum step write_pidfile(struct app *a)
{
	const char *path = pidfile(a);
	pid_t other;

	if (!path || a->options.dry_run)
		return GO_ON;
	a->pidfile_fd = pidfile_write(path, &other);
	if (a->pidfile_fd >= 0)
		return GO_ON;
	if (a->pidfile_fd == -EBUSY)
		app_error("Could not write the process id to %s: the process %ld has it, and still "
			  "runs",
			path, (long)other);
	else
		app_error(
			"Could not write the process id to %s: %s", path, strerror(-a->pidfile_fd));
	return FAIL_PIDFILE;
}

static enum step process_events(struct app *a)
{
	if (a->options.dry_run) {
		log_msg(LOG_LEVEL_DEBUG, "Skipping event processing in dry-run");
		return DONE;
	}
	signals_install();
	return app_run(a) == 0 ? DONE : FAIL;
}

/* ---- falco profile ---- */

static enum step show_profile_help(struct app *a)
{
	struct buf out = {0};

	if (!a->profile.help)
		return GO_ON;
	profile_usage(&out);
	return print(&out);
}

static enum step profile(struct app *a)
{
	return app_profile(a) ? DONE : FAIL;
}

static void app_done(struct app *a)
{
	rpc_stop(a->grpc);
	service_stop(a->service);
	scap_abandon(a->capture);
	outputs_free(a->outputs);
	pidfile_remove(pidfile(a), a->pidfile_fd);
	app_free_generation(a);
	run_stats_done(&a->stats);
	options_done(&a->options);
	doctor_options_done(&a->doctor);
}

/* ---- falco doctor ---- */

static enum step show_doctor_help(struct app *a)
{
	struct buf out = {0};

	if (!a->doctor.help)
		return GO_ON;
	doctor_usage(&out);
	return print(&out);
}

static enum step doctor(struct app *a)
{
	return app_doctor(a) ? DONE : FAIL;
}

/* Sub-commands read what stands behind their name; falco itself everything. */
static bool parse_profile(int argc, char **argv, struct app *a, char err[512])
{
	return profile_options_parse(argc - 2, argv + 2, &a->options, &a->profile, err);
}

static bool parse_doctor(int argc, char **argv, struct app *a, char err[512])
{
	return doctor_options_parse(argc - 2, argv + 2, &a->options, &a->doctor, err);
}

static bool parse_run(int argc, char **argv, struct app *a, char err[512])
{
	return options_parse(argc, argv, &a->options, err);
}

int main(int argc, char **argv)
{
	static enum step (*const steps[])(struct app *) = {show_help, show_schemas, show_lists,
		load_config, check_options, show_versions, show_plugins, show_fields,
		validate_rules, open_capture, load_rules, show_support, compile_rules,
		go_to_background, drop_privileges, open_outputs, write_pidfile, start_service,
		process_events, NULL};
	static const int statuses[] = {
		[DONE] = EXIT_SUCCESS, [FAIL] = EXIT_FAILURE, [FAIL_PIDFILE] = 255};
	static enum step (*const profile_steps[])(struct app *) = {
		show_profile_help, load_config, load_rules, open_outputs, profile, NULL};
	static enum step (*const doctor_steps[])(struct app *) = {show_doctor_help, doctor, NULL};
	static const struct {
		const char *name;
		bool (*parse)(int argc, char **argv, struct app *a, char err[512]);
		enum step (*const *steps)(struct app *);
	} commands[] = {{"profile", parse_profile, profile_steps},
		{"doctor", parse_doctor, doctor_steps}, {NULL, parse_run, steps}},
	  *command = commands;
	enum step (*const *step)(struct app *);
	struct app a = {.pidfile_fd = -1};
	enum step result = GO_ON;
	char err[512];

	while (command->name && (argc < 2 || strcmp(argv[1], command->name)))
		command++;
	if (!command->parse(argc, argv, &a, err)) {
		app_error("%s", err);
		options_done(&a.options);
		doctor_options_done(&a.doctor);
		return EXIT_FAILURE;
	}
	for (step = command->steps; *step && result == GO_ON; step++)
		result = (*step)(&a);
	app_done(&a);
	return statuses[result];
}
