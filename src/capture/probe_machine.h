/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe has to know of this machine and of events before it is loaded. */
#ifndef CAPTURE_PROBE_MACHINE_H
#define CAPTURE_PROBE_MACHINE_H
#include <bpf/btf.h>

#include "tables/tables.h"

/* ns since the epoch at which the boot clock was 0, and the boot clock now. */
uint64_t probe_boot_time(void);
uint64_t probe_boot_ns(void);
/* Codes of system calls by number, 64-bit and 32-bit: PROBE_MAX_NR of each. */
void probe_number_calls(uint16_t *ret_native, uint16_t *ret_compat);
/* Whether events of the type may take room that is kept from the others: they carry state, but no
 * data. */
bool probe_state_type(uint16_t type);
/* Whether the kernel lets programs be attached to the end of its functions; some refuse when locked
 * down. */
bool probe_can_attach_functions(const struct btf *kernel);
#endif
