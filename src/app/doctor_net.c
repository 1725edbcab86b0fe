/* SPDX-License-Identifier: Apache-2.0 */
/* Doors of others and our own: tried without saying more than is needed to get an answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/doctor.h"

#define PATIENCE_MS 2000

int doctor_connect_unix(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r, fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* A full queue is EAGAIN here: somebody is there, and does not come to the door. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int doctor_ask(int fd, const void *question, size_t n, void *ret, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t got;

	if (send(fd, question, n, MSG_NOSIGNAL) < 0)
		return -errno;
	got = poll(&p, 1, PATIENCE_MS);
	if (got == 0)
		return -ETIMEDOUT;
	got = got < 0 ? got : recv(fd, ret, size, 0);
	return got < 0 ? -errno : (int)got;
}

int doctor_can_listen(const char *address, unsigned port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
	int one = 1, r = 0, fd;

	if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
		return -EINVAL;
	fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (is_v6 ? bind(fd, (struct sockaddr *)&v6, sizeof(v6))
		  : bind(fd, (struct sockaddr *)&v4, sizeof(v4)))
		r = -errno;
	close(fd);
	return r;
}
