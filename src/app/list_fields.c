/* SPDX-License-Identifier: Apache-2.0 */
/* --list: the rows of the field table, by class. */
#include <strings.h>

#include "app/json.h"
#include "app/list.h"
#include "filter/check.h"
#include "filter/field.h"

#define RIGHT_COLUMN 30
#define WIDTH 120
#define RULER "-------------------------------"

/* Sources that exist without plugins. */
static const char *const sources[] = {"syscall"};

bool list_format_of(const struct options *o, enum list_format *ret)
{
	static const char *const names[] = {"text", "markdown", "json"};

	*ret = o->markdown ? LIST_MARKDOWN : LIST_TEXT;
	if (!o->format || !*o->format)
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcasecmp(o->format, names[i])) {
			*ret = i;
			return !o->markdown;
		}
	return false;
}

static bool is_listed(const struct field_info *f)
{
	return !f->cls->hidden &&
	       !(f->flags & (FF_TABLE_ONLY | FF_DEPRECATED | FF_PRINT_ONLY | FF_OURS));
}

/* Whether events of source have the fields of this class. */
static bool has_source(const struct field_class *cls, const char *source)
{
	struct str rest, word;

	if (!source || !*source || !cls->sources)
		return true;
	rest = str_c(cls->sources);
	while (str_split(&rest, ' ', &word))
		if (str_is(word, source))
			return true;
	return false;
}

static bool source_known(const char *source)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i], source))
			return true;
	return false;
}

/* Words of text from the right column on, broken at the width, each followed by a blank. */
static void put_wrapped(struct buf *out, struct str text)
{
	size_t used = 0;
	struct str word;

	while (str_split(&text, ' ', &word)) {
		if (!word.n)
			continue;
		if (used + word.n + 1 > WIDTH - RIGHT_COLUMN) {
			buf_char(out, '\n');
			buf_pad(out, ' ', RIGHT_COLUMN);
			used = 0;
		}
		used += word.n + 1;
		buf_printf(out, "%.*s ", STR_ARG(word));
	}
	buf_char(out, '\n');
}

/* ---- text ---- */

static void put_label(struct buf *out, const char *label)
{
	buf_printf(out, "%-*s", RIGHT_COLUMN, label);
}

static void put_sources(struct buf *out, const struct field_class *cls, const char *source)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (has_source(cls, sources[i]) &&
			(!source || !*source || !strcmp(source, sources[i])))
			buf_printf(out, "%s ", sources[i]);
}

static void text_class(struct buf *out, const struct field_class *cls, const char *source)
{
	buf_puts(out, RULER "\n");
	put_label(out, "Field Class:");
	buf_printf(out, *cls->title ? "%s (%s)\n" : "%s\n", cls->name, cls->title);
	if (*cls->help) {
		put_label(out, "Description:");
		put_wrapped(out, str_c(cls->help));
	}
	put_label(out, "Event Sources:");
	put_sources(out, cls, source);
	buf_puts(out, "\n\n");
}

static void put_tags(struct buf *out, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} tags[] = {{FF_ARG_ALLOWED, "ARG_ALLOWED"}, {FF_ARG_INDEX, "ARG_INDEX"},
		{FF_ARG_KEY, "ARG_KEY"}, {FF_ARG_REQUIRED, "ARG_REQUIRED"},
		{FF_LIST, "EPF_IS_LIST"}, {FF_NO_RHS, "EPF_NO_RHS"},
		{FF_NO_TRANSFORMER, "EPF_NO_TRANSFORMER"}, {FF_FILTER_ONLY, "FILTER_ONLY"}};
	const char *sep = "(";

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (flags & tags[i].flag) {
			buf_printf(out, "%s%s", sep, tags[i].name);
			sep = ",";
		}
	if (*sep == ',')
		buf_puts(out, ") ");
}

static void text_field(struct buf *out, const struct field_info *f, bool verbose)
{
	struct buf text = {0};

	put_label(out, f->name);
	if (strlen(f->name) > RIGHT_COLUMN) {
		buf_char(out, '\n');
		put_label(out, "");
	}
	if (verbose)
		buf_printf(&text, "(Type: %s) ", type_name(f->type));
	put_tags(&text, f->flags);
	buf_puts(&text, f->help);
	put_wrapped(out, buf_view(&text));
	buf_done(&text);
}

/* ---- Markdown ---- */

