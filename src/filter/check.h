/* SPDX-License-Identifier: Apache-2.0 */
/* Which operators go with which types. */
#ifndef FILTER_CHECK_H
#define FILTER_CHECK_H
#include "filter/ast.h"

/* Types that are compared alike. */
enum family {
	FAMILY_NONE, /* not comparable */
	FAMILY_SIGNED,
	FAMILY_UNSIGNED,
	FAMILY_DOUBLE,
	FAMILY_BOOL,
	FAMILY_TEXT,
	FAMILY_BYTES,
	FAMILY_IP,
	FAMILY_NET,
	FAMILY_MAX
};

enum family type_family(uint8_t type);
/* "CHARBUF", "UINT64"... as messages and listings show them. */
const char *type_name(uint8_t type);
/* "==" is shown as "=". */
const char *op_shown(enum op op);
/* Whether values of this type (list: lists of them) can be compared so; if not, err says why. */
bool op_allowed(enum op op, enum modifier mod, uint8_t type, bool list, char *err, size_t err_size);
#endif
