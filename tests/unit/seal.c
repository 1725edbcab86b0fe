/* SPDX-License-Identifier: Apache-2.0 */
/* What a sealed process can not do any more, and what it can: each in a process of its own. */
#include "app/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

/* What the process does when it is sealed. False: that is not as it should be. */
typedef bool act_fn(void);

/* Its wait status; 0: it was sealed, and all is as it should be. */
static int in_sealed_process(act_fn *act)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		if (seal() < 80)
			_exit(2);
		_exit(act() ? 0 : 1);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool refused(long ret)
{
	return ret == -1 && errno == EPERM;
}

static bool starts_program(void)
{
	char *argv[] = {"true", NULL};

	return refused(execve("/bin/true", argv, environ)) &&
	       refused(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, environ, 0));
}

static bool gets_at_others(void)
{
	return refused(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)) &&
	       refused(kill(getppid(), 0)) &&
	       refused(syscall(SYS_tgkill, getppid(), getppid(), 0)) && kill(getpid(), 0) == 0 &&
	       syscall(SYS_tgkill, getpid(), gettid(), 0) == 0;
}

static bool leaves(void)
{
	return refused(unshare(CLONE_NEWUSER)) && refused(unshare(CLONE_FS | CLONE_NEWNS)) &&
	       refused(setns(0, 0)) && refused(chroot("/")) && refused(setuid(getuid())) &&
	       refused(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)) &&
	       refused(syscall(SYS_mount, "none", "/", "tmpfs", 0, 0)) && unshare(CLONE_FS) == 0;
}

static bool changes_machine(void)
{
	return refused(syscall(SYS_finit_module, -1, "", 0)) &&
	       refused(syscall(SYS_reboot, 0, 0, 0, 0)) && refused(sethostname("", 0)) &&
	       refused(syscall(SYS_io_uring_setup, 1, NULL)) &&
	       refused(syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0));
}

static void *give_back(void *arg)
{
	return arg;
}

/* What libraries do that are loaded, and write alerts, later on. */
static bool goes_on(void)
{
	struct addrinfo *found = NULL;
	pthread_t thread;
	void *ret = NULL, *code;
	int child, status, s;

	if (pthread_create(&thread, NULL, give_back, &found) || pthread_join(thread, &ret) ||
		ret != &found)
		return false;
	child = fork();
	if (child == 0)
		_exit(7);
	if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7)
		return false;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s < 0 || code == MAP_FAILED || getaddrinfo("127.0.0.1", "80", NULL, &found))
		return false;
	freeaddrinfo(found);
	return true;
}

static void test_refused(void **state)
{
	static act_fn *const acts[] = {starts_program, gets_at_others, leaves, changes_machine};

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		assert_int_equal(in_sealed_process(acts[i]), 0);
}

static void test_goes_on(void **state)
{
	assert_int_equal(in_sealed_process(goes_on), 0);
}

/* ---- a thread that was there before ---- */

static sem_t sealed, tried;
static bool was_refused;

static void *try_later(void *arg)
{
	sem_wait(&sealed);
	was_refused = starts_program();
	sem_post(&tried);
	return NULL;
}

static void test_all_threads(void **state)
{
	pid_t child = fork();
	pthread_t thread;
	int status = -1;

	if (child == 0) {
		sem_init(&sealed, 0, 0);
		sem_init(&tried, 0, 0);
		if (pthread_create(&thread, NULL, try_later, NULL) || seal() < 0)
			_exit(2);
		sem_post(&sealed);
		sem_wait(&tried);
		_exit(was_refused ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* ---- a way around ---- */

#if defined(__x86_64__)
#define I386_GETPID 20

static bool calls_as_32_bit(void)
{
	long ret = I386_GETPID;

	__asm__ volatile("int $0x80" : "+a"(ret) : : "memory");
	return ret == getpid();
}

static void test_other_way(void **state)
{
	int status = in_sealed_process(calls_as_32_bit);

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
		skip(); /* a kernel without 32-bit calls */
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_all_threads),
#if defined(__x86_64__)
		cmocka_unit_test(test_other_way),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
