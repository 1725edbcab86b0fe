/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Constants of the kernel about sockets, polling and pipes in those of events, which are the same
 * for every architecture: socket_families, poll_flags and so on in tables/flags.def.
 */
#ifndef BPF_FLAGS_NET_H
#define BPF_FLAGS_NET_H
#include <linux/types.h>

#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000

/* Families have their numbers; those without a name in the table are unspecified. */
static __always_inline __u32 family_flag(__u8 family)
{
	const __u64 nameless = 1ull << 27 | 1ull << 28;

	return family >= 40 || nameless >> family & 1 ? 0 : family;
}

static __always_inline __u32 socket_open_flags(__u32 type)
{
	return (type & SOCK_NONBLOCK ? 0x40 : 0) | (type & SOCK_CLOEXEC ? 0x1000 : 0);
}

static __always_inline __u8 shutdown_flag(__u32 how)
{
	return how <= 2 ? how : 0xff;
}

#define SOL_SOCKET 1
#define SOL_TCP 6

static __always_inline __u8 sockopt_level(__s32 level)
{
	return level == SOL_SOCKET ? 1 : level == SOL_TCP ? 2 : 0;
}

enum {
	SO_ERROR = 4,
	SO_LINGER = 13,
	SO_PEERCRED = 17,
	SO_RCVTIMEO_OLD = 20,
	SO_SNDTIMEO_OLD = 21,
	SO_ATTACH_FILTER = 26,
	SO_PEERNAME = 28,
	SO_ATTACH_BPF = 50,
	SO_MEMINFO = 55,
	SO_COOKIE = 57,
	SO_PEERGROUPS = 59,
	SO_RCVTIMEO_NEW = 66,
	SO_SNDTIMEO_NEW = 67,
};

static __always_inline __u8 sockopt_flag(__s32 level, __s32 name)
{
	if (level != SOL_SOCKET || name < 0)
		return 0;
	if (name <= SO_ATTACH_BPF)
		return name;
	switch (name) {
	case SO_PEERGROUPS:
		return 51;
	case SO_MEMINFO:
		return 52;
	case SO_COOKIE:
		return 53;
	case SO_RCVTIMEO_NEW:
		return 20;
	case SO_SNDTIMEO_NEW:
		return 21;
	}
	return 0;
}

/* How the value of an option is told: selector of the dynamic parameter. */
enum sockopt_kind {
	SOCKOPT_BYTES,
	SOCKOPT_ERROR,
	SOCKOPT_U32,
	SOCKOPT_U64,
	SOCKOPT_TIME,
};

static __always_inline enum sockopt_kind sockopt_kind(__s32 level, __s32 name)
{
	const __u64 bytes = 1ull << SO_LINGER | 1ull << SO_PEERCRED | 1ull << SO_ATTACH_FILTER |
			    1ull << SO_PEERNAME | 1ull << SO_ATTACH_BPF | 1;

	if (level != SOL_SOCKET || name < 0)
		return SOCKOPT_BYTES;
	if (name == SO_ERROR)
		return SOCKOPT_ERROR;
	if (name == SO_RCVTIMEO_OLD || name == SO_SNDTIMEO_OLD || name == SO_RCVTIMEO_NEW ||
		name == SO_SNDTIMEO_NEW)
		return SOCKOPT_TIME;
	if (name == SO_COOKIE)
		return SOCKOPT_U64;
	if (name > SO_ATTACH_BPF || bytes >> name & 1)
		return SOCKOPT_BYTES;
	return SOCKOPT_U32;
}

/* POLLIN, POLLPRI and POLLOUT are alike; POLLRDHUP lies between those and the rest. */
static __always_inline __u16 poll_flags(__u16 events)
{
	return (events & 0x7) | (events & 0x3f8) << 1 | (events >> 13 & 1) << 3;
}

static __always_inline __u32 splice_flags(__u32 flags)
{
	return flags & 0xf;
}
#endif
