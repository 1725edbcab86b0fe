/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loading a file gave, as text for people and as JSON for tools.
 *
 * Text counts lines and columns from 1, as editors do; JSON keeps to what its readers know: from
 * 0, but from 1 inside of a condition.
 */
#include "rules/internal.h"

static const char rule_off[] = "------\n";

const char *load_result_schema(const struct load_result *r)
{
	static const char *const names[] = {"none", "ok", "failed"};

	return names[r->schema];
}

static bool is_expression(const struct diag_frame *f)
{
	return !strcmp(f->item_type, ITEM_CONDITION_EXPRESSION) ||
	       !strcmp(f->item_type, ITEM_OUTPUT_EXPRESSION);
}

static size_t count(const struct load_result *r, enum diag_level level)
{
	return level == DIAG_ERROR ? r->diags.nerrors : r->diags.nwarnings;
}

/* ---- text ---- */

/* "Used deprecated item: field 'evt.dir'" */
static void put_brief(struct buf *b, const struct diag *g)
{
	const struct load_code_info *info = load_code_find(g->code);

	buf_puts(b, info ? info->brief : "");
	if (!strcmp(g->code, load_codes[LOAD_DEPRECATED_ITEM].name) && g->subject.n)
		buf_printf(b, ": field '%.*s'", STR_ARG(g->subject));
}

static void put_frames(struct buf *b, const struct diag *g)
{
	for (size_t i = 0; i < g->nframes; i++) {
		const struct diag_frame *f = &g->frames[i];

		buf_puts(b, i ? "    " : "In ");
		buf_puts(b, f->item_type);
		if (f->item_name[0])
			buf_printf(b, " '%s'", f->item_name);
		buf_printf(b, ": (%s:%u:%u)\n", f->pos.file, f->pos.line, f->pos.col);
	}
}

static void put_diag(struct buf *b, const struct diag *g)
{
	put_frames(b, g);
	buf_puts(b, rule_off);
	buf_str(b, g->snippet.n ? g->snippet : STR("<No context available>\n"));
	buf_puts(b, rule_off);
	buf_printf(b, "%s (", g->code);
	put_brief(b, g);
	buf_puts(b, "): ");
	buf_str(b, g->message);
	buf_char(b, '\n');
	if (g->remedy.n)
		buf_printf(b, "  %.*s\n", STR_ARG(g->remedy));
}

static void put_verbose(struct buf *b, const struct load_result *r, enum diag_level level)
{
	const struct diag *g;

	if (!count(r, level))
		return;
	buf_printf(b, "\n%zu %s:\n", count(r, level), level == DIAG_ERROR ? "Errors" : "Warnings");
	vec_foreach (g, &r->diags.list)
		if (g->level == level)
			put_diag(b, g);
}

static void put_summary(struct buf *b, const struct load_result *r, enum diag_level level)
{
	const struct diag *g;
	bool first = true;

	if (!count(r, level))
		return;
	buf_printf(b, "\n %zu %s: [", count(r, level), level == DIAG_ERROR ? "errors" : "warnings");
	vec_foreach (g, &r->diags.list) {
		if (g->level != level)
			continue;
		buf_printf(b, "%s%s (", first ? "" : " ", g->code);
		put_brief(b, g);
		buf_char(b, ')');
		first = false;
	}
	buf_char(b, ']');
}

static void put_schema(struct buf *b, const struct load_result *r, bool verbose)
{
	if (r->schema != SCHEMA_FAILED)
		return;
	buf_printf(b, verbose ? "\n%zu Schema warnings:\n" : "\n %zu schema warnings: [",
		r->schema_warnings.n);
	for (size_t i = 0; i < r->schema_warnings.n; i++) {
		buf_puts(b, verbose ? rule_off : i ? " " : "");
		buf_puts(b, r->schema_warnings.v[i]);
		buf_puts(b, verbose ? "\n" : "");
	}
	buf_puts(b, verbose ? "------" : "]");
}

