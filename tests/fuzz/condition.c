/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions: whatever parses must print to text that parses to the same tree, its copy must be
 * equal, and each check that compiles must give the same answer twice.
 */
#include <assert.h>

#include "filter/atom.h"
#include "filter/parse.h"

#include "fuzz_event.h"

static void keep_quiet(void *arg, struct ast_pos pos, const char *message)
{
	assert(message[0]);
}

static void run_check(struct arena *a, const struct node *n)
{
	struct fuzz_event *e = fuzz_event_get();
	struct atom_error err;
	struct atom *atom = atom_compile(a, n, STR("syscall"), &err, keep_quiet, NULL);
	bool first, second;

	if (!atom) {
		assert(err.message[0]);
		return;
	}
	first = atom_eval(atom, &e->ctx);
	second = atom_eval(atom, &e->ctx);
	assert(first == second || !atom_pure(atom));
	assert(atom_scope(atom) <= SCOPE_EVENT);
	atom_done(atom);
	arena_reset(&e->arena);
}

static void run_checks(struct arena *a, const struct node *n)
{
	if (n->kind == NODE_CHECK)
		run_check(a, n);
	for (size_t i = 0; i < n->nkids; i++)
		run_checks(a, n->kids[i]);
}

static void check_texts(struct arena *a, const struct node *n)
{
	struct parse_error err;
	struct buf source = {0}, again = {0}, shown = {0};
	struct node *other;

	ast_print(&shown, n);
	ast_print_source(&source, n);
	other = filter_parse(a, buf_view(&source), &err);
	assert(other && ast_equal(n, other));
	ast_print_source(&again, other);
	assert(str_eq(buf_view(&source), buf_view(&again)));
	assert(ast_equal(n, ast_copy(a, n)));
	buf_done(&source);
	buf_done(&again);
	buf_done(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse_error err;
	struct arena a;
	struct node *n;

	arena_init(&a, 0);
	n = filter_parse(&a, str_n(data, size), &err);
	if (n) {
		check_texts(&a, n);
		run_checks(&a, n);
	} else {
		assert(err.message[0] && err.pos.index <= size && err.pos.line && err.pos.col);
	}
	arena_done(&a);
	return 0;
}
