/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Values of the kernel's interface as event parameters have them (tables/flags.def): of files and
 * descriptors.  Plain functions of numbers, so that the tables can be held against them outside of
 * the kernel.  Where a bit has the same place on both sides, a mask is all that is needed.
 */
#ifndef BPF_FLAGS_FILES_H
#define BPF_FLAGS_FILES_H
#include <linux/fcntl.h>
#include <linux/types.h>

/* `to` where a bit of `from` is set in v. */
#define FLAG_IF(v, from, to) ((v) & (from) ? (to) : 0)

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define MODE_BITS 07777

/* ---- how a file is opened ---- */

/* Those of two bits in the kernel count with either: O_SYNC holds O_DSYNC, O_TMPFILE O_DIRECTORY.
 */
static __always_inline __u32 flags_open(__u32 v)
{
	__u32 ret = (v & O_ACCMODE) == O_WRONLY ? 0x2 : (v & O_ACCMODE) == O_RDWR ? 0x3 : 0x1;

	ret |= FLAG_IF(v, O_CREAT, 0x4);
	ret |= FLAG_IF(v, O_APPEND, 0x8);
	ret |= FLAG_IF(v, O_DSYNC, 0x10);
	ret |= FLAG_IF(v, O_EXCL, 0x20);
	ret |= FLAG_IF(v, O_NONBLOCK, 0x40);
	ret |= FLAG_IF(v, O_SYNC, 0x80);
	ret |= FLAG_IF(v, O_TRUNC, 0x100);
	ret |= FLAG_IF(v, O_DIRECT, 0x200);
	ret |= FLAG_IF(v, O_DIRECTORY, 0x400);
	ret |= FLAG_IF(v, O_LARGEFILE, 0x800);
	ret |= FLAG_IF(v, O_CLOEXEC, 0x1000);
	ret |= FLAG_IF(v, O_TMPFILE, 0x2000);
	return ret;
}

/* The mode only counts where a file may be made. */
static __always_inline __u32 flags_open_mode(__u32 flags, __u32 mode)
{
	return flags & (O_CREAT | O_TMPFILE) ? mode & MODE_BITS : 0;
}

static __always_inline __u32 flags_resolve(__u64 v)
{
	__u32 ret = v & 0x20; /* CACHED */

	ret |= FLAG_IF(v, 0x01, 0x10); /* NO_XDEV */
	ret |= FLAG_IF(v, 0x02, 0x04); /* NO_MAGICLINKS */
	ret |= FLAG_IF(v, 0x04, 0x08); /* NO_SYMLINKS */
	ret |= FLAG_IF(v, 0x08, 0x01); /* BENEATH */
	ret |= FLAG_IF(v, 0x10, 0x02); /* IN_ROOT */
	return ret;
}

/* ---- descriptors ---- */

/* What eventfd2() and its like take; a negative value is none. */
static __always_inline __u32 flags_new_fd(__s32 v)
{
	return v < 0 ? 0 : FLAG_IF(v, O_NONBLOCK, 0x40) | FLAG_IF(v, O_CLOEXEC, 0x1000);
}

static __always_inline __u32 flags_pipe2(__s32 v)
{
	return v < 0 ? 0 : flags_new_fd(v) | FLAG_IF(v, O_DIRECT, 0x200);
}

static __always_inline __u32 flags_dup3(__u32 v)
{
	return FLAG_IF(v, O_CLOEXEC, 0x1000);
}

static __always_inline __u8 flags_fcntl(__u32 cmd)
{
	static const __u8 first[] = {
		[F_DUPFD] = 0x1,
		[F_GETFD] = 0x2,
		[F_SETFD] = 0x3,
		[F_GETFL] = 0x4,
		[F_SETFL] = 0x5,
		[F_GETLK] = 0x6,
		[F_SETLK] = 0x8,
		[F_SETLKW] = 0x9,
		[F_SETOWN] = 0xa,
		[F_GETOWN] = 0xc,
		[F_SETSIG] = 0xd,
		[F_GETSIG] = 0xf,
		[12] = 0x11, /* GETLK64, of 32-bit processes */
		[13] = 0x12,
		[14] = 0x13,
		[F_SETOWN_EX] = 0x15,
		[F_GETOWN_EX] = 0x16,
		[F_OFD_GETLK] = 0x1e,
		[F_OFD_SETLK] = 0x1f,
		[F_OFD_SETLKW] = 0x20,
	};
	static const __u8 linux_own[] = {
		[F_SETLEASE - F_LINUX_SPECIFIC_BASE] = 0x17,
		[F_GETLEASE - F_LINUX_SPECIFIC_BASE] = 0x18,
		[F_NOTIFY - F_LINUX_SPECIFIC_BASE] = 0x1b,
		[F_CANCELLK - F_LINUX_SPECIFIC_BASE] = 0x19,
		[F_DUPFD_CLOEXEC - F_LINUX_SPECIFIC_BASE] = 0x1a,
		[F_SETPIPE_SZ - F_LINUX_SPECIFIC_BASE] = 0x1c,
		[F_GETPIPE_SZ - F_LINUX_SPECIFIC_BASE] = 0x1d,
	};

	if (cmd < sizeof(first))
		return first[cmd];
	cmd -= F_LINUX_SPECIFIC_BASE;
	return cmd < sizeof(linux_own) ? linux_own[cmd] : 0;
}

static __always_inline __u8 flags_whence(__u32 v)
{
	return v <= 2 ? v : 0;
}

/* ---- what is made and changed ---- */

/* No type is a regular file's; a type that mknod() does not take is left out. */
static __always_inline __u32 flags_mknod(__u32 mode)
{
	__u32 type = mode & 0170000, ret = mode & MODE_BITS;

	switch (type) {
	case 0:
		return ret | 0100000;
	case 0010000: /* FIFO */
	case 0020000: /* character device */
	case 0060000: /* block device */
	case 0100000: /* regular file */
	case 0140000: /* socket */
		return ret | type;
	default:
		return ret;
	}
}

static __always_inline __u32 flags_newfstatat(__u32 v)
{
	return v & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT);
}

/* fchownat() has no AT_SYMLINK_FOLLOW, yet this is what the parameter holds. */
static __always_inline __u32 flags_linkat(__u32 v)
{
	return v & (AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
}

/* Without the magic number that old programs put above the flags. */
static __always_inline __u32 flags_mount(__u32 v)
{
	return (v & 0xffff0000) == 0xc0ed0000 ? v & 0xffff : v;
}

/* ---- io_uring ---- */

/* Bit 0 is two flags: Falco takes one of a ring's own flags for one of its setup. */
static __always_inline __u32 flags_io_uring_setup(__u32 v)
{
	return (v & 0x3) | FLAG_IF(v, 0x1, 0x4) | (v & 0x7c) << 1;
}

/* All that Falco knows but IORING_FEAT_EXT_ARG. */
static __always_inline __u32 flags_io_uring_features(__u32 v)
{
	return v & 0x6ff;
}
#endif
