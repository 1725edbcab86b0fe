/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of rules/ share: where an item stands, what has been collected, and the steps
 * from YAML to a ruleset.
 *
 *   load.c load_rule.c item.c   YAML items to definitions
 *   collect.c                     definitions appended to, replaced, overridden
 *   exceptions.c resolve.c        conditions to their final text, text to tree
 *   compile.c checks.c outputs.c  trees and formats compiled, the ruleset made
 *   report.c describe.c details.c what is shown of all that
 *
 * Everything here lives in the loader's arena, which becomes the ruleset's.
 */
#ifndef RULES_INTERNAL_H
#define RULES_INTERNAL_H
#include "base/map.h"
#include "filter/atom.h"
#include "filter/parse.h"
#include "rules/ruleset.h"
#include "rules/yaml.h"

/* Rows of tables/diags.def; errors come first. */
enum load_code {
#define LOAD_ERROR(code, brief) code,
#define LOAD_WARNING(code, brief, help) code,
#include "tables/diags.def"
#undef LOAD_ERROR
#undef LOAD_WARNING
	LOAD_CODE_MAX
};

struct load_code_info {
	const char *name, *brief;
	const char *help; /* NULL for errors */
};
extern const struct load_code_info load_codes[LOAD_CODE_MAX];
/* By name; never NULL for a code that this folder issued. */
const struct load_code_info *load_code_find(const char *name);

/* ---- where something stands (context.c) ---- */

/* One step of the way from a file to an item; the way is the chain of parents. */
struct ctx {
	const struct ctx *parent; /* NULL for a file */
	const char *type;	  /* "rule", "list item" ... */
	const char *name;	  /* "" when it has none */
	struct diag_pos pos;
	struct load_result *result;
	struct str text; /* of a condition expression: the text that at is an offset of */
	size_t at;
};

#define ITEM_CONDITION_EXPRESSION "condition expression"
#define ITEM_OUTPUT_EXPRESSION "rule output expression"

const struct ctx *ctx_file(struct arena *a, struct load_result *result);
const struct ctx *ctx_item(struct arena *a, const struct ctx *parent, const char *type,
	struct str name, const struct ynode *node);
/* A place in a condition's (or output's) text, which is shown instead of the file. */
const struct ctx *ctx_expression(struct arena *a, const struct ctx *parent, const char *type,
	struct str text, struct ast_pos pos);
/* Same, but reported with another file's results. */
const struct ctx *ctx_in_result(struct arena *a, const struct ctx *c, struct load_result *result);

