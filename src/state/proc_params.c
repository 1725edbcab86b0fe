/* SPDX-License-Identifier: Apache-2.0 */
#include "state/proc_params.h"

void proc_take_names(struct state *s, struct thread *t, const struct event *ev)
{
	struct str exe = param_text_na(ev, P_EXE);

	istr_set(&t->exe, exe);
	istr_set(&t->comm, param_given(ev, P_COMM) ? param_text_na(ev, P_COMM) : exe);
	istr_set(&t->args, strings_norm(s, event_bytes(ev, P_ARGS)));
	istr_share(&t->cmdline, NULL);
}

void proc_take_sizes(struct thread *t, const struct event *ev)
{
	t->fdlimit = event_i64(ev, P_FDLIMIT);
	t->pfmajor = event_u64(ev, P_PGFT_MAJ);
	t->pfminor = event_u64(ev, P_PGFT_MIN);
	t->vmsize_kb = (uint32_t)event_u64(ev, P_VM_SIZE);
	t->vmrss_kb = (uint32_t)event_u64(ev, P_VM_RSS);
	t->vmswap_kb = (uint32_t)event_u64(ev, P_VM_SWAP);
}
