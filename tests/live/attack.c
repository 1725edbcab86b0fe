/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attacks.py has done for real: "attack ACT ARGUMENT..." makes one system call, by the number
 * that the act is named after, and whatever must come before it.  Built for 64 and for 32 bit.
 *
 * Exit status: 0 the call was made (of some acts it does not matter what came of it), 1 it failed,
 * 2 no such act, 77 (NOT_HERE) the kernel has no such thing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_HERE 77

static int act(char **argv);

static int outcome(long result)
{
	if (result < 0)
		fprintf(stderr, "%s\n", strerror(errno));
	return result < 0;
}

/* ---- files ---- */

/* The modes that acts name by a letter. */
static int flags_of(const char *mode)
{
	switch (mode[0]) {
	case 'w':
		return O_WRONLY;
	case 't':
		return O_WRONLY | O_TRUNC;
	default:
		return O_RDONLY;
	}
}

static int do_open(char **a)
{
	return outcome(syscall(SYS_open, a[0], flags_of(a[1]), 0));
}

static int do_openat(char **a)
{
	return outcome(syscall(SYS_openat, AT_FDCWD, a[0], flags_of(a[1]), 0));
}

static int do_openat2(char **a)
{
	struct open_how how = {.flags = (unsigned)flags_of(a[1])};

	return outcome(syscall(SYS_openat2, AT_FDCWD, a[0], &how, sizeof(how)));
}

static int do_creat(char **a)
{
	return outcome(syscall(SYS_creat, a[0], 0600));
}

/* A descriptor of the folder, and the name in it. */
static int do_openat_below(char **a)
{
	int folder = open(a[0], O_RDONLY | O_DIRECTORY);

	return outcome(syscall(SYS_openat, folder, a[1], O_RDONLY, 0));
}

static int do_open_by_handle_at(char **a)
{
	struct {
		struct file_handle h;
		unsigned char room[MAX_HANDLE_SZ];
	} handle = {.h.handle_bytes = MAX_HANDLE_SZ};
	int mount_id, root = open("/", O_RDONLY);

	if (name_to_handle_at(AT_FDCWD, a[0], &handle.h, &mount_id, 0) < 0)
		return outcome(-1);
	return outcome(syscall(SYS_open_by_handle_at, root, &handle, flags_of(a[1])));
}

static int do_symlink(char **a)
{
	return outcome(syscall(SYS_symlink, a[0], a[1]));
}

static int do_symlinkat(char **a)
{
	return outcome(syscall(SYS_symlinkat, a[0], AT_FDCWD, a[1]));
}

static int do_link(char **a)
{
	return outcome(syscall(SYS_link, a[0], a[1]));
}

static int do_linkat(char **a)
{
	return outcome(syscall(SYS_linkat, AT_FDCWD, a[0], AT_FDCWD, a[1], 0));
}

#ifdef __x86_64__
static long call32(long nr, unsigned a, unsigned b, unsigned c)
{
	long result;

	__asm__ volatile(
		"int $0x80"
		: "=a"(result)
		: "a"(nr), "b"((unsigned long)a), "c"((unsigned long)b), "d"((unsigned long)c)
		: "memory", "r8", "r9", "r10", "r11");
	return result;
}

/* A path where 32 bits reach it. */
static unsigned low(const char *path)
{
	char *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	return (unsigned)(uintptr_t)strcpy(p, path);
}

/* A 64-bit program that makes 32-bit calls. */
static int do_int80_open(char **a)
{
	return call32(5, low(a[0]), (unsigned)flags_of(a[1]), 0) < 0;
}

static int do_int80_symlink(char **a)
{
	return call32(83, low(a[0]), low(a[1]), 0) < 0;
}
#endif

/* ---- programs ---- */

extern char **environ;

static int do_execve(char **a)
{
	return outcome(syscall(SYS_execve, a[0], a + 1, environ));
}

static int do_execveat(char **a)
{
	return outcome(syscall(SYS_execveat, AT_FDCWD, a[0], a + 1, environ, 0));
}

/* The file is open already, the call has no name for it. */
static int do_execveat_fd(char **a)
{
	int fd = open(a[0], O_PATH | O_CLOEXEC);

	return outcome(syscall(SYS_execveat, fd, "", a + 1, environ, AT_EMPTY_PATH));
}

static int in_memory(const char *path)
{
	int from = open(path, O_RDONLY), to = memfd_create("payload", MFD_CLOEXEC);
	char block[65536];
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0)
		if (write(to, block, (size_t)n) != n)
			return -1;
	return to;
}

static int do_memfd_execveat(char **a)
{
	return outcome(syscall(SYS_execveat, in_memory(a[0]), "", a + 1, environ, AT_EMPTY_PATH));
}

