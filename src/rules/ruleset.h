/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules files to a ruleset.  Files are added one after the other (macros and lists are shared,
 * later definitions append or override), then everything is compiled at once.
 */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H
#include "base/diag.h"
#include "filter/ast.h"
#include "filter/format.h"

#define ENGINE_VERSION "0.62.0"
#define ENGINE_VERSION_MINOR 62

enum priority {
	PRIORITY_EMERGENCY,
	PRIORITY_ALERT,
	PRIORITY_CRITICAL,
	PRIORITY_ERROR,
	PRIORITY_WARNING,
	PRIORITY_NOTICE,
	PRIORITY_INFORMATIONAL,
	PRIORITY_DEBUG
};
/* "Emergency" ... "Debug"; NULL beyond. */
const char *priority_name(enum priority p);
/* Accepts the names in any case, and "info". False when it is none. */
bool priority_parse(struct str s, enum priority *ret);

/* Set of event types, as bits by enum event_type. */
struct event_set {
	uint64_t bits[(EV_MAX + 63) / 64];
};
/* Set of system call codes, likewise. */
struct syscall_set {
	uint64_t bits[(SC_MAX + 63) / 64];
};

struct exception_value; /* rules/exceptions.c */

struct rule {
	uint32_t index;	  /* order in which rules are tried */
	const char *name; /* all strings NUL-terminated, in the ruleset's arena */
	const char *source;
	const char *desc;
	const char *condition;	     /* text as written, appends joined, exceptions not yet added */
	const char *output;	     /* as written, appends joined */
	const char *output_compiled; /* with what append_output and suggestions add, no prefix */
	enum priority priority;
	const char **tags; /* sorted, each once */
	size_t ntags;
	bool enabled;
	bool below_minimum; /* its priority is: it cannot be enabled */
	bool capture;
	uint64_t capture_duration_ms; /* 0: the configuration's default */
	struct node *ast;	      /* macros, lists and exceptions resolved, checks compiled */
	struct event_set events;      /* over-approximation of the types it can match */
	struct syscall_set syscalls;  /* and of the system calls */
	struct format *format;	      /* of output_compiled, behind time and priority */
	struct extra_field {
		const char *name;
		const char *text; /* of format */
		struct format *format;
		bool plain; /* it is the field called name: its value keeps its JSON type */
	} * extra;	    /* output_fields that append_output adds, by name */
	size_t nextra;
};

struct plugin_requirement {
	const char *name, *version;
	struct plugin_requirement *alternatives;
	size_t nalternatives;
};

struct ruleset {
	struct arena arena;
	struct rule **rules; /* compiled ones in order; invalid and skipped ones are not here */
	size_t nrules;
	struct rules_collected *collected;   /* macros, lists, everything -L shows */
	struct atom_table *atoms;	     /* those of all conditions */
	const char *required_engine_version; /* highest seen, "0.0.0" none */
	struct plugin_requirement *plugins;
	size_t nplugins;
};

/* append_output and -p: what to add to the outputs of which rules. */
struct append_output {
	const char *match_rule, *match_source; /* NULL: any */
	const char **match_tags;
	size_t nmatch_tags;
	const char *extra_output; /* NULL: none */
	struct extra_output_field {
		const char *name;
		const char *format; /* NULL: the field called name, with its own type */
	} * fields;
	size_t nfields;
	bool suggested_output;
};

struct rules_config {
	enum priority min_priority;
	const char *const *sources; /* known event sources; "syscall" always is */
	size_t nsources;
	const struct append_output *append;
	size_t nappend;
	bool time_iso_8601;
	bool json; /* output formats as JSON wants them */
	/* Fields of plugins that suggest themselves for outputs; those of containers always do. */
	const struct suggested_field {
		const char *field, *source;
	} * suggested;
	size_t nsuggested;
	/* Whether a loaded plugin satisfies a requirement; NULL: requirements are not checked. */
	bool (*plugin_ok)(void *arg, const char *name, const char *version);
	/*
	 * For -L, or NULL: the plugin that provides a field (without argument) to a source; the
	 * source itself when the field is STR_NONE. NULL when it is none.
	 */
	const char *(*plugin_of)(void *arg, struct str field, const char *source);
	void *plugin_arg;
};

