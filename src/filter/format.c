/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A format is a list of tokens, for the text, and a sorted list of keys, for JSON.  Both look at
 * the same values, which stay valid as long as the event; they are extracted when they are first
 * wanted.
 *
 * Fields that count their uses (util.cnt, evt.deltatime) are the exception.  In Falco text and JSON
 * have their own counters, and an alert in JSON looks at each field three times, of which it
 * prints the second.  Users see these numbers, so we count along.
 */
#include "filter/format.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "filter/parse.h"

struct key {
	struct str name;
	struct extractor *extractor;
	bool transformed;
	enum { UNKNOWN, MISSING, PRESENT } state; /* of value, for the event seen last */
	struct value value;
};

struct token {
	struct str text; /* literal text, when key is NULL */
	struct key *key;
	struct extractor *own[2]; /* of a field that counts its uses: with the prefix, without */
	unsigned width;		  /* 0: as wide as it is */
};

struct format {
	struct token *tokens;
	size_t ntokens;
	struct key *keys; /* sorted by name, each once */
	size_t nkeys;
	size_t behind;	   /* tokens of the prefix */
	struct str *names; /* in order of use, behind the prefix */
	size_t nnames;
	struct key *abspath; /* that of evt.abspath, which moves the event's descriptor, or NULL */
	bool lenient;	     /* missing values are fine */
	/* The event that the values are of. */
	const uint8_t *rec;
	uint64_t num, ts;
};

struct compiler {
	struct arena *arena;
	struct str text, source;
	struct atom_error *err;
	VEC(struct token) tokens;
	VEC(struct str) token_names; /* of the tokens, p NULL for literal text */
	VEC(struct key) keys;	     /* in order of use */
	size_t prefix_tokens, prefix_keys;
	bool last_transformed; /* the key added last is a transformer's */
};

/* ---- compiling ---- */

static struct ast_pos place(struct str text, size_t index)
{
	struct ast_pos pos = {(uint32_t)index, 1, 1};

	for (size_t i = 0; i < index; i++) {
		pos.col++;
		if (text.p[i] == '\n') {
			pos.line++;
			pos.col = 1;
		}
	}
	return pos;
}

static bool refuse(struct compiler *c, size_t index, const char *message, struct str what)
{
	c->err->pos = place(c->text, index);
	snprintf(c->err->message, sizeof(c->err->message), "%s%.*s", message, STR_ARG(what));
	return false;
}

static void add_text(struct compiler *c, struct str s)
{
	if (!s.n)
		return;
	vec_push(&c->tokens, (struct token){.text = s});
	vec_push(&c->token_names, STR_NONE);
}

static struct str operand_name(struct compiler *c, const struct operand *o)
{
	struct buf b = {.arena = c->arena};

	if (o->kind == OPERAND_FIELD && !o->arg.p)
		return o->text;
	ast_print_operand(&b, o);
	return buf_view(&b);
}

static void add_key(struct compiler *c, const struct operand *o, struct extractor *x)
{
	bool transformed = o->kind == OPERAND_TRANSFORM;

	assert(x); /* parts of what compiles do, too */
	vec_push(&c->keys,
		((struct key){
			.name = operand_name(c, o), .extractor = x, .transformed = transformed}));
	c->last_transformed = transformed;
}

/*
 * Keys for an operand and what is inside; a transformer replaces the one right before it. x: the
 * operand's extractor, NULL: not compiled yet.
 */
static void add_keys(struct compiler *c, const struct operand *o, struct extractor *x)
{
	for (size_t i = 0; i < o->nitems; i++)
		add_keys(c, &o->items[i], NULL);
	if (o->kind == OPERAND_TRANSFORM && c->last_transformed)
		(void)vec_pop(&c->keys);
	if (o->kind == OPERAND_TRANSFORM || o->kind == OPERAND_FIELD)
		add_key(c, o, x ? x : extractor_try(c->arena, o, c->source));
}

/* The longest field or transformer call that s begins with: its length, 0 if there is none. */
static size_t read_operand(
	struct compiler *c, struct str s, struct operand *ret, struct extractor **ret_extractor)
{
	struct arena before = *c->arena;
	struct parse_error err;
	size_t n;

	while (s.n) {
		n = filter_parse_operand(c->arena, s, ret, &err);
		if (n && (*ret_extractor = extractor_try(c->arena, ret, c->source)))
			return n;
		arena_rewind(c->arena, &before);
		s.n = MIN(s.n - 1, n ? n - 1 : err.pos.index);
	}
	return 0;
}

/* There is none at s, the text from the token on. */
static bool refuse_token(struct compiler *c, size_t index, struct str s)
{
	struct parse_error err;
	struct operand o;

	if (filter_parse_operand(c->arena, s, &o, &err))
		extractor_compile(c->arena, &o, c->source, c->err);
	return refuse(c, index, "invalid formatting token ", s);
}

