/* SPDX-License-Identifier: Apache-2.0 */
/* What the field classes about processes share. */
#ifndef FILTER_FIELDS_PROCESS_H
#define FILTER_FIELDS_PROCESS_H
#include "base/mem.h"
#include "filter/field.h"

static inline bool thread_is_main(const struct thread *t)
{
	return t->tid == t->pid || (t->flags & CL_IS_MAIN_THREAD);
}

static inline bool thread_in_pidns(const struct thread *t)
{
	return (t->flags & CL_CHILD_IN_PIDNS) || t->tid != t->vtid;
}

/* Stores a thread or process id; false for one that no kernel gives out (synthetic events). */
bool field_xid(struct value *ret, int64_t id);
/* NUL-terminated strings one after the other, joined by blanks. */
struct str args_join(struct arena *a, struct str strings);
/* Takes the first string off *rest; false at the end. */
bool args_next(struct str *rest, struct str *ret_arg);
/* Value of a variable without blanks around it, "" when it is not set. */
struct str env_value(struct str env, struct str name);
#endif
