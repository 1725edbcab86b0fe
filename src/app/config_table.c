/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of tables/config.def as data, and look-ups in them. */
#include "app/config_internal.h"
#include "base/map.h"
#include "output/outputs.h"

static const struct config_choice choices_engine_kind[] = {
	{"modern_ebpf", ENGINE_MODERN_EBPF, false},
	{"kmod", ENGINE_KMOD, false},
	{"replay", ENGINE_REPLAY, false},
	{"nodriver", ENGINE_NODRIVER, false},
	{"udig", ENGINE_UDIG, false},
	{"ebpf", ENGINE_MODERN_EBPF, true},
	{NULL, 0, false},
};

static const struct config_choice choices_engine_fallback[] = {
	{"none", FALLBACK_NONE, false},
	{"nodriver", FALLBACK_NODRIVER, false},
	{NULL, 0, false},
};

static const struct config_choice choices_attach[] = {
	{"auto", ATTACH_AUTO, false},
	{"per_call", ATTACH_PER_CALL, false},
	{"per_kernel", ATTACH_PER_KERNEL, false},
	{NULL, 0, false},
};

static const struct config_choice choices_priority[] = {
	{"emergency", PRIORITY_EMERGENCY, false},
	{"alert", PRIORITY_ALERT, false},
	{"critical", PRIORITY_CRITICAL, false},
	{"error", PRIORITY_ERROR, false},
	{"warning", PRIORITY_WARNING, false},
	{"notice", PRIORITY_NOTICE, false},
	{"informational", PRIORITY_INFORMATIONAL, false},
	{"debug", PRIORITY_DEBUG, false},
	{"info", PRIORITY_INFORMATIONAL, true},
	{NULL, 0, false},
};

static const struct config_choice choices_log_level[] = {
	{"emergency", PRIORITY_EMERGENCY, false},
	{"alert", PRIORITY_ALERT, false},
	{"critical", PRIORITY_CRITICAL, false},
	{"error", PRIORITY_ERROR, false},
	{"warning", PRIORITY_WARNING, false},
	{"notice", PRIORITY_NOTICE, false},
	{"info", PRIORITY_INFORMATIONAL, false},
	{"debug", PRIORITY_DEBUG, false},
	{NULL, 0, false},
};

static const struct config_choice choices_severity[] = {
	{"fatal", SEVERITY_FATAL, false},
	{"critical", SEVERITY_CRITICAL, false},
	{"error", SEVERITY_ERROR, false},
	{"warning", SEVERITY_WARNING, false},
	{"notice", SEVERITY_NOTICE, false},
	{"info", SEVERITY_INFO, false},
	{"debug", SEVERITY_DEBUG, false},
	{"trace", SEVERITY_TRACE, false},
	{NULL, 0, false},
};

static const struct config_choice choices_rule_matching[] = {
	{"first", RULE_MATCHING_FIRST, false},
	{"all", RULE_MATCHING_ALL, false},
	{NULL, 0, false},
};

static const struct config_choice choices_spool_fsync[] = {
	{"never", SPOOL_FSYNC_NEVER, false},
	{"interval", SPOOL_FSYNC_INTERVAL, false},
	{"always", SPOOL_FSYNC_ALWAYS, false},
	{NULL, 0, false},
};

static const struct config_choice choices_capture_mode[] = {
	{"rules", CAPTURE_MODE_RULES, false},
	{"all_rules", CAPTURE_MODE_ALL_RULES, false},
	{NULL, 0, false},
};

enum { OLD = ROW_OLD };

/* clang-format off */
#define ROW(kind, name, ship, flag, text) \
	.type = ROW_##kind, .key = name, .shipped = ship, .flags = flag, .help = text
#define MEMBER(member) .offset = offsetof(struct config, member)
#define CONFIG_BOOL(member, key, value, ship, flag, text) \
	{ROW(BOOL, key, ship, flag, text), MEMBER(member), .def.b = value},
#define CONFIG_INT(member, key, value, min, max, units, ship, flag, text) \
	{ROW(INT, key, ship, flag, text), MEMBER(member), .def.i = value, \
		.int_min = min, .int_max = max, .unit = units},
#define CONFIG_DOUBLE(member, key, value, min, max, name, ship, flag, text) \
	{ROW(DOUBLE, key, ship, flag, text), MEMBER(member), .def.d = value, \
		.double_min = min, .double_max = max, .what = name},
#define CONFIG_STRING(member, key, value, ship, flag, text) \
	{ROW(STRING, key, ship, flag, text), MEMBER(member), .def.s = value},
#define CONFIG_ENUM(member, key, set, value, message, ship, flag, text) \
	{ROW(ENUM, key, ship, flag, text), MEMBER(member), .def.e = value, \
		.choices = choices_##set, .unknown = message},
#define CONFIG_STRINGS(member, key, ship, flag, text) \
	{ROW(STRINGS, key, ship, flag, text), MEMBER(member)},
#define CONFIG_OTHER(key, form, ship, flag, text) \
	{ROW(OTHER, key, ship, flag, text), .shape = SHAPE_##form},
#define CONFIG_ALIAS(key, new_key, text) {ROW(ALIAS, key, NULL, OLD, text), .target = new_key},
#define CONFIG_GROUP(key, text) {ROW(GROUP, key, NULL, 0, text)},
#define CONFIG_SECTION(title) {ROW(SECTION, title, NULL, 0, "")},
/* clang-format on */

const struct config_row config_rows[] = {
#include "tables/config.def"
};

const size_t config_nrows = ARRAY_SIZE(config_rows);

/* Keys of rows to their rows, and what keys begin with, up to a dot, to no_row. Made when needed.
 */
static struct smap rows_by_key;
static struct config_row no_row;

static void index_row(const struct config_row *r)
{
	struct str key = str_c(r->key);
	ptrdiff_t dot;

	smap_put(&rows_by_key, key, (void *)r);
	while ((dot = str_rchr(key, '.')) >= 0) {
		key.n = (size_t)dot;
		if (smap_get(&rows_by_key, key))
			break;
		smap_put(&rows_by_key, key, &no_row);
	}
}

static const struct config_row *look_up(struct str key)
{
	if (!rows_by_key.n)
		for (size_t i = 0; i < config_nrows; i++)
			if (config_rows[i].type != ROW_SECTION)
				index_row(&config_rows[i]);
	return smap_get(&rows_by_key, key);
}

const struct config_row *config_row_find(struct str key)
{
	const struct config_row *r = look_up(key);

	return r != &no_row ? r : NULL;
}

bool config_key_known(struct str key)
{
	return look_up(key);
}

void config_set_defaults(struct config *c)
{
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++) {
		void *member = (char *)c + r->offset;

		if (r->type == ROW_BOOL)
			*(bool *)member = r->def.b;
		else if (r->type == ROW_INT)
			*(int64_t *)member = r->def.i;
		else if (r->type == ROW_DOUBLE)
			*(double *)member = r->def.d;
		else if (r->type == ROW_STRING)
			*(const char **)member = r->def.s;
		else if (r->type == ROW_ENUM)
			*(int *)member = r->def.e;
	}
}
