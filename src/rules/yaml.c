/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree over libyaml's events.
 *
 * The tree lives in the caller's arenas; nothing of libyaml outlives yaml_load().  Nesting is kept
 * on an explicit stack of bounded depth, and every node knows how heavy it is with its aliases
 * expanded, so a file cannot make its readers recurse or loop without end.
 *
 * Rules tools of the field quote the error texts of yaml-cpp, so libyaml's problems are given
 * those; a problem without a counterpart keeps libyaml's own words.
 */
#include "rules/yaml.h"

#include <stdio.h>
#include <strings.h>
#include <yaml.h>

#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"

/* A container under construction, and the anchor it will be known by. */
struct level {
	struct ynode *node;
	bool flow; /* in brackets */
	VEC(struct ynode *) kids;
};

struct loader {
	struct arena *arena, *texts;
	struct str text;
	yaml_parser_t parser;
	struct yaml_error *err;
	struct smap anchors; /* of the document: name to node */
	struct level levels[YAML_MAX_DEPTH];
	unsigned depth;
	size_t cursor_char, cursor_byte; /* where the last mark was */
	VEC(struct ynode *) docs;
};

static const struct {
	const char *problem, *context; /* of libyaml; context: part of it, or NULL */
	const char *text;
} wordings[] = {
	{"mapping values are not allowed in this context", NULL, "illegal map value"},
	{"mapping keys are not allowed in this context", NULL, "illegal map key"},
	{"block sequence entries are not allowed in this context", NULL, "illegal block entry"},
	{"could not find expected ':'", NULL, "illegal map value"},
	{"did not find expected key", NULL, "end of map not found"},
	{"did not find expected '-' indicator", NULL, "end of sequence not found"},
	{"did not find expected ',' or ']'", NULL, "end of sequence flow not found"},
	{"did not find expected ',' or '}'", NULL, "end of map flow not found"},
	{"found character that cannot start any token", NULL, "unknown token"},
	{"found unexpected end of stream", NULL, "illegal EOF in scalar"},
	{"found unexpected document indicator", NULL, "illegal document indicator in scalar"},
	{"did not find expected hexdecimal number", NULL,
		"bad character found while scanning hex number"},
	{"found an indentation indicator equal to 0", NULL,
		"cannot set zero indentation for a block scalar"},
	{"did not find expected comment or line break", "block scalar",
		"unexpected character in block scalar"},
	{"found a tab character that violates indentation", NULL,
		"illegal tab when looking for indentation"},
	{"found a tab character where an indentation space is expected", NULL,
		"illegal tab when looking for indentation"},
	{"did not find expected alphabetic or numeric character", "anchor",
		"anchor not found after &"},
	{"did not find expected alphabetic or numeric character", "alias",
		"alias not found after *"},
	{"found duplicate %YAML directive", NULL, "repeated YAML directive"},
	{"found duplicate %TAG directive", NULL, "repeated TAG directive"},
	{"found incompatible YAML document", NULL, "YAML major version too large"},
	{"did not find expected <document start>", NULL, "unexpected token after end of document"},
};

/* Bytes of the UTF-8 sequence that starts with c; libyaml has checked the text. */
static size_t sequence_length(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static struct ypos position(struct loader *l, yaml_mark_t mark)
{
	if (mark.index < l->cursor_char)
		l->cursor_char = l->cursor_byte = 0;
	while (l->cursor_char < mark.index && l->cursor_byte < l->text.n) {
		size_t left = mark.index - l->cursor_char;
		size_t run = utf8_ascii(str_head(str_from(l->text, l->cursor_byte), left));

		l->cursor_char += MAX(run, 1);
		l->cursor_byte +=
			run ? run : sequence_length((unsigned char)l->text.p[l->cursor_byte]);
	}
	return (struct ypos){(unsigned)mark.line + 1, (unsigned)mark.column + 1,
		l->cursor_byte < l->text.n ? l->cursor_byte : l->text.n};
}

static bool fail(struct loader *l, struct ypos pos, const char *message, struct str detail)
{
	l->err->pos = pos;
	snprintf(l->err->message, sizeof(l->err->message), "%s%.*s", message, STR_ARG(detail));
	return false;
}

static const char *wording(const char *problem, const char *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(wordings); i++)
		if (!strcmp(problem, wordings[i].problem) &&
			(!wordings[i].context || strstr(context, wordings[i].context)))
			return wordings[i].text;
	return problem;
}

/* Inside of [ or {: which of them was not closed. */
static const char *unclosed(const struct loader *l)
{
	return l->levels[l->depth - 1].node->kind == YN_SEQUENCE ? "end of sequence flow not found"
								 : "end of map flow not found";
}

