/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Sockets of descriptors, their addresses and those of messages.
 *
 * Who talks to whom is asked of the kernel's socket, which knows even when the program did not say.
 * Only the peer of an unconnected socket comes from the address that a call was given.
 */
#ifndef BPF_SOCKETS_H
#define BPF_SOCKETS_H
#include "bpf/file.h"
#include "bpf/kernel_net.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* Arguments of a call about sockets, which on i386 may have come by way of socketcall(2). */
struct net_args {
	unsigned long v[6];
};

static __always_inline void net_args(const struct call *c, struct net_args *ret, int n)
{
#if defined(__TARGET_ARCH_x86)
	if (c->compat && c->regs->orig_ax == NR_SOCKETCALL) {
		__u32 given[6] = {};

		bpf_probe_read_user(given, n * sizeof(*given), (void *)call_arg(c, 1));
		for (int i = 0; i < n; i++)
			ret->v[i] = given[i];
		return;
	}
#endif
	for (int i = 0; i < n; i++)
		ret->v[i] = call_arg(c, i);
}

/* The address that a call was given, and how long it is at most. */
struct given_name {
	unsigned long at;
	__u32 len;
};

#define NO_NAME ((struct given_name){0, 0})

/* What the file is, if it is a socket: 0 otherwise. */
static __always_inline struct sock *socket_of_file(struct file *file)
{
	struct socket *socket;

	if (!file || (PEEK(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = PEEK(file, private_data);
	return PEEK(socket, sk);
}

static __always_inline struct sock *socket_of(const struct call *c, int fd)
{
	return socket_of_file(file_of(c->task, fd));
}

/* ---- tuples ---- */

/* What a socket knows of its peer. */
struct peer {
	__u32 addr; /* of AF_INET */
	__u16 port;
	__u16 family;
};

/* Where every kernel so far has it, at the beginning of struct sock_common. */
struct peer_at {
	__u32 daddr, rcv_saddr, hash;
	__u16 dport, num, family;
};

#define PEER_OFFSET(member) bpf_core_field_offset(struct sock_common, member)
#define PEER_TOGETHER                                                                              \
	(PEER_OFFSET(skc_dport) - PEER_OFFSET(skc_daddr) == offsetof(struct peer_at, dport) &&     \
		PEER_OFFSET(skc_family) - PEER_OFFSET(skc_daddr) ==                                \
			offsetof(struct peer_at, family))

/* By one read where loads are not at hand. */
static __always_inline void peer_read(struct sock *sk, struct peer *ret)
{
	struct peer_at at = {};

	if (!CAST_LOADS && PEER_TOGETHER) {
		bpf_probe_read_kernel(&at, sizeof(at), &sk->__sk_common.skc_daddr);
		*ret = (struct peer){at.daddr, at.dport, at.family};
		return;
	}
	ret->addr = PEEK(sk, __sk_common.skc_daddr);
	ret->port = PEEK(sk, __sk_common.skc_dport);
	ret->family = PEEK(sk, __sk_common.skc_family);
}

static __always_inline void add_endpoint4(struct record *r, __u32 addr, __u16 port)
{
	add_u32(r, addr);
	add_u16(r, __builtin_bswap16(port));
}

static __always_inline void add_endpoint6(struct record *r, const struct in6_addr *addr, __u16 port)
{
	__builtin_memcpy(room(r), addr, sizeof(*addr));
	record_advance(r, sizeof(*addr));
	add_u16(r, __builtin_bswap16(port));
}

static __always_inline void add_tuple4(struct record *r, struct sock *sk, const struct peer *peer,
	bool outbound, struct given_name name)
{
	struct inet_sock *inet = (struct inet_sock *)sk;
	__u32 local = PEEK(inet, inet_saddr), remote = peer->addr;
	__u16 local_port = PEEK(inet, inet_sport), remote_port = peer->port;

	if (!remote_port && name.at) {
		struct user_sockaddr given = {};

		bpf_probe_read_user(&given, 8, (void *)name.at);
		remote = given.in.addr;
		remote_port = given.in.port;
	}
	add_u8(r, AF_INET);
	if (outbound)
		add_endpoint4(r, local, local_port);
	add_endpoint4(r, remote, remote_port);
	if (!outbound)
		add_endpoint4(r, local, local_port);
}

static __always_inline void add_tuple6(struct record *r, struct sock *sk, const struct peer *peer,
	bool outbound, struct given_name name)
{
	struct inet_sock *inet = (struct inet_sock *)sk;
	struct in6_addr local = {}, remote = {};
	__u16 local_port = PEEK(inet, inet_sport), remote_port = peer->port;

	BPF_CORE_READ_INTO(&local, inet, pinet6, saddr);
	BPF_CORE_READ_INTO(&remote, sk, __sk_common.skc_v6_daddr);
	if (!remote_port && name.at) {
		struct user_sockaddr given = {};

		bpf_probe_read_user(&given, 24, (void *)name.at);
		remote = given.in6.addr;
		remote_port = given.in6.port;
	}
	add_u8(r, AF_INET6);
	if (outbound)
		add_endpoint6(r, &local, local_port);
	add_endpoint6(r, &remote, remote_port);
	if (!outbound)
		add_endpoint6(r, &local, local_port);
}

/*
 * Text of n bytes that was read into the room of the record.  It ends in a NUL even if there is
 * none (n < 1): Falco reads on until it finds one.
 */
static __always_inline void add_path_read(struct record *r, long n)
{
	if (n > 0)
		record_advance(r, n & 127);
	else
		add_u8(r, 0);
}

/* The path of a unix socket's name; an abstract one begins with a NUL, which is left out. */
static __always_inline void add_bound_path(struct record *r, struct sock *sk)
{
	struct unix_address *addr = PEEK(((struct unix_sock *)sk), addr);
	const char *path = (const char *)addr + bpf_core_field_offset(addr->name[0].sun_path);
	__s32 len = PEEK(addr, len) - 2;
	char first = 0;
	long n = 0;

	if (addr && len > 0 && !bpf_probe_read_kernel(&first, 1, path)) {
		if (!first) {
			path++;
			len--;
		}
		if (len > UNIX_PATH_MAX)
			len = UNIX_PATH_MAX;
		n = bpf_probe_read_kernel_str(room(r), (len + 1) & 127, path);
	}
	add_path_read(r, n);
}

/* The same of a name that a call was given: text of len bytes behind the family. */
static __always_inline void add_given_path(struct record *r, struct given_name name, __u8 first)
{
	unsigned long path = name.at + 2;
	__s32 len = (__s32)name.len - 2;
	long n = 0;

	if (!first) {
		path++;
		len--;
	}
	if (len >= 0) {
		if (len > UNIX_PATH_MAX)
			len = UNIX_PATH_MAX;
		n = bpf_probe_read_user_str(room(r), (len + 1) & 127, (void *)path);
	}
	add_path_read(r, n);
}

/* Two addresses of kernel structures, which tell ends apart, and the name of the server's end. */
static __always_inline void add_tuple_unix(
	struct record *r, struct sock *sk, bool outbound, struct given_name name)
{
	struct sock *peer = PEEK(((struct unix_sock *)sk), peer);

	add_u8(r, AF_UNIX);
	add_u64(r, (__u64)(outbound ? peer : sk));
	add_u64(r, (__u64)(outbound ? sk : peer));
	if (outbound && !peer && name.at) {
		struct user_sockaddr given = {};

		bpf_probe_read_user(&given, 3, (void *)name.at);
		add_given_path(r, name, given.path[0]);
	} else {
		add_bound_path(r, outbound ? peer : sk);
	}
}

/*
 * Who talks to whom by a socket (0: nobody), from the source to the destination: this side is the
 * source if outbound. name: the peer as the call was told it.
 */
static __always_inline void put_tuple_of(
	struct record *r, struct sock *sk, bool outbound, struct given_name name)
{
	__u32 start = record_pos(r);
	struct peer peer = {};

	if (sk)
		peer_read(sk, &peer);
	switch (peer.family) {
	case AF_INET:
		add_tuple4(r, sk, &peer, outbound, name);
		break;
	case AF_INET6:
		add_tuple6(r, sk, &peer, outbound, name);
		break;
	case AF_UNIX:
		add_tuple_unix(r, sk, outbound, name);
		break;
	}
	end_parts(r, start);
}

static __always_inline void put_tuple(
	struct record *r, const struct call *c, int fd, bool outbound, struct given_name name)
{
	put_tuple_of(r, socket_of(c, fd), outbound, name);
}

/* ---- addresses as a call was told them ---- */

/* Empty where it can not be read, is cut short, or is of a family that has no form in events. */
static __always_inline void put_sockaddr(struct record *r, struct given_name name)
{
	struct user_sockaddr given = {};
	__u32 start = record_pos(r), len = name.len > 24 ? 24 : name.len;

	if (!len || bpf_probe_read_user(&given, bounded(len, sizeof(given) - 1), (void *)name.at))
		len = 0;
	if (len >= 8 && given.family == AF_INET) {
		add_u8(r, AF_INET);
		add_endpoint4(r, given.in.addr, given.in.port);
	} else if (len >= 24 && given.family == AF_INET6) {
		add_u8(r, AF_INET6);
		add_endpoint6(r, &given.in6.addr, given.in6.port);
	} else if (len >= 2 && given.family == AF_UNIX) {
		add_u8(r, AF_UNIX);
		add_given_path(r, name, given.path[0]);
	}
	end_parts(r, start);
}

/*
 * The address that a socket was bound to, as the call was told it.  A unix socket (0: it was not
 * bound) knows its name itself: nobody can change it, and if the call gave none it tells the one
 * that the kernel has chosen.
 */
static __always_inline void put_bound(struct record *r, struct sock *sk, struct given_name name)
{
	__u32 start = record_pos(r);

	if (!sk || PEEK(sk, __sk_common.skc_family) != AF_UNIX) {
		put_sockaddr(r, name);
		return;
	}
	add_u8(r, AF_UNIX);
	add_bound_path(r, sk);
	end_parts(r, start);
}

/* The same of an address that the kernel has copied, as parts. */
static __always_inline void add_kernel_sockaddr(struct record *r, const char *at, __u32 len)
{
	struct user_sockaddr given = {};
	long n;

	bpf_probe_read_kernel(&given, sizeof(given), at);
	if (len >= 8 && given.family == AF_INET) {
		add_u8(r, AF_INET);
		add_endpoint4(r, given.in.addr, given.in.port);
	} else if (len >= 24 && given.family == AF_INET6) {
		add_u8(r, AF_INET6);
		add_endpoint6(r, &given.in6.addr, given.in6.port);
	} else if (len > 2 && given.family == AF_UNIX) {
		add_u8(r, AF_UNIX);
		n = bpf_probe_read_kernel_str(room(r), UNIX_PATH_MAX, at + 2 + !given.path[0]);
		record_advance(r, at_least_0(n) & 127);
	}
}
#endif
