/* SPDX-License-Identifier: Apache-2.0 */
/* The outputs that a configuration can ask for. */
#ifndef OUTPUT_KINDS_H
#define OUTPUT_KINDS_H
#include "output/sink.h"

#define OUTPUT_KINDS 5

extern const struct output_kind {
	const char *name; /* of its sink */
	size_t enabled;	  /* where in struct outputs_config it says so */
	/* NULL with a message in err. */
	struct sink *(*make)(const struct outputs_config *c, char err[512]);
	/* Whether a sink made for one will do for the other. */
	bool (*same)(const struct outputs_config *a, const struct outputs_config *b);
	/* Where it writes to; two of a kind must not write to one place at the same time. */
	const char *(*place)(const struct outputs_config *c);
} output_kinds[OUTPUT_KINDS];

static inline bool output_kind_enabled(const struct output_kind *k, const struct outputs_config *c)
{
	return *(const bool *)((const char *)c + k->enabled);
}

#define NO_OUTPUT                                                                                  \
	"No output configured, please make sure at least one output is configured and enabled."
#endif
