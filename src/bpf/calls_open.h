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

ENTER_TEXT(open, OPEN, __ia32_compat_sys_, 0)
{
	put_user_path(r, e->arg[0]);
	put_u32(r, flags_open(e->arg[1]));
	put_u32(r, flags_open_mode(e->arg[1], e->arg[2]));
}

ENTER_TEXT(openat, OPENAT, __ia32_compat_sys_, 1)
{
	put_s64(r, (__s32)e->arg[0]);
	put_user_path(r, e->arg[1]);
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

ENTER_TEXT(creat, CREAT, __ia32_sys_, 0)
{
	put_user_path(r, e->arg[0]);
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

/* The path that argument i of the call points to, as it was noted, else as it is now. */
static __always_inline void put_told_path(
	struct record *r, const struct call *c, int i, const struct told *told)
{
	if (!told)
		put_user_path(r, call_arg(c, i));
	else if (r->fixed)
		put_words(r, told->text, told->len);
	else
		put_kernel_str(r, told->text, TOLD_TEXT);
}

/*
 * A call whose argument i, a path, was noted when it began, if it could be. A record of which
 * nothing but that path is of unknown size is written in place, in one of two sizes.
 */
#define TOLD_SHORT 64  /* bytes of most texts are less */
#define TOLD_LONG 256  /* and of all */
#define OPEN_PARAMS 40 /* bytes of all parameters but the path, at the most */

#define CALL_OPEN_TOLD(name, CALL, i)                                                              \
	static __always_inline void fill_open_##name(const struct call *c, struct record *r,       \
		const struct file_facts *f, const struct told *told);                              \
	static __always_inline void open_in_place_##name(const struct call *c,                     \
		const struct file_facts *f, const struct told *told, __u32 text_room)              \
	{                                                                                          \
		struct record r;                                                                   \
                                                                                                   \
		if (!record_begin_fixed(&r, c->ids, EV_##CALL##_X, NPARAMS_##CALL##_X,             \
			    FIXED_SIZE(NPARAMS_##CALL##_X, OPEN_PARAMS + text_room)))              \
			return;                                                                    \
		r.text_room = text_room;                                                           \
		fill_open_##name(c, &r, f, told);                                                  \
		record_end(&r);                                                                    \
	}                                                                                          \
	static __always_inline void open_##name(                                                   \
		const struct call *c, const struct file_facts *f, const struct told *told)         \
	{                                                                                          \
		struct record r;                                                                   \
                                                                                                   \
		if (!record_begin(&r, c->ids, EV_##CALL##_X, NPARAMS_##CALL##_X))                  \
			return;                                                                    \
		fill_open_##name(c, &r, f, told);                                                  \
		if (probe_resolve)                                                                 \
			put_resolved(c, &r);                                                       \
		record_end(&r);                                                                    \
	}                                                                                          \
	static __always_inline void record_##name(const struct call *c)                            \
	{                                                                                          \
		struct told *told = told_of(c->ids, SC_##CALL, c->compat, call_arg(c, i));         \
		struct file_facts f;                                                               \
                                                                                                   \
		opened(c, &f);                                                                     \
		if (!told || probe_resolve)                                                        \
			open_##name(c, &f, told);                                                  \
		else if (told->len < TOLD_SHORT)                                                   \
			open_in_place_##name(c, &f, told, TOLD_SHORT);                             \
		else                                                                               \
			open_in_place_##name(c, &f, told, TOLD_LONG);                              \
		if (told)                                                                          \
			told_release(told);                                                        \
	}                                                                                          \
	CALL_PROGRAM(name, record_##name)                                                          \
	static __always_inline void fill_open_##name(const struct call *c, struct record *r,       \
		const struct file_facts *f, const struct told *told)

CALL_OPEN_TOLD(open, OPEN, 0)
{
	__u32 flags = call_arg(c, 1);

	put_s64(r, c->ret);
	put_told_path(r, c, 0, told);
	put_u32(r, flags_open(flags) | opened_flags(f));
	put_u32(r, flags_open_mode(flags, call_arg(c, 2)));
	put_opened(r, f);
}

CALL_OPEN_TOLD(openat, OPENAT, 1)
{
	__u32 flags = call_arg(c, 2);

	put_s64(r, c->ret);
	put_s64(r, call_fd(c, 0));
	put_told_path(r, c, 1, told);
	put_u32(r, flags_open(flags) | opened_flags(f));
	put_u32(r, flags_open_mode(flags, call_arg(c, 3)));
	put_opened(r, f);
}

CALL_OPEN_TOLD(creat, CREAT, 0)
{
	put_s64(r, c->ret);
	put_told_path(r, c, 0, told);
	put_u32(r, flags_open_mode(O_CREAT, call_arg(c, 1)));
	put_opened(r, f);
	put_u16(r, f->layer);
}

/* ---- of which no path is noted ---- */

#define CALL_OPEN(name, TYPE)                                                                      \
	static __always_inline void fill_open_##name(const struct call *c, struct record *r);      \
	CALL(name, TYPE)                                                                           \
	{                                                                                          \
		fill_open_##name(c, r);                                                            \
		if (probe_resolve)                                                                 \
			put_resolved(c, r);                                                        \
	}                                                                                          \
	static __always_inline void fill_open_##name(const struct call *c, struct record *r)

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
