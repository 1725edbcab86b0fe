/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching: which rules of a ruleset does an event satisfy?  One engine per event source.
 *
 * Conditions are specialised before they are evaluated: once per event type (what the type decides
 * is gone), once per process (what the process decides is remembered with the thread, under its
 * version), and what is left once per event, each atom at most once.
 */
#ifndef RULES_ENGINE_H
#define RULES_ENGINE_H
#include "rules/ruleset.h"

struct engine;

/*
 * For the enabled rules of r with this source; r outlives it. all: every rule that matches, not
 * only the first. It uses the atoms of r, with the counts of their stateful fields.
 */
struct engine *engine_new(const struct ruleset *r, const char *source, bool all);
void engine_free(struct engine *e);
/* Forgets what it shares with the thread that matched, so that another one may free it. */
void engine_detach(struct engine *e);
/*
 * Rules that the event satisfies, in their order: number of them, *ret valid until the next call.
 * The thread's verdicts (ctx->thread->verdicts) belong to the engine; engine_forget_thread() is
 * what state_on_thread_gone() must call.
 */
size_t engine_match(struct engine *e, struct event_ctx *ctx, const struct rule *const **ret);
void engine_forget_thread(struct thread *t);
/* Whether any rule could match an event of this type: if not, the engine need not see it. */
bool engine_wants(const struct engine *e, uint16_t type);

/*
 * The same question answered plainly: every condition of every rule walked from left to right,
 * nothing remembered.  Slow; the measure of the specialised answer in tests.
 */
struct plain_engine;
struct plain_engine *plain_engine_new(
	const struct ruleset *r, const char *source, struct atom_error *err);
void plain_engine_free(struct plain_engine *e);
size_t plain_engine_match(
	struct plain_engine *e, struct event_ctx *ctx, const struct rule *const **ret);
#endif
