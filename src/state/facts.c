/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts about threads from the forms in which events and lists carry them to the one in which
 * threads keep them.
 */
#include "state/internal.h"

/* Producers differ in whether the last string has its NUL; a single NUL is no string at all. */
struct str strings_norm(struct state *s, struct str b)
{
	if (!b.n || (b.n == 1 && b.p[0] == '\0'))
		return STR("");
	if (b.p[b.n - 1] == '\0')
		return b;
	s->scratch.n = 0;
	buf_str(&s->scratch, b);
	buf_char(&s->scratch, '\0');
	return buf_view(&s->scratch);
}

void thread_set_exepath(struct thread *t, struct str path)
{
	struct str suffix = STR(" (deleted)");

	if (path.n > suffix.n && str_ends(path, suffix))
		path.n -= suffix.n;
	istr_set(&t->exepath, path);
}

/* Kernels have renamed subsystems; fields use the older names. */
static struct str subsystem_name(struct str name)
{
	static const struct {
		const char *kernel;
		struct str ours;
	} renamed[] = {
		{"perf", STR("perf_event")},
		{"mem", STR("memory")},
		{"io", STR("blkio")},
	};

	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
		if (str_is(name, renamed[i].kernel))
			return renamed[i].ours;
	return name;
}

static void put_subsystem(struct buf *b, struct str name)
{
	struct str infix = STR("_cgroup");
	ptrdiff_t at = str_find(name, infix);
	size_t start = b->n;

	if (at < 0) {
		buf_str(b, subsystem_name(name));
		return;
	}
	buf_put(b, name.p, (size_t)at);
	buf_str(b, str_from(name, (size_t)at + infix.n));
	name = subsystem_name(str_from(buf_view(b), start));
	if (name.p != b->p + start) {
		b->n = start;
		buf_str(b, name);
	}
}

/* Each string as "subsystem=path" with today's names; false when one is of another form. */
static bool put_cgroups(struct buf *b, struct str list)
{
	struct str one;

	if (list.n && list.p[list.n - 1] == '\0')
		list.n--;
	if (!list.n)
		return true;
	while (str_split(&list, '\0', &one)) {
		ptrdiff_t eq = str_chr(one, '=');

		if (eq < 0)
			return false;
		put_subsystem(b, str_head(one, (size_t)eq));
		buf_str(b, str_from(one, (size_t)eq));
		buf_char(b, '\0');
	}
	return true;
}

/* ---- most threads are in the groups of one seen before ---- */

#define MEMO_SLOTS 64
#define MEMO_MAX 4096 /* bytes of a list that is remembered */

struct memo_slot {
	struct buf raw; /* as it came; empty: unused */
	struct istr *cgroups, *container_id;
};

struct cgroups_memo {
	struct memo_slot slots[MEMO_SLOTS];
};

static void memo_clear(struct memo_slot *m)
{
	m->raw.n = 0;
	istr_share(&m->cgroups, NULL);
	istr_share(&m->container_id, NULL);
}

void cgroups_memo_free(struct state *s)
{
	for (size_t i = 0; s->cgroups_memo && i < MEMO_SLOTS; i++) {
		memo_clear(&s->cgroups_memo->slots[i]);
		buf_done(&s->cgroups_memo->slots[i].raw);
	}
	free(s->cgroups_memo);
	s->cgroups_memo = NULL;
}

/* By the end of the list, which is in most machines where they differ. */
static struct memo_slot *memo_slot(struct state *s, struct str b)
{
	struct str end = str_from(b, b.n > 32 ? b.n - 32 : 0);

	if (!s->cgroups_memo)
		s->cgroups_memo = mem_zalloc(sizeof(*s->cgroups_memo));
	return &s->cgroups_memo->slots[(str_hash(end) + b.n) % MEMO_SLOTS];
}

static void memo_put(struct memo_slot *m, struct str b, const struct thread *t)
{
	memo_clear(m);
	buf_str(&m->raw, b);
	istr_share(&m->cgroups, t->cgroups);
	istr_share(&m->container_id, t->container_id);
}

void thread_set_cgroups(struct state *s, struct thread *t, struct str b)
{
	struct memo_slot *m = b.n && b.n <= MEMO_MAX ? memo_slot(s, b) : NULL;

	if (m && str_eq(buf_view(&m->raw), b)) {
		istr_share(&t->cgroups, m->cgroups);
		if (istr_share(&t->container_id, m->container_id))
			thread_bump(s, t);
		return;
	}
	s->scratch.n = 0;
	if (!put_cgroups(&s->scratch, b))
		return;
	if (istr_set(&t->cgroups, buf_view(&s->scratch)) || !t->container_id)
		thread_find_container(s, t);
	if (m)
		memo_put(m, b, t);
}
