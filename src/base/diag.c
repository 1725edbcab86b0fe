/* SPDX-License-Identifier: Apache-2.0 */
/* Collects diagnostics; all their texts live in one arena that goes with the list. */
#include "base/diag.h"

#define SNIPPET_WIDTH 160

void diags_init(struct diags *d)
{
	*d = (struct diags){0};
	arena_init(&d->arena, 4096);
}

void diags_done(struct diags *d)
{
	vec_done(&d->list);
	arena_done(&d->arena);
}

static const char *keep(struct diags *d, const char *s)
{
	return arena_strdup(&d->arena, str_c(s ? s : ""));
}

struct diag *diags_add(struct diags *d, enum diag_level level, const char *code,
	const struct diag_frame *frames, size_t nframes, struct str message)
{
	struct diag *g = vec_add(&d->list);

	*g = (struct diag){.level = level,
		.code = code,
		.nframes = nframes,
		.snippet = STR(""),
		.message = arena_str(&d->arena, message),
		.remedy = STR(""),
		.subject = STR("")};
	g->frames = arena_alloc(&d->arena, nframes * sizeof(*frames));
	for (size_t i = 0; i < nframes; i++) {
		g->frames[i] = frames[i];
		g->frames[i].item_type = keep(d, frames[i].item_type);
		g->frames[i].item_name = keep(d, frames[i].item_name);
		g->frames[i].pos.file = keep(d, frames[i].pos.file);
	}
	*(level == DIAG_ERROR ? &d->nerrors : &d->nwarnings) += 1;
	return g;
}

void diag_set_remedy(struct diags *d, struct diag *g, struct str remedy)
{
	g->remedy = arena_str(&d->arena, remedy);
}

void diag_set_subject(struct diags *d, struct diag *g, struct str subject)
{
	g->subject = arena_str(&d->arena, subject);
}

void diag_set_snippet(struct diags *d, struct diag *g, struct str content, size_t offset)
{
	size_t start, end, col, from = 0;
	struct buf b = {0};

	offset = MIN(offset, content.n);
	for (start = offset; start > 0 && content.p[start - 1] != '\n'; start--)
		;
	for (end = offset; end < content.n && content.p[end] != '\n'; end++)
		;
	col = offset - start;
	if (end - start > SNIPPET_WIDTH && col > SNIPPET_WIDTH / 2)
		from = MIN(col - SNIPPET_WIDTH / 2, end - start - SNIPPET_WIDTH);
	buf_put(&b, content.p + start + from, MIN(end - start - from, SNIPPET_WIDTH));
	buf_char(&b, '\n');
	buf_pad(&b, ' ', col - from);
	buf_char(&b, '^');
	buf_char(&b, '\n');
	g->snippet = arena_str(&d->arena, buf_view(&b));
	buf_done(&b);
}

void diag_print(struct buf *b, const struct diag *g)
{
	const struct diag_frame *at = g->nframes ? &g->frames[g->nframes - 1] : NULL;

	if (at && at->pos.file[0]) {
		buf_puts(b, at->pos.file);
		if (at->pos.line)
			buf_printf(b, ":%u:%u", at->pos.line, at->pos.col);
		buf_puts(b, ": ");
	}
	buf_str(b, g->message);
	if (g->snippet.n) {
		buf_char(b, '\n');
		buf_str(b, str_head(g->snippet, g->snippet.n - 1));
	}
	if (g->remedy.n) {
		buf_char(b, '\n');
		buf_str(b, g->remedy);
	}
}
