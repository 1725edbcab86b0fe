/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules, macros and lists as -L and -l show them: as they were written ("info"), and what was
 * made of them ("details").  Keys of objects and elements of sets are in alphabetical order.
 */
#include "rules/internal.h"

#include <stdlib.h>

#define NAME_WIDTH 50
#define TEXT_INDENT 51
#define TEXT_WIDTH 110

/* One description being written. */
struct describer {
	struct buf *b;
	const struct ruleset *set;
	const struct rules_collected *col;
	struct arena arena; /* for what is put together on the way */
};

/* ---- JSON ---- */

static void key(struct buf *b, const char *name)
{
	char before = b->n ? b->p[b->n - 1] : '{';

	if (before != '{' && before != '[' && before != ':')
		buf_char(b, ',');
	buf_json(b, str_c(name));
	buf_char(b, ':');
}

static void put_text(struct buf *b, const char *name, const char *value)
{
	key(b, name);
	buf_json(b, str_c(value));
}

static void put_bool(struct buf *b, const char *name, bool value)
{
	key(b, name);
	buf_puts(b, value ? "true" : "false");
}

static void put_number(struct buf *b, const char *name, uint64_t value)
{
	key(b, name);
	buf_u64(b, value);
}

static void put_texts(struct buf *b, const char *name, const char *const *v, size_t n)
{
	key(b, name);
	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		buf_puts(b, i ? "," : "");
		buf_json(b, str_c(v[i]));
	}
	buf_char(b, ']');
}

static int compare(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void put_set(struct buf *b, const char *name, str_list *v)
{
	if (v->n)
		qsort(v->v, v->n, sizeof(*v->v), compare);
	key(b, name);
	buf_char(b, '[');
	for (size_t i = 0; i < v->n; i++) {
		buf_puts(b, i ? "," : "");
		buf_json(b, v->v[i]);
	}
	buf_char(b, ']');
}

static void put_ast(struct buf *b, const char *name, const struct node *n)
{
	struct buf text = {0};

	ast_print(&text, n);
	key(b, name);
	buf_json(b, buf_view(&text));
	buf_done(&text);
}

static void add_once(str_list *v, struct str s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->v[i], s))
			return;
	vec_push(v, s);
}

/* ---- names of events ---- */

static void add_event_names(str_list *v, const struct event_set *events)
{
	for (unsigned i = EV_SYSCALL_X + 1; i < EV_MAX; i++)
		if (event_set_has(events, (uint16_t)i) && !(event_table[i].flags & EF_UNUSED))
			add_once(v, str_c(event_table[i].name));
}

static void add_syscall_names(str_list *v, const struct syscall_set *calls)
{
	for (unsigned i = 1; i < SC_MAX; i++) {
		const struct syscall_info *s = &syscall_table[i];

		if (!syscall_set_has(calls, (uint16_t)i))
			continue;
		add_once(v, str_c(s->event == EV_SYSCALL_X ? s->name : event_table[s->event].name));
	}
}

static void put_events(
	struct buf *b, const struct event_set *events, const struct syscall_set *calls)
{
	str_list names = {0};

	add_event_names(&names, events);
	add_syscall_names(&names, calls);
	put_set(b, "events", &names);
	vec_done(&names);
}

/* ---- rules ---- */

static void put_rule_info(struct buf *b, const struct rule_def *def)
{
	key(b, "info");
	buf_char(b, '{');
	put_bool(b, "capture", def->v.capture);
	put_number(b, "capture_duration", def->v.capture_duration_ms);
	put_text(b, "condition", def->v.condition);
	put_text(b, "description", def->v.desc);
	put_bool(b, "enabled", def->v.enabled);
	put_text(b, "name", def->name);
	put_text(b, "output", def->v.output);
	put_text(b, "priority", priority_name(def->v.priority));
	put_text(b, "source", def->source);
	put_texts(b, "tags", def->v.tags, def->v.ntags);
	buf_char(b, '}');
}

static void add_comps(str_list *v, const struct exception_value *comps)
{
	if (comps->text.n)
		add_once(v, comps->text);
	for (size_t i = 0; i < comps->n; i++)
		add_comps(v, &comps->items[i]);
}

static void put_exceptions(struct buf *b, const struct rule_def *def)
{
	str_list names = {0}, operators = {0};

	for (size_t i = 0; i < def->v.nexceptions; i++) {
		add_once(&names, str_c(def->v.exceptions[i].name));
		add_comps(&operators, &def->v.exceptions[i].comps);
	}
	put_texts(b, "exception_fields", def->exception_fields, def->nexception_fields);
	put_set(b, "exception_names", &names);
	put_set(b, "exception_operators", &operators);
	vec_done(&names);
	vec_done(&operators);
}

