/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are not run: execve and execveat that fail, and what they were given. */
#include "programs.h"

/* Numbers of i386. */
#define I386_EXECVE 11
#define I386_EXECVEAT 358
#define POINTERS_KEPT 16 /* of an array whose texts are told of though nothing is run */

static char *const bad_args[] = {"exe", "one", BAD, "two", NULL};
static char *const bad_kept[] = {"exe", "one", "two", NULL};
static char *many_args[22], *many_env[21];

/*
 * In memory that the process has written to: else the probe, which fetches nothing, might not see
 * texts that the kernel did not come to look at.
 */
static char **at_hand(char *const texts[])
{
	char **ret = calloc(32, sizeof(*ret));

	for (size_t i = 0; texts[i]; i++)
		ret[i] = texts[i] == BAD ? BAD : strdup(texts[i]);
	return ret;
}

static void make_many(void)
{
	static char names[21][8];

	for (int i = 0; i < 21; i++) {
		snprintf(names[i], sizeof(names[i]), "text-%d", i);
		many_args[i] = names[i];
		if (i < 20)
			many_env[i] = names[i];
	}
}

/* Own arguments are at hand in the parent too, which checks. */
static void fail_execve(void)
{
	char **args = at_hand(plain_args), **env = at_hand(plain_env);

	syscall(SYS_execve, "none", at_hand(odd_args), at_hand(odd_env));
	syscall(SYS_execve, "plain", args, env);
	syscall(SYS_execve, "text", args, env);
	syscall(SYS_execve, BAD, args, env);
	syscall(SYS_execve, "program", BAD, BAD);
	syscall(SYS_execve, "none", NULL, NULL);
	syscall(SYS_execve, "none", at_hand(many_args), at_hand(many_env));
	syscall(SYS_execve, "none", at_hand(long_args), at_hand(long_env));
	syscall(SYS_execve, "none", at_hand(name_args), env);
	syscall(SYS_execve, "program", at_hand(bad_args), env);
	note_facts(AFTER);
	_exit(0);
}

static void act_execve(void)
{
	make_many();
	write_file("plain", "", 0644);
	write_file("text", "no program\n", 0755);
	note_file("suite");
	apart(fail_execve);
}

/* All parameters of a refused call, but the name. args, env: NULL: could not be read. */
static void check_call(const struct event *ev, int64_t res, char *const args[], char *const env[])
{
	static char *const none[] = {NULL};
	struct texts t = joined(args ? args : none, POINTERS_KEPT + 1);

	live_int(ev, 0, res);
	if (args) {
		check_args(ev, t.text, t.n);
	} else {
		live_empty(ev, 1);
		live_empty(ev, 2);
	}
	check_task(ev, facts_of(BEFORE), facts_of(AFTER));
	check_env(ev, env ? env : none, POINTERS_KEPT);
	check_file(ev, facts_of(AFTER), WRITABLE, in_folder("suite"));
}

static const struct event *check_execve(
	size_t nth, int64_t res, char *const args[], char *const env[], const char *name)
{
	const struct event *ev = live_of(EV_EXECVE_X, live_noted(THE_PID), nth);

	check_call(ev, res, args, env);
	if (name)
		live_text(ev, 30, name);
	else
		live_empty(ev, 30);
	return ev;
}

static void check_execves(void)
{
	static char *const empty[] = {"", NULL};

	make_many();
	check_execve(0, -ENOENT, odd_args, odd_env, "none");
	check_execve(1, -EACCES, plain_args, plain_env, "plain");
	check_execve(2, -ENOEXEC, plain_args, plain_env, "text");
	check_execve(3, -EFAULT, plain_args, plain_env, NULL);
	check_execve(4, -EFAULT, NULL, NULL, "program");
	check_execve(5, -ENOENT, empty, NULL, "none");
	check_execve(6, -ENOENT, many_args, many_env, "none");
	check_execve(7, -ENOENT, long_args, long_env, "none");
	check_execve(8, -ENOENT, name_args, plain_env, "none");
	check_execve(9, -EFAULT, bad_kept, plain_env, "program");
}

static void fail_execveat(void)
{
	char **args = at_hand(plain_args), **env = at_hand(plain_env);
	int folder_fd = open(".", O_DIRECTORY | O_RDONLY), fd = open("plain", O_RDONLY);

	note_facts(BEFORE);
	syscall(SYS_execveat, folder_fd, "none", at_hand(odd_args), at_hand(odd_env), 0);
	syscall(SYS_execveat, -7, "program", args, env, 0);
	syscall(SYS_execveat, folder_fd, "link", args, env, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_execveat, fd, "", args, env, AT_EMPTY_PATH);
	syscall(SYS_execveat, folder_fd, "program", args, env, 1);
	syscall(SYS_execveat, folder_fd, "program", BAD, BAD, 0);
	syscall(SYS_execveat, -1, BAD, NULL, NULL, 0);
	note_facts(AFTER);
	_exit(0);
}

static void act_execveat(void)
{
	if (symlink("program", "link") < 0)
		_exit(1);
	note_file("suite");
	apart(fail_execveat);
}

static void check_execveat(size_t nth, int64_t res, char *const args[], char *const env[])
{
	check_call(live_of(EV_EXECVEAT_X, live_noted(THE_PID), nth), res, args, env);
}

static void check_execveats(void)
{
	static char *const empty[] = {"", NULL};

	check_execveat(0, -ENOENT, odd_args, odd_env);
	check_execveat(1, -EBADF, plain_args, plain_env);
	check_execveat(2, -ELOOP, plain_args, plain_env);
	check_execveat(3, -EACCES, plain_args, plain_env);
	check_execveat(4, -EINVAL, plain_args, plain_env);
	check_execveat(5, -EFAULT, NULL, NULL);
	check_execveat(6, -EFAULT, empty, NULL);
	assert_int_equal(live_count(EV_EXECVE_X), 0);
}

/* Names and arrays below 4 GB, where 32-bit programs have them. */
static void fail_32(void)
{
	static const char names[4096] = "exe\0one\0two\0A=1\0none";
	char *low = live_low(names, sizeof(names));
	uint32_t at = (uint32_t)(uintptr_t)low, *args = (uint32_t *)(low + 1024), *env = args + 8;

	args[0] = at;
	args[1] = at + 4;
	args[2] = at + 8;
	env[0] = at + 12;
	CALL32(I386_EXECVE, at + 16, args, env);
	CALL32(I386_EXECVEAT, -9, at + 16, args, env, 0);
	note_facts(AFTER);
	_exit(0);
}

static void act_32(void)
{
	note_file("suite");
	if (live_32)
		apart(fail_32);
}

static void check_32(void)
{
	static char *const args[] = {"exe", "one", "two", NULL}, *const env[] = {"A=1", NULL};

	if (!live_32)
		return;
	check_execve(0, -ENOENT, args, env, "none");
	check_execveat(0, -EBADF, args, env);
}

static const struct live_case cases[] = {
	{"execve", act_execve, check_execves},
	{"execveat", act_execveat, check_execveats},
	{"the 32-bit way", act_32, check_32},
	PROGRAMS_LEAVE,
};

int main(int argc, char **argv)
{
	return programs_main(argv, cases, sizeof(cases) / sizeof(cases[0]));
}
