/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a call was told at its beginning, kept until its end.
 *
 * Registers stay as they are, memory of the program may change in between.  So the text that the
 * call points to is noted at the beginning, and the event of the end tells the one that was noted:
 * what lies there by then is nobody's business.  So is a number that the kernel tells in between.
 *
 * A place belongs to one task at a time, whose number it goes by.  Where there is none, because
 * another task is at it or the text is long, an event of the beginning is made at once, and that of
 * the end tells what lies there then.
 */
#ifndef BPF_TOLD_H
#define BPF_TOLD_H
#include "bpf/record.h"

static __always_inline struct told *told_place(__u64 ids)
{
	__u32 at = ids & (TOLD_PLACES - 1);

	return bpf_map_lookup_elem(&probe_told, &at);
}

/*
 * Takes the place of the task: 0 if another one has it.  That of a call whose end was not seen is
 * still its own.  Of several that try at once none but who finds itself alone gets it.
 */
static __always_inline struct told *told_take(__u64 ids)
{
	struct told *t = told_place(ids);

	if (!t || t->owner == OWNED_BY(ids))
		return t;
	if (t->users)
		return 0;
	__sync_fetch_and_add(&t->users, 1);
	if (t->users == 1) {
		t->owner = OWNED_BY(ids);
		return t;
	}
	__sync_fetch_and_add(&t->users, -1);
	return 0;
}

static __always_inline void told_release(struct told *t)
{
	t->owner = 0;
	__sync_fetch_and_add(&t->users, -1);
}

/* Notes a text. False: there is no place for it, so it has to be told of now. */
static __always_inline bool told_note(__u64 ids, __u32 code, bool compat, unsigned long text)
{
	struct told *t = told_take(ids);
	__s64 n;

	if (!t)
		return false;
	n = bpf_probe_read_user_str(t->text, TOLD_TEXT, (const void *)text);
	t->from = text;
	t->code = code;
	t->compat = compat;
	t->len = text_len(n);
	if (n >= 0 && n < TOLD_TEXT)
		return true;
	told_release(t);
	return n < 0;
}

/* Notes a number of what lies there, which the kernel has told. */
static __always_inline void told_note_number(
	__u64 ids, __u32 code, bool compat, unsigned long from, __u64 number)
{
	struct told *t = told_take(ids);

	if (!t)
		return;
	t->text[0] = number;
	t->from = from;
	t->code = code;
	t->compat = compat;
	t->len = sizeof(number);
}

/* What was noted of the text that lies there for this call of the task: 0 if nothing was. */
static __always_inline struct told *told_of(__u64 ids, __u32 code, bool compat, unsigned long text)
{
	struct told *t = told_place(ids);

	return t && t->owner == OWNED_BY(ids) && t->code == code && t->compat == compat &&
			       t->from == text
		       ? t
		       : 0;
}

/* Of a call that is nobody's business after all. */
static __always_inline void told_forget(__u64 ids)
{
	struct told *t = told_place(ids);

	if (t && t->owner == OWNED_BY(ids))
		told_release(t);
}
#endif
