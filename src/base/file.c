/* SPDX-License-Identifier: Apache-2.0 */
/* Reads to the end rather than trusting st_size, so pipes and /proc files work too. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"

static int read_all(int fd, size_t max, struct buf *b)
{
	ssize_t n;

	for (;;) {
		buf_reserve(b, 64 * 1024);
		n = read(fd, b->p + b->n, 64 * 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		b->n += (size_t)n;
		if (b->n > max)
			return -EFBIG;
	}
}

int file_read(struct arena *a, const char *path, size_t max, struct str *ret)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct buf b = {0};
	int r;

	if (fd < 0)
		return -errno;
	r = read_all(fd, max, &b);
	if (r == 0)
		*ret = arena_str(a, buf_view(&b));
	buf_done(&b);
	if (!is_stdin)
		close(fd);
	return r;
}
