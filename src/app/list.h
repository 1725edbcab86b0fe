/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program says about itself and what it knows: fields, events, versions, plugins, and all
 * of it together for a bug report.  Everything is written into a buffer.
 */
#ifndef APP_LIST_H
#define APP_LIST_H
#include "app/config.h"
#include "app/options.h"
#include "app/version.h"

enum list_format { LIST_TEXT, LIST_MARKDOWN, LIST_JSON };

/* --format and --markdown; false: no such format, or both. */
bool list_format_of(const struct options *o, enum list_format *ret);

/*
 * --list: fields that have to do with an event source ("" or NULL: all), with types if verbose.
 * False: there is no such source.
 */
bool list_fields(struct buf *out, const char *source, bool names_only, bool verbose,
	enum list_format format);
/* --list-events: event types, by category. */
void list_events(struct buf *out, enum list_format format);
/* -i: system calls that rules are not evaluated on unless asked for. */
void list_ignored(struct buf *out);
/* Whether an event type is only evaluated with base_syscalls.all. */
bool event_type_ignored(uint16_t type);

/* What web clients get at /versions: one object, no newline. */
void list_versions_json(struct buf *out, const struct config *c);
/* --version, as text, or as JSON if the configuration says so. */
void list_versions(struct buf *out, const struct config *c);
/* --list-plugins and --plugin-info; false: no plugin of that name is configured. */
void list_plugins(struct buf *out, const struct config *c);
bool list_plugin_info(struct buf *out, const struct config *c, const char *name);
/* --support: versions, system, configuration and rules files as one line of JSON. */
void list_support(struct buf *out, const struct options *o, const struct config *c,
	const char *const *rules_files, size_t nrules_files);
#endif
