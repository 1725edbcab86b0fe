/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Open files: from a descriptor to what it stands for. */
#ifndef BPF_FILE_H
#define BPF_FILE_H
#include "bpf/call.h"
#include "bpf/overlay.h"

#define FMODE_CREATED 0x100000

/* What an event tells of a file. */
struct file_facts {
	__u64 ino;
	__u32 dev;  /* as user space knows it */
	__u32 mode; /* f_mode */
	enum file_layer layer;
};

/* A device's number in the kernel has 12 bits for the major and 20 for the minor one. */
static __always_inline __u32 dev_outside(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* ---- the table of a task that runs, as runner_now() has it ---- */

/* Loads as they are where the kernel can, for each read of memory is a helper before Linux 6.2. */
static __always_inline void *fd_table(struct task_struct *task)
{
	return TASK_LOADS ? task->files->fdt->fd : BPF_CORE_READ(task, files, fdt, fd);
}

static __always_inline __u32 fd_table_size(struct task_struct *task)
{
	return TASK_LOADS ? task->files->fdt->max_fds : BPF_CORE_READ(task, files, fdt, max_fds);
}

/* The file behind a descriptor that the kernel has just handed out: the table is as long as that.
 * 0: somebody else has closed it already. A list's head is what begins with a pointer, too. */
static __always_inline struct file *file_new(struct task_struct *task, __u32 fd)
{
	struct list_head *at = fd_table(task) + fd * sizeof(void *);

	return (struct file *)PEEK(at, next);
}

/* The file behind a descriptor that anybody may have made up. 0: there is none. */
static __always_inline struct file *file_of(struct task_struct *task, __u32 fd)
{
	return fd < fd_table_size(task) ? file_new(task, fd) : 0;
}

/* All 0 for no file. */
static __always_inline void file_read(struct file *file, struct file_facts *ret)
{
	struct super_block *sb;
	struct inode *inode;

	*ret = (struct file_facts){0};
	if (!file)
		return;
	ret->mode = PEEK(file, f_mode);
	inode = PEEK(file, f_inode);
	sb = PEEK(inode, i_sb);
	ret->ino = PEEK(inode, i_ino);
	ret->dev = dev_outside(PEEK(sb, s_dev));
	ret->layer = inode_layer(inode, sb);
}
#endif
