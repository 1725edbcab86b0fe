/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Paths as the kernel has them.  A chain of names leads from the end of a path to its beginning:
 * their places are noted on the way up, then the names are written on the way down.
 */
#ifndef BPF_PATH_H
#define BPF_PATH_H
#include "bpf/record.h"

#define NAME_SIZE 256 /* with its NUL */
#define CGROUP_PARTS 12

static __always_inline struct scratch *scratch_at(__u32 slot)
{
	return bpf_map_lookup_elem(&probe_scratches, &slot);
}

/* Writes text of the kernel at a place of the scratch; returns the place of its NUL. */
static __always_inline __u32 write_text(struct scratch *s, __u32 at, const void *text)
{
	long n = bpf_probe_read_kernel_str(s->bytes + (at & RECORD_MAX), NAME_SIZE, text);

	return (at + at_least_0(n - 1)) & RECORD_MAX;
}

/* Writes the n parts that were noted, the last one first, each behind a slash; returns the place of
 * its NUL. */
__noinline int write_parts(__u32 slot, __u32 at, __u32 n)
{
	struct scratch *s = scratch_at(slot);

	if (!s)
		return 0;
	for (int i = 0; i < SCRATCH_PARTS; i++) {
		if (!n)
			break;
		n--;
		s->bytes[at & RECORD_MAX] = '/';
		at = write_text(s, at + 1, (const void *)s->parts[n & (SCRATCH_PARTS - 1)]);
	}
	s->bytes[at & RECORD_MAX] = 0;
	return at;
}

/*
 * A member of 8 bytes, into the scratch. Not by way of a variable: on the stack, what one step of a
 * walk left behind would make every order of steps another case to the verifier.
 */
#define READ_TO(to, member)                                                                        \
	do {                                                                                       \
		if (CAST_LOADS)                                                                    \
			(to) = (typeof(to))PEEK_NUMBER(member);                                    \
		else                                                                               \
			bpf_core_read(&(to), sizeof(to), &(member));                               \
	} while (0)

static __always_inline void walk_enter(struct walk *w)
{
	struct mount *mnt = w->mnt;

	READ_TO(w->root, mnt->mnt.mnt_root);
	READ_TO(w->above, mnt->mnt_parent);
}

/*
 * Notes the parts of a path, from its end up to the top of its mounts; returns their number.
 * The walk is kept in the scratch (READ_TO).
 */
__noinline int note_path(__u32 slot, __u64 end, __u64 vfsmount)
{
	struct scratch *s = scratch_at(slot);
	struct walk *w;

	if (!s)
		return 0;
	w = &s->walk;
	w->n = 0;
	w->dentry = (void *)end;
	w->mnt = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	walk_enter(w);
	for (int i = 0; i < 2 * SCRATCH_PARTS; i++) {
		struct dentry *dentry = w->dentry;
		struct mount *mnt = w->mnt;

		READ_TO(w->parent, dentry->d_parent);
		if (dentry == w->root) {
			if (w->above == mnt)
				break;
			READ_TO(w->dentry, mnt->mnt_mountpoint);
			w->mnt = w->above;
			walk_enter(w);
		} else {
			if (dentry == w->parent || w->n >= SCRATCH_PARTS)
				break;
			READ_TO(s->parts[w->n & (SCRATCH_PARTS - 1)], dentry->d_name.name);
			w->n++;
			w->dentry = w->parent;
		}
	}
	return w->n;
}

/* The place behind what write_parts() or the like wrote, as the length of a parameter with its NUL.
 */
static __always_inline void put_written(struct record *r, __u32 end)
{
	put_len(r, (end + 1 - record_pos(r)) & RECORD_MAX);
}

/*
 * The path of a file from the top of its mounts. What has none there (memfd:NAME) is given by its
 * name alone; a path of more parts than are noted begins with the first that was.
 */
static __always_inline void put_path(struct record *r, const struct path *path)
{
	struct dentry *dentry = PEEK_NUMBER(path->dentry);
	__u32 n = note_path(r->slot, (__u64)dentry, (__u64)PEEK_NUMBER(path->mnt));

	if (n)
		put_written(r, write_parts(r->slot, record_pos(r), n));
	else
		put_kernel_str(r, PEEK_NUMBER(dentry->d_name.name), NAME_SIZE);
}
#endif
