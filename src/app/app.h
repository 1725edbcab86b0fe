/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the application share: one run of falco from options to exit status. */
#ifndef APP_APP_H
#define APP_APP_H
#include "app/config.h"
#include "app/doctor.h"
#include "app/log.h"
#include "app/options.h"
#include "app/profile.h"
#include "app/static_fields.h"
#include "app/stats.h"
#include "app/version.h"
#include "capture/source.h"
#include "output/outputs.h"
#include "rules/engine.h"
#include "web/board.h"

struct rpc;
struct scap;
struct service;

struct app {
	struct options options;
	struct profile_options profile; /* of falco profile */
	struct doctor_options doctor;	/* of falco doctor */
	/* A generation: what a reload replaces, all of it at once. */
	struct config *config;
	struct static_fields static_fields;
	struct rules_loader *loader;
	struct ruleset *rules;
	struct engine *engine;
	struct generation *figures; /* names for figures; NULL: nobody asks for any */
	string_list rules_files;    /* that were loaded */
	string_list rules_folders;  /* that some of them were found in */
	bool beside; /* it is being made beside the one that is in use: to touch nothing of that */
	/* What outlives it. */
	struct scap *capture; /* that is to be replayed, when it is open already, else NULL */
	struct outputs *outputs;
	struct run_stats stats;
	long duration_seconds; /* -M, 0: until the end */
	int pidfile_fd;	       /* -1: there is none */
	struct service *service;
	struct rpc *grpc;    /* NULL: none runs */
	struct board *board; /* of the service, NULL: none runs */
};

/* ---- configuration (app/load.c) ---- */

/* Loads the configuration and, unless a is made beside another, applies it. False: reported. */
bool app_load_config(struct app *a);
/* Only reads it into a->config, NULL: unusable; what is to be said goes to diags. */
const struct config *app_read_config(struct app *a, struct diags *diags);
/* What of the configuration holds for the whole process: the log, how values are rendered. */
void app_apply_settings(const struct config *c);

/* ---- rules (app/rules.c) ---- */

/* Loads and compiles the configured files, applies selections. False: reported, exit status 1. */
bool app_load_rules(struct app *a);
/* Then what matches; what only loading needed is freed. */
void app_compile_rules(struct app *a);
/* -V: prints the results for the given files. Whether all are valid. */
bool app_validate_rules(struct app *a);
/* -L and -l: prints. False: reported. */
bool app_describe_rules(struct app *a);

/* Makes a->outputs as the configuration wants it (app/open_outputs.c). False: reported. */
bool app_open_outputs(struct app *a);
/* What leads from the outputs of one configuration to those of another. NULL: reported. */
struct outputs_change *app_prepare_outputs(const struct config *from, const struct config *to);
/* The keys http_output.*; texts are the configuration's. */
void app_http_config(struct http_config *ret, const struct config *c);
/* Frees what a reload replaces. */
void app_free_generation(struct app *a);

/* ---- running (app/run.c) ---- */

/* Reads and matches events until the source ends or a signal asks. Exit status. */
int app_run(struct app *a);
#endif
