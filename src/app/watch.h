/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls a live source has to watch. */
#ifndef APP_WATCH_H
#define APP_WATCH_H
#include "app/config.h"
#include "rules/ruleset.h"

/* By code: those that enabled rules of the source "syscall" ask for, and those that the state
 * needs. */
void watch_calls(bool ret[SC_MAX], const struct config *c, const struct ruleset *rules);
#endif
