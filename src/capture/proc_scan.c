/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes through /proc, or through the processes of a scope.
 *
 * Everything of a process is read through one descriptor of its folder: that one never turns into
 * another process, whoever gets the number later.  What all threads share is read once; of a
 * thread, only its stat, status, login user and groups are.  A file is one open, one read into a
 * buffer that is kept, one close; nothing is allocated per thread.
 *
 * Times: clone_ts is when the thread was started (10 ms exact).  Falco takes the age of the entry
 * in /proc, which is when somebody first looked at it.
 */
#include "capture/proc_internal.h"
#include "capture/iter_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

/* As in parameters of events. */
#define FLAG_FILES (1u << 0)
#define FLAG_THREAD (1u << 13)
#define FLAG_CLOSED (1u << 18)

/* What is read of one thread. */
struct facts {
	struct proc_stat stat;
	struct proc_status status;
	struct str cgroups;
	uint32_t loginuid;
};

struct str proc_link(int fd, const char *path, char buf[LINK_SIZE])
{
	ssize_t n = readlinkat(fd, path, buf, LINK_SIZE);

	return n > 0 ? str_n(buf, (size_t)n) : STR("");
}

/* ---- life ---- */

struct proc_scan *proc_scan_new(const struct proc_scan_config *c)
{
	const char *root = c->host_root ? c->host_root : "";
	char path[PATH_MAX];
	struct proc_scan *ps;
	int fd;

	snprintf(path, sizeof(path), "%s/proc", root);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	ps = mem_zalloc(sizeof(*ps));
	ps->config = *c;
	ps->proc_fd = fd;
	ps->host_root = mem_strdup(root);
	ps->boot_ns = machine_boot_ns();
	ps->ns_per_tick = SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	mounts_init(&ps->mounts);
	cgroups_init(&ps->cgroups, root);
	arena_init(&ps->arena, 4096);
	return ps;
}

/* What changes while nobody looks: other sockets, other mounts under the same numbers. */
static void forget(struct proc_scan *ps)
{
	struct imap_slot *slot;

	map_foreach(slot, &ps->socks) socks_free(slot->value);
	imap_done(&ps->socks);
	mounts_done(&ps->mounts);
	mounts_init(&ps->mounts);
	imap_done(&ps->pidns);
	arena_reset(&ps->arena);
}

void proc_scan_free(struct proc_scan *ps)
{
	if (!ps)
		return;
	forget(ps);
	mounts_done(&ps->mounts);
	cgroups_done(&ps->cgroups);
	arena_done(&ps->arena);
	buf_done(&ps->long_text);
	close(ps->proc_fd);
	free(ps->host_root);
	free(ps);
}

/* ---- a thread ---- */

static bool in_scope(const struct proc_scan *ps, int64_t pid)
{
	return !ps->config.in_scope || ps->config.in_scope(ps->config.in_scope_arg, (pid_t)pid);
}

static uint32_t read_loginuid(int fd)
{
	uint64_t v = UINT32_MAX;
	char text[16];
	ssize_t n = proc_read(fd, "loginuid", text, sizeof(text));

	if (n <= 0 || !str_to_u64(str_trim(str_n(text, (size_t)n)), &v))
		return UINT32_MAX;
	return (uint32_t)v;
}

/* It is short, unless the process is in very many groups. */
static struct str read_status(struct proc_scan *ps, int fd)
{
	ssize_t n = proc_read(fd, "status", ps->text, sizeof(ps->text));

	if (n < (ssize_t)sizeof(ps->text))
		return str_n(ps->text, n > 0 ? (size_t)n : 0);
	return proc_read_all(fd, "status", &ps->long_text) ? STR("") : buf_view(&ps->long_text);
}

/* Of the thread whose folder is fd. -ESRCH: it is gone, or its files make no sense. */
static int read_facts(struct proc_scan *ps, int fd, struct facts *ret)
{
	ssize_t n = proc_read(fd, "stat", ps->stat_text, sizeof(ps->stat_text));

	if (n <= 0 || !proc_stat_parse(str_n(ps->stat_text, (size_t)n), &ret->stat))
		return -ESRCH;
	if (!proc_status_parse(read_status(ps, fd), &ret->status))
		return -ESRCH;
	n = proc_read(fd, "cgroup", ps->group_text, sizeof(ps->group_text));
	ret->cgroups = cgroups_list(&ps->cgroups, str_n(ps->group_text, n > 0 ? (size_t)n : 0));
	ret->loginuid = read_loginuid(fd);
	return 0;
}

static bool is_dead(const struct proc_stat *s)
{
	return s->state == 'Z' || s->state == 'X' || s->state == 'x';
}

