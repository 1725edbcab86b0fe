/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: falco.yaml, the files it includes, and -o on top.  Every key is one row of
 * tables/config.def; a row's default, type, range and help serve the parser, the schema, the
 * shipped file and the manual alike.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H
#include "base/diag.h"
#include "rules/ruleset.h"

enum attach_mode { ATTACH_AUTO, ATTACH_PER_CALL, ATTACH_PER_KERNEL };
enum engine_kind { ENGINE_MODERN_EBPF, ENGINE_KMOD, ENGINE_REPLAY, ENGINE_NODRIVER, ENGINE_UDIG };
enum engine_fallback { FALLBACK_NONE, FALLBACK_NODRIVER };

/* Whether it watches this machine. */
static inline bool engine_is_live(enum engine_kind kind)
{
	return kind == ENGINE_MODERN_EBPF || kind == ENGINE_KMOD;
}

enum drop_action {
	DROP_IGNORE = 1 << 0,
	DROP_LOG = 1 << 1,
	DROP_ALERT = 1 << 2,
	DROP_EXIT = 1 << 3
};

enum rule_matching { RULE_MATCHING_FIRST, RULE_MATCHING_ALL };

enum capture_mode { CAPTURE_MODE_RULES, CAPTURE_MODE_ALL_RULES };

/* Of libs_logger.severity; log_level is an enum priority. */
enum severity {
	SEVERITY_FATAL,
	SEVERITY_CRITICAL,
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_NOTICE,
	SEVERITY_INFO,
	SEVERITY_DEBUG,
	SEVERITY_TRACE
};

/* One entry of rules: in order, each enables or disables by name (shell wildcards) or tag. */
struct rule_selection {
	bool enable;
	const char *rule, *tag; /* exactly one is not NULL */
};

struct plugin_config {
	const char *name, *library_path; /* path "": built in */
	const char *init_config;	 /* JSON or text, "" none */
	const char *open_params;
};

/* A file that the configuration is made of. */
struct config_file {
	const char *path;
	const char *validation; /* "ok", or "failed for <where>: <why>" */
};

typedef VEC(const char *) string_list;

struct config {
	struct arena arena;
	const char *file; /* main file, as given; NULL: there is none, all is default */
	VEC(struct config_file) loaded_files; /* sorted by path */
	string_list watched_folders;	      /* folders that config_files names */
	bool records;		   /* of -w, not of the file: all events are written somewhere */
	string_list missing_files; /* that config_files and rules_files name, and are not there */
	/* Scalars: CONFIG_<TYPE>(member, "dotted.key", ...) rows become members of these types. */
#define CONFIG_BOOL(member, key, ...) bool member;
#define CONFIG_INT(member, key, ...) int64_t member;
#define CONFIG_DOUBLE(member, key, ...) double member;
#define CONFIG_STRING(member, key, ...) const char *member;
#define CONFIG_ENUM(member, key, ...) int member;
#define CONFIG_STRINGS(member, key, ...) string_list member;
#include "tables/config.def"
	/* rules_files: those that exist, at the place where they were found. Structured keys: */
	VEC(struct rule_selection) rule_selections;
	VEC(struct append_output) append_outputs;
	VEC(struct extra_output_field) static_fields; /* static.NAME with constant text */
	VEC(struct plugin_config) plugins;	      /* to load, in order */
	unsigned drop_actions;			      /* enum drop_action */
	uint64_t metrics_interval_ms;
	/* The merged document as JSON text, for --support. */
	const char *dump;
};

/*
 * Loads path (NULL: /etc/falco/falco.yaml, or what lies in the source tree of the executable) and
 * applies overrides ("key.sub[0]=value", in order). Problems go to diags: errors make the
 * configuration unusable (NULL is returned), warnings (unknown keys with the nearest name...) do
 * not. Without a path and without those files: the defaults. Caller frees with config_free().
 */
struct config *config_load(
	const char *path, const char *const *overrides, size_t noverrides, struct diags *diags);
void config_free(struct config *c);
/* Adds keys whose values differ and that only a restart of the process would heed. */
void config_restart_keys(const struct config *from, const struct config *to, string_list *ret);
/* --config-schema: JSON schema, indented by 2. */
void config_schema(struct buf *out);
/* The falco.yaml to ship: every current key with its help and shipped value. */
void config_shipped(struct buf *out);
#endif
