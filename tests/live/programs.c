/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are run: what they are given, which file it is, by whom, and where. */
#include "programs.h"

#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/ioctl.h>

#define UPPER_LAYER 2
#define FROM_MEMFD 4
#define LOWER_LAYER 8

/* The program of a case: its facts are noted somewhat later, and in new memory. */
static const struct event *check_run(char *const argv[], char *const env[], uint32_t flags,
	const char *path, const char *filename)
{
	const struct facts *f = facts_of(CHILD);
	const struct event *ev = live_of(EV_EXECVE_X, live_noted(THE_PID), 0);
	struct facts before = *facts_of(BEFORE);
	struct texts args = joined(argv, SIZE_MAX);

	before.vm_size = 4;
	before.vm_rss = 0;
	live_int(ev, 0, 0);
	check_args(ev, args.text, args.n);
	check_task(ev, &before, f);
	check_env(ev, env, SIZE_MAX);
	check_file(ev, f, flags, path);
	live_text(ev, 30, filename);
	assert_int_equal(live_count(EV_EXECVEAT_X), 0);
	return ev;
}

/* ---- what they are given ---- */

static void run_odd(void)
{
	execve(in_folder("program"), odd_args, odd_env);
}

static void act_odd(void)
{
	const struct rlimit files = {778, 7778};

	setrlimit(RLIMIT_NOFILE, &files);
	note_file("program");
	apart(run_odd);
}

static void check_odd(void)
{
	char path[128];

	strcpy(path, in_folder("program"));
	check_run(odd_args, odd_env, WRITABLE, path, path);
	live_text(live_nth(EV_EXECVE_X, 0), 13, "program");
	assert_int_equal(facts_of(CHILD)->fdlimit, 778);
	assert_int_equal(facts_of(CHILD)->tid, live_noted(THE_PID));
}

static void run_long(void)
{
	execve("program", long_args, long_env);
}

static void act_long(void)
{
	note_file("program");
	apart(run_long);
}

static void check_long(void)
{
	check_run(long_args, long_env, WRITABLE, in_folder("program"), "program");
}

static void run_name(void)
{
	execve("./program", name_args, plain_env);
}

static void act_name(void)
{
	note_file("program");
	apart(run_name);
}

static void check_name(void)
{
	const struct event *ev =
		check_run(name_args, plain_env, WRITABLE, in_folder("program"), "./program");

	assert_int_equal(event_param(ev, 1).n, TEXTS_KEPT);
	live_empty(ev, 2);
}

static char *const no_texts[] = {NULL};

static void run_nothing(void)
{
	execve("program", no_texts, NULL);
}

static void act_nothing(void)
{
	note_file("program");
	apart(run_nothing);
}

/* The kernel gives it an empty name. */
static void check_nothing(void)
{
	static char *const empty[] = {"", NULL};

	check_run(empty, no_texts, WRITABLE, in_folder("program"), "program");
}

static void run_script(void)
{
	execve("./script", plain_args, plain_env);
}

static void act_script(void)
{
	char line[160];

	snprintf(line, sizeof(line), "#!%s an argument\n", in_folder("program"));
	write_file("script", line, 0755);
	note_file("program");
	apart(run_script);
}

static void check_script(void)
{
	char *args[] = {NULL, "an argument", "./script", "one", "two", NULL}, path[128];

	args[0] = strcpy(path, in_folder("program"));
	check_run(args, plain_env, WRITABLE, path, "./script");
	live_text(live_nth(EV_EXECVE_X, 0), 13, "script");
}

static void run_memory(void)
{
	syscall(SYS_execveat, (int)live_noted(THE_FD), "", plain_args, plain_env, AT_EMPTY_PATH);
}

static void act_memory(void)
{
	int fd = memfd_create("a name", MFD_CLOEXEC), in = open("suite", O_RDONLY);
	struct stat st;

	while (sendfile(fd, in, NULL, 1 << 20) > 0)
		;
	close(in);
	if (fstat(fd, &st) < 0)
		_exit(1);
	note_stat(&st);
	live_note(THE_FD, fd);
	apart(run_memory);
	close(fd);
}

static void check_memory(void)
{
	char name[32];

	snprintf(name, sizeof(name), "/dev/fd/%ld", live_noted(THE_FD));
	check_run(plain_args, plain_env, WRITABLE | FROM_MEMFD, "memfd:a name", name);
}

static void run_relative(void)
{
	if (chdir("/") == 0)
		syscall(SYS_execveat, (int)live_noted(THE_FD), "program", plain_args, plain_env, 0);
}

