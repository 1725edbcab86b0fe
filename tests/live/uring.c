/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of io_uring make the events of the system calls that they stand for: carried out at
 * once, by a worker, by the thread that polls the ring, silent, or told of late.
 */
#include "expect.h"
#include "ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#define NO_FD 777
#define N(i) ((int)live_noted(i))
#define UNKNOWN 0x7fffffff
/* Newer than some headers. */
enum { OP_SOCKET = 45, OP_FIXED_FD_INSTALL = 54, OP_BIND = 56, OP_LISTEN = 57 };

#define AT(path) (uintptr_t)(path)

static struct io_uring_sqe op_open(const char *path, int flags, unsigned mode)
{
	return (struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = AT(path),
		.open_flags = (unsigned)flags,
		.len = mode};
}

/* Without an open, which the events of requests are to be told from. */
static void make(const char *name)
{
	mknod(name, S_IFREG | 0600, 0);
}

/* Device and inode, noted from number i on; closes it. */
static void note_file(unsigned i, int fd)
{
	struct stat st = {0};

	live_note(i, fd);
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	live_note(i + 2, (long)st.st_ino);
	close(fd);
}

/* The place of the nth event of a type that a ring made. */
static size_t by_ring(uint16_t type, size_t nth)
{
	enum origin origin;

	for (size_t i = 0; i < live_count(type); i++)
		if (event_origin(live_nth(type, i), &origin) && origin == ORIGIN_URING &&
			nth-- == 0)
			return i;
	return live_count(type);
}

/* Kernels that do not tell descriptors, nor what is refused for one that is none (docs/live.md). */
static bool by_name(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	return major < 5 || (major == 5 && minor < 17);
}

#define own(type) by_ring(type, 0)

static void origin_is(uint16_t type, size_t nth, enum origin want)
{
	enum origin origin;

	assert_true(event_origin(live_nth(type, nth), &origin));
	assert_int_equal(origin, want);
}

static void resolved_here(uint16_t type, size_t nth, unsigned cwd, const char *name)
{
	struct resolved r;
	char want[128];

	noted_path(cwd, name, want);
	assert_true(event_resolved(live_nth(type, nth), &r));
	if (!str_is(r.path, want))
		fail_msg("resolved to %.*s, not %s", STR_ARG(r.path), want);
}

#define CWD 40

/* ---- files ---- */

static void act_opens(void)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CREAT, .mode = 0640, .resolve = RESOLVE_BENEATH};
	struct ring r;
	int dir;

	note_cwd(CWD);
	if (!ring_open(&r, 0))
		_exit(1);
	mkdir("dir", 0755);
	dir = open("dir", O_RDONLY | O_DIRECTORY);
	live_note(9, dir);
	note_file(0, ring_do(&r, op_open("new", O_RDWR | O_CREAT | O_EXCL, 0604)));
	live_note(3, ring_do(&r, op_open("nowhere/x", O_RDONLY, 0)));
	note_file(4, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_OPENAT2,
					 .fd = dir,
					 .addr = AT("how"),
					 .len = sizeof(how),
					 .off = AT(&how)}));
	live_note(7, ring_do(&r, op_open("new", O_WRONLY | O_APPEND, 0)));
	live_note(8, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_CLOSE, .fd = N(7)}));
	live_note(10, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_CLOSE, .fd = NO_FD}));
	ring_close(&r);
	close(dir);
}

static void check_opens(void)
{
	expect(EV_OPENAT_X, own(EV_OPENAT_X), "iituu_l", N(0), AT_FDCWD, "new", 0x4027, 0604,
		live_noted(2));
	resolved_here(EV_OPENAT_X, own(EV_OPENAT_X), CWD, "new");
	expect(EV_OPENAT_X, by_ring(EV_OPENAT_X, 1), "iituuul", -ENOENT, AT_FDCWD, "nowhere/x", 0x1,
		0, 0, 0L);
	expect(EV_OPENAT2_X, 0, "iituuu_l", N(4), N(9), "how", 0x4006, 0640, 0x1, live_noted(6));
	resolved_here(EV_OPENAT2_X, 0, CWD, "dir/how");
	expect(EV_OPENAT_X, by_ring(EV_OPENAT_X, 2), "iitu___", N(7), AT_FDCWD, "new", 0xa);
	assert_int_equal(live_nth(EV_OPENAT_X, own(EV_OPENAT_X))->tid, live_pid());
	expect(EV_CLOSE_X, own(EV_CLOSE_X), "ii", 0, N(7));
	expect(EV_CLOSE_X, by_ring(EV_CLOSE_X, 1), "ii", -EBADF, NO_FD);
}

