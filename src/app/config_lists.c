/* SPDX-License-Identifier: Apache-2.0 */
/* Structured keys about rules and what they print: rules, append_output, static_fields. */
#include "app/config_internal.h"

/* ---- rules ---- */

static void read_selection(struct config_load *l, const struct conf_node *n)
{
	static const char *const actions[] = {"enable", "disable"}, *const by[] = {"rule", "tag"};
	const struct conf_node *what = conf_child(n, STR("enable"));
	bool enable = what;
	const char *rule, *tag;

	if (!what)
		what = conf_child(n, STR("disable"));
	if (!what || what->kind != CONF_MAP) {
		conf_remedy(l,
			conf_error(l, n, "an entry of rules must enable or disable something"),
			"Write it as: - disable: {rule: \"Name*\"}, or with tag: instead of "
			"rule:.");
		return;
	}
	conf_check_names(l, n, "rules", actions, 2);
	conf_check_names(l, what, enable ? "rules.enable" : "rules.disable", by, 2);
	rule = conf_text(l, what, "rule");
	tag = conf_text(l, what, "tag");
	if ((!rule || !*rule) && (!tag || !*tag)) {
		conf_error(l, what, "an entry of rules must have a rule or a tag");
		return;
	}
	if (rule && *rule)
		*vec_add(&l->c->rule_selections) = (struct rule_selection){enable, rule, NULL};
	if (tag && *tag)
		*vec_add(&l->c->rule_selections) = (struct rule_selection){enable, NULL, tag};
}

/* ---- append_output ---- */

static const char **copy_list(struct config_load *l, const string_list *list)
{
	const char **copy = arena_alloc(&l->c->arena, (list->n + 1) * sizeof(*copy));

	if (list->n)
		memcpy(copy, list->v, list->n * sizeof(*copy));
	return copy;
}

static void read_match(struct config_load *l, const struct conf_node *n, struct append_output *ret)
{
	static const char *const names[] = {"rule", "source", "tags"};
	string_list tags = {0};

	if (n->kind != CONF_MAP) {
		conf_error(l, n, "match must be a mapping of rule, source and tags, not %s",
			conf_kind_name(n));
		return;
	}
	conf_check_names(l, n, "append_output.match", names, ARRAY_SIZE(names));
	ret->match_rule = conf_text(l, n, "rule");
	ret->match_source = conf_text(l, n, "source");
	if (conf_child(n, STR("tags")))
		config_read_strings(l, conf_child(n, STR("tags")), "tags", &tags);
	ret->match_tags = copy_list(l, &tags);
	ret->nmatch_tags = tags.n;
	vec_done(&tags);
	if (ret->match_rule && ret->nmatch_tags)
		conf_warning(l, n,
			"An append_output entry specifies both a rule (%s) and tags: it is for "
			"that "
			"rule, and only if it has all of them.",
			ret->match_rule);
}

static bool has_field(const struct append_output *a, const char *name)
{
	for (size_t i = 0; i < a->nfields; i++)
		if (!strcmp(a->fields[i].name, name))
			return true;
	return false;
}

static void read_extra_field(
	struct config_load *l, const struct conf_node *n, struct append_output *ret)
{
	struct extra_output_field f = {0};

	if (n->kind == CONF_SCALAR) {
		f.name = n->text.p;
	} else if (n->kind == CONF_MAP && n->nchildren == 1 && n->first->kind == CONF_SCALAR) {
		f.name = n->first->key.p;
		f.format = n->first->text.p;
	} else {
		conf_remedy(l, conf_error(l, n, "an extra field can not be %s", conf_kind_name(n)),
			"Write a field's name, or one pair of a name and a text.");
		return;
	}
	if (has_field(ret, f.name))
		conf_error(l, n, "the extra field '%s' is defined twice", f.name);
	else
		ret->fields[ret->nfields++] = f;
}

static void read_extra_fields(
	struct config_load *l, const struct conf_node *n, struct append_output *ret)
{
	const struct conf_node *it;

	if (n->kind != CONF_LIST) {
		conf_error(l, n, "extra_fields must be a list, not %s", conf_kind_name(n));
		return;
	}
	ret->fields = arena_alloc(&l->c->arena, (n->nchildren + 1) * sizeof(*ret->fields));
	conf_each (it, n)
		read_extra_field(l, it, ret);
}

static void read_append(struct config_load *l, const struct conf_node *n)
{
	static const char *const names[] = {
		"match", "extra_output", "extra_fields", "suggested_output"};
	const struct conf_node *match = conf_child(n, STR("match"));
	const struct conf_node *fields = conf_child(n, STR("extra_fields"));
	const struct conf_node *suggested = conf_child(n, STR("suggested_output"));
	struct append_output a = {0};

	if (n->kind != CONF_MAP) {
		conf_error(l, n, "an entry of append_output must be a mapping, not %s",
			conf_kind_name(n));
		return;
	}
	conf_check_names(l, n, "append_output", names, ARRAY_SIZE(names));
	if (match && !conf_unset(match))
		read_match(l, match, &a);
	if (fields && !conf_unset(fields))
		read_extra_fields(l, fields, &a);
	a.extra_output = conf_text(l, n, "extra_output");
	if (suggested && !conf_unset(suggested) && !conf_bool(suggested, &a.suggested_output))
		conf_error(l, suggested, "suggested_output must be true or false");
	vec_push(&l->c->append_outputs, a);
}

/* ---- all ---- */

/* Each entry of a list; a mapping in its place is a list of one. */
static void each_entry(struct config_load *l, const char *key,
	void (*read)(struct config_load *l, const struct conf_node *n))
{
	const struct conf_node *n = conf_child(l->root, str_c(key)), *it;

	if (conf_unset(n))
		return;
	if (n->kind == CONF_MAP)
		read(l, n);
	else if (n->kind == CONF_LIST)
		conf_each (it, n)
			read(l, it);
	else
		conf_error(l, n, "%s must be a list, not %s", key, conf_kind_name(n));
}

static void read_static_fields(struct config_load *l)
{
	const struct conf_node *n = conf_child(l->root, STR("static_fields")), *it;

	if (conf_unset(n))
		return;
	if (n->kind != CONF_MAP) {
		conf_error(l, n, "static_fields must be a mapping of names to texts, not %s",
			conf_kind_name(n));
		return;
	}
	conf_each (it, n) {
		if (it->kind != CONF_SCALAR)
			conf_error(l, it, "the static field '%s' must be a text, not %s", it->key.p,
				conf_kind_name(it));
		else
			*vec_add(&l->c->static_fields) =
				(struct extra_output_field){it->key.p, it->text.p};
	}
}

void config_read_lists(struct config_load *l)
{
	each_entry(l, "rules", read_selection);
	each_entry(l, "append_output", read_append);
	read_static_fields(l);
}
