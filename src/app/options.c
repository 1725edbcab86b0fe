/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line, by the rows of tables/options.def.
 *
 * Short options can be grouped, and their value can be glued on or follow; long ones take =value
 * or the next argument; a value that is optional only comes with "=".  -- ends the options.
 */
#include "app/options.h"

#include <stdio.h>
#include <strings.h>

enum option_kind { OPT_FLAG, OPT_VALUE, OPT_LIST, OPT_OPTIONAL, OPT_SAME, OPT_SECTION };

struct option_row {
	enum option_kind kind;
	char short_name;       /* 0: none */
	const char *long_name; /* NULL: none; of a section: its title */
	const char *arg, *help;
	size_t offset,
		value_offset; /* of the member, and of an optional value, in struct options */
	const char *same;     /* the long name that it stands for */
};

/* clang-format off */
#define MEMBER(name) .offset = offsetof(struct options, name)
#define OPTION_FLAG(member, s, l, text) {OPT_FLAG, s, l, .help = text, MEMBER(member)},
#define OPTION_VALUE(member, s, l, a, text) {OPT_VALUE, s, l, a, text, MEMBER(member)},
#define OPTION_LIST(member, s, l, a, text) {OPT_LIST, s, l, a, text, MEMBER(member)},
#define OPTION_OPTIONAL(member, s, l, a, text) \
	{OPT_OPTIONAL, s, l, a, text, MEMBER(member), \
		.value_offset = offsetof(struct options, member##_value)},
#define OPTION_SAME(l, name) {.kind = OPT_SAME, .long_name = l, .same = name},
#define OPTION_SECTION(title) {.kind = OPT_SECTION, .long_name = title},
/* clang-format on */

static const struct option_row rows[] = {
#include "tables/options.def"
};

static const struct option_row *find_long(struct str name)
{
	const struct option_row *r;

	for (r = rows; r < rows + ARRAY_SIZE(rows); r++) {
		if (r->kind == OPT_SECTION || !r->long_name || !str_is(name, r->long_name))
			continue;
		return r->kind == OPT_SAME ? find_long(str_c(r->same)) : r;
	}
	return NULL;
}

static const struct option_row *find_short(char c)
{
	const struct option_row *r;

	for (r = rows; r < rows + ARRAY_SIZE(rows); r++)
		if (r->short_name && r->short_name == c)
			return r;
	return NULL;
}

/* ---- parsing ---- */

struct scan {
	struct options *o;
	char **argv;
	int argc, at; /* at: the argument being read */
	char *err;    /* 512 bytes */
};

static bool unknown_long(struct scan *s, struct str name)
{
	const char *names[ARRAY_SIZE(rows)], *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind != OPT_SECTION && rows[i].long_name)
			names[n++] = rows[i].long_name;
	near = str_nearest(name, names, n);
	snprintf(s->err, 512, "Option '--%.*s' does not exist.%s%s%s", (int)MIN(name.n, 200),
		name.p, near ? " Did you mean '--" : " Try --help.", near ? near : "",
		near ? "'?" : "");
	return false;
}

static bool store(struct scan *s, const struct option_row *r, const char *value)
{
	char *member = (char *)s->o + r->offset;

	if (r->kind == OPT_LIST) {
		vec_push((option_list *)member, value);
	} else if (r->kind == OPT_VALUE) {
		*(const char **)member = value;
	} else {
		*(bool *)member = true;
		if (r->kind == OPT_OPTIONAL)
			*(const char **)((char *)s->o + r->value_offset) = value;
	}
	return true;
}

/* Stores the argument that follows; name is how the option was written. */
static bool store_next(struct scan *s, const struct option_row *r, const char *name)
{
	if (s->at + 1 < s->argc)
		return store(s, r, s->argv[++s->at]);
	snprintf(s->err, 512, "Option '%.200s' is missing an argument: %s", name, r->arg);
	return false;
}

static bool takes_value(const struct option_row *r)
{
	return r->kind == OPT_VALUE || r->kind == OPT_LIST;
}

/* --flag=true and --flag=false. */
static bool store_truth(struct scan *s, const struct option_row *r, const char *value)
{
	bool yes = !strcasecmp(value, "true") || !strcmp(value, "1");

	if (!yes && strcasecmp(value, "false") && strcmp(value, "0")) {
		snprintf(s->err, 512, "Option '--%s' takes no value", r->long_name);
		return false;
	}
	*(bool *)((char *)s->o + r->offset) = yes;
	return true;
}

static bool parse_long(struct scan *s)
{
	const char *arg = s->argv[s->at], *equals = strchr(arg, '=');
	struct str name = str_n(arg + 2, equals ? (size_t)(equals - arg - 2) : strlen(arg + 2));
	const struct option_row *r = find_long(name);

	if (!r)
		return unknown_long(s, name);
	if (equals && r->kind == OPT_FLAG)
		return store_truth(s, r, equals + 1);
	if (equals || !takes_value(r))
		return store(s, r, equals ? equals + 1 : "");
	return store_next(s, r, arg);
}

static bool parse_short(struct scan *s)
{
	const char *p;

	for (p = s->argv[s->at] + 1; *p; p++) {
		const struct option_row *r = find_short(*p);
		const char name[] = {'-', *p, 0};

		if (!r) {
			snprintf(s->err, 512, "Option '%s' in '%.200s' does not exist. Try --help.",
				name, s->argv[s->at]);
			return false;
		}
		if (!takes_value(r))
			store(s, r, "");
		else if (p[1])
			return store(s, r, p + 1);
		else
			return store_next(s, r, name);
	}
	return true;
}

bool options_parse(int argc, char **argv, struct options *ret, char err[512])
{
	struct scan s = {.o = ret, .argv = argv, .argc = argc, .err = err};
	bool ok = true, ended = false;

	memset(ret, 0, sizeof(*ret));
	ret->argc = argc;
	ret->argv = argv;
	for (s.at = 1; s.at < argc && ok; s.at++) {
		const char *arg = argv[s.at];

		if (ended || arg[0] != '-' || !arg[1])
			vec_push(&ret->operands, arg);
		else if (arg[1] != '-')
			ok = parse_short(&s);
		else if (arg[2])
			ok = parse_long(&s);
		else
			ended = true;
	}
	return ok;
}

void options_done(struct options *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == OPT_LIST)
			vec_done((option_list *)((char *)o + rows[i].offset));
	vec_done(&o->operands);
}

