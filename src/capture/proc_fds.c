/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors of a process.  Where a link of /proc/PID/fd leads says what kind most are; only what
 * has a path needs a look at the file, which never waits for a file server (AT_STATX_DONT_SYNC).
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/proc_internal.h"

/* ---- kinds ---- */

static const struct {
	struct str name;
	enum fd_type type;
} anonymous[] = {
	{STR("[eventfd]"), FD_EVENT},
	{STR("[eventpoll]"), FD_EVENTPOLL},
	{STR("inotify"), FD_INOTIFY},
	{STR("[inotify]"), FD_INOTIFY},
	{STR("[signalfd]"), FD_SIGNALFD},
	{STR("[timerfd]"), FD_TIMERFD},
	{STR("[io_uring]"), FD_IOURING},
	{STR("[userfaultfd]"), FD_USERFAULTFD},
	{STR("[pidfd]"), FD_PIDFD},
	{STR("bpf-map"), FD_BPF},
	{STR("bpf-prog"), FD_BPF},
	{STR("bpf-link"), FD_BPF},
	{STR("bpf_link"), FD_BPF},
	{STR("bpf_iter"), FD_BPF},
};

static enum fd_type anonymous_type(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(anonymous); i++)
		if (str_eq(name, anonymous[i].name))
			return anonymous[i].type;
	return FD_UNSUPPORTED;
}

/* Flags of open files as parameters of events have them, see flags.def. */
static uint32_t open_flags(uint64_t flags)
{
	static const struct {
		unsigned kernel, all, param;
	} bits[] = {
		{O_CREAT, 0, 1u << 2},
		{O_APPEND, 0, 1u << 3},
		{O_DSYNC, 0, 1u << 4},
		{O_EXCL, 0, 1u << 5},
		{O_NONBLOCK, 0, 1u << 6},
		{O_SYNC, 0, 1u << 7},
		{O_TRUNC, 0, 1u << 8},
		{O_DIRECT, 0, 1u << 9},
		{O_DIRECTORY, 0, 1u << 10},
		{O_CLOEXEC, 0, 1u << 12},
		{O_TMPFILE, 1, 1u << 13},
	};
	uint32_t param = (flags & O_ACCMODE) == O_WRONLY ? 2
			 : (flags & O_ACCMODE) == O_RDWR ? 3
							 : 1;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		uint64_t set = flags & bits[i].kernel;

		if (bits[i].all ? set == bits[i].kernel : set != 0)
			param |= bits[i].param;
	}
	return param;
}

/* ---- sockets ---- */

static const struct socks *socks_of(struct proc_scan *ps, int pid_fd)
{
	struct socks *s;
	struct stat st;

	if (!ps->socks_ns)
		ps->socks_ns = fstatat(pid_fd, "ns/net", &st, 0) ? 1 : st.st_ino;
	s = imap_get(&ps->socks, ps->socks_ns);
	if (!s) {
		s = socks_read(pid_fd);
		imap_put(&ps->socks, ps->socks_ns, s);
	}
	return s;
}

static bool fill_socket(struct proc_scan *ps, int pid_fd, uint64_t ino, struct machine_fd *f)
{
	enum l4_proto l4 = L4_UNKNOWN;
	const struct proc_sock *s = socks_find(socks_of(ps, pid_fd), ino, &l4);

	if (!s) {
		ps->stats.unnamed++;
		return false;
	}
	f->type = s->type;
	f->ino = ino;
	f->l4 = l4;
	f->inet = s->inet;
	f->unix_source = s->unix_source;
	f->name = s->path;
	return true;
}

/* ---- files ---- */

static void fill_open_flags(
	struct proc_scan *ps, int pid_fd, const struct statx *st, struct machine_fd *f)
{
	const struct mount *m;
	struct proc_fdinfo info;
	char path[40];
	ssize_t n;

	snprintf(path, sizeof(path), "fdinfo/%lld", (long long)f->fd);
	n = proc_read(pid_fd, path, ps->text, sizeof(ps->text));
	if (n <= 0 || !proc_fdinfo_parse(str_n(ps->text, (size_t)n), &info))
		return;
	f->open_flags = open_flags(info.flags);
	f->mnt_id = (uint32_t)(info.mnt_id ? info.mnt_id : st->stx_mnt_id);
	m = mounts_find(&ps->mounts, pid_fd, f->mnt_id);
	f->dev = m ? m->dev : proc_dev(st->stx_dev_major, st->stx_dev_minor);
}

static bool fill_by_mode(struct proc_scan *ps, int pid_fd, const char *path, struct machine_fd *f)
{
	unsigned what = STATX_TYPE | STATX_INO | STATX_MNT_ID;
	struct statx st;

	if (statx(pid_fd, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, what, &st))
		return false;
	f->ino = st.stx_ino;
	switch (st.stx_mode & S_IFMT) {
	case S_IFREG:
	case S_IFBLK:
	case S_IFCHR:
		f->type = str_starts(f->name, STR("/memfd:")) ? FD_MEMFD : FD_FILE_V2;
		if (f->type == FD_FILE_V2)
			fill_open_flags(ps, pid_fd, &st, f);
		return true;
	case S_IFDIR:
		f->type = FD_DIRECTORY;
		return true;
	case S_IFIFO:
		f->type = FD_FIFO;
		return true;
	default:
		f->type = FD_UNSUPPORTED;
		f->name = STR("");
		return true;
	}
}

/* What descriptor f->fd of process f->tid is. False: not there, or nothing is known of it. */
static bool fill(struct proc_scan *ps, int pid_fd, struct machine_fd *f)
{
	struct str prefix = STR("anon_inode:"), link;
	char path[40];

	snprintf(path, sizeof(path), "fd/%lld", (long long)f->fd);
	link = f->name = proc_link(pid_fd, path, ps->name);
	if (!link.n)
		return false;
	if (proc_link_ino(f->name, STR("socket"), &f->ino))
		return fill_socket(ps, pid_fd, f->ino, f);
	if (proc_link_ino(f->name, STR("pipe"), &f->ino)) {
		f->type = FD_FIFO;
		return true;
	}
	if (!fill_by_mode(ps, pid_fd, path, f))
		return false;
	if (str_starts(link, prefix)) {
		f->type = anonymous_type(str_from(link, prefix.n));
		f->name = STR("");
	}
	return true;
}

bool fds_tell(
	struct proc_scan *ps, int pid_fd, int64_t pid, int64_t num, const struct machine_sink *sink)
{
	struct machine_fd f = {.tid = pid, .fd = num};

	if (!fill(ps, pid_fd, &f))
		return false;
	ps->stats.fds++;
	sink->fd(sink->arg, &f);
	return true;
}

void fds_tell_all(struct proc_scan *ps, int pid_fd, int64_t pid, const struct machine_sink *sink)
{
	int fd = openat(pid_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct proc_dir dir;
	uint32_t told = 0;
	int64_t num;

	if (fd < 0)
		return;
	proc_dir_init(&dir, fd);
	while ((!ps->config.max_fds || told < ps->config.max_fds) && proc_dir_number(&dir, &num))
		told += fds_tell(ps, pid_fd, pid, num, sink);
	close(fd);
}
