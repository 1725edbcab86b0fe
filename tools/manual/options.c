/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of options.def and commands.def, as one list. */
#include "tools/manual/manual.h"

#include "base/vec.h"

/* clang-format off */
#define OPTION_FLAG(member, s, l, text) {.short_name = s, .long_name = l, .help = text},
#define OPTION_VALUE(member, s, l, a, text) {.short_name = s, .long_name = l, .arg = a, .help = text},
#define OPTION_LIST(member, s, l, a, text) \
	{.short_name = s, .long_name = l, .arg = a, .repeated = true, .help = text},
#define OPTION_OPTIONAL(member, s, l, a, text) \
	{.short_name = s, .long_name = l, .arg = a, .optional = true, .help = text},
#define OPTION_SECTION(title) {.section = title},
#define COMMAND_OPTION(name, target, s, l, a, text) \
	{.short_name = s, .long_name = l, .arg = a, .help = text, .command = #name},
const struct manual_option manual_options[] = {
#include "tables/options.def"
#include "tables/commands.def"
};
const size_t manual_noptions = ARRAY_SIZE(manual_options);

#define COMMAND(name, operands, also, text) {#name, operands, also, text},
const struct manual_command manual_commands[] = {
#include "tables/commands.def"
};
/* clang-format on */
const size_t manual_ncommands = ARRAY_SIZE(manual_commands);

/* What can stand for an <arg>. */
static const struct {
	const char *arg, *values;
} values[] = {
	{"<format>", "text markdown json"},
	{"<event_source>", "syscall"},
	{"<source>", "syscall"},
	{"<output_format>", "container kubernetes"},
	{"<area>", "configuration rules events machine containers outputs servers space"},
	{"<path>", "@file"},
	{"<rules_file>", "@file"},
	{"<pid_file>", "@file"},
	{"<events_file>", "@file"},
	{"<capture_file>", "@file"},
	{"<stats_file>", "@file"},
	{"<key>=<value>", "@key"},
};

const char *manual_values(const struct manual_option *o)
{
	for (size_t i = 0; o->arg && i < ARRAY_SIZE(values); i++)
		if (!strcmp(values[i].arg, o->arg))
			return values[i].values;
	return "";
}

bool manual_ignored(const struct manual_option *o)
{
	return str_starts(str_c(o->help), STR("Accepted and ignored"));
}
