/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of falco profile.  Options that a run has too are stored where it has them, so
 * that configuration and rules are loaded alike.
 */
#include <stdio.h>

#include "app/profile.h"

#define MOST_ROWS 20

enum { OWN_JSON, OWN_MOST, OWN_HELP, OWN_CONFIG_FILE, OF_FALCO };

static const struct profile_option {
	char short_name;
	const char *long_name, *arg; /* arg NULL: a flag */
	const char *help;
	int own;
	size_t offset; /* OF_FALCO: of an option_list in struct options */
} options[] = {
/* clang-format off */
#define OWN(what) OWN_##what, 0
#define FALCO(member) OF_FALCO, offsetof(struct options, member)
#define OPTION_OF_profile(...) {__VA_ARGS__},
#define OPTION_OF_doctor(...)
#define COMMAND_OPTION(name, target, s, l, a, text) OPTION_OF_##name(s, l, a, text, target)
#include "tables/commands.def"
	/* clang-format on */
};

/* Configuration of a profile, whatever files and options say. */
static const char *const forced_keys[] = {"stdout_output.enabled=false",
	"syslog_output.enabled=false", "program_output.enabled=false", "http_output.enabled=false",
	"file_output.enabled=true", "file_output.keep_alive=true",
	"file_output.filename=/dev/null"};

struct scan {
	struct options *falco;
	struct profile_options *own;
	char **argv;
	int argc, at;
	char *err; /* 512 bytes */
};

static bool store(struct scan *s, const struct profile_option *o, const char *value)
{
	uint64_t n;

	switch (o->own) {
	case OWN_JSON:
		s->own->json = true;
		return true;
	case OWN_HELP:
		s->own->help = true;
		return true;
	case OWN_CONFIG_FILE:
		s->falco->config_file = value;
		return true;
	case OWN_MOST:
		if (str_to_u64(str_c(value), &n) && n) {
			s->own->most = n;
			return true;
		}
		snprintf(s->err, 512, "--most: '%.200s' is no number of rows", value);
		return false;
	default:
		vec_push((option_list *)((char *)s->falco + o->offset), value);
		return true;
	}
}

static bool unknown(struct scan *s, struct str name)
{
	const char *names[ARRAY_SIZE(options)], *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].long_name)
			names[n++] = options[i].long_name;
	near = str_starts(name, STR("--")) ? str_nearest(str_from(name, 2), names, n) : NULL;
	snprintf(s->err, 512, "Option '%.*s' of profile does not exist.%s%s%s",
		(int)MIN(name.n, 200), name.p, near ? " Did you mean '--" : " Try profile --help.",
		near ? near : "", near ? "'?" : "");
	return false;
}

/* One argument: the name of an option, with its value glued on or behind it. */
static bool parse_option(struct scan *s)
{
	const char *arg = s->argv[s->at], *equals = strchr(arg, '=');
	bool is_long = arg[1] == '-';
	struct str name = is_long && equals ? str_n(arg, (size_t)(equals - arg))
			  : is_long	    ? str_c(arg)
					    : str_n(arg, 2);
	const char *glued = is_long ? equals ? equals + 1 : NULL : arg[2] ? arg + 2 : NULL;
	const struct profile_option *o = options, *end = options + ARRAY_SIZE(options);

	for (; o != end; o++)
		if (is_long ? o->long_name && str_is(str_from(name, 2), o->long_name)
			    : o->short_name == name.p[1])
			break;
	if (o == end || (glued && !o->arg))
		return unknown(s, o == end ? name : str_c(arg));
	if (glued || !o->arg)
		return store(s, o, glued);
	if (s->at + 1 < s->argc)
		return store(s, o, s->argv[++s->at]);
	snprintf(s->err, 512, "Option '%.*s' is missing an argument: %s", STR_ARG(name), o->arg);
	return false;
}

bool profile_options_parse(
	int argc, char **argv, struct options *ret, struct profile_options *ret_own, char err[512])
{
	struct scan s = {ret, ret_own, argv, argc, 0, err};
	bool ended = false;

	*ret = (struct options){.argc = argc, .argv = argv};
	*ret_own = (struct profile_options){.most = MOST_ROWS};
	vec_push(&ret->overrides, "log_level=warning");
	vec_push(&ret->overrides, "log_syslog=false");
	for (; s.at < argc; s.at++) {
		const char *arg = argv[s.at];

		if (ended || arg[0] != '-' || !arg[1])
			vec_push(&ret->operands, arg);
		else if (strcmp(arg, "--") == 0)
			ended = true;
		else if (!parse_option(&s))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(forced_keys); i++)
		vec_push(&ret->overrides, forced_keys[i]);
	if (ret->operands.n == 1)
		ret_own->capture = ret->operands.v[0];
	if (ret->operands.n == 1 || ret_own->help)
		return true;
	snprintf(err, 512,
		ret->operands.n ? "profile takes one capture, not several: '%.200s'"
				: "profile needs a capture: falco profile -r RULES CAPTURE",
		ret->operands.n ? ret->operands.v[1] : "");
	return false;
}

void profile_usage(struct buf *out)
{
#define COMMAND(name, operands, also, text)                                                        \
	if (!strcmp(#name, "profile"))                                                             \
		buf_printf(out, "%s\nUsage:\n  falco " #name " [OPTION...] %s\n\n", text, operands);
#include "tables/commands.def"
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct profile_option *o = &options[i];
		struct buf name = {0};

		if (o->short_name)
			buf_printf(&name, "-%c", o->short_name);
		if (o->long_name)
			buf_printf(&name, "%s--%s", o->short_name ? ", " : "", o->long_name);
		if (o->arg)
			buf_printf(&name, " %s", o->arg);
		buf_printf(out, "  %-28s%s\n", buf_cstr(&name), o->help);
		buf_done(&name);
	}
}
