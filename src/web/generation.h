/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays the same from one load of configuration and rules to the next, as far as figures have
 * to do with it: names of rules, checksums of files, switches.  Every snapshot holds a reference to
 * the generation that it was taken in, so figures and names always belong together, whatever is
 * reloaded meanwhile.
 */
#ifndef WEB_GENERATION_H
#define WEB_GENERATION_H
#include <stdatomic.h>

#include "rules/ruleset.h"
#include "web/samples.h"

struct generation_rule {
	uint32_t index; /* rule->index */
	enum priority priority;
	const char *name, *source;
	const char *key;    /* as fields have it */
	const char *labels; /* as Prometheus has them */
};

struct generation_file {
	const char *name; /* without folders */
	char sha256[65];
};

struct generation {
	_Atomic unsigned refs;
	struct arena arena;
	unsigned groups; /* enum metric_group that are on */
	struct field_options fields;
	uint64_t loaded_ts; /* ns since the epoch */
	struct generation_rule *rules;
	size_t nrules;
	size_t max_index; /* highest rule->index + 1 */
	VEC(struct generation_file) rules_files, config_files;
};

/* With one reference, the caller's; strings are copied. Files are added before it is shared. */
struct generation *generation_new(
	const struct ruleset *r, unsigned groups, struct field_options o, uint64_t loaded_ts);
/* Adds a file that can be read, with its checksum. rules: to rules_files. */
void generation_add_file(struct generation *g, bool rules, const char *path);
struct generation *generation_ref(struct generation *g);
void generation_unref(struct generation *g); /* NULL is fine */
#endif
