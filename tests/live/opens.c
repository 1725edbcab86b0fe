/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that open a file: what they were told, and which file it became. */
#include "expect.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define NO_FD 777
#define N(i) ((int)live_noted(i))

/* Notes a descriptor, device and inode of its file, from number i on; closes it. */
static void note_file(unsigned i, long fd)
{
	struct stat st = {0};

	live_note(i, fd);
	if (fd < 0 || fstat((int)fd, &st) < 0)
		return;
	live_note(i + 1, (major(st.st_dev) << 8) | minor(st.st_dev));
	live_note(i + 2, (long)st.st_ino);
	close((int)fd);
}

#define FILE_NOTED(i) (unsigned)live_noted((i) + 1), live_noted((i) + 2)

/* ---- open and creat ---- */

static void act_open(void)
{
	note_file(0, syscall(SYS_open, "new", O_RDWR | O_CREAT | O_EXCL, 0104640));
	note_file(3, syscall(SYS_open, "./new", O_WRONLY | O_TRUNC, 0777));
	note_file(6, syscall(SYS_open, "..", O_RDONLY | O_DIRECTORY, 0750));
	syscall(SYS_open, "nowhere/x", O_RDONLY | O_NONBLOCK, 0);
	syscall(SYS_open, NULL, 3, 0);
	note_file(9, syscall(SYS_creat, "made", 0602));
	note_file(12, syscall(SYS_creat, "made", 0777));
	syscall(SYS_creat, "..", 0);
}

static void check_open(void)
{
	expect(EV_OPEN_X, 0, "ituuul", N(0), "new", 0x4027, 04640, FILE_NOTED(0));
	expect(EV_OPEN_X, 1, "ituuul", N(3), "./new", 0x102, 0, FILE_NOTED(3));
	assert_int_equal(live_noted(2), live_noted(5));
	expect(EV_OPEN_X, 2, "ituuul", N(6), "..", 0x2401, 0750, FILE_NOTED(6));
	expect(EV_OPEN_X, 3, "ituuul", -2, "nowhere/x", 0x41, 0, 0, 0L);
	expect(EV_OPEN_X, 4, "ituuul", -14, NULL, 0x1, 0, 0, 0L);
	expect(EV_CREAT_X, 0, "ituulu", N(9), "made", 0602, FILE_NOTED(9), 0);
	expect(EV_CREAT_X, 1, "ituulu", N(12), "made", 0777, FILE_NOTED(12), 0);
	expect(EV_CREAT_X, 2, "ituulu", -21, "..", 0, 0, 0L, 0);
}

/* Descriptor 0 is a file like any other. */
static void act_zero(void)
{
	int keep = dup(0);
	struct stat st;

	close(0);
	live_note(0, syscall(SYS_openat, AT_FDCWD, ".", O_RDONLY, 0));
	fstat(0, &st);
	live_note(1, (major(st.st_dev) << 8) | minor(st.st_dev));
	live_note(2, (long)st.st_ino);
	dup2(keep, 0);
	close(keep);
}

static void check_zero(void)
{
	expect(EV_OPENAT_X, 0, "iituuul", 0, AT_FDCWD, ".", 0x1, 0, FILE_NOTED(0));
	assert_true(live_noted(2) != 0);
}

/* ---- openat ---- */

/* What the kernel calls O_LARGEFILE, which is 0 to 64-bit programs. */
#ifdef __aarch64__
#define LARGEFILE 0400000
#else
#define LARGEFILE 0100000
#endif

