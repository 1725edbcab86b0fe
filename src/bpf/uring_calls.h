/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The events of io_uring's operations: those of the system calls that they stand for. */
#ifndef BPF_URING_CALLS_H
#define BPF_URING_CALLS_H
#include "bpf/calls_messages.h"
#include "bpf/calls_net.h"
#include "bpf/calls_open.h"
#include "bpf/uring.h"

#define ADDED_FLAGS O_LARGEFILE /* by the kernel, to what it was told */

/* ---- files ---- */

static __always_inline void put_uring_resolved(struct record *r, struct file *file)
{
	if (file && probe_resolve)
		put_resolved_file(r, file, ORIGIN_URING);
	else
		put_origin(r);
}

URING(OPENAT, OPENAT_X)
{
	struct file *file = uring_new_file(u, TOLD(u, struct io_open, file_slot));
	__u32 flags = TOLD(u, struct io_open, how.flags) & ~ADDED_FLAGS;
	struct file_facts f;

	file_read(file, &f);
	put_s64(r, uring_new_fd(u, TOLD(u, struct io_open, file_slot)));
	put_s64(r, TOLD(u, struct io_open, dfd));
	put_first(r, u);
	put_u32(r, flags_open(flags) | opened_flags(&f));
	put_u32(r, flags_open_mode(flags, TOLD(u, struct io_open, how.mode)));
	put_opened(r, &f);
	put_uring_resolved(r, file);
}

URING(OPENAT2, OPENAT2_X)
{
	struct file *file = uring_new_file(u, TOLD(u, struct io_open, file_slot));
	__u32 flags = TOLD(u, struct io_open, how.flags) & ~ADDED_FLAGS;
	struct file_facts f;

	file_read(file, &f);
	put_s64(r, uring_new_fd(u, TOLD(u, struct io_open, file_slot)));
	put_s64(r, TOLD(u, struct io_open, dfd));
	put_first(r, u);
	put_u32(r, flags_open(flags) | opened_flags(&f));
	put_u32(r, flags_open_mode(flags, TOLD(u, struct io_open, how.mode)));
	put_u32(r, flags_resolve(TOLD(u, struct io_open, how.resolve)));
	put_opened(r, &f);
	put_uring_resolved(r, file);
}

URING(CLOSE, CLOSE_X)
{
	__u32 slot = TOLD(u, struct io_close, file_slot);

	put_s64(r, u->res);
	put_s64(r, slot ? (__s64)(FD_OF_RING | (slot - 1)) : TOLD(u, struct io_close, fd));
	put_origin(r);
}

/* A slot of the ring's own table gets a descriptor. */
URING(DUP, DUP_X)
{
	put_s64(r, u->res);
	put_s64(r, uring_fd(u));
	put_origin(r);
}

URING(RENAMEAT2, RENAMEAT2_X)
{
	put_s64(r, u->res);
	put_s64(r, TOLD(u, struct io_rename, old_dfd));
	put_first(r, u);
	put_s64(r, TOLD(u, struct io_rename, new_dfd));
	put_second(r, u);
	put_u32(r, TOLD(u, struct io_rename, flags));
	put_origin(r);
}

URING(UNLINKAT, UNLINKAT_X)
{
	put_s64(r, u->res);
	put_s64(r, TOLD(u, struct io_unlink, dfd));
	put_first(r, u);
	put_u32(r, TOLD(u, struct io_unlink, flags) & AT_REMOVEDIR);
	put_origin(r);
}

URING(MKDIRAT, MKDIRAT_X)
{
	put_s64(r, u->res);
	put_s64(r, TOLD(u, struct io_mkdir, dfd));
	put_first(r, u);
	put_u32(r, TOLD(u, struct io_mkdir, mode));
	put_origin(r);
}

URING(SYMLINKAT, SYMLINKAT_X)
{
	put_s64(r, u->res);
	put_first(r, u);
	put_s64(r, bpf_core_type_exists(struct io_symlink) ? TOLD(u, struct io_symlink, new_dfd)
							   : TOLD(u, struct io_link, new_dfd));
	put_second(r, u);
	put_origin(r);
}

