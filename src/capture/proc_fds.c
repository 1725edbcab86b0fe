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

/* ns 0: not known. pid_fd: the folder of a process in it, -1: it is opened if need be. */
static const struct socks *socks_of(struct proc_scan *ps, uint64_t ns, int pid_fd, int64_t pid)
{
	struct socks *s = imap_get(&ps->socks, ns);
	char path[24];
	int fd = pid_fd;

	if (s)
		return s;
	snprintf(path, sizeof(path), "%lld", (long long)pid);
	if (fd < 0)
		fd = openat(ps->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s = socks_read(fd);
	imap_put(&ps->socks, ns, s);
	if (fd >= 0 && fd != pid_fd)
		close(fd);
	return s;
}

static uint64_t net_ns(struct proc_scan *ps, int pid_fd)
{
	struct stat st;

	if (!ps->socks_ns)
		ps->socks_ns = fstatat(pid_fd, "ns/net", &st, 0) ? 1 : st.st_ino;
	return ps->socks_ns;
}

static bool fill_socket(struct proc_scan *ps, const struct socks *socks, struct machine_fd *f)
{
	enum l4_proto l4 = L4_UNKNOWN;
	const struct proc_sock *s = socks_find(socks, f->ino, &l4);

	if (!s) {
		ps->stats.unnamed++;
		return false;
	}
	f->type = s->type;
	f->l4 = l4;
	f->inet = s->inet;
	f->unix_source = s->unix_source;
	f->name = s->path;
	return true;
}

/* ---- files ---- */

/* By the mode of the inode; name: where the link leads. */
static void fill_kind(struct machine_fd *f, struct str name, unsigned mode)
{
	struct str prefix = STR("anon_inode:");

	f->name = name;
	if (str_starts(name, prefix)) {
		f->type = anonymous_type(str_from(name, prefix.n));
		f->name = STR("");
	} else if (S_ISREG(mode) || S_ISBLK(mode) || S_ISCHR(mode)) {
		f->type = str_starts(name, STR("/memfd:")) ? FD_MEMFD : FD_FILE_V2;
	} else if (S_ISDIR(mode)) {
		f->type = FD_DIRECTORY;
	} else if (S_ISFIFO(mode)) {
		f->type = FD_FIFO;
	} else {
		f->type = FD_UNSUPPORTED;
		f->name = STR("");
	}
}

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

/* What descriptor f->fd of process f->tid is. False: not there, or nothing is known of it. */
static bool fill(struct proc_scan *ps, int pid_fd, struct machine_fd *f)
{
	unsigned what = STATX_TYPE | STATX_INO | STATX_MNT_ID;
	struct statx st;
	char path[40];

	snprintf(path, sizeof(path), "fd/%lld", (long long)f->fd);
	f->name = proc_link(pid_fd, path, ps->name);
	if (!f->name.n)
		return false;
	if (proc_link_ino(f->name, STR("socket"), &f->ino))
		return fill_socket(ps, socks_of(ps, net_ns(ps, pid_fd), pid_fd, f->tid), f);
	if (proc_link_ino(f->name, STR("pipe"), &f->ino)) {
		f->type = FD_FIFO;
		return true;
	}
	if (statx(pid_fd, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, what, &st))
		return false;
	f->ino = st.stx_ino;
	fill_kind(f, f->name, st.stx_mode);
	if (f->type == FD_FILE_V2)
		fill_open_flags(ps, pid_fd, &st, f);
	return true;
}

/* The kernel has 20 bits for the minor number. */
#define MINOR_BITS 20

static void tell(struct proc_scan *ps, const struct machine_fd *f, const struct machine_sink *sink)
{
	ps->stats.fds++;
	if (f->type >= 0 && f->type < FD_TYPE_MAX)
		ps->stats.fds_by_type[f->type]++;
	sink->fd(sink->arg, f);
}

void fds_tell_record(
	struct proc_scan *ps, const struct scan_file *r, const struct machine_sink *sink)
{
	struct machine_fd f = {.tid = r->tgid, .fd = r->num, .ino = r->ino};
	struct str name = str_n(r->name, r->name_len);

	if (proc_link_ino(name, STR("socket"), &f.ino)) {
		if (!fill_socket(ps, socks_of(ps, r->net_ns, -1, r->tgid), &f))
			return;
	} else {
		fill_kind(&f, name, r->mode);
	}
	if (f.type == FD_FILE_V2) {
		f.open_flags = open_flags(r->flags);
		f.mnt_id = (uint32_t)r->mnt_id;
		f.dev = proc_dev(r->dev >> MINOR_BITS, r->dev & ((1u << MINOR_BITS) - 1));
	}
	tell(ps, &f, sink);
}

/* ---- of a process ---- */

bool fds_tell(
	struct proc_scan *ps, int pid_fd, int64_t pid, int64_t num, const struct machine_sink *sink)
{
	struct machine_fd f = {.tid = pid, .fd = num};

	if (!fill(ps, pid_fd, &f))
		return false;
	tell(ps, &f, sink);
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
