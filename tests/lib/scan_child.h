/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process to look at: runs this test's own program again as "PROGRAM --child ...", opens one of
 * each kind of descriptor at known numbers, starts threads, tells its parent what it did, and waits
 * until its standard input is closed.
 */
#ifndef TESTS_SCAN_CHILD_H
#define TESTS_SCAN_CHILD_H
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_THREADS 8
#define CHILD_COMM "a) (b c" /* at most 15 bytes */
#define CHILD_FDLIMIT 777

/* Numbers of the child's descriptors; each is checked by a row of the tests. */
enum child_fd {
	CFD_FILE = 100,
	CFD_DELETED,
	CFD_FOLDER,
	CFD_DEVICE,
	CFD_FIFO,
	CFD_PIPE_IN,
	CFD_PIPE_OUT,
	CFD_MEMFD,
	CFD_EVENT,
	CFD_EPOLL,
	CFD_TIMER,
	CFD_SIGNAL,
	CFD_INOTIFY,
	CFD_PIDFD,
	CFD_NETLINK,
	CFD_TCP_SERVER,
	CFD_TCP_CLIENT,
	CFD_TCP_ACCEPTED,
	CFD_TCP6_SERVER,
	CFD_TCP6_CLIENT,
	CFD_UDP_BOUND,
	CFD_UDP_CONNECTED,
	CFD_UDP6_BOUND,
	CFD_UNIX_SERVER,
	CFD_UNIX_ABSTRACT,
	CFD_UNIX_PAIR,
	CFD_TCP_FRESH,
	CFD_END
};

struct child_facts {
	pid_t pid, tids[CHILD_THREADS];
	ino_t ino[CFD_END - CFD_FILE];
	dev_t dev[CFD_END - CFD_FILE];
	uint16_t tcp_port, client_port, tcp6_port, client6_port, udp_port, udp_own_port, udp6_port;
};

struct scan_child {
	pid_t pid;
	int stdin_fd;
	char dir[64], program[128];
	struct child_facts facts;
};

/* ---- in the child ---- */

static inline void child_check(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	_exit(9);
}

static inline void child_put(int fd, enum child_fd as)
{
	child_check(fd >= 0, "descriptor");
	if (fd == (int)as)
		return;
	child_check(dup3(fd, as, O_CLOEXEC) >= 0, "dup3");
	close(fd);
}

static inline void child_flag(enum child_fd fd, int flags)
{
	child_check(fcntl(fd, F_SETFD, flags) == 0, "F_SETFD");
}

static inline void child_files(void)
{
	int pipes[2];

	child_put(open("file", O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK, 0600), CFD_FILE);
	child_flag(CFD_FILE, 0);
	child_put(open("deleted", O_WRONLY | O_CREAT | O_SYNC, 0600), CFD_DELETED);
	unlink("deleted");
	child_put(open(".", O_RDONLY | O_DIRECTORY), CFD_FOLDER);
	child_put(open("/dev/null", O_RDONLY), CFD_DEVICE);
	mkfifo("fifo", 0600);
	child_put(open("fifo", O_RDWR), CFD_FIFO);
	child_check(pipe(pipes) == 0, "pipe");
	child_put(pipes[0], CFD_PIPE_IN);
	child_put(pipes[1], CFD_PIPE_OUT);
	child_put(memfd_create("mine", 0), CFD_MEMFD);
}

static inline void child_anonymous(void)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK};
	sigset_t none;

	sigemptyset(&none);
	child_put(eventfd(0, 0), CFD_EVENT);
	child_put(epoll_create1(0), CFD_EPOLL);
	child_put(timerfd_create(CLOCK_MONOTONIC, 0), CFD_TIMER);
	child_put(signalfd(-1, &none, 0), CFD_SIGNAL);
	child_put(inotify_init(), CFD_INOTIFY);
	child_put((int)syscall(SYS_pidfd_open, getpid(), 0), CFD_PIDFD);
	child_put(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), CFD_NETLINK);
	child_check(bind(CFD_NETLINK, (struct sockaddr *)&sa, sizeof(sa)) == 0, "bind");
}