static void fill_ids(struct machine_proc *p, int64_t tid, const struct facts *f)
{
	const struct proc_status *s = &f->status;

	p->tid = tid;
	p->pid = s->tgid;
	p->ptid = s->ppid;
	p->sid = f->stat.session;
	p->pgid = f->stat.pgrp;
	p->vtid = s->vtid ? s->vtid : tid;
	p->vpid = s->vpid ? s->vpid : s->tgid;
	p->vpgid = s->vpgid ? s->vpgid : f->stat.pgrp;
	p->uid = s->euid;
	p->gid = s->egid;
	p->loginuid = f->loginuid;
	p->flags = tid == s->tgid ? 0 : FLAG_THREAD | FLAG_FILES;
	p->flags |= is_dead(&f->stat) ? FLAG_CLOSED : 0;
	p->tty = f->stat.tty;
}

static void fill_amounts(const struct proc_scan *ps, struct machine_proc *p, const struct facts *f)
{
	p->vmsize_kb = f->status.vmsize_kb;
	p->vmrss_kb = f->status.vmrss_kb;
	p->vmswap_kb = f->status.vmswap_kb;
	p->pfmajor = f->stat.majflt;
	p->pfminor = f->stat.minflt;
	p->cap_inheritable = f->status.cap_inheritable;
	p->cap_permitted = f->status.cap_permitted;
	p->cap_effective = f->status.cap_effective;
	p->clone_ts = ps->boot_ns + f->stat.start_ticks * ps->ns_per_tick;
}

static void tell_thread(struct proc_scan *ps, struct machine_proc *p, int64_t tid,
	const struct facts *f, const struct machine_sink *sink)
{
	p->comm = f->stat.comm;
	p->cgroups = f->cgroups;
	fill_ids(p, tid, f);
	fill_amounts(ps, p, f);
	ps->stats.threads++;
	if (sink->proc)
		sink->proc(sink->arg, p);
}

/* ---- what the threads of a process share ---- */

static uint64_t start_of_init(struct proc_scan *ps, int fd)
{
	char text[2048];
	struct proc_stat stat;
	ssize_t n = proc_read(fd, "root/proc/1/stat", text, sizeof(text));

	if (n <= 0 || !proc_stat_parse(str_n(text, (size_t)n), &stat))
		return 0;
	return ps->boot_ns + stat.start_ticks * ps->ns_per_tick;
}

/*
 * When the first process of the process's pid namespace was started.  That process may be out of
 * scope: then it is only known when it was told of itself.
 */
static uint64_t pidns_start(struct proc_scan *ps, int fd, const struct facts *f)
{
	uint64_t *start;
	struct stat st;

	if (f->status.namespaces <= 1)
		return ps->boot_ns;
	if (fstatat(fd, "ns/pid", &st, 0))
		return 0;
	start = imap_get(&ps->pidns, st.st_ino);
	if (start && *start)
		return *start;
	if (!start) {
		start = arena_zalloc(&ps->arena, sizeof(*start));
		imap_put(&ps->pidns, st.st_ino, start);
	}
	if (f->status.vpid == 1)
		*start = ps->boot_ns + f->stat.start_ticks * ps->ns_per_tick;
	else if (!ps->config.in_scope && !ps->config.pids)
		*start = start_of_init(ps, fd);
	return *start;
}

/* "Max open files  SOFT  HARD  files" */
static uint64_t limit_of_text(struct str text)
{
	struct str line, key = STR("Max open files");
	uint64_t v;

	while (text.n && str_split(&text, '\n', &line)) {
		if (!str_starts(line, key))
			continue;
		line = str_trim(str_from(line, key.n));
		if (str_starts(line, STR("unlimited")))
			return RLIM_INFINITY;
		line = str_head(line, (size_t)MAX(str_chr(line, ' '), 0));
		return str_to_u64(line, &v) ? v : UINT64_MAX;
	}
	return UINT64_MAX;
}

/* A number from another /proc than our own is not to be handed to the kernel. */
static uint64_t read_fdlimit(struct proc_scan *ps, int fd, int64_t pid)
{
	struct rlimit limit;
	ssize_t n;

	if (!*ps->host_root && prlimit((pid_t)pid, RLIMIT_NOFILE, NULL, &limit) == 0)
		return limit.rlim_cur;
	n = proc_read(fd, "limits", ps->text, sizeof(ps->text));
	return limit_of_text(str_n(ps->text, n > 0 ? (size_t)n : 0));
}

/* In place: the strings of a file, the last one ended. */
static struct str read_strings(int fd, const char *path, char *buf)
{
	ssize_t n = proc_read(fd, path, buf, STRINGS_SIZE);