static void act_names(void)
{
	struct ring r;

	if (!ring_open(&r, 0))
		_exit(1);
	make("a");
	live_note(0, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_RENAMEAT,
					 .fd = AT_FDCWD,
					 .addr = AT("a"),
					 .len = (unsigned)AT_FDCWD,
					 .off = AT("bb"),
					 .rename_flags = 1}));
	live_note(1, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_MKDIRAT,
					 .fd = AT_FDCWD,
					 .addr = AT("made"),
					 .len = 0750}));
	live_note(2, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_SYMLINKAT,
					 .fd = AT_FDCWD,
					 .addr = AT("to/what"),
					 .off = AT("link")}));
	live_note(3, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_LINKAT,
					 .fd = AT_FDCWD,
					 .addr = AT("bb"),
					 .len = (unsigned)AT_FDCWD,
					 .off = AT("hard"),
					 .hardlink_flags = AT_SYMLINK_FOLLOW}));
	live_note(4, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_UNLINKAT,
					 .fd = AT_FDCWD,
					 .addr = AT("hard")}));
	live_note(5, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_UNLINKAT,
					 .fd = AT_FDCWD,
					 .addr = AT("made"),
					 .unlink_flags = AT_REMOVEDIR}));
	live_note(6, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_UNLINKAT,
					 .fd = NO_FD,
					 .addr = AT("gone")}));
	ring_close(&r);
}

static void check_names(void)
{
	expect(EV_RENAMEAT2_X, 0, "iititu", N(0), AT_FDCWD, "a", AT_FDCWD, "bb", 1);
	assert_int_equal(N(0), 0);
	if (N(1) != -EINVAL)
		expect(EV_MKDIRAT_X, 0, "iitu", N(1), AT_FDCWD, "made", 0750);
	if (N(2) != -EINVAL)
		expect(EV_SYMLINKAT_X, 0, "itit", N(2), "to/what", AT_FDCWD, "link");
	if (N(3) != -EINVAL)
		expect(EV_LINKAT_X, 0, "iititu", N(3), AT_FDCWD, "bb", AT_FDCWD, "hard", 0x400);
	expect(EV_UNLINKAT_X, 0, "iitu", N(4), AT_FDCWD, "hard", 0);
	expect(EV_UNLINKAT_X, 1, "iitu", N(5), AT_FDCWD, "made", AT_REMOVEDIR);
	expect(EV_UNLINKAT_X, 2, "iitu", -EBADF, NO_FD, "gone", 0);
	origin_is(EV_UNLINKAT_X, 2, ORIGIN_URING);
	origin_is(EV_RENAMEAT2_X, 0, ORIGIN_URING);
}

/* ---- data ---- */

static void act_data(void)
{
	struct iovec v[2] = {{"piece ", 6}, {"by piece", 8}};
	char room[32];
	struct iovec in = {room, sizeof(room)};
	int pipes[2], fd = open("data", O_RDWR | O_CREAT, 0600);
	struct ring r;

	if (!ring_open(&r, 0) || pipe(pipes) < 0)
		_exit(1);
	live_note(0, fd);
	live_note(1, pipes[0]);
	live_note(2, pipes[1]);
	live_note(3, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_WRITE,
					 .fd = fd,
					 .addr = AT("written"),
					 .len = 7,
					 .off = 3}));
	live_note(4, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_READ,
					 .fd = fd,
					 .addr = AT(room),
					 .len = 20,
					 .off = 5}));
	live_note(5, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_WRITE,
					 .fd = pipes[1],
					 .addr = AT("down"),
					 .len = 4,
					 .off = ~0ULL}));
	live_note(6, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_READ,
					 .fd = pipes[0],
					 .addr = AT(room),
					 .len = 20,
					 .off = ~0ULL}));
	live_note(7, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_WRITEV,
					 .fd = fd,
					 .addr = AT(v),
					 .len = 2,
					 .off = 0}));
	live_note(8, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_READV,
					 .fd = fd,
					 .addr = AT(&in),
					 .len = 1,
					 .off = 1}));
	live_note(9, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_READ,
					 .fd = NO_FD,
					 .addr = AT(room),
					 .len = 1,
					 .off = ~0ULL}));
	ring_close(&r);
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}

