/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions: tuples of fields, operators and values for which a rule does not apply.
 *
 * They are written into the condition as text, "(cond) and not ((f op v and g op w) or ...)", and
 * parsed with it: values may be names of lists or transformers, which only the condition's parser
 * can tell.
 */
#include "rules/internal.h"

#define MAX_VALUE_DEPTH 8 /* nothing deeper than rows of lists of texts has a meaning */

/* ---- reading ---- */

static struct exception_value read_value(struct arena *a, const struct ynode *n, unsigned depth)
{
	struct exception_value v = {.text = STR("")};

	if (n->kind == YN_SCALAR)
		v.text = n->text;
	if (n->kind != YN_SEQUENCE || depth == MAX_VALUE_DEPTH)
		return v;
	v.list = true;
	v.n = n->nkids;
	v.items = arena_alloc(a, v.n * sizeof(*v.items));
	for (size_t i = 0; i < v.n; i++)
		v.items[i] = read_value(a, n->kids[i], depth + 1);
	return v;
}

/* The first empty text in a node, which is a mistake in fields, comps and values alike. */
static const struct ynode *find_empty(const struct ynode *n, unsigned depth)
{
	if (n->kind == YN_SCALAR && (!n->text.n || memchr(n->text.p, '\0', n->text.n)))
		return n;
	for (size_t i = 0; n->kind == YN_SEQUENCE && depth < MAX_VALUE_DEPTH && i < n->nkids; i++) {
		const struct ynode *e = find_empty(n->kids[i], depth + 1);

		if (e)
			return e;
	}
	return NULL;
}

static bool checked_value(struct rules_loader *l, const struct ctx *c, const char *key,
	const struct ynode *n, struct exception_value *ret)
{
	const struct ynode *empty = find_empty(n, 0);

	if (empty) {
		const struct ctx *vc = ctx_item(&l->arena, c, "value for", str_c(key), empty);

		return fault(vc, LOAD_ERR_YAML_VALIDATE,
			empty->text.n ? "Could not decode scalar value"
				      : "Value must be non-empty");
	}
	*ret = read_value(&l->arena, n, 0);
	return true;
}

static bool read_values(struct rules_loader *l, const struct ctx *c, const struct ynode *item,
	bool appending, struct exception *ex)
{
	const struct ynode *n = yaml_get(item, "values");
	const struct ctx *vc;
	bool ok = true;

	if (!n) {
		if (appending)
			fault(c, LOAD_APPEND_NO_VALUES,
				"Overriding/appending exception with no values");
		return true;
	}
	vc = ctx_item(&l->arena, c, "exception values", STR(""), n);
	if (n->kind != YN_SEQUENCE)
		return fault(
			vc, LOAD_ERR_YAML_VALIDATE, "Rule exception values must be a sequence");
	ex->nvalues = n->nkids;
	ex->values = arena_zalloc(&l->arena, n->nkids * sizeof(*ex->values));
	for (size_t i = 0; i < n->nkids; i++)
		ok &= checked_value(l,
			ctx_item(&l->arena, vc, "exception value", STR(""), n->kids[i]), "",
			n->kids[i], &ex->values[i]);
	return ok;
}

static bool read_exception(struct rules_loader *l, const struct ctx *rule, const struct ctx *tmp,
	const struct ynode *item, bool appending, struct exception *ex)
{
	const struct ynode *fields = yaml_get(item, "fields"), *comps = yaml_get(item, "comps");
	bool ok = true;

	if (item->kind != YN_MAPPING)
		return fault(tmp, LOAD_ERR_YAML_VALIDATE, "Rule exception must be a mapping");
	if (!item_str(tmp, &l->arena, item, "name", 0, &ex->name))
		return false;
	ex->ctx = ctx_item(&l->arena, rule, "exception", str_c(ex->name), item);
	ex->fields.text = ex->comps.text = STR("");
	if (fields)
		ok = checked_value(l, ex->ctx, "fields", fields, &ex->fields);
	else if (!appending)
		ok = fault(ex->ctx, LOAD_ERR_YAML_VALIDATE, "Item has no mapping for key 'fields'");
	if (comps)
		ok &= checked_value(l, ex->ctx, "comps", comps, &ex->comps);
	return ok & read_values(l, ex->ctx, item, appending, ex);
}

