/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: rows of tables/options.def, today's options and those of Falco 0.30.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H
#include "base/buf.h"
#include "base/vec.h"

typedef VEC(const char *) option_list;

/* Texts are those of argv, and live as long. */
struct options {
#define OPTION_FLAG(member, short_name, long_name, help) bool member;
#define OPTION_VALUE(member, short_name, long_name, arg, help) const char *member;
#define OPTION_LIST(member, short_name, long_name, arg, help) option_list member;
#define OPTION_OPTIONAL(member, short_name, long_name, arg, help) /* --name or --name=value */     \
	bool member;                                                                               \
	const char *member##_value; /* "" without one, NULL when not given */
#include "tables/options.def"
	option_list operands; /* arguments that belong to no option */
	char **argv;	      /* as given, for --support */
	int argc;
};

/*
 * False with a message (and the nearest known option) in err when the line is wrong. Options may
 * stand behind operands; -- ends them. options_done() frees what ret holds, either way.
 */
bool options_parse(int argc, char **argv, struct options *ret, char err[512]);
void options_done(struct options *o);
/* --help. */
void options_usage(struct buf *out);
#endif
