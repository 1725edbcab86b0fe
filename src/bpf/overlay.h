/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Files of an overlay: whether one stands in its upper layer, which containers write to. */
#ifndef BPF_OVERLAY_H
#define BPF_OVERLAY_H
#include "bpf/maps.h"

#define OVERLAYFS_SUPER_MAGIC 0x794c7630

enum file_layer { FILE_NO_OVERLAY, FILE_UPPER, FILE_LOWER };

/* In memory an inode of an overlay is followed by its entry in the upper layer, if it has one. */
static __always_inline enum file_layer inode_layer(struct inode *inode, struct super_block *sb)
{
	struct dentry *upper = 0;

	if (PEEK(sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return FILE_NO_OVERLAY;
	bpf_probe_read_kernel(
		&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper && PEEK(upper, d_inode, i_ino) ? FILE_UPPER : FILE_LOWER;
}
#endif
