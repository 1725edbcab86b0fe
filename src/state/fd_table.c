/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of descriptors.  Small numbers, which is nearly all of them, are an index into an array,
 * so a look-up is one comparison and one load; a bit for each that is in use makes walks as short
 * as what there is.  The others, which a program can choose as it likes, are hashed, so that a
 * single dup2() to a huge number does not cost memory.
 *
 * A fork shares its parent's table.  The first change on either side copies the array (pointers,
 * not descriptors); the other side keeps the original.  Every change goes through table_own().
 */
#include "base/slab.h"
#include "state/fd.h"

/* Finds the first number from *num on that is in use in the array; false: none. */
static bool next_used(const struct fd_table *t, uint32_t *num)
{
	for (uint32_t i = *num; i < t->cap; i = (i | 63) + 1) {
		uint64_t bits = t->used[i / 64] >> (i % 64);

		if (bits) {
			*num = i + (uint32_t)__builtin_ctzll(bits);
			return true;
		}
	}
	return false;
}

static ptrdiff_t table_bytes(const struct fd_table *t)
{
	return (ptrdiff_t)(sizeof(*t) + t->cap * sizeof(struct fd *) +
			   t->big.cap * sizeof(struct imap_slot));
}

static struct fd_table *table_new(struct state *s)
{
	struct fd_table *t = slab_zalloc(sizeof(*t));

	t->refs = 1;
	state_charge(s, table_bytes(t));
	return t;
}

static void table_grow(struct state *s, struct fd_table *t, uint32_t cap)
{
	t->v = slab_regrow(t->v, t->cap * sizeof(struct fd *), cap * sizeof(struct fd *));
	memset(t->v + t->cap, 0, (cap - t->cap) * sizeof(struct fd *));
	state_charge(s, (ptrdiff_t)((cap - t->cap) * sizeof(struct fd *)));
	t->cap = cap;
}

static struct fd_table *table_copy(struct state *s, const struct fd_table *t)
{
	struct fd_table *c = table_new(s);
	struct imap_slot *slot;

	if (t->cap) {
		c->v = slab_alloc(t->cap * sizeof(struct fd *));
		c->cap = t->cap;
		state_charge(s, (ptrdiff_t)(c->cap * sizeof(struct fd *)));
		memcpy(c->v, t->v, t->cap * sizeof(struct fd *));
		memcpy(c->used, t->used, sizeof(c->used));
	}
	for (uint32_t num = 0; next_used(t, &num); num++)
		t->v[num]->refs++;
	map_foreach(slot, &t->big)
	{
		((struct fd *)slot->value)->refs++;
		imap_put(&c->big, slot->key, slot->value);
	}
	state_charge(s, (ptrdiff_t)(c->big.cap * sizeof(struct imap_slot)));
	c->n = t->n;
	return c;
}

static __attribute__((noinline)) struct fd_table *make_own(struct state *s, struct group *g)
{
	struct fd_table *t = g->fds;

	if (t)
		t->refs--;
	g->fds = t ? table_copy(s, t) : table_new(s);
	return g->fds;
}

static inline struct fd_table *table_own(struct state *s, struct group *g)
{
	return g->fds && g->fds->refs == 1 ? g->fds : make_own(s, g);
}

struct fd_table *fd_table_fork(struct state *s, struct fd_table *t)
{
	if (t) {
		t->refs++;
		s->stats.fds_added += t->n;
	}
	return t;
}

void fd_table_put(struct state *s, struct fd_table *t)
{
	struct imap_slot *slot;

	if (!t || --t->refs)
		return;
	state_charge(s, -table_bytes(t));
	for (uint32_t num = 0; next_used(t, &num); num++)
		fd_put(s, t->v[num]);
	map_foreach(slot, &t->big) fd_put(s, slot->value);
	imap_done(&t->big);
	slab_free(t->v, t->cap * sizeof(struct fd *));
	slab_free(t, sizeof(*t));
}

static struct fd *set_big(struct state *s, struct fd_table *t, uint64_t num, struct fd *fd)
{
	ptrdiff_t cap = (ptrdiff_t)t->big.cap;
	struct fd *old = fd ? imap_put(&t->big, num, fd) : imap_del(&t->big, num);

	state_charge(s, ((ptrdiff_t)t->big.cap - cap) * (ptrdiff_t)sizeof(struct imap_slot));
	return old;
}

static inline void use_small(struct fd_table *t, uint64_t num, struct fd *fd)
{
	t->v[num] = fd;
	t->used[num / 64] |= 1ull << (num % 64);
}

static inline void clear_small(struct fd_table *t, uint64_t num)
{
	t->v[num] = NULL;
	t->used[num / 64] &= ~(1ull << (num % 64));
}

/* Replaces what is under num in a table of one's own by fd (NULL: nothing). */
static void table_set(struct state *s, struct fd_table *t, uint64_t num, struct fd *fd)
{
	struct fd *old;

	if (num >= t->cap) {
		old = set_big(s, t, num, fd);
	} else {
		old = t->v[num];
		if (fd)
			use_small(t, num, fd);
		else
			clear_small(t, num);
	}
	t->n += !!fd - !!old;
	fd_put(s, old);
}

