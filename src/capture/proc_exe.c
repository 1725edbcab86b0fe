/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process's program file is like: which file, whether the process could write to it, and
 * where an overlay has it.  All of it is asked of the file that runs (/proc/PID/exe leads to it
 * even when it was removed or lies in another mount namespace), never of what its path names by
 * now.
 *
 * Whether it is writable is worked out from owner, mode and capabilities as the kernel side does
 * for exec events, so no thread of ours ever takes on another's identity to try.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "capture/proc_internal.h"

struct exe {
	struct statx st;
	struct statfs fs;
};

static bool look(int fd, struct exe *ret)
{
	int file = openat(fd, "exe", O_PATH | O_CLOEXEC);
	unsigned what = STATX_BASIC_STATS | STATX_MNT_ID;
	bool ok;

	if (file < 0)
		return false;
	ok = statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, what, &ret->st) == 0 &&
	     fstatfs(file, &ret->fs) == 0;
	close(file);
	return ok;
}

static uint64_t nanoseconds(struct statx_timestamp t)
{
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

/* Whether id of our user namespace has a number in the one that a map of /proc/PID is of. */
static bool is_mapped(int fd, const char *map, uint32_t id)
{
	char text[4096];
	ssize_t n = proc_read(fd, map, text, sizeof(text));
	struct str rest = str_n(text, n > 0 ? (size_t)n : 0), line;
	unsigned inside, outside, count;
	char copy[64];

	while (rest.n && str_split(&rest, '\n', &line)) {
		snprintf(copy, sizeof(copy), "%.*s", STR_ARG(line));
		if (sscanf(copy, "%u %u %u", &inside, &outside, &count) == 3 && id >= outside &&
			id - outside < count)
			return true;
	}
	return false;
}

static bool is_writable(int fd, const struct proc_status *s, const struct exe *e)
{
	unsigned mode = e->st.stx_mode;
	bool able = s->cap_effective & (1u << CAP_DAC_OVERRIDE | 1u << CAP_FOWNER);

	if (e->fs.f_flags & ST_RDONLY || e->st.stx_attributes & STATX_ATTR_IMMUTABLE)
		return false;
	if (e->st.stx_uid == s->fsuid)
		return true;
	if (mode & (proc_status_in_group(s, e->st.stx_gid) ? S_IWGRP : S_IWOTH))
		return true;
	return able && is_mapped(fd, "uid_map", e->st.stx_uid) &&
	       is_mapped(fd, "gid_map", e->st.stx_gid);
}

/* The layer that has the file: an upper one shows it under the same path. */
static void find_layer(
	struct proc_scan *ps, int fd, const struct exe *e, struct str path, struct machine_proc *p)
{
	const struct mount *m = mounts_find(&ps->mounts, fd, e->st.stx_mnt_id);
	char upper[PATH_MAX];
	size_t n;

	if (!m || !m->upper.n || m->upper.p[0] != '/' || str_chr(m->upper, '\\') >= 0 ||
		!e->st.stx_nlink || !str_starts(path, m->point))
		return;
	if (snprintf(upper, sizeof(upper), "%s%.*s", ps->host_root, STR_ARG(m->upper)) >=
			(int)sizeof(upper) ||
		access(upper, F_OK))
		return;
	n = strlen(upper);
	path = str_from(path, m->point.n > 1 ? m->point.n : 0);
	if (snprintf(upper + n, sizeof(upper) - n, "%.*s", STR_ARG(path)) >=
		(int)(sizeof(upper) - n))
		return;
	p->exe_upper_layer = faccessat(AT_FDCWD, upper, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	p->exe_lower_layer = !p->exe_upper_layer;
}

void exe_fill(struct proc_scan *ps, int fd, const struct proc_status *status, struct str path,
	struct machine_proc *p)
{
	struct exe e;

	if (!look(fd, &e))
		return;
	p->exe_ino = e.st.stx_ino;
	p->exe_ino_ctime = nanoseconds(e.st.stx_ctime);
	p->exe_ino_mtime = nanoseconds(e.st.stx_mtime);
	p->exe_from_memfd = !e.st.stx_nlink && str_starts(path, STR("/memfd:"));
	p->exe_writable = is_writable(fd, status, &e);
	if (e.fs.f_type == OVERLAYFS_SUPER_MAGIC)
		find_layer(ps, fd, &e, path, p);
}
