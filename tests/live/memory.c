/* SPDX-License-Identifier: Apache-2.0 */
/* Memory mapped, protected, locked. */
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096L
#define ENOMEM_RESULT (-12)
#define EINVAL_RESULT (-22)
#define EBADF_RESULT (-9)
/* Counts of resident pages lag behind by what each processor keeps to itself. */
#define RSS_SLACK_KB 2048
#define TOUCHED (4096 * PAGE)
/* Values of event parameters. */
#define READ_WRITE 3
#define READ_EXEC 5
#define PRIVATE 2
#define SHARED 1
#define ANONYMOUS 8
#define FIXED 4
#define NORESERVE 0x40
#define DENYWRITE 0x400

static long status_kb(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), "%ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

static char *map(size_t n)
{
	return (char *)syscall(
		SYS_mmap, NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
}

static void act_map(void)
{
	char *p, *end;
	FILE *first = fopen("/proc/self/status", "r");

	fclose(first); /* what reading it takes is mapped from now on */
	p = map(TOUCHED);
	memset(p, 1, TOUCHED);
	live_note(0, syscall(SYS_mmap, p, PAGE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0L));
	live_note(1, status_kb("VmSize:"));
	live_note(2, status_kb("VmRSS:"));
	syscall(SYS_mmap, NULL, 100, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_DENYWRITE, 999, 8192L);
	syscall(SYS_munmap, p + PAGE, PAGE);
	live_note(3, status_kb("VmSize:"));
	syscall(SYS_munmap, p + 3, PAGE);
	end = (char *)syscall(SYS_brk, 0);
	live_note(4, syscall(SYS_brk, end + 8 * PAGE));
	syscall(SYS_brk, end);
}

/* The nth event of a type with this address and length. */
static const struct event *with(uint16_t type, uint64_t addr, uint64_t length)
{
	for (size_t i = 0; i < live_count(type); i++) {
		const struct event *ev = live_nth(type, i);

		if (event_u64(ev, 4) == addr && event_u64(ev, 5) == length)
			return ev;
	}
	fail_msg("no such %s", event_table[type].name);
	return NULL;
}

static void check_mmap(const struct event *ev, uint32_t prot, uint32_t flags, int64_t fd)
{
	live_uint(ev, 6, prot);
	live_uint(ev, 7, flags);
	live_int(ev, 8, fd);
}

static void check_map(void)
{
	uint64_t p = (uint64_t)live_noted(0);
	const struct event *ev = with(EV_MMAP_X, p, PAGE);

	live_int(ev, 0, live_noted(0));
	live_uint(ev, 1, (uint32_t)live_noted(1));
	assert_in_range(event_u64(ev, 2), (uint64_t)live_noted(2) / 2,
		(uint64_t)live_noted(2) + RSS_SLACK_KB);
	live_uint(ev, 3, 0);
	check_mmap(ev, 0, PRIVATE | ANONYMOUS | FIXED | NORESERVE, -1);
	live_uint(ev, 9, 0);
	ev = with(EV_MMAP_X, 0, 100);
	live_int(ev, 0, EBADF_RESULT);
	check_mmap(ev, READ_EXEC, SHARED | DENYWRITE, 999);
	live_uint(ev, 9, 8192);
	ev = with(EV_MUNMAP_X, p + PAGE, PAGE);
	live_int(ev, 0, 0);
	live_uint(ev, 1, (uint32_t)live_noted(3));
	live_int(with(EV_MUNMAP_X, p + 3, PAGE), 0, EINVAL_RESULT);
}

static void check_brk(void)
{
	size_t last = live_count(EV_BRK_X) - 1;
	uint64_t moved = (uint64_t)live_noted(4);
	const struct event *ev = live_nth(EV_BRK_X, last - 1);

	live_uint(ev, 0, moved);
	live_uint(ev, 4, moved);
	live_uint(live_nth(EV_BRK_X, last), 4, moved - 8 * PAGE);
	assert_int_equal(event_u64(ev, 1), event_u64(live_nth(EV_BRK_X, last), 1) + 32);
}

static void check_map_and_brk(void)
{
	check_map();
	check_brk();
}

static void act_map_32(void)
{
	const uint32_t old[6] = {0, 0x3000, PROT_READ | PROT_WRITE, MAP_PRIVATE, 999, 0x5000};
	const uint32_t *args = live_low(old, sizeof(old));

	if (!live_32)
		return;
	CALL32(90, args);
	CALL32(192, 0, 0x6000, PROT_READ | PROT_EXEC, MAP_PRIVATE, 998, 7);
	CALL32(91, 0x1001, 0x2000);
}

static void check_map_32(void)
{
	const struct event *ev;

	if (!live_32)
		return;
	ev = with(EV_MMAP_X, 0, 0x3000);
	live_int(ev, 0, EBADF_RESULT);
	check_mmap(ev, READ_WRITE, PRIVATE, 999);
	live_uint(ev, 9, 0x5000);
	ev = with(EV_MMAP_X, 0, 0x6000);
	check_mmap(ev, READ_EXEC, PRIVATE, 998);
	live_uint(ev, 9, 7 * PAGE);
	live_int(with(EV_MUNMAP_X, 0x1001, 0x2000), 0, EINVAL_RESULT);
}

static void act_lock(void)
{
	char *p = map(4 * PAGE);

	live_note(0, (long)p);
	syscall(SYS_mprotect, p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
	syscall(SYS_mprotect, p + 1, PAGE, PROT_READ | PROT_GROWSDOWN);
	syscall(SYS_mlock, p, 100);
	syscall(SYS_mlock, 1, 5);
	syscall(SYS_munlock, p, 100);
	live_note(1, syscall(SYS_munlock, -5000L, 90000) < 0 ? -errno : 0);
	syscall(SYS_mlock2, p, 100, 1);
	syscall(SYS_mlock2, p, 100, 99);
	syscall(SYS_mlockall, MCL_CURRENT | MCL_ONFAULT);
	syscall(SYS_mlockall, 0x98);
	syscall(SYS_munlockall);
}

static void check_range(uint16_t type, size_t nth, int64_t res, uint64_t addr, uint64_t len)
{
	const struct event *ev = live_nth(type, nth);

	live_int(ev, 0, res);
	live_uint(ev, 1, addr);
	live_uint(ev, 2, len);
}

static void check_lock(void)
{
	uint64_t p = (uint64_t)live_noted(0);

	check_range(EV_MPROTECT_X, 0, 0, p, PAGE);
	live_uint(live_nth(EV_MPROTECT_X, 0), 3, 7);
	check_range(EV_MPROTECT_X, 1, EINVAL_RESULT, p + 1, PAGE);
	live_uint(live_nth(EV_MPROTECT_X, 1), 3, 0x11);
	check_range(EV_MLOCK_X, 0, 0, p, 100);
	check_range(EV_MLOCK_X, 1, ENOMEM_RESULT, 1, 5);
	check_range(EV_MUNLOCK_X, 0, 0, p, 100);
	check_range(EV_MUNLOCK_X, 1, live_noted(1), (uint64_t)-5000, 90000);
	check_range(EV_MLOCK2_X, 0, 0, p, 100);
	live_uint(live_nth(EV_MLOCK2_X, 0), 3, 1);
	check_range(EV_MLOCK2_X, 1, EINVAL_RESULT, p, 100);
	live_uint(live_nth(EV_MLOCK2_X, 1), 3, 1);
	live_int(live_nth(EV_MLOCKALL_X, 0), 0, 0);
	live_uint(live_nth(EV_MLOCKALL_X, 0), 1, 5);
	live_int(live_nth(EV_MLOCKALL_X, 1), 0, EINVAL_RESULT);
	live_uint(live_nth(EV_MLOCKALL_X, 1), 1, 0);
	live_int(live_event(EV_MUNLOCKALL_X), 0, 0);
}

static const struct live_case cases[] = {
	{"mapped and unmapped", act_map, check_map_and_brk},
	{"mapped, the 32-bit way", act_map_32, check_map_32},
	{"protected and locked", act_lock, check_lock},
};
LIVE_MAIN(cases)