/* Adds a diagnostic; whether it is an error or a warning, the code says. Always false. */
bool fault(const struct ctx *c, enum load_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds to the last diagnostic of c: what to do, and what it is about. */
void fault_remedy(const struct ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fault_nearest(const struct ctx *c, const char *nearest);
void fault_subject(const struct ctx *c, const char *subject);

/* ---- scalars and sequences with their types checked (item.c) ---- */

enum item_flag {
	ITEM_OPTIONAL = 1 << 0, /* the key may be missing */
	ITEM_EMPTY = 1 << 1,	/* the value may be null or "" */
};

/*
 * The value of key in item. Missing or empty values that may be leave *ret alone. False after a
 * diagnostic.
 */
bool item_str(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, const char **ret);
bool item_bool(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, bool *ret);
bool item_u32(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, uint32_t *ret);
/* A sequence of scalars, as an array in a. */
bool item_strs(const struct ctx *c, struct arena *a, const struct ynode *item, const char *key,
	unsigned flags, const char ***ret, size_t *ret_n);
/* Sorts and drops repetitions. */
size_t strs_sort(const char **v, size_t n);

/* ---- versions (version.c) ---- */

struct version {
	uint32_t major, minor, patch;
};

/* "x.y.z"; what follows is ignored. */
bool version_parse(const char *s, struct version *ret);
int version_cmp(struct version a, struct version b);
/* Whether one who has `have` satisfies `need`. */
bool version_compatible(struct version have, struct version need);

/* ---- definitions ---- */

/* Of exceptions: a text, or a list of values. Neither: not given. */
struct exception_value {
	bool list;
	struct str text;
	struct exception_value *items;
	size_t n;
};

static inline bool exception_value_given(const struct exception_value *v)
{
	return v->list ? v->n > 0 : v->text.n > 0;
}

struct exception {
	const char *name;
	const struct ctx *ctx;
	struct exception_value fields, comps;
	struct exception_value *values;
	size_t nvalues;
};

/* Keys of a rule that can be overridden, in alphabetical order. */
enum rule_key {
	RK_CAPTURE,
	RK_CAPTURE_DURATION,
	RK_CONDITION,
	RK_DESC,
	RK_ENABLED,
	RK_EXCEPTIONS,
	RK_OUTPUT,
	RK_PRIORITY,
	RK_SKIP_IF_UNKNOWN_FILTER,
	RK_TAGS,
	RK_WARN_EVTTYPES,
	RK_MAX
};

struct rule_key_info {
	const char *name;
	bool appendable; /* all are replaceable */
};
extern const struct rule_key_info rule_keys[RK_MAX];

#define RK_BIT(key) (1u << (key))

/* Values of a rule, or of an update to it: those whose bits are in has. */
struct rule_values {
	unsigned has; /* bits by enum rule_key */
	const char *condition, *output, *desc;
	const struct ctx *condition_ctx, *output_ctx;
	enum priority priority;
	bool enabled, capture, warn_evttypes, skip_if_unknown_filter;
	uint32_t capture_duration_ms;
	const char **tags; /* sorted, each once */
	size_t ntags;
	struct exception *exceptions;
	size_t nexceptions;
};

struct rule_def {
	const char *name, *source;
	const struct ctx *ctx; /* of the last item that touched it */
	struct rule_values v;
	bool broken;		       /* something about it was reported: it is not for use */
	bool skipped;		       /* its event source is unknown */
	struct rule *compiled;	       /* NULL: it is not in the ruleset */
	const char **exception_fields; /* of exceptions that have values */
	size_t nexception_fields;
};

struct macro_def {
	const char *name;
	const char *condition;
	struct str text; /* condition with lists substituted */
	const struct ctx *ctx, *condition_ctx;
	uint32_t index, visibility; /* it sees what has an index below its visibility */
	bool broken, used;
	enum { MACRO_NEW, MACRO_RESOLVING, MACRO_DONE } state;
	struct node *ast;
	size_t weight; /* nodes in ast */
	unsigned depth;
};

struct list_def;
typedef VEC(struct list_def *) def_list;

struct list_def {
	const char *name;
	size_t position; /* among all lists */
	const struct ctx *ctx;
	uint32_t index, visibility;
	bool broken, used;
	enum { LIST_NEW, LIST_RESOLVING, LIST_DONE } state;
	VEC(const char *) items;
	VEC(const char *) compiled; /* lists among the items replaced by what is in them */
	def_list mentions;	    /* by what is in compiled */
};

struct rules_collected {
	VEC(struct rule_def *) rules;
	VEC(struct macro_def *) macros;
	def_list lists;
	def_list odd_lists; /* those with names that are no words */
	struct smap rule_names, macro_names, list_names;
	uint32_t next_index;
	bool incomplete; /* a file could not be parsed: what is missing may have been there */
	struct version required; /* engine; zeros: none */
	VEC(struct plugin_requirement) plugins;
	VEC(const struct ctx *) plugin_ctx; /* of each of plugins */
	const char *(*plugin_of)(void *arg, struct str field, const char *source);
	void *plugin_arg;
};

struct rules_loader {
	struct arena arena;   /* becomes the ruleset's */
	struct arena scratch; /* for one condition or output */
	struct rules_config config;
	struct rules_collected *col;
	struct atom_table *atoms; /* becomes the ruleset's */
	VEC(struct load_result *) results;
	struct smap reported; /* what about macros was reported, to report it once */
	unsigned nesting;     /* of lists in lists, macros in macros, while they are resolved */
};

void collected_free(struct rules_collected *col);

static inline struct rule_def *rule_find(const struct rules_collected *col, const char *name)
{
	return smap_get(&col->rule_names, str_c(name));
}

static inline struct macro_def *macro_find(const struct rules_collected *col, struct str name)
{
	return smap_get(&col->macro_names, name);
}

static inline struct list_def *list_find(const struct rules_collected *col, struct str name)
{
	return smap_get(&col->list_names, name);
}

/* ---- reading (load.c, load_rule.c) ---- */

/* An override section: bits by index into the names of keys that it was read with. */
struct overrides {
	bool given; /* there is at least one valid entry */
	bool wrong; /* something was reported */
	unsigned append, replace;
};

struct override_key {
	const char *name;
	bool append, replace;
};

void overrides_read(struct rules_loader *l, const struct ctx *c, const struct ynode *item,
	const struct override_key *keys, size_t nkeys, struct overrides *ret);
/* "append" itself, with its warning and its conflict with override. False after a diagnostic. */
bool append_read(struct rules_loader *l, const struct ctx *c, const struct ynode *item,
	const struct overrides *o, bool *ret);
void warn_unknown_keys(struct rules_loader *l, const struct ctx *c, const struct ynode *item,
	const char *const *known, size_t nknown);
void load_rule(struct rules_loader *l, const struct ctx *file, const struct ynode *item);
void load_document(struct rules_loader *l, const struct ctx *file, const struct ynode *doc);

/* ---- collecting (collect.c): false after a diagnostic ---- */

bool collect_engine_version(
	struct rules_loader *l, const struct ctx *c, const char *text, struct version v);
bool collect_plugin(struct rules_loader *l, const struct ctx *c, struct plugin_requirement *p);
void collect_list(struct rules_loader *l, const struct list_def *def);
bool collect_list_append(struct rules_loader *l, const struct list_def *def);
void collect_macro(struct rules_loader *l, const struct macro_def *def);
bool collect_macro_append(struct rules_loader *l, const struct macro_def *def);
bool collect_rule(struct rules_loader *l, const struct rule_def *def);
bool collect_rule_append(struct rules_loader *l, const struct rule_def *def);
bool collect_rule_replace(struct rules_loader *l, const struct rule_def *def);
bool collect_rule_enable(struct rules_loader *l, const struct rule_def *def);
/*
 * A rule by this name was there but is wrong: what refers to it is not to complain. What could be
 * read of it is still looked at for more mistakes.
 */
void collect_broken_rule(struct rules_loader *l, const struct rule_def *def);

/* ---- exceptions (exceptions.c) ---- */

/* Those of a rule item. appending: fields may be missing. False after a diagnostic. */
bool exceptions_read(struct rules_loader *l, const struct ctx *rule, const struct ynode *item,
	bool appending, struct exception **ret, size_t *ret_n);
/* Checks and completes (comps) one; source NULL: fields are not checked. */
bool exception_check(struct rules_loader *l, struct exception *ex, const char *source);
bool exceptions_append(struct rules_loader *l, struct rule_def *rule, const struct rule_values *v);
/* The condition with all exceptions; def->exception_fields is filled. False after a diagnostic. */
bool exceptions_apply(struct rules_loader *l, struct rule_def *def, const char **ret);

/* ---- lists and macros (resolve.c) ---- */

void lists_resolve(struct rules_loader *l);
/* A value of a list or exception as conditions write it: quoted when it has to be. */
void put_item(struct buf *b, struct str item);
/* text with lists substituted, in a. */
struct str lists_substitute(struct rules_collected *col, struct arena *a, struct str text);
void macros_resolve(struct rules_loader *l);
/*
 * Parses text and puts macros in. condition: where it stands. NULL after a diagnostic, or when a
 * broken macro is used.
 */
struct node *condition_resolve(
	struct rules_loader *l, const struct ctx *condition, struct str text, uint32_t visibility);
#define VISIBILITY_ALL UINT32_MAX

/* ---- compiled checks (atoms.c) ---- */

struct shared_atom {
	const struct shared_atom *next;
	const struct node *check;
	const char *source; /* of events */
	struct atom *atom;
	bool quiet; /* nothing was said when it was compiled */
};

struct atom_table *atoms_new(void);
void atoms_free(struct atom_table *t);
void atoms_intern(struct atom_table *t, bool on);
/* NULL: not yet compiled, or not to be shared. */
const struct shared_atom *atoms_find(
	const struct atom_table *t, const struct node *check, const char *source);
/* Takes over atom->atom; a is the arena it lives in, check and source live as long. */
void atoms_add(struct atom_table *t, struct arena *a, const struct shared_atom *atom);

/* ---- compiling (compile.c, checks.c, outputs.c) ---- */

/* Whether the text of an error says that a field or event type does not exist. */
bool is_unknown_name(struct str message);
/* Compiles every check of ast, with warnings. False after a diagnostic. */
bool condition_check(
	struct rules_loader *l, const struct rule_def *def, struct str text, struct node *ast);
/* output_compiled, format and extra fields. False after a diagnostic. */
bool outputs_compile(struct rules_loader *l, const struct rule_def *def, struct rule *r);
#define NDEPRECATED_FIELDS 6
extern const char *const deprecated_fields[NDEPRECATED_FIELDS];

/* ---- details for -L (details.c) ---- */

typedef VEC(struct str) str_list;

struct details {
	str_list fields, macros, lists, operators, event_names; /* each once */
};

void details_collect(struct details *d, const struct rules_collected *col, struct arena *a,
	const struct node *n);
void details_done(struct details *d);

/* ---- schema (schema.c) ---- */

/* Texts of what the schema does not accept in doc are added to the result. */
void schema_check(struct load_result *r, const struct ynode *doc);
#endif
