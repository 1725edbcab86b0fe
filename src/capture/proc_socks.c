/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets of one network namespace, by number of inode: the tables are read when the first
 * process with a socket is met, sorted once, and then looked up.
 */
#include <errno.h>

#include "capture/proc_internal.h"

struct entry {
	struct proc_sock sock;
	enum l4_proto l4;
	uint32_t order;
};

struct socks {
	VEC(struct entry) list;
	struct arena paths;
};

static const struct table {
	const char *path;
	enum { INET4, INET6, UNIX, NETLINK } form;
	enum l4_proto l4;
} tables[] = {
	{"net/tcp", INET4, L4_TCP},
	{"net/tcp6", INET6, L4_TCP},
	{"net/udp", INET4, L4_UDP},
	{"net/udp6", INET6, L4_UDP},
	{"net/raw", INET4, L4_RAW},
	{"net/raw6", INET6, L4_RAW},
	{"net/unix", UNIX, L4_NA},
	{"net/netlink", NETLINK, L4_NA},
};

static bool parse(const struct table *t, struct str line, struct proc_sock *ret)
{
	switch (t->form) {
	case INET4:
		return proc_inet_parse(line, false, ret);
	case INET6:
		return proc_inet_parse(line, true, ret);
	case UNIX:
		return proc_unix_parse(line, ret);
	default:
		return proc_netlink_parse(line, ret);
	}
}

static void read_table(struct socks *s, int pid_fd, const struct table *t, struct buf *text)
{
	struct str rest, line;
	struct entry e = {.l4 = t->l4};

	if (proc_read_all(pid_fd, t->path, text))
		return;
	rest = buf_view(text);
	while (rest.n && str_split(&rest, '\n', &line)) {
		if (!parse(t, line, &e.sock) || !e.sock.ino)
			continue;
		e.sock.path = e.sock.path.n ? arena_str(&s->paths, e.sock.path) : STR("");
		e.order = (uint32_t)s->list.n;
		vec_push(&s->list, e);
	}
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->sock.ino != y->sock.ino)
		return x->sock.ino < y->sock.ino ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

struct socks *socks_read(int pid_fd)
{
	struct socks *s = mem_zalloc(sizeof(*s));
	struct buf text = {0};

	arena_init(&s->paths, 0);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		read_table(s, pid_fd, &tables[i], &text);
	buf_done(&text);
	if (s->list.n)
		qsort(s->list.v, s->list.n, sizeof(struct entry), compare);
	return s;
}

void socks_free(struct socks *s)
{
	if (!s)
		return;
	vec_done(&s->list);
	arena_done(&s->paths);
	free(s);
}

const struct proc_sock *socks_find(const struct socks *s, uint64_t ino, enum l4_proto *ret_l4)
{
	size_t low = 0, high = s->list.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->list.v[mid].sock.ino < ino)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == s->list.n || s->list.v[low].sock.ino != ino)
		return NULL;
	*ret_l4 = s->list.v[low].l4;
	return &s->list.v[low].sock;
}