/* ---- --help ---- */

#define HELP_COLUMN 34
#define HELP_WIDTH 100

static void put_names(struct buf *out, const struct option_row *r)
{
	size_t start = out->n;

	buf_puts(out, "  ");
	if (r->short_name)
		buf_printf(out, "-%c", r->short_name);
	else
		buf_puts(out, "  ");
	if (r->long_name)
		buf_printf(out, "%s--%s", r->short_name ? ", " : "  ", r->long_name);
	if (r->arg)
		buf_printf(out, r->kind == OPT_OPTIONAL ? "[=%s]" : " %s", r->arg);
	if (out->n - start >= HELP_COLUMN - 1)
		buf_char(out, '\n');
	else
		buf_pad(out, ' ', HELP_COLUMN - (out->n - start));
}

static void put_help(struct buf *out, const struct option_row *r)
{
	struct str rest = str_c(r->help), word;
	size_t column = HELP_COLUMN;
	bool first = true;

	put_names(out, r);
	if (out->p[out->n - 1] == '\n')
		buf_pad(out, ' ', HELP_COLUMN);
	while (str_split(&rest, ' ', &word)) {
		if (!first && column + 1 + word.n > HELP_WIDTH) {
			buf_char(out, '\n');
			buf_pad(out, ' ', HELP_COLUMN);
			column = HELP_COLUMN;
		} else if (!first) {
			buf_char(out, ' ');
			column++;
		}
		buf_str(out, word);
		column += word.n;
		first = false;
	}
	buf_char(out, '\n');
}

void options_usage(struct buf *out)
{
	buf_puts(out, "Falco - Cloud Native Runtime Security\nUsage:\n  falco [OPTION...]\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == OPT_SECTION)
			buf_printf(out, "\n %s:\n", rows[i].long_name);
		else if (rows[i].kind != OPT_SAME)
			put_help(out, &rows[i]);
}
