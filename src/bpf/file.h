/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Open files: from a descriptor to what it stands for. */
#ifndef BPF_FILE_H
#define BPF_FILE_H
#include "bpf/call.h"

#define FMODE_CREATED 0x100000
#define OVERLAYFS_SUPER_MAGIC 0x794c7630

enum file_layer { FILE_NO_OVERLAY, FILE_UPPER, FILE_LOWER };

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
 * 0: somebody else has closed it already. */
static __always_inline struct file *file_new(struct task_struct *task, __u32 fd)
{
	struct file **table = PEEK(task, files, fdt, fd), *file = 0;

	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	return file;
}

/* The file behind a descriptor that anybody may have made up. 0: there is none. */
static __always_inline struct file *file_of(struct task_struct *task, __u32 fd)
{
	return fd < PEEK(task, files, fdt, max_fds) ? file_new(task, fd) : 0;
}

/* In memory an inode of an overlay is followed by its entry in the upper layer, if it has one. */
static __always_inline enum file_layer inode_layer(struct inode *inode)
{
	struct dentry *upper = 0;

	bpf_probe_read_kernel(
		&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper && PEEK(upper, d_inode, i_ino) ? FILE_UPPER : FILE_LOWER;
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
	if (PEEK(sb, s_magic) == OVERLAYFS_SUPER_MAGIC)
		ret->layer = inode_layer(inode);
}
#endif
