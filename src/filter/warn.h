/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that are probably not meant as such. */
#ifndef FILTER_WARN_H
#define FILTER_WARN_H
#include "filter/atom.h"

/* Warns about one constant of a check. */
void warn_constant(
	enum op op, struct str text, struct ast_pos pos, atom_warn_fn warn, void *warn_arg);
#endif
