/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON schema of rules files, as rows: one per object, one per key.
 *
 * It is checked as loosely as Falco checks it: YAML has only texts, so any value is a "string"; a
 * "boolean" is true or false to the letter, an "integer" is decimal.  A failure is a hint for the
 * author and never keeps a file from loading.
 */
#include "rules/internal.h"

enum schema_type { ANY, STRING, BOOLEAN, INTEGER, ARRAY, OBJECT, ENUM, UNION };

struct schema {
	const char *title; /* of an object or enum, else NULL */
	enum schema_type type;
	const struct schema *items; /* ARRAY */
	const struct schema_key {
		const char *name;
		const struct schema *value;
		bool required;
	} * keys;		  /* OBJECT: ends with a NULL name */
	const char *const *words; /* ENUM: ends with NULL */
	bool not_empty;		  /* OBJECT: it has at least one key */
};

static const struct schema any = {.type = ANY}, string = {.type = STRING};
static const struct schema boolean = {.type = BOOLEAN}, integer = {.type = INTEGER};
static const struct schema strings = {.type = ARRAY, .items = &string};
static const struct schema item = {.title = "Item", .type = UNION};
static const struct schema items = {.type = ARRAY, .items = &item};

static const struct schema overridden = {.title = "OverriddenItem",
	.type = ENUM,
	.words = (const char *const[]){"append", "replace", NULL}};

static const struct schema priority = {.title = "Priority",
	.type = ENUM,
	.words = (const char *const[]){"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING",
		"NOTICE", "INFO", "INFORMATIONAL", "DEBUG", NULL}};

static const struct schema alternative = {.title = "Alternative",
	.type = OBJECT,
	.keys = (const struct schema_key[]){
		{"name", &string, true}, {"version", &string, true}, {NULL, NULL, false}}};
static const struct schema alternatives = {.type = ARRAY, .items = &alternative};

static const struct schema exception = {.title = "Exception",
	.type = OBJECT,
	.keys = (const struct schema_key[]){{"comps", &any, false}, {"fields", &any, false},
		{"name", &string, true}, {"values", &any, false}, {NULL, NULL, false}}};
static const struct schema exceptions = {.type = ARRAY, .items = &exception};

static const struct schema override = {.title = "Override",
	.type = OBJECT,
	.not_empty = true,
	.keys = (const struct schema_key[]){{"capture", &overridden, false},
		{"capture_duration", &overridden, false}, {"condition", &overridden, false},
		{"desc", &overridden, false}, {"enabled", &overridden, false},
		{"exceptions", &overridden, false}, {"items", &overridden, false},
		{"output", &overridden, false}, {"priority", &overridden, false},
		{"skip-if-unknown-filter", &overridden, false}, {"tags", &overridden, false},
		{"warn_evttypes", &overridden, false}, {NULL, NULL, false}}};

static const struct schema plugin_version = {.title = "RequiredPluginVersion",
	.type = OBJECT,
	.keys = (const struct schema_key[]){{"alternatives", &alternatives, false},
		{"name", &string, true}, {"version", &string, true}, {NULL, NULL, false}}};
static const struct schema plugin_versions = {.type = ARRAY, .items = &plugin_version};

static const struct schema falco_rule = {.title = "FalcoRule",
	.type = OBJECT,
	.keys = (const struct schema_key[]){
#define RULE_KEY(name, schema, ...) {name, &schema, false},
#include "tables/rule_keys.def"
		{NULL, NULL, false}}};
static const struct schema falco_rules = {.type = ARRAY, .items = &falco_rule};

/* What "definitions" holds, by title. */
static const struct schema *const definitions[] = {&alternative, &exception, &falco_rule, &item,
	&overridden, &override, &priority, &plugin_version};

/* ---- checking ---- */

/* The way from the document to the value at hand; one step per level. */
struct path {
	const struct path *parent;
	const char *key; /* NULL: an element */
	size_t index;
};

static void put_path(struct buf *b, const struct path *p)
{
	if (!p) {
		buf_puts(b, "<root>");
		return;
	}
	put_path(b, p->parent);
	if (p->key)
		buf_printf(b, "[%s]", p->key);
	else
		buf_printf(b, "[%zu]", p->index);
}

static void refuse(struct load_result *r, const struct path *p, const char *why, const char *word)
{
	struct buf b = {0};

	buf_puts(&b, "failed for ");
	put_path(&b, p);
	buf_printf(&b, ": %s", why);
	if (word)
		buf_printf(&b, " '%s'", word);
	vec_push(&r->schema_warnings, arena_strdup(&r->diags.arena, buf_view(&b)));
	buf_done(&b);
}

static void check(
	struct load_result *r, const struct path *p, const struct ynode *n, const struct schema *s);

static void check_keys(
	struct load_result *r, const struct path *p, const struct ynode *n, const struct schema *s)
{
	for (size_t i = 0; i + 1 < n->nkids; i += 2) {
		const struct schema_key *k = s->keys;
		struct path at = {p, n->kids[i]->text.p, 0};

		while (k->name && !str_is(n->kids[i]->text, k->name))
			k++;
		if (k->name)
			check(r, &at, n->kids[i + 1], k->value);
		else
			refuse(r, p, "unknown key", at.key);
	}
	for (const struct schema_key *k = s->keys; k->name; k++)
		if (k->required && !yaml_get(n, k->name))
			refuse(r, p, "missing key", k->name);
	if (s->not_empty && !n->nkids)
		refuse(r, p, "object without a key", NULL);
}