/* Makes the array reach to num, unless that is to be hashed. */
static void table_fit(struct state *s, struct fd_table *t, uint64_t num)
{
	uint32_t cap = 16;

	if (num >= FD_DENSE_MAX)
		return;
	while (cap <= num)
		cap *= 2;
	table_grow(s, t, cap);
}

static __attribute__((noinline)) struct fd *add_slowly(
	struct state *s, struct thread *owner, int64_t num, struct fd *fd)
{
	struct group *g = owner->group;
	struct fd_table *t = g->fds;

	if (!fd_table_get(t, num)) {
		if ((t && t->n >= s->config.max_fds) || !state_room(s, sizeof(struct fd))) {
			s->stats.fds_refused++;
			fd_put(s, fd);
			return NULL;
		}
		s->stats.fds_added++;
	}
	t = table_own(s, g);
	if ((uint64_t)num >= t->cap)
		table_fit(s, t, (uint64_t)num);
	table_set(s, t, (uint64_t)num, fd);
	return fd;
}

struct fd *fd_table_add(struct state *s, struct thread *owner, int64_t num, struct fd *fd)
{
	struct fd_table *t = owner->group->fds;

	/* Most are opened under a number that is free, by a process with a table of its own. */
	if (!t || t->refs > 1 || (uint64_t)num >= t->cap || t->v[num] ||
		t->n >= s->config.max_fds || !state_roomy(s, sizeof(struct fd)))
		return add_slowly(s, owner, num, fd);
	use_small(t, (uint64_t)num, fd);
	t->n++;
	s->stats.fds_added++;
	return fd;
}

static __attribute__((noinline)) bool del_slowly(struct state *s, struct group *g, int64_t num)
{
	if (!fd_table_get(g->fds, num))
		return false;
	table_set(s, table_own(s, g), (uint64_t)num, NULL);
	s->stats.fds_removed++;
	return true;
}

bool fd_table_del(struct state *s, struct group *g, int64_t num)
{
	struct fd_table *t = g->fds;
	struct fd *fd;

	if (!t || t->refs > 1 || (uint64_t)num >= t->cap || !t->v[num])
		return del_slowly(s, g, num);
	fd = t->v[num];
	clear_small(t, (uint64_t)num);
	t->n--;
	s->stats.fds_removed++;
	fd_put(s, fd);
	return true;
}

struct fd *fd_table_own(struct state *s, struct group *g, int64_t num)
{
	struct fd_table *t = table_own(s, g);
	struct fd *fd = fd_table_get(t, num);

	if (fd->refs == 1)
		return fd;
	fd = fd_copy(s, fd);
	table_set(s, t, (uint64_t)num, fd);
	return fd;
}

size_t fd_table_count(const struct fd_table *t)
{
	return t ? t->n : 0;
}

static int cmp_num(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Numbers of the hashed descriptors, ascending; the caller frees them. NULL when there are none. */
static uint64_t *big_numbers(const struct fd_table *t)
{
	uint64_t *nums = t->big.n ? mem_alloc(t->big.n * sizeof(*nums)) : NULL;
	const struct imap_slot *slot;
	size_t n = 0;

	if (!nums)
		return NULL;
	map_foreach(slot, &t->big) nums[n++] = slot->key;
	qsort(nums, n, sizeof(*nums), cmp_num);
	return nums;
}

void fd_table_each(
	const struct fd_table *t, void (*fn)(void *arg, int64_t num, struct fd *fd), void *arg)
{
	uint64_t *big;

	if (!t)
		return;
	for (uint32_t num = 0; next_used(t, &num); num++)
		fn(arg, num, t->v[num]);
	big = big_numbers(t);
	for (size_t i = 0; i < t->big.n; i++)
		fn(arg, (int64_t)big[i], imap_get(&t->big, big[i]));
	free(big);
}

static void map_one(struct state *s, struct group *g, uint64_t num, struct fd *fd,
	struct fd *(*fn)(struct state *s, struct fd *fd))
{
	struct fd *now = fn(s, fd);

	if (now == fd)
		return;
	if (!now)
		s->stats.fds_removed++;
	table_set(s, table_own(s, g), num, now);
}

void fd_table_map(struct state *s, struct group *g, uint32_t first, uint32_t last,
	struct fd *(*fn)(struct state *s, struct fd *fd))
{
	uint64_t *big;
	size_t nbig;

	if (!g->fds)
		return;
	for (uint32_t num = first; next_used(g->fds, &num) && num <= last; num++)
		map_one(s, g, num, g->fds->v[num], fn);
	big = big_numbers(g->fds);
	nbig = g->fds->big.n;
	for (size_t n = 0; n < nbig; n++)
		if (big[n] >= first && big[n] <= last)
			map_one(s, g, big[n], imap_get(&g->fds->big, big[n]), fn);
	free(big);
}
