/* SPDX-License-Identifier: Apache-2.0 */
/* Rules given as text, loaded and compiled, and questions about what came out. */
#ifndef TESTS_RULES_WORLD_H
#define TESTS_RULES_WORLD_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "rules/ruleset.h"

/* A rule with everything it needs but its condition. */
#define RULE(name, condition)                                                                      \
	"- rule: " name "\n"                                                                       \
	"  desc: about " name "\n"                                                                 \
	"  condition: " condition "\n"                                                             \
	"  output: it was %proc.name\n"                                                            \
	"  priority: WARNING\n"

struct world {
	struct rules_loader *loader;
	struct ruleset *set;
	struct load_result **results;
	size_t nresults;
	struct buf text;
};

/* Loads up to four files, NULL behind the last; NULL config: the default one. */
static inline struct world *world_load_with(const struct rules_config *config, ...)
{
	static const struct rules_config plain = {.min_priority = PRIORITY_DEBUG};
	struct world *w = mem_zalloc(sizeof(*w));
	char name[] = "1.yaml";
	const char *text;
	va_list ap;

	w->loader = rules_loader_new(config ? config : &plain);
	va_start(ap, config);
	while ((text = va_arg(ap, const char *)) != NULL) {
		rules_loader_add(w->loader, name, str_c(text));
		name[0]++;
	}
	va_end(ap);
	w->set = rules_loader_compile(w->loader);
	w->nresults = rules_loader_results(w->loader, &w->results);
	return w;
}

#define world_load(...) world_load_with(NULL, __VA_ARGS__, NULL)

static inline void world_free(struct world *w)
{
	buf_done(&w->text);
	rules_loader_free(w->loader);
	ruleset_free(w->set);
	free(w);
}

/* How many diagnostics of file n (from 0) have this code (NULL: any) and this text in them. */
static inline size_t world_count(
	const struct world *w, size_t n, enum diag_level level, const char *code, const char *text)
{
	const struct diag *g;
	size_t count = 0;

	vec_foreach (g, &w->results[n]->diags.list)
		count += g->level == level && (!code || !strcmp(g->code, code)) &&
			 str_find(g->message, str_c(text)) >= 0;
	return count;
}

static inline void show(const struct world *w)
{
	struct buf b = {0};

	for (size_t i = 0; i < w->nresults; i++)
		load_result_text(&b, w->results[i], true);
	print_error("%s\n", buf_cstr(&b));
	buf_done(&b);
}

#define assert_count(w, n, level, code, text, want)                                                \
	do {                                                                                       \
		if (world_count(w, n, level, code, text) != (size_t)(want))                        \
			show(w);                                                                   \
		assert_int_equal(world_count(w, n, level, code, text), want);                      \
	} while (0)

#define assert_error(w, code, text) assert_count(w, 0, DIAG_ERROR, code, text, 1)
#define assert_warning(w, code, text) assert_count(w, 0, DIAG_WARNING, code, text, 1)
#define assert_errors(w, want) assert_count(w, 0, DIAG_ERROR, NULL, "", want)
#define assert_warnings(w, want) assert_count(w, 0, DIAG_WARNING, NULL, "", want)

static inline const struct rule *world_rule(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->set->nrules; i++)
		if (!strcmp(w->set->rules[i]->name, name))
			return w->set->rules[i];
	return NULL;
}

/* The compiled condition of a rule, "" when the rule is not there; valid until the next call. */
static inline const char *world_condition(struct world *w, const char *name)
{
	const struct rule *r = world_rule(w, name);

	w->text.n = 0;
	if (r)
		ast_print(&w->text, r->ast);
	return buf_cstr(&w->text);
}

/* The compiled condition of rule "r" in a single file that must have no errors. */
#define assert_condition(yaml, want)                                                               \
	do {                                                                                       \
		struct world *w_ = world_load(yaml);                                               \
                                                                                                   \
		assert_errors(w_, 0);                                                              \
		assert_string_equal(world_condition(w_, "r"), want);                               \
		world_free(w_);                                                                    \
	} while (0)

/* A single file gives one error, of this code and with this text. */
#define assert_refused(yaml, code, text)                                                           \
	do {                                                                                       \
		struct world *w_ = world_load(yaml);                                               \
                                                                                                   \
		assert_errors(w_, 1);                                                              \
		assert_error(w_, code, text);                                                      \
		world_free(w_);                                                                    \
	} while (0)
#endif
