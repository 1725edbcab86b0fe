/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an item stands, and diagnostics about it.
 *
 * A diagnostic's frames are the chain of contexts, file first.  The snippet is the line of the
 * file, or of the condition's text where the mistake is in a condition: YAML folds conditions and
 * lists are substituted in them, so what is compiled is not what stands in the file.
 */
#include "rules/internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define NAME_LENGTH 20 /* of the beginning of a condition that names its text */

const struct load_code_info load_codes[LOAD_CODE_MAX] = {
#define LOAD_ERROR(code, brief) [code] = {#code, brief, NULL},
#define LOAD_WARNING(code, brief, help) [code] = {#code, brief, help},
#include "tables/diags.def"
#undef LOAD_ERROR
#undef LOAD_WARNING
};

const struct load_code_info *load_code_find(const char *name)
{
	for (size_t i = 0; i < LOAD_CODE_MAX; i++)
		if (!strcmp(load_codes[i].name, name))
			return &load_codes[i];
	return NULL;
}

static struct ctx *ctx_new(struct arena *a, const struct ctx *parent, const char *type)
{
	struct ctx *c = arena_zalloc(a, sizeof(*c));

	c->parent = parent;
	c->type = type;
	c->name = "";
	c->result = parent ? parent->result : NULL;
	return c;
}

const struct ctx *ctx_file(struct arena *a, struct load_result *result)
{
	struct ctx *c = ctx_new(a, NULL, "rules content");

	c->result = result;
	c->pos.file = result->name;
	return c;
}

static const char *ctx_file_name(const struct ctx *c)
{
	while (c->parent)
		c = c->parent;
	return c->pos.file;
}

const struct ctx *ctx_item(struct arena *a, const struct ctx *parent, const char *type,
	struct str name, const struct ynode *node)
{
	struct ctx *c = ctx_new(a, parent, type);

	c->name = arena_strdup(a, name);
	c->pos = (struct diag_pos){
		ctx_file_name(parent), node->pos.line, node->pos.col, node->pos.offset};
	return c;
}

/* The beginning of text on one line, in quotes. */
static const char *expression_name(struct arena *a, struct str text)
{
	struct str head = text.n > NAME_LENGTH ? str_head(text, NAME_LENGTH - 3) : text;
	struct str quoted =
		arena_printf(a, "\"%.*s%s\"", STR_ARG(head), head.n < text.n ? "..." : "");
	char *s = arena_strdup(a, quoted);

	for (char *p = s; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	return s;
}

const struct ctx *ctx_expression(struct arena *a, const struct ctx *parent, const char *type,
	struct str text, struct ast_pos pos)
{
	struct ctx *c = ctx_new(a, parent, type);
	unsigned line = pos.line ? pos.line - 1 : 0, col = pos.col ? pos.col - 1 : 0;

	c->pos = (struct diag_pos){expression_name(a, text), parent->pos.line + line,
		parent->pos.col + col, parent->pos.offset + pos.index};
	c->text = text;
	c->at = pos.index;
	return c;
}

const struct ctx *ctx_in_result(struct arena *a, const struct ctx *c, struct load_result *result)
{
	struct ctx *copy = arena_alloc(a, sizeof(*copy));

	*copy = *c;
	copy->result = result;
	return copy;
}

/* The text around the place, unless it lies in a file that is not the result's. */
static void add_snippet(struct diag *g, const struct ctx *c)
{
	struct diags *d = &c->result->diags;
	struct str text = c->text.p ? c->text : c->result->content;
	size_t at = c->text.p ? c->at : c->pos.offset;

	if (!c->text.p && strcmp(ctx_file_name(c), c->result->name) != 0)
		return;
	if (!text.n)
		return;
	while (at > 0 &&
		(at >= text.n || text.p[at] == '\n')) /* at the end: the last thing there */
		at--;
	diag_set_snippet(d, g, text, at);
}

bool fault(const struct ctx *c, enum load_code code, const char *fmt, ...)
{
	struct diag_frame frames[16];
	size_t n = 0, depth = 0;
	char text[1024];
	va_list ap;

	for (const struct ctx *p = c; p; p = p->parent)
		depth++;
	assert(depth <= ARRAY_SIZE(frames));
	for (const struct ctx *p = c; p; p = p->parent, n++)
		frames[depth - 1 - n] = (struct diag_frame){p->type, p->name, p->pos};
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_snippet(diags_add(&c->result->diags, load_codes[code].help ? DIAG_WARNING : DIAG_ERROR,
			    load_codes[code].name, frames, depth, str_c(text)),
		c);
	return false;
}

static struct diag *last(const struct ctx *c)
{
	struct diags *d = &c->result->diags;

	assert(d->list.n);
	return &d->list.v[d->list.n - 1];
}

void fault_remedy(const struct ctx *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_set_remedy(&c->result->diags, last(c), str_c(text));
}

void fault_nearest(const struct ctx *c, const char *nearest)
{
	if (nearest)
		fault_remedy(c, "Did you mean '%s'?", nearest);
}

void fault_subject(const struct ctx *c, const char *subject)
{
	diag_set_subject(&c->result->diags, last(c), str_c(subject));
}
