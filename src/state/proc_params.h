/* SPDX-License-Identifier: Apache-2.0 */
/* What the exit events of clone, fork, vfork, clone3, execve and execveat begin with. */
#ifndef STATE_PROC_PARAMS_H
#define STATE_PROC_PARAMS_H
#include "state/internal.h"

enum {
	P_RES,
	P_EXE,
	P_ARGS,
	P_TID,
	P_PID,
	P_PTID,
	P_CWD,
	P_FDLIMIT,
	P_PGFT_MAJ,
	P_PGFT_MIN,
	P_VM_SIZE,
	P_VM_RSS,
	P_VM_SWAP,
	P_COMM,
	P_CGROUPS,
	P_COMMON, /* the first parameter that is of one of them alone */
};

/* The names of the program, and its arguments. */
void proc_take_names(struct state *s, struct thread *t, const struct event *ev);
/* Memory, page faults and the limit of descriptors. */
void proc_take_sizes(struct thread *t, const struct event *ev);
#endif