static int do_memfd_execve(char **a)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", in_memory(a[0]));
	return outcome(syscall(SYS_execve, path, a + 1, environ));
}

/* The rest is done by a child. */
static int do_fork(char **a)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(act(a));
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int do_as_user(char **a)
{
	uid_t id = (uid_t)atoi(a[0]);

	if (setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		return outcome(-1);
	return act(a + 1);
}

static int do_in_root(char **a)
{
	if (chdir(a[0]) < 0 || chroot(".") < 0)
		return outcome(-1);
	return act(a + 1);
}

static int do_wait(char **a)
{
	usleep((useconds_t)(atof(a[0]) * 1e6));
	return act(a + 1);
}

/* ---- network ---- */

static struct sockaddr_in address(const char *ip, const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	inet_pton(AF_INET, ip, &in.sin_addr);
	return in;
}

static int connected(char **a, int type)
{
	struct sockaddr_in in = address(a[0], a[1]);
	int s = socket(AF_INET, type, 0);

	if (connect(s, (struct sockaddr *)&in, sizeof(in)) < 0 && errno != EINPROGRESS)
		return -1;
	return s;
}

static int do_connect(char **a)
{
	return outcome(connected(a, SOCK_STREAM));
}

static int do_connect_nonblock(char **a)
{
	return outcome(connected(a, SOCK_STREAM | SOCK_NONBLOCK));
}

static int do_connect_udp(char **a)
{
	return outcome(connected(a, SOCK_DGRAM));
}

static int do_packet(char **a)
{
	return outcome(socket(AF_PACKET, SOCK_RAW, 0));
}

static int do_dup(char **a)
{
	int s = connected(a, SOCK_STREAM);

	close(0);
	return outcome(s < 0 ? s : syscall(SYS_dup, s));
}

static int do_dup2(char **a)
{
	int s = connected(a, SOCK_STREAM);

	return outcome(s < 0 ? s : syscall(SYS_dup2, s, 1));
}

static int do_dup3(char **a)
{
	int s = connected(a, SOCK_STREAM);

	return outcome(s < 0 ? s : syscall(SYS_dup3, s, 2, 0));
}

static int do_fcntl(char **a)
{
	int s = connected(a, SOCK_STREAM);

	close(1);
	return outcome(s < 0 ? s : fcntl(s, F_DUPFD, 0));
}

#ifdef __i386__
/* The one call for all of sockets that old programs use; see man socketcall. */
static int socketcall(int call, long a, long b, long c)
{
	long args[6] = {a, b, c};

	return (int)syscall(SYS_socketcall, call, args);
}

static int do_socketcall_connect(char **a)
{
	struct sockaddr_in in = address(a[0], a[1]);
	int s = socketcall(1, AF_INET, SOCK_STREAM, 0);

	return outcome(s < 0 ? s : socketcall(3, s, (long)&in, sizeof(in)));
}

static int do_socketcall_packet(char **a)
{
	return outcome(socketcall(1, AF_PACKET, SOCK_RAW, 0));
}
#endif

/* ---- kernel and other processes ---- */

static int do_init_module(char **a)
{
	syscall(SYS_init_module, a, 16, "");
	return 0;
}

static int do_finit_module(char **a)
{
	syscall(SYS_finit_module, open(a[0], O_RDONLY), "", 0);
	return 0;
}

static int traced(int (*take)(pid_t))
{
	pid_t child = fork();
	int result;

	if (child == 0) {
		for (;;)
			pause();
	}
	result = take(child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return outcome(result);
}

static int attach(pid_t pid)
{
	return (int)ptrace(PTRACE_ATTACH, pid, 0, 0);
}

static int seize(pid_t pid)
{
	return (int)ptrace(PTRACE_SEIZE, pid, 0, 0);
}

static int poke(pid_t pid)
{
	static long word;

	if (ptrace(PTRACE_ATTACH, pid, 0, 0) < 0)
		return -1;
	waitpid(pid, NULL, 0);
	return (int)ptrace(PTRACE_POKEDATA, pid, &word, 1);
}

static int set_registers(pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_ATTACH, pid, 0, 0) < 0)
		return -1;
	waitpid(pid, NULL, 0);
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	return (int)ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

static int do_attach(char **a)
{
	return traced(attach);
}

static int do_seize(char **a)
{
	return traced(seize);
}

static int do_poke(char **a)
{
	return traced(poke);
}

static int do_setregs(char **a)
{
	return traced(set_registers);
}

static int do_traceme(char **a)
{
	return outcome(ptrace(PTRACE_TRACEME, 0, 0, 0));
}

/* ---- operations that are handed to the kernel through memory ---- */

static int uring(const struct io_uring_sqe *sqe)
{
	struct io_uring_params p = {0};
	int fd = (int)syscall(SYS_io_uring_setup, 1, &p);
	char *sq, *cq;

	if (fd < 0)
		return outcome(fd);
	if ((sqe->flags & IOSQE_CQE_SKIP_SUCCESS) && !(p.features & IORING_FEAT_CQE_SKIP))
		return NOT_HERE;
	if (sqe->file_index)
		syscall(SYS_io_uring_register, fd, IORING_REGISTER_FILES, (int[]){-1}, 1);
	sq = mmap(NULL, p.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + 2 * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, IORING_OFF_CQ_RING);
	memcpy(mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES),
		sqe, sizeof(*sqe));
	*(unsigned *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, !(sqe->flags & IOSQE_CQE_SKIP_SUCCESS),
		    IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return outcome(-1);
	return ((struct io_uring_cqe *)(cq + p.cq_off.cqes))->res < 0;
}

static struct io_uring_sqe uring_open(char **a)
{
	return (struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)a[0],
		.open_flags = (unsigned)flags_of(a[1])};
}