/* A line that has no ':' where a key must stand: what is wrong is the next ':'. */
static struct ypos next_colon(struct loader *l, struct ypos pos)
{
	for (struct ypos p = pos; p.offset < l->text.n; p.offset++, p.col++) {
		char c = l->text.p[p.offset];

		if (c == '\n')
			break;
		if (c == ':')
			return p;
	}
	return pos;
}

static bool fail_parser(struct loader *l)
{
	yaml_parser_t *p = &l->parser;
	const char *problem = p->problem ? p->problem : "unknown YAML parsing error";
	struct ypos pos = position(l, p->problem_mark);
	struct str at = str_from(l->text, pos.offset);

	if (p->error == YAML_PARSER_ERROR && !at.n && l->depth && l->levels[l->depth - 1].flow)
		return fail(l, l->levels[l->depth - 1].node->pos, unclosed(l), STR(""));
	if (p->error == YAML_PARSER_ERROR && at.n && (at.p[0] == ']' || at.p[0] == '}'))
		return fail(l, pos, "illegal flow end", STR(""));
	if (!strcmp(problem, "found unknown escape character"))
		return fail(l, pos, "unknown escape character: ", str_head(str_from(at, 1), 1));
	if (!strcmp(problem, "could not find expected ':'"))
		pos = next_colon(l, pos);
	return fail(l, pos, wording(problem, p->context ? p->context : ""), STR(""));
}

static bool is_null(struct str s)
{
	return !s.n || str_is(s, "~") || str_is(s, "null") || str_is(s, "Null") ||
	       str_is(s, "NULL");
}

static bool anchor(struct loader *l, const yaml_char_t *name, struct ynode *n)
{
	if (name)
		smap_put(&l->anchors, arena_str(l->arena, str_c((const char *)name)), n);
	return true;
}

/* Puts a finished node where it belongs. */
static bool attach(struct loader *l, struct ynode *n)
{
	struct level *top;

	if (!l->depth) {
		vec_push(&l->docs, n);
		return true;
	}
	top = &l->levels[l->depth - 1];
	vec_push(&top->kids, n);
	top->node->weight += n->weight;
	if (top->node->weight > YAML_MAX_WEIGHT)
		return fail(l, n->pos, "the document has too many nodes", STR(""));
	return true;
}

static bool on_scalar(struct loader *l, const yaml_event_t *ev)
{
	struct ynode *n = arena_zalloc(l->arena, sizeof(*n));

	n->text = arena_str(
		l->texts, str_n((const char *)ev->data.scalar.value, ev->data.scalar.length));
	n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	n->kind = !n->quoted && is_null(n->text) ? YN_NULL : YN_SCALAR;
	n->pos = position(l, ev->start_mark);
	n->weight = 1;
	return anchor(l, ev->data.scalar.anchor, n) && attach(l, n);
}

static bool on_start(struct loader *l, const yaml_event_t *ev, enum ynode_kind kind, bool flow,
	const yaml_char_t *name)
{
	struct ynode *n = arena_zalloc(l->arena, sizeof(*n));

	n->kind = kind;
	n->text = STR("");
	n->pos = position(l, ev->start_mark);
	n->weight = 0; /* until it is complete: an alias to it would be a loop */
	if (l->depth == YAML_MAX_DEPTH)
		return fail(l, n->pos, "the document is nested too deeply", STR(""));
	l->levels[l->depth].node = n;
	l->levels[l->depth].flow = flow;
	vec_clear(&l->levels[l->depth].kids);
	l->depth++;
	return anchor(l, name, n);
}

static bool on_end(struct loader *l)
{
	struct level *top = &l->levels[--l->depth];
	struct ynode *n = top->node;

	n->nkids = top->kids.n;
	n->kids = arena_alloc(l->arena, n->nkids * sizeof(*n->kids));
	if (n->nkids)
		memcpy(n->kids, top->kids.v, n->nkids * sizeof(*n->kids));
	n->weight++;
	return attach(l, n);
}

static bool is_open(const struct loader *l, const struct ynode *n)
{
	for (unsigned i = 0; i < l->depth; i++)
		if (l->levels[i].node == n)
			return true;
	return false;
}

static bool on_alias(struct loader *l, const yaml_event_t *ev)
{
	struct str name = str_c((const char *)ev->data.alias.anchor);
	struct ynode *n = smap_get(&l->anchors, name);
	struct ypos pos = position(l, ev->start_mark);

	if (!n)
		return fail(l, pos, "the referenced anchor is not defined: ", name);
	if (is_open(l, n))
		return fail(l, pos, "an alias inside of its own anchor: ", name);
	return attach(l, n);
}

