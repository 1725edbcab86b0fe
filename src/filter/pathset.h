/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of paths, for `pmatch`: is a path one of them, or below one of them? */
#ifndef FILTER_PATHSET_H
#define FILTER_PATHSET_H
#include "base/arena.h"
#include "filter/glob.h"

struct path_set {
	struct path_edge {
		uint64_t hash;
		struct str name; /* p NULL: free */
		uint32_t from, to;
	} * edges; /* hash table of components without wildcards */
	size_t mask;
	struct path_node {
		bool end;		 /* a path of the set ends here */
		struct path_glob *globs; /* components with wildcards that lead on from here */
	} * nodes;
	uint32_t nnodes;
	bool plain; /* no wildcards at all */
};

/* Components with ?, * or [ are patterns. Empty components do not count. */
void path_set_init(struct path_set *set, struct arena *a, const struct str *paths, size_t n);
bool path_set_has(const struct path_set *set, struct str path);
#endif
