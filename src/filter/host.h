/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names in conditions: fd.sip.name = "example.com" is true when the name resolves to the
 * address.  Names are resolved when they are first asked for, and again from time to time by a
 * thread of their own.
 */
#ifndef FILTER_HOST_H
#define FILTER_HOST_H
#include "base/arena.h"

struct host;

/* The host called name; the same one for equal names, for the rest of the run. */
struct host *host_get(struct str name);
/* Whether the name resolves to addr (4 or 16 bytes). The first time this may take a while. */
bool host_has(struct host *h, struct str addr);
/* A name that was asked for and resolves to addr, copied into a; false: there is none. */
bool host_name(struct arena *a, struct str addr, struct str *ret);
#endif