static bool on_event(struct loader *l, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		smap_done(&l->anchors);
		l->anchors = (struct smap){0};
		return true;
	case YAML_SCALAR_EVENT:
		return on_scalar(l, ev);
	case YAML_ALIAS_EVENT:
		return on_alias(l, ev);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(l, ev, YN_SEQUENCE,
			ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
			ev->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_start(l, ev, YN_MAPPING,
			ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
			ev->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(l);
	default:
		return true;
	}
}

static bool load_all(struct loader *l)
{
	yaml_event_t ev;
	bool ok, more = true;

	while (more) {
		if (!yaml_parser_parse(&l->parser, &ev))
			return fail_parser(l);
		ok = on_event(l, &ev);
		more = ev.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
		if (!ok)
			return false;
	}
	return true;
}

/*
 * Bytes that libyaml does not take (control characters, what is no UTF-8) become '?', as other
 * readers of rules take them; offsets stay the same.
 */
static struct str clean(struct arena *a, struct str text)
{
	char *copy = NULL;
	size_t n;

	for (size_t i = utf8_ascii(text); i < text.n; i += n, i += utf8_ascii(str_from(text, i))) {
		unsigned char c = (unsigned char)text.p[i];

		n = utf8_valid(str_from(text, i));
		if (n > 1 || c == '\n' || c == '\r' || c == '\t' || (n && c >= ' ' && c != 0x7f))
			continue;
		n = 1;
		if (!copy)
			copy = arena_strdup(a, text);
		copy[i] = '?';
	}
	return copy ? str_n(copy, text.n) : text;
}

static bool is_utf16(struct str text)
{
	return str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff"));
}

bool yaml_load(struct arena *a, struct arena *texts, struct str text, struct ynode ***ret_docs,
	size_t *ret_n, struct yaml_error *err)
{
	struct loader l = {.arena = a, .texts = texts, .text = text, .err = err};
	bool ok;

	if (text.n > YAML_MAX_SIZE)
		return fail(&l, (struct ypos){1, 1, 0}, "the text is too long", STR(""));
	if (!yaml_parser_initialize(&l.parser))
		return fail(&l, (struct ypos){1, 1, 0}, "out of memory", STR(""));
	if (!is_utf16(text)) {
		l.text = text = clean(a, text);
		yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	}
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)text.p, text.n);
	ok = load_all(&l);
	yaml_parser_delete(&l.parser);
	if (ok) {
		*ret_n = l.docs.n;
		*ret_docs = arena_alloc(a, l.docs.n * sizeof(**ret_docs));
		if (l.docs.n)
			memcpy(*ret_docs, l.docs.v, l.docs.n * sizeof(**ret_docs));
	}
	vec_done(&l.docs);
	smap_done(&l.anchors);
	for (unsigned i = 0; i < YAML_MAX_DEPTH; i++)
		vec_done(&l.levels[i].kids);
	return ok;
}

static size_t find(const struct ynode *n, const char *key)
{
	if (n && n->kind == YN_MAPPING)
		for (size_t i = 0; i + 1 < n->nkids; i += 2)
			if (n->kids[i]->kind <= YN_SCALAR && str_is(n->kids[i]->text, key))
				return i;
	return SIZE_MAX;
}

struct ynode *yaml_get(const struct ynode *n, const char *key)
{
	size_t i = find(n, key);

	return i == SIZE_MAX ? NULL : n->kids[i + 1];
}

/* YAML 1.1 knows a word in lower case, in upper case, and with a capital in front. */
static bool is_word(struct str s, const char *word)
{
	struct str w = str_c(word);
	bool upper, lower;

	if (!str_eq_nocase(s, w))
		return false;
	upper = lower = true;
	for (size_t i = 1; i < s.n; i++) {
		lower &= s.p[i] == w.p[i];
		upper &= s.p[i] != w.p[i];
	}
	return lower || (upper && s.p[0] != w.p[0]);
}

bool yaml_bool(const struct ynode *n, bool *ret)
{
	static const char *const words[][2] = {
		{"y", "n"}, {"yes", "no"}, {"true", "false"}, {"on", "off"}};

	if (n->kind != YN_SCALAR)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (unsigned k = 0; k < 2; k++)
			if (is_word(n->text, words[i][k])) {
				*ret = k == 0;
				return true;
			}
	return false;
}

bool yaml_u32(const struct ynode *n, uint32_t *ret)
{
	struct str s = n->text;
	char *end;
	unsigned long long v;

	if (n->kind != YN_SCALAR || !s.n || s.p[0] == '-' || strchr(" \t\n", s.p[0]))
		return false;
	v = strtoull(s.p, &end, 0);
	if (end != s.p + s.n || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}
