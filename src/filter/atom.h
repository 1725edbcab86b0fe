/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An atom: one check of a condition (transformed field, operator, operand), compiled: types
 * checked, constants parsed, sets hashed, patterns built.  Evaluation allocates nothing but texts
 * in ctx->arena.
 */
#ifndef FILTER_ATOM_H
#define FILTER_ATOM_H
#include "filter/ast.h"
#include "filter/extractor.h"

struct atom;

/* Receives warnings about a check: text as Falco words it. */
typedef void (*atom_warn_fn)(void *arg, struct ast_pos pos, const char *message);

/* NULL with *err when the check cannot be compiled. Lives in a, except what atom_done() frees. */
struct atom *atom_compile(struct arena *a, const struct node *check, struct str source,
	struct atom_error *err, atom_warn_fn warn, void *warn_arg);
/* Frees what is not in the arena (regular expressions, what was interned). */
void atom_done(struct atom *atom);
/*
 * Shares the texts it compares with with the pool of interned strings, which makes it quick, or no
 * longer: both belong to the thread that uses that pool. All else may be done by any one thread.
 */
void atom_intern(struct atom *atom);
void atom_unintern(struct atom *atom);
bool atom_eval(struct atom *atom, struct event_ctx *ctx);
/* The widest scope of all fields in it; SCOPE_EVENT when it is stateful. */
enum field_scope atom_scope(const struct atom *atom);
/* Whether two uses may share one result (no stateful field). */
bool atom_pure(const struct atom *atom);
/* The field on the left when nothing is done to it, NULL when it is transformed. */
const struct field *atom_field(const struct atom *atom);
enum op atom_op(const struct atom *atom);
#endif
