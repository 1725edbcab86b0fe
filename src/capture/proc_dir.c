/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/proc_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "capture/proc_text.h"

#define FILE_MAX (64u << 20)
#define CHUNK 65536u

void proc_dir_init(struct proc_dir *d, int fd)
{
	d->fd = fd;
	d->at = d->n = 0;
	lseek(fd, 0, SEEK_SET);
}

static const struct dirent64 *next_entry(struct proc_dir *d)
{
	const struct dirent64 *e;

	if (d->at >= d->n) {
		ssize_t n = getdents64(d->fd, d->entries, sizeof(d->entries));

		d->at = 0;
		d->n = n > 0 ? (size_t)n : 0;
		if (!d->n)
			return NULL;
	}
	e = (const void *)(d->entries + d->at);
	d->at += e->d_reclen;
	return e;
}

bool proc_dir_number(struct proc_dir *d, int64_t *ret)
{
	const struct dirent64 *e;

	while ((e = next_entry(d)))
		if (proc_number(e->d_name, ret))
			return true;
	return false;
}

const char *proc_dir_folder(struct proc_dir *d)
{
	const struct dirent64 *e;

	while ((e = next_entry(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			return e->d_name;
	return NULL;
}

static ssize_t read_some(int fd, void *p, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, p, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t proc_read(int dir_fd, const char *path, void *p, size_t size)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_some(fd, p, size);
	close(fd);
	return n;
}

int proc_read_all(int dir_fd, const char *path, struct buf *text)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	text->n = 0;
	if (fd < 0)
		return -errno;
	do {
		buf_reserve(text, CHUNK);
		n = read_some(fd, text->p + text->n, CHUNK);
		if (n > 0)
			text->n += (size_t)n;
	} while (n > 0 && text->n < FILE_MAX);
	close(fd);
	return n < 0 ? (int)n : 0;
}