/* Every flag by itself, and what the parameter calls it. */
static const struct {
	int flag;
	unsigned want;
} flags[] = {{O_RDONLY, 0x1}, {O_WRONLY, 0x2}, {O_RDWR, 0x3}, {O_CREAT, 0x5}, {O_EXCL, 0x21},
	{O_NOCTTY, 0x1}, {O_TRUNC, 0x101}, {O_APPEND, 0x9}, {O_NONBLOCK, 0x41}, {O_DSYNC, 0x91},
	{O_SYNC, 0x91}, {O_DIRECT, 0x201}, {LARGEFILE, 0x801}, {O_DIRECTORY, 0x2401},
	{O_NOFOLLOW, 0x1}, {O_NOATIME, 0x1}, {O_CLOEXEC, 0x1001}, {O_PATH, 0x1},
	{O_TMPFILE, 0x2401}};

static void act_openat(void)
{
	long dir = live_note(0, open(".", O_RDONLY | O_DIRECTORY));

	note_file(1, syscall(SYS_openat, dir, "at", O_CREAT | O_WRONLY | O_APPEND, 0600));
	note_file(4, syscall(SYS_openat, AT_FDCWD, "at", O_RDONLY | O_CREAT, 0611));
	syscall(SYS_openat, NO_FD, "x", O_RDONLY, 0777);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		syscall(SYS_openat, NO_FD, "x", flags[i].flag, 07654321);
	close((int)dir);
}

static void check_openat(void)
{
	expect(EV_OPENAT_X, 1, "iituuul", N(1), N(0), "at", 0x400e, 0600, FILE_NOTED(1));
	expect(EV_OPENAT_X, 2, "iituuul", N(4), AT_FDCWD, "at", 0x5, 0611, FILE_NOTED(4));
	expect(EV_OPENAT_X, 3, "iituuul", -9, NO_FD, "x", 0x1, 0, 0, 0L);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		bool has_mode = flags[i].want & 0x2004;

		expect(EV_OPENAT_X, 4 + i, "_ituuul", NO_FD, "x", flags[i].want,
			has_mode ? 04321 : 0, 0, 0L);
	}
}

/* ---- openat2 ---- */

static void act_openat2(void)
{
	struct open_how how = {.flags = O_RDWR | O_CREAT,
		.mode = 0606,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long dir = live_note(0, open(".", O_RDONLY | O_DIRECTORY));

	note_file(1, syscall(SYS_openat2, dir, "how", &how, sizeof(how)));
	for (unsigned i = 0; i < 6; i++) {
		how = (struct open_how){.resolve = 1u << i};
		syscall(SYS_openat2, NO_FD, "x", &how, sizeof(how));
	}
	syscall(SYS_openat2, dir, "x", NULL, sizeof(how));
	syscall(SYS_openat2, dir, NULL, &how, 3);
	close((int)dir);
}

static void check_openat2(void)
{
	static const unsigned resolve[] = {0x10, 0x4, 0x8, 0x1, 0x2, 0x20};

	expect(EV_OPENAT2_X, 0, "iituuuul", N(1), N(0), "how", 0x4007, 0606, 0x5, FILE_NOTED(1));
	for (unsigned i = 0; i < 6; i++)
		expect(EV_OPENAT2_X, 1 + i, "_ituuuul", NO_FD, "x", 0x1, 0, resolve[i], 0, 0L);
	expect(EV_OPENAT2_X, 7, "iituuuul", -14, N(0), "x", 0x1, 0, 0, 0, 0L);
	expect(EV_OPENAT2_X, 8, "iituuuul", -22, N(0), NULL, 0x1, 0, 0x20, 0, 0L);
}

/* ---- open_by_handle_at ---- */

static union {
	struct file_handle handle;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} handle = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};

static void act_by_handle(void)
{
	int mount_id, dir = (int)live_note(0, open(".", O_RDONLY | O_DIRECTORY));

	mkdir("deep", 0755);
	close(creat("deep/file", 0600));
	note_cwd(10);
	live_note(1, name_to_handle_at(AT_FDCWD, "deep/file", &handle.handle, &mount_id, 0));
	note_file(2, syscall(SYS_open_by_handle_at, dir, &handle, O_RDWR));
	note_file(5, syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY | O_CLOEXEC));
	syscall(SYS_open_by_handle_at, NO_FD, &handle, O_RDONLY);
	close(dir);
}

