/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of opens, which are noted when the calls begin, in events without what they resolved to:
 * paths of many lengths, and of calls that nobody is told of because they failed.
 */
#include "expect.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define LONGEST 222 /* that is noted */
#define PLACES 1024 /* for what is noted */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Whether 64-bit calls can be seen when they begin. */
static bool have_beginnings;

static const size_t lengths[] = {
	1, 3, 7, 9, 55, 61, 63, 65, 127, LONGEST - 1, LONGEST + 1, 257, 4095};

/* "./././x", of n bytes. */
static const char *winding(size_t n)
{
	static char path[PATH_MAX];

	for (size_t i = 0; i < n - 1; i++)
		path[i] = i % 2 ? '/' : '.';
	path[n - 1] = 'x';
	path[n] = 0;
	return path;
}

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

/* ---- lengths ---- */

static void act_lengths(void)
{
	note_file(0, syscall(SYS_openat, AT_FDCWD, "x", O_RDWR | O_CREAT, 0640));
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		note_file(3 + 3 * (unsigned)i,
			syscall(SYS_openat, AT_FDCWD, winding(lengths[i]), O_RDWR, 0));
}

static void check_lengths(void)
{
	size_t begins = 0;

	expect(EV_OPENAT_X, 0, "iituuul", (int)live_noted(0), AT_FDCWD, "x", 0x4007, 0640,
		FILE_NOTED(0));
	for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++) {
		assert_true(live_noted(3 + 3 * i) >= 0);
		expect(EV_OPENAT_X, 1 + i, "iituuul", (int)live_noted(3 + 3 * i), AT_FDCWD,
			winding(lengths[i]), 0x3, 0, FILE_NOTED(3 + 3 * i));
		if (have_beginnings && lengths[i] > LONGEST)
			expect(EV_OPENAT_E, begins++, "ituu", AT_FDCWD, winding(lengths[i]), 0x3,
				0);
	}
	assert_int_equal(live_count(EV_OPENAT_E), begins);
}

/* ---- open and creat ---- */

static void act_others(void)
{
#ifdef SYS_open
	note_file(0, syscall(SYS_open, "./a-name-of-many-letters", O_WRONLY | O_CREAT, 0604));
	note_file(3, syscall(SYS_creat, "", 0600));
	note_file(6, syscall(SYS_creat, winding(63), 0602));
	note_file(9, syscall(SYS_creat, winding(127), 0602));
#endif
}

static void check_others(void)
{
	expect(EV_OPEN_X, 0, "ituuul", (int)live_noted(0), "./a-name-of-many-letters", 0x4006, 0604,
		FILE_NOTED(0));
	expect(EV_CREAT_X, 0, "ituulu", (int)live_noted(6), winding(63), 0602, FILE_NOTED(6), 0);
	expect(EV_CREAT_X, 1, "ituulu", (int)live_noted(9), winding(127), 0602, FILE_NOTED(9), 0);
}

/* ---- calls that failed leave no note behind: as many tasks as there are places find theirs free
 * ---- */

static void *open_one(void *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);

	if (fd >= 0)
		close((int)fd);
	return NULL;
}

static void open_by_thread(const char *path)
{
	pthread_t t;

	if (pthread_create(&t, NULL, open_one, (void *)path) != 0)
		_exit(1);
	pthread_join(t, NULL);
}

static void act_failed(void)
{
	for (int i = 0; i < PLACES / 4; i++)
		open_by_thread("none");
	for (int i = 0; i < PLACES; i++)
		open_by_thread("x");
}

static void check_failed(void)
{
	assert_int_equal(live_count(EV_OPENAT_X), PLACES);
	for (size_t i = 0; i < PLACES; i++)
		live_text(live_nth(EV_OPENAT_X, i), 2, "x");
	assert_int_equal(live_count(EV_OPENAT_E), 0);
}

static void check_nothing(void)
{
}

static const struct live_case cases[] = {
	{"begin", expect_enter, check_nothing},
	{"paths of many lengths", act_lengths, check_lengths},
	{"open, creat", act_others, check_others},
	{"calls that failed", act_failed, check_failed},
	{"end", expect_leave, check_nothing},
};

int main(void)
{
	have_beginnings = live_sees_beginnings();
	live_setup = (struct live_setup){.calls = "open openat creat", .drop_failed = true};
	return live_run(cases, ARRAY_SIZE(cases));
}
