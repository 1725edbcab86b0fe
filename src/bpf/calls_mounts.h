/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that mount file systems, and unmount them. */
#ifndef BPF_CALLS_MOUNTS_H
#define BPF_CALLS_MOUNTS_H
#include "bpf/call.h"
#include "bpf/flags_files.h"

CALL(mount, MOUNT_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_user_path(r, call_arg(c, 1));
	put_user_path(r, call_arg(c, 2));
	put_u32(r, flags_mount(call_arg(c, 3)));
}

#define NR_UMOUNT_I386 22

/* The older call of 32-bit processes has no flags. */
CALL(umount2, UMOUNT2_X)
{
	bool old = c->compat && call_nr(c->regs) == NR_UMOUNT_I386;

	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, old ? 0 : call_arg(c, 1) & 0xf);
}

/* Commands of fsconfig() whose value is a text. */
#define SET_STRING 1
#define SET_BINARY 2
#define SET_PATH 3
#define SET_PATH_EMPTY 4
#define BINARY_MAX 0x7fff /* bytes of a value that are kept */

static __always_inline void put_value(struct record *r, __u32 cmd, const void *value, __u32 size)
{
	if (cmd == SET_BINARY)
		put_user_bytes(r, value, size < BINARY_MAX ? size : BINARY_MAX);
	else
		put_empty(r);
	if (cmd == SET_STRING || cmd == SET_PATH || cmd == SET_PATH_EMPTY)
		put_user_str(r, value, PATH_MAX);
	else
		put_empty(r);
}

CALL(fsconfig, FSCONFIG_X)
{
	__u32 cmd = call_arg(c, 1);

	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, cmd);
	put_user_path(r, call_arg(c, 2));
	if (c->ret < 0) {
		put_empty(r);
		put_empty(r);
	} else {
		put_value(r, cmd, (void *)call_arg(c, 3), call_arg(c, 4));
	}
	put_s32(r, call_arg(c, 4));
}
#endif
