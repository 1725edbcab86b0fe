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

/* A result and two paths. */
#define CALL_OF_PATHS(name, TYPE)                                                                  \
	CALL(name, TYPE)                                                                           \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		put_user_path(r, call_arg(c, 0));                                                  \
		put_user_path(r, call_arg(c, 1));                                                  \
	}

/* ---- looked at ---- */

CALL_OF_PATH(stat, STAT_X)
CALL_OF_PATH(lstat, LSTAT_X)

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

CALL_OF_PATH(chdir, CHDIR_X)

CALL_OF_FD(fchdir, FCHDIR_X)

CALL(getcwd, GETCWD_X)
{
	put_s64(r, c->ret);
	if (c->ret >= 0)
		put_user_path(r, call_arg(c, 0));
	else
		put_empty(r);
}

CALL_OF_PATH(chroot, CHROOT_X)

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

#define CALL_GIVES_AWAY(name, TYPE)                                                                \
	CALL(name, TYPE)                                                                           \
	{                                                                                          \
		put_s64(r, c->ret);                                                                \
		put_user_path(r, call_arg(c, 0));                                                  \
		put_u32(r, call_arg(c, 1));                                                        \
		put_u32(r, call_arg(c, 2));                                                        \
	}
CALL_GIVES_AWAY(chown, CHOWN_X)
CALL_GIVES_AWAY(lchown, LCHOWN_X)

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

CALL_OF_PATHS(link, LINK_X)

CALL(linkat, LINKAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_at(c, r, 2);
	put_u32(r, flags_linkat(call_arg(c, 4)));
}

CALL_OF_PATHS(symlink, SYMLINK_X)

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

CALL_OF_PATHS(rename, RENAME_X)

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

CALL_OF_PATH(rmdir, RMDIR_X)
CALL_OF_PATH(unlink, UNLINK_X)

CALL(unlinkat, UNLINKAT_X)
{
	put_s64(r, c->ret);
	put_at(c, r, 0);
	put_u32(r, call_arg(c, 2) & AT_REMOVEDIR);
}
#endif
