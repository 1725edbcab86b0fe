/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For suites that run programs.  Such a suite runs itself anew from a file system of its own, where
 * it is the program that it runs, too: that one notes what it is and ends.
 */
#ifndef TESTS_LIVE_PROGRAMS_H
#define TESTS_LIVE_PROGRAMS_H
#include "facts.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#define BAD ((char *)8)
/* Flags of what runs. */
#define WRITABLE 1
/* Notes of a case: the file that runs, and the descriptor by which it is named. */
enum { THE_INODE, THE_CTIME, THE_MTIME, THE_FD, THE_PID };

static char folder[64]; /* where all of it is */

static inline const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* ---- acts ---- */

static inline void copy_program(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n;

	do
		n = sendfile(out, in, NULL, 1 << 20);
	while (n > 0);
	if (n < 0 || fchmod(out, mode) < 0 || close(out) < 0)
		_exit(1);
	close(in);
}

static inline void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
		_exit(1);
	close(fd);
}

static inline long in_ns(struct timespec t)
{
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static inline void note_stat(const struct stat *st)
{
	live_note(THE_INODE, (long)st->st_ino);
	live_note(THE_CTIME, in_ns(st->st_ctim));
	live_note(THE_MTIME, in_ns(st->st_mtim));
}

static inline void note_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		_exit(1);
	note_stat(&st);
}

/* Runs in a child what should not return. */
static inline void apart(void (*run)(void))
{
	pid_t pid;

	shared->program = live_current();
	pid = fork();
	if (pid == 0) {
		note_facts(BEFORE);
		run();
		_exit(99);
	}
	live_note(THE_PID, pid);
	waitpid(pid, NULL, 0);
}

/* ---- checks ---- */

struct texts {
	char text[4 * TEXTS_KEPT];
	size_t n;
};

/* At most max texts, back to back. */
static inline struct texts joined(char *const texts[], size_t max)
{
	struct texts ret = {.n = 0};

	for (; *texts && max; texts++, max--) {
		size_t n = strlen(*texts) + 1;

		assert_true(ret.n + n <= sizeof(ret.text));
		memcpy(ret.text + ret.n, *texts, n);
		ret.n += n;
	}
	return ret;
}

static inline void check_env(const struct event *ev, char *const env[], size_t max)
{
	struct texts t = joined(env, max);

	if (t.n > TEXTS_KEPT) {
		t.n = TEXTS_KEPT;
		t.text[t.n - 1] = 0;
	}
	live_bytes(ev, 15, t.text, t.n);
}

/* Parameters 17 to 30. */
static inline void check_file(
	const struct event *ev, const struct facts *f, uint32_t flags, const char *path)
{
	live_uint(ev, 16, f->tty);
	live_int(ev, 17, f->vpgid);
	live_uint(ev, 18, f->loginuid);
	live_uint(ev, 19, flags);
	for (unsigned i = 0; i < 3; i++)
		live_uint(ev, 20 + i, f->caps[i]);
	live_uint(ev, 23, (uint64_t)live_noted(THE_INODE));
	live_uint(ev, 24, (uint64_t)live_noted(THE_CTIME));
	live_uint(ev, 25, (uint64_t)live_noted(THE_MTIME));
	live_uint(ev, 26, f->euid);
	live_text(ev, 27, path);
	live_int(ev, 28, f->pgid);
	live_uint(ev, 29, f->egid);
}

/* ---- what they are given ---- */

static char long_text[TEXTS_KEPT + 1000], long_name[TEXTS_KEPT + 1000];
static char *const odd_args[] = {"program \xff\x01", "", "two\nlines", "\xc3\xa9", NULL};
static char *const odd_env[] = {"A=1", "", "no sign", "=\x7f\xfe", NULL};
static char *const long_args[] = {"program", "one", long_text, "more", NULL};
static char *const long_env[] = {"A=1", long_text, "more", NULL};
static char *const name_args[] = {long_name, "one", NULL};
static char *const plain_args[] = {"program", "one", "two", NULL};
static char *const plain_env[] = {"A=1", "B=2", NULL};

/* ---- the suite ---- */

static void programs_leave(void)
{
	if (chdir("/") < 0 || umount2(folder, MNT_DETACH) < 0)
		_exit(1);
	rmdir(folder);
}

static void programs_left(void)
{
	assert_true(access(folder, F_OK) < 0);
}

/* The last case of each such suite. */
#define PROGRAMS_LEAVE                                                                             \
	{                                                                                          \
		"end", programs_leave, programs_left                                               \
	}

static void run_from_folder(void)
{
	strcpy(folder, "/tmp/falco-live-XXXXXX");
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		!mkdtemp(folder) || mount("none", folder, "tmpfs", 0, "mode=755") < 0)
		_exit(1);
	copy_program("/proc/self/exe", in_folder("suite"), 0755);
	if (chdir(folder) == 0)
		execl("suite", "suite", folder, NULL);
	_exit(1);
}

static int programs_main(char **argv, const struct live_case *cases, size_t n)
{
	const char *base = strrchr(argv[0], '/');

	base = base ? base + 1 : argv[0];
	if (!*base || strncmp(base, "program", 7) == 0) {
		facts_share();
		facts_read(&shared->facts[shared->program][CHILD]);
		return 0;
	}
	facts_here();
	if (!argv[1])
		run_from_folder();
	snprintf(folder, sizeof(folder), "%s", argv[1]);
	memset(long_text, 'x', sizeof(long_text) - 1);
	memset(long_name, 'y', sizeof(long_name) - 1);
	memcpy(long_name, "program", 7);
	copy_program("suite", "program", 0755);
	return live_run(cases, n);
}
#endif
