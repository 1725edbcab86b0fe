/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of events by name, whatever the event type. */
#ifndef FILTER_PARAM_NAMES_H
#define FILTER_PARAM_NAMES_H
#include "tables/tables.h"

struct param_name {
	const struct param_info *first; /* of the first event type that has one of this name */
	int8_t index[EV_MAX];		/* by event type, -1 where there is none */
};

/* NULL: no parameter is called so. Lives as long as the process. */
const struct param_name *param_name_find(struct str name);
/* Whether text starts with the name of a parameter. */
bool param_name_starts(struct str text);
#endif