URING(LINKAT, LINKAT_X)
{
	bool old = bpf_core_type_exists(struct io_hardlink);
	__u32 flags = old ? TOLD(u, struct io_hardlink, flags) : TOLD(u, struct io_link, flags);

	put_s64(r, u->res);
	put_s64(r, old ? TOLD(u, struct io_hardlink, old_dfd) : TOLD(u, struct io_link, old_dfd));
	put_first(r, u);
	put_s64(r, old ? TOLD(u, struct io_hardlink, new_dfd) : TOLD(u, struct io_link, new_dfd));
	put_second(r, u);
	put_u32(r, flags_linkat(flags));
	put_origin(r);
}

/* ---- data ---- */

static __always_inline void put_uring_got(struct record *r, const struct uring *u)
{
	put_s64(r, u->res);
	put_data_got(r, TOLD(u, struct io_rw, addr), u->res);
	put_s64(r, uring_fd(u));
	put_u32(r, TOLD(u, struct io_rw, len));
}

static __always_inline void put_uring_given(struct record *r, const struct uring *u)
{
	put_s64(r, u->res);
	put_data_given(r, TOLD(u, struct io_rw, addr), u->res, TOLD(u, struct io_rw, len));
	put_s64(r, uring_fd(u));
	put_u32(r, TOLD(u, struct io_rw, len));
}

URING(READ, READ_X)
{
	put_uring_got(r, u);
	put_origin(r);
}

URING(PREAD64, PREAD_X)
{
	put_uring_got(r, u);
	put_u64(r, u->noted->at);
	put_origin(r);
}

URING(WRITE, WRITE_X)
{
	put_uring_given(r, u);
	put_origin(r);
}

URING(PWRITE64, PWRITE_X)
{
	put_uring_given(r, u);
	put_u64(r, u->noted->at);
	put_origin(r);
}

static __always_inline void put_uring_vector_got(struct record *r, const struct uring *u)
{

	put_s64(r, u->res);
	put_u32(r, u->res > 0 ? u->res : 0);
	buffers_load(r, u->compat, TOLD(u, struct io_rw, addr), TOLD(u, struct io_rw, len));
	put_buffers(r, u->res > 0 ? snap(u->res) : 0);
	put_s64(r, uring_fd(u));
}

static __always_inline void put_uring_vector_given(struct record *r, const struct uring *u)
{
	__u32 size;

	buffers_load(r, u->compat, TOLD(u, struct io_rw, addr), TOLD(u, struct io_rw, len));
	size = buffers_size(r);
	put_s64(r, u->res);
	put_buffers(r, u->res > 0 ? snap(u->res) : probe_snaplen);
	put_s64(r, uring_fd(u));
	put_u32(r, size);
}

URING(READV, READV_X)
{
	put_uring_vector_got(r, u);
	put_origin(r);
}

URING(PREADV, PREADV_X)
{
	put_uring_vector_got(r, u);
	put_u64(r, u->noted->at);
	put_origin(r);
}

URING(WRITEV, WRITEV_X)
{
	put_uring_vector_given(r, u);
	put_origin(r);
}

URING(PWRITEV, PWRITEV_X)
{
	put_uring_vector_given(r, u);
	put_u64(r, u->noted->at);
	put_origin(r);
}

/* ---- sockets ---- */

static __always_inline void put_uring_tuple(
	struct record *r, const struct uring *u, bool outbound, struct given_name name)
{
	if (u->res >= 0)
		put_tuple_of(r, uring_sock(u), outbound, name);
	else
		put_empty(r);
}

URING(SOCKET, SOCKET_X)
{
	__u32 type = TOLD(u, struct io_socket, type), more = TOLD(u, struct io_socket, flags);

	put_s64(r, uring_new_fd(u, TOLD(u, struct io_socket, file_slot)));
	put_u32(r, family_flag(TOLD(u, struct io_socket, domain)));
	put_u32(r, type | more);
	put_u32(r, TOLD(u, struct io_socket, protocol));
	put_u32(r, socket_open_flags(type | more));
	put_origin(r);
}

/* The address was copied by the kernel. */
URING(BIND, BIND_X)
{
	__u32 start;
	char *at = TOLD(u, struct io_kiocb, async_data);

	put_s64(r, u->res);
	start = record_pos(r);
	if (at)
		add_kernel_sockaddr(r, at + bpf_core_field_offset(struct io_async_msghdr, addr),
			TOLD(u, struct io_bind, addr_len));
	end_parts(r, start);
	put_s64(r, uring_fd(u));
	put_origin(r);
}