/* Digits behind '%'; false when the format ends there, or they are too many. */
static bool read_width(struct compiler *c, size_t *at, unsigned *ret)
{
	unsigned long width = 0;
	size_t start = *at;

	while (*at < c->text.n && isdigit((unsigned char)c->text.p[*at])) {
		width = width * 10 + (unsigned long)(c->text.p[(*at)++] - '0');
		if (width > FORMAT_MAX_WIDTH)
			return refuse(
				c, start, "invalid formatting syntax: width too large", STR(""));
	}
	*ret = (unsigned)width;
	if (*at < c->text.n)
		return true;
	return refuse(c, start - 1,
		*at == start ? "invalid formatting syntax: formatting cannot end with a %"
			     : "invalid formatting syntax: formatting cannot end with a number",
		STR(""));
}

/* The token whose '%' is before *at, which moves behind it. */
static bool read_token(struct compiler *c, size_t *at)
{
	struct token t = {0};
	struct extractor *x;
	struct operand o;
	struct str name;
	size_t n;

	if (!read_width(c, at, &t.width))
		return false;
	n = read_operand(c, str_from(c->text, *at), &o, &x);
	if (!n)
		return refuse_token(c, *at - 1, str_from(c->text, *at));
	*at += n;
	c->last_transformed = false;
	add_keys(c, &o, x);
	name = c->keys.v[c->keys.n - 1].name;
	for (unsigned i = 0; i < 2 && !extractor_pure(x); i++)
		t.own[i] = extractor_try(c->arena, &o, c->source);
	vec_push(&c->tokens, t);
	vec_push(&c->token_names, name);
	return true;
}

static bool read_tokens(struct compiler *c, struct str text, size_t start)
{
	ptrdiff_t percent;
	size_t at;

	c->text = text;
	while ((percent = str_chr(str_from(c->text, start), '%')) >= 0) {
		at = start + (size_t)percent;
		add_text(c, str_n(c->text.p + start, (size_t)percent));
		at++;
		if (!read_token(c, &at))
			return false;
		start = at;
	}
	add_text(c, str_from(c->text, start));
	return true;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct key *)a)->name, ((const struct key *)b)->name);
}

static void sort_keys(struct compiler *c, struct format *f)
{
	f->nnames = c->keys.n - c->prefix_keys;
	f->names = arena_alloc(c->arena, f->nnames * sizeof(*f->names));
	for (size_t i = 0; i < f->nnames; i++)
		f->names[i] = c->keys.v[c->prefix_keys + i].name;
	if (c->keys.n)
		qsort(c->keys.v, c->keys.n, sizeof(*c->keys.v), by_name);
	f->keys = arena_alloc(c->arena, c->keys.n * sizeof(*f->keys));
	for (size_t i = 0; i < c->keys.n; i++)
		if (!f->nkeys || !str_eq(f->keys[f->nkeys - 1].name, c->keys.v[i].name))
			f->keys[f->nkeys++] = c->keys.v[i];
	for (size_t i = 0; i < f->nkeys; i++)
		if (str_is(f->keys[i].name, "evt.abspath"))
			f->abspath = &f->keys[i];
}

static void link_tokens(struct compiler *c, struct format *f)
{
	struct key wanted;

	f->ntokens = c->tokens.n;
	f->tokens = arena_alloc(c->arena, c->tokens.n * sizeof(*f->tokens));
	for (size_t i = 0; i < c->tokens.n; i++) {
		f->tokens[i] = c->tokens.v[i];
		wanted.name = c->token_names.v[i];
		if (wanted.name.p)
			f->tokens[i].key =
				bsearch(&wanted, f->keys, f->nkeys, sizeof(*f->keys), by_name);
	}
}

static bool read_all(struct compiler *c, struct str prefix, struct str text)
{
	size_t star = str_starts(prefix.n ? prefix : text, STR("*"));

	if (!prefix.n && !text.n)
		return refuse(c, 0, "empty formatting token", STR(""));
	if (!read_tokens(c, prefix, MIN(star, prefix.n)))
		return false;
	c->prefix_tokens = c->tokens.n;
	c->prefix_keys = c->keys.n;
	return read_tokens(c, text, prefix.n ? 0 : star);
}

struct format *format_compile_behind(struct arena *a, struct str prefix, struct str text,
	struct str source, struct atom_error *err)
{
	struct compiler c = {.arena = a, .err = err};
	struct format *f = NULL;