static void check_data(void)
{
	expect(EV_PWRITE_X, 0, "i_iul", 7, N(0), 7, 3L);
	live_bytes(live_event(EV_PWRITE_X), 1, "written", 7);
	expect(EV_PREAD_X, 0, "i_iul", 5, N(0), 20, 5L);
	live_bytes(live_event(EV_PREAD_X), 1, "itten", 5);
	expect(EV_WRITE_X, own(EV_WRITE_X), "i_iu", 4, N(2), 4);
	live_bytes(live_nth(EV_WRITE_X, own(EV_WRITE_X)), 1, "down", 4);
	expect(EV_READ_X, own(EV_READ_X), "i_iu", 4, N(1), 20);
	live_bytes(live_nth(EV_READ_X, own(EV_READ_X)), 1, "down", 4);
	expect(EV_PWRITEV_X, 0, "i_iul", 14, N(0), 14, 0L);
	live_bytes(live_event(EV_PWRITEV_X), 1, "piece by piece", 14);
	expect(EV_PREADV_X, 0, "iu_il", 13, 13, N(0), 1L);
	live_bytes(live_event(EV_PREADV_X), 2, "iece by piece", 13);
}

/* ---- sockets ---- */

static void act_sockets(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listening = socket(AF_INET, SOCK_STREAM, 0), client, server;
	struct iovec v = {"message", 7};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	socklen_t n = sizeof(at);
	char room[16];
	struct ring r;

	if (!ring_open(&r, 0) || bind(listening, (void *)&at, n) < 0 || listen(listening, 3) < 0 ||
		getsockname(listening, (void *)&at, &n) < 0)
		_exit(1);
	client = socket(AF_INET, SOCK_STREAM, 0);
	live_note(0, listening);
	live_note(1, client);
	live_note(2, ntohs(at.sin_port));
	live_note(3, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_CONNECT,
					 .fd = client,
					 .addr = AT(&at),
					 .off = sizeof(at)}));
	server = ring_do(&r,
		(struct io_uring_sqe){
			.opcode = IORING_OP_ACCEPT, .fd = listening, .accept_flags = SOCK_CLOEXEC});
	live_note(4, server);
	n = sizeof(at);
	getsockname(client, (void *)&at, &n);
	live_note(5, ntohs(at.sin_port));
	live_note(6, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_SEND,
					 .fd = client,
					 .addr = AT("hello"),
					 .len = 5}));
	live_note(7, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_RECV,
					 .fd = server,
					 .addr = AT(room),
					 .len = 16}));
	live_note(
		8, ring_do(&r, (struct io_uring_sqe){
				       .opcode = IORING_OP_SENDMSG, .fd = client, .addr = AT(&m)}));
	v = (struct iovec){room, sizeof(room)};
	live_note(
		9, ring_do(&r, (struct io_uring_sqe){
				       .opcode = IORING_OP_RECVMSG, .fd = server, .addr = AT(&m)}));
	live_note(10,
		ring_do(&r, (struct io_uring_sqe){
				    .opcode = IORING_OP_SHUTDOWN, .fd = server, .len = SHUT_RDWR}));
	at.sin_port = htons(1);
	live_note(11, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_CONNECT,
					  .fd = NO_FD,
					  .addr = AT(&at),
					  .off = sizeof(at)}));
	live_note(12, ring_do(&r, (struct io_uring_sqe){.opcode = OP_SOCKET,
					  .fd = AF_INET,
					  .off = SOCK_DGRAM | SOCK_CLOEXEC,
					  .len = 0}));
	at.sin_port = 0;
	if (N(12) >= 0)
		live_note(13, ring_do(&r, (struct io_uring_sqe){.opcode = OP_BIND,
						  .fd = N(12),
						  .addr = AT(&at),
						  .addr2 = sizeof(at)}));
	live_note(14,
		ring_do(&r, (struct io_uring_sqe){.opcode = OP_LISTEN, .fd = listening, .len = 9}));
	ring_close(&r);
	close(client);
	close(server);
	close(listening);
}

static void tuple_is(const struct event *ev, unsigned i, int from, int to)
{
	uint8_t want[] = {2, 127, 0, 0, 1, (uint8_t)from, (uint8_t)(from >> 8), 127, 0, 0, 1,
		(uint8_t)to, (uint8_t)(to >> 8)};

	live_bytes(ev, i, want, sizeof(want));
}

