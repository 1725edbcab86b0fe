/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls about files: opened, closed, moved, linked, their owners and modes. */
#ifndef BPF_CALLS_FILES_H
#define BPF_CALLS_FILES_H
#include "bpf/call.h"

CALL_FIXED(close, CLOSE_X, 16)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
}
#endif
