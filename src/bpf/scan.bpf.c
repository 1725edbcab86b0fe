/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Writes every open file of every process, or of those in a map, to whoever reads the iterator:
 * what /proc/PID/fd and /proc/PID/fdinfo say, without a handful of system calls for each.
 */
#include "bpf/kernel.h"
#include "bpf/scan_shared.h"

#define O_CLOEXEC 02000000

char LICENSE[] SEC("license") = "GPL";

/* Set before loading: only the processes in scan_pids. */
const volatile bool scan_only;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 22);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} scan_pids SEC(".maps");

/* One iterator is read at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scan_file);
} scan_record SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	unsigned int fd;
	struct file *file;
};
#pragma clang attribute pop

static __always_inline bool closes_on_exec(struct task_struct *task, __u32 num)
{
	unsigned long *bits = BPF_CORE_READ(task, files, fdt, close_on_exec), word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), bits + num / 64);
	return word >> (num % 64) & 1;
}

static __always_inline void fill(struct scan_file *r, struct task_struct *task, struct file *file)
{
	struct mount *mount =
		(void *)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);

	r->mode = BPF_CORE_READ(file, f_inode, i_mode);
	r->ino = BPF_CORE_READ(file, f_inode, i_ino);
	r->dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	r->flags = BPF_CORE_READ(file, f_flags) & ~O_CLOEXEC;
	if (closes_on_exec(task, r->num))
		r->flags |= O_CLOEXEC;
	r->mnt_id = BPF_CORE_READ(mount, mnt_id);
	r->net_ns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

SEC("iter/task_file")
int scan_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u32 zero = 0, tgid, size;
	struct scan_file *r;
	long n;

	if (!task || !file)
		return 0;
	tgid = task->tgid;
	if (task->pid != task->tgid || (scan_only && !bpf_map_lookup_elem(&scan_pids, &tgid)))
		return 0;
	r = bpf_map_lookup_elem(&scan_record, &zero);
	if (!r)
		return 0;
	r->tgid = tgid;
	r->num = ctx->fd;
	fill(r, task, file);
	n = bpf_d_path(&file->f_path, r->name, SCAN_NAME_MAX);
	r->name_len = n > 1 && n <= SCAN_NAME_MAX ? n - 1 : 0;
	size = (__builtin_offsetof(struct scan_file, name) + r->name_len + 7) & 0x1ff8;
	if (size > sizeof(*r))
		return 0;
	r->len = size;
	bpf_seq_write(ctx->meta->seq, r, size);
	return 0;
}
