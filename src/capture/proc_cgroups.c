/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups of a thread as "subsystem=path" strings, the way exec events have them.
 *
 * A v1 hierarchy names its controllers.  In the v2 hierarchy a process is in one group, and each
 * controller counts it in the nearest folder upwards that lists it (cgroup.controllers).  Where
 * that folder cannot be seen, the usual controllers that no v1 line has are taken to reach down to
 * the process: what matters of them is the path.
 *
 * Thousands of threads have a few texts, so each text is worked out once.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/proc_internal.h"

/* Number of the first control group namespace: linux/proc_ns.h, PROC_CGROUP_INIT_INO. */
#define FIRST_NAMESPACE 0xEFFFFFFBu
#define MAX_LISTS 65536
#define MAX_NAMES 512

static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

static int open_root(const char *host_root)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s%s", host_root, roots[i]);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && faccessat(fd, "cgroup.controllers", R_OK, 0) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

void cgroups_init(struct cgroups *c, const char *host_root)
{
	struct stat st;

	*c = (struct cgroups){.root_fd = open_root(host_root)};
	c->namespaced = stat("/proc/self/ns/cgroup", &st) == 0 && st.st_ino != FIRST_NAMESPACE;
	arena_init(&c->arena, 0);
}

void cgroups_done(struct cgroups *c)
{
	if (c->root_fd >= 0)
		close(c->root_fd);
	smap_done(&c->lists);
	arena_done(&c->arena);
	buf_done(&c->out);
}

static void put(struct buf *b, struct str name, struct str path)
{
	buf_str(b, name);
	buf_char(b, '=');
	buf_str(b, path);
	buf_char(b, '\0');
}

static bool has(struct str list, struct str name)
{
	struct str one;

	while (list.n && str_split(&list, '\0', &one))
		if (str_starts(one, name) && one.n > name.n && one.p[name.n] == '=')
			return true;
	return false;
}

/* From a namespace, groups outside it are seen as "/../..": the rest is what tells them apart. */
static struct str from_first(const struct cgroups *c, struct str path)
{
	while (c->namespaced && str_starts(path, STR("/..")) && (path.n == 3 || path.p[3] == '/'))
		path = str_from(path, 3);
	return path.n ? path : STR("/");
}

static struct str parent_of(struct str path)
{
	ptrdiff_t slash = str_rchr(path, '/');

	return slash > 0 ? str_head(path, (size_t)slash) : STR("/");
}

/* The controllers that folder path lists and no folder below did. False: there is no such folder.
 */
static bool put_listed(struct cgroups *c, struct str path)
{
	char file[PATH_MAX], names[MAX_NAMES];
	struct str rest, name;
	ssize_t n;

	if (snprintf(file, sizeof(file), ".%.*s/cgroup.controllers", STR_ARG(path)) >=
		(int)sizeof(file))
		return false;
	n = proc_read(c->root_fd, file, names, sizeof(names));
	if (n < 0)
		return false;
	rest = str_trim(str_n(names, (size_t)n));
	while (rest.n && str_split(&rest, ' ', &name))
		if (name.n && !has(buf_view(&c->out), name))
			put(&c->out, name, path);
	return true;
}

static void put_usual(struct cgroups *c, struct str path)
{
	static const struct str usual[] = {
		STR("cpuset"), STR("cpu"), STR("io"), STR("memory"), STR("pids")};

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!has(buf_view(&c->out), usual[i]))
			put(&c->out, usual[i], path);
}

static void put_v2(struct cgroups *c, struct str path)
{
	if (c->root_fd < 0 || !put_listed(c, path)) {
		put_usual(c, path);
		return;
	}
	while (path.n > 1) {
		path = parent_of(path);
		put_listed(c, path);
	}
}

static void put_v1(struct cgroups *c, const struct proc_cgroup *g)
{
	struct str rest = g->controllers, name;

	while (rest.n && str_split(&rest, ',', &name))
		if (name.n)
			put(&c->out, name, from_first(c, g->path));
}

static void make(struct cgroups *c, struct str text)
{
	struct proc_cgroup g, v2 = {0};

	c->out.n = 0;
	while (proc_cgroup_next(&text, &g)) {
		if (g.v2)
			v2 = g;
		else
			put_v1(c, &g);
	}
	if (v2.v2)
		put_v2(c, from_first(c, v2.path));
}

struct str cgroups_list(struct cgroups *c, struct str text)
{
	struct str *list = smap_get(&c->lists, text);

	if (list)
		return *list;
	make(c, text);
	if (c->lists.n >= MAX_LISTS)
		return buf_view(&c->out);
	list = arena_alloc(&c->arena, sizeof(*list));
	*list = arena_str(&c->arena, buf_view(&c->out));
	smap_put(&c->lists, arena_str(&c->arena, text), list);
	return *list;
}
