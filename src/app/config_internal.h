/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the configuration reader share.
 *
 * Files become one tree of nodes (config_tree.c), which includes and options change; then rows
 * (config_table.c) and readers of structured keys (config_lists.c) take their values from it.
 * A node knows the text it came from, so that a complaint can show the place.
 */
#ifndef APP_CONFIG_INTERNAL_H
#define APP_CONFIG_INTERNAL_H
#include "app/config.h"
#include "rules/yaml.h"

/* ---- the tree (config_tree.c) ---- */

/* A text that nodes come from: a file, or one -o. */
struct conf_source {
	const char *name;   /* of the file; the main file's for an option */
	struct str content; /* to cut snippets from */
	const char *failed; /* first reason why it does not follow the schema, or NULL */
	bool option;
};

enum conf_kind { CONF_NULL, CONF_SCALAR, CONF_LIST, CONF_MAP };

struct conf_node {
	enum conf_kind kind;
	struct str key;	 /* in a map; NUL-terminated */
	struct str text; /* of a scalar; NUL-terminated */
	bool quoted;
	struct conf_node *first, *last, *next; /* children; sibling */
	size_t nchildren;
	struct conf_source *source;
	struct ypos pos, key_pos;
};

#define conf_each(it, node) for ((it) = (node)->first; (it); (it) = (it)->next)

/* How much a configuration may hold; nodes count once for each use of an alias. */
#define CONF_MAX_FILE (16u << 20)
#define CONF_MAX_NODES 200000
#define CONF_MAX_TEXT (1u << 20) /* of one scalar after expansion */

/* Parses one YAML document; NULL with *err when it is none. Empty: a node of kind NULL. */
struct conf_node *conf_parse(
	struct arena *a, struct conf_source *source, struct str text, struct yaml_error *err);
struct conf_node *conf_new(struct arena *a, struct conf_source *source, enum conf_kind kind);
void conf_add(struct conf_node *parent, struct conf_node *child);
/* The value of key in a map, the first of equal ones; NULL: none. */
struct conf_node *conf_child(const struct conf_node *map, struct str key);
struct conf_node *conf_item(const struct conf_node *list, size_t i);
/* The node with this dotted key; no brackets, no escapes. */
struct conf_node *conf_find(const struct conf_node *root, const char *key);
/* node becomes what value is, keeping its place among its siblings. */
void conf_assign(struct conf_node *node, const struct conf_node *value);
/* A scalar of these bytes. */
struct conf_node *conf_scalar(struct arena *a, struct conf_source *source, struct str text);
/* Scalars as YAML reads them, quoted or not: yes/no..., 10, 0x10, 010 (octal), 1e3. */
bool conf_bool(const struct conf_node *n, bool *ret);
bool conf_int(const struct conf_node *n, int64_t *ret);
bool conf_double(const struct conf_node *n, double *ret); /* finite */
/* Nothing was said: no node, null, or an empty plain text. */
bool conf_unset(const struct conf_node *n);
/* As one line of JSON, every scalar a text, without what may be secret (app/secrets.h). */
void conf_dump(const struct conf_node *n, struct buf *out);
/* As compact JSON with sorted keys, scalars typed by how they read. */
void conf_json(const struct conf_node *n, struct buf *out);

enum include_strategy { INCLUDE_APPEND, INCLUDE_OVERRIDE, INCLUDE_ADD_ONLY };
/* Joins the top-level keys of an included file into root. */
void conf_include(struct conf_node *root, struct conf_node *file, enum include_strategy how);

/* ---- ${VAR} (config_env.c) ---- */

/*
 * Replaces ${VAR} by the variable's value (nothing when it is unset), again and again, and $${ by
 * ${, in every scalar below n. NULL, or the node that grows without end.
 */
struct conf_node *conf_expand_env(struct arena *a, struct conf_node *n);

/* ---- -o (config_path.c) ---- */

/* The node that path names, made where missing; NULL with a reason in err. */
struct conf_node *conf_make(struct arena *a, struct conf_node *root, struct conf_source *source,
	struct str path, char err[256]);

