/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel resolved an open to, whatever the call said. */
#include "expect.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define CWD 40 /* where it is noted */

static void try_open(const char *path)
{
	close((int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0));
}

static void make(const char *path)
{
	close((int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0600));
}

/* The nth open was called in this way and resolved to this path. */
static void resolved_to(uint16_t type, size_t nth, enum origin origin, const char *want)
{
	struct resolved r;

	if (!event_resolved(live_nth(type, nth), &r))
		fail_msg("event %zu tells nothing", nth);
	if (!str_is(r.path, want))
		fail_msg("event %zu resolved to %.*s, not %s", nth, STR_ARG(r.path), want);
	assert_int_equal(r.origin, origin);
}

static void resolved_here(uint16_t type, size_t nth, const char *name)
{
	char path[128];

	noted_path(CWD, name, path);
	resolved_to(type, nth, ORIGIN_64, path);
}

static void act_begin(void)
{
	expect_enter();
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(1);
	mkdir("dir", 0755);
	close(creat("dir/secret", 0600));
}

static void check_nothing(void)
{
}

/* ---- every call of the family ---- */

static void act_calls(void)
{
	struct open_how how = {.flags = O_RDONLY};
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	int id;

	note_cwd(CWD);
	close((int)syscall(SYS_open, "dir/secret", O_RDONLY, 0));
	close((int)syscall(SYS_openat, AT_FDCWD, "dir/../dir/./secret", O_WRONLY, 0));
	close((int)syscall(SYS_openat2, AT_FDCWD, "dir//secret", &how, sizeof(how)));
	close((int)syscall(SYS_creat, "dir/secret", 0600));
	live_note(0, name_to_handle_at(AT_FDCWD, "dir/secret", &h.handle, &id, 0));
	close((int)syscall(SYS_open_by_handle_at, AT_FDCWD, &h, O_RDONLY));
	try_open("/");
	try_open("nowhere");
}

static void check_calls(void)
{
	struct resolved r;

	if (live_makes(EV_OPEN_X))
		resolved_here(EV_OPEN_X, 0, "dir/secret");
	resolved_here(EV_OPENAT_X, 0, "dir/secret");
	resolved_here(EV_OPENAT2_X, 0, "dir/secret");
	if (live_makes(EV_CREAT_X))
		resolved_here(EV_CREAT_X, 0, "dir/secret");
	if (live_noted(0) == 0)
		resolved_here(EV_OPEN_BY_HANDLE_AT_X, 0, "dir/secret");
	resolved_to(EV_OPENAT_X, 1, ORIGIN_64, "/");
	assert_false(event_resolved(live_nth(EV_OPENAT_X, 2), &r));
	assert_false(event_resolved(live_nth(EV_CLOSE_X, 0), &r));
}

/* ---- links, and folders that are others ---- */

