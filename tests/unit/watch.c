/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls are watched, and what the log says of it. */
#include "app/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/log.h"
#include "base/mem.h"

static const char state[] =
	"open close creat chdir mount dup pipe fcntl chroot dup2 setsid setrlimit fchdir prctl "
	"capset setreuid setregid setresuid setresgid setuid setgid epoll_create inotify_init "
	"openat signalfd timerfd_create eventfd signalfd4 eventfd2 epoll_create1 dup3 pipe2 "
	"inotify_init1 prlimit64 socket bind connect accept socketpair sendto recvfrom shutdown "
	"getsockopt sendmsg sendmmsg recvmsg recvmmsg accept4 fcntl64 umount fork vfork setuid32 "
	"setgid32 setresuid32 setresgid32 userfaultfd openat2 umount2 execve execveat clone clone3 "
	"open_by_handle_at io_uring_setup memfd_create pidfd_getfd pidfd_open close_range "
	"sched_process_exit";
static const char least[] =
	"clone clone3 fork vfork execve execveat fchdir chdir chroot capset setgid setgid32 "
	"setpgid setresgid setresgid32 setresuid setresuid32 setsid setuid setuid32 prctl "
	"sched_process_exit";
static const char ignored[] = "read write readv writev preadv pwritev pread64 pwrite64 send recv "
			      "sendfile sendfile64";

/* ---- sets as texts: names of calls, a blank between them ---- */

static unsigned code_named(const char *name)
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (strcmp(syscall_table[code].name, name) == 0)
			return code;
	fail_msg("no call is named %s", name);
	return 0;
}

static void put(bool set[SC_MAX], const char *names, bool value)
{
	char *copy = strdup(names), *rest = copy, *name;

	while ((name = strsep(&rest, " ")))
		if (*name)
			set[code_named(name)] = value;
	free(copy);
}

static void same_set(const bool got[SC_MAX], const bool want[SC_MAX])
{
	for (unsigned code = 1; code < SC_MAX; code++)
		if (got[code] != want[code])
			fail_msg("%s is %s", syscall_table[code].name,
				got[code] ? "watched" : "not watched");
}

/* ---- decisions ---- */

struct world {
	struct config config;
	bool rules[SC_MAX], got[SC_MAX], want[SC_MAX];
	char log[16384];
};

static void custom(struct world *w, const char *name)
{
	vec_push(&w->config.base_syscalls_custom_set, name);
}

static void decide(struct world *w, const char *rules)
{
	int to = memfd_create("log", 0), saved = dup(STDERR_FILENO);
	ssize_t n;

	put(w->rules, rules, true);
	fflush(stderr);
	dup2(to, STDERR_FILENO);
	watch_select(w->got, &w->config, w->rules);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(to, w->log, sizeof(w->log) - 1, 0);
	close(to);
	w->log[n > 0 ? n : 0] = '\0';
	vec_done(&w->config.base_syscalls_custom_set);
	put(w->want, "sched_process_exit", true);
}

static void expect(struct world *w, const char *names)
{
	put(w->want, names, true);
	same_set(w->got, w->want);
}

static void logged(const struct world *w, const char *line)
{
	char ended[16384];

	snprintf(ended, sizeof(ended), ": %s\n", line);
	if (!strstr(w->log, ended))
		fail_msg("the log does not say \"%s\" but:\n%s", line, w->log);
}

static void not_logged(const struct world *w, const char *part)
{
	if (strstr(w->log, part))
		fail_msg("the log says %s:\n%s", part, w->log);
}

static void test_sets(void **arg)
{
	struct world w = {.log = ""};
	bool got[SC_MAX] = {false};

	for (unsigned code = 1; code < SC_MAX; code++)
		w.got[code] = watch_is_state(code);
	expect(&w, state);
	put(got, "", true);
	watch_repair(got);
	memset(w.want, 0, sizeof(w.want));
	put(w.want, least, true);
	same_set(got, w.want);
	memset(w.want, 0, sizeof(w.want));
	put(w.want, ignored, true);
	for (unsigned code = 1; code < SC_MAX; code++)
		got[code] = watch_is_ignored(code);
	same_set(got, w.want);
}