/* ---- rows (config_table.c) ---- */

enum row_type {
	ROW_BOOL,
	ROW_INT,
	ROW_DOUBLE,
	ROW_STRING,
	ROW_ENUM,
	ROW_STRINGS,
	ROW_OTHER,
	ROW_ALIAS,
	ROW_GROUP,
	ROW_SECTION
};

enum row_flag { ROW_OLD = 1 << 0 };

enum row_shape {
	SHAPE_NONE,
	SHAPE_CONFIG_FILES,
	SHAPE_RULES,
	SHAPE_PLUGINS,
	SHAPE_APPEND_OUTPUT,
	SHAPE_STATIC_FIELDS,
	SHAPE_MAX
};

struct config_choice {
	const char *name; /* NULL ends the list */
	int value;
	bool hidden; /* accepted, not offered */
};

struct config_row {
	enum row_type type;
	const char *key; /* of a section: its title */
	const char *help;
	const char *shipped; /* as YAML; NULL: not in the shipped file */
	unsigned flags;	     /* enum row_flag */
	size_t offset;	     /* of the member in struct config */
	union {
		bool b;
		int64_t i;
		double d;
		const char *s;
		int e;
	} def;
	int64_t int_min, int_max;
	double double_min, double_max;
	const char *unit;
	const char *what; /* its name in messages; NULL: the key */
	const struct config_choice *choices;
	const char *unknown; /* message for none of the choices; $v, $c */
	enum row_shape shape;
	const char *target; /* of an alias */
};

extern const struct config_row config_rows[];
extern const size_t config_nrows;
/* The row of a key, groups included; NULL: none. */
const struct config_row *config_row_find(struct str key);
/* Whether rows say something about key or what is in it. */
bool config_key_known(struct str key);
void config_set_defaults(struct config *c);

/* ---- loading (config.c) ---- */

struct config_load {
	struct config *c;
	struct diags *diags;
	struct conf_node *root;
	VEC(struct conf_source *) files;
};

/* Complaints about a node; the text is completed with where it is. */
struct diag *conf_error(struct config_load *l, const struct conf_node *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct diag *conf_warning(struct config_load *l, const struct conf_node *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_remedy(struct config_load *l, struct diag *g, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* n's key is none of names: warns, proposes the nearest, marks the file as not valid. */
void conf_unknown_key(struct config_load *l, const struct conf_node *n, const char *where,
	const char *const *names, size_t nnames);
/* The same for every key in n that is none of names. */
void conf_check_names(struct config_load *l, const struct conf_node *n, const char *where,
	const char *const *names, size_t nnames);
/* The text of a key in n; NULL when it is not there or is none, which is an error. */
const char *conf_text(struct config_load *l, const struct conf_node *n, const char *key);
/* What kind of thing a node is, for messages: "a list". */
const char *conf_kind_name(const struct conf_node *n);

/* The tree of a file, a map; NULL when there is none, which has been said then. */
struct conf_node *config_read_file(struct config_load *l, const char *path);
/* Reads what config_files names into the tree (config_include.c). */
void config_include_files(struct config_load *l);

/* ---- from the tree into struct config ---- */

/* Warns of keys that no row knows; options_only: only of those that come from -o. */
void config_check_keys(struct config_load *l, const struct conf_node *root, bool options_only);
/* All rows with a member, aliases (config_read.c). */
void config_read_rows(struct config_load *l);
/* Structured keys (config_lists.c, config_plugins.c). */
void config_read_lists(struct config_load *l);
void config_read_plugins(struct config_load *l);
/* What single rows can not tell: contradictions, things missing (config_check.c). */
void config_cross_check(struct config_load *l);
/* Where the rules files are (config_rules.c). */
void config_find_rules(struct config_load *l);
/* Scalars of a list, or a single one, into list; anything else is an error. */
void config_read_strings(
	struct config_load *l, const struct conf_node *n, const char *key, string_list *list);
/* Milliseconds of a duration like 1h30m; false: it is none. */
bool config_duration(struct str s, uint64_t *ret_ms);
#endif
