/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that name files: every type of event, of a call that succeeds and of one that fails. */
#include "expect.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define NO_FD 777
#define N(i) ((int)live_noted(i))

static int make(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT, 0644);

	close(fd);
	return fd;
}

static int folder(const char *name)
{
	mkdirat(AT_FDCWD, name, 0755);
	return open(name, O_RDONLY | O_DIRECTORY);
}

/* ---- looked at ---- */

static void act_look(void)
{
	int dir = (int)live_note(0, folder("look"));
	struct stat st;

	make("look/file");
	syscall(SYS_stat, "look/file", &st);
	syscall(SYS_stat, "", &st);
	syscall(SYS_lstat, "look/../look", &st);
	syscall(SYS_lstat, NULL, &st);
	syscall(SYS_newfstatat, dir, "file", &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
	syscall(SYS_newfstatat, dir, "", &st, AT_EMPTY_PATH);
	syscall(SYS_newfstatat, AT_FDCWD, "nowhere", &st, 0x40);
	syscall(SYS_newfstatat, NO_FD, "x", &st, 0);
	syscall(SYS_access, "look", R_OK | X_OK);
	syscall(SYS_access, "nowhere", F_OK);
	syscall(SYS_access, "look", 0x17);
	close(dir);
}

static void check_look(void)
{
	expect(EV_STAT_X, 0, "it", 0, "look/file");
	expect(EV_STAT_X, 1, "it", -2, "");
	expect(EV_LSTAT_X, 0, "it", 0, "look/../look");
	expect(EV_LSTAT_X, 1, "it", -14, NULL);
	expect(EV_NEWFSTATAT_X, 0, "iitu", 0, N(0), "file", 0x900);
	expect(EV_NEWFSTATAT_X, 1, "iitu", 0, N(0), "", 0x1000);
	expect(EV_NEWFSTATAT_X, 2, "iitu", -22, AT_FDCWD, "nowhere", 0);
	expect(EV_NEWFSTATAT_X, 3, "iitu", -9, NO_FD, "x", 0);
	expect(EV_ACCESS_X, 0, "itu", 0, "look", 5);
	expect(EV_ACCESS_X, 1, "itu", -2, "nowhere", 0);
	expect(EV_ACCESS_X, 2, "itu", -22, "look", 7);
}

/* ---- the folder that paths begin at ---- */

static void act_cwd(void)
{
	int dir = (int)live_note(0, folder("sub")), up = open(".", O_RDONLY), root;
	char cwd[64];

	live_note(1, up);
	live_note(2, syscall(SYS_getcwd, cwd, sizeof(cwd)));
	syscall(SYS_getcwd, cwd, 2);
	syscall(SYS_chdir, "sub");
	syscall(SYS_chdir, "nowhere");
	syscall(SYS_chdir, NULL);
	syscall(SYS_fchdir, up);
	syscall(SYS_fchdir, NO_FD);
	root = open("/", O_RDONLY);
	syscall(SYS_chroot, "sub");
	syscall(SYS_chroot, "/nowhere");
	fchdir(root);
	syscall(SYS_chroot, ".");
	fchdir(up);
	close(dir);
	close(up);
	close(root);
}

static void check_cwd(void)
{
	const struct event *ev = live_event(EV_GETCWD_X);
	struct param p = event_param(ev, 1);

	live_int(ev, 0, live_noted(2));
	assert_int_equal(p.n, live_noted(2));
	assert_memory_equal(p.p, "/tmp/falco-live-", 16);
	expect(EV_GETCWD_X, 1, "it", -34, NULL);
	expect(EV_CHDIR_X, 0, "it", 0, "sub");
	expect(EV_CHDIR_X, 1, "it", -2, "nowhere");
	expect(EV_CHDIR_X, 2, "it", -14, NULL);
	expect(EV_FCHDIR_X, 0, "ii", 0, N(1));
	expect(EV_FCHDIR_X, 1, "ii", -9, NO_FD);
	expect(EV_CHROOT_X, 0, "it", 0, "sub");
	expect(EV_CHROOT_X, 1, "it", -2, "/nowhere");
}

/* ---- modes and owners ---- */

static void act_owner(void)
{
	int fd, dir = (int)live_note(0, folder("own"));

	make("own/file");
	fd = (int)live_note(1, open("own/file", O_RDWR));
	syscall(SYS_chmod, "own/file", 0106755);
	syscall(SYS_chmod, "nowhere", 01777);
	syscall(SYS_fchmod, fd, 04711);
	syscall(SYS_fchmod, NO_FD, 0);
	syscall(SYS_fchmodat, dir, "file", 02750);
	syscall(SYS_fchmodat, NO_FD, "x", 01);
	syscall(SYS_chown, "own/file", 1000, 100);
	syscall(SYS_chown, "nowhere", -1, -1);
	syscall(SYS_lchown, "own/file", 0, 0);
	syscall(SYS_lchown, NULL, 5, 6);
	syscall(SYS_fchown, fd, 7, 8);
	syscall(SYS_fchown, NO_FD, 0, 0);
	syscall(SYS_fchownat, dir, "file", -1, 12, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_fchownat, fd, "", 3, 4, AT_EMPTY_PATH);
	syscall(SYS_fchownat, NO_FD, "q", 1, 2, AT_SYMLINK_FOLLOW);
	close(fd);
	close(dir);
}

static void check_owner(void)
{
	expect(EV_CHMOD_X, 0, "itu", 0, "own/file", 06755);
	expect(EV_CHMOD_X, 1, "itu", -2, "nowhere", 01777);
	expect(EV_FCHMOD_X, 0, "iiu", 0, N(1), 04711);
	expect(EV_FCHMOD_X, 1, "iiu", -9, NO_FD, 0);
	expect(EV_FCHMODAT_X, 0, "iitu", 0, N(0), "file", 02750);
	expect(EV_FCHMODAT_X, 1, "iitu", -9, NO_FD, "x", 01);
	expect(EV_CHOWN_X, 0, "ituu", 0, "own/file", 1000, 100);
	expect(EV_CHOWN_X, 1, "ituu", -2, "nowhere", -1, -1);
	expect(EV_LCHOWN_X, 0, "ituu", 0, "own/file", 0, 0);
	expect(EV_LCHOWN_X, 1, "ituu", -14, NULL, 5, 6);
	expect(EV_FCHOWN_X, 0, "iiuu", 0, N(1), 7, 8);
	expect(EV_FCHOWN_X, 1, "iiuu", -9, NO_FD, 0, 0);
	expect(EV_FCHOWNAT_X, 0, "iituuu", 0, N(0), "file", -1, 12, 0);
	expect(EV_FCHOWNAT_X, 1, "iituuu", 0, N(1), "", 3, 4, 0x1000);
	expect(EV_FCHOWNAT_X, 2, "iituuu", -22, NO_FD, "q", 1, 2, 0x400);
}

/* ---- made ---- */

static void act_link(void)
{
	int dir = (int)live_note(0, folder("links"));

	make("links/a");
	syscall(SYS_link, "links/a", "links/b");
	syscall(SYS_link, NULL, "");
	syscall(SYS_linkat, dir, "a", AT_FDCWD, "links/c", AT_SYMLINK_FOLLOW);
	syscall(SYS_linkat, -5, "a", -6, "b", 0x10000);
	syscall(SYS_symlink, "/etc/passwd", "links/s");
	syscall(SYS_symlink, "", "x");
	syscall(SYS_symlinkat, "/etc/shadow", dir, "t");
	syscall(SYS_symlinkat, "t", NO_FD, "u");
	close(dir);
}

static void check_link(void)
{
	expect(EV_LINK_X, 0, "itt", 0, "links/a", "links/b");
	expect(EV_LINK_X, 1, "itt", -14, NULL, "");
	expect(EV_LINKAT_X, 0, "iititu", 0, N(0), "a", AT_FDCWD, "links/c", 0x400);
	expect(EV_LINKAT_X, 1, "iititu", -22, -5, "a", -6, "b", 0);
	expect(EV_SYMLINK_X, 0, "itt", 0, "/etc/passwd", "links/s");
	expect(EV_SYMLINK_X, 1, "itt", -2, "", "x");
	expect(EV_SYMLINKAT_X, 0, "itit", 0, "/etc/shadow", N(0), "t");
	expect(EV_SYMLINKAT_X, 1, "itit", -9, "t", NO_FD, "u");
}

static void act_make(void)
{
	int dir = (int)live_note(0, folder("made"));

	umask(0);
	syscall(SYS_mkdir, "made/m", 0711);
	syscall(SYS_mkdir, NULL, 0);
	syscall(SYS_mkdirat, dir, "n", 0751);
	syscall(SYS_mkdirat, NO_FD, "x", 0);
	syscall(SYS_mknod, "made/fifo", S_IFIFO | 0600, 0);
	syscall(SYS_mknod, "made/char", S_IFCHR | 0600, makedev(1, 3));
	syscall(SYS_mknod, "made/dir", S_IFDIR | 07777, 0);
	syscall(SYS_mknodat, dir, "plain", 0644, 0);
	syscall(SYS_mknodat, NO_FD, "x", S_IFSOCK, 0);
	umask(022);
	close(dir);
}

static void check_make(void)
{
	expect(EV_MKDIR_X, 0, "itu", 0, "made/m", 0711);
	expect(EV_MKDIR_X, 1, "itu", -14, NULL, 0);
	expect(EV_MKDIRAT_X, 1, "iitu", 0, N(0), "n", 0751);
	expect(EV_MKDIRAT_X, 2, "iitu", -9, NO_FD, "x", 0);
	expect(EV_MKNOD_X, 0, "ituu", 0, "made/fifo", S_IFIFO | 0600, 0);
	expect(EV_MKNOD_X, 1, "ituu", 0, "made/char", S_IFCHR | 0600, 0x100003);
	expect(EV_MKNOD_X, 2, "itu_", -1, "made/dir", 07777);
	expect(EV_MKNODAT_X, 0, "iituu", 0, N(0), "plain", S_IFREG | 0644, 0);
	expect(EV_MKNODAT_X, 1, "iituu", -9, NO_FD, "x", S_IFSOCK, 0);
}

/* ---- moved and removed ---- */

static void act_move(void)
{
	int dir = (int)live_note(0, folder("moved"));

	make("moved/a");
	make("moved/from");
	make("moved/gone");
	make("moved/z");
	mkdirat(dir, "empty", 0755);
	syscall(SYS_rename, "moved/a", "moved/b");
	syscall(SYS_rename, "no", "where");
	syscall(SYS_renameat, dir, "from", AT_FDCWD, "moved/c");
	syscall(SYS_renameat, dir, "two", NO_FD, "three");
	syscall(SYS_renameat2, AT_FDCWD, "moved/c", dir, "d", 1);
	syscall(SYS_renameat2, dir, "d", dir, "z", 2);
	syscall(SYS_renameat2, dir, NULL, dir, "x", 0x63);
	syscall(SYS_unlink, "moved/gone");
	syscall(SYS_unlink, NULL);
	syscall(SYS_unlinkat, dir, "z", 0);
	syscall(SYS_unlinkat, NO_FD, "x", 0);
	syscall(SYS_unlinkat, AT_FDCWD, "x", 0x241);
	syscall(SYS_mkdirat, dir, "sub", 0700);
	syscall(SYS_unlinkat, dir, "sub", AT_REMOVEDIR);
	syscall(SYS_rmdir, "moved/empty");
	syscall(SYS_rmdir, "");
	close(dir);
}

static void check_move(void)
{
	expect(EV_RENAME_X, 0, "itt", 0, "moved/a", "moved/b");
	expect(EV_RENAME_X, 1, "itt", -2, "no", "where");
	expect(EV_RENAMEAT_X, 0, "iitit", 0, N(0), "from", AT_FDCWD, "moved/c");
	expect(EV_RENAMEAT_X, 1, "iitit", -9, N(0), "two", NO_FD, "three");
	expect(EV_RENAMEAT2_X, 0, "iititu", 0, AT_FDCWD, "moved/c", N(0), "d", 1);
	expect(EV_RENAMEAT2_X, 1, "iititu", 0, N(0), "d", N(0), "z", 2);
	expect(EV_RENAMEAT2_X, 2, "iititu", -22, N(0), NULL, N(0), "x", 0x63);
	expect(EV_UNLINK_X, 0, "it", 0, "moved/gone");
	expect(EV_UNLINK_X, 1, "it", -14, NULL);
	expect(EV_UNLINKAT_X, 0, "iitu", 0, N(0), "z", 0);
	expect(EV_UNLINKAT_X, 1, "iitu", -9, NO_FD, "x", 0);
	expect(EV_UNLINKAT_X, 2, "iitu", -22, AT_FDCWD, "x", 0x200);
	expect(EV_UNLINKAT_X, 3, "iitu", 0, N(0), "sub", 0x200);
	expect(EV_RMDIR_X, 0, "it", 0, "moved/empty");
	expect(EV_RMDIR_X, 1, "it", -2, "");
}

/* ---- mounted ---- */

static void act_mount(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(1);
	mkdir("mnt", 0755);
	syscall(SYS_mount, "none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	syscall(SYS_mount, "source", "mnt", "tmpfs", 0xc0ed0000 | MS_NOSUID | MS_NODEV, "size=64k");
	syscall(SYS_mount, NULL, "nowhere", NULL, MS_RDONLY | MS_REMOUNT, NULL);
	syscall(SYS_umount2, "nowhere", MNT_FORCE | UMOUNT_NOFOLLOW | 0x10);
	syscall(SYS_umount2, "mnt", MNT_DETACH);
	live_note(0, syscall(SYS_fsopen, "tmpfs", 0));
	syscall(SYS_fsconfig, N(0), FSCONFIG_SET_FLAG, "ro", NULL, 0);
	syscall(SYS_fsconfig, N(0), FSCONFIG_SET_STRING, "size", "64k", 0);
	syscall(SYS_fsconfig, N(0), FSCONFIG_SET_BINARY, "bin", "\1\2", 2);
	syscall(SYS_fsconfig, NO_FD, 99, "x", "y", 3);
	syscall(SYS_fsconfig, N(0), FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	close(N(0));
}

static void check_mount(void)
{
	expect(EV_MOUNT_X, 1, "itttu", 0, "none", "/", NULL, MS_REC | MS_PRIVATE);
	expect(EV_MOUNT_X, 2, "itttu", 0, "source", "mnt", "tmpfs", 6);
	expect(EV_MOUNT_X, 3, "itttu", -2, NULL, "nowhere", NULL, 33);
	expect(EV_UMOUNT2_X, 0, "itu", -22, "nowhere", 9);
	expect(EV_UMOUNT2_X, 1, "itu", 0, "mnt", 2);
	expect(EV_FSCONFIG_X, 0,
		"iiutt"
		"ti",
		0, N(0), 0, "ro", NULL, NULL, 0);
	expect(EV_FSCONFIG_X, 1, "iiuttti", 0, N(0), 1, "size", NULL, "64k", 0);
	expect(EV_FSCONFIG_X, 2, "iiuttti", -22, N(0), 2, "bin", NULL, NULL, 2);
	expect(EV_FSCONFIG_X, 3, "_iuttti", NO_FD, 99, "x", NULL, NULL, 3);
	expect(EV_FSCONFIG_X, 4, "iiuttti", 0, N(0), 6, NULL, NULL, NULL, 0);
}

/* ---- paths of every length, and none ---- */

static void act_text(void)
{
	char *text = malloc(5000);

	memset(text, 'x', 5000);
	text[4095] = '\0';
	syscall(SYS_rmdir, text);
	text[4095] = 'x';
	text[4999] = '\0';
	syscall(SYS_rmdir, text);
	syscall(SYS_rmdir, "\xff\x01 \n");
	syscall(SYS_rmdir, (void *)1);
	free(text);
}

/* A path that the kernel would not take is cut, with a NUL at its end. */
static void check_text(void)
{
	char text[4096];

	memset(text, 'x', sizeof(text));
	text[4095] = '\0';
	expect(EV_RMDIR_X, 0, "it", -36, text);
	expect(EV_RMDIR_X, 1, "it", -36, text);
	expect(EV_RMDIR_X, 2, "it", -2, "\xff\x01 \n");
	expect(EV_RMDIR_X, 3, "it", -14, NULL);
}

/* ---- the 32-bit way ---- */

enum {
	I386_UMOUNT = 22,
	I386_UMOUNT2 = 52,
	I386_STAT64 = 195,
	I386_LCHOWN32 = 198,
	I386_MKDIR = 39,
	I386_RENAMEAT2 = 353,
	I386_FSTATAT64 = 300
};

static void act_32(void)
{
	char *name = live_low("nowhere", 8);

	if (!live_32)
		return;
	CALL32(I386_UMOUNT, name, 0xffff);
	CALL32(I386_UMOUNT2, name, MNT_DETACH);
	CALL32(I386_STAT64, name, 0);
	CALL32(I386_LCHOWN32, name, -1, 70000);
	CALL32(I386_MKDIR, 0, 0700);
	CALL32(I386_RENAMEAT2, AT_FDCWD, name, NO_FD, name, 1);
	CALL32(I386_FSTATAT64, -5, name, 0, AT_SYMLINK_NOFOLLOW);
}

static void check_32(void)
{
	if (!live_32)
		return;
	expect(EV_UMOUNT2_X, 0, "itu", -2, "nowhere", 0);
	expect(EV_UMOUNT2_X, 1, "itu", -2, "nowhere", 2);
	expect(EV_STAT_X, 0, "it", -2, "nowhere");
	expect(EV_LCHOWN_X, 0, "ituu", -2, "nowhere", -1, 70000);
	expect(EV_MKDIR_X, 0, "itu", -14, NULL, 0700);
	expect(EV_RENAMEAT2_X, 0, "iititu", -9, AT_FDCWD, "nowhere", NO_FD, "nowhere", 1);
	expect(EV_NEWFSTATAT_X, 0, "iitu", -9, -5, "nowhere", 0x100);
}

static void check_nothing(void)
{
}

static const struct live_case cases[] = {
	{"begin", expect_enter, check_nothing},
	{"stat, lstat, newfstatat, access", act_look, check_look},
	{"getcwd, chdir, fchdir, chroot", act_cwd, check_cwd},
	{"chmod, fchmod, fchmodat, chown, lchown, fchown, fchownat", act_owner, check_owner},
	{"link, linkat, symlink, symlinkat", act_link, check_link},
	{"mkdir, mkdirat, mknod, mknodat", act_make, check_make},
	{"rename, renameat, renameat2, unlink, unlinkat, rmdir", act_move, check_move},
	{"mount, umount2, fsconfig", act_mount, check_mount},
	{"paths of every length", act_text, check_text},
	{"the 32-bit way", act_32, check_32},
	{"end", expect_leave, check_nothing},
};
LIVE_MAIN(cases)
