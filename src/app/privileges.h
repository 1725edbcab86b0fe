/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving up what falco may do and does not need (drop_privileges, docs/privileges.md): where it
 * watches a machine live, and no plugin wants who knows what. Of what cannot be given up a line of
 * the log tells.
 */
#ifndef APP_PRIVILEGES_H
#define APP_PRIVILEGES_H
#include "app/config.h"

/* Capabilities, which belong to threads: to be called before there are any. */
void privileges_drop(const struct config *c);

/*
 * When everything runs, by any thread for all of them: starting programs, unless c has an output
 * that does, and system calls that falco never makes.
 */
void privileges_seal(const struct config *c);

/* Whether programs can not be started any more, whatever a reload may ask for. */
bool privileges_sealed(void);
#endif
