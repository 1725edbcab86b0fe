/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the application share: one run of falco from options to exit status. */
#ifndef APP_APP_H
#define APP_APP_H
#include "app/config.h"
#include "app/options.h"
#include "app/profile.h"
#include "app/static_fields.h"
#include "app/stats.h"
#include "app/version.h"
#include "capture/source.h"
#include "output/outputs.h"
#include "rules/engine.h"

struct app {
	struct options options;
	struct profile_options profile; /* of falco profile */
	struct config *config;
	struct static_fields static_fields;
	struct rules_loader *loader;
	struct ruleset *rules;
	struct engine *engine;
	struct outputs *outputs;
	struct run_stats stats;
	string_list rules_files; /* that were loaded */
	long duration_seconds;	 /* -M, 0: until the end */
};

/* Prints "Error: ..." on standard error, as the reason of exit status 1. */
void app_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- rules (app/rules.c) ---- */

/* Loads and compiles the configured files, applies selections. False: reported, exit status 1. */
bool app_load_rules(struct app *a);
/* -V: prints the results for the given files. Whether all are valid. */
bool app_validate_rules(struct app *a);
/* -L and -l: prints. False: reported. */
bool app_describe_rules(struct app *a);

/* ---- running (app/run.c) ---- */

/* Reads and matches events until the source ends or a signal asks. Exit status. */
int app_run(struct app *a);
#endif