static int do_uring_openat(char **a)
{
	struct io_uring_sqe sqe = uring_open(a);

	return uring(&sqe);
}

/* Into a slot of the ring, which is no descriptor. */
static int do_uring_openat_direct(char **a)
{
	struct io_uring_sqe sqe = uring_open(a);

	sqe.file_index = 1;
	return uring(&sqe);
}

/* Its success is not told. */
static int do_uring_openat_quiet(char **a)
{
	struct io_uring_sqe sqe = uring_open(a);

	sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
	return uring(&sqe);
}

static int do_uring_connect(char **a)
{
	struct sockaddr_in in = address(a[0], a[1]);
	struct io_uring_sqe sqe = {.opcode = IORING_OP_CONNECT,
		.fd = socket(AF_INET, SOCK_STREAM, 0),
		.addr = (uintptr_t)&in,
		.off = sizeof(in)};

	return uring(&sqe);
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	int (*run)(char **arguments);
	int arguments; /* at least */
} acts[] = {
	{"open", do_open, 2},
	{"openat", do_openat, 2},
	{"openat2", do_openat2, 2},
	{"openat-below", do_openat_below, 2},
	{"creat", do_creat, 1},
	{"open_by_handle_at", do_open_by_handle_at, 2},
	{"symlink", do_symlink, 2},
	{"symlinkat", do_symlinkat, 2},
	{"link", do_link, 2},
	{"linkat", do_linkat, 2},
#ifdef __x86_64__
	{"int80-open", do_int80_open, 2},
	{"int80-symlink", do_int80_symlink, 2},
#else
	{"socketcall-connect", do_socketcall_connect, 2},
	{"socketcall-packet", do_socketcall_packet, 0},
#endif
	{"execve", do_execve, 2},
	{"execveat", do_execveat, 2},
	{"execveat-fd", do_execveat_fd, 2},
	{"memfd-execve", do_memfd_execve, 2},
	{"memfd-execveat", do_memfd_execveat, 2},
	{"fork", do_fork, 1},
	{"as-user", do_as_user, 2},
	{"in-root", do_in_root, 2},
	{"wait", do_wait, 2},
	{"connect", do_connect, 2},
	{"connect-nonblock", do_connect_nonblock, 2},
	{"connect-udp", do_connect_udp, 2},
	{"packet", do_packet, 0},
	{"dup", do_dup, 2},
	{"dup2", do_dup2, 2},
	{"dup3", do_dup3, 2},
	{"fcntl", do_fcntl, 2},
	{"init_module", do_init_module, 0},
	{"finit_module", do_finit_module, 1},
	{"attach", do_attach, 0},
	{"seize", do_seize, 0},
	{"poke", do_poke, 0},
	{"setregs", do_setregs, 0},
	{"traceme", do_traceme, 0},
	{"uring-openat", do_uring_openat, 2},
	{"uring-openat-direct", do_uring_openat_direct, 2},
	{"uring-openat-quiet", do_uring_openat_quiet, 2},
	{"uring-connect", do_uring_connect, 2},
};

static int act(char **argv)
{
	int n = 0;

	while (argv[n])
		n++;
	for (size_t i = 0; n && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].name, argv[0]) == 0 && n > acts[i].arguments)
			return acts[i].run(argv + 1);
	fprintf(stderr, "no such act, or too few arguments: %s\n", n ? argv[0] : "");
	return 2;
}

int main(int argc, char **argv)
{
	return act(argv + 1);
}
