/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manual pages and completion for shells: a template, in which a line @NAME@ stands for what a
 * function makes of the rows of src/tables.
 */
#ifndef MANUAL_MANUAL_H
#define MANUAL_MANUAL_H
#include "base/buf.h"

/* How an option is written, and what it is for. */
struct manual_option {
	char short_name;       /* 0: none */
	const char *long_name; /* NULL: none */
	const char *arg;       /* NULL: it takes none */
	bool optional;	       /* the value only comes with "=" */
	bool repeated;
	const char *help;
	const char *command; /* of a sub-command; NULL: of falco itself */
	const char *section; /* NULL: it begins none; else only this is set */
};
extern const struct manual_option manual_options[];
extern const size_t manual_noptions;

struct manual_command {
	const char *name, *operands;
	bool also; /* it takes falco's own options, too */
	const char *help;
};
extern const struct manual_command manual_commands[];
extern const size_t manual_ncommands;

/* Values of the option, separated by blanks, "" any; for files and the like the kind: "@file". */
const char *manual_values(const struct manual_option *o);
/* Whether the option is only accepted for those who have it in their files. */
bool manual_ignored(const struct manual_option *o);

typedef void (*manual_fn)(struct buf *out);
/* What stands for the name, or NULL. */
manual_fn manual_page_part(struct str name);  /* pages.c: mdoc(7) */
manual_fn manual_table_part(struct str name); /* tables.c: mdoc(7) of fields, metrics, rules */
manual_fn manual_completion(struct str name); /* completion.c */

/* Text as mdoc has it: quotes, backslashes and leading dots are not its own. */
void mdoc_text(struct buf *out, const char *text);
/* The same as an argument of a macro, in quotes. */
void mdoc_arg(struct buf *out, const char *text);
#endif