static inline uint16_t child_port(int fd)
{
	struct sockaddr_in6 sa; /* ports are at the same place */
	socklen_t n = sizeof(sa);

	child_check(getsockname(fd, (struct sockaddr *)&sa, &n) == 0, "getsockname");
	return ntohs(sa.sin6_port);
}

static inline void child_bind(int fd, bool v6)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 b = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	child_check(bind(fd, v6 ? (struct sockaddr *)&b : (struct sockaddr *)&a,
			    v6 ? sizeof(b) : sizeof(a)) == 0,
		"bind");
}

static inline void child_connect(int fd, uint16_t port, bool v6)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 b = {.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT};

	child_check(connect(fd, v6 ? (struct sockaddr *)&b : (struct sockaddr *)&a,
			    v6 ? sizeof(b) : sizeof(a)) == 0,
		"connect");
}

static inline void child_inet(struct child_facts *f)
{
	child_put(socket(AF_INET, SOCK_STREAM, 0), CFD_TCP_SERVER);
	child_bind(CFD_TCP_SERVER, false);
	child_check(listen(CFD_TCP_SERVER, 4) == 0, "listen");
	f->tcp_port = child_port(CFD_TCP_SERVER);
	child_put(socket(AF_INET, SOCK_STREAM, 0), CFD_TCP_CLIENT);
	child_connect(CFD_TCP_CLIENT, f->tcp_port, false);
	f->client_port = child_port(CFD_TCP_CLIENT);
	child_put(accept(CFD_TCP_SERVER, NULL, NULL), CFD_TCP_ACCEPTED);
	child_put(socket(AF_INET, SOCK_DGRAM, 0), CFD_UDP_BOUND);
	child_bind(CFD_UDP_BOUND, false);
	f->udp_port = child_port(CFD_UDP_BOUND);
	child_put(socket(AF_INET, SOCK_DGRAM, 0), CFD_UDP_CONNECTED);
	child_connect(CFD_UDP_CONNECTED, f->udp_port, false);
	f->udp_own_port = child_port(CFD_UDP_CONNECTED);
	child_put(socket(AF_INET, SOCK_STREAM, 0), CFD_TCP_FRESH);
}

static inline void child_inet6(struct child_facts *f)
{
	child_put(socket(AF_INET6, SOCK_STREAM, 0), CFD_TCP6_SERVER);
	child_bind(CFD_TCP6_SERVER, true);
	child_check(listen(CFD_TCP6_SERVER, 4) == 0, "listen");
	f->tcp6_port = child_port(CFD_TCP6_SERVER);
	child_put(socket(AF_INET6, SOCK_STREAM, 0), CFD_TCP6_CLIENT);
	child_connect(CFD_TCP6_CLIENT, f->tcp6_port, true);
	f->client6_port = child_port(CFD_TCP6_CLIENT);
	child_put(socket(AF_INET6, SOCK_DGRAM, 0), CFD_UDP6_BOUND);
	child_bind(CFD_UDP6_BOUND, true);
	f->udp6_port = child_port(CFD_UDP6_BOUND);
}

static inline void child_unix(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "server sock"};
	int pair[2];

	child_put(socket(AF_UNIX, SOCK_STREAM, 0), CFD_UNIX_SERVER);
	child_check(bind(CFD_UNIX_SERVER, (struct sockaddr *)&sa, sizeof(sa)) == 0, "bind");
	listen(CFD_UNIX_SERVER, 1);
	memset(sa.sun_path, 0, sizeof(sa.sun_path));
	snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1, "scan-%d", getpid());
	child_put(socket(AF_UNIX, SOCK_DGRAM, 0), CFD_UNIX_ABSTRACT);
	child_check(bind(CFD_UNIX_ABSTRACT, (struct sockaddr *)&sa,
			    (socklen_t)(sizeof(sa_family_t) + 1 + strlen(sa.sun_path + 1))) == 0,
		"bind");
	child_check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	child_put(pair[0], CFD_UNIX_PAIR);
}

