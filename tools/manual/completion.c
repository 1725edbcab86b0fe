/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What completion scripts need to know: options, their values, configuration keys and theirs.
 * Options that are accepted only so that nobody's files break are not offered.
 */
#include "app/config_internal.h"
#include "tools/manual/manual.h"

/* Of falco itself for NULL; one that a command has too is offered as its own. */
static bool offered(const struct manual_option *o, const struct manual_command *c)
{
	if (o->section || manual_ignored(o))
		return false;
	if (!c)
		return !o->command;
	if (!o->command)
		return c->also && !(o->long_name && !strcmp(o->long_name, "help"));
	return !strcmp(o->command, c->name);
}

/* Falco itself is the command with the number manual_ncommands. */
static const struct manual_command *command(size_t i)
{
	return i < manual_ncommands ? &manual_commands[i] : NULL;
}

static const char *command_pattern(size_t i)
{
	return i < manual_ncommands ? manual_commands[i].name : "''";
}

/* The first sentence, without the full stop. */
static struct str brief(const char *help)
{
	ptrdiff_t end = str_find(str_c(help), STR(". "));
	struct str s = end < 0 ? str_c(help) : str_n(help, (size_t)end);

	return str_ends(s, STR(".")) ? str_head(s, s.n - 1) : s;
}

static bool has_value(const struct config_row *r)
{
	return r->type != ROW_GROUP && r->type != ROW_SECTION && r->type != ROW_ALIAS;
}

static const char *bool_values = "true false";

/* Values of a key, separated by blanks; nothing when there are too many. */
static void put_key_values(struct buf *out, const struct config_row *r)
{
	if (r->type == ROW_BOOL)
		buf_puts(out, bool_values);
	for (const struct config_choice *c = r->choices; r->type == ROW_ENUM && c->name; c++)
		if (!c->hidden)
			buf_printf(out, "%s%s", c == r->choices ? "" : " ", c->name);
}

/* ---- bash ---- */

static void put_bash_option(struct buf *out, const struct manual_option *o)
{
	if (o->short_name)
		buf_printf(out, " -%c", o->short_name);
	if (o->long_name)
		buf_printf(out, " --%s", o->long_name);
}

static void bash_options(struct buf *out)
{
	for (size_t c = 0; c <= manual_ncommands; c++) {
		buf_printf(out, "\t%s) echo \"", command_pattern(c));
		for (size_t i = 0; i < manual_noptions; i++)
			if (offered(&manual_options[i], command(c)))
				put_bash_option(out, &manual_options[i]);
		buf_puts(out, "\" ;;\n");
	}
}

/* A value that only comes with "=" belongs to the name with it. */
static void put_bash_name(struct buf *out, const struct manual_option *o)
{
	if (o->short_name && !o->optional)
		buf_printf(out, "-%c%s", o->short_name, o->long_name ? "|" : "");
	if (o->long_name)
		buf_printf(out, "--%s%s", o->long_name, o->optional ? "=" : "");
}

/* Options of commands mean what falco's own of that name mean, or have no values to offer. */
static void bash_values(struct buf *out)
{
	for (size_t i = 0; i < manual_noptions; i++) {
		const struct manual_option *o = &manual_options[i];

		if (o->section || !o->arg || (o->command && o->short_name))
			continue;
		buf_char(out, '\t');
		put_bash_name(out, o);
		buf_printf(
			out, ") echo \"%s\" ;;\n", *manual_values(o) ? manual_values(o) : "@any");
	}
}

static void bash_commands(struct buf *out)
{
	buf_puts(out, "\techo \"");
	for (size_t i = 0; i < manual_ncommands; i++)
		buf_printf(out, "%s%s", i ? " " : "", manual_commands[i].name);
	buf_puts(out, "\"\n");
}

static void bash_keys(struct buf *out)
{
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++)
		if (has_value(r))
			buf_printf(out, "%s=\n", r->key);
}

static void bash_key_values(struct buf *out)
{
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++)
		if (r->type == ROW_BOOL || r->type == ROW_ENUM) {
			buf_printf(out, "\t%s) echo \"", r->key);
			put_key_values(out, r);
			buf_puts(out, "\" ;;\n");
		}
}

/* ---- zsh ---- */

/* Inside '...[...]' of a specification of _arguments. */
static void put_zsh(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'') {
			buf_puts(out, "'\\''");
			continue;
		}
		if (strchr("[]:\\", text.p[i]))
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
}

static void put_zsh_action(struct buf *out, const struct manual_option *o)
{
	const char *values = manual_values(o);

	buf_puts(out, ":");
	put_zsh(out, str_c(o->arg));
	buf_puts(out, ":");
	if (!strcmp(values, "@file"))
		buf_puts(out, "_files");
	else if (!strcmp(values, "@key"))
		buf_puts(out, "_falco_keys");
	else if (*values)
		buf_printf(out, "(%s)", values);
}

