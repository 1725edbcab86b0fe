/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where engine.c lets itself be watched.  These hooks do nothing and cost nothing; those of
 * engine_profile.c, which compiles the same source once more, keep account.
 */
#ifndef RULES_ENGINE_HOOKS_H
#define RULES_ENGINE_HOOKS_H
#include "rules/dag.h"
#include "rules/ruleset.h"

struct hooks {
};

static inline void hooks_init(struct hooks *h, const struct ruleset *r, struct dag *d)
{
}

static inline void hooks_done(struct hooks *h)
{
}

/* Work on one rule begins. */
static inline void hook_begin(struct hooks *h)
{
}

/* It was evaluated. */
static inline void hook_tried(struct hooks *h, const struct rule *r)
{
}

/* It is part of the answer. */
static inline void hook_matched(struct hooks *h, const struct rule *r)
{
}

/* It is known whether some facts rule it out. */
static inline void hook_learned(struct hooks *h, const struct rule *r)
{
}

/* A check was asked. Returns the answer. */
static inline bool hook_asked(struct hooks *h, const struct dag_atom *a, bool answer)
{
	return answer;
}

/* Evaluates an atom that is not remembered. */
static inline bool hook_eval(struct hooks *h, const struct dag_atom *a, struct event_ctx *ctx)
{
	return atom_eval(a->atom, ctx);
}
#endif
