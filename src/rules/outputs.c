/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs of rules: the rule's own text, then what append_output adds to it, then the fields that
 * are suggested for its event source; and the extra fields that only JSON shows.
 */
#include "rules/internal.h"

#define CONTAINER_INFO "%container.info"

/* Fields of the container class that say where an event happened. */
static const char *const suggested[] = {"container.id", "container.name",
	"container.image.repository", "container.image.tag", "k8s.pod.name", "k8s.ns.name"};

static bool has_tag(const struct rule_def *def, const char *tag)
{
	for (size_t i = 0; i < def->v.ntags; i++)
		if (!strcmp(def->v.tags[i], tag))
			return true;
	return false;
}

static bool applies(const struct append_output *ao, const struct rule_def *def)
{
	if (ao->match_source && ao->match_source[0] && strcmp(ao->match_source, def->source) != 0)
		return false;
	if (ao->match_rule && ao->match_rule[0] && strcmp(ao->match_rule, def->name) != 0)
		return false;
	for (size_t i = 0; i < ao->nmatch_tags; i++)
		if (!has_tag(def, ao->match_tags[i]))
			return false;
	return true;
}

/* " container_id=%container.id" */
static void put_suggested(struct buf *b, const char *field)
{
	buf_char(b, ' ');
	for (const char *p = field; *p; p++)
		buf_char(b, *p == '.' ? '_' : *p);
	buf_printf(b, "=%%%s", field);
}

static void put_all_suggested(struct buf *b, const struct rules_config *config, const char *source)
{
	if (!strcmp(source, "syscall"))
		for (size_t i = 0; i < ARRAY_SIZE(suggested); i++)
			put_suggested(b, suggested[i]);
	for (size_t i = 0; i < config->nsuggested; i++)
		if (!strcmp(config->suggested[i].source, source))
			put_suggested(b, config->suggested[i].field);
}

/* What container.info stood for is suggested anyway. */
static void drop_container_info(struct buf *b, const struct rule_def *def)
{
	struct str token = STR(CONTAINER_INFO);
	ptrdiff_t at = str_find(buf_view(b), token);

	if (at < 0)
		return;
	fault(def->ctx, LOAD_DEPRECATED_ITEM,
		"%s is deprecated and no more useful, and will be dropped by Falco 1.0.0. "
		"The container plugin will automatically add required fields to the output "
		"message.",
		CONTAINER_INFO);
	for (; at >= 0; at = str_find(buf_view(b), token)) {
		memmove(b->p + at, b->p + at + token.n, b->n - (size_t)at - token.n);
		b->n -= token.n;
	}
}

static const char *complete_output(struct rules_loader *l, const struct rule_def *def)
{
	struct buf b = {0};
	const char *text;

	buf_puts(&b, def->v.output);
	for (size_t i = 0; i < l->config.nappend; i++) {
		const struct append_output *ao = &l->config.append[i];

		if (!applies(ao, def))
			continue;
		if (ao->extra_output && ao->extra_output[0])
			buf_printf(&b, " %s", ao->extra_output);
		if (ao->suggested_output)
			put_all_suggested(&b, &l->config, def->source);
	}
	drop_container_info(&b, def);
	text = arena_strdup(&l->arena, buf_view(&b));
	buf_done(&b);
	return text;
}

static bool uses_field(const struct format *f, const char *name)
{
	const struct str *fields;
	size_t n = format_fields(f, &fields);

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t arg = str_chr(fields[i], '[');

		if (str_is(arg < 0 ? fields[i] : str_head(fields[i], (size_t)arg), name))
			return true;
	}
	return false;
}

static void warn_deprecated(const struct rule_def *def, const struct format *f)
{
	for (size_t i = 0; i < NDEPRECATED_FIELDS; i++) {
		if (!uses_field(f, deprecated_fields[i]))
			continue;
		fault(def->v.output_ctx, LOAD_DEPRECATED_ITEM,
			"usage of deprecated field '%s' has been detected in the rule output",
			deprecated_fields[i]);
		fault_subject(def->v.output_ctx, deprecated_fields[i]);
	}
}

/* The format of text, which may have a '*' in front: prefix has it in any case. */
static struct format *compile(struct rules_loader *l, const struct rule_def *def, struct str prefix,
	const char *text, bool may_skip)
{
	struct atom_error err = {.hint = NULL};
	unsigned star = text[0] == '*';
	struct format *f = format_compile_behind(
		&l->arena, prefix, str_c(text + star), str_c(def->source), &err);
	const struct ctx *c;
	bool skip;

	if (f)
		return f;
	skip = may_skip && is_unknown_name(str_c(err.message));
	err.pos.index += star;
	if (err.pos.line <= 1)
		err.pos.col += star;
	c = ctx_expression(&l->arena, def->v.output_ctx, ITEM_OUTPUT_EXPRESSION,
		str_c(arena_strdup(&l->arena, str_c(text))), err.pos);
	fault(c, skip ? LOAD_UNKNOWN_FILTER : LOAD_ERR_COMPILE_OUTPUT, "%s", err.message);
	fault_nearest(c, err.hint);
	return NULL;
}

/* ---- extra fields ---- */

static struct extra_field *extra_slot(struct rule *r, const char *name)
{
	size_t i = r->nextra;

	for (size_t k = 0; k < r->nextra; k++)
		if (!strcmp(r->extra[k].name, name))
			return &r->extra[k];
	for (; i && strcmp(r->extra[i - 1].name, name) > 0; i--)
		r->extra[i] = r->extra[i - 1];
	r->nextra++;
	return &r->extra[i];
}

static bool compile_extra(struct rules_loader *l, const struct rule_def *def,
	const struct extra_output_field *f, struct rule *r)
{
	const char *text = f->format ? f->format : arena_printf(&l->arena, "%%%s", f->name).p;
	struct format *format = compile(l, def, STR("*"), text, false);

	if (!format)
		return false;
	warn_deprecated(def, format);
	*extra_slot(r, f->name) = (struct extra_field){arena_strdup(&l->arena, str_c(f->name)),
		arena_strdup(&l->arena, str_c(text)), format, !f->format};
	return true;
}

static bool compile_extras(struct rules_loader *l, const struct rule_def *def, struct rule *r)
{
	size_t n = 0;
	bool ok = true;

	for (size_t i = 0; i < l->config.nappend; i++)
		n += l->config.append[i].nfields;
	r->extra = arena_zalloc(&l->arena, n * sizeof(*r->extra));
	for (size_t i = 0; i < l->config.nappend; i++) {
		const struct append_output *ao = &l->config.append[i];

		if (!applies(ao, def))
			continue;
		for (size_t k = 0; k < ao->nfields; k++)
			ok &= compile_extra(l, def, &ao->fields[k], r);
	}
	return ok;
}

bool outputs_compile(struct rules_loader *l, const struct rule_def *def, struct rule *r)
{
	struct buf prefix = {0};

	buf_puts(&prefix, l->config.time_iso_8601 ? "*%evt.time.iso8601: " : "*%evt.time: ");
	buf_puts(&prefix, priority_name(def->v.priority));
	buf_char(&prefix, ' ');
	r->output_compiled = complete_output(l, def);
	r->format = compile(
		l, def, buf_view(&prefix), r->output_compiled, def->v.skip_if_unknown_filter);
	buf_done(&prefix);
	if (!r->format)
		return false;
	warn_deprecated(def, r->format);
	return compile_extras(l, def, r);
}
