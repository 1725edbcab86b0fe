/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled checks of a ruleset.
 *
 * Rules are made of the same macros, so most of their checks have been compiled before: equal ones
 * of one event source share an atom.  A check that counts its uses has an atom of its own.
 * Atoms live in the arena of the loader, later the ruleset's; what they hold besides is freed here.
 */
#include "rules/internal.h"

#include <stdlib.h>

struct atom_table {
	struct imap by_hash; /* to the first struct shared_atom */
	VEC(struct atom *) all;
};

struct atom_table *atoms_new(void)
{
	return mem_zalloc(sizeof(struct atom_table));
}

void atoms_free(struct atom_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->all.n; i++)
		atom_done(t->all.v[i]);
	vec_done(&t->all);
	imap_done(&t->by_hash);
	free(t);
}

void atoms_intern(struct atom_table *t, bool on)
{
	for (size_t i = 0; i < t->all.n; i++)
		(on ? atom_intern : atom_unintern)(t->all.v[i]);
}

const struct shared_atom *atoms_find(
	const struct atom_table *t, const struct node *check, const char *source)
{
	const struct shared_atom *s = imap_get(&t->by_hash, ast_hash(check));

	while (s && (strcmp(s->source, source) != 0 || !ast_equal(s->check, check)))
		s = s->next;
	return s;
}

void atoms_add(struct atom_table *t, struct arena *a, const struct shared_atom *atom)
{
	uint64_t hash = ast_hash(atom->check);
	struct shared_atom *s;

	vec_push(&t->all, atom->atom);
	if (!atom_pure(atom->atom))
		return;
	s = arena_alloc(a, sizeof(*s));
	*s = *atom;
	s->next = imap_get(&t->by_hash, hash);
	imap_put(&t->by_hash, hash, s);
}