static void put_zsh_spec(
	struct buf *out, const struct manual_option *o, const char *dashes, const char *name)
{
	buf_printf(out, "\t\t'%s%s%s%s[", o->repeated ? "*" : "", dashes, name,
		!o->arg		       ? ""
		: o->optional	       ? "=-"
		: *dashes && dashes[1] ? "="
				       : "+");
	put_zsh(out, brief(o->help));
	buf_char(out, ']');
	if (o->arg && o->optional)
		buf_char(out, ':');
	if (o->arg)
		put_zsh_action(out, o);
	buf_puts(out, "'\n");
}

static void zsh_options(struct buf *out)
{
	for (size_t c = 0; c <= manual_ncommands; c++) {
		buf_printf(out, "\t%s) specs=(\n", command_pattern(c));
		for (size_t i = 0; i < manual_noptions; i++) {
			const struct manual_option *o = &manual_options[i];
			const char name[] = {o->short_name, 0};

			if (!offered(o, command(c)))
				continue;
			if (o->short_name)
				put_zsh_spec(out, o, "-", name);
			if (o->long_name)
				put_zsh_spec(out, o, "--", o->long_name);
		}
		buf_puts(out, "\t) ;;\n");
	}
}

static void zsh_commands(struct buf *out)
{
	for (size_t i = 0; i < manual_ncommands; i++) {
		buf_printf(out, "\t\t'%s:", manual_commands[i].name);
		put_zsh(out, brief(manual_commands[i].help));
		buf_puts(out, "'\n");
	}
}

static void zsh_keys(struct buf *out)
{
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++)
		if (has_value(r)) {
			buf_printf(out, "\t\t'%s:", r->key);
			put_zsh(out, brief(r->help));
			buf_puts(out, "'\n");
		}
}

/* ---- fish ---- */

static void put_fish(struct buf *out, struct str text)
{
	buf_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (strchr("'\\", text.p[i]))
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '\'');
}

static void put_fish_option(
	struct buf *out, const struct manual_option *o, const struct manual_command *c)
{
	const char *values = o->arg ? manual_values(o) : "";

	buf_puts(out, "complete -c falco -n ");
	if (c)
		buf_printf(out, "'__fish_seen_subcommand_from %s'", c->name);
	else
		buf_puts(out, "'not __fish_seen_subcommand_from (__falco_commands)'");
	if (o->short_name)
		buf_printf(out, " -s %c", o->short_name);
	if (o->long_name)
		buf_printf(out, " -l %s", o->long_name);
	if (!strcmp(values, "@file"))
		buf_puts(out, " -r -F");
	else if (!strcmp(values, "@key"))
		buf_puts(out, " -x -a '(__falco_keys)'");
	else if (*values)
		buf_printf(out, "%s -a '%s'", o->optional ? "" : " -x", values);
	else if (o->arg && !o->optional)
		buf_puts(out, " -x");
	buf_puts(out, " -d ");
	put_fish(out, brief(o->help));
	buf_char(out, '\n');
}

static void fish_options(struct buf *out)
{
	for (size_t c = 0; c <= manual_ncommands; c++)
		for (size_t i = 0; i < manual_noptions; i++)
			if (offered(&manual_options[i], command(c)))
				put_fish_option(out, &manual_options[i], command(c));
}

static void fish_commands(struct buf *out)
{
	for (size_t i = 0; i < manual_ncommands; i++) {
		buf_printf(out,
			"complete -c falco -n 'not __fish_seen_subcommand_from (__falco_commands)' "
			"-a %s -d ",
			manual_commands[i].name);
		put_fish(out, brief(manual_commands[i].help));
		buf_char(out, '\n');
	}
}

/* Keys with their values where these are few. */
static void fish_keys(struct buf *out)
{
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++) {
		struct buf values = {0};
		struct str rest, value;

		if (!has_value(r))
			continue;
		put_key_values(&values, r);
		rest = buf_view(&values);
		do {
			value = STR("");
			str_split(&rest, ' ', &value);
			buf_printf(out, "\t\t%s=%.*s\\t", r->key, STR_ARG(value));
			put_fish(out, brief(r->help));
			buf_puts(out, " \\\n");
		} while (rest.n);
		buf_done(&values);
	}
	buf_puts(out, "\t\t''\n");
}

manual_fn manual_completion(struct str name)
{
	static const struct {
		const char *name;
		manual_fn fn;
	} parts[] = {{"bash_options", bash_options}, {"bash_values", bash_values},
		{"commands_words", bash_commands}, {"bash_keys", bash_keys},
		{"key_values", bash_key_values}, {"zsh_options", zsh_options},
		{"zsh_commands", zsh_commands}, {"zsh_keys", zsh_keys},
		{"fish_options", fish_options}, {"fish_commands", fish_commands},
		{"fish_keys", fish_keys}};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (str_is(name, parts[i].name))
			return parts[i].fn;
	return NULL;
}