struct child_thread {
	struct child_facts *facts;
	unsigned i;
	pthread_barrier_t *barrier;
};

static inline void *child_thread_main(void *arg)
{
	struct child_thread t = *(struct child_thread *)arg;
	char name[16];

	snprintf(name, sizeof(name), "worker-%u", t.i);
	prctl(PR_SET_NAME, name);
	t.facts->tids[t.i] = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(t.barrier);
	for (;;)
		pause();
	return NULL;
}

static inline void child_threads(struct child_facts *f)
{
	static struct child_thread threads[CHILD_THREADS];
	static pthread_barrier_t barrier;
	pthread_t ignored;

	pthread_barrier_init(&barrier, NULL, CHILD_THREADS + 1);
	for (unsigned i = 0; i < CHILD_THREADS; i++) {
		threads[i] = (struct child_thread){f, i, &barrier};
		child_check(pthread_create(&ignored, NULL, child_thread_main, &threads[i]) == 0,
			"thread");
	}
	pthread_barrier_wait(&barrier);
}

/* Never returns. The facts go to standard output. */
static inline void child_main(const char *dir)
{
	static struct child_facts f;
	struct rlimit limit = {CHILD_FDLIMIT, CHILD_FDLIMIT};
	char c;

	child_check(chdir(dir) == 0 && setsid() > 0, "chdir, setsid");
	child_check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
	child_files();
	child_anonymous();
	child_inet(&f);
	child_inet6(&f);
	child_unix();
	prctl(PR_SET_NAME, CHILD_COMM);
	child_threads(&f);
	f.pid = getpid();
	for (int i = CFD_FILE; i < CFD_END; i++) {
		struct stat st;

		child_check(fstat(i, &st) == 0, "fstat");
		f.ino[i - CFD_FILE] = st.st_ino;
		f.dev[i - CFD_FILE] = st.st_dev;
	}
	child_check(write(1, &f, sizeof(f)) == sizeof(f), "write");
	while (read(0, &c, 1) > 0)
		;
	_exit(0);
}

/* ---- in the parent ---- */

static inline void scan_child_copy(int to)
{
	int from = open("/proc/self/exe", O_RDONLY);
	char bytes[65536];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		child_check(write(to, bytes, (size_t)n) == n, "copy");
	close(from);
}

/* Runs a copy of this program (of which program is the name, NULL: in a memfd) with argv. */
static inline void scan_child_start(
	struct scan_child *c, bool in_memfd, char *const argv[], char *const envp[])
{
	int in[2], out[2], fd;

	snprintf(c->program, sizeof(c->program), "%s/program", c->dir);
	fd = in_memfd ? memfd_create("prog", 0) : open(c->program, O_WRONLY | O_CREAT, 0755);
	scan_child_copy(fd);
	if (!in_memfd) {
		close(fd);
		fd = open(c->program, O_RDONLY | O_CLOEXEC);
	}
	child_check(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipes");
	c->pid = fork();
	if (!c->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (in_memfd)
			fexecve(fd, argv, envp);
		else
			execve(c->program, argv, envp);
		_exit(8);
	}
	close(fd);
	close(in[0]);
	close(out[1]);
	c->stdin_fd = in[1];
	memset(&c->facts, 0, sizeof(c->facts));
	child_check(read(out[0], &c->facts, sizeof(c->facts)) == sizeof(c->facts), "child's facts");
	close(out[0]);
}

static inline void scan_child_dir(struct scan_child *c)
{
	strcpy(c->dir, "/tmp/scan.XXXXXX");
	child_check(mkdtemp(c->dir) != NULL, "mkdtemp");
}

static inline void scan_child_stop(struct scan_child *c)
{
	static const char *const files[] = {"file", "fifo", "server sock", "program"};
	char path[256];

	close(c->stdin_fd);
	waitpid(c->pid, NULL, 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", c->dir, files[i]);
		unlink(path);
	}
	rmdir(c->dir);
}
#endif
