/* SPDX-License-Identifier: Apache-2.0 */
/* A filter on system calls (seccomp), for good. */
#ifndef APP_SEAL_H
#define APP_SEAL_H

/*
 * All threads of this process, and those to come: no programs are started, no process gets at
 * another, nothing of the machine is changed; such calls fail with EPERM. Returns how many system
 * calls it refuses, negative errno if the kernel takes no filter: then nothing has changed.
 */
int seal(void);
#endif
