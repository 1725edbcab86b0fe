/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inotify on folders, never on files: a watch on a file follows the inode, and is lost when another
 * file takes its name.  For every path the folder is watched in which its last part stands, and
 * those in which symbolic links on its way stand; of each folder only the names that lie on the way
 * of something count.
 *
 * A file that was made but not yet written does not count: it will when it is closed.
 */
#include "app/file_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/vec.h"

#define MAX_LINKS 40 /* as the kernel follows */
#define MASK                                                                                       \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF |   \
		IN_MOVE_SELF | IN_ONLYDIR)

struct folder {
	int wd;
	char *path;
	bool used;  /* by what was named since file_watch_begin() */
	bool whole; /* every name in it counts */
	VEC(char *) names;
};

struct file_watch {
	int fd; /* -1: not started */
	bool complete;
	uint64_t seen;
	VEC(struct folder) folders;
};

struct file_watch *file_watch_new(void)
{
	struct file_watch *w = mem_zalloc(sizeof(*w));

	w->fd = -1;
	return w;
}

int file_watch_start(struct file_watch *w)
{
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return w->fd < 0 ? -errno : 0;
}

static void forget_names(struct folder *f)
{
	for (size_t i = 0; i < f->names.n; i++)
		free(f->names.v[i]);
	vec_clear(&f->names);
	f->whole = false;
}

static void folder_done(struct folder *f)
{
	forget_names(f);
	vec_done(&f->names);
	free(f->path);
}

void file_watch_free(struct file_watch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->folders.n; i++)
		folder_done(&w->folders.v[i]);
	vec_done(&w->folders);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

int file_watch_fd(const struct file_watch *w)
{
	return w->fd;
}

/* ---- what to watch ---- */

void file_watch_begin(struct file_watch *w)
{
	w->complete = w->fd >= 0;
	w->seen = 0;
	for (size_t i = 0; i < w->folders.n; i++) {
		w->folders.v[i].used = false;
		forget_names(&w->folders.v[i]);
	}
}

static struct folder *find_folder(struct file_watch *w, int wd)
{
	struct folder *f;

	vec_foreach (f, &w->folders)
		if (f->wd == wd)
			return f;
	return NULL;
}

static void mix(struct file_watch *w, uint64_t n)
{
	w->seen = (w->seen ^ n) * UINT64_C(0x9e3779b97f4a7c15);
	w->seen ^= w->seen >> 32;
}

/* What is there, and when that was changed, content, names and all. */
static void look_at(struct file_watch *w, const char *path)
{
	struct stat st = {0};

	mix(w, lstat(path, &st) == 0);
	mix(w, (uint64_t)st.st_ino);
	mix(w, (uint64_t)st.st_ctim.tv_sec);
	mix(w, (uint64_t)st.st_ctim.tv_nsec);
}

/* NULL when it can not be watched. One inode has one number, whatever path leads there. */
static struct folder *use_folder(struct file_watch *w, const char *path)
{
	int wd = w->fd >= 0 ? inotify_add_watch(w->fd, path, MASK) : -1;
	struct folder *f;

	if (wd < 0) {
		w->complete = false;
		return NULL;
	}
	f = find_folder(w, wd);
	if (!f) {
		f = vec_add(&w->folders);
		*f = (struct folder){.wd = wd, .path = str_dup(str_c(path))};
	}
	f->used = true;
	return f;
}

static void use_name(struct file_watch *w, const char *folder, struct str name)
{
	struct folder *f = use_folder(w, folder);

	if (!f)
		return;
	for (size_t i = 0; i < f->names.n; i++)
		if (str_is(name, f->names.v[i]))
			return;
	vec_push(&f->names, str_dup(name));
}

/* What the link path says; empty when it is none, or nothing to be followed. */
static struct str read_link(struct arena *a, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	return n > 0 ? arena_str(a, str_n(target, (size_t)n)) : STR("");
}

/* Goes along the parts of rest from folder on, as the kernel would, with an eye on each link. */
static void follow(struct file_watch *w, struct arena *a, struct str folder, struct str rest)
{
	unsigned links = 0;
	struct str part, target, path;
	size_t n;

	while (rest.n && links < MAX_LINKS) {
		for (n = 0; n < rest.n && rest.p[n] != '/'; n++)
			;
		part = str_head(rest, n);
		rest = n < rest.n ? str_from(rest, n + 1) : STR("");
		if (!part.n || str_eq(part, STR(".")))
			continue;
		path = arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(part));
		target = read_link(a, path.p);
		if (target.n || !rest.n) {
			use_name(w, folder.n ? folder.p : "/", part);
			look_at(w, path.p);
		}
		if (!target.n) {
			folder = path;
			continue;
		}
		links++;
		if (target.p[0] == '/')
			folder = STR("");
		rest = arena_printf(a, "%.*s/%.*s", STR_ARG(target), STR_ARG(rest));
	}
}

void file_watch_add(struct file_watch *w, const char *path)
{
	struct arena a;

	arena_init(&a, 0);
	follow(w, &a, path[0] == '/' ? STR("") : STR("."), str_c(path));
	arena_done(&a);
}

void file_watch_add_folder(struct file_watch *w, const char *path)
{
	struct folder *f = use_folder(w, path);

	look_at(w, path);
	if (f)
		f->whole = true;
	file_watch_add(w, path);
}

uint64_t file_watch_seen(const struct file_watch *w)
{
	return w->seen;
}

bool file_watch_end(struct file_watch *w)
{
	for (size_t i = w->folders.n; i-- > 0;) {
		if (w->folders.v[i].used)
			continue;
		inotify_rm_watch(w->fd, w->folders.v[i].wd);
		folder_done(&w->folders.v[i]);
		w->folders.v[i] = vec_pop(&w->folders);
	}
	return w->complete;
}

/* ---- what happened ---- */

static bool has_name(const struct folder *f, const char *name)
{
	for (size_t i = 0; i < f->names.n; i++)
		if (strcmp(f->names.v[i], name) == 0)
			return true;
	return false;
}

/* A plain file with a single name is about to be written: whoever does so will close it. */
static bool being_written(const struct folder *f, const struct inotify_event *ev)
{
	char path[PATH_MAX];
	struct stat st;

	if (!(ev->mask & IN_CREATE) || snprintf(path, sizeof(path), "%s/%s", f->path, ev->name) < 0)
		return false;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static bool matters(struct file_watch *w, const struct inotify_event *ev)
{
	struct folder *f = find_folder(w, ev->wd);

	if (ev->mask & IN_Q_OVERFLOW)
		return true;
	if (!f)
		return false;
	if (ev->mask & IN_IGNORED)
		f->wd = -1;
	if (!ev->len)
		return true;
	return (f->whole || has_name(f, ev->name)) && !being_written(f, ev);
}

bool file_watch_read(struct file_watch *w)
{
	char buf[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *ev;
	bool ret = false;
	ssize_t n;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0) {
		for (const char *p = buf; p < buf + n; p += sizeof(*ev) + ev->len) {
			ev = (const void *)p;
			ret |= matters(w, ev);
		}
	}
	return ret;
}
