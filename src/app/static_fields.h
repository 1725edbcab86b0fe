/* SPDX-License-Identifier: Apache-2.0 */
/*
 * static_fields of the configuration: constants that rules can use as fields static.NAME, and that
 * suggest themselves for outputs.
 */
#ifndef APP_STATIC_FIELDS_H
#define APP_STATIC_FIELDS_H
#include "app/config.h"
#include "filter/field.h"

struct static_fields {
	struct field_info *rows;
	struct suggested_field *suggested;
	size_t n;
	bool hidden;
};

/* Makes the fields of c known, until static_fields_done(); they borrow its texts. */
void static_fields_init(struct static_fields *s, const struct config *c);
void static_fields_done(struct static_fields *s);
/*
 * While the next configuration is compiled its fields are known, not those of the one in use:
 * those are hidden, and shown again if it was in vain.
 */
void static_fields_hide(struct static_fields *s);
void static_fields_show(struct static_fields *s);
#endif
