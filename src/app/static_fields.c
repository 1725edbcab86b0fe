/* SPDX-License-Identifier: Apache-2.0 */
/* A constant is all there is to say about such a field: its row has it where others have help. */
#include "app/static_fields.h"

#include <stdlib.h>

static const struct field_class static_class = {
	.name = "static", .title = "", .help = "Constants that the configuration defines."};

static bool extract(struct field *f, struct event_ctx *ctx, struct value *ret)
{
	value_str(ret, str_c(f->info->help));
	return true;
}

void static_fields_init(struct static_fields *s, const struct config *c)
{
	*s = (struct static_fields){.n = c->static_fields.n};
	if (!s->n)
		return;
	s->rows = mem_zalloc(s->n * sizeof(*s->rows));
	s->suggested = mem_zalloc(s->n * sizeof(*s->suggested));
	for (size_t i = 0; i < s->n; i++) {
		struct buf name = {0};

		buf_printf(&name, "static.%s", c->static_fields.v[i].name);
		s->rows[i] = (struct field_info){.name = buf_cstr(&name),
			.cls = &static_class,
			.help = c->static_fields.v[i].format,
			.extract = extract,
			.type = PT_CHARBUF,
			.format = PF_NA,
			.scope = SCOPE_RUN};
		s->suggested[i].source = "syscall";
		s->suggested[i].field = s->rows[i].name;
	}
	fields_extend(s->rows, s->n);
}

void static_fields_hide(struct static_fields *s)
{
	if (s->n && !s->hidden)
		fields_forget(s->rows);
	s->hidden = true;
}

void static_fields_show(struct static_fields *s)
{
	if (s->n && s->hidden)
		fields_extend(s->rows, s->n);
	s->hidden = false;
}

void static_fields_done(struct static_fields *s)
{
	if (!s->n)
		return;
	static_fields_hide(s);
	for (size_t i = 0; i < s->n; i++)
		free((char *)s->rows[i].name);
	free(s->rows);
	free(s->suggested);
	*s = (struct static_fields){0};
}
