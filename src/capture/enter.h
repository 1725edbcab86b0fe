/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which programs of bpf/enter.h this kernel has a place for.
 */
#ifndef CAPTURE_ENTER_H
#define CAPTURE_ENTER_H
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "tables/tables.h"

/*
 * The system call whose beginning a program is for, if that is wanted by code and the program is
 * what this kernel takes for it: one for each way to make the call. 0: it is not to be loaded.
 * kernel: its types; NULL: it lets no programs be attached to functions.
 */
unsigned enter_serves(
	const struct btf *kernel, const struct bpf_program *program, const bool wanted[SC_MAX]);
#endif