static void markdown_class(struct buf *out, const struct field_class *cls, const char *source)
{
	buf_printf(out, "## Field Class: %s\n\n", cls->name);
	if (*cls->help)
		buf_printf(out, "%s\n\n", cls->help);
	buf_puts(out, "Event Sources: ");
	put_sources(out, cls, source);
	buf_puts(out, "\n\nName | Type | Description\n:----|:-----|:-----------\n");
}

static void markdown_field(struct buf *out, const struct field_info *f)
{
	buf_printf(out, f->flags & FF_LIST ? "`%s` | LIST(%s) | %s\n" : "`%s` | %s | %s\n", f->name,
		type_name(f->type), f->help);
}

/* ---- JSON ---- */

static void json_argument(struct buf *out, uint32_t flags)
{
	const char *sep = "";

	if (!(flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED))) {
		buf_puts(out, "null");
		return;
	}
	buf_printf(out, "{\"required\":%s,\"type\":[", flags & FF_ARG_REQUIRED ? "true" : "false");
	if (flags & FF_ARG_INDEX) {
		buf_puts(out, "\"INDEX\"");
		sep = ",";
	}
	if (flags & FF_ARG_KEY)
		buf_printf(out, "%s\"KEY\"", sep);
	buf_puts(out, "]}");
}

static void json_field(struct buf *out, const struct field_info *f)
{
	buf_puts(out, "{\"argument\":");
	json_argument(out, f->flags);
	buf_puts(out, ",\"desc\":");
	buf_json(out, str_c(f->help));
	buf_printf(out, ",\"is_list\":%s,\"name\":\"%s\",\"type\":\"%s\"}",
		f->flags & FF_LIST ? "true" : "false", f->name, type_name(f->type));
}

static void json_class(
	struct buf *out, const struct field_class *cls, const char *source, bool names_only)
{
	const char *sep = "";

	if (!names_only) {
		buf_puts(out, "{\"desc\":");
		buf_json(out, str_c(cls->help));
		buf_puts(out, ",\"event_sources\":[");
		for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
			if (has_source(cls, sources[i]) &&
				(!source || !*source || !strcmp(source, sources[i]))) {
				buf_printf(out, "%s\"%s\"", sep, sources[i]);
				sep = ",";
			}
		buf_puts(out, "],\"fields\":[");
	}
	sep = "";
	for (size_t i = 0; i < FIELD_MAX; i++) {
		const struct field_info *f = &field_table[i];

		if (f->cls != cls || !is_listed(f))
			continue;
		buf_puts(out, sep);
		sep = ",";
		if (names_only)
			buf_printf(out, "\"%s\"", f->name);
		else
			json_field(out, f);
	}
	if (!names_only)
		buf_printf(out, "],\"name\":\"%s\"}", cls->name);
}

static void json_all(struct buf *out, const char *source, bool names_only)
{
	struct buf compact = {0};
	const char *sep = "";

	buf_puts(&compact, names_only ? "{\"fieldnames\":[" : "{\"fieldclasses\":[");
	for (size_t i = 0; i < FIELD_CLASS_MAX; i++) {
		const struct field_class *cls = &field_classes[i];

		if (cls->hidden || !has_source(cls, source))
			continue;
		buf_puts(&compact, sep);
		sep = ",";
		json_class(&compact, cls, source, names_only);
	}
	buf_puts(&compact, "]}");
	json_pretty(out, buf_view(&compact));
	buf_done(&compact);
}

/* ---- all ---- */

static void put_class(struct buf *out, const struct field_class *cls, const char *source,
	bool names_only, bool verbose, enum list_format format)
{
	if (!names_only && format == LIST_TEXT)
		text_class(out, cls, source);
	else if (!names_only)
		markdown_class(out, cls, source);
	for (size_t i = 0; i < FIELD_MAX; i++) {
		const struct field_info *f = &field_table[i];

		if (f->cls != cls || !is_listed(f))
			continue;
		if (names_only)
			buf_printf(out, "%s\n", f->name);
		else if (format == LIST_TEXT)
			text_field(out, f, verbose);
		else
			markdown_field(out, f);
	}
	if (!names_only)
		buf_char(out, '\n');
}

bool list_fields(
	struct buf *out, const char *source, bool names_only, bool verbose, enum list_format format)
{
	if (source && *source && !source_known(source))
		return false;
	if (format == LIST_JSON) {
		json_all(out, source, names_only);
		return true;
	}
	for (size_t i = 0; i < FIELD_CLASS_MAX; i++)
		if (!field_classes[i].hidden && has_source(&field_classes[i], source))
			put_class(out, &field_classes[i], source, names_only, verbose, format);
	return true;
}
