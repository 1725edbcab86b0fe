/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Calls that open a file: besides what they were told, which file it became. */
#ifndef BPF_CALLS_OPEN_H
#define BPF_CALLS_OPEN_H
#include "bpf/enter.h"
#include "bpf/file.h"
#include "bpf/flags_files.h"
#include "bpf/path.h"
#include "event/resolved.h"

#define O_F_CREATED 0x4000
#define FD_UPPER_LAYER 0x8000
#define FD_LOWER_LAYER 0x10000

/* The kernel's struct open_how, of its first size; later members are not looked at. */
struct how {
	__u64 flags, mode, resolve;
};

/* ---- what the calls were told, before anybody could change it ---- */

ENTER_TEXT(open, OPEN, __ia32_compat_sys_, 3, 0)
{
	put_told_text(r, e, 0);
	put_u32(r, flags_open(e->arg[1]));
	put_u32(r, flags_open_mode(e->arg[1], e->arg[2]));
}

ENTER_TEXT(openat, OPENAT, __ia32_compat_sys_, 4, 1)
{
	put_s64(r, (__s32)e->arg[0]);
	put_told_text(r, e, 1);
	put_u32(r, flags_open(e->arg[2]));
	put_u32(r, flags_open_mode(e->arg[2], e->arg[3]));
}

ENTER(openat2, OPENAT2, __ia32_sys_)
{
	struct how how;

	if (bpf_probe_read_user(&how, sizeof(how), (void *)e->arg[2]))
		how = (struct how){0};
	put_s64(r, (__s32)e->arg[0]);
	put_user_path(r, e->arg[1]);
	put_u32(r, flags_open(how.flags));
	put_u32(r, flags_open_mode(how.flags, how.mode));
	put_u32(r, flags_resolve(how.resolve));
}

ENTER_TEXT(creat, CREAT, __ia32_sys_, 2, 0)
{
	put_told_text(r, e, 0);
	put_u32(r, flags_open_mode(O_CREAT, e->arg[1]));
}

/* ---- what became of it ---- */

static __always_inline void opened(const struct call *c, struct file_facts *ret)
{
	file_read(c->ret >= 0 ? file_new(c->task, c->ret) : 0, ret);
}

/* What became of a file, in the flags of its open. */
static __always_inline __u32 opened_flags(const struct file_facts *f)
{
	__u32 ret = f->mode & FMODE_CREATED ? O_F_CREATED : 0;

	if (f->layer == FILE_UPPER)
		ret |= FD_UPPER_LAYER;
	if (f->layer == FILE_LOWER)
		ret |= FD_LOWER_LAYER;
	return ret;
}

/* A path that nobody was told: the kernel's own. */
static __always_inline void put_opened_path(const struct call *c, struct record *r)
{
	struct file *file = c->ret >= 0 ? file_new(c->task, c->ret) : 0;

	if (file)
		put_path(r, &file->f_path);
	else
		put_empty(r);
}

static __always_inline void put_opened(struct record *r, const struct file_facts *f)
{
	put_u32(r, f->dev);
	put_u64(r, f->ino);
}

/*
 * Behind the last parameter: what the kernel resolved (event/resolved.h). Of a path of more parts
 * than are noted the last ones, behind an ellipsis instead of a slash.
 */
static __always_inline void put_resolved_file(
	struct record *r, struct file *file, enum origin origin)
{
	struct scratch *s = r->scratch;
	struct dentry *dentry;
	__u32 n, at, end;

	at = s->pos;
	s->bytes[at & RECORD_MAX] = RESOLVED_TAG;
	s->bytes[(at + 1) & RECORD_MAX] = origin;
	at += 2;
	end = at;
	dentry = PEEK_NUMBER(file->f_path.dentry);
	n = note_path(r->slot, (__u64)dentry, (__u64)PEEK_NUMBER(file->f_path.mnt));
	if (n >= SCRATCH_PARTS && s->walk.dentry != s->walk.root)
		end = write_text(s, end, "...");
	if (n)
		end = write_parts(r->slot, end, n);
	else
		end = write_text(s, end, PEEK_NUMBER(dentry->d_name.name));
	n = end + 1 - at;
	s->pos = at + (n < RESOLVED_MAX ? n : RESOLVED_MAX);
}

static __always_inline void put_resolved(const struct call *c, struct record *r)
{
	struct file *file = c->ret >= 0 ? file_new(c->task, c->ret) : 0;

	if (file)
		put_resolved_file(r, file, c->compat ? ORIGIN_32 : ORIGIN_64);
}

#define CALL_OPEN(name, TYPE)                                                                      \
	static __always_inline void fill_open_##name(const struct call *c, struct record *r);      \
	CALL(name, TYPE)                                                                           \
	{                                                                                          \
		fill_open_##name(c, r);                                                            \
		if (probe_resolve)                                                                 \
			put_resolved(c, r);                                                        \
	}                                                                                          \
	static __always_inline void fill_open_##name(const struct call *c, struct record *r)

CALL_OPEN(open, OPEN_X)
{
	__u32 flags = call_arg(c, 1);
	struct file_facts f;

	opened(c, &f);
	put_s64(r, c->ret);
	PUT_TOLD_TEXT(r, c, open, OPEN, 0);
	put_u32(r, flags_open(flags) | opened_flags(&f));
	put_u32(r, flags_open_mode(flags, call_arg(c, 2)));
	put_opened(r, &f);
}

CALL_OPEN(openat, OPENAT_X)
{
	__u32 flags = call_arg(c, 2);
	struct file_facts f;

	opened(c, &f);
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	PUT_TOLD_TEXT(r, c, openat, OPENAT, 1);
	put_u32(r, flags_open(flags) | opened_flags(&f));
	put_u32(r, flags_open_mode(flags, call_arg(c, 3)));
	put_opened(r, &f);
}

CALL_OPEN(openat2, OPENAT2_X)
{
	struct file_facts f;
	struct how how;

	if (bpf_probe_read_user(&how, sizeof(how), (void *)call_arg(c, 2)))
		how = (struct how){0};
	opened(c, &f);
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_user_path(r, call_arg(c, 1));
	put_u32(r, flags_open(how.flags) | opened_flags(&f));
	put_u32(r, flags_open_mode(how.flags, how.mode));
	put_u32(r, flags_resolve(how.resolve));
	put_opened(r, &f);
}

CALL_OPEN(creat, CREAT_X)
{
	struct file_facts f;

	opened(c, &f);
	put_s64(r, c->ret);
	PUT_TOLD_TEXT(r, c, creat, CREAT, 0);
	put_u32(r, flags_open_mode(O_CREAT, call_arg(c, 1)));
	put_opened(r, &f);
	put_u16(r, f.layer);
}

CALL_OPEN(open_by_handle_at, OPEN_BY_HANDLE_AT_X)
{
	struct file_facts f;

	opened(c, &f);
	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_u32(r, flags_open(call_arg(c, 2)) | opened_flags(&f));
	put_opened_path(c, r);
	put_opened(r, &f);
}
#endif
