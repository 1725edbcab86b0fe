/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists and macros in conditions.
 *
 * Lists are substituted in the text, wherever a list's name stands alone between delimiters and
 * not in quotes; any list may be used by any condition.  Macros are put into the parsed tree: a
 * macro sees those that were defined before its own last change, a rule sees all of them.
 * A tree grows with every macro in it, so its size and depth are bounded.
 */
#include "rules/internal.h"

#include <limits.h>

#define MAX_NODES (1u << 18)
#define MAX_DEPTH 2000
#define MAX_NESTING 500 /* of definitions that wait for others */

/* ---- lists ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_delimiter(char c)
{
	static const bool delimiters[UCHAR_MAX + 1] = {[' '] = true,
		['\t'] = true,
		['\n'] = true,
		['\r'] = true,
		['('] = true,
		[')'] = true,
		[','] = true,
		['='] = true};

	return delimiters[(unsigned char)c];
}

void put_item(struct buf *b, struct str item)
{
	bool quoted = item.n && (item.p[0] == '"' || item.p[0] == '\'');
	bool call = str_chr(item, '(') >= 0; /* a transformer, or a list in parentheses */
	bool blank = str_chr(item, ' ') >= 0, odd = false;

	for (size_t i = 0; i < item.n && !call; i++)
		odd |= strchr("\t\n\r='\"", item.p[i]) != NULL;
	if (quoted || (item.n && !blank && !odd)) {
		buf_str(b, item);
		return;
	}
	buf_char(b, '"');
	for (size_t i = 0; i < item.n; i++) {
		if (item.p[i] == '"' && !(i && item.p[i - 1] == '\\'))
			buf_char(b, '\\');
		buf_char(b, item.p[i]);
	}
	buf_char(b, '"');
}

/* Adds the lists that words of the text name, in quotes or not. */
static void find_mentions(const struct rules_collected *col, struct str text, def_list *out)
{
	for (size_t start = 0, i = 0; i <= text.n; i++) {
		struct list_def *d;

		if (i < text.n && !is_delimiter(text.p[i]))
			continue;
		d = i > start ? list_find(col, str_n(text.p + start, i - start)) : NULL;
		if (d)
			vec_push(out, d);
		start = i + 1;
	}
}

static void list_resolve(struct rules_loader *l, struct list_def *d)
{
	struct rules_collected *col = l->col;

	d->state = LIST_RESOLVING;
	l->nesting++;
	for (size_t i = 0; i < d->items.n; i++) {
		struct list_def *ref = list_find(col, str_c(d->items.v[i]));

		if (ref && ref->index < d->visibility && ref->state == LIST_NEW &&
			l->nesting < MAX_NESTING)
			list_resolve(l, ref);
		if (!ref || ref->index >= d->visibility || ref->state != LIST_DONE) {
			vec_push(&d->compiled, d->items.v[i]);
			continue;
		}
		ref->used = true;
		for (size_t k = 0; k < ref->compiled.n && d->compiled.n < MAX_NODES; k++)
			vec_push(&d->compiled, ref->compiled.v[k]);
	}
	for (size_t i = 0; i < d->compiled.n; i++)
		find_mentions(col, str_c(d->compiled.v[i]), &d->mentions);
	l->nesting--;
	d->state = LIST_DONE;
}

/* A name with delimiters in it is no word of a text. */
static bool is_odd_name(const char *name)
{
	return strpbrk(name, " \t\n\r(),=") != NULL;
}

void lists_resolve(struct rules_loader *l)
{
	for (size_t i = 0; i < l->col->lists.n; i++) {
		struct list_def *d = l->col->lists.v[i];

		if (d->state == LIST_NEW)
			list_resolve(l, d);
		if (is_odd_name(d->name))
			vec_push(&l->col->odd_lists, d);
	}
}

/* The end of the quoted text that starts at i, or i when none does. */
static size_t skip_quoted(struct str s, size_t i)
{
	char quote = s.p[i];

	if (quote != '"' && quote != '\'')
		return i;
	for (size_t k = i + 1; k < s.n; k++)
		if (s.p[k] == quote && s.p[k - 1] != '\\')
			return k + 1;
	return s.n;
}