URING(LISTEN, LISTEN_X)
{
	put_s64(r, u->res);
	put_s64(r, uring_fd(u));
	put_s32(r, TOLD(u, struct io_listen, backlog));
	put_origin(r);
}

URING(CONNECT, CONNECT_X)
{
	struct given_name name = {(unsigned long)TOLD(u, struct io_connect, addr),
		(__u16)TOLD(u, struct io_connect, addr_len)};

	put_s64(r, u->res);
	if (u->res == 0 || u->res == -EINPROGRESS)
		put_tuple_of(r, uring_sock(u), true, name);
	else
		put_empty(r);
	put_s64(r, uring_fd(u));
	put_sockaddr(r, name);
	put_origin(r);
}

URING(ACCEPT4, ACCEPT4_X)
{
	__u32 slot = TOLD(u, struct io_accept, file_slot), len = 0, max = 0;
	struct file *file = uring_new_file(u, slot);
	struct sock *listening = u->res >= 0 ? uring_sock(u) : 0;

	put_s64(r, uring_new_fd(u, slot));
	if (file)
		put_tuple_of(r, socket_of_file(file), false, NO_NAME);
	else
		put_empty(r);
	if (listening) {
		len = PEEK(listening, sk_ack_backlog);
		max = PEEK(listening, sk_max_ack_backlog);
	}
	put_u8(r, max ? (__u64)len * 100 / max : 0);
	put_u32(r, len);
	put_u32(r, max);
	put_u32(r, socket_open_flags(TOLD(u, struct io_accept, flags)));
	put_origin(r);
}

URING(SHUTDOWN, SHUTDOWN_X)
{
	put_s64(r, u->res);
	put_s64(r, uring_fd(u));
	put_u8(r, shutdown_flag(TOLD(u, struct io_shutdown, how)));
	put_origin(r);
}

/* What has been moved before counts as well. */
static __always_inline unsigned long uring_buffer(const struct uring *u)
{
	return (unsigned long)TOLD(u, struct io_sr_msg, buf) - TOLD(u, struct io_sr_msg, done_io);
}

static __always_inline __u32 uring_size(const struct uring *u)
{
	return TOLD(u, struct io_sr_msg, len) + TOLD(u, struct io_sr_msg, done_io);
}

URING(SENDTO, SENDTO_X)
{
	struct given_name to = NO_NAME;

	if (bpf_core_field_exists(((struct io_sr_msg *)0)->addr))
		to = (struct given_name){(unsigned long)TOLD(u, struct io_sr_msg, addr),
			(__u16)TOLD(u, struct io_sr_msg, addr_len)};
	put_s64(r, u->res);
	put_data_given(r, uring_buffer(u), u->res, uring_size(u));
	put_s64(r, uring_fd(u));
	put_u32(r, uring_size(u));
	put_uring_tuple(r, u, true, to);
	put_origin(r);
}

URING(RECVFROM, RECVFROM_X)
{
	put_s64(r, u->res);
	put_data_got(r, uring_buffer(u), u->res);
	put_uring_tuple(r, u, false, NO_NAME);
	put_s64(r, uring_fd(u));
	put_u32(r, uring_size(u));
	put_origin(r);
}

URING(SENDMSG, SENDMSG_X)
{
	struct message m = {};
	__u32 size;

	message_load(&m, u->compat, (unsigned long)TOLD(u, struct io_sr_msg, umsg), false);
	buffers_load(r, u->compat, m.buffers, m.nbuffers);
	size = buffers_size(r);
	put_s64(r, u->res);
	put_buffers(r, u->res > 0 ? snap(u->res) : probe_snaplen);
	put_s64(r, uring_fd(u));
	put_u32(r, size);
	put_uring_tuple(r, u, true, m.name);
	put_origin(r);
}

URING(RECVMSG, RECVMSG_X)
{
	struct message m = {};

	message_load(&m, u->compat, (unsigned long)TOLD(u, struct io_sr_msg, umsg), false);
	buffers_load(r, u->compat, m.buffers, m.nbuffers);
	put_s64(r, u->res);
	put_u32(r, u->res > 0 ? u->res : 0);
	put_buffers(r, u->res > 0 ? snap(u->res) : 0);
	put_uring_tuple(r, u, false, m.name);
	put_control(r, &m);
	put_s64(r, uring_fd(u));
	put_origin(r);
}
#endif
