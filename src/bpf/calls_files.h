/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls about descriptors: closed, doubled, turned, asked, and made of other things than files. */
#ifndef BPF_CALLS_FILES_H
#define BPF_CALLS_FILES_H
#include "bpf/file.h"
#include "bpf/flags_files.h"

CALL_OF_FD(close, CLOSE_X)

CALL_FIXED(close_range, CLOSE_RANGE_X, 20)
{
	put_s64(r, c->ret);
	put_u32(r, call_arg(c, 0));
	put_u32(r, call_arg(c, 1));
	put_u32(r, call_arg(c, 2) & 0x6);
}

/* ---- doubled ---- */

CALL_OF_FD(dup, DUP_X)

CALL_FIXED(dup2, DUP2_X, 24)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_s64(r, call_fd(c, 1));
}

CALL_FIXED(dup3, DUP3_X, 28)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_s64(r, call_fd(c, 1));
	put_u32(r, flags_dup3(call_arg(c, 2)));
}

CALL_FIXED(fcntl, FCNTL_X, 25)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u8(r, flags_fcntl(call_arg(c, 1)));
	put_u64(r, call_arg(c, 2));
}

/* ---- turned and asked ---- */

CALL_FIXED(flock, FLOCK_X, 20)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 1) & 0xf);
}

CALL_FIXED(ioctl, IOCTL_X, 32)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u64(r, call_arg(c, 1));
	put_u64(r, call_arg(c, 2));
}

#define NR_LLSEEK_I386 140

/* A 32-bit process has the offset in two halves, when it is the later call that it makes. */
CALL_FIXED(lseek, LSEEK_X, 25)
{
	bool halves = c->compat && call_nr(c->regs) == NR_LLSEEK_I386;

	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u64(r, halves ? call_arg(c, 1) << 32 | call_arg(c, 2) : call_arg(c, 1));
	put_u8(r, flags_whence(halves ? call_arg(c, 4) : call_arg(c, 2)));
}

CALL_OF_FD(fstat, FSTAT_X)
CALL_OF_FD(getdents, GETDENTS_X)
CALL_OF_FD(getdents64, GETDENTS64_X)

CALL_FIXED(copy_file_range, COPY_FILE_RANGE_X, 48)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 2));
	put_u64(r, call_arg(c, 3));
	put_s64(r, call_fd(c, 0));
	put_u64(r, call_arg(c, 1));
	put_u64(r, call_arg(c, 4));
}

/* ---- made of other things ---- */

CALL(memfd_create, MEMFD_CREATE_X)
{
	put_s64(r, c->ret);
	put_user_path(r, call_arg(c, 0));
	put_u32(r, call_arg(c, 1) & 0x7);
}

CALL_FIXED(eventfd, EVENTFD_X, 20)
{
	put_s64(r, c->ret);
	put_u64(r, call_arg(c, 0));
	put_u32(r, 0);
}

CALL_FIXED(eventfd2, EVENTFD2_X, 18)
{
	put_s64(r, c->ret);
	put_u16(r, flags_new_fd(call_arg(c, 1)));
	put_u64(r, (__u32)call_arg(c, 0));
}

CALL_FIXED(inotify_init, INOTIFY_INIT_X, 9)
{
	put_s64(r, c->ret);
	put_u8(r, 0);
}

CALL_FIXED(inotify_init1, INOTIFY_INIT1_X, 10)
{
	put_s64(r, c->ret);
	put_u16(r, flags_new_fd(call_arg(c, 0)));
}

/* Nobody looks at the mask of signals: it is 0. */
CALL_FIXED(signalfd, SIGNALFD_X, 21)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, 0);
	put_u8(r, 0);
}

CALL_FIXED(signalfd4, SIGNALFD4_X, 22)
{
	put_s64(r, c->ret);
	put_u16(r, flags_new_fd(call_arg(c, 3)));
	put_s64(r, call_fd(c, 0));
	put_u32(r, 0);
}

CALL_FIXED(timerfd_create, TIMERFD_CREATE_X, 10)
{
	put_s64(r, c->ret);
	put_u8(r, call_arg(c, 0));
	put_u8(r, flags_new_fd(call_arg(c, 1)));
}

CALL_FIXED(epoll_create, EPOLL_CREATE_X, 12)
{
	put_s64(r, c->ret);
	put_s32(r, call_arg(c, 0));
}

CALL_FIXED(epoll_create1, EPOLL_CREATE1_X, 12)
{
	put_s64(r, c->ret);
	put_u32(r, FLAG_IF(call_arg(c, 0), O_CLOEXEC, 0x1));
}

CALL_FIXED(userfaultfd, USERFAULTFD_X, 12)
{
	put_s64(r, c->ret);
	put_u32(r, call_arg(c, 0));
}

CALL_FIXED(pidfd_open, PIDFD_OPEN_X, 20)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, FLAG_IF(call_arg(c, 1), O_NONBLOCK, 0x1));
}

CALL_FIXED(pidfd_getfd, PIDFD_GETFD_X, 28)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_s64(r, call_fd(c, 1));
	put_u32(r, call_arg(c, 2));
}

/* What a pipe has before its flags. Failed or not, the descriptors are what lies at their place. */
static __always_inline void put_pipe(const struct call *c, struct record *r)
{
	struct file *file;
	__s32 fd[2];

	if (bpf_probe_read_user(fd, sizeof(fd), (void *)call_arg(c, 0)))
		fd[0] = fd[1] = -1;
	put_s64(r, c->ret);
	put_s64(r, fd[0]);
	put_s64(r, fd[1]);
	file = c->ret ? 0 : file_of(c->task, fd[0]);
	put_u64(r, file ? BPF_CORE_READ(file, f_inode, i_ino) : 0);
}

CALL_FIXED(pipe, PIPE_X, 32)
{
	put_pipe(c, r);
}

CALL_FIXED(pipe2, PIPE2_X, 36)
{
	put_pipe(c, r);
	put_u32(r, flags_pipe2(call_arg(c, 1)));
}

/* ---- io_uring ---- */

/* The beginning of the kernel's struct io_uring_params. */
struct uring_params {
	__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};

CALL_FIXED(io_uring_setup, IO_URING_SETUP_X, 36)
{
	struct uring_params p;

	if (bpf_probe_read_user(&p, sizeof(p), (void *)call_arg(c, 1)))
		p = (struct uring_params){0};
	put_s64(r, c->ret);
	put_u32(r, call_arg(c, 0));
	put_u32(r, p.sq_entries);
	put_u32(r, p.cq_entries);
	put_u32(r, flags_io_uring_setup(p.flags));
	put_u32(r, p.sq_thread_cpu);
	put_u32(r, p.sq_thread_idle);
	put_u32(r, flags_io_uring_features(p.features));
}

CALL_FIXED(io_uring_enter, IO_URING_ENTER_X, 32)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, call_arg(c, 1));
	put_u32(r, call_arg(c, 2));
	put_u32(r, call_arg(c, 3) & 0xf);
	put_u32(r, call_arg(c, 4));
}

CALL_FIXED(io_uring_register, IO_URING_REGISTER_X, 30)
{
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u16(r, call_arg(c, 1));
	put_u64(r, call_arg(c, 2));
	put_u32(r, call_arg(c, 3));
}
#endif