/* Where name stands alone at or behind from; SIZE_MAX: nowhere. */
static size_t find_name(struct str s, struct str name, size_t from)
{
	for (size_t i = from; i + name.n <= s.n;) {
		size_t next = skip_quoted(s, i);

		if (next > i) {
			i = next;
			continue;
		}
		if (s.p[i] == name.p[0] && (!i || is_delimiter(s.p[i - 1])) &&
			!memcmp(s.p + i, name.p, name.n) &&
			(i + name.n == s.n || is_delimiter(s.p[i + name.n])))
			return i;
		i++;
	}
	return SIZE_MAX;
}

/* An empty list takes a comma with it. */
static size_t put_list_items(struct buf *b, struct str s, size_t end, const struct list_def *d)
{
	while (b->n && is_blank(b->p[b->n - 1]))
		b->n--;
	while (end < s.n && is_blank(s.p[end]))
		end++;
	if (!d->compiled.n) {
		if (b->n && b->p[b->n - 1] == ',')
			b->n--;
		else if (end < s.n && s.p[end] == ',')
			end++;
	}
	buf_puts(b, b->n ? " " : "");
	for (size_t i = 0; i < d->compiled.n; i++) {
		buf_puts(b, i ? ", " : "");
		put_item(b, str_c(d->compiled.v[i]));
	}
	buf_char(b, ' ');
	return end;
}

static bool substitute_list(struct buf *b, struct str s, const struct list_def *d)
{
	struct str name = str_c(d->name);
	size_t at = find_name(s, name, 0), done = 0;

	if (at == SIZE_MAX)
		return false;
	for (; at != SIZE_MAX; at = find_name(s, name, MAX(done, at + name.n))) {
		buf_put(b, s.p + done, at - done);
		done = put_list_items(b, s, at + name.n, d);
	}
	buf_put(b, s.p + done, s.n - done);
	return true;
}

/* The first of the lists whose position is at least from. */
static struct list_def *next_list(const def_list *lists, size_t from)
{
	struct list_def *first = NULL;

	for (size_t i = 0; i < lists->n; i++)
		if (lists->v[i]->position >= from &&
			(!first || lists->v[i]->position < first->position))
			first = lists->v[i];
	return first;
}

/* Lists one after the other, so that items can name those behind. */
struct str lists_substitute(struct rules_collected *col, struct arena *a, struct str text)
{
	struct buf b = {0};
	def_list todo = {0};
	struct list_def *d;

	find_mentions(col, text, &todo);
	for (size_t i = 0; i < col->odd_lists.n; i++)
		vec_push(&todo, col->odd_lists.v[i]);
	for (size_t from = 0; (d = next_list(&todo, from)); from = d->position + 1) {
		if (!substitute_list(&b, text, d))
			continue;
		d->used = true;
		text = arena_str(a, buf_view(&b));
		b.n = 0;
		for (size_t i = 0; i < d->mentions.n; i++)
			vec_push(&todo, d->mentions.v[i]);
	}
	buf_done(&b);
	vec_done(&todo);
	return text;
}

/* ---- macros ---- */

/* One condition while macros are put in. */
struct resolver {
	struct rules_loader *l;
	const struct ctx *condition; /* where it stands */
	struct str text;
	uint32_t visibility;
	const struct macro_def *self; /* it is this macro's; NULL: a rule's */
	const struct macro_def *loop; /* found to be used by itself */
	VEC(struct str) undefined;    /* reported */
	size_t weight;
	bool ok;
};

static const struct macro_def *macro_resolve(struct rules_loader *l, struct macro_def *m);

static const struct ctx *place(struct resolver *r, const struct node *n)
{
	return ctx_expression(
		&r->l->arena, r->condition, ITEM_CONDITION_EXPRESSION, r->text, n->pos);
}

static const char *nearest_macro(struct rules_collected *col, struct str name)
{
	const char **names = mem_alloc((col->macros.n + 1) * sizeof(*names));
	const char *hit;

	for (size_t i = 0; i < col->macros.n; i++)
		names[i] = col->macros.v[i]->name;
	hit = str_nearest(name, names, col->macros.n);
	free(names);
	return hit;
}

static void undefined_macro(struct resolver *r, const struct node *n)
{
	struct rules_collected *col = r->l->col;
	const struct ctx *c;

	if (col->incomplete && !macro_find(col, n->ident))
		return;
	for (size_t i = 0; i < r->undefined.n; i++)
		if (str_eq(r->undefined.v[i], n->ident))
			return;
	vec_push(&r->undefined, n->ident);
	c = place(r, n);
	fault(c, LOAD_ERR_VALIDATE, "Undefined macro '%.*s' used in filter.", STR_ARG(n->ident));
	if (macro_find(col, n->ident))
		fault_remedy(c, "The macro is defined further below: move it up.");
	else if (list_find(col, n->ident))
		fault_remedy(c, "'%.*s' is a list: write FIELD in (%.*s).", STR_ARG(n->ident),
			STR_ARG(n->ident));
	else
		fault_nearest(c, nearest_macro(col, n->ident));
}

