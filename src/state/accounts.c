/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's account databases.  Files are read line by line without the C library's parsers:
 * those of a container are written by whoever runs in it, so a line may be of any length and form,
 * and one that is not entirely right is skipped.
 */
#include "state/accounts.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE 4096
#define MAX_LINES 100000

void accounts_ask(uint32_t id, bool group, account_fn fn, void *arg)
{
	struct account_entry e = {.id = id};
	struct passwd *pw;
	struct group *gr;

	if (group) {
		gr = getgrgid(id);
		e.name = gr ? str_c(gr->gr_name) : STR_NONE;
	} else if ((pw = getpwuid(id))) {
		e.gid = pw->pw_gid;
		e.name = str_c(pw->pw_name);
		e.home = str_c(pw->pw_dir);
		e.shell = str_c(pw->pw_shell);
	}
	if (e.name.p)
		fn(arg, &e);
}

static bool to_id(struct str s, uint32_t *ret)
{
	uint64_t id;

	if (!str_to_u64(s, &id) || id >= UINT32_MAX)
		return false;
	*ret = (uint32_t)id;
	return true;
}

/* name:password:uid:gid:comment:home:shell, or name:password:gid:members */
static bool parse_line(struct str line, bool group, struct account_entry *e)
{
	struct str f[7];
	size_t n = group ? 3 : 7;

	*e = (struct account_entry){0};
	for (size_t i = 0; i < n; i++)
		if (!str_split(&line, ':', &f[i]))
			return false;
	if (f[0].n && (f[0].p[0] == '+' || f[0].p[0] == '-'))
		return false;
	e->name = f[0];
	if (!to_id(f[2], &e->id))
		return false;
	if (group)
		return true;
	e->home = f[5];
	e->shell = f[6];
	return to_id(f[3], &e->gid);
}

/* Only regular files: a container could put a pipe there. */
static FILE *open_file(const char *root, const char *name)
{
	char path[4096];
	struct stat st;
	FILE *f;
	int fd;

	if (snprintf(path, sizeof(path), "%s/etc/%s", root, name) >= (int)sizeof(path))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return NULL;
	f = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (!f)
		close(fd);
	return f;
}

void accounts_read(const char *root, bool group, account_fn fn, void *arg)
{
	FILE *f = open_file(root, group ? "group" : "passwd");
	struct account_entry e;
	char line[MAX_LINE];

	for (int i = 0; f && i < MAX_LINES && fgets(line, sizeof(line), f); i++) {
		size_t n = strlen(line);
		bool whole = n && line[n - 1] == '\n';

		/* A group's members may fill any line; what we want of it is at the start. */
		if ((whole || group || feof(f)) && parse_line(str_n(line, n - whole), group, &e))
			fn(arg, &e);
		while (!whole && fgets(line, sizeof(line), f))
			whole = strchr(line, '\n') != NULL;
	}
	if (f)
		fclose(f);
}

bool accounts_elsewhere(const char *host_root, int64_t pid)
{
	char path[4096];
	struct stat own, theirs;

	snprintf(path, sizeof(path), "%s/proc/%lld/ns/mnt", host_root, (long long)pid);
	if (stat(path, &theirs) || stat("/proc/self/ns/mnt", &own))
		return false;
	return own.st_ino != theirs.st_ino || own.st_dev != theirs.st_dev;
}