	if (n <= 0)
		return STR("");
	if (buf[n - 1] && n < STRINGS_SIZE)
		n++;
	buf[n - 1] = '\0';
	return str_n(buf, (size_t)n);
}

static void fill_program(
	struct proc_scan *ps, int fd, const struct facts *f, struct machine_proc *p)
{
	struct str text = read_strings(fd, "cmdline", ps->cmdline);
	struct proc_cmdline cmdline = proc_cmdline_parse(ps->cmdline, text.n);

	p->exe = cmdline.exe;
	p->args = cmdline.args;
	p->env = read_strings(fd, "environ", ps->env);
	p->exepath = proc_link(fd, "exe", ps->exe);
	p->cwd = proc_link(fd, "cwd", ps->cwd);
	p->root = proc_link(fd, "root", ps->root);
	exe_fill(ps, fd, &f->status, p->exepath, p);
}

static void fill_shared(struct proc_scan *ps, int fd, const struct facts *f, struct machine_proc *p)
{
	fill_program(ps, fd, f, p);
	p->fdlimit = read_fdlimit(ps, fd, f->status.tgid);
	p->pidns_init_start_ts = pidns_start(ps, fd, f);
}

/* ---- a process ---- */

static int open_thread(int tasks, int64_t tid)
{
	char path[24];

	snprintf(path, sizeof(path), "%lld", (long long)tid);
	return openat(tasks, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void tell_other_thread(struct proc_scan *ps, int tasks, int64_t tid, struct machine_proc *p,
	const struct machine_sink *sink)
{
	int fd = open_thread(tasks, tid);
	struct facts f;

	if (fd >= 0 && read_facts(ps, fd, &f) == 0 && !is_dead(&f.stat))
		tell_thread(ps, p, tid, &f, sink);
	else
		ps->stats.skipped++;
	if (fd >= 0)
		close(fd);
}

static void tell_other_threads(struct proc_scan *ps, int pid_fd, int64_t pid,
	struct machine_proc *p, const struct machine_sink *sink)
{
	int tasks = openat(pid_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct proc_dir dir;
	int64_t tid;

	if (tasks < 0)
		return;
	proc_dir_init(&dir, tasks);
	while (proc_dir_number(&dir, &tid))
		if (tid != pid)
			tell_other_thread(ps, tasks, tid, p, sink);
	close(tasks);
}

/* A leader that its threads outlived knows nothing any more: any of them does. -1: there is none.
 */
static int open_survivor(int pid_fd, int64_t pid)
{
	int tasks = openat(pid_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct proc_dir dir;
	int64_t tid;

	if (tasks < 0)
		return -1;
	proc_dir_init(&dir, tasks);
	while (fd < 0 && proc_dir_number(&dir, &tid))
		if (tid != pid)
			fd = open_thread(tasks, tid);
	close(tasks);
	return fd;
}

static int tell_leader(struct proc_scan *ps, int fd, int64_t pid, const struct facts *f,
	struct machine_proc *p, const struct machine_sink *sink)
{
	int survivor = is_dead(&f->stat) ? open_survivor(fd, pid) : -1;

	if (f->stat.kernel_thread || (is_dead(&f->stat) && survivor < 0))
		return -ESRCH;
	fill_shared(ps, survivor < 0 ? fd : survivor, f, p);
	tell_thread(ps, p, pid, f, sink);
	if (ps->later)
		imap_put(&ps->told, (uint64_t)pid, ps);
	else if (sink->fd && !ps->config.no_fds)
		fds_tell_all(ps, survivor < 0 ? fd : survivor, pid, sink);
	if (survivor >= 0)
		close(survivor);
	return 0;
}

/* fd: the folder of process pid. -ESRCH: there is nothing to tell. */
static int tell_process(
	struct proc_scan *ps, int fd, int64_t pid, bool threads, const struct machine_sink *sink)
{
	struct machine_proc p = {0};
	struct facts f;
	int err = read_facts(ps, fd, &f);

	ps->socks_ns = 0;
	if (err)
		return err;
	err = tell_leader(ps, fd, pid, &f, &p, sink);
	if (err)
		return err;
	ps->stats.processes++;
	if (threads && f.stat.threads > 1)
		tell_other_threads(ps, fd, pid, &p, sink);
	return 0;
}

static void scan_process(struct proc_scan *ps, int64_t pid, const struct machine_sink *sink)
{
	int fd;

	if (!in_scope(ps, pid))
		return;
	fd = open_thread(ps->proc_fd, pid);
	if (fd < 0 || tell_process(ps, fd, pid, true, sink))
		ps->stats.skipped++;
	if (fd >= 0)
		close(fd);
}

/* ---- all ---- */

static void scan_listed(struct proc_scan *ps, const struct machine_sink *sink)
{
	const pid_t *pid;

	vec_foreach (pid, &ps->config.pids->list)
		scan_process(ps, *pid, sink);
}

static void scan_folder(struct proc_scan *ps, const struct machine_sink *sink)
{
	struct proc_dir dir;
	int64_t pid;

	proc_dir_init(&dir, ps->proc_fd);
	while (proc_dir_number(&dir, &pid))
		scan_process(ps, pid, sink);
}

/* ---- descriptors, by the kernel's iterator ---- */

/* Loading it takes as long as going through /proc for so many processes. */
#define MANY 100

struct listing {
	struct proc_scan *ps;
	const struct machine_sink *sink;
	int64_t pid; /* of the last descriptor */
	uint32_t n;  /* of it so far */
	bool told;
};

static void on_file(void *arg, const struct scan_file *f)
{
	struct listing *l = arg;
	uint32_t max = l->ps->config.max_fds;

	if (f->tgid != l->pid) {
		l->pid = f->tgid;
		l->n = 0;
		l->told = imap_get(&l->ps->told, f->tgid);
	}
	if (l->told && (!max || l->n++ < max))
		fds_tell_record(l->ps, f, l->sink);
}

static void tell_fds_by_proc(struct proc_scan *ps, const struct machine_sink *sink)
{
	const struct imap_slot *slot;

	map_foreach(slot, &ps->told)
	{
		int fd = open_thread(ps->proc_fd, (int64_t)slot->key);

		ps->socks_ns = 0;
		if (fd < 0)
			continue;
		fds_tell_all(ps, fd, (int64_t)slot->key, sink);
		close(fd);
	}
}

static void tell_fds(struct proc_scan *ps, const struct machine_sink *sink)
{
	bool all = !ps->config.in_scope && !ps->config.pids;
	struct listing l = {.ps = ps, .sink = sink, .pid = -1};
	uint32_t many = ps->config.iterator_from ? ps->config.iterator_from : MANY;

	ps->stats.by_iterator = ps->told.n >= many && !ps->config.no_iterators &&
				iter_scan_files(&ps->told, all, on_file, &l) == 0;
	if (!ps->stats.by_iterator)
		tell_fds_by_proc(ps, sink);
	imap_done(&ps->told);
}

int proc_scan_all(
	struct proc_scan *ps, const struct machine_sink *sink, struct proc_scan_stats *ret_stats)
{
	ps->stats = (struct proc_scan_stats){0};
	forget(ps);
	if (sink->reset)
		sink->reset(sink->arg);
	machine_tell(&ps->config, sink);
	ps->later = sink->fd && !ps->config.no_fds && !ps->config.no_iterators &&
		    iter_scan_fits(ps->host_root);
	if (ps->config.pids)
		scan_listed(ps, sink);
	else
		scan_folder(ps, sink);
	if (ps->later)
		tell_fds(ps, sink);
	ps->later = false;
	if (sink->ready)
		sink->ready(sink->arg);
	if (ret_stats)
		*ret_stats = ps->stats;
	return 0;
}

/* ---- on demand ---- */

static int open_of(struct proc_scan *ps, int64_t tid)
{
	struct timespec t;

	if (tid <= 0 || tid > INT_MAX || !in_scope(ps, tid))
		return -1;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	if (t.tv_sec != ps->asked_at)
		forget(ps);
	ps->asked_at = t.tv_sec;
	ps->socks_ns = 0;
	return open_thread(ps->proc_fd, tid);
}

int proc_scan_thread(struct proc_scan *ps, int64_t tid, const struct machine_sink *sink)
{
	int fd = open_of(ps, tid), err;
	struct machine_proc p = {0};
	struct facts f;

	if (fd < 0)
		return -ESRCH;
	err = read_facts(ps, fd, &f);
	if (!err && f.status.tgid == tid) {
		err = tell_process(ps, fd, tid, false, sink);
	} else if (!err && (f.stat.kernel_thread || is_dead(&f.stat))) {
		err = -ESRCH;
	} else if (!err) {
		fill_shared(ps, fd, &f, &p);
		tell_thread(ps, &p, tid, &f, sink);
	}
	close(fd);
	return err;
}

int proc_scan_fd(struct proc_scan *ps, int64_t pid, int64_t num, const struct machine_sink *sink)
{
	int fd = open_of(ps, pid);
	bool found;

	if (fd < 0)
		return -ESRCH;
	found = sink->fd && fds_tell(ps, fd, pid, num, sink);
	close(fd);
	return found ? 0 : -EBADF;
}
