/* SPDX-License-Identifier: Apache-2.0 */
/* A dozen lines of protocol are not worth a library that every host would need. */
#include "app/notify.h"
#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
	int fd; /* connected; 0: nobody listens */
	unsigned alive_ms;
} manager;

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || n < 2 || n > sizeof(addr.sun_path) - 1)
		return -EINVAL;
	memcpy(addr.sun_path, path, n);
	if (path[0] == '@') /* an abstract name: all its bytes count, no NUL behind */
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (path[0] == '/'))) <
		0) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* Half of the time after which the manager would lose patience. */
static unsigned alive_interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long limit = usec ? strtoull(usec, NULL, 10) : 0;

	if (pid && strtol(pid, NULL, 10) != getpid())
		return 0;
	if (limit > 3600ull * 1000000)
		limit = 3600ull * 1000000;
	return limit && limit < 2000 ? 1 : (unsigned)(limit / 2000);
}

void notify_init(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = path ? connect_to(path) : -1;

	manager.fd = fd > 0 ? fd : 0;
	manager.alive_ms = manager.fd ? alive_interval() : 0;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

/* A manager that is gone or has no room must not hold us up. */
static void tell(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	if (!manager.fd)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		(void)!send(manager.fd, text,
			(size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1, MSG_NOSIGNAL);
}

void notify_ready(void)
{
	tell("READY=1\nMAINPID=%ld", (long)getpid());
}

void notify_reloading(void)
{
	tell("RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_ns() / 1000);
}

void notify_stopping(void)
{
	tell("STOPPING=1\nSTATUS=Handing over the last alerts");
}

void notify_status(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell("STATUS=%s", text);
}

unsigned notify_alive_interval(void)
{
	return manager.alive_ms;
}

void notify_alive(void)
{
	tell("WATCHDOG=1");
}
