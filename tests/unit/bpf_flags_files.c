/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe makes of the kernel's values for files has the names that its headers give them.
 */
#include "bpf/flags_files.h"

#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tables/tables.h"

struct named {
	const char *name;
	uint32_t kernel;
};
#define N(name)                                                                                    \
	{                                                                                          \
#name, name                                                                        \
	}

static uint32_t value_of(const struct flag_value *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table->value;
	fail_msg("no value is called %s", name);
	return 0;
}

/* plus: what is set besides. */
#define CHECK(convert, plus, table, ...)                                                           \
	do {                                                                                       \
		static const struct named all[] = {__VA_ARGS__};                                   \
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {                                     \
			uint32_t got = convert(all[i].kernel);                                     \
			if (got != (value_of(table, all[i].name) | (plus)))                        \
				fail_msg("%s becomes %#x", all[i].name, got);                      \
		}                                                                                  \
	} while (0)

static void test_open(void **state)
{
	CHECK(flags_open, 0, flags_file_flags, N(O_RDONLY), N(O_WRONLY), N(O_RDWR));
	CHECK(flags_open, 0x1, flags_file_flags, N(O_CREAT), N(O_EXCL), N(O_TRUNC), N(O_APPEND),
		N(O_NONBLOCK), N(O_DIRECT), N(O_LARGEFILE), N(O_CLOEXEC));
	/* These share bits. */
	assert_int_equal(flags_open(O_DSYNC), flags_open(O_SYNC));
	assert_int_equal(flags_open(O_DIRECTORY), flags_open(O_TMPFILE));
	assert_int_equal(flags_open(O_PATH | O_NOFOLLOW | O_NOCTTY | O_NOATIME), 0x1);
	assert_int_equal(flags_open_mode(O_CREAT, 0107644), 07644);
	assert_int_equal(flags_open_mode(O_TRUNC | O_RDWR, 0644), 0);
	CHECK(flags_resolve, 0, flags_openat2_flags, N(RESOLVE_NO_XDEV), N(RESOLVE_NO_MAGICLINKS),
		N(RESOLVE_NO_SYMLINKS), N(RESOLVE_BENEATH), N(RESOLVE_IN_ROOT), N(RESOLVE_CACHED));
	assert_int_equal(flags_resolve(0x40), 0);
}

static void test_descriptors(void **state)
{
	CHECK(flags_pipe2, 0, flags_file_flags, N(O_CLOEXEC), N(O_NONBLOCK), N(O_DIRECT));
	CHECK(flags_new_fd, 0, flags_file_flags, N(O_CLOEXEC), N(O_NONBLOCK));
	CHECK(flags_dup3, 0, flags_file_flags, N(O_CLOEXEC));
	assert_int_equal(flags_pipe2(-1) | flags_new_fd(-1) | flags_dup3(O_APPEND), 0);
	CHECK(flags_fcntl, 0, flags_fcntl_commands, N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL),
		N(F_SETFL), N(F_GETLK), N(F_SETLK), N(F_SETLKW), N(F_SETOWN), N(F_GETOWN),
		N(F_SETSIG), N(F_GETSIG), {"F_GETLK64", 12}, {"F_SETLK64", 13}, {"F_SETLKW64", 14},
		N(F_SETOWN_EX), N(F_GETOWN_EX), N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW),
		N(F_SETLEASE), N(F_GETLEASE), N(F_NOTIFY), N(F_CANCELLK), N(F_DUPFD_CLOEXEC),
		N(F_SETPIPE_SZ), N(F_GETPIPE_SZ));
	for (uint32_t cmd = 1000; cmd < 1100; cmd++)
		assert_true(flags_fcntl(cmd) <= 0x20);
	assert_int_equal(flags_fcntl(F_ADD_SEALS) | flags_fcntl(UINT32_MAX), 0);
	CHECK(flags_whence, 0, flags_lseek_whence, {"SEEK_SET", 0}, {"SEEK_CUR", 1},
		{"SEEK_END", 2});
	assert_int_equal(flags_whence(3), 0);
}

static void test_paths(void **state)
{
	CHECK(flags_mknod, 0, flags_mknod_mode, N(S_IFREG), N(S_IFCHR), N(S_IFBLK), N(S_IFIFO),
		N(S_IFSOCK));
	assert_int_equal(flags_mknod(0644), S_IFREG | 0644);
	assert_int_equal(flags_mknod(S_IFDIR | 07777), 07777);
	CHECK(flags_newfstatat, 0, flags_newfstatat_flags, N(AT_SYMLINK_NOFOLLOW), N(AT_EMPTY_PATH),
		N(AT_NO_AUTOMOUNT));
	CHECK(flags_linkat, 0, flags_linkat_flags, N(AT_SYMLINK_FOLLOW), N(AT_EMPTY_PATH));
	assert_int_equal(flags_mount(0xc0ed0006), 6);
	assert_int_equal(flags_mount(0xc0ee0006), 0xc0ee0006);
}

static void test_io_uring(void **state)
{
	CHECK(flags_io_uring_setup, 0, flags_io_uring_setup_flags, N(IORING_SETUP_SQPOLL),
		N(IORING_SETUP_SQ_AFF), N(IORING_SETUP_CQSIZE), N(IORING_SETUP_CLAMP),
		{"IORING_SETUP_ATTACH_RW", IORING_SETUP_ATTACH_WQ}, N(IORING_SETUP_R_DISABLED));
	assert_int_equal(flags_io_uring_setup(IORING_SETUP_IOPOLL), 0x5);
	assert_int_equal(flags_io_uring_setup(~0x7fu), 0);
	CHECK(flags_io_uring_features, 0, flags_io_uring_setup_feats, N(IORING_FEAT_SINGLE_MMAP),
		N(IORING_FEAT_POLL_32BITS), N(IORING_FEAT_NATIVE_WORKERS),
		N(IORING_FEAT_RSRC_TAGS));
	assert_int_equal(flags_io_uring_features(IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_io_uring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
