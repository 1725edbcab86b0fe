/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that name files without opening them: looked at, made, moved, removed, given away. */
#ifndef BPF_CALLS_PATHS_H
#define BPF_CALLS_PATHS_H
#include "bpf/file.h"
#include "bpf/flags_files.h"

/* A descriptor of a folder and a path, argument i and the next. */
static __always_inline void put_at(const struct call *c, struct record *r, int i)
{
	put_s64(r, call_fd(c, i));
	put_user_path(r, call_arg(c, i + 1));
}

/* ---- looked at ---- */

CALL(stat, STAT_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
}

CALL(lstat, LSTAT_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
}

CALL(newfstatat, NEWFSTATAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_u32(r, flags_newfstatat(call_arg(c, 3)));
}

CALL(access, ACCESS_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, call_arg(c, 1) & 0x7);
}

/* ---- the folder that paths begin at ---- */

CALL(chdir, CHDIR_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
}

CALL_FIXED(fchdir, FCHDIR_X, 16)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
}

CALL(getcwd, GETCWD_X)
{
	put_s64(r, c->ret);
	if (c->ret >= 0)
		put_user_path(r, call_arg(c, 0));
	else
		put_empty(r);
}

CALL(chroot, CHROOT_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
}

/* ---- modes and owners ---- */

CALL(chmod, CHMOD_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, call_arg(c, 1) & MODE_BITS);
}

CALL_FIXED(fchmod, FCHMOD_X, 20)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 1) & MODE_BITS);
}

CALL(fchmodat, FCHMODAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_u32(r, call_arg(c, 2) & MODE_BITS);
}

CALL(chown, CHOWN_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, call_arg(c, 1));
	put_u32(r, call_arg(c, 2));
}

CALL(lchown, LCHOWN_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, call_arg(c, 1));
	put_u32(r, call_arg(c, 2));
}

CALL_FIXED(fchown, FCHOWN_X, 24)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 1));
	put_u32(r, call_arg(c, 2));
}

CALL(fchownat, FCHOWNAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_u32(r, call_arg(c, 2));
	put_u32(r, call_arg(c, 3));
	put_u32(r, flags_linkat(call_arg(c, 4)));
}

/* ---- made ---- */

CALL(link, LINK_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_user_path(r, call_arg(c, 1));
}

CALL(linkat, LINKAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_at(c, r, 2);
	put_u32(r, flags_linkat(call_arg(c, 4)));
}

CALL(symlink, SYMLINK_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_user_path(r, call_arg(c, 1));
}

CALL(symlinkat, SYMLINKAT_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_at(c, r, 1);
}

CALL(mkdir, MKDIR_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, call_arg(c, 1));
}

CALL(mkdirat, MKDIRAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_u32(r, call_arg(c, 2));
}

/* The device as the caller wrote it, turned into user space's form as if it were the kernel's. */
CALL(mknod, MKNOD_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, flags_mknod(call_arg(c, 1)));
	put_u32(r, dev_outside(call_arg(c, 2)));
}

CALL(mknodat, MKNODAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_u32(r, flags_mknod(call_arg(c, 2)));
	put_u32(r, dev_outside(call_arg(c, 3)));
}

/* ---- moved and removed ---- */

CALL(rename, RENAME_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_user_path(r, call_arg(c, 1));
}

CALL(renameat, RENAMEAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_at(c, r, 2);
}

CALL(renameat2, RENAMEAT2_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_at(c, r, 2);
	put_u32(r, call_arg(c, 4));
}

CALL(rmdir, RMDIR_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
}

CALL(unlink, UNLINK_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
}

CALL(unlinkat, UNLINKAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_u32(r, call_arg(c, 2) & AT_REMOVEDIR);
}
#endif
