/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel's own structures of io_uring; kernel.h says how they are described. What an operation
 * was told begins where its request does, in a structure that depends on the operation.
 */
#ifndef BPF_KERNEL_URING_H
#define BPF_KERNEL_URING_H
#include "bpf/kernel_net.h"

#define REQ_F_FIXED_FILE 0x1
#define REQ_F_CQE_SKIP 0x40
#define FILE_SLOT_ALLOC 0xffffffffu

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_ring_ctx {
	unsigned int compat : 1;
};

/* Since 6.0. The descriptor is there until the operation has been carried out. */
struct io_cqe {
	unsigned long long user_data;
	int res, fd;
};

struct io_kiocb {
	struct file *file;
	unsigned char opcode;
	unsigned int flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	void *async_data;
};
struct io_kiocb___v5_15 {
	unsigned long long user_data;
};

struct filename {
	const char *name;
};

struct open_how___kernel {
	unsigned long long flags, mode, resolve;
};

struct io_open {
	int dfd;
	unsigned int file_slot;
	struct filename *filename;
	struct open_how___kernel how;
};

struct io_close {
	int fd;
	unsigned int file_slot;
};

struct io_rename {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
	int flags;
};

struct io_unlink {
	int dfd, flags;
	struct filename *filename;
};

struct io_mkdir {
	int dfd;
	unsigned short mode;
	struct filename *filename;
};

/* Of links and of symlinks. */
struct io_link {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
	int flags;
};
/* Until 6.0: one for each. */
struct io_hardlink {
	int old_dfd, new_dfd;
	struct filename *oldpath, *newpath;
	int flags;
};
struct io_symlink {
	int new_dfd;
	struct filename *oldpath, *newpath;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct io_accept {
	int flags;
	unsigned int file_slot;
};

struct io_socket {
	int domain, type, protocol, flags;
	unsigned int file_slot;
};

struct io_bind {
	int addr_len;
};

struct io_listen {
	int backlog;
};

struct io_shutdown {
	int how;
};

struct io_sr_msg {
	void *umsg, *buf;
	unsigned int len, done_io;
	void *addr;
	int addr_len;
};

struct kiocb {
	long long ki_pos;
};

struct io_rw {
	struct kiocb kiocb;
	unsigned long long addr;
	unsigned int len;
};

struct io_async_msghdr {
	struct {
		unsigned short family;
	} addr;
};

#pragma clang attribute pop
#endif
