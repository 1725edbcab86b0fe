/* SPDX-License-Identifier: Apache-2.0 */
/* Between fields.c, which looks up names, and fields_args.c, which knows their arguments. */
#ifndef FILTER_FIELDS_H
#define FILTER_FIELDS_H
#include "filter/field.h"

struct field_parse {
	struct arena *arena;
	struct str full;    /* as written, argument included, for messages */
	struct str rest;    /* of the name behind that of the row */
	struct str arg;	    /* what stood in [], STR_NONE: nothing */
	struct field field; /* the row set, the argument to be filled in */
	char *err;	    /* FIELD_ERR_MAX bytes */
};

/*
 * Whether rest and arg together are an argument that the row takes. If not, err says why, or stays
 * empty when this is simply not a field's name.
 */
bool field_parse_arg(struct field_parse *p);

/*
 * The expression that container.mount[KEY] searches paths for, NULL when it is none: then nothing
 * matches. Lives as long as the process. (fields_container.c)
 */
struct regex;
const struct regex *container_mount_pattern(struct str key);
#endif
