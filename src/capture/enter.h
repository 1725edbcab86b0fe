/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which programs of bpf/enter.h this kernel has a place for.
 */
#ifndef CAPTURE_ENTER_H
#define CAPTURE_ENTER_H
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "tables/tables.h"

struct enter_places;

/* What the kernel has. Never NULL. */
struct enter_places *enter_places_new(void);
/* The kernel refused a trampoline, although it has them: none is tried any more. False: none was.
 */
bool enter_places_lose(struct enter_places *e);
void enter_places_free(struct enter_places *e);
/* Whether a program is one of the beginning of a call. */
bool enter_is(const struct bpf_program *program);
/* Whether it is to be loaded, for calls that are wanted by code. */
bool enter_serves(
	const struct enter_places *e, const struct bpf_program *program, const bool wanted[SC_MAX]);
#endif
