/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts to the system's log; a rule's priority is the level there, the facility is "user".
 *
 * We speak to its socket ourselves (datagrams, or a stream with a NUL behind each message; the
 * format is that of RFC 3164, without the host, as C libraries send it): syslog() does not tell
 * when nobody listens, and a loss that nobody tells of can not be counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "output/sink.h"

struct to_syslog {
	struct sink sink;
	struct sockaddr_un address;
	int fd; /* -1: not connected */
	bool stream;
	struct buf message;
};

static void disconnect(struct to_syslog *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static int connect_as(struct to_syslog *t, int type)
{
	int r = 0;

	t->fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return -errno;
	if (connect(t->fd, (struct sockaddr *)&t->address, sizeof(t->address))) {
		r = -errno;
		disconnect(t);
	}
	t->stream = type == SOCK_STREAM;
	return r;
}

static int ensure_connected(struct to_syslog *t)
{
	int r = 0;

	if (t->fd < 0)
		r = connect_as(t, SOCK_DGRAM);
	return r == -EPROTOTYPE ? connect_as(t, SOCK_STREAM) : r;
}

static void format(struct to_syslog *t, const struct alert *a)
{
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	t->message.n = 0;
	buf_printf(&t->message, "<%d>%s %2d %02d:%02d:%02d %s: ", LOG_USER | (int)a->priority,
		months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		program_invocation_short_name);
	buf_str(&t->message, a->text);
	if (t->stream)
		buf_char(&t->message, '\0');
}

static int send_message(struct to_syslog *t)
{
	size_t done = 0;
	int r = ensure_connected(t);

	while (!r && done < t->message.n) {
		ssize_t n = send(t->fd, t->message.p + done, t->message.n - done, MSG_NOSIGNAL);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r = -errno;
	}
	return r;
}

static int put(struct sink *s, const struct alert *a)
{
	struct to_syslog *t = (struct to_syslog *)s;
	bool connected = t->fd >= 0;
	int r;

	format(t, a);
	r = send_message(t);
	if (r == -EMSGSIZE)
		return -EBADMSG;
	if (r)
		disconnect(t);
	if (r && connected) { /* the daemon may be another one since */
		r = send_message(t);
		if (r)
			disconnect(t);
	}
	return r;
}

static void finish(struct sink *s)
{
	struct to_syslog *t = (struct to_syslog *)s;

	disconnect(t);
	buf_done(&t->message);
	free(t);
}

struct sink *sink_syslog_new(const char *path)
{
	struct to_syslog *t = mem_zalloc(sizeof(*t));

	t->sink = (struct sink){.name = "syslog", .write = put, .close = finish};
	t->fd = -1;
	t->address.sun_family = AF_UNIX;
	strncpy(t->address.sun_path, path ? path : "/dev/log", sizeof(t->address.sun_path) - 1);
	return &t->sink;
}
