/* SPDX-License-Identifier: Apache-2.0 */
/* Fields, operators, keys of rules, diagnostics and figures for manual pages. */
#include "filter/check.h"
#include "filter/field.h"
#include "tables/metrics.h"
#include "tools/manual/manual.h"

static void put_item(struct buf *out, const char *macro, const char *name)
{
	buf_printf(out, ".It %s ", macro);
	mdoc_arg(out, name);
	buf_char(out, '\n');
}

static void begin_list(struct buf *out)
{
	buf_puts(out, ".Bl -tag -width Ds\n");
}

static void end_list(struct buf *out)
{
	buf_puts(out, ".El\n");
}

/* ---- keys of rules ---- */

enum { IN_RULE = 1, IN_MACRO = 2, IN_LIST = 4, IN_VERSION = 8, IN_PLUGINS = 16 };

struct rule_key {
	const char *name;
	unsigned in, required;
	const char *value, *help;
};

static const struct rule_key rule_keys[] = {
#define RULE_KEY(name, schema, in, required, value, help) {name, in, required, value, help},
#include "tables/rule_keys.def"
};

/* The item's own name first, then what it must have, then what it may have. */
static int rank(const struct rule_key *k, unsigned kind, const char *item)
{
	return !strcmp(k->name, item) ? 0 : k->required & kind ? 1 : 2;
}

static void put_keys(struct buf *out, unsigned kind, const char *item)
{
	begin_list(out);
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < ARRAY_SIZE(rule_keys); i++) {
			const struct rule_key *k = &rule_keys[i];

			if (!(k->in & kind) || rank(k, kind, item) != pass)
				continue;
			buf_printf(out, ".It Ic %s : Ar ", k->name);
			mdoc_arg(out, k->value);
			buf_char(out, '\n');
			mdoc_text(out, k->help);
			if (pass < 2)
				buf_puts(out, "Required.\n");
		}
	end_list(out);
}

static void put_rule_keys(struct buf *out)
{
	put_keys(out, IN_RULE, "rule");
}

static void put_macro_keys(struct buf *out)
{
	put_keys(out, IN_MACRO, "macro");
}

static void put_list_keys(struct buf *out)
{
	put_keys(out, IN_LIST, "list");
}

static void put_other_keys(struct buf *out)
{
	put_keys(out, IN_VERSION | IN_PLUGINS, "");
}

/* ---- conditions ---- */

enum { OF_OPERATORS, OF_MODIFIERS, OF_TRANSFORMERS };

static const struct {
	int of;
	const char *name, *help;
} words[] = {
#define OP(symbol, text, kind, help) {OF_OPERATORS, text, help},
#define MODIFIER(symbol, text, help) {OF_MODIFIERS, text, help},
#define TRANSFORMER(symbol, text, help) {OF_TRANSFORMERS, text, help},
#include "tables/operators.def"
};

static void put_words(struct buf *out, int of)
{
	begin_list(out);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].of == of) {
			put_item(out, "Ic", words[i].name);
			mdoc_text(out, words[i].help);
		}
	end_list(out);
}

static void put_operators(struct buf *out)
{
	put_words(out, OF_OPERATORS);
}

static void put_modifiers(struct buf *out)
{
	put_words(out, OF_MODIFIERS);
}

static void put_transformers(struct buf *out)
{
	put_words(out, OF_TRANSFORMERS);
}

static bool is_listed(const struct field_info *f)
{
	return !(f->flags & (FF_TABLE_ONLY | FF_DEPRECATED));
}

static void put_field(struct buf *out, const struct field_info *f)
{
	const char *arg = f->flags & FF_ARG_REQUIRED  ? "[...]"
			  : f->flags & FF_ARG_ALLOWED ? "[...] or alone"
						      : "";

	buf_puts(out, ".It Va ");
	mdoc_arg(out, f->name);
	if (*arg)
		buf_printf(out, " Ns %s", arg);
	buf_printf(out, " Pq %s%s%s\n", f->flags & FF_LIST ? "list of " : "", type_name(f->type),
		f->flags & FF_PRINT_ONLY ? ", only in outputs" : "");
	mdoc_text(out, f->help);
}

static void put_class(struct buf *out, const struct field_class *c)
{
	buf_printf(out, ".Ss Fields: %s", c->name);
	buf_printf(out, *c->title ? " (%s)\n" : "\n", c->title);
	mdoc_text(out, c->help);
	begin_list(out);
	for (size_t i = 0; i < FIELD_MAX; i++)
		if (field_table[i].cls == c && is_listed(&field_table[i]))
			put_field(out, &field_table[i]);
	end_list(out);
}

static void put_fields(struct buf *out)
{
	for (size_t i = 0; i < FIELD_CLASS_MAX; i++)
		if (!field_classes[i].hidden)
			put_class(out, &field_classes[i]);
}

/* ---- diagnostics ---- */

static void put_diags(struct buf *out)
{
	begin_list(out);
#define LOAD_ERROR(code, title)                                                                    \
	put_item(out, "Er", #code);                                                                \
	mdoc_text(out, title ". An error: the file is refused.");
#define LOAD_WARNING(code, title, help)                                                            \
	put_item(out, "Er", #code);                                                                \
	mdoc_text(out, title ". " help);
#include "tables/diags.def"
	end_list(out);
}

/* ---- figures ---- */

static void put_metric(struct buf *out, const struct metric_info *m)
{
	if (*m->field)
		put_item(out, "Va", m->field);
	if (*m->family)
		put_item(out, "Va", m->family);
	mdoc_text(out, m->help);
}

static void put_metrics(struct buf *out)
{
	begin_list(out);
	for (size_t i = 0; i < METRIC_MAX; i++)
		if (*metric_table[i].field || *metric_table[i].family)
			put_metric(out, &metric_table[i]);
	end_list(out);
}

manual_fn manual_table_part(struct str name)
{
	static const struct {
		const char *name;
		manual_fn fn;
	} parts[] = {{"rule_keys", put_rule_keys}, {"macro_keys", put_macro_keys},
		{"list_keys", put_list_keys}, {"other_keys", put_other_keys},
		{"operators", put_operators}, {"modifiers", put_modifiers},
		{"transformers", put_transformers}, {"fields", put_fields}, {"diags", put_diags},
		{"metrics", put_metrics}};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (str_is(name, parts[i].name))
			return parts[i].fn;
	return NULL;
}