static void act_links(void)
{
	char path[64];
	int dir = open("dir", O_RDONLY), memory = (int)syscall(SYS_memfd_create, "m", 0);

	note_cwd(CWD);
	if (symlink("dir/secret", "to-file") < 0 || symlink("../dir/../dir", "dir/to-dir") < 0 ||
		link("dir/secret", "hard") < 0)
		_exit(1);
	try_open("to-file");
	try_open("dir/to-dir/to-dir/secret");
	try_open("hard");
	try_open("/proc/self/cwd/dir/secret");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/secret", dir);
	try_open(path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	try_open(path);
	try_open("/proc/self/root/proc/thread-self/root/etc/passwd");
	close(dir);
	close(memory);
}

static void check_links(void)
{
	resolved_here(EV_OPENAT_X, 1, "dir/secret");
	resolved_here(EV_OPENAT_X, 2, "dir/secret");
	resolved_here(EV_OPENAT_X, 3, "hard");
	resolved_here(EV_OPENAT_X, 4, "dir/secret");
	resolved_here(EV_OPENAT_X, 5, "dir/secret");
	resolved_to(EV_OPENAT_X, 6, ORIGIN_64, "memfd:m");
	resolved_to(EV_OPENAT_X, 7, ORIGIN_64, "/etc/passwd");
}

/* ---- another root ---- */

static void act_chroot(void)
{
	int up = open(".", O_RDONLY), root = open("/", O_RDONLY);

	note_cwd(CWD);
	if (chroot("dir") < 0)
		return;
	try_open("/secret");
	try_open("/../../../secret");
	if (fchdir(root) < 0 || chroot(".") < 0 || fchdir(up) < 0)
		_exit(1);
	close(up);
	close(root);
}

static void check_chroot(void)
{
	resolved_here(EV_OPENAT_X, 2, "dir/secret");
	resolved_here(EV_OPENAT_X, 3, "dir/secret");
}

/* ---- mounts ---- */

static void act_mounts(void)
{
	note_cwd(CWD);
	mkdir("bound", 0755);
	mkdir("mem", 0755);
	if (mount("dir", "bound", NULL, MS_BIND, NULL) < 0 ||
		mount("none", "mem", "tmpfs", 0, NULL) < 0)
		_exit(1);
	mkdir("mem/inner", 0755);
	if (mount("dir", "mem/inner", NULL, MS_BIND, NULL) < 0)
		_exit(1);
	try_open("bound/secret");
	try_open("bound/../mem/inner/secret");
	try_open("mem");
	make("mem/new");
	umount2("mem/inner", MNT_DETACH);
	umount2("mem", MNT_DETACH);
	umount2("bound", MNT_DETACH);
}

static void check_mounts(void)
{
	resolved_here(EV_OPENAT_X, 0, "bound/secret");
	resolved_here(EV_OPENAT_X, 1, "mem/inner/secret");
	resolved_here(EV_OPENAT_X, 2, "mem");
	resolved_here(EV_OPENAT_X, 3, "mem/new");
}

/* ---- deep folders ---- */

#define DEEP 100
#define NOTED 64 /* parts that the probe notes: SCRATCH_PARTS of bpf/maps.h */

static void act_deep(void)
{
	int up = open(".", O_RDONLY);

	note_cwd(CWD);
	for (int i = 0; i < DEEP; i++) {
		mkdir("d", 0755);
		if (chdir("d") < 0)
			_exit(1);
		if (i == 9 || i == DEEP - 1)
			make("f");
	}
	if (fchdir(up) < 0)
		_exit(1);
	close(up);
}

static void check_deep(void)
{
	char want[4 * NOTED] = "...";

	resolved_here(EV_OPENAT_X, 1, "d/d/d/d/d/d/d/d/d/d/f");
	for (int i = 0; i < NOTED - 1; i++)
		strcat(want, "/d");
	resolved_to(EV_OPENAT_X, 2, ORIGIN_64, strcat(want, "/f"));
}

/* Sixteen folders of 255 bytes: more than is told, or than any call could name. */
static void act_long(void)
{
	int up = open(".", O_RDONLY);
	char name[256];

	note_cwd(CWD);
	memset(name, 'n', 255);
	name[255] = '\0';
	for (int i = 0; i < 16; i++) {
		mkdir(name, 0755);
		if (chdir(name) < 0)
			_exit(1);
	}
	make("f");
	if (fchdir(up) < 0)
		_exit(1);
	close(up);
}

static void check_long(void)
{
	struct resolved r;
	char here[128];

	noted_path(CWD, "nnnn", here);
	assert_true(event_resolved(live_nth(EV_OPENAT_X, 1), &r));
	assert_int_equal(r.path.n, RESOLVED_MAX);
	assert_memory_equal(r.path.p, here, strlen(here));
}

/* ---- the 32-bit way ---- */

enum { I386_OPEN = 5 };

static void act_32(void)
{
	char *path = live_low("dir/../dir/secret", 18);

	note_cwd(CWD);
	if (live_32)
		close((int)CALL32(I386_OPEN, path, O_RDONLY));
}

static void check_32(void)
{
	char path[128];

	if (!live_32)
		return;
	noted_path(CWD, "dir/secret", path);
	resolved_to(EV_OPEN_X, 0, ORIGIN_32, path);
}

static const struct live_case cases[] = {
	{"begin", act_begin, check_nothing},
	{"every call", act_calls, check_calls},
	{"links", act_links, check_links},
	{"chroot", act_chroot, check_chroot},
	{"mounts", act_mounts, check_mounts},
	{"deep folders", act_deep, check_deep},
	{"long names", act_long, check_long},
	{"the 32-bit way", act_32, check_32},
	{"end", expect_leave, check_nothing},
};
LIVE_MAIN(cases)