static void act_relative(void)
{
	int fd = open(".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	live_note(THE_FD, fd);
	note_file("program");
	apart(run_relative);
	close(fd);
}

static void check_relative(void)
{
	char name[32];

	snprintf(name, sizeof(name), "/dev/fd/%ld/program", live_noted(THE_FD));
	check_run(plain_args, plain_env, WRITABLE, in_folder("program"), name);
}

/* ---- layers, and who may write ---- */

static bool overlay;

static void run_layer(void)
{
	execve("merged/program", plain_args, plain_env);
}

static void act_lower(void)
{
	const char *options = "lowerdir=lower,upperdir=upper,workdir=work";

	if (mkdir("lower", 0755) < 0 || mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0 ||
		mkdir("merged", 0755) < 0)
		_exit(1);
	copy_program("suite", "lower/program", 0755);
	shared->numbers[0] = overlay = mount("none", "merged", "overlay", 0, options) == 0;
	if (!overlay)
		return;
	note_file("merged/program");
	apart(run_layer);
}

static void check_layer(uint32_t layer)
{
	if (!shared->numbers[0]) {
		print_message("this kernel has no overlay file system\n");
		return;
	}
	check_run(plain_args, plain_env, WRITABLE | layer, in_folder("merged/program"),
		"merged/program");
}

static void check_lower(void)
{
	check_layer(LOWER_LAYER);
}

static void act_upper(void)
{
	if (!overlay)
		return;
	if (chmod("merged/program", 0700) < 0)
		_exit(1);
	note_file("merged/program");
	apart(run_layer);
	umount("merged");
}

static void check_upper(void)
{
	check_layer(UPPER_LAYER);
}

static void become(uid_t uid, gid_t gid)
{
	const gid_t also[] = {7, 8};

	if (setgroups(2, also) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(1);
}

static void run_as_user(void)
{
	become(1000, 1001);
	execve("program", plain_args, plain_env);
}

static void act_user(void)
{
	note_file("program");
	apart(run_as_user);
}

static void check_user(void)
{
	check_run(plain_args, plain_env, 0, in_folder("program"), "program");
	assert_int_equal(facts_of(CHILD)->euid, 1000);
	assert_int_equal(facts_of(CHILD)->egid, 1001);
	assert_int_equal(facts_of(CHILD)->caps[1], 0);
}

static void run_group_file(void)
{
	become(1000, 1001);
	execve("of_group", plain_args, plain_env);
}

static void act_group_file(void)
{
	copy_program("suite", "of_group", 0775);
	if (chown("of_group", 0, 8) < 0)
		_exit(1);
	note_file("of_group");
	apart(run_group_file);
}

static void check_group_file(void)
{
	check_run(plain_args, plain_env, WRITABLE, in_folder("of_group"), "of_group");
}

static void run_setuid(void)
{
	become(1000, 1001);
	execve("setuid", plain_args, plain_env);
}

static void act_setuid(void)
{
	copy_program("suite", "setuid", 0755);
	if (chown("setuid", 0, 1002) < 0 || chmod("setuid", 06755) < 0)
		_exit(1);
	note_file("setuid");
	apart(run_setuid);
}

static void check_setuid(void)
{
	check_run(plain_args, plain_env, WRITABLE, in_folder("setuid"), "setuid");
	assert_int_equal(facts_of(CHILD)->euid, 0);
	assert_int_equal(facts_of(CHILD)->egid, 1002);
	assert_true(facts_of(CHILD)->caps[2] != 0);
}

static void run_read_only(void)
{
	execve("frozen/program", plain_args, plain_env);
}

static void act_read_only(void)
{
	if (mkdir("frozen", 0755) < 0 || mount("none", "frozen", "tmpfs", 0, NULL) < 0)
		_exit(1);
	copy_program("suite", "frozen/program", 0777);
	if (mount("none", "frozen", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) < 0)
		_exit(1);
	note_file("frozen/program");
	apart(run_read_only);
	umount("frozen");
}

static void check_read_only(void)
{
	check_run(plain_args, plain_env, 0, in_folder("frozen/program"), "frozen/program");
}

static void run_capable(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		_exit(1);
	d[0].inheritable = 0x21;
	d[1].inheritable = 0x1;
	d[0].permitted &= ~0x400u;
	d[0].effective = d[0].permitted;
	if (prctl(PR_CAPBSET_DROP, 10, 0, 0, 0) < 0 || syscall(SYS_capset, &h, d) < 0)
		_exit(1);
	execve("program", plain_args, plain_env);
}

static void act_capable(void)
{
	note_file("program");
	apart(run_capable);
}

static void check_capable(void)
{
	check_run(plain_args, plain_env, WRITABLE, in_folder("program"), "program");
	assert_int_equal(facts_of(CHILD)->caps[0], 0x100000021);
	assert_int_equal(facts_of(CHILD)->caps[1] & 0x400, 0);
}

/* ---- where it is run ---- */

/* A terminal of its own, and a login. */
static void run_in_session(void)
{
	char name[32];
	int fd, number = 0, unlocked = 0;

	mkdir("pts", 0755);
	if (mount("none", "pts", "devpts", 0, "ptmxmode=0600") == 0) {
		fd = open("pts/ptmx", O_RDWR | O_NOCTTY);
		ioctl(fd, TIOCSPTLCK, &unlocked);
		ioctl(fd, TIOCGPTN, &number);
		snprintf(name, sizeof(name), "pts/%d", number);
		setsid();
		ioctl(open(name, O_RDWR | O_NOCTTY), TIOCSCTTY, 0);
	}
	fd = open("/proc/self/loginuid", O_WRONLY);
	if (fd >= 0 && write(fd, "4321", 4) < 0)
		close(fd);
	execve("program", plain_args, plain_env);
}

static void act_session(void)
{
	note_file("program");
	apart(run_in_session);
	umount("pts");
}

static void check_session(void)
{
	check_run(plain_args, plain_env, WRITABLE, in_folder("program"), "program");
	assert_int_equal(facts_of(CHILD)->tty >> 8, 136);
	assert_int_equal(facts_of(CHILD)->pgid, live_noted(THE_PID));
	if (facts_of(CHILD)->loginuid != 4321)
		print_message("this kernel knows no logins\n");
}

static void run_in_pidns(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		_exit(1);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		note_facts(BEFORE);
		live_note(THE_PID + 1, facts_of(BEFORE)->tid);
		execve("program", plain_args, plain_env);
	}
	waitpid(pid, NULL, 0);
	_exit(0);
}

static void act_pidns(void)
{
	note_file("program");
	apart(run_in_pidns);
	live_note(THE_PID, live_noted(THE_PID + 1));
}

static void check_pidns(void)
{
	const struct event *ev =
		check_run(plain_args, plain_env, WRITABLE, in_folder("program"), "program");

	live_int(ev, 17, 1);
	live_int(ev, 28, facts_of(CHILD)->pid);
}

static int exec_in_thread(void *unused)
{
	live_note(THE_FD, syscall(SYS_gettid));
	execve("program", plain_args, plain_env);
	return 0;
}

static void run_by_thread(void)
{
	start_thread(exec_in_thread, NULL);
	pause();
}

static void act_thread(void)
{
	note_file("program");
	apart(run_by_thread);
}

/* The thread takes over the number of the leader, which ends. */
static void check_thread(void)
{
	facts_of(BEFORE)->majflt = facts_of(BEFORE)->minflt = 0;
	check_run(plain_args, plain_env, WRITABLE, in_folder("program"), "program");
	assert_true(live_noted(THE_FD) != live_noted(THE_PID));
	assert_int_equal(facts_of(CHILD)->tid, live_noted(THE_PID));
	assert_true(
		live_of(EV_PROCEXIT_E, live_noted(THE_PID), 0)->ts < live_nth(EV_EXECVE_X, 0)->ts);
	assert_true(
		live_of(EV_PROCEXIT_E, live_noted(THE_PID), 1)->ts > live_nth(EV_EXECVE_X, 0)->ts);
}

#define I386_EXECVE 11

/* Names and arrays below 4 GB, where 32-bit programs have them. */
static void run_32(void)
{
	static const char names[4096] = "program\0one\0./program";
	char *low = live_low(names, sizeof(names));
	uint32_t at = (uint32_t)(uintptr_t)low, *args = (uint32_t *)(low + 1024);

	args[0] = at;
	args[1] = at + 8;
	CALL32(I386_EXECVE, at + 12, args, args + 5);
}

static void act_32(void)
{
	if (!live_32)
		return;
	note_file("program");
	apart(run_32);
}

static void check_32(void)
{
	static char *const args[] = {"program", "one", NULL};

	if (live_32)
		check_run(args, no_texts, WRITABLE, in_folder("program"), "./program");
}

static const struct live_case cases[] = {
	{"odd arguments", act_odd, check_odd},
	{"long arguments", act_long, check_long},
	{"a long name", act_name, check_name},
	{"no arguments", act_nothing, check_nothing},
	{"a script", act_script, check_script},
	{"from memory", act_memory, check_memory},
	{"relative to a folder", act_relative, check_relative},
	{"lower layer", act_lower, check_lower},
	{"upper layer", act_upper, check_upper},
	{"a user who may not write", act_user, check_user},
	{"a group that may", act_group_file, check_group_file},
	{"in the name of others", act_setuid, check_setuid},
	{"nobody may write", act_read_only, check_read_only},
	{"capabilities", act_capable, check_capable},
	{"in a session", act_session, check_session},
	{"in a pid namespace", act_pidns, check_pidns},
	{"by a thread", act_thread, check_thread},
	{"the 32-bit way", act_32, check_32},
	PROGRAMS_LEAVE,
};

int main(int argc, char **argv)
{
	return programs_main(argv, cases, sizeof(cases) / sizeof(cases[0]));
}
