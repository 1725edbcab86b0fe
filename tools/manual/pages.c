/* SPDX-License-Identifier: Apache-2.0 */
/* Options, commands and configuration keys for manual pages. */
#include "app/config_internal.h"
#include "tools/manual/manual.h"

/* ---- options ---- */

/* An argument without its angle brackets: mdoc shows what it is by other means. */
static void put_ar(struct buf *out, const char *arg)
{
	struct buf plain = {0};

	for (const char *p = arg; *p; p++)
		if (!strchr("<>", *p))
			buf_char(&plain, *p);
	buf_puts(out, " Ar ");
	mdoc_arg(out, buf_cstr(&plain));
	buf_done(&plain);
}

static void put_option(struct buf *out, const struct manual_option *o)
{
	buf_puts(out, ".It");
	if (o->short_name)
		buf_printf(out, " Fl %c", o->short_name);
	if (o->short_name && o->long_name)
		buf_puts(out, " ,");
	if (o->long_name)
		buf_printf(out, " Fl -%s", o->long_name);
	if (o->arg && o->optional)
		buf_puts(out, " Ns Op = Ns");
	if (o->arg)
		put_ar(out, o->arg);
	buf_char(out, '\n');
	mdoc_text(out, o->help);
}

static void end_list(struct buf *out, bool *open)
{
	if (*open)
		buf_puts(out, ".El\n");
	*open = false;
}

static void begin_list(struct buf *out, bool *open)
{
	if (!*open)
		buf_puts(out, ".Bl -tag -width Ds\n");
	*open = true;
}

static void put_options(struct buf *out)
{
	bool open = false;

	for (size_t i = 0; i < manual_noptions; i++) {
		const struct manual_option *o = &manual_options[i];

		if (o->command)
			continue;
		if (o->section) {
			end_list(out, &open);
			buf_printf(out, ".Ss %s\n", o->section);
			continue;
		}
		begin_list(out, &open);
		put_option(out, o);
	}
	end_list(out, &open);
}

static void put_commands(struct buf *out)
{
	for (size_t c = 0; c < manual_ncommands; c++) {
		const struct manual_command *cmd = &manual_commands[c];
		bool open = false;

		buf_printf(out, ".Ss falco %s", cmd->name);
		buf_printf(out, *cmd->operands ? " %s\n" : "\n", cmd->operands);
		mdoc_text(out, cmd->help);
		if (cmd->also)
			mdoc_text(out,
				"Takes the options of a run, and looks at what that would need.");
		for (size_t i = 0; i < manual_noptions; i++) {
			const struct manual_option *o = &manual_options[i];

			if (!o->command || strcmp(o->command, cmd->name))
				continue;
			begin_list(out, &open);
			put_option(out, o);
		}
		end_list(out, &open);
	}
}

static void put_synopses(struct buf *out)
{
	for (size_t c = 0; c < manual_ncommands; c++) {
		buf_printf(out, ".Nm\n.Cm %s\n.Op Ar option ...\n", manual_commands[c].name);
		if (*manual_commands[c].operands)
			buf_printf(out, ".Ar %s\n", manual_commands[c].operands);
	}
}

/* ---- configuration keys ---- */

static void put_choices(struct buf *b, const struct config_row *r)
{
	const char *name = "";

	buf_puts(b, "One of ");
	for (const struct config_choice *c = r->choices; c->name; c++) {
		if (!c->hidden)
			buf_printf(b, "%s%s", c == r->choices ? "" : ", ", c->name);
		if (!*name && c->value == r->def.e)
			name = c->name;
	}
	buf_printf(b, ". Default: %s.", name);
}

static void put_int(struct buf *b, const struct config_row *r)
{
	buf_printf(b, "A whole number%s%s", *r->unit ? " of " : "", r->unit);
	if (r->int_max < UINT32_MAX)
		buf_printf(b, " from %lld to %lld", (long long)r->int_min, (long long)r->int_max);
	else
		buf_printf(b, ", at least %lld", (long long)r->int_min);
	buf_printf(b, ". Default: %lld.", (long long)r->def.i);
}

/* Type, range and default of a row, as a sentence or two. */
static void put_type(struct buf *b, const struct config_row *r)
{
	switch (r->type) {
	case ROW_BOOL:
		buf_printf(b, "true or false. Default: %s.", r->def.b ? "true" : "false");
		break;
	case ROW_INT:
		put_int(b, r);
		break;
	case ROW_DOUBLE:
		buf_printf(b, "A number from %g to %g. Default: %g.", r->double_min, r->double_max,
			r->def.d);
		break;
	case ROW_STRING:
		buf_puts(b, *r->def.s ? "Text. Default: " : "Text. Default: none.");
		if (*r->def.s)
			buf_printf(b, "%s", r->def.s);
		break;
	case ROW_ENUM:
		put_choices(b, r);
		break;
	case ROW_STRINGS:
		buf_puts(b, "A list of texts, or one.");
		break;
	case ROW_ALIAS:
		buf_printf(b, "Stands for %s when that is not given.", r->target);
		break;
	case ROW_OTHER:
	case ROW_GROUP:
	case ROW_SECTION:
		break;
	}
}

static bool same_line(const char *shipped)
{
	return shipped && shipped[0] != '\n';
}

static void put_key(struct buf *out, const struct config_row *r)
{
	struct buf type = {0};

	buf_puts(out, ".It Va ");
	mdoc_arg(out, r->key);
	buf_char(out, '\n');
	mdoc_text(out, r->help);
	put_type(&type, r);
	if (same_line(r->shipped) && (r->type == ROW_STRINGS || r->type == ROW_OTHER))
		buf_printf(&type, " Shipped: %s.", r->shipped);
	if (r->flags & ROW_OLD)
		buf_puts(&type, " Of earlier versions.");
	if (type.n && *r->help)
		buf_puts(out, ".br\n");
	mdoc_text(out, buf_cstr(&type));
	buf_done(&type);
}

static void put_config(struct buf *out)
{
	bool open = false;

	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++) {
		if (r->type == ROW_SECTION) {
			end_list(out, &open);
			buf_printf(out, ".Ss %s\n", r->key);
			continue;
		}
		begin_list(out, &open);
		put_key(out, r);
	}
	end_list(out, &open);
}

manual_fn manual_page_part(struct str name)
{
	static const struct {
		const char *name;
		manual_fn fn;
	} parts[] = {{"options", put_options}, {"commands", put_commands},
		{"synopses", put_synopses}, {"config", put_config}};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (str_is(name, parts[i].name))
			return parts[i].fn;
	return NULL;
}
