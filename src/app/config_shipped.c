/* SPDX-License-Identifier: Apache-2.0 */
/* The falco.yaml that is shipped: every row with a shipped value, with its help as comment. */
#include "app/config_internal.h"

#define COLUMNS 98

static const char preamble[] =
	"# SPDX-License-Identifier: Apache-2.0\n"
	"# Falco's configuration. Every key is here with its value; what is left out has its "
	"default.\n"
	"#\n"
	"# ${VAR} in a value is replaced by the environment variable VAR, $${VAR} stays ${VAR}.\n"
	"# On the command line -o sets single keys: -o json_output=true -o "
	"webserver.listen_port=80\n";

/* Words of text as comment lines. */
static void put_comment(struct buf *out, unsigned indent, const char *text)
{
	struct str rest = str_c(text), word;
	size_t column = COLUMNS;

	if (!*text)
		return;
	while (str_split(&rest, ' ', &word)) {
		if (column + 1 + word.n > COLUMNS) {
			if (column < COLUMNS || out->p[out->n - 1] != '\n')
				buf_char(out, '\n');
			buf_pad(out, ' ', indent);
			buf_char(out, '#');
			column = indent + 1;
		}
		buf_printf(out, " %.*s", STR_ARG(word));
		column += 1 + word.n;
	}
	buf_char(out, '\n');
}

static bool section_has_shipped(const struct config_row *section)
{
	for (const struct config_row *r = section + 1;
		r < config_rows + config_nrows && r->type != ROW_SECTION; r++)
		if (r->shipped)
			return true;
	return false;
}

static bool group_has_shipped(const struct config_row *group)
{
	size_t n = strlen(group->key);

	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++)
		if (r->shipped && !strncmp(r->key, group->key, n) && r->key[n] == '.')
			return true;
	return false;
}

static unsigned depth_of(const char *key)
{
	unsigned depth = 0;

	for (; *key; key++)
		depth += *key == '.';
	return depth;
}

static void put_row(struct buf *out, const struct config_row *r)
{
	unsigned indent = 2 * depth_of(r->key);
	const char *name = strrchr(r->key, '.');
	struct buf help = {0};

	if (!indent)
		buf_char(out, '\n');
	buf_printf(&help, r->type == ROW_INT && *r->unit ? "%s In %s." : "%s", r->help, r->unit);
	put_comment(out, indent, buf_cstr(&help));
	buf_done(&help);
	buf_pad(out, ' ', indent);
	buf_printf(out, "%s:", name ? name + 1 : r->key);
	if (r->type == ROW_GROUP) {
		buf_char(out, '\n');
		return;
	}
	if (r->shipped[0] != '\n')
		buf_char(out, ' ');
	for (const char *p = r->shipped; *p; p++) {
		buf_char(out, *p);
		if (*p == '\n')
			buf_pad(out, ' ', indent);
	}
	buf_char(out, '\n');
}

void config_shipped(struct buf *out)
{
	buf_puts(out, preamble);
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++) {
		if (r->type == ROW_SECTION) {
			if (section_has_shipped(r))
				buf_printf(out, "\n# ---- %s ----\n", r->key);
		} else if (r->type == ROW_GROUP ? group_has_shipped(r) : r->shipped != NULL) {
			put_row(out, r);
		}
	}
}
