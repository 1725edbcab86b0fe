/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts by number.  The list of a process's namespace is read when a number is met that no list
 * before had; numbers that are in no list (pipes and the like have mounts too) are remembered as
 * such, so a list is not read for each of them again.
 */
#include "capture/proc_internal.h"

static const struct mount nowhere;

void mounts_init(struct mounts *m)
{
	*m = (struct mounts){0};
	arena_init(&m->arena, 0);
}

void mounts_done(struct mounts *m)
{
	imap_done(&m->by_id);
	arena_done(&m->arena);
	buf_done(&m->text);
}

static void add(struct mounts *m, const struct proc_mount *from)
{
	struct mount *mount = arena_zalloc(&m->arena, sizeof(*mount));
	struct str upper = STR_NONE;

	if (str_is(from->type, "overlay"))
		upper = proc_mount_option(from->options, STR("upperdir="));
	mount->id = from->id;
	mount->dev = from->dev;
	mount->point = arena_str(&m->arena, from->point);
	mount->upper = upper.p ? arena_str(&m->arena, upper) : STR_NONE;
	imap_put(&m->by_id, from->id, mount);
}

static void read_list(struct mounts *m, int pid_fd)
{
	struct proc_mount mount;
	struct str rest;

	if (proc_read_all(pid_fd, "mountinfo", &m->text))
		return;
	rest = buf_view(&m->text);
	while (proc_mountinfo_next(&rest, &mount)) {
		const struct mount *known = imap_get(&m->by_id, mount.id);

		if (!known || known == &nowhere)
			add(m, &mount);
	}
}

const struct mount *mounts_find(struct mounts *m, int pid_fd, uint64_t id)
{
	const struct mount *mount = imap_get(&m->by_id, id);

	if (!mount && id) {
		read_list(m, pid_fd);
		mount = imap_get(&m->by_id, id);
		if (!mount)
			imap_put(&m->by_id, id, (void *)&nowhere);
	}
	return mount == &nowhere ? NULL : mount;
}