static void warn_repeated(const struct exception *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, v[n].name))
			fault(v[n].ctx, LOAD_EXCEPTION_NAME_NOT_UNIQUE,
				"Multiple definitions of exception '%s' in the same rule",
				v[n].name);
}

bool exceptions_read(struct rules_loader *l, const struct ctx *rule, const struct ynode *item,
	bool appending, struct exception **ret, size_t *ret_n)
{
	const struct ynode *n = yaml_get(item, "exceptions");
	const struct ctx *c;
	struct exception *v;
	size_t kept = 0;
	bool ok = true;

	if (!n || n->kind == YN_NULL)
		return true;
	c = ctx_item(&l->arena, rule, "exceptions", STR(""), n);
	if (n->kind != YN_SEQUENCE)
		return fault(c, LOAD_ERR_YAML_VALIDATE, "Rule exceptions must be a sequence");
	v = arena_zalloc(&l->arena, n->nkids * sizeof(*v));
	for (size_t i = 0; i < n->nkids; i++) {
		if (!read_exception(l, rule,
			    ctx_item(&l->arena, c, "exception", STR(""), n->kids[i]), n->kids[i],
			    appending, &v[kept])) {
			v[kept] = (struct exception){0};
			ok = false;
			continue;
		}
		warn_repeated(v, kept++);
	}
	*ret = v;
	*ret_n = kept;
	return ok;
}

/* ---- checking ---- */

static bool operator_known(struct str s)
{
	for (unsigned i = 0; i < OP_MAX; i++)
		if (str_is(s, op_table[i].text))
			return true;
	return false;
}

/* "startswith oneof": an operator for texts and a modifier. */
static bool operator_modified(struct str s)
{
	ptrdiff_t blank = str_chr(s, ' ');
	struct str base = str_head(s, blank < 0 ? s.n : (size_t)blank);
	struct str modifier = str_trim(str_from(s, base.n));
	bool ok = false;

	for (unsigned i = MOD_NONE + 1; i <= MOD_ALLOF; i++)
		ok |= str_is(modifier, modifier_names[i]);
	if (!ok)
		return false;
	for (unsigned i = 0; i < OP_MAX; i++)
		if (op_table[i].kind == OPK_STRING && str_is(base, op_table[i].text))
			return true;
	return false;
}

/* Whether the operator wants a list behind it. */
static bool operator_takes_list(struct str s)
{
	for (unsigned i = 0; i < OP_MAX; i++)
		if (op_table[i].kind == OPK_LIST && str_is(s, op_table[i].text))
			return true;
	return operator_modified(s);
}

static bool check_operator(const struct exception *ex, struct exception_value *comp)
{
	const char *names[OP_MAX];

	comp->text = str_trim(comp->text);
	if (operator_known(comp->text) || operator_modified(comp->text))
		return true;
	for (unsigned i = 0; i < OP_MAX; i++)
		names[i] = op_table[i].text;
	fault(ex->ctx, LOAD_ERR_VALIDATE, "'%.*s' is not a supported comparison operator",
		STR_ARG(comp->text));
	fault_nearest(ex->ctx, str_nearest(comp->text, names, OP_MAX));
	return false;
}

static bool check_field(
	struct rules_loader *l, const struct exception *ex, struct str field, const char *source)
{
	struct parse_error pe;
	struct atom_error ae = {.hint = NULL};
	struct node *n;
	bool ok;

	if (!source)
		return true;
	n = filter_parse(
		&l->scratch, arena_printf(&l->scratch, "%.*s exists", STR_ARG(field)), &pe);
	ok = n && n->kind == NODE_CHECK && n->op == OP_EXISTS &&
	     extractor_compile(&l->scratch, &n->left, str_c(source), &ae);
	arena_reset(&l->scratch);
	if (ok)
		return true;
	fault(ex->ctx, LOAD_ERR_VALIDATE, "'%.*s' is not a supported filter field", STR_ARG(field));
	fault_nearest(ex->ctx, ae.hint);
	return false;
}