static void put_extra_fields(struct buf *b, const struct rule *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nextra; i++)
		n += !r->extra[i].plain;
	if (!n)
		return;
	key(b, "extra_output_formatted_fields");
	buf_char(b, '{');
	for (size_t i = 0; i < r->nextra; i++)
		if (!r->extra[i].plain)
			put_text(b, r->extra[i].name, r->extra[i].text);
	buf_char(b, '}');
}

static void collect_output_fields(const struct rule *r, str_list *ret)
{
	const struct str *fields;
	size_t n = format_fields(r->format, &fields);

	for (size_t i = 0; i < r->nextra; i++)
		vec_push(ret, str_c(r->extra[i].text));
	for (size_t i = 0; i < n; i++)
		vec_push(ret, fields[i]);
}

static void put_output_fields(struct buf *b, const str_list *fields)
{
	key(b, "output_fields");
	buf_char(b, '[');
	for (size_t i = 0; i < fields->n; i++) {
		buf_puts(b, i ? "," : "");
		buf_json(b, fields->v[i]);
	}
	buf_char(b, ']');
}

static void add_plugin(const struct describer *d, str_list *v, struct str field, const char *source)
{
	ptrdiff_t arg = field.p ? str_chr(field, '[') : -1;
	const char *name = d->col->plugin_of(
		d->col->plugin_arg, arg < 0 ? field : str_head(field, (size_t)arg), source);

	if (name)
		add_once(v, str_c(name));
}

static void put_plugins(const struct describer *d, const struct rule *r,
	const struct details *details, const str_list *output)
{
	str_list names = {0};

	if (d->col->plugin_of) {
		add_plugin(d, &names, STR_NONE, r->source);
		for (size_t i = 0; i < details->fields.n; i++)
			add_plugin(d, &names, details->fields.v[i], r->source);
		for (size_t i = 0; i < output->n; i++)
			add_plugin(d, &names, output->v[i], r->source);
	}
	put_set(d->b, "plugins", &names);
	vec_done(&names);
}

static void put_rule(struct describer *d, const struct rule_def *def)
{
	const struct rule *r = def->compiled;
	struct details written = {0}, compiled = {0};
	struct parse_error err;
	struct node *ast = filter_parse(&d->arena, str_c(r->condition), &err);
	str_list output = {0};
	struct buf *b = d->b;

	if (ast)
		details_collect(&written, d->col, &d->arena, ast);
	details_collect(&compiled, d->col, &d->arena, r->ast);
	collect_output_fields(r, &output);
	buf_puts(b, "{\"details\":{");
	put_ast(b, "condition_compiled", r->ast);
	put_set(b, "condition_fields", &compiled.fields);
	put_set(b, "condition_operators", &compiled.operators);
	put_events(b, &r->events, &r->syscalls);
	put_exceptions(b, def);
	put_extra_fields(b, r);
	put_set(b, "lists", &written.lists);
	put_set(b, "macros", &written.macros);
	put_text(b, "output_compiled", r->output_compiled);
	put_output_fields(b, &output);
	put_plugins(d, r, &compiled, &output);
	buf_puts(b, "}");
	put_rule_info(b, def);
	buf_puts(b, "}");
	details_done(&written);
	details_done(&compiled);
	vec_done(&output);
}

/* ---- macros and lists ---- */

static void put_macro(struct describer *d, const struct macro_def *m)
{
	struct details written = {0}, compiled = {0};
	struct parse_error err;
	struct node *ast = filter_parse(&d->arena, str_c(m->condition), &err);
	struct event_set events;
	struct syscall_set calls;
	struct buf *b = d->b;

	if (ast)
		details_collect(&written, d->col, &d->arena, ast);
	details_collect(&compiled, d->col, &d->arena, m->ast);
	ast_types(m->ast, &events, &calls);
	events.bits[EV_ASYNCEVENT_E / 64] |= UINT64_C(1) << (EV_ASYNCEVENT_E % 64);
	buf_puts(b, "{\"details\":{");
	put_ast(b, "condition_compiled", m->ast);
	put_set(b, "condition_fields", &compiled.fields);
	put_set(b, "condition_operators", &compiled.operators);
	put_events(b, &events, &calls);
	put_set(b, "lists", &written.lists);
	put_set(b, "macros", &written.macros);
	put_texts(b, "plugins", NULL, 0);
	put_bool(b, "used", m->used);
	buf_puts(b, "},\"info\":{");
	put_text(b, "condition", m->condition);
	put_text(b, "name", m->name);
	buf_puts(b, "}}");
	details_done(&written);
	details_done(&compiled);
}

static bool has(const struct list_def *l, const char *item)
{
	for (size_t i = 0; i < l->compiled.n; i++)
		if (!strcmp(l->compiled.v[i], item))
			return true;
	return false;
}