static void mark_origin(struct node *n, struct str name)
{
	if (n->kind == NODE_CHECK && !n->origin.p)
		n->origin = name;
	for (size_t i = 0; n->kind != NODE_CHECK && i < n->nkids; i++)
		mark_origin(n->kids[i], name);
}

static void reference_loop(struct resolver *r, const struct node *n, const struct macro_def *head)
{
	r->ok = false;
	if (head != r->self)
		r->loop = head;
	else
		fault(place(r, n), LOAD_ERR_VALIDATE, "reference loop in macro '%.*s'",
			STR_ARG(n->ident));
}

static void put_macro(struct resolver *r, struct node **slot, unsigned depth)
{
	const struct node *n = *slot;
	struct macro_def *m = macro_find(r->l->col, n->ident);
	const struct macro_def *head = NULL;

	if (!m || m->index >= r->visibility) {
		r->ok = false;
		undefined_macro(r, n);
		return;
	}
	m->used = true;
	if (m->state == MACRO_RESOLVING)
		head = m;
	else if (m->state == MACRO_NEW && r->l->nesting < MAX_NESTING)
		head = macro_resolve(r->l, m);
	if (head) {
		reference_loop(r, n, head);
		return;
	}
	if (m->broken) {
		r->ok = false;
		return;
	}
	r->weight += m->weight;
	if (!m->ast || r->weight > MAX_NODES || depth + m->depth > MAX_DEPTH) {
		r->ok = fault(place(r, n), LOAD_ERR_COMPILE_CONDITION,
			"condition is too large with macro '%s' in it", m->name);
		return;
	}
	*slot = ast_copy(&r->l->arena, m->ast);
	mark_origin(*slot, str_c(m->name));
}

static void put_macros(struct resolver *r, struct node **slot, unsigned depth)
{
	struct node *n = *slot;

	r->weight++;
	if (n->kind == NODE_IDENT)
		put_macro(r, slot, depth);
	else if (n->kind != NODE_CHECK)
		for (size_t i = 0; i < n->nkids; i++)
			put_macros(r, &n->kids[i], depth + 1);
}

static struct node *resolve(struct resolver *r)
{
	struct parse_error err;
	struct node *n = filter_parse(&r->l->arena, r->text, &err);

	if (!n) {
		fault(ctx_expression(&r->l->arena, r->condition, ITEM_CONDITION_EXPRESSION, r->text,
			      err.pos),
			LOAD_ERR_COMPILE_CONDITION, "%s", err.message);
		return NULL;
	}
	r->ok = true;
	put_macros(r, &n, 1);
	vec_done(&r->undefined);
	return r->ok ? n : NULL;
}

struct node *condition_resolve(
	struct rules_loader *l, const struct ctx *condition, struct str text, uint32_t visibility)
{
	struct resolver r = {
		.l = l, .condition = condition, .text = text, .visibility = visibility};

	return resolve(&r);
}

static unsigned ast_depth(const struct node *n)
{
	unsigned deepest = 0;

	for (size_t i = 0; n->kind != NODE_CHECK && i < n->nkids; i++)
		deepest = MAX(deepest, ast_depth(n->kids[i]));
	return deepest + 1;
}

/* Returns the macro through which m leads back to itself from outside of m, or NULL. */
static const struct macro_def *macro_resolve(struct rules_loader *l, struct macro_def *m)
{
	struct resolver r = {
		.l = l, .condition = m->condition_ctx, .visibility = m->visibility, .self = m};

	m->state = MACRO_RESOLVING;
	l->nesting++;
	if (!m->broken) {
		m->text = lists_substitute(l->col, &l->arena, str_c(m->condition));
		r.text = m->text;
		m->ast = resolve(&r);
		m->broken = !m->ast;
	}
	if (m->ast) {
		m->weight = r.weight;
		m->depth = ast_depth(m->ast);
	}
	l->nesting--;
	m->state = MACRO_DONE;
	return r.loop;
}

void macros_resolve(struct rules_loader *l)
{
	for (size_t i = 0; i < l->col->macros.n; i++)
		if (l->col->macros.v[i]->state == MACRO_NEW)
			macro_resolve(l, l->col->macros.v[i]);
}