static bool check_list_form(struct rules_loader *l, struct exception *ex, const char *source)
{
	bool ok = true;

	if (!exception_value_given(&ex->comps)) {
		ex->comps = (struct exception_value){.list = true, .n = ex->fields.n};
		ex->comps.items = arena_zalloc(&l->arena, ex->comps.n * sizeof(*ex->comps.items));
		for (size_t i = 0; i < ex->comps.n; i++)
			ex->comps.items[i].text = STR("=");
	}
	if (ex->fields.n != ex->comps.n || !ex->comps.list)
		return fault(ex->ctx, LOAD_ERR_VALIDATE,
			"Fields and comps lists must have equal length");
	for (size_t i = 0; i < ex->comps.n; i++)
		ok &= check_operator(ex, &ex->comps.items[i]);
	for (size_t i = 0; i < ex->fields.n; i++)
		ok &= check_field(l, ex, ex->fields.items[i].text, source);
	return ok;
}

static bool check_text_form(struct rules_loader *l, struct exception *ex, const char *source)
{
	bool ok = true;

	if (!exception_value_given(&ex->comps))
		ex->comps = (struct exception_value){.text = STR("in")};
	if (ex->comps.list)
		return fault(ex->ctx, LOAD_ERR_VALIDATE, "Fields and comps must both be strings");
	ex->comps.text = str_trim(ex->comps.text);
	if (!operator_takes_list(ex->comps.text))
		ok = fault(ex->ctx, LOAD_ERR_VALIDATE,
			"When fields is a single value, comps must be one of (in, pmatch, "
			"intersects) or "
			"a modifier operator (e.g. startswith oneof)");
	return ok & check_field(l, ex, ex->fields.text, source);
}

bool exception_check(struct rules_loader *l, struct exception *ex, const char *source)
{
	if (!exception_value_given(&ex->fields))
		return fault(ex->ctx, LOAD_ERR_VALIDATE,
			"Rule exception item must have fields property with a list of fields");
	return ex->fields.list ? check_list_form(l, ex, source) : check_text_form(l, ex, source);
}

/* ---- appending ---- */

static struct exception *find_exception(struct rule_values *v, const char *name)
{
	for (size_t i = 0; i < v->nexceptions; i++)
		if (!strcmp(v->exceptions[i].name, name))
			return &v->exceptions[i];
	return NULL;
}

static void add_values(struct rules_loader *l, struct exception *to, const struct exception *ex)
{
	size_t n = to->nvalues + ex->nvalues;
	struct exception_value *v = arena_alloc(&l->arena, n * sizeof(*v));

	if (to->nvalues)
		memcpy(v, to->values, to->nvalues * sizeof(*v));
	if (ex->nvalues)
		memcpy(v + to->nvalues, ex->values, ex->nvalues * sizeof(*v));
	to->values = v;
	to->nvalues = n;
	if (ex->nvalues)
		to->ctx = ex->ctx;
}

static bool add_exception(struct rules_loader *l, struct rule_def *rule, const struct exception *ex)
{
	struct exception *v, copy = *ex;

	if (!exception_value_given(&ex->fields))
		return fault(ex->ctx, LOAD_ERR_VALIDATE,
			"Rule exception must have fields property with a list of fields");
	if (!ex->nvalues)
		return fault(ex->ctx, LOAD_ERR_VALIDATE,
			"Rule exception must have values property with a list of values");
	if (!exception_check(l, &copy, rule->skipped ? NULL : rule->source))
		return false;
	v = arena_alloc(&l->arena, (rule->v.nexceptions + 1) * sizeof(*v));
	if (rule->v.nexceptions)
		memcpy(v, rule->v.exceptions, rule->v.nexceptions * sizeof(*v));
	v[rule->v.nexceptions++] = copy;
	rule->v.exceptions = v;
	return true;
}

bool exceptions_append(struct rules_loader *l, struct rule_def *rule, const struct rule_values *v)
{
	bool ok = true;

	for (size_t i = 0; i < v->nexceptions; i++) {
		const struct exception *ex = &v->exceptions[i];
		struct exception *to = find_exception(&rule->v, ex->name);

		if (!to)
			ok &= add_exception(l, rule, ex);
		else if (exception_value_given(&ex->fields))
			ok = fault(ex->ctx, LOAD_ERR_VALIDATE,
				"Can not append exception fields to existing exception, only "
				"values");
		else if (exception_value_given(&ex->comps))
			ok = fault(ex->ctx, LOAD_ERR_VALIDATE,
				"Can not append exception comps to existing exception, only "
				"values");
		else
			add_values(l, to, ex);
	}
	return ok;
}