/* An item that is no longer there is the name of a list. */
static void put_list(struct describer *d, const struct list_def *l)
{
	struct buf *b = d->b;
	str_list lists = {0};
	size_t n = 0;

	for (size_t i = 0; i < l->items.n; i++)
		if (!has(l, l->items.v[i]))
			add_once(&lists, str_c(l->items.v[i]));
	buf_puts(b, "{\"details\":{");
	put_texts(b, "items_compiled", l->compiled.v, l->compiled.n);
	put_set(b, "lists", &lists);
	put_texts(b, "plugins", NULL, 0);
	put_bool(b, "used", l->used);
	buf_puts(b, "},\"info\":{");
	key(b, "items");
	buf_char(b, '[');
	for (size_t i = 0; i < l->items.n; i++) {
		if (!has(l, l->items.v[i]))
			continue;
		buf_puts(b, n++ ? "," : "");
		buf_json(b, str_c(l->items.v[i]));
	}
	buf_char(b, ']');
	put_text(b, "name", l->name);
	buf_puts(b, "}}");
	vec_done(&lists);
}

/* ---- everything ---- */

static void put_requirement(struct buf *b, const struct plugin_requirement *p, bool main)
{
	buf_char(b, '{');
	if (main) {
		key(b, "alternatives");
		buf_char(b, '[');
		for (size_t i = 0; i < p->nalternatives; i++) {
			buf_puts(b, i ? "," : "");
			put_requirement(b, &p->alternatives[i], false);
		}
		buf_char(b, ']');
	}
	put_text(b, "name", p->name);
	put_text(b, "version", p->version);
	buf_char(b, '}');
}

static void put_all(struct describer *d)
{
	struct buf *b = d->b;
	const struct rules_collected *col = d->col;
	size_t n = 0;

	key(b, "lists");
	buf_char(b, '[');
	for (size_t i = 0; i < col->lists.n; i++) {
		buf_puts(b, i ? "," : "");
		put_list(d, col->lists.v[i]);
	}
	buf_puts(b, "]");
	key(b, "macros");
	buf_char(b, '[');
	for (size_t i = 0; i < col->macros.n; i++) {
		if (!col->macros.v[i]->ast)
			continue;
		buf_puts(b, n++ ? "," : "");
		put_macro(d, col->macros.v[i]);
	}
	buf_puts(b, "]");
	put_text(b, "required_engine_version", d->set->required_engine_version);
	key(b, "required_plugin_versions");
	buf_char(b, '[');
	for (size_t i = 0; i < d->set->nplugins; i++) {
		buf_puts(b, i ? "," : "");
		put_requirement(b, &d->set->plugins[i], true);
	}
	buf_puts(b, "]");
}

/* Calls put for one rule, or for all that were compiled; false when there is none. */
static bool each_rule(struct describer *d, const char *name,
	void (*put)(struct describer *, const struct rule_def *), const char *between)
{
	const struct rules_collected *col = d->col;
	size_t n = 0;

	for (size_t i = 0; i < col->rules.n; i++) {
		const struct rule_def *def = col->rules.v[i];

		if (!def->compiled || (name && strcmp(def->name, name) != 0))
			continue;
		buf_puts(d->b, n++ ? between : "");
		put(d, def);
	}
	return n || !name;
}

bool ruleset_describe_json(struct buf *b, const struct ruleset *r, const char *rule)
{
	struct describer d = {.b = b, .set = r, .col = r->collected};
	bool found;

	arena_init(&d.arena, 0);
	buf_char(b, '{');
	if (!rule)
		put_all(&d);
	key(b, "rules");
	buf_char(b, '[');
	found = each_rule(&d, rule, put_rule, ",");
	buf_puts(b, "]}");
	arena_done(&d.arena);
	return found;
}

/* ---- text ---- */

/* Words of text in lines of TEXT_WIDTH columns, the first of which begins at TEXT_INDENT. */
static void put_wrapped(struct buf *b, struct str text)
{
	size_t col = TEXT_INDENT;
	bool first = true;

	for (;;) {
		size_t n = 0;

		text = str_trim(text);
		while (n < text.n && !strchr(" \t\n\r", text.p[n]))
			n++;
		if (!n)
			break;
		if (!first && col + 1 + n > TEXT_WIDTH) {
			buf_char(b, '\n');
			buf_pad(b, ' ', TEXT_INDENT);
			col = TEXT_INDENT;
		} else if (!first) {
			buf_char(b, ' ');
			col++;
		}
		buf_str(b, str_head(text, n));
		col += n;
		text = str_from(text, n);
		first = false;
	}
}

static void put_rule_text(struct describer *d, const struct rule_def *def)
{
	buf_printf(d->b, "%-*s ", NAME_WIDTH, def->name);
	put_wrapped(d->b, str_c(def->v.desc));
	buf_puts(d->b, "\n\n");
}

bool ruleset_describe_text(struct buf *b, const struct ruleset *r, const char *rule)
{
	struct describer d = {.b = b, .set = r, .col = r->collected};

	buf_printf(b, "%-*s %s\n", NAME_WIDTH, "Rule", "Description");
	buf_printf(b, "%-*s %s\n", NAME_WIDTH, "----", "-----------");
	return each_rule(&d, rule, put_rule_text, "");
}