static void test_default(void **arg)
{
	struct world w = {.log = ""};

	decide(&w, "openat kill getppid read pread64");
	put(w.want, "kill getppid", true);
	expect(&w, state);
	logged(&w, "(5) syscalls in rules: getppid, kill, openat, pread, read");
	logged(&w, "-(2) ignored syscalls (-> activate via `-A` flag): pread, read");
	logged(&w, "Loaded rules match syscalls that are not activated: warning "
		   "(unsupported-evttype): pread, read. Those that move data are with "
		   "base_syscalls.all (-A), others were removed by base_syscalls.custom_set");
	not_logged(&w, "override");
}

static void test_all(void **arg)
{
	struct world w = {.config = {.base_syscalls_all = true}};

	decide(&w, "read");
	put(w.want, "read", true);
	expect(&w, state);
	not_logged(&w, "ignored");
	not_logged(&w, "unsupported");
}

static void test_custom(void **arg)
{
	struct world w = {.log = ""};

	custom(&w, "setuid");
	custom(&w, "prlimit");
	custom(&w, "!kill");
	custom(&w, "getppid");
	custom(&w, "prlimit64");
	custom(&w, "no_such");
	custom(&w, "!nor_this");
	decide(&w, "openat kill");
	expect(&w, "openat setuid setuid32 prlimit64 getppid");
	logged(&w, "+(3) syscalls added (base_syscalls override): getppid, prlimit, setuid");
	logged(&w, "-(1) syscalls removed (base_syscalls override): kill");
	logged(&w, "Invalid (positive) syscall names: warning (base_syscalls override): no_such, "
		   "prlimit64");
	logged(&w, "Invalid (negative) syscall names: warning (base_syscalls override): nor_this");
	logged(&w, "(5) syscalls selected in total (final set): getppid, openat, prlimit, "
		   "procexit, setuid");
	logged(&w, "Loaded rules match syscalls that are not activated: warning "
		   "(unsupported-evttype): kill. Those that move data are with "
		   "base_syscalls.all (-A), others were removed by base_syscalls.custom_set");
	not_logged(&w, "state engine");
}

static void test_negative_only(void **arg)
{
	struct world w = {.log = ""};

	custom(&w, "!connect");
	custom(&w, "!procexit");
	decide(&w, "connect kill");
	put(w.want, state, true);
	put(w.want, "connect", false);
	expect(&w, "kill");
}

static void test_repair(void **arg)
{
	struct world w = {.config = {.base_syscalls_repair = true}};

	decide(&w, "kill");
	put(w.want, "kill", true);
	expect(&w, least);
	not_logged(&w, "repaired");
}

static void test_repair_descriptors(void **arg)
{
	struct world w = {.config = {.base_syscalls_repair = true}};

	decide(&w, "openat accept4");
	put(w.want, "openat accept4 socket getsockopt bind close", true);
	expect(&w, least);
}

static void test_repair_custom(void **arg)
{
	struct world w = {.config = {.base_syscalls_repair = true}};

	custom(&w, "openat");
	custom(&w, "!chdir");
	decide(&w, "read");
	put(w.want, "openat close", true);
	expect(&w, least);
	logged(&w, "+(19) repaired syscalls: capset, chdir, chroot, clone, clone3, close, execve, "
		   "execveat, fchdir, fork, prctl, procexit, setgid, setpgid, setresgid, "
		   "setresuid, setsid, setuid, vfork");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_custom),
		cmocka_unit_test(test_negative_only),
		cmocka_unit_test(test_repair),
		cmocka_unit_test(test_repair_descriptors),
		cmocka_unit_test(test_repair_custom),
	};

	log_setup(LOG_LEVEL_DEBUG, true, false, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