	*err = (struct atom_error){0};
	prefix = arena_str(a, prefix);
	text = arena_str(a, text);
	c.source = source.p ? arena_str(a, source) : source;
	if (read_all(&c, prefix, text)) {
		f = arena_zalloc(a, sizeof(*f));
		f->lenient = str_starts(prefix.n ? prefix : text, STR("*"));
		f->behind = c.prefix_tokens;
		sort_keys(&c, f);
		link_tokens(&c, f);
	}
	vec_done(&c.tokens);
	vec_done(&c.token_names);
	vec_done(&c.keys);
	return f;
}

struct format *format_compile(
	struct arena *a, struct str text, struct str source, struct atom_error *err)
{
	return format_compile_behind(a, STR(""), text, source, err);
}

/* ---- values ---- */

static bool extract(struct extractor *x, struct event_ctx *ctx, struct value *ret)
{
	if (!extractor_eval(x, ctx, ret))
		return false;
	/* b64() can yield anything. */
	if (!ptype_is_text(extractor_type(x)))
		return true;
	if (!ret->list)
		ret->s = utf8_clean(ctx->arena, ret->s);
	for (uint32_t i = 0; ret->list && i < ret->n; i++)
		ret->v[i].s = utf8_clean(ctx->arena, ret->v[i].s);
	return true;
}

static void forget(struct format *f)
{
	for (size_t i = 0; i < f->nkeys; i++)
		f->keys[i].state = UNKNOWN;
}

static void forget_other_event(struct format *f, const struct event *ev)
{
	if (f->rec == ev->rec && f->num == ev->num && f->ts == ev->ts)
		return;
	f->rec = ev->rec;
	f->num = ev->num;
	f->ts = ev->ts;
	forget(f);
}

static bool key_value(struct key *k, struct event_ctx *ctx, struct value *ret)
{
	if (k->state == UNKNOWN)
		k->state = extract(k->extractor, ctx, &k->value) ? PRESENT : MISSING;
	*ret = k->value;
	return k->state == PRESENT;
}

/* ---- text ---- */

static bool print_token(
	struct token *t, struct extractor *own, struct event_ctx *ctx, struct buf *out)
{
	struct extractor *x = own ? own : t->key->extractor;
	size_t start = out->n, n;
	struct value v;
	bool found = own ? extract(x, ctx, &v) : key_value(t->key, ctx, &v);

	if (found)
		value_print(out, extractor_field(x), &v);
	else
		buf_puts(out, "<NA>");
	n = out->n - start;
	if (t->width && n > t->width)
		out->n = start + t->width;
	else if (t->width)
		buf_pad(out, ' ', t->width - n);
	return found;
}

/* From this token on. */
static bool print_from(
	struct format *f, size_t first, bool behind, struct event_ctx *ctx, struct buf *out)
{
	bool complete = true;

	for (size_t i = first; i < f->ntokens; i++) {
		struct token *t = &f->tokens[i];

		if (t->key)
			complete = print_token(t, t->own[behind], ctx, out) && complete;
		else
			buf_str(out, t->text);
	}
	return complete || f->lenient;
}

bool format_text(struct format *f, struct event_ctx *ctx, struct buf *out)
{
	forget_other_event(f, ctx->ev);
	return print_from(f, 0, false, ctx, out);
}

bool format_text_behind(struct format *f, struct event_ctx *ctx, struct buf *out)
{
	forget_other_event(f, ctx->ev);
	if (f->abspath)
		forget(f); /* the text before may have been about another descriptor */
	return print_from(f, f->behind, true, ctx, out);
}

/* ---- JSON ---- */

/* The second of three looks; see above. */
static bool counted_value(struct key *k, struct event_ctx *ctx, struct value *ret)
{
	struct value ignored;
	bool found;

	extract(k->extractor, ctx, &ignored);
	found = extract(k->extractor, ctx, ret);
	extract(k->extractor, ctx, &ignored);
	return found;
}

static void print_member(struct key *k, struct event_ctx *ctx, struct buf *out)
{
	struct value v;
	bool found =
		extractor_pure(k->extractor) ? key_value(k, ctx, &v) : counted_value(k, ctx, &v);

	buf_json(out, k->name);
	buf_char(out, ':');
	if (found)
		value_print_json(out, extractor_field(k->extractor), &v);
	else
		buf_puts(out, "null");
}

void format_json(struct format *f, struct event_ctx *ctx, bool with_transformed, struct buf *out)
{
	bool first = true;
	struct value ignored;

	forget_other_event(f, ctx->ev);
	if (f->abspath) {
		/* Falco has made the text before, so everything is about the folder now. */
		forget(f);
		key_value(f->abspath, ctx, &ignored);
	}
	for (size_t i = 0; i < f->nkeys; i++) {
		if (f->keys[i].transformed && !with_transformed)
			continue;
		if (!first)
			buf_char(out, ',');
		first = false;
		print_member(&f->keys[i], ctx, out);
	}
}

size_t format_fields(const struct format *f, const struct str **ret)
{
	*ret = f->names;
	return f->nnames;
}
