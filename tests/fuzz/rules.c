/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules files: the input is one or more files, one behind the other with a line "#file" between
 * them.  Whatever they say, they must load, compile, report and describe without harm, and a
 * ruleset that comes out of them must be consistent with itself.
 */
#include <assert.h>

#include "rules/ruleset.h"

#define SEPARATOR "\n#file\n"

static void add_files(struct rules_loader *l, struct str input)
{
	for (unsigned i = 0; i < 4; i++) {
		ptrdiff_t end = str_find(input, STR(SEPARATOR));
		char name[] = "0.yaml";

		name[0] += (char)i;
		rules_loader_add(l, name, end < 0 ? input : str_head(input, (size_t)end));
		if (end < 0)
			break;
		input = str_from(input, (size_t)end + sizeof(SEPARATOR) - 1);
	}
}

static void show_results(struct rules_loader *l)
{
	struct load_result **results;
	size_t n = rules_loader_results(l, &results);
	struct buf b = {0};

	for (size_t i = 0; i < n; i++) {
		load_result_text(&b, results[i], true);
		load_result_text(&b, results[i], false);
		load_result_json(&b, results[i]);
		assert(load_ok(results[i]) == (results[i]->diags.nerrors == 0));
		b.n = 0;
	}
	buf_done(&b);
}

static void show_rules(struct ruleset *set)
{
	struct buf b = {0};

	for (size_t i = 0; i < set->nrules; i++) {
		const struct rule *r = set->rules[i];

		assert(r->index == i && r->ast && r->format);
		assert(priority_name(r->priority));
		assert(ruleset_describe_json(&b, set, r->name));
		assert(ruleset_enable(set, RULE_MATCH_EXACT, r->name, false) >= 1);
		assert(!r->enabled);
	}
	ruleset_describe_json(&b, set, NULL);
	ruleset_describe_text(&b, set, NULL);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const sources[] = {"syscall", "other"};
	static const struct extra_output_field fields[] = {
		{"proc.pid", NULL}, {"who", "%user.name"}};
	static const struct append_output append = {.extra_output = "pid=%proc.pid",
		.fields = (struct extra_output_field *)fields,
		.nfields = 2,
		.suggested_output = true};
	const struct rules_config config = {.min_priority = PRIORITY_NOTICE,
		.sources = sources,
		.nsources = 2,
		.append = &append,
		.nappend = 1};
	struct rules_loader *l = rules_loader_new(&config);
	struct ruleset *set;

	add_files(l, str_n(data, size));
	set = rules_loader_compile(l);
	show_results(l);
	rules_loader_free(l);
	show_rules(set);
	ruleset_free(set);
	return 0;
}
