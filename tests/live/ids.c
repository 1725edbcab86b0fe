/* SPDX-License-Identifier: Apache-2.0 */
/* Who a process is. What changes it is done in a process of its own. */
#include "live.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD ((void *)-1L)
#define EPERM_RESULT (-1)
#define EFAULT_RESULT (-14)
#define EINVAL_RESULT (-22)
#define ESRCH_RESULT (-3)

static void apart(void (*act)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		act();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* An event of a result and ids. */
static void check_ids(
	uint16_t type, size_t nth, int64_t res, unsigned n, uint32_t a, uint32_t b, uint32_t c)
{
	const uint32_t ids[3] = {a, b, c};
	const struct event *ev = live_nth(type, nth);

	live_int(ev, 0, res);
	for (unsigned i = 0; i < n; i++)
		live_uint(ev, i + 1, ids[i]);
}

static void change_users(void)
{
	syscall(SYS_setresgid, -1, 1000, -1);
	syscall(SYS_setresuid, -1, 1000, -1);
	syscall(SYS_setresuid, 0, 0, 0);
	syscall(SYS_setregid, 65534, 65534);
	syscall(SYS_setgid, 33);
	syscall(SYS_setreuid, 12345, 12345);
	syscall(SYS_setuid, 0);
	syscall(SYS_setgid, 0);
	syscall(SYS_setreuid, 7, 8);
	syscall(SYS_setregid, 7, 8);
	syscall(SYS_setresuid, 4000000000, 2, 3);
	syscall(SYS_setresgid, 1, 2, 3);
}

static void act_users(void)
{
	apart(change_users);
}

static void check_users(void)
{
	check_ids(EV_SETRESGID_X, 0, 0, 3, -1, 1000, -1);
	check_ids(EV_SETRESUID_X, 0, 0, 3, -1, 1000, -1);
	check_ids(EV_SETRESUID_X, 1, 0, 3, 0, 0, 0);
	check_ids(EV_SETREGID_X, 0, 0, 2, 65534, 65534, 0);
	check_ids(EV_SETGID_X, 0, 0, 1, 33, 0, 0);
	check_ids(EV_SETREUID_X, 0, 0, 2, 12345, 12345, 0);
	check_ids(EV_SETUID_X, 0, EPERM_RESULT, 1, 0, 0, 0);
	check_ids(EV_SETGID_X, 1, EPERM_RESULT, 1, 0, 0, 0);
	check_ids(EV_SETREUID_X, 1, EPERM_RESULT, 2, 7, 8, 0);
	check_ids(EV_SETREGID_X, 1, EPERM_RESULT, 2, 7, 8, 0);
	check_ids(EV_SETRESUID_X, 2, EPERM_RESULT, 3, 4000000000, 2, 3);
	check_ids(EV_SETRESGID_X, 1, EPERM_RESULT, 3, 1, 2, 3);
}

static void ask_users(void)
{
	uint32_t a, b, c;

	syscall(SYS_setresgid, 11, 22, 33);
	syscall(SYS_setresuid, 44, 55, 0);
	syscall(SYS_getuid);
	syscall(SYS_geteuid);
	syscall(SYS_getgid);
	syscall(SYS_getegid);
	syscall(SYS_getresuid, &a, &b, &c);
	syscall(SYS_getresgid, &a, &b, &c);
	syscall(SYS_getresuid, BAD, BAD, BAD);
	syscall(SYS_getresgid, NULL, NULL, NULL);
}

static void act_ask(void)
{
	apart(ask_users);
}

static void check_ask(void)
{
	live_uint(live_event(EV_GETUID_X), 0, 44);
	live_uint(live_event(EV_GETEUID_X), 0, 55);
	live_uint(live_event(EV_GETGID_X), 0, 11);
	live_uint(live_event(EV_GETEGID_X), 0, 22);
	check_ids(EV_GETRESUID_X, 0, 0, 3, 44, 55, 0);
	check_ids(EV_GETRESGID_X, 0, 0, 3, 11, 22, 33);
	check_ids(EV_GETRESUID_X, 1, EFAULT_RESULT, 3, 0, 0, 0);
	check_ids(EV_GETRESGID_X, 1, EFAULT_RESULT, 3, 0, 0, 0);
}

/* Numbers of i386: the calls with 16 bits, and those with 32. */
static void change_users_32(void)
{
	uint16_t *narrow = live_low("\1\1\2\2\3\3", 6);
	uint32_t *wide = live_low("\1\1\2\2\3\3\4\4\5\5\6\6", 12);

	CALL32(170, 0x10007, 0xffff, 9); /* setresgid */
	CALL32(171, narrow, narrow + 1, narrow + 2);
	CALL32(46, 0xabc0009);		/* setgid */
	CALL32(71, 0xffff, 0xffff);	/* setregid */
	CALL32(208, 100000, 200000, 0); /* setresuid32 */
	CALL32(209, wide, wide + 1, wide + 2);
	CALL32(165, narrow, narrow + 1, narrow + 2);
	CALL32(24, 0);	       /* getuid */
	CALL32(199, 0);	       /* getuid32 */
	CALL32(70, 0xffff, 5); /* setreuid */
	CALL32(23, 6);	       /* setuid */
	CALL32(213, 70000);    /* setuid32 */
	live_note(0, narrow[0]);
}

static void act_users_32(void)
{
	if (live_32)
		apart(change_users_32);
}

static void check_users_32(void)
{
	if (!live_32)
		return;
	check_ids(EV_SETRESGID_X, 0, 0, 3, 7, -1, 9);
	check_ids(EV_GETRESGID_X, 0, 0, 3, 7, 0, 9);
	check_ids(EV_SETGID_X, 0, 0, 1, 9, 0, 0);
	check_ids(EV_SETREGID_X, 0, 0, 2, -1, -1, 0);
	check_ids(EV_SETRESUID_X, 0, 0, 3, 100000, 200000, 0);
	check_ids(EV_GETRESUID_X, 0, 0, 3, 100000, 200000, 0);
	check_ids(EV_GETRESUID_X, 1, 0, 3, (uint32_t)live_noted(0), (uint32_t)live_noted(0), 0);
	live_uint(live_nth(EV_GETUID_X, 0), 0, (uint32_t)live_noted(0));
	live_uint(live_nth(EV_GETUID_X, 1), 0, 100000);
	check_ids(EV_SETREUID_X, 0, EPERM_RESULT, 2, -1, 5, 0);
	check_ids(EV_SETUID_X, 0, EPERM_RESULT, 1, 6, 0, 0);
	check_ids(EV_SETUID_X, 1, EPERM_RESULT, 1, 70000, 0, 0);
}

static void change_session(void)
{
	syscall(SYS_setpgid, 0, 0);
	syscall(SYS_setpgid, 4000000, 3);
	syscall(SYS_setsid);
}

static void new_session(void)
{
	live_note(0, syscall(SYS_setsid));
	syscall(SYS_setpgid, 0, 0);
}

static void act_session(void)
{
	apart(change_session);
	apart(new_session);
}

static void check_session(void)
{
	const struct event *ev = live_nth(EV_SETPGID_X, 0);

	live_int(ev, 0, 0);
	live_int(ev, 1, 0);
	live_int(ev, 2, 0);
	ev = live_nth(EV_SETPGID_X, 1);
	live_int(ev, 0, ESRCH_RESULT);
	live_int(ev, 1, 4000000);
	live_int(ev, 2, 3);
	live_int(live_nth(EV_SETSID_X, 0), 0, EPERM_RESULT);
	live_int(live_nth(EV_SETSID_X, 1), 0, live_noted(0));
	live_int(live_nth(EV_SETPGID_X, 2), 0, EPERM_RESULT);
}

static void change_caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0x2000, 0xffff, 0x1}, {0, 0x3f, 0}};

	syscall(SYS_capset, &h, d);
	syscall(SYS_capset, NULL, NULL);
	h.version = 1;
	syscall(SYS_capset, &h, d);
}

static void act_caps(void)
{
	apart(change_caps);
}

static void check_caps(void)
{
	const int64_t res[] = {0, EFAULT_RESULT, EINVAL_RESULT};

	for (size_t i = 0; i < 3; i++) {
		const struct event *ev = live_nth(EV_CAPSET_X, i);

		live_int(ev, 0, res[i]);
		live_uint(ev, 1, 0x1);
		live_uint(ev, 2, 0x3f0000ffff);
		live_uint(ev, 3, 0x2000);
	}
}

static const struct live_case cases[] = {
	{"users and groups change", act_users, check_users},
	{"users and groups are asked for", act_ask, check_ask},
	{"users and groups, the 32-bit way", act_users_32, check_users_32},
	{"session and process group", act_session, check_session},
	{"capabilities", act_caps, check_caps},
};
LIVE_MAIN(cases)