void load_result_text(struct buf *b, const struct load_result *r, bool verbose)
{
	if (r->name[0])
		buf_printf(b, "%s: ", r->name);
	buf_puts(b, !load_ok(r) ? "Invalid" : r->diags.nwarnings ? "Ok, with warnings" : "Ok");
	put_schema(b, r, verbose);
	if (verbose) {
		put_verbose(b, r, DIAG_ERROR);
		put_verbose(b, r, DIAG_WARNING);
	} else {
		put_summary(b, r, DIAG_ERROR);
		put_summary(b, r, DIAG_WARNING);
	}
}

/* ---- JSON ---- */

static void put_string(struct buf *b, const char *key, struct str value)
{
	buf_printf(b, "\"%s\":", key);
	buf_json(b, value);
}

static void put_location(struct buf *b, const struct diag_frame *f)
{
	unsigned base = is_expression(f) ? 0 : 1;

	buf_char(b, '{');
	put_string(b, "item_name", str_c(f->item_name));
	buf_char(b, ',');
	put_string(b, "item_type", str_c(f->item_type));
	buf_printf(b, ",\"position\":{\"column\":%u,\"line\":%u,",
		f->pos.col > base ? f->pos.col - base : 0,
		f->pos.line > base ? f->pos.line - base : 0);
	put_string(b, "name", str_c(f->pos.file));
	buf_printf(b, ",\"offset\":%zu}}", f->pos.offset);
}

static void put_codedesc(struct buf *b, const struct diag *g)
{
	const struct load_code_info *info = load_code_find(g->code);

	buf_puts(b, "\"codedesc\":");
	buf_json(b, str_c(!info ? "" : info->help ? info->help : info->brief));
}

static void put_json_diag(struct buf *b, const struct diag *g)
{
	buf_char(b, '{');
	put_string(b, "code", str_c(g->code));
	buf_char(b, ',');
	put_codedesc(b, g);
	buf_puts(b, ",\"context\":{\"locations\":[");
	for (size_t i = 0; i < g->nframes; i++) {
		buf_puts(b, i ? "," : "");
		put_location(b, &g->frames[i]);
	}
	buf_puts(b, "],");
	put_string(b, "snippet", g->snippet);
	buf_puts(b, "}");
	if (!strcmp(g->code, load_codes[LOAD_DEPRECATED_ITEM].name) && g->subject.n) {
		buf_char(b, ',');
		put_string(b, "deprecated_field", g->subject);
	}
	buf_char(b, ',');
	put_string(b, "message", g->message);
	if (g->remedy.n) {
		buf_char(b, ',');
		put_string(b, "remedy", g->remedy);
	}
	buf_char(b, '}');
}

/* Those of a level, from the skip-th on, at most max. */
static void put_json_diags(
	struct buf *b, const struct load_result *r, enum diag_level level, size_t skip, size_t max)
{
	const struct diag *g;
	size_t seen = 0, put = 0;

	buf_char(b, '[');
	vec_foreach (g, &r->diags.list) {
		if (g->level != level || seen++ < skip || put == max)
			continue;
		buf_puts(b, put++ ? "," : "");
		put_json_diag(b, g);
	}
	buf_char(b, ']');
}

void load_result_json(struct buf *b, const struct load_result *r)
{
	buf_puts(b, "{\"errors\":");
	put_json_diags(b, r, DIAG_ERROR, 0, 1);
	if (r->diags.nerrors > 1) {
		buf_puts(b, ",\"further_errors\":");
		put_json_diags(b, r, DIAG_ERROR, 1, SIZE_MAX);
	}
	buf_char(b, ',');
	put_string(b, "name", str_c(r->name));
	if (r->schema != SCHEMA_NONE) {
		buf_printf(b, ",\"schema_valid\":%s,\"schema_warnings\":[",
			r->schema == SCHEMA_OK ? "true" : "false");
		for (size_t i = 0; i < r->schema_warnings.n; i++) {
			buf_puts(b, i ? "," : "");
			buf_json(b, str_c(r->schema_warnings.v[i]));
		}
		buf_char(b, ']');
	}
	buf_printf(b, ",\"successful\":%s,\"warnings\":", load_ok(r) ? "true" : "false");
	put_json_diags(b, r, DIAG_WARNING, 0, SIZE_MAX);
	buf_char(b, '}');
}
