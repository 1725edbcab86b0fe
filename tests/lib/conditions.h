/* SPDX-License-Identifier: Apache-2.0 */
/* Single checks over the fields of fake_fields.h, compiled and evaluated on the spot. */
#ifndef TESTS_CONDITIONS_H
#define TESTS_CONDITIONS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "filter/atom.h"
#include "filter/parse.h"

#include "fake_fields.h"

static struct arena arena, event_arena;
static char warnings[1024];
static unsigned nwarnings;

static inline void keep_warning(void *arg, struct ast_pos pos, const char *message)
{
	snprintf(warnings, sizeof(warnings), "%s", message);
	nwarnings++;
}

static inline struct atom *compile(const char *text, struct atom_error *err)
{
	struct parse_error parse_err;
	struct node *n = filter_parse(&arena, str_c(text), &parse_err);

	if (!n)
		fail_msg("%s: %s", text, parse_err.message);
	assert_int_equal(n->kind, NODE_CHECK);
	nwarnings = 0;
	return atom_compile(&arena, n, STR("syscall"), err, keep_warning, NULL);
}

static inline struct atom *must_compile(const char *text)
{
	struct atom_error err;
	struct atom *a = compile(text, &err);

	if (!a)
		fail_msg("%s: %s", text, err.message);
	return a;
}

static struct event event = {.rec = (const uint8_t *)"", .info = event_table};

static inline bool eval(const char *text)
{
	struct event_ctx ctx = {.arena = &event_arena, .ev = &event};
	struct atom *a = must_compile(text);
	bool ret = atom_eval(a, &ctx);

	if (atom_eval(a, &ctx) != ret)
		fail_msg("%s: answers differ", text);
	atom_done(a);
	arena_reset(&event_arena);
	return ret;
}

#define TRUE(text)                                                                                 \
	do {                                                                                       \
		if (!eval(text))                                                                   \
			fail_msg("not true: %s", text);                                            \
	} while (0)
#define FALSE(text)                                                                                \
	do {                                                                                       \
		if (eval(text))                                                                    \
			fail_msg("not false: %s", text);                                           \
	} while (0)

static inline void refused(const char *text, const char *message)
{
	struct atom_error err;

	if (compile(text, &err))
		fail_msg("%s: was accepted", text);
	assert_string_equal(err.message, message);
}

static inline int conditions_setup(void **state)
{
	arena_init(&arena, 0);
	arena_init(&event_arena, 0);
	fields_extend(fake_rows, ARRAY_SIZE(fake_rows));
	return 0;
}

static inline int conditions_teardown(void **state)
{
	fields_forget(fake_rows);
	arena_done(&arena);
	arena_done(&event_arena);
	return 0;
}
#endif
