/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount needs no place: fsmount(2) hands out a descriptor of its root, and all goes when that is
 * closed. Nobody else sees it, so nothing of the host is changed.
 */
#include "capture/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The root of tracefs, -1: not found. */
static atomic_int root = -1;

/* The second one the kernel mounts by itself, when somebody goes there. */
static int mounted(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	struct statfs fs;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int fd = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == TRACEFS_MAGIC)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

static int mount_nowhere(void)
{
	int fs = fsopen("tracefs", FSOPEN_CLOEXEC), fd = -1;

	if (fs >= 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	if (fs >= 0)
		close(fs);
	return fd >= 0 ? fd : -ENOENT;
}

int tracefs_find(void)
{
	int none = -1, fd;

	if (atomic_load(&root) >= 0)
		return 0;
	fd = mounted();
	if (fd < 0)
		fd = mount_nowhere();
	if (fd < 0)
		return fd;
	if (!atomic_compare_exchange_strong(&root, &none, fd))
		close(fd);
	return 0;
}

int tracefs_tracepoint(const char *path)
{
	char text[128];
	int fd, status = tracefs_find();
	ssize_t n;

	if (status)
		return status;
	if ((size_t)snprintf(text, sizeof(text), "events/%s/id", path) >= sizeof(text))
		return -ENAMETOOLONG;
	fd = openat(atomic_load(&root), text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	status = n < 0 ? -errno : 0;
	close(fd);
	if (status)
		return status;
	text[n] = '\0';
	return atoi(text) > 0 ? atoi(text) : -EINVAL;
}
