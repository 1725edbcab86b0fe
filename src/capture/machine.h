/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source tells about the machine before its first event (or again in the middle, when a
 * second capture is appended): processes, descriptors, users, interfaces.  Sources fill these
 * records, whoever keeps state receives them.  Strings are borrowed for the length of the call.
 */
#ifndef CAPTURE_MACHINE_H
#define CAPTURE_MACHINE_H
#include "base/str.h"

struct machine_info {
	uint32_t num_cpus;
	uint64_t memory_bytes, max_pid;
	struct str hostname;
	uint64_t boot_ts; /* ns since the epoch, 0 unknown */
	uint64_t flags;
};

struct machine_proc {
	int64_t tid, pid, ptid, sid, vpgid, vtid, vpid, pgid; /* -1: not recorded */
	struct str comm, exe, exepath, cwd, root;
	struct str args, env, cgroups; /* NUL-terminated strings one after the other */
	uint64_t fdlimit;
	uint32_t flags; /* PPM_CL_* clone flags */
	uint32_t uid, gid;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t pidns_init_start_ts, clone_ts;
	uint32_t tty, loginuid; /* loginuid UINT32_MAX: none */
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime;
};

/* Descriptor types, with the numbers of capture files. */
enum fd_type {
	FD_UNINITIALIZED = -1,
	FD_UNKNOWN,
	FD_FILE,
	FD_DIRECTORY,
	FD_IPV4_SOCK,
	FD_IPV6_SOCK,
	FD_IPV4_SERVSOCK,
	FD_IPV6_SERVSOCK,
	FD_FIFO,
	FD_UNIX_SOCK,
	FD_EVENT,
	FD_UNSUPPORTED,
	FD_SIGNALFD,
	FD_EVENTPOLL,
	FD_INOTIFY,
	FD_TIMERFD,
	FD_NETLINK,
	FD_FILE_V2,
	FD_BPF,
	FD_USERFAULTFD,
	FD_IOURING,
	FD_MEMFD,
	FD_PIDFD,
	FD_TYPE_MAX
};

enum l4_proto { L4_UNKNOWN, L4_NA, L4_TCP, L4_UDP, L4_ICMP, L4_RAW };

/* Addresses in network byte order, ports in host order. IPv4 uses the first four bytes. */
struct inet_tuple {
	uint8_t sip[16], dip[16];
	uint16_t sport, dport;
};

struct machine_fd {
	int64_t tid; /* of the process that has it */
	int64_t fd;
	uint64_t ino;
	enum fd_type type;
	struct str name;
	uint32_t open_flags, dev, mnt_id; /* FD_FILE_V2 */
	struct inet_tuple inet;		  /* server sockets: sip, sport only */
	enum l4_proto l4;
	uint64_t unix_source, unix_dest;
};

struct machine_user {
	uint32_t uid, gid;
	struct str name, home, shell;
	bool is_group; /* then only gid and name count */
};

struct machine_iface {
	struct str name;
	bool v6;
	uint8_t addr[16], netmask[16], bcast[16];
	uint64_t linkspeed;
};

/* The receiver. Any function may be NULL. reset() comes first: forget all of the machine before. */
struct machine_sink {
	void *arg;
	void (*reset)(void *arg);
	void (*info)(void *arg, const struct machine_info *m);
	void (*proc)(void *arg, const struct machine_proc *p);
	void (*fd)(void *arg, const struct machine_fd *f);
	void (*user)(void *arg, const struct machine_user *u);
	void (*iface)(void *arg, const struct machine_iface *i);
	/* All lists have been delivered, events follow. */
	void (*ready)(void *arg);
};
#endif