/* ---- the condition's text ---- */

static void put_list(struct buf *b, const struct exception_value *v)
{
	buf_char(b, '(');
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			buf_puts(b, ", ");
		put_item(b, v->items[i].text);
	}
	buf_char(b, ')');
}

static void put_operand(struct buf *b, const struct exception_value *v, struct str op)
{
	if (v->list) {
		put_list(b, v);
	} else if (operator_takes_list(op)) {
		bool open = v->text.n && v->text.p[0] == '(';
		bool several = str_chr(v->text, ',') >= 0;

		buf_puts(b, open ? "" : "(");
		if (open || several)
			buf_str(b, v->text);
		else
			put_item(b, v->text);
		buf_puts(b, open ? "" : ")");
	} else {
		put_item(b, v->text);
	}
}

/* "((f op v and g op w) or ...)"; nothing when there are no values. */
static bool put_rows(struct buf *b, const struct exception *ex)
{
	for (size_t i = 0; i < ex->nvalues; i++) {
		const struct exception_value *row = &ex->values[i];

		if (row->n != ex->fields.n)
			return fault(ex->ctx, LOAD_ERR_VALIDATE,
				"Fields and values lists must have equal length");
		buf_puts(b, i ? " or (" : " and not ((");
		for (size_t k = 0; k < ex->fields.n; k++) {
			struct str op = ex->comps.items[k].text;

			buf_puts(b, k ? " and " : "");
			buf_str(b, ex->fields.items[k].text);
			buf_printf(b, " %.*s ", STR_ARG(op));
			put_operand(b, &row->items[k], op);
		}
		buf_char(b, ')');
	}
	buf_puts(b, ex->nvalues ? ")" : "");
	return true;
}

/* "(field op (v, w...))"; nothing when there are no values. */
static bool put_flat(struct buf *b, const struct exception *ex)
{
	for (size_t i = 0; i < ex->nvalues; i++) {
		if (ex->values[i].list)
			return fault(ex->ctx, LOAD_ERR_VALIDATE,
				"Expected values array to contain a list of strings");
		if (i)
			buf_puts(b, ", ");
		else
			buf_printf(b, " and not (%.*s %.*s (", STR_ARG(ex->fields.text),
				STR_ARG(ex->comps.text));
		put_item(b, ex->values[i].text);
	}
	buf_puts(b, ex->nvalues ? "))" : "");
	return true;
}

/* Fields of exceptions that have values. */
static void note_fields(struct rules_loader *l, struct rule_def *def)
{
	size_t n = 0;

	for (size_t i = 0; i < def->v.nexceptions; i++)
		n += MAX(def->v.exceptions[i].fields.n, 1u);
	def->exception_fields = arena_alloc(&l->arena, n * sizeof(*def->exception_fields));
	n = 0;
	for (size_t i = 0; i < def->v.nexceptions; i++) {
		const struct exception *ex = &def->v.exceptions[i];

		if (!ex->nvalues)
			continue;
		if (!ex->fields.list)
			def->exception_fields[n++] = arena_strdup(&l->arena, ex->fields.text);
		for (size_t k = 0; k < ex->fields.n; k++)
			def->exception_fields[n++] =
				arena_strdup(&l->arena, ex->fields.items[k].text);
	}
	def->nexception_fields = strs_sort(def->exception_fields, n);
}

bool exceptions_apply(struct rules_loader *l, struct rule_def *def, const char **ret)
{
	struct buf b = {0};
	bool ok = true;

	*ret = def->v.condition;
	if (!def->v.nexceptions)
		return true;
	buf_printf(&b, "(%s)", def->v.condition);
	for (size_t i = 0; i < def->v.nexceptions; i++) {
		const struct exception *ex = &def->v.exceptions[i];

		ok &= ex->fields.list ? put_rows(&b, ex) : put_flat(&b, ex);
	}
	note_fields(l, def);
	*ret = arena_strdup(&l->arena, buf_view(&b));
	buf_done(&b);
	return ok;
}
