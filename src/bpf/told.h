/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a call was told at its beginning, kept until its end.
 *
 * Registers stay as they are, memory of the program may change in between.  So the text that the
 * call points to is noted at the beginning, and looked at again at the end: only if it is another
 * one by then, an event of the beginning is made, before that of the end.  Else it would say
 * nothing that the event of the end does not say: one event, not two.
 *
 * A place belongs to one task at a time, whose number it goes by.  Where there is none, because
 * another task is at it or the text is long, the event of the beginning is made at once.
 */
#ifndef BPF_TOLD_H
#define BPF_TOLD_H
#include "bpf/call.h"

/* The place of the task, and 0 if it is not its own. */
static __always_inline struct told *told_of(__u64 ids, __u32 code)
{
	__u32 at = ids & (TOLD_PLACES - 1);
	struct told *t = bpf_map_lookup_elem(&probe_told, &at);

	return t && t->owner == OWNED_BY(ids) && t->code == code ? t : 0;
}

/*
 * Takes the place of the task: 0 if another one has it.  That of a call whose end was not seen is
 * still its own.  Of several that try at once none but who finds itself alone gets it.
 */
static __always_inline struct told *told_take(__u64 ids)
{
	__u32 at = ids & (TOLD_PLACES - 1);
	struct told *t = bpf_map_lookup_elem(&probe_told, &at);

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
static __always_inline bool told_note(__u64 ids, __u32 code, unsigned long text)
{
	struct told *t = told_take(ids);
	__s64 n;

	if (!t)
		return false;
	n = bpf_probe_read_user_str(t->text, TOLD_TEXT, (const void *)text);
	t->code = code;
	t->len = text_len(n);
	if (n >= 0 && n < TOLD_TEXT)
		return true;
	told_release(t);
	return n < 0;
}

/* Whether n bytes, a text and its NUL, are the text that was noted. */
static __always_inline bool told_same(const struct told *t, const __u8 *text, __u32 n)
{
	if (t->len != n || !n)
		return t->len == n;
	for (__u32 i = 0; i < TOLD_TEXT / 8; i++) {
		__u64 differ = t->text[i] ^ ((const __u64 *)text)[i];
		__u32 left = n - i * 8;

		if (left <= 8)
			return !(differ << (64 - left * 8));
		if (differ)
			return false;
	}
	return false;
}
#endif