static void check_sockets(void)
{
	int port = N(2), from = N(5);

	expect(EV_CONNECT_X, 0, "i_i_", N(3), N(1));
	assert_int_equal(N(3), 0);
	tuple_is(live_event(EV_CONNECT_X), 1, from, port);
	origin_is(EV_CONNECT_X, 0, ORIGIN_URING);
	expect(EV_ACCEPT4_X, 0, "i_uuuu", N(4), 0, 0, 3, 0x1000);
	tuple_is(live_event(EV_ACCEPT4_X), 1, from, port);
	expect(EV_SENDTO_X, 0, "i_iu_", 5, N(1), 5);
	live_bytes(live_event(EV_SENDTO_X), 1, "hello", 5);
	tuple_is(live_event(EV_SENDTO_X), 4, from, port);
	expect(EV_RECVFROM_X, 0, "i__iu", 5, N(4), 16);
	live_bytes(live_event(EV_RECVFROM_X), 1, "hello", 5);
	tuple_is(live_event(EV_RECVFROM_X), 2, from, port);
	expect(EV_SENDMSG_X, 0, "i_iu_", 7, N(1), 7);
	live_bytes(live_event(EV_SENDMSG_X), 1, "message", 7);
	expect(EV_RECVMSG_X, 0, "iu___i", 7, 7, N(4));
	live_bytes(live_event(EV_RECVMSG_X), 2, "message", 7);
	expect(EV_SHUTDOWN_X, 0, "iiu", 0, N(4), 2);
	if (!by_name())
		expect(EV_CONNECT_X, 1, "iti_", -EBADF, NULL, NO_FD);
	if (N(12) >= 0)
		expect(EV_SOCKET_X, own(EV_SOCKET_X), "iuuuu", N(12), 2, SOCK_DGRAM | SOCK_CLOEXEC,
			0, 0x1000);
	if (N(12) >= 0 && N(13) == 0)
		expect(EV_BIND_X, own(EV_BIND_X), "i_i", 0, N(12));
	if (N(14) == 0)
		expect(EV_LISTEN_X, own(EV_LISTEN_X), "iii", 0, N(0), 9);
}

/* ---- other ways through the kernel ---- */

static void act_ways(void)
{
	struct ring r;
	unsigned char async = IOSQE_ASYNC;
	struct io_uring_sqe sqe;

	note_cwd(CWD);
	make("file");
	if (!ring_open(&r, 0))
		_exit(1);
	sqe = op_open("file", O_RDONLY, 0);
	sqe.flags = async;
	note_file(0, ring_do(&r, sqe));
	ring_close(&r);
	if (!ring_open(&r, IORING_SETUP_SQPOLL))
		return;
	note_file(3, ring_do(&r, op_open("file", O_WRONLY, 0)));
	ring_close(&r);
}

static void check_ways(void)
{
	expect(EV_OPENAT_X, 0, "iitu___", N(0), AT_FDCWD, "file", 0x1);
	resolved_here(EV_OPENAT_X, 0, CWD, "file");
	assert_int_equal(live_nth(EV_OPENAT_X, 0)->tid, live_pid());
	expect(EV_OPENAT_X, 1, "iitu___", N(3), AT_FDCWD, "file", 0x2);
	resolved_here(EV_OPENAT_X, 1, CWD, "file");
	assert_int_equal(live_nth(EV_OPENAT_X, 1)->tid, live_pid());
}

/* Files in slots of the ring. */
static void act_direct(void)
{
	int none[4] = {-1, -1, -1, -1};
	struct io_uring_sqe sqe;
	char room[8];
	struct ring r;

	make("file");
	if (!ring_open(&r, 0) ||
		syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, none, 4) < 0)
		_exit(1);
	sqe = op_open("file", O_RDONLY, 0);
	sqe.file_index = 3;
	live_note(0, ring_do(&r, sqe));
	live_note(1, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_READ,
					 .fd = 2,
					 .flags = IOSQE_FIXED_FILE,
					 .addr = AT(room),
					 .len = 8,
					 .off = ~0ULL}));
	live_note(2, ring_do(&r, (struct io_uring_sqe){.opcode = OP_FIXED_FD_INSTALL,
					 .fd = 2,
					 .flags = IOSQE_FIXED_FILE}));
	live_note(
		3, ring_do(&r, (struct io_uring_sqe){.opcode = IORING_OP_CLOSE, .file_index = 3}));
	ring_close(&r);
}

static void check_direct(void)
{
	assert_int_equal(N(0), 0);
	expect(EV_OPENAT_X, 0, "iitu___", FD_OF_RING | 2, AT_FDCWD, "file", 0x1);
	origin_is(EV_OPENAT_X, 0, ORIGIN_URING);
	expect(EV_READ_X, own(EV_READ_X), "i_iu", 0, by_name() ? -1 : FD_OF_RING | 2, 8);
	if (N(2) >= 0)
		expect(EV_DUP_X, own(EV_DUP_X), "ii", N(2), FD_OF_RING | 2);
	expect(EV_CLOSE_X, own(EV_CLOSE_X), "ii", 0, FD_OF_RING | 2);
}