/* Result for one file, as -V and the start-up report show it. */
struct load_result {
	const char *name; /* of the file or content */
	struct str content;
	struct diags diags;				       /* LOAD_ERR_... and LOAD_... codes */
	enum { SCHEMA_NONE, SCHEMA_OK, SCHEMA_FAILED } schema; /* NONE: it is no YAML at all */
	VEC(const char *) schema_warnings;
};

static inline bool load_ok(const struct load_result *r)
{
	return r->diags.nerrors == 0;
}

struct rules_loader;
struct rules_loader *rules_loader_new(const struct rules_config *config);
void rules_loader_free(struct rules_loader *l);
/*
 * Reads one more file's content and collects its items. The result belongs to the loader and gets
 * more diagnostics in compile. Reading goes on after mistakes, to find more of them.
 */
struct load_result *rules_loader_add(struct rules_loader *l, const char *name, struct str content);
size_t rules_loader_results(struct rules_loader *l, struct load_result ***ret);
/*
 * Compiles everything collected, once and last. Rules with errors are left out and reported in
 * the results of the file that last touched them. Never NULL; the ruleset outlives the loader.
 */
struct ruleset *rules_loader_compile(struct rules_loader *l);
void ruleset_free(struct ruleset *r);
/*
 * A ruleset is made and freed by any one thread.  The thread that matches interns the texts of its
 * conditions before it begins, which makes matching quick, and gives them back when it is done, if
 * another thread is to free it.
 */
void ruleset_intern(struct ruleset *r);
void ruleset_unintern(struct ruleset *r);

/*
 * Enables or disables rules whose name matches: exactly, by substring (-D of old), by shell
 * wildcard, or by tag. Returns how many matched.
 */
enum rule_match { RULE_MATCH_EXACT, RULE_MATCH_SUBSTRING, RULE_MATCH_WILDCARD, RULE_MATCH_TAG };
size_t ruleset_enable(struct ruleset *r, enum rule_match how, const char *what, bool enable);

/* ---- reports (rules/report.c) ---- */
/* "NAME: Ok" and, verbose, every diagnostic with context, snippet, caret, code, message, remedy. */
void load_result_text(struct buf *b, const struct load_result *r, bool verbose);
/*
 * {"name":...,"successful":...,...}. Falco stops at a file's first error, so "errors" has one;
 * the others are in "further_errors".
 */
void load_result_json(struct buf *b, const struct load_result *r);
/* "ok", "failed" or "none". */
const char *load_result_schema(const struct load_result *r);
/* JSON schema of rules files, indented by 2. */
void rules_schema(struct buf *b);
/* -L / -l: one rule (NULL: all), as JSON object or text. False when there is no such rule. */
bool ruleset_describe_json(struct buf *b, const struct ruleset *r, const char *rule);
bool ruleset_describe_text(struct buf *b, const struct ruleset *r, const char *rule);

/* ---- what is asked for (rules/uses.c) ---- */
/* Whether an enabled rule has the field in its condition or output. */
bool ruleset_uses(const struct ruleset *rs, const char *field);
/* Whether an enabled rule may show or check the data that calls moved (evt.buffer, evt.args...). */
bool ruleset_uses_data(const struct ruleset *rs);

/* ---- event types and system calls of a condition (rules/event_types.c) ---- */
void ast_types(const struct node *n, struct event_set *ret_events, struct syscall_set *ret_calls);

static inline bool event_set_has(const struct event_set *s, uint16_t type)
{
	return s->bits[type / 64] >> (type % 64) & 1;
}

static inline bool syscall_set_has(const struct syscall_set *s, uint16_t code)
{
	return s->bits[code / 64] >> (code % 64) & 1;
}
#endif
