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

/* The file behind a descriptor that the kernel has just handed out: the table is as long as that.
 * 0: somebody else has closed it already. A list's head is what begins with a pointer, too. */
static __always_inline struct file *file_new(struct task_struct *task, __u32 fd)
{
	void *table = PEEK(task, files, fdt, fd);
	struct list_head *at = table + fd * sizeof(void *);

	return (struct file *)PEEK(at, next);
}

/* The file behind a descriptor that anybody may have made up. 0: there is none. */
static __always_inline struct file *file_of(struct task_struct *task, __u32 fd)
{
	return fd < PEEK(task, files, fdt, max_fds) ? file_new(task, fd) : 0;
}

/* All 0 for no file. */
static __always_inline void file_read(struct file *file, struct file_facts *ret)
{
	struct inode *inode;

	*ret = (struct file_facts){0};
	if (!file)
		return;
	ret->mode = PEEK(file, f_mode);
	inode = PEEK(file, f_inode);
	ret->ino = PEEK(inode, i_ino);
	ret->dev = dev_outside(PEEK(inode, i_sb, s_dev));
	ret->layer = inode_layer(inode);
}
#endif
