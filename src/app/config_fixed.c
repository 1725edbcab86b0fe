/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only a start can change: the source of events and what holds state outlive configurations.
 */
#include "app/config_internal.h"
#include "app/privileges.h"

/* Keys, and what keys begin with. */
static const char *const fixed[] = {"engine.", "falco_libs.", "grpc.", "grpc_output.",
	"load_plugins", "webserver.", "buffered_outputs", "outputs_queue.", "outputs_spool.",
	"drop_privileges", "metrics.enabled", "metrics.interval", "metrics.output_rule",
	"metrics.output_file"};

/* A spool keeps account of who has read what: of the outputs that it was opened for. */
static const char *const fixed_by_spool[] = {
	"stdout_output.", "syslog_output.", "file_output.", "program_output.", "http_output."};

/* Starting programs may have been given up. */
static const char *const fixed_by_seal[] = {"program_output."};

static bool begins(const char *key, const char *const *with, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(str_c(key), str_c(with[i])))
			return true;
	return false;
}

static bool is_fixed(const struct config *c, const char *key)
{
	return begins(key, fixed, ARRAY_SIZE(fixed)) ||
	       (*c->outputs_spool_path &&
		       begins(key, fixed_by_spool, ARRAY_SIZE(fixed_by_spool))) ||
	       (privileges_sealed() && begins(key, fixed_by_seal, ARRAY_SIZE(fixed_by_seal)));
}

static bool same_strings(const string_list *a, const string_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool same_value(const struct config_row *r, const void *a, const void *b)
{
	switch (r->type) {
	case ROW_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case ROW_INT:
		return *(const int64_t *)a == *(const int64_t *)b;
	case ROW_DOUBLE:
		return *(const double *)a == *(const double *)b;
	case ROW_STRING:
		return !strcmp(*(const char *const *)a, *(const char *const *)b);
	case ROW_ENUM:
		return *(const int *)a == *(const int *)b;
	case ROW_STRINGS:
		return same_strings(a, b);
	default:
		return true;
	}
}

void config_restart_keys(const struct config *from, const struct config *to, string_list *ret)
{
	for (const struct config_row *r = config_rows; r < config_rows + config_nrows; r++)
		if (is_fixed(from, r->key) && !same_value(r, (const char *)from + r->offset,
						      (const char *)to + r->offset))
			vec_push(ret, r->key);
}
