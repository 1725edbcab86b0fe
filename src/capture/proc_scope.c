/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the processes of a scope.  A process that ends meanwhile is left out, one that starts
 * meanwhile may be: its own first event tells of it.
 */
#include "capture/proc_scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "capture/proc_dir.h"
#include "capture/proc_text.h"

#define DEPTH_MAX 64 /* folders of control groups in each other */
#define SECOND UINT64_C(1000000000)

static int compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static void add(struct proc_pids *pids, int64_t pid)
{
	if (pid <= 0 || pid > INT_MAX || imap_put(&pids->seen, (uint64_t)pid, pids))
		return;
	vec_push(&pids->list, (pid_t)pid);
}

bool proc_pids_has(const struct proc_pids *pids, pid_t pid)
{
	return imap_get(&pids->seen, (uint64_t)pid) != NULL;
}

void proc_pids_done(struct proc_pids *pids)
{
	vec_done(&pids->list);
	imap_done(&pids->seen);
}

/* Numbers of processes separated by anything; 0 stands for one that cannot be seen from here. */
static void add_numbers(struct proc_pids *pids, struct str text)
{
	uint64_t v = 0;
	bool in_number = false;

	for (size_t i = 0; i <= text.n; i++) {
		char c = i < text.n ? text.p[i] : ' ';

		if (c >= '0' && c <= '9') {
			v = in_number ? v * 10 + (uint64_t)(c - '0') : (uint64_t)(c - '0');
			v = MIN(v, (uint64_t)INT_MAX + 1);
			in_number = true;
			continue;
		}
		if (in_number)
			add(pids, (int64_t)v);
		in_number = false;
	}
}

/* ---- a process and its descendants ---- */

/* -ENOENT when the kernel has no lists of children. */
static int add_children(int proc_fd, pid_t pid, struct proc_pids *pids, struct buf *text)
{
	char path[64];
	struct proc_dir dir;
	int64_t tid;
	int tasks, err = 0;

	snprintf(path, sizeof(path), "%d/task", pid);
	tasks = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tasks < 0)
		return 0; /* it has ended */
	proc_dir_init(&dir, tasks);
	while (proc_dir_number(&dir, &tid)) {
		snprintf(path, sizeof(path), "%lld/children", (long long)tid);
		err = proc_read_all(tasks, path, text);
		if (!err)
			add_numbers(pids, buf_view(text));
		else if (err == -ENOENT)
			break;
	}
	close(tasks);
	return err == -ENOENT ? err : 0;
}

static int add_descendants(int proc_fd, struct proc_pids *pids)
{
	struct buf text = {0};
	int err = 0;

	for (size_t i = 0; i < pids->list.n && !err; i++)
		err = add_children(proc_fd, pids->list.v[i], pids, &text);
	buf_done(&text);
	return err;
}

struct parent {
	pid_t pid, ppid;
};

/* For kernels without lists of children: every process's parent. */
static void add_by_parents(int proc_fd, struct proc_pids *pids)
{
	VEC(struct parent) all = {0};
	char path[64], text[1024];
	struct proc_dir dir;
	struct proc_stat stat;
	int64_t pid;

	proc_dir_init(&dir, proc_fd);
	while (proc_dir_number(&dir, &pid)) {
		ssize_t n;

		snprintf(path, sizeof(path), "%lld/stat", (long long)pid);
		n = proc_read(proc_fd, path, text, sizeof(text));
		if (n > 0 && proc_stat_parse(str_n(text, (size_t)n), &stat))
			vec_push(&all, ((struct parent){(pid_t)pid, (pid_t)stat.ppid}));
	}
	for (size_t i = 0; i < pids->list.n; i++)
		for (size_t k = 0; k < all.n; k++)
			if (all.v[k].ppid == pids->list.v[i])
				add(pids, all.v[k].pid);
	vec_done(&all);
}

static int find_tree(const char *host_root, pid_t pid, struct proc_pids *ret)
{
	char path[PATH_MAX];
	int proc_fd, err;

	snprintf(path, sizeof(path), "%s/proc", host_root);
	proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "%d", pid);
	err = pid > 0 && faccessat(proc_fd, path, F_OK, 0) == 0 ? 0 : -ESRCH;
	if (!err) {
		add(ret, pid);
		if (add_descendants(proc_fd, ret) == -ENOENT)
			add_by_parents(proc_fd, ret);
	}
	close(proc_fd);
	return err;
}

/* ---- a control group ---- */

static bool add_group(int dir_fd, struct proc_pids *pids, struct buf *text, unsigned depth)
{
	struct proc_dir dir;
	const char *name;

	if (proc_read_all(dir_fd, "cgroup.procs", text))
		return false;
	add_numbers(pids, buf_view(text));
	proc_dir_init(&dir, dir_fd);
	while (depth < DEPTH_MAX && (name = proc_dir_folder(&dir))) {
		int sub = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (sub < 0)
			continue;
		add_group(sub, pids, text, depth + 1);
		close(sub);
	}
	return true;
}

static bool add_group_at(const char *path, struct proc_pids *pids)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf text = {0};
	bool found;

	if (fd < 0)
		return false;
	found = add_group(fd, pids, &text, 0);
	buf_done(&text);
	close(fd);
	return found;
}

static int find_group(const char *host_root, const char *group, struct proc_pids *ret)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", host_root, group);
	if (add_group_at(path, ret))
		return 0;
	snprintf(path, sizeof(path), "%s/sys/fs/cgroup/%s", host_root, group);
	return add_group_at(path, ret) ? 0 : -ENOENT;
}

int proc_scope_pids(const char *host_root, const struct proc_scope *scope, struct proc_pids *ret)
{
	int err;

	host_root = host_root ? host_root : "";
	*ret = (struct proc_pids){0};
	if (scope->kind == PROC_SCOPE_PID)
		err = find_tree(host_root, scope->pid, ret);
	else
		err = find_group(host_root, scope->cgroup, ret);
	if (ret->list.n)
		qsort(ret->list.v, ret->list.n, sizeof(pid_t), compare);
	return err;
}

/* ---- one of them ---- */

static bool read_thread(
	const char *root, pid_t tid, const char *file, char *text, size_t size, struct str *ret)
{
	char path[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/proc/%d/%s", root ? root : "", tid, file);
	n = proc_read(AT_FDCWD, path, text, size);
	*ret = str_n(text, n > 0 ? (size_t)n : 0);
	return n > 0;
}

int proc_identify(const char *host_root, pid_t tid, struct proc_identity *ret)
{
	struct proc_status status;
	struct proc_stat stat;
	char text[4096];
	struct str s;

	if (!read_thread(host_root, tid, "status", text, sizeof(text), &s) ||
		!proc_status_parse(s, &status))
		return -ESRCH;
	ret->pid = (pid_t)status.tgid;
	if (!read_thread(host_root, ret->pid, "stat", text, sizeof(text), &s) ||
		!proc_stat_parse(s, &stat))
		return -ESRCH;
	ret->started = stat.start_ticks * (SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
	return 0;
}