static void check_by_handle(void)
{
	char path[128];

	if (live_noted(1) < 0) {
		print_message("this file system has no handles\n");
		return;
	}
	noted_path(10, "deep/file", path);
	expect(EV_OPEN_BY_HANDLE_AT_X, 0, "iiutul", N(2), N(0), 0x3, path, FILE_NOTED(2));
	expect(EV_OPEN_BY_HANDLE_AT_X, 1, "iiutul", N(5), AT_FDCWD, 0x1001, path, FILE_NOTED(5));
	expect(EV_OPEN_BY_HANDLE_AT_X, 2, "iiutul", -9, NO_FD, 0x1, NULL, 0, 0L);
}

/* ---- layers of an overlay ---- */

static void act_overlay(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(1);
	mkdir("over", 0755);
	mount("none", "over", "tmpfs", 0, NULL);
	mkdir("over/lower", 0755);
	mkdir("over/upper", 0755);
	mkdir("over/work", 0755);
	mkdir("over/merged", 0755);
	mknod("over/lower/below", S_IFREG | 0644, 0);
	live_note(0, mount("none", "over/merged", "overlay", 0,
			     "lowerdir=over/lower,upperdir=over/upper,workdir=over/work"));
	note_file(1, syscall(SYS_openat, AT_FDCWD, "over/merged/below", O_RDONLY, 0));
	note_file(4, syscall(SYS_openat, AT_FDCWD, "over/merged/above", O_RDWR | O_CREAT, 0600));
	note_file(7, syscall(SYS_openat, AT_FDCWD, "over/merged/below", O_WRONLY, 0));
	note_file(10, syscall(SYS_creat, "over/merged/third", 0600));
	syscall(SYS_openat, AT_FDCWD, "over/merged/none", O_RDONLY, 0);
	umount2("over/merged", MNT_DETACH);
	umount2("over", MNT_DETACH);
}

static void check_overlay(void)
{
	const unsigned upper = 0x8000, lower = 0x10000, created = 0x4000;

	if (live_noted(0) < 0) {
		print_message("this kernel has no overlay file system\n");
		return;
	}
	expect(EV_OPENAT_X, 0, "iituuul", N(1), AT_FDCWD, "over/merged/below", lower | 0x1, 0,
		FILE_NOTED(1));
	expect(EV_OPENAT_X, 1, "iituuul", N(4), AT_FDCWD, "over/merged/above",
		upper | created | 0x7, 0600, FILE_NOTED(4));
	expect(EV_OPENAT_X, 2, "iituuul", N(7), AT_FDCWD, "over/merged/below", upper | 0x2, 0,
		FILE_NOTED(7));
	expect(EV_CREAT_X, 0, "ituulu", N(10), "over/merged/third", 0600, FILE_NOTED(10), 1);
	expect(EV_OPENAT_X, 3, "iituuul", -2, AT_FDCWD, "over/merged/none", 0x1, 0, 0, 0L);
}

/* ---- what a call was told, though its memory changes while it waits ---- */

static bool have_beginnings;

static bool sleeps(pid_t pid)
{
	char path[32], text[128] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) < 0)
		_exit(1);
	close(fd);
	return strstr(text, ") S ");
}

/* Another process waits until the open does, rewrites its path, and lets it go on. */
static pid_t change_path(char *path)
{
	pid_t helper = fork();

	if (helper != 0)
		return helper;
	while (!sleeps(getppid()))
		usleep(1000);
	strcpy(path, "innocent");
	if (open("fifo", O_RDWR) < 0)
		_exit(1);
	for (;;)
		pause();
}