/* Requests that say nothing when they succeed; and ones that nobody has room to tell of. */
static void act_quiet(void)
{
	struct io_uring_sqe sqe = op_open("file", O_RDONLY, 0);
	struct ring r;

	make("file");
	if (!ring_open(&r, 0))
		_exit(1);
	live_note(0, (r.p.features & IORING_FEAT_CQE_SKIP) != 0);
	if (N(0)) {
		sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
		ring_put(&r, sqe);
		ring_enter(&r, 1, 0);
	}
	for (unsigned i = 0; i < 20; i++) {
		ring_put(&r, (struct io_uring_sqe){
				     .opcode = IORING_OP_CLOSE, .fd = NO_FD, .user_data = i});
		ring_enter(&r, 1, 0);
	}
	ring_close(&r);
}

static void check_quiet(void)
{
	if (N(0))
		expect(EV_OPENAT_X, 0, "iitu___", UNKNOWN, AT_FDCWD, "file", 0x1);
	for (size_t i = 0; i < 20; i++)
		expect(EV_CLOSE_X, by_ring(EV_CLOSE_X, i), "ii", -EBADF, NO_FD);
}

/* Several in one go that are all called the same. */
static void act_batch(void)
{
	struct ring r;

	for (char name[] = "f0"; name[1] < '6'; name[1]++)
		make(name);
	if (!ring_open(&r, 0))
		_exit(1);
	for (unsigned i = 0; i < 6; i++)
		ring_put(&r, op_open(&"f0\0f1\0f2\0f3\0f4\0f5"[3 * i], O_RDONLY, 0));
	live_note(0, ring_enter(&r, 6, 6));
	ring_close(&r);
}

static void check_batch(void)
{
	assert_int_equal(N(0), 6);
	assert_int_equal(live_count(EV_OPENAT_X), 6);
	for (size_t i = 0; i < 6; i++)
		expect(EV_OPENAT_X, i, "_it____", AT_FDCWD, &"f0\0f1\0f2\0f3\0f4\0f5"[3 * i]);
}

/* One request, many connections. */
static void act_multishot(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listening = socket(AF_INET, SOCK_STREAM, 0), client[2] = {-1, -1};
	socklen_t n = sizeof(at);
	struct ring r;

	if (!ring_open(&r, 0) || bind(listening, (void *)&at, n) < 0 || listen(listening, 3) < 0 ||
		getsockname(listening, (void *)&at, &n) < 0)
		_exit(1);
	live_note(0, ntohs(at.sin_port));
	ring_put(&r, (struct io_uring_sqe){.opcode = IORING_OP_ACCEPT,
			     .fd = listening,
			     .ioprio = 1 << 0,
			     .user_data = 5});
	ring_enter(&r, 1, 0);
	live_note(1, ring_done(&r) ? ring_result(&r) : 0);
	for (int i = 0; i < 2 && N(1) >= 0; i++) {
		client[i] = socket(AF_INET, SOCK_STREAM, 0);
		connect(client[i], (void *)&at, sizeof(at));
		ring_enter(&r, 0, i + 1u);
		live_note(1 + (unsigned)i, ring_result(&r));
	}
	ring_close(&r);
	close(client[0]);
	close(client[1]);
	close(listening);
}

static void check_multishot(void)
{
	if (N(1) == -EINVAL)
		return;
	for (unsigned i = 0; i < 2; i++) {
		expect(EV_ACCEPT4_X, i, "i_____", N(1 + i));
		assert_int_equal(event_param(live_nth(EV_ACCEPT4_X, i), 1).n, 13);
	}
}

static void check_nothing(void)
{
}

static const struct live_case cases[] = {
	{"begin", expect_enter, check_nothing},
	{"opens", act_opens, check_opens},
	{"names", act_names, check_names},
	{"data", act_data, check_data},
	{"sockets", act_sockets, check_sockets},
	{"worker and poller", act_ways, check_ways},
	{"slots of the ring", act_direct, check_direct},
	{"quiet ones", act_quiet, check_quiet},
	{"several at once", act_batch, check_batch},
	{"many results", act_multishot, check_multishot},
	{"end", expect_leave, check_nothing},
};

/* A kernel may have none, or forbid it. */
int main(void)
{
	struct ring r;

	if (!ring_open(&r, 0)) {
		printf("SKIPPED: no io_uring here\n");
		return 77;
	}
	ring_close(&r);
	return live_run(cases, sizeof(cases) / sizeof(cases[0]));
}
