/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's own structures of sockets; kernel.h says how they are described. */
#ifndef BPF_KERNEL_NET_H
#define BPF_KERNEL_NET_H
#include "bpf/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	unsigned char bytes[16];
};

struct sock_common {
	__u32 skc_daddr; /* of the peer, like all addresses and ports in network order */
	__u16 skc_dport;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
};

struct sock {
	struct sock_common __sk_common;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
};

struct socket {
	struct sock *sk;
};

struct ipv6_pinfo {
	struct in6_addr saddr;
};

struct inet_sock {
	struct sock sk;
	struct ipv6_pinfo *pinet6;
	__u32 inet_saddr;
	__u16 inet_sport;
};

struct sockaddr_un {
	char sun_path[108];
};

struct unix_address {
	int len; /* of the whole name: family, path */
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};

#pragma clang attribute pop

/* What programs hand over, the same for 32 and 64 bits (include/uapi/linux/{in,in6,un}.h). */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define UNIX_PATH_MAX 108

struct user_sockaddr {
	__u16 family;
	union {
		struct {
			__u16 port;
			__u32 addr;
		} __attribute__((packed)) in;
		struct {
			__u16 port;
			__u32 flow;
			struct in6_addr addr;
		} __attribute__((packed)) in6;
		char path[30]; /* makes it 32 bytes, a power of two */
	};
} __attribute__((packed));
#endif