static void act_change(void)
{
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
	pid_t helper;

	mkfifo("fifo", 0600);
	for (int i = 0; i < 4; i++) {
		strcpy(path, "fifo");
		helper = change_path(path);
		if (i == 0)
			close((int)syscall(SYS_open, path, O_RDONLY, 0));
		else if (i == 1)
			close((int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND, 0));
		else if (i == 2)
			close((int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
		else
			close((int)syscall(SYS_creat, path, 0640));
		kill(helper, SIGKILL);
		waitpid(helper, NULL, 0);
	}
}

/* The first event of a type that is not of the other process. */
static size_t own(uint16_t type)
{
	size_t nth = 0;

	while (live_makes(type) && live_nth(type, nth)->tid != live_pid())
		nth++;
	return nth;
}

/* A path is noted at the beginning, so it is told as it was then; openat2() has more in its memory,
 * and is told of twice. */
static void check_change(void)
{
	if (!have_beginnings) {
		print_message("calls can not be seen at their beginning here\n");
		return;
	}
	expect(EV_OPEN_X, own(EV_OPEN_X), "_tu___", "fifo", 0x1);
	expect(EV_OPENAT_X, own(EV_OPENAT_X), "__tu___", "fifo", 0xa);
	expect(EV_OPENAT2_E, own(EV_OPENAT2_E), "ituuu", AT_FDCWD, "fifo", 0x1001, 0, 0x8);
	expect(EV_CREAT_X, own(EV_CREAT_X), "_t____", "fifo");
	assert_true(live_nth(EV_OPENAT2_E, own(EV_OPENAT2_E))->ts <
		    live_nth(EV_OPENAT2_X, own(EV_OPENAT2_X))->ts);
}

/* ---- the 32-bit way ---- */

enum { I386_OPEN = 5, I386_CREAT = 8, I386_OPENAT = 295, I386_OPENAT2 = 437 };

static void act_32(void)
{
	struct open_how how = {.flags = O_WRONLY | O_CREAT, .mode = 0640, .resolve = 0x8};
	char *name = live_low("low", 4);

	if (!live_32)
		return;
	note_file(0, CALL32(I386_OPEN, name, O_RDWR | O_CREAT, 0604));
	note_file(3, CALL32(I386_CREAT, name, 0600));
	note_file(6, CALL32(I386_OPENAT, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0));
	note_file(
		9, CALL32(I386_OPENAT2, AT_FDCWD, name, live_low(&how, sizeof(how)), sizeof(how)));
	CALL32(I386_OPEN, 0, O_RDONLY);
}

static void check_32(void)
{
	if (!live_32)
		return;
	expect(EV_OPEN_X, 0, "ituuul", N(0), "low", 0x4007, 0604, FILE_NOTED(0));
	expect(EV_CREAT_X, 0, "ituulu", N(3), "low", 0600, FILE_NOTED(3), 0);
	expect(EV_OPENAT_X, 0, "iituuul", N(6), AT_FDCWD, "low", 0x1001, 0, FILE_NOTED(6));
	expect(EV_OPENAT2_X, 0, "iituuuul", N(9), AT_FDCWD, "low", 0x6, 0640, 0x1, FILE_NOTED(9));
	expect(EV_OPEN_X, 1, "ituuul", -14, NULL, 0x1, 0, 0, 0L);
}

static void check_nothing(void)
{
}

static const struct live_case cases[] = {
	{"begin", expect_enter, check_nothing},
	{"open, creat", act_open, check_open},
	{"descriptor 0", act_zero, check_zero},
	{"openat", act_openat, check_openat},
	{"openat2", act_openat2, check_openat2},
	{"open_by_handle_at", act_by_handle, check_by_handle},
	{"paths that change", act_change, check_change},
	{"layers of an overlay", act_overlay, check_overlay},
	{"the 32-bit way", act_32, check_32},
	{"end", expect_leave, check_nothing},
};

int main(void)
{
	have_beginnings = live_sees_beginnings();
	return live_run(cases, sizeof(cases) / sizeof(cases[0]));
}