static bool is_integer(struct str s)
{
	int64_t v;

	return str_to_i64(s, &v);
}

static bool is_word(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_is(s, *words))
			return true;
	return false;
}

/* An empty array passes for an object and the other way round. */
static bool is_empty_container(const struct ynode *n)
{
	return (n->kind == YN_MAPPING || n->kind == YN_SEQUENCE) && !n->nkids;
}

static void check(
	struct load_result *r, const struct path *p, const struct ynode *n, const struct schema *s)
{
	static const char *const booleans[] = {"true", "false", NULL};

	switch (s->type) {
	case ANY:
	case STRING:
	case UNION:
		break;
	case BOOLEAN:
		if (n->kind != YN_SCALAR || !is_word(n->text, booleans))
			refuse(r, p, "not a boolean", NULL);
		break;
	case INTEGER:
		if (n->kind != YN_SCALAR || !is_integer(n->text))
			refuse(r, p, "not an integer", NULL);
		break;
	case ENUM:
		if (n->kind != YN_SCALAR || !is_word(n->text, s->words))
			refuse(r, p, "not one of the words of", s->title);
		break;
	case ARRAY:
		if (n->kind != YN_SEQUENCE && !is_empty_container(n))
			refuse(r, p, "not an array", NULL);
		for (size_t i = 0; n->kind == YN_SEQUENCE && i < n->nkids; i++)
			check(r, &(struct path){p, NULL, i}, n->kids[i], s->items);
		break;
	case OBJECT:
		if (n->kind == YN_MAPPING)
			check_keys(r, p, n, s);
		else if (!is_empty_container(n))
			refuse(r, p, "not an object", NULL);
		break;
	}
}

void schema_check(struct load_result *r, const struct ynode *doc)
{
	check(r, NULL, doc, &falco_rules);
	r->schema = r->schema_warnings.n ? SCHEMA_FAILED : SCHEMA_OK;
}

/* ---- printing ---- */

/* JSON with every member on a line of its own. */
struct printer {
	struct buf *b;
	unsigned depth;
	bool first; /* nothing is in the object or array yet */
};

static void member(struct printer *p, const char *name)
{
	buf_puts(p->b, p->first ? "\n" : ",\n");
	buf_pad(p->b, ' ', p->depth * 2);
	p->first = false;
	if (name) {
		buf_json(p->b, str_c(name));
		buf_puts(p->b, ": ");
	}
}

static void begin(struct printer *p, char bracket)
{
	buf_char(p->b, bracket);
	p->depth++;
	p->first = true;
}

static void end(struct printer *p, char bracket)
{
	p->depth--;
	if (!p->first) {
		buf_char(p->b, '\n');
		buf_pad(p->b, ' ', p->depth * 2);
	}
	buf_char(p->b, bracket);
	p->first = false;
}

static void text(struct printer *p, const char *name, const char *value)
{
	member(p, name);
	buf_json(p->b, str_c(value));
}

/* A value where it is used: a reference when it has a title. */
static void print_use(struct printer *p, const struct schema *s)
{
	static const char *const types[] = {
		"", "string", "boolean", "integer", "array", "object", "string", ""};
	struct buf ref = {0};

	begin(p, '{');
	if (s->title) {
		buf_printf(&ref, "#/definitions/%s", s->title);
		text(p, "$ref", buf_cstr(&ref));
		buf_done(&ref);
	} else if (s->type != ANY) {
		if (s->type == ARRAY) {
			member(p, "items");
			print_use(p, s->items);
		}
		text(p, "type", types[s->type]);
	}
	end(p, '}');
}

static void print_object(struct printer *p, const struct schema *s)
{
	member(p, "additionalProperties");
	buf_puts(p->b, "false");
	if (s->not_empty) {
		member(p, "minProperties");
		buf_puts(p->b, "1");
	}
	member(p, "properties");
	begin(p, '{');
	for (const struct schema_key *k = s->keys; k->name; k++) {
		member(p, k->name);
		print_use(p, k->value);
	}
	end(p, '}');
	if (!s->not_empty) {
		member(p, "required");
		begin(p, '[');
		for (const struct schema_key *k = s->keys; k->name; k++)
			if (k->required)
				text(p, NULL, k->name);
		end(p, ']');
	}
	text(p, "title", s->title);
	text(p, "type", "object");
}

static void print_definition(struct printer *p, const struct schema *s)
{
	member(p, s->title);
	begin(p, '{');
	if (s->type == OBJECT) {
		print_object(p, s);
	} else if (s->type == ENUM) {
		member(p, "enum");
		begin(p, '[');
		for (const char *const *w = s->words; *w; w++)
			text(p, NULL, *w);
		end(p, ']');
		text(p, "title", s->title);
		text(p, "type", "string");
	} else {
		member(p, "anyOf");
		begin(p, '[');
		member(p, NULL);
		print_use(p, &integer);
		member(p, NULL);
		print_use(p, &string);
		end(p, ']');
		text(p, "title", s->title);
	}
	end(p, '}');
}

void rules_schema(struct buf *b)
{
	struct printer p = {.b = b};

	begin(&p, '{');
	text(&p, "$schema", "http://json-schema.org/draft-06/schema#");
	member(&p, "definitions");
	begin(&p, '{');
	for (size_t i = 0; i < ARRAY_SIZE(definitions); i++)
		print_definition(&p, definitions[i]);
	end(&p, '}');
	member(&p, "items");
	print_use(&p, falco_rules.items);
	text(&p, "type", "array");
	end(&p, '}');
}
