/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON schema of the configuration (draft 6), made of the rows. */
#include "app/config_internal.h"
#include "app/json.h"

/* What a plain row can not say about structured keys. */
static const char *const shapes[SHAPE_MAX] = {
	[SHAPE_NONE] = "{}",
	[SHAPE_CONFIG_FILES] =
		("{\"type\":\"array\",\"items\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":"
		 "\"object\","
		 "\"additionalProperties\":false,\"required\":[\"path\"],\"properties\":{\"path\":{"
		 "\"type\":\"string\"},\"strategy\":{\"type\":\"string\",\"enum\":[\"append\","
		 "\"override\",\"add-only\"]}}}]}}"),
	[SHAPE_RULES] = ("{\"type\":\"array\",\"items\":{\"type\":\"object\","
			 "\"additionalProperties\":false,"
			 "\"minProperties\":1,\"properties\":{\"enable\":{\"$ref\":\"#/definitions/"
			 "selection\"},"
			 "\"disable\":{\"$ref\":\"#/definitions/selection\"}}}}"),
	[SHAPE_PLUGINS] =
		("{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":"
		 "false,"
		 "\"required\":[\"library_path\",\"name\"],\"properties\":{\"name\":{\"type\":"
		 "\"string\"},"
		 "\"library_path\":{\"type\":\"string\"},\"init_config\":{\"type\":[\"object\","
		 "\"string\",\"null\"]},\"open_params\":{\"type\":[\"string\",\"null\"]}}}}"),
	[SHAPE_APPEND_OUTPUT] =
		("{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":"
		 "false,"
		 "\"properties\":{\"match\":{\"type\":\"object\",\"additionalProperties\":false,"
		 "\"properties\":{\"rule\":{\"type\":\"string\"},\"source\":{\"type\":\"string\"},"
		 "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}},\"extra_output\":"
		 "{"
		 "\"type\":\"string\"},\"extra_fields\":{\"type\":\"array\",\"items\":{\"anyOf\":[{"
		 "\"type\":\"object\",\"maxProperties\":1,\"additionalProperties\":{\"type\":"
		 "\"string\"}},"
		 "{\"type\":\"string\"}]}},\"suggested_output\":{\"type\":\"boolean\"}}}}"),
	[SHAPE_STATIC_FIELDS] = "{\"type\":\"object\"}",
};

static const char definitions[] =
	"{\"selection\":{\"type\":\"object\",\"additionalProperties\":false,\"minProperties\":1,"
	"\"properties\":{\"rule\":{\"type\":\"string\"},\"tag\":{\"type\":\"string\"}}}}";

/* Hidden choices are accepted, so they are valid; the default is the first of its value. */
static void put_choices(struct buf *out, const struct config_row *r)
{
	const struct config_choice *c;

	buf_puts(out, ",\"type\":\"string\",\"enum\":[");
	for (c = r->choices; c->name; c++)
		buf_printf(out, "%s\"%s\"", c == r->choices ? "" : ",", c->name);
	for (c = r->choices; c->value != r->def.e; c++)
		;
	buf_printf(out, "],\"default\":\"%s\"", c->name);
}

/* Members of a row's schema, after its description. */
static void put_type(struct buf *out, const struct config_row *r)
{
	switch (r->type) {
	case ROW_BOOL:
		buf_printf(
			out, ",\"type\":\"boolean\",\"default\":%s", r->def.b ? "true" : "false");
		break;
	case ROW_INT:
		buf_printf(out, ",\"type\":\"integer\",\"default\":%lld,\"minimum\":%lld",
			(long long)r->def.i, (long long)r->int_min);
		if (r->int_max < INT64_MAX)
			buf_printf(out, ",\"maximum\":%lld", (long long)r->int_max);
		break;
	case ROW_DOUBLE:
		buf_printf(out,
			",\"type\":\"number\",\"default\":%g,\"minimum\":%g,\"maximum\":%.0f",
			r->def.d, r->double_min, r->double_max);
		break;
	case ROW_STRING:
		buf_puts(out, ",\"type\":\"string\",\"default\":");
		buf_json(out, str_c(r->def.s));
		break;
	case ROW_ENUM:
		put_choices(out, r);
		break;
	case ROW_STRINGS:
		buf_puts(out, ",\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
			      "{\"type\":\"string\"}]");
		break;
	default:
		break;
	}
}

static void put_row(struct buf *out, const struct config_row *r)
{
	const struct config_row *said =
		r->type == ROW_ALIAS ? config_row_find(str_c(r->target)) : r;

	if (r->type == ROW_OTHER) {
		buf_puts(out, shapes[r->shape]);
		return;
	}
	buf_puts(out, "{\"description\":");
	buf_json(out, str_c(r->help));
	put_type(out, said);
	if (r->flags & ROW_OLD)
		buf_puts(out, ",\"deprecated\":true");
	buf_char(out, '}');
}

/* The part of key that follows prefix, when it is directly below it; else NULL. */
static const char *child_name(const char *key, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *name = n ? key + n + 1 : key;

	if (n && (strncmp(key, prefix, n) || key[n] != '.'))
		return NULL;
	return strchr(name, '.') ? NULL : name;
}

static void put_group(struct buf *out, const char *prefix, const char *help)
{
	const char *sep = "", *name;

	buf_puts(out, "{\"type\":\"object\",\"additionalProperties\":false,\"description\":");
	buf_json(out, str_c(help));
	buf_puts(out, ",\"properties\":{");
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++) {
		if (r->type == ROW_SECTION || !(name = child_name(r->key, prefix)))
			continue;
		buf_printf(out, "%s\"%s\":", sep, name);
		sep = ",";
		if (r->type == ROW_GROUP)
			put_group(out, r->key, r->help);
		else
			put_row(out, r);
	}
	buf_puts(out, "}}");
}

void config_schema(struct buf *out)
{
	struct buf compact = {0}, root = {0};

	put_group(&root, "", "Falco's configuration");
	buf_printf(&compact,
		"{\"$schema\":\"http://json-schema.org/draft-06/"
		"schema#\",\"title\":\"FalcoConfig\","
		"\"definitions\":%s,",
		definitions);
	buf_str(&compact, str_from(buf_view(&root), 1)); /* the same object goes on */
	json_pretty(out, buf_view(&compact));
	buf_done(&compact);
	buf_done(&root);
}
